"""The guardians of each row: names, phones and relations, with a fault at each cell that is none."""

from __future__ import annotations

import polars as pl

from parentschool.engine.roster.frames import Faults
from parentschool.rules.headers import Columns, GuardianColumns
from parentschool.rules.relations import read_relation
from portal.kernel.spreadsheets import NAME, PHONE

PERSON_NAME = r"^\p{L}[\p{L}\p{M}0-9·'\x{2019}\-\. ()（）]{0,59}$"
MOBILE = r"^1[3-9][0-9]{9}$"
NO_PHONE = ("无手机", "没有手机", "无电话", "没有电话", "0")

CONTACT = {
    "row": pl.UInt32,
    "slot": pl.Int32,
    "name": pl.String,
    "phone": pl.String,
    "relation": pl.String,
    "word": pl.String,
}


def read_contacts(cells: pl.DataFrame, columns: Columns, faults: Faults) -> tuple[pl.DataFrame, list[str]]:
    """The contacts, one row each, and the relation words that were kept without being known."""
    found, words = [pl.DataFrame(schema=CONTACT)], set()
    for slot, letters in enumerate(columns.guardians):
        contacts, unknown = _read_slot(cells, slot, letters, faults)
        found.append(contacts)
        words |= unknown
    return pl.concat(found).sort("row", "slot"), sorted(words)


def _read_slot(
    cells: pl.DataFrame, slot: int, letters: GuardianColumns, faults: Faults
) -> tuple[pl.DataFrame, set[str]]:
    name = NAME.column(cells[letters.name])
    phone = _phones(cells, letters.phone, faults)
    relation, words = _relations(cells, letters, faults)
    contacts = pl.DataFrame(
        {"row": cells["row"], "slot": pl.repeat(slot, len(cells), dtype=pl.Int32, eager=True)}
    ).with_columns(name.alias("name"), phone.alias("phone"), *relation)
    faults.add(
        contacts.filter(pl.col("name").is_null() & pl.col("phone").is_not_null()), letters.name, "no_guardian"
    )
    faults.add(contacts.filter(~pl.col("name").str.contains(PERSON_NAME)), letters.name, "bad_name")
    return contacts.filter(pl.col("name").is_not_null()).select(*CONTACT), words


def _phones(cells: pl.DataFrame, letter: str, faults: Faults) -> pl.Series:
    if not letter:
        return pl.Series([None], dtype=pl.String).new_from_index(0, len(cells))
    phone = PHONE.column(cells[letter])
    phone = phone.set(phone.is_in(NO_PHONE), None)
    faults.add(cells.filter(phone.is_not_null() & ~phone.str.contains(MOBILE)), letter, "bad_phone")
    return phone


def _relations(
    cells: pl.DataFrame, letters: GuardianColumns, faults: Faults
) -> tuple[list[pl.Series], set[str]]:
    """`relation` and `word`, null where the row does not say."""
    if not letters.relation:
        said = pl.Series([letters.relation_said or None], dtype=pl.String).new_from_index(0, len(cells))
        return [said.alias("relation"), said.set(said.is_not_null(), "").alias("word")], set()
    texts = cells[letters.relation]
    read = {text: read_relation(text) for text in texts.drop_nulls().unique()}
    faults.add(
        cells.filter(texts.is_in([text for text, named in read.items() if named is None])),
        letters.relation,
        "bad_relation",
    )
    relations = {text: str(named.relation) for text, named in read.items() if named}
    words = {text: named.word for text, named in read.items() if named}
    columns = [
        texts.replace_strict(relations, default=letters.relation_said or None, return_dtype=pl.String),
        texts.replace_strict(words, default="" if letters.relation_said else None, return_dtype=pl.String),
    ]
    unknown = {named.word for named in read.values() if named and not named.known}
    return [columns[0].alias("relation"), columns[1].alias("word")], unknown
