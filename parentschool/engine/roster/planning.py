"""What a list would create and change, as values: the same list against the same records gives the same plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

import polars as pl

from parentschool.engine.roster.children import Children, settle_children, settle_classes
from parentschool.engine.roster.frames import CHANGE, DOUBT, FAULT, Schema, shaped, together
from parentschool.engine.roster.known import Known
from parentschool.engine.roster.people import Letters, People, settle_people
from parentschool.engine.roster.reading import Reading
from parentschool.enums import Relation
from parentschool.rules.headers import Columns

WRITES: dict[str, Schema] = {
    "classes": {
        "ref": pl.Int64,
        "school_id": pl.Int64,
        "stage": pl.String,
        "entry_year": pl.Int32,
        "number": pl.Int32,
    },
    "children": {"class_ref": pl.Int64, "gender": pl.String, "ref": pl.Int64, "name": pl.String},
    "people": {
        "ref": pl.Int64,
        "name": pl.String,
        "phone": pl.String,
        "phone_index": pl.String,
        "school_id": pl.Int64,
    },
    "bonds": {"person_ref": pl.Int64, "child_ref": pl.Int64, "relation": pl.String, "word": pl.String},
    "memberships": {"person_ref": pl.Int64, "school_id": pl.Int64, "household": pl.String},
    "child_changes": {
        "child_id": pl.Int64,
        "class_ref": pl.Int64,
        "gender": pl.String,
        "again": pl.Boolean,
    },
    "renumbered": {"person_id": pl.Int64, "phone": pl.String, "phone_index": pl.String},
    "renamed": {"person_id": pl.Int64, "name": pl.String},
    "bond_changes": {"bond_id": pl.Int64, "relation": pl.String, "word": pl.String, "again": pl.Boolean},
    "households": {"membership_id": pl.Int64, "household": pl.String},
}
"""The columns of what is written. Refs of new rows are negative; see frames. In changes, null stays as it is."""


@dataclass(frozen=True)
class Writes:
    """Rows to write, in the columns of WRITES."""

    classes: pl.DataFrame
    children: pl.DataFrame
    people: pl.DataFrame
    bonds: pl.DataFrame
    memberships: pl.DataFrame
    child_changes: pl.DataFrame
    renumbered: pl.DataFrame
    renamed: pl.DataFrame
    bond_changes: pl.DataFrame
    households: pl.DataFrame

    @classmethod
    def of(cls, **given: pl.DataFrame) -> Writes:
        """What is not given is empty."""
        return cls(
            **{
                name: shaped(given.get(name, pl.DataFrame(schema=schema)), schema)
                for name, schema in WRITES.items()
            }
        )

    def frames(self) -> dict[str, pl.DataFrame]:
        return {name: value for name, value in vars(self).items() if isinstance(value, pl.DataFrame)}

    @property
    def is_empty(self) -> bool:
        return all(frame.is_empty() for frame in self.frames().values())


@dataclass(frozen=True)
class Plan:
    header_row: int
    """The number of the row of titles."""
    writes: Writes
    faults: pl.DataFrame
    doubts: pl.DataFrame
    """Every doubt, answered ones too: they are what the answers answer."""
    open_doubts: pl.DataFrame
    changes: pl.DataFrame
    rows: Mapping[str, int]
    """How many rows of the list are create, update, same, suspect, error."""
    notes: Mapping[str, int | list[str]] = field(default_factory=dict)
    of_classes: bool = True
    """A list of classes with their children; otherwise one of people without classes."""

    @property
    def is_ready(self) -> bool:
        return self.faults.is_empty() and self.open_doubts.is_empty()

    @property
    def digest(self) -> str:
        """Tells two plans apart; equal for equal plans, whoever makes them and when."""
        found = sha256()
        for name, frame in [*self.writes.frames().items(), ("doubts", self.doubts)]:
            found.update(name.encode() + frame.write_csv().encode())
        return found.hexdigest()


def make_plan(reading: Reading, known: Known, decisions: Mapping[str, str]) -> Plan:
    """`reading.contacts` carry their `phone_index`; `decisions` answer doubts by their key."""
    columns, faults, answers = reading.columns, reading.faults.copy(), dict(decisions)
    child_letter = columns.child
    class_letter = columns.class_ or columns.grade or child_letter
    classes = settle_classes(reading.rows, known, class_letter, faults)
    contacts = reading.contacts.join(classes.rows.select("row"), on="row", how="semi")
    children = settle_children(
        classes.rows, contacts, known, answers, (child_letter, columns.gender or child_letter), faults
    )
    letters = Letters(
        [guardian.name for guardian in columns.guardians],
        [guardian.phone or guardian.name for guardian in columns.guardians],
        [guardian.relation or guardian.name for guardian in columns.guardians],
    )
    people = settle_people(contacts, children, known, answers, letters, faults)
    bonds, bond_changes, ended = _bonds(people, known, answers, letters)
    child_changes = _child_changes(children, known)
    writes = Writes.of(
        classes=classes.new,
        children=children.all.filter(pl.col("child_ref") < 0).select(
            "class_ref", "gender", ref="child_ref", name="child"
        ),
        people=people.new,
        bonds=bonds,
        memberships=_memberships(people, known),
        child_changes=child_changes.select("child_id", "class_ref", "gender", "again"),
        renumbered=people.renumbered.select("person_id", "phone", "phone_index"),
        renamed=people.renamed.select("person_id", "name"),
        bond_changes=bond_changes.select("bond_id", "relation", "word", "again"),
    )
    doubts = together([*children.doubts, *people.doubts, ended], DOUBT).sort("row", "kind")
    doubts = _without_settled(doubts, contacts, children, people, known)
    open_doubts = unanswered(doubts, answers)
    found = faults.frame
    return Plan(
        header_row=columns.row,
        writes=writes,
        faults=shaped(found, FAULT),
        doubts=doubts,
        open_doubts=open_doubts,
        changes=_changes(columns, children, child_changes, people, bond_changes, known, letters),
        rows=_count_rows(reading, children, people, writes, bond_changes, found, open_doubts),
        notes={
            **reading.notes,
            "kept": people.kept,
            "absent": _absent(children, known),
            "alone": _alone(children, people),
        },
    )


def unanswered(doubts: pl.DataFrame, answers: dict[str, str]) -> pl.DataFrame:
    given = pl.DataFrame(list(answers.items()), schema={"key": pl.String, "answer": pl.String}, orient="row")
    joined = doubts.join(given, on="key", how="left", maintain_order="left")
    fits = pl.col("choices").str.split(",").list.contains(pl.col("answer")).fill_null(value=False)
    return joined.filter(~fits).drop("answer")


def _without_settled(
    doubts: pl.DataFrame, contacts: pl.DataFrame, children: Children, people: People, known: Known
) -> pl.DataFrame:
    """A child in two rows is no question once the guardians of the second are on record as that child's."""
    stored = known.bonds.select(person_ref="person_id", child_ref="child_id")
    new = people.bonds.join(stored, on=["person_ref", "child_ref"], how="anti").select("c", "name")
    named = contacts.select("row", "name").join(children.of_row, on="row")
    unsettled = named.join(new, on=["c", "name"], how="semi")["row"]
    settled = pl.col("row").is_in(named["row"].implode()) & ~pl.col("row").is_in(unsettled.implode())
    return doubts.filter(~(settled & (pl.col("kind") == "child_twice")))


