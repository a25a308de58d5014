"""Which person each guardian of a list is."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from parentschool.engine.roster.children import Children
from parentschool.engine.roster.families import within_families
from parentschool.engine.roster.frames import DOUBT, Faults, new_refs, shaped
from parentschool.engine.roster.known import Known

SAME = ["phone_index", "name"]
NEW = ["name", "phone", "phone_index", "school_id"]


@dataclass(frozen=True)
class Letters:
    """Columns of names, phones and relations by slot; "" where there is none."""

    names: list[str]
    phones: list[str]
    relations: list[str]

    def at(self, what: str) -> pl.Expr:
        letters: list[str] = getattr(self, what)
        return pl.col("slot").replace_strict(dict(enumerate(letters)), return_dtype=pl.String)


@dataclass(frozen=True)
class People:
    """`bonds`: one for each guardian of a listed child: b, c, child_ref, school_id, name, phone, phone_index, relation,
    word, row, slot, person_ref. `new`: ref, name, phone, phone_index, school_id. `renumbered` and `renamed`:
    person_id, row, slot, with the new phone or name. `kept`: names whose number was not touched."""

    bonds: pl.DataFrame
    new: pl.DataFrame
    renumbered: pl.DataFrame
    renamed: pl.DataFrame
    doubts: list[pl.DataFrame]
    kept: list[str]


def settle_people(
    contacts: pl.DataFrame,
    children: Children,
    known: Known,
    decisions: dict[str, str],
    letters: Letters,
    faults: Faults,
) -> People:
    bonds = _bonds(contacts, children, letters, faults)
    own = _own_guardians(bonds, known)
    asked = _shared_phones(bonds, own, known, letters)
    renamed = _renamed(bonds, asked, decisions)
    bonds = _fill(bonds, own.filter("same_phone"))
    bonds = _fill(bonds, _by_phone_and_name(bonds, known))
    bonds = _fill(bonds, renamed.rename({"person_id": "person_ref"}))
    renumbered = _other_number(bonds, own)
    bonds = _fill(bonds, renumbered.rename({"person_id": "person_ref"}))
    bonds = _fill(bonds, _alike(bonds))
    bonds, new = _strangers(bonds)
    bonds, more = _without_phone(bonds, known, start=len(new))
    _refuse_two_numbers(bonds, letters, faults)
    protected = known.people.filter("holds_role").select("person_id", pl.col("name").alias("held_name"))
    kept = renumbered.join(protected, on="person_id")["held_name"].unique().sort().to_list()
    changed = renumbered.join(protected, on="person_id", how="anti")
    changed = changed.join(bonds.select("b", "phone", "phone_index"), on="b", maintain_order="left")
    return People(
        bonds,
        pl.concat([new, more]),
        _one_each(changed),
        _one_each(renamed),
        [asked.drop("b", strict=False)],
        kept,
    )


def _bonds(contacts: pl.DataFrame, children: Children, letters: Letters, faults: Faults) -> pl.DataFrame:
    """One for each child and guardian's name; what the row says twice must be the same."""
    of_child = children.all.select("c", "child_ref", "school_id")
    joined = contacts.join(children.of_row, on="row").sort("row", "slot")
    bonds = joined.group_by("c", "name", maintain_order=True).agg(
        pl.col("row", "slot").first(),
        pl.col("phone", "phone_index", "relation", "word").drop_nulls().first(),
        pl.col("phone_index").drop_nulls().n_unique().alias("numbers"),
        pl.concat_str("relation", "word").drop_nulls().n_unique().alias("relations"),
        pl.col("row").last().alias("last_row"),
        pl.col("slot").last().alias("last_slot"),
    )
    for what, code in (("numbers", "two_phones"), ("relations", "two_relations")):
        wrong = bonds.filter(pl.col(what) > 1).select(
            pl.col("last_row").alias("row"),
            pl.col("last_slot").alias("slot"),
            pl.col("row").cast(pl.String).alias("detail"),
        )
        faults.add(wrong, letters.at("phones" if what == "numbers" else "relations"), code)
    bonds = bonds.join(of_child, on="c", maintain_order="left").sort("row", "slot")
    bonds = bonds.drop("numbers", "relations", "last_row", "last_slot").with_row_index("b")
    return bonds.with_columns(person_ref=pl.lit(None, pl.Int64))


