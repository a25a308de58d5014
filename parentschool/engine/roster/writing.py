"""A plan into the tables, by bulk. The caller holds the transaction; either all of it is written or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from secrets import token_urlsafe

import polars as pl
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX

from accounts.enums import Basis
from accounts.models import Person
from accounts.paths import LARGEST, WIDTH, PathsExhausted
from parentschool.engine.roster.frames import School
from parentschool.engine.roster.known import Known
from parentschool.engine.roster.planning import Writes
from parentschool.enums import MembershipSource
from parentschool.models import Child, Guardianship, Membership, SchoolClass
from portal.kernel import bulk, crypto

MOMENT = pl.Datetime("us", "UTC")
BY_DUTY = {"basis": pl.lit(Basis.DUTY.value), "consent_id": pl.lit(None, pl.Int64)}
"""A school's own class list is kept by statutory duty; who confirms the import says so."""


@dataclass(frozen=True)
class Occasion:
    """When, and for which school year."""

    now: datetime
    today: date
    school_year: int


def write(writes: Writes, known: Known, schools: Mapping[int, School], occasion: Occasion) -> None:
    places = pl.DataFrame(
        [(school.id, school.path) for school in schools.values()],
        schema={"school_id": pl.Int64, "school_path": pl.String},
        orient="row",
    )
    classes = _write_classes(writes.classes, known, places, occasion)
    child_ids = _write_children(writes.children, classes, occasion)
    person_ids = _write_people(writes.people, places, occasion)
    _write_bonds(writes.bonds, person_ids, child_ids, occasion)
    _write_memberships(writes.memberships, person_ids, places, occasion)
    _change_children(writes.child_changes, classes, occasion)
    _change_people(writes, occasion)
    _change_bonds(writes.bond_changes, occasion)
    households = writes.households.rename({"membership_id": "id"})
    bulk.update_rows(Membership, _touched(households, occasion))


def _stamped(frame: pl.DataFrame, occasion: Occasion) -> pl.DataFrame:
    now = pl.lit(occasion.now).dt.convert_time_zone("UTC").cast(MOMENT)
    return frame.with_columns(created_at=now, updated_at=now)


def _touched(frame: pl.DataFrame, occasion: Occasion) -> pl.DataFrame:
    return _stamped(frame, occasion).drop("created_at")


