"""What the database holds of the schools, children and phones of a list, read in a handful of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from parentschool.engine.roster.frames import Schema
from portal.kernel import bulk

CLASS: Schema = {
    "class_id": pl.Int64,
    "school_id": pl.Int64,
    "stage": pl.String,
    "entry_year": pl.Int32,
    "number": pl.Int32,
    "path": pl.String,
}
CHILD: Schema = {
    "child_id": pl.Int64,
    "child": pl.String,
    "gender": pl.String,
    "class_id": pl.Int64,
    "school_id": pl.Int64,
    "path": pl.String,
    "has_left": pl.Boolean,
}
BOND: Schema = {
    "bond_id": pl.Int64,
    "person_id": pl.Int64,
    "child_id": pl.Int64,
    "relation": pl.String,
    "word": pl.String,
    "has_ended": pl.Boolean,
}
PERSON: Schema = {
    "person_id": pl.Int64,
    "name": pl.String,
    "phone_index": pl.String,
    "tail": pl.String,
    "path": pl.String,
    "holds_role": pl.Boolean,
}
MEMBERSHIP: Schema = {"person_id": pl.Int64, "school_id": pl.Int64}
COUNT: Schema = {"class_id": pl.Int64, "children": pl.Int64}

_CHILDREN = (
    "SELECT c.id, c.name, c.gender, c.school_class_id, k.school_id, c.path, c.left_on IS NOT NULL "
    "FROM parentschool_child c JOIN parentschool_schoolclass k ON k.id = c.school_class_id"
)
_BONDS = (
    "SELECT g.id, g.guardian_id, g.child_id, g.relation, g.relation_word, g.ended_on IS NOT NULL "
    "FROM parentschool_guardianship g"
)
_PEOPLE = (
    "SELECT p.id, p.name, p.phone_index, p.phone_tail, p.path, "
    "EXISTS (SELECT 1 FROM accounts_roleassignment a WHERE a.person_id = p.id) FROM accounts_person p"
)


@dataclass(frozen=True)
class Known:
    classes: pl.DataFrame
    children: pl.DataFrame
    bonds: pl.DataFrame
    people: pl.DataFrame
    memberships: pl.DataFrame
    present: pl.DataFrame
    """How many children are in each class of the schools today."""


def nothing() -> Known:
    schemas = (CLASS, CHILD, BOND, PERSON, MEMBERSHIP, COUNT)
    return Known(*(pl.DataFrame(schema=schema) for schema in schemas))


def load(children: pl.DataFrame, phones: pl.Series, *, school_year: int) -> Known:
    """`children`: school_id and child of the list; `phones`: blind indexes. Only inside a transaction.

    The children of those names, everybody with one of those phones, the children of these people, and all
    guardians of all these children: one step further than the list itself, for families.
    """
    schools = children.select("school_id").unique()
    with bulk.staged(schools) as school:
        classes = bulk.copy_out(
            "SELECT k.id, k.school_id, k.stage, k.entry_year, k.number, k.path "  # noqa: S608
            f"FROM parentschool_schoolclass k JOIN {school} s ON s.school_id = k.school_id",
            [],
            CLASS,
        )
        present = _present(school)
        memberships = bulk.copy_out(
            f"SELECT m.person_id, m.school_id FROM parentschool_membership m JOIN {school} s "  # noqa: S608
            "ON s.school_id = m.school_id WHERE m.school_year = %s",
            [school_year],
            MEMBERSHIP,
        )
    named = _named_children(children)
    people = people_by_phone(phones)
    further = _children_of(people["person_id"])
    ids = pl.concat([named["child_id"], further]).unique()
    bonds = _by_ids(_BONDS, "g.child_id", ids, BOND)
    others = _by_ids(_CHILDREN, "c.id", _without(ids, named["child_id"]), CHILD)
    rest = people_by_ids(_without(bonds["person_id"].unique(), people["person_id"]))
    return Known(classes, pl.concat([named, others]), bonds, pl.concat([people, rest]), memberships, present)


def _present(school: str) -> pl.DataFrame:
    return bulk.copy_out(
        "SELECT c.school_class_id, count(*) FROM parentschool_child c "  # noqa: S608
        "JOIN parentschool_schoolclass k ON k.id = c.school_class_id "
        f"JOIN {school} s ON s.school_id = k.school_id WHERE c.left_on IS NULL GROUP BY c.school_class_id",
        [],
        COUNT,
    )


def _named_children(children: pl.DataFrame) -> pl.DataFrame:
    with bulk.staged(children.select("school_id", "child").unique()) as wanted:
        return bulk.copy_out(
            f"{_CHILDREN} JOIN {wanted} s ON s.school_id = k.school_id AND s.child = c.name", [], CHILD
        )


def people_by_phone(phones: pl.Series) -> pl.DataFrame:
    with bulk.staged(pl.DataFrame({"phone_index": phones})) as wanted:
        return bulk.copy_out(f"{_PEOPLE} JOIN {wanted} s ON s.phone_index = p.phone_index", [], PERSON)


def people_by_ids(ids: pl.Series) -> pl.DataFrame:
    return _by_ids(_PEOPLE, "p.id", ids, PERSON)


def _children_of(people: pl.Series) -> pl.Series:
    found = _by_ids(
        "SELECT g.child_id FROM parentschool_guardianship g", "g.guardian_id", people, {"child_id": pl.Int64}
    )
    return found["child_id"]


def _by_ids(select: str, column: str, ids: pl.Series, schema: Schema) -> pl.DataFrame:
    if ids.is_empty():
        return pl.DataFrame(schema=schema)
    with bulk.staged(pl.DataFrame({"wanted": ids})) as wanted:
        return bulk.copy_out(f"{select} JOIN {wanted} s ON s.wanted = {column}", [], schema)


def _without(ids: pl.Series, others: pl.Series | Sequence[int]) -> pl.Series:
    return ids.filter(~ids.is_in(pl.Series(others, dtype=pl.Int64).implode()))