def _fill(bonds: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Bonds without a person take the one found for them."""
    found = found.select("b", pl.col("person_ref").alias("found")).unique("b", keep="first")
    filled = bonds.join(found, on="b", how="left", maintain_order="left")
    return filled.with_columns(pl.coalesce("person_ref", "found").alias("person_ref")).drop("found")


def _own_guardians(bonds: pl.DataFrame, known: Known) -> pl.DataFrame:
    """b, person_ref, same_phone: guardians that the stored child has, of the same name."""
    people = known.people.select("person_id", "name", pl.col("phone_index").alias("stored"))
    found = (
        bonds.select("b", "child_ref", "name", "phone_index")
        .join(known.bonds.select("person_id", "child_id"), left_on="child_ref", right_on="child_id")
        .join(people, on=["person_id", "name"])
        .with_columns(
            same_phone=pl.col("phone_index").is_null() | (pl.col("phone_index") == pl.col("stored")),
            person_ref=pl.col("person_id"),
        )
    )
    return found.sort("b", "same_phone", "person_ref", descending=[False, True, False]).select(
        "b", "person_ref", "same_phone"
    )


def _by_phone_and_name(bonds: pl.DataFrame, known: Known) -> pl.DataFrame:
    people = known.people.filter(pl.col("phone_index") != "").sort("person_id").unique(SAME, keep="first")
    return bonds.select("b", *SAME).join(people.select(*SAME, person_ref="person_id"), on=SAME)


def _shared_phones(bonds: pl.DataFrame, own: pl.DataFrame, known: Known, letters: Letters) -> pl.DataFrame:
    """Phones that are known under another name, in the portal or further up in the list."""
    with_phone = bonds.filter(pl.col("phone_index").is_not_null())
    pairs = with_phone.sort("row", "slot").unique(SAME, keep="first", maintain_order=True)
    stored = known.people.select("phone_index", pl.col("name").alias("other"), "person_id", "path")
    fresh = pairs.join(known.people.select(SAME), on=SAME, how="anti", maintain_order="left")
    against_stored = fresh.join(stored.sort("person_id"), on="phone_index").unique(
        "b", keep="first", maintain_order=True
    )
    first = pairs.group_by("phone_index", maintain_order=True).agg(
        pl.col("name").first().alias("other"), pl.col("row").first().alias("other_row")
    )
    rest = fresh.join(against_stored.select("b"), on="b", how="anti", maintain_order="left")
    against_list = rest.join(first, on="phone_index", maintain_order="left").filter(
        pl.col("name") != pl.col("other")
    )
    found = pl.concat([against_stored, against_list], how="diagonal").sort("row", "slot")
    guardians = known.bonds.filter(~pl.col("has_ended")).select(
        pl.col("child_id").alias("child_ref"), "person_id"
    )
    plain = known.people.filter(~pl.col("holds_role")).select("person_id")
    renameable = (
        found.select("b", "child_ref", "person_id")
        .join(guardians, on=["child_ref", "person_id"])
        .join(plain, on="person_id")
        .join(own.select("b"), on="b", how="anti")
        .join(own.select(person_id="person_ref"), on="person_id", how="anti")
    )
    still_listed = found.join(pairs.select(SAME), left_on=["phone_index", "other"], right_on=SAME, how="semi")
    renameable = renameable.join(still_listed.select("b"), on="b", how="anti")
    made = found.with_columns(
        key=pl.format("phone_name:{}:{}", "row", "slot"),
        kind=pl.lit("phone_name"),
        column=letters.at("phones"),
        who=pl.col("name"),
        other_path=pl.col("path"),
        choices=pl.when(pl.col("b").is_in(renameable["b"].implode()))
        .then(pl.lit("rename,apart"))
        .otherwise(pl.lit("apart")),
    )
    return shaped(made, {"b": pl.UInt32, "person_id": pl.Int64, **DOUBT})


def _renamed(bonds: pl.DataFrame, asked: pl.DataFrame, decisions: dict[str, str]) -> pl.DataFrame:
    """b, person_id, row, slot, name: the same guardian whose name is corrected, where somebody said so."""
    said = [key for key, choice in decisions.items() if choice == "rename"]
    agreed = asked.filter(pl.col("key").is_in(said) & pl.col("choices").str.contains("rename"))
    return agreed.select("b", "person_id").join(bonds.select("b", "row", "slot", "name"), on="b")


def _other_number(bonds: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """b, person_id, row, slot: the child's one guardian of this name, who has another number now, or a first one.

    Where two people of one name would take the same number, the first in the list does: phone and name say who
    somebody is, so the others are taken to be that one.
    """
    found = own.filter(~pl.col("same_phone"))
    open_bonds = bonds.filter(pl.col("person_ref").is_null()).select("b", "row", "slot", *SAME)
    single = found.filter(pl.len().over("b") == 1)
    taking = single.join(open_bonds, on="b").sort("b")
    first = pl.col("person_ref").first().over(SAME)
    return taking.filter(pl.col("person_ref") == first).select("b", "row", "slot", person_id="person_ref")


def _alike(bonds: pl.DataFrame) -> pl.DataFrame:
    """Phone and name say who somebody is on every row of the list."""
    with_phone = bonds.filter(pl.col("phone_index").is_not_null())
    settled = with_phone.filter(pl.col("person_ref").is_not_null()).sort("b").unique(SAME, keep="first")
    open_bonds = with_phone.filter(pl.col("person_ref").is_null()).select("b", *SAME)
    return open_bonds.join(settled.select(*SAME, "person_ref"), on=SAME)


def _strangers(bonds: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """New people with a phone: one for each phone and name of the list."""
    unknown = bonds.filter(pl.col("person_ref").is_null() & pl.col("phone_index").is_not_null())
    new = unknown.unique(SAME, keep="first", maintain_order=True)
    new = new.select(NEW).insert_column(0, new_refs(len(new)))
    found = unknown.select("b", *SAME).join(new.select(*SAME, person_ref="ref"), on=SAME)
    return _fill(bonds, found), new


def _without_phone(bonds: pl.DataFrame, known: Known, *, start: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Bonds without a phone: the family's person of that name, or one new person for the family."""
    if not bonds["person_ref"].null_count():
        return bonds, bonds.clear().select(pl.col("person_ref").alias("ref"), *NEW)
    found = within_families(bonds, known)
    bonds = _fill(bonds, found.filter(pl.col("person_ref").is_not_null()))
    strangers = found.filter(pl.col("person_ref").is_null()).drop("person_ref")
    firsts = strangers.unique(["family", "name"], keep="first", maintain_order=True)
    firsts = firsts.with_columns((new_refs(len(firsts)) - start).alias("ref"))
    new = firsts.select("b", "ref").join(bonds.select("b", *NEW), on="b", maintain_order="left").drop("b")
    joined = strangers.join(firsts.select("family", "name", person_ref="ref"), on=["family", "name"])
    return _fill(bonds, joined), new


def _one_each(changes: pl.DataFrame) -> pl.DataFrame:
    return changes.sort("b").unique("person_id", keep="first", maintain_order=True).drop("b")


def _refuse_two_numbers(bonds: pl.DataFrame, letters: Letters, faults: Faults) -> None:
    """One person, two numbers in one list: writing both would only swap them at every import."""
    numbered = bonds.filter(pl.col("phone_index").is_not_null() & pl.col("person_ref").is_not_null()).sort(
        "b"
    )
    wrong = numbered.filter(pl.col("phone_index") != pl.col("phone_index").first().over("person_ref"))
    first = numbered.group_by("person_ref").agg(pl.col("row").first().cast(pl.String).alias("detail"))
    faults.add(wrong.join(first, on="person_ref"), letters.at("phones"), "two_phones")