def _bonds(
    people: People, known: Known, answers: dict[str, str], letters: Letters
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """New guardianships, changed ones, and doubts about ended ones."""
    listed = people.bonds.sort("b").unique(["person_ref", "child_ref"], keep="first", maintain_order=True)
    stored = known.bonds.rename({"relation": "old", "word": "old_word"})
    joined = listed.join(
        stored,
        left_on=["person_ref", "child_ref"],
        right_on=["person_id", "child_id"],
        how="left",
        maintain_order="left",
    )
    new = joined.filter(pl.col("bond_id").is_null()).select(
        "person_ref",
        "child_ref",
        pl.col("relation").fill_null(Relation.OTHER.value),
        pl.col("word").fill_null(""),
    )
    there = joined.filter(pl.col("bond_id").is_not_null())
    ended = there.filter("has_ended")
    asked = shaped(
        ended.with_columns(
            key=pl.format("ended:{}:{}", "row", "slot"),
            kind=pl.lit("ended"),
            column=letters.at("names"),
            who=pl.col("name"),
            choices=pl.lit("again"),
        ),
        DOUBT,
    )
    differs = pl.col("relation").is_not_null() & (
        (pl.col("relation") != pl.col("old")) | (pl.col("word") != pl.col("old_word"))
    )
    again = pl.col("has_ended") & pl.format("ended:{}:{}", "row", "slot").is_in(list(answers))
    changed = there.with_columns(
        relation=pl.when(differs).then("relation"), word=pl.when(differs).then("word"), again=again
    ).filter(differs | pl.col("again"))
    return new, changed, asked


def _memberships(people: People, known: Known) -> pl.DataFrame:
    wanted = people.bonds.select("person_ref", "school_id").unique(maintain_order=True)
    there = known.memberships.rename({"person_id": "person_ref"})
    new = wanted.join(there, on=["person_ref", "school_id"], how="anti", maintain_order="left")
    return new.with_columns(household=pl.lit(""))


def _child_changes(children: Children, known: Known) -> pl.DataFrame:
    """c, row, who, child_id, class_ref and gender (null where unchanged), again, old class and gender."""
    stored = children.matched.rename({"gender": "old_gender", "class_id": "old_class"}).drop(
        "school_id", "path"
    )
    joined = children.all.join(stored, on="c", maintain_order="left")
    gone = joined.join(known.children.filter("has_left").select("child_id"), on="child_id", how="semi")
    moves = pl.col("class_ref") != pl.col("old_class")
    tells = (pl.col("gender") != "") & (pl.col("gender") != pl.col("old_gender"))
    return joined.with_columns(
        class_ref=pl.when(moves).then("class_ref"),
        gender=pl.when(tells).then("gender"),
        again=pl.col("child_id").is_in(gone["child_id"].implode()),
        who=pl.col("child"),
    ).filter(pl.col("class_ref").is_not_null() | pl.col("gender").is_not_null() | pl.col("again"))


def _absent(children: Children, known: Known) -> int:
    """Children of the listed classes who are not on the list. They stay as they are."""
    listed = children.all["class_ref"].unique()
    present = known.present.filter(pl.col("class_id").is_in(listed.implode()))["children"].sum()
    found = children.matched.filter(pl.col("class_id").is_in(listed.implode()))
    return int(present) - len(found)


def _alone(children: Children, people: People) -> int:
    """Children whom the list names without a guardian."""
    return len(children.all.join(people.bonds, on="c", how="anti"))


def _changes(
    columns: Columns,
    children: Children,
    child_changes: pl.DataFrame,
    people: People,
    bond_changes: pl.DataFrame,
    known: Known,
    letters: Letters,
) -> pl.DataFrame:
    """Old and new at the cell. Classes stand as ids or refs, relations and genders as codes."""
    tails = known.people.select("person_id", "tail", pl.col("name").alias("old_name"))
    class_letter = columns.class_ or columns.grade or columns.child
    moved = child_changes.filter(pl.col("class_ref").is_not_null()).select(
        "row", "who", old=pl.col("old_class").cast(pl.String), new=pl.col("class_ref").cast(pl.String)
    )
    gender = child_changes.filter(pl.col("gender").is_not_null())
    renumbered = people.renumbered.join(tails, on="person_id", maintain_order="left")
    renamed = people.renamed.join(tails, on="person_id", maintain_order="left")
    relation = bond_changes.filter(pl.col("relation").is_not_null())
    parts = [
        moved.with_columns(field=pl.lit("class"), column=pl.lit(class_letter)),
        gender.select("row", "who", old="old_gender", new="gender").with_columns(
            field=pl.lit("gender"), column=pl.lit(columns.gender)
        ),
        renumbered.select(
            "row", column=letters.at("phones"), field=pl.lit("phone"), who="old_name", old="tail", new="phone"
        ),
        renamed.select(
            "row", column=letters.at("names"), field=pl.lit("name"), who="name", old="old_name", new="name"
        ),
        relation.select(
            "row",
            column=letters.at("relations"),
            field=pl.lit("relation"),
            who="name",
            old=pl.format("{}:{}", "old", "old_word"),
            new=pl.format("{}:{}", "relation", "word"),
        ),
    ]
    return together(parts, CHANGE).sort("row", "column")


def _count_rows(
    reading: Reading,
    children: Children,
    people: People,
    writes: Writes,
    bond_changes: pl.DataFrame,
    faults: pl.DataFrame,
    doubts: pl.DataFrame,
) -> dict[str, int]:
    """Each row once: an error before a doubt, a new child before a change."""
    of_row = children.of_row
    new = of_row.join(children.all.filter(pl.col("child_ref") < 0), on="c", how="semi")["row"]
    changed_children = children.all.filter(
        pl.col("child_ref").is_in(writes.child_changes["child_id"].implode())
    )
    touched = people.bonds.join(
        writes.bonds.select("person_ref", "child_ref"), on=["person_ref", "child_ref"]
    )
    learners = people.bonds.join(writes.memberships, on=["person_ref", "school_id"])
    changed_people = pl.concat([writes.renumbered["person_id"], writes.renamed["person_id"]])
    moved = people.bonds.filter(pl.col("person_ref").is_in(changed_people.implode()))
    parts = (changed_children, touched, learners, moved, bond_changes)
    changed = pl.concat([part["c"] for part in parts]).unique()
    updated = of_row.filter(pl.col("c").is_in(changed.implode()))["row"]
    row = pl.col("row")
    status = (
        pl.when(row.is_in(faults["row"].implode()))
        .then(pl.lit("error"))
        .when(row.is_in(doubts["row"].implode()))
        .then(pl.lit("suspect"))
        .when(row.is_in(new.implode()))
        .then(pl.lit("create"))
        .when(row.is_in(updated.implode()))
        .then(pl.lit("update"))
        .otherwise(pl.lit("same"))
    )
    counted = pl.DataFrame({"row": reading.numbers}).select(status.alias("status"))["status"].value_counts()
    found = dict(counted.iter_rows())
    return {name: found.get(name, 0) for name in ("create", "update", "same", "suspect", "error")}
