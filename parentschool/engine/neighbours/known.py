"""What the database holds of the people that a list names, read in a handful of queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from accounts.paths import parent_path
from parentschool.engine.roster.frames import Schema, School
from parentschool.engine.roster.known import PERSON, people_by_ids, people_by_phone
from parentschool.rules.neighbours import Learner, OnRecord, Records
from portal.kernel import bulk

MEMBER: Schema = {
    "membership_id": pl.Int64,
    "person_id": pl.Int64,
    "school_id": pl.Int64,
    "school_year": pl.Int64,
    "household": pl.String,
}
CARER: Schema = {"person_id": pl.Int64, "name": pl.String, "child": pl.String, "path": pl.String}

_MEMBERS = (
    "SELECT m.id, m.person_id, m.school_id, m.school_year, m.household FROM parentschool_membership m "
    "JOIN accounts_person p ON p.id = m.person_id"
)


def load(
    rows: pl.DataFrame, villages: Mapping[int, School], *, school_year: int
) -> tuple[Records, pl.DataFrame, int]:
    """Records to recognise people by; the memberships of the villages that they hold; how many learners the villages
    have this school year. `rows`: school_id, name, phone_index, child. Only inside a transaction."""
    phones = rows["phone_index"].drop_nulls().unique()
    by_phone = people_by_phone(phones)
    with bulk.staged(rows.select("school_id", "name").unique()) as wanted:
        named = bulk.copy_out(
            f"{_MEMBERS} JOIN {wanted} s ON s.school_id = m.school_id AND s.name = p.name", [], MEMBER
        )
    at_home = _memberships_of(by_phone["person_id"], rows["school_id"].unique())
    memberships = pl.concat([named, at_home]).unique("membership_id")
    carers = _carers(rows)
    ids = pl.concat([memberships["person_id"], carers["person_id"]]).unique()
    others = people_by_ids(ids.filter(~ids.is_in(by_phone["person_id"].implode())))
    people = {person.person: person for person in _on_record(pl.concat([by_phone, others]))}
    records = Records(
        by_phone=_by_phone(people.values()),
        learners=_learners(memberships, people),
        guardians=_guardians(rows, carers, villages, people),
        at_home=frozenset(memberships.select("school_id", "person_id").iter_rows()),
    )
    return records, memberships, _present(rows["school_id"].unique(), school_year)


def _memberships_of(people: pl.Series, schools: pl.Series) -> pl.DataFrame:
    with (
        bulk.staged(pl.DataFrame({"wanted": people})) as person,
        bulk.staged(pl.DataFrame({"school_id": schools})) as school,
    ):
        return bulk.copy_out(
            f"{_MEMBERS} JOIN {person} w ON w.wanted = m.person_id "
            f"JOIN {school} s ON s.school_id = m.school_id",
            [],
            MEMBER,
        )


def _present(schools: pl.Series, school_year: int) -> int:
    with bulk.staged(pl.DataFrame({"school_id": schools})) as school:
        counted = bulk.copy_out(
            f"SELECT count(*) FROM parentschool_membership m JOIN {school} s "  # noqa: S608
            "ON s.school_id = m.school_id WHERE m.school_year = %s AND m.left_on IS NULL",
            [school_year],
            {"n": pl.Int64},
        )
    return int(counted["n"][0])


def _carers(rows: pl.DataFrame) -> pl.DataFrame:
    named = rows.filter(pl.col("child") != "").select("name", "child").unique()
    if named.is_empty():
        return pl.DataFrame(schema=CARER)
    with bulk.staged(named) as wanted:
        return bulk.copy_out(
            "SELECT g.guardian_id, p.name, c.name, c.path FROM parentschool_child c "  # noqa: S608
            f"JOIN {wanted} s ON s.child = c.name "
            "JOIN parentschool_guardianship g ON g.child_id = c.id AND g.ended_on IS NULL "
            "JOIN accounts_person p ON p.id = g.guardian_id AND p.name = s.name WHERE c.left_on IS NULL",
            [],
            CARER,
        )


def _on_record(people: pl.DataFrame) -> Iterable[OnRecord]:
    for row in people.select(*PERSON).sort("person_id").iter_rows(named=True):
        yield OnRecord(
            row["person_id"],
            row["name"],
            row["phone_index"] or "",
            row["tail"] or "",
            row["path"] or "",
            row["holds_role"],
        )


def _by_phone(people: Iterable[OnRecord]) -> dict[str, list[OnRecord]]:
    found: dict[str, list[OnRecord]] = {}
    for person in people:
        if person.phone:
            found.setdefault(person.phone, []).append(person)
    return found


def _learners(
    memberships: pl.DataFrame, people: Mapping[int, OnRecord]
) -> dict[tuple[int, str], list[Learner]]:
    """One a person and village; the household of the last year that names one."""
    households: dict[tuple[int, int], str] = {}
    for row in memberships.sort("school_year").iter_rows(named=True):
        key = (row["school_id"], row["person_id"])
        households[key] = row["household"] or households.get(key, "")
    found: dict[tuple[int, str], list[Learner]] = {}
    for (village, person), household in sorted(households.items()):
        known = people[person]
        found.setdefault((village, known.name), []).append(Learner(known, village, household))
    return found


def _guardians(
    rows: pl.DataFrame, carers: pl.DataFrame, villages: Mapping[int, School], people: Mapping[int, OnRecord]
) -> dict[tuple[int, str, str], list[OnRecord]]:
    """Of children in the township of the village."""
    found: dict[tuple[int, str, str], list[OnRecord]] = {}
    asked = rows.filter(pl.col("child") != "").select("school_id", "name", "child").unique()
    for village, name, child, person, path in (
        asked.join(carers, on=["name", "child"])
        .select("school_id", "name", "child", "person_id", "path")
        .sort("person_id")
        .iter_rows()
    ):
        kept = found.setdefault((village, name, child), [])
        if path.startswith(parent_path(villages[village].path)) and people[person] not in kept:
            kept.append(people[person])
    return found