def _numbered(frame: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    """ref and id of the new rows."""
    return pl.DataFrame({"ref": frame["ref"], "id": ids}, schema={"ref": pl.Int64, "id": pl.Int64})


def _real(frame: pl.DataFrame, column: str, ids: pl.DataFrame, name: str) -> pl.DataFrame:
    """`column` holds refs; `name` the ids they have now."""
    joined = frame.join(ids, left_on=column, right_on="ref", how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("id", column).alias(name)).drop({"id", column} - {name})


def _write_classes(new: pl.DataFrame, known: Known, places: pl.DataFrame, occasion: Occasion) -> pl.DataFrame:
    """ref, id and path of all classes, stored ones by their id."""
    numbers = known.classes.group_by("school_id").agg(
        pl.col("path").str.tail(WIDTH).cast(pl.Int64).max().alias("last")
    )
    made = (
        new.sort("school_id", "stage", pl.col("entry_year"), "number", descending=[False, False, True, False])
        .join(numbers, on="school_id", how="left", maintain_order="left")
        .join(places, on="school_id", maintain_order="left")
        .with_columns(
            place=pl.col("last").fill_null(0) + pl.int_range(1, pl.len() + 1).over("school_id"),
        )
    )
    if not made.is_empty() and made["place"].max() > LARGEST:
        raise PathsExhausted
    made = made.with_columns(path=pl.col("school_path") + pl.col("place").cast(pl.String).str.zfill(WIDTH))
    ids = _numbered(made, bulk.new_ids(SchoolClass, len(made)))
    rows = made.join(ids, on="ref", maintain_order="left").select(
        "id", "stage", "entry_year", "number", "path", "school_id", closed_on=pl.lit(None, pl.Date)
    )
    bulk.copy_in(SchoolClass, _stamped(rows, occasion))
    fresh = made.join(ids, on="ref").select("ref", "id", "path")
    return pl.concat([known.classes.select(ref="class_id", id="class_id", path="path"), fresh])


def _write_children(new: pl.DataFrame, classes: pl.DataFrame, occasion: Occasion) -> pl.DataFrame:
    ids = _numbered(new, bulk.new_ids(Child, len(new)))
    rows = new.join(
        classes.rename({"ref": "class_ref", "id": "school_class_id"}), on="class_ref", maintain_order="left"
    )
    rows = rows.join(ids, on="ref", maintain_order="left").select(
        "id", "name", "gender", "path", "school_class_id", left_on=pl.lit(None, pl.Date), **BY_DUTY
    )
    bulk.copy_in(Child, _stamped(rows, occasion))
    return ids


def _sealed(phones: pl.Series) -> pl.Series:
    context = Person._meta.get_field("phone").context
    tokens = [None if phone is None else crypto.encrypt(phone, context) for phone in phones]
    return pl.Series("phone", tokens, dtype=pl.Binary)


def _phone_columns(frame: pl.DataFrame) -> list[pl.Series | pl.Expr]:
    return [
        _sealed(frame["phone"]),
        pl.col("phone_index").fill_null(""),
        pl.col("phone").str.tail(4).fill_null("").alias("phone_tail"),
    ]


def _write_people(new: pl.DataFrame, places: pl.DataFrame, occasion: Occasion) -> pl.DataFrame:
    ids = _numbered(new, bulk.new_ids(Person, len(new)))
    passwords = [UNUSABLE_PASSWORD_PREFIX + token_urlsafe(30) for _ in range(len(new))]
    rows = new.join(places, on="school_id", maintain_order="left").join(ids, on="ref", maintain_order="left")
    rows = rows.with_columns(
        *_phone_columns(rows),
        pl.Series("password", passwords, dtype=pl.String),
        home_id="school_id",
        path="school_path",
    ).drop("ref", "school_id", "school_path")
    bulk.copy_in(Person, _stamped(rows, occasion))
    return ids


def _write_bonds(
    new: pl.DataFrame, person_ids: pl.DataFrame, child_ids: pl.DataFrame, occasion: Occasion
) -> None:
    rows = _real(_real(new, "person_ref", person_ids, "guardian_id"), "child_ref", child_ids, "child_id")
    rows = rows.rename({"word": "relation_word"}).with_columns(ended_on=pl.lit(None, pl.Date))
    bulk.copy_in(Guardianship, _stamped(rows, occasion))


def _write_memberships(
    new: pl.DataFrame, person_ids: pl.DataFrame, places: pl.DataFrame, occasion: Occasion
) -> None:
    rows = _real(new, "person_ref", person_ids, "person_id").join(
        places, on="school_id", maintain_order="left"
    )
    rows = rows.rename({"school_path": "path"}).with_columns(
        school_year=pl.lit(occasion.school_year),
        joined_on=pl.lit(occasion.today),
        left_on=pl.lit(None, pl.Date),
        source=pl.lit(MembershipSource.ROSTER.value),
    )
    bulk.copy_in(Membership, _stamped(rows, occasion))


def _change_children(changes: pl.DataFrame, classes: pl.DataFrame, occasion: Occasion) -> None:
    moves = changes.filter(pl.col("class_ref").is_not_null()).join(
        classes.rename({"id": "school_class_id", "ref": "class_ref"}), on="class_ref"
    )
    genders = changes.filter(pl.col("gender").is_not_null())
    back = changes.filter("again").with_columns(left_on=pl.lit(None, pl.Date))
    for rows, columns in ((moves, ["school_class_id", "path"]), (genders, ["gender"]), (back, ["left_on"])):
        bulk.update_rows(Child, _touched(rows.select(*columns, id="child_id", **BY_DUTY), occasion))


def _change_people(writes: Writes, occasion: Occasion) -> None:
    numbered = writes.renumbered
    numbered = numbered.with_columns(*_phone_columns(numbered)).rename({"person_id": "id"})
    bulk.update_rows(Person, _touched(numbered, occasion))
    bulk.update_rows(Person, _touched(writes.renamed.rename({"person_id": "id"}), occasion))


def _change_bonds(changes: pl.DataFrame, occasion: Occasion) -> None:
    said = changes.filter(pl.col("relation").is_not_null())
    said = said.select("relation", id="bond_id", relation_word="word")
    back = changes.filter("again").select(id="bond_id", ended_on=pl.lit(None, pl.Date))
    bulk.update_rows(Guardianship, _touched(said, occasion))
    bulk.update_rows(Guardianship, _touched(back, occasion))
