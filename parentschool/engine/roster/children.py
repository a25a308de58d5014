"""Which class and which child each row of a list means."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from parentschool.engine.roster.frames import DOUBT, Faults, new_refs, shaped
from parentschool.engine.roster.known import Known

GRADE = ["school_id", "stage", "entry_year"]
CLASS = [*GRADE, "number"]


@dataclass(frozen=True)
class Classes:
    rows: pl.DataFrame
    """The rows with `class_ref`; those whose class could be either of two are gone."""
    new: pl.DataFrame
    """ref, school_id, stage, entry_year, number."""


def settle_classes(rows: pl.DataFrame, known: Known, letter: str, faults: Faults) -> Classes:
    rows = _numbered(rows, known, letter, faults)
    named = rows.select(CLASS).unique(maintain_order=True)
    named = named.join(known.classes.select(*CLASS, "class_id"), on=CLASS, how="left", maintain_order="left")
    new = named.filter(pl.col("class_id").is_null()).drop("class_id")
    new = new.insert_column(0, new_refs(len(new)))
    refs = pl.concat(
        [
            named.filter(pl.col("class_id").is_not_null()).rename({"class_id": "class_ref"}),
            new.rename({"ref": "class_ref"}).select(*CLASS, "class_ref"),
        ]
    )
    return Classes(rows.join(refs, on=CLASS, maintain_order="left"), new)


def _numbered(rows: pl.DataFrame, known: Known, letter: str, faults: Faults) -> pl.DataFrame:
    """A grade without a number is its class 1, unless the grade has other classes."""
    if not rows["number"].null_count():
        return rows
    numbered = pl.concat([rows.select(CLASS).drop_nulls("number"), known.classes.select(CLASS)])
    several = numbered.filter(pl.col("number") != 1).select(GRADE).unique()
    silent = pl.col("number").is_null()
    doubtful = rows.filter(silent).join(several, on=GRADE, how="semi")
    faults.add(doubtful, letter, "which_class")
    rows = rows.join(doubtful.select("row"), on="row", how="anti", maintain_order="left")
    return rows.with_columns(pl.col("number").fill_null(1))


@dataclass(frozen=True)
class Children:
    """`all`: c (its number in the list), child, class_ref, school_id, gender, row, child_ref; `of_row`: row, c.

    `matched` has the stored child of those that have one: c, and the columns of a known child.
    """

    all: pl.DataFrame
    of_row: pl.DataFrame
    matched: pl.DataFrame
    doubts: list[pl.DataFrame]


def settle_children(
    rows: pl.DataFrame,
    contacts: pl.DataFrame,
    known: Known,
    decisions: dict[str, str],
    letters: tuple[str, str],
    faults: Faults,
) -> Children:
    """`letters`: the columns of the child's name and gender."""
    listed = _listed(rows, letters[1], faults)
    of_row = rows.join(listed.select("c", "class_ref", "child"), on=["class_ref", "child"]).select("row", "c")
    doubts = [_twice(rows, of_row, letters[0])]
    exact = _exact(listed, known)
    rest = listed.join(exact, on="c", how="anti", maintain_order="left")
    candidates = _by_guardian(rest, contacts.join(of_row, on="row"), known)
    moved, more = _moved(rest, candidates, exact, decisions, letters[0])
    back, came = _came_back(rest.join(moved, on="c", how="anti"), known, decisions, letters[0])
    matched = pl.concat([exact, moved, back])
    doubts += [*more, came, _same_family(rest, matched, contacts.join(of_row, on="row"), letters[0])]
    return Children(_with_refs(listed, matched), of_row, matched, doubts)


def _listed(rows: pl.DataFrame, gender_letter: str, faults: Faults) -> pl.DataFrame:
    genders = pl.col("gender").filter(pl.col("gender") != "")
    listed = (
        rows.sort("row")
        .group_by("class_ref", "child", maintain_order=True)
        .agg(
            pl.col("school_id", "row").first(),
            genders.first().fill_null("").alias("gender"),
            genders.n_unique().alias("genders"),
            pl.col("row").last().alias("last"),
        )
        .with_row_index("c")
    )
    contradicting = listed.filter(pl.col("genders") > 1)
    faults.add(
        contradicting.select(pl.col("last").alias("row"), pl.col("row").cast(pl.String).alias("detail")),
        gender_letter,
        "two_genders",
    )
    return listed.with_columns(pl.col("gender").fill_null("")).drop("genders", "last")


def _twice(rows: pl.DataFrame, of_row: pl.DataFrame, letter: str) -> pl.DataFrame:
    """The same name again in one class: one child in two rows, or two children?"""
    repeated = (
        of_row.join(rows.select("row", "child"), on="row")
        .sort("row")
        .with_columns(first=pl.col("row").first().over("c"))
        .filter(pl.col("row") != pl.col("first"))
    )
    return _doubt(repeated, "child_twice", letter, pl.col("first"), "same")


def _exact(listed: pl.DataFrame, known: Known) -> pl.DataFrame:
    here = known.children.filter(~pl.col("has_left"))
    found = listed.select("c", pl.col("class_ref").alias("class_id"), "child").join(
        here, on=["class_id", "child"]
    )
    return _one_each(found)


def _one_each(found: pl.DataFrame) -> pl.DataFrame:
    columns = ["c", "child_id", "gender", "class_id", "school_id", "path"]
    return found.sort("c", "child_id").unique("c", keep="first", maintain_order=True).select(columns)


def _by_guardian(rest: pl.DataFrame, contacts: pl.DataFrame, known: Known) -> pl.DataFrame:
    """Stored children elsewhere with the name of the listed one and a guardian in common: name and phone."""
    with_phone = contacts.filter(pl.col("phone_index").is_not_null()).select("c", "name", "phone_index")
    people = known.people.select("person_id", "name", "phone_index")
    return (
        rest.select("c", "child", pl.col("school_id").alias("new_school"))
        .join(with_phone, on="c")
        .join(people, on=["name", "phone_index"])
        .join(known.bonds.filter(~pl.col("has_ended")).select("person_id", "child_id"), on="person_id")
        .join(known.children.filter(~pl.col("has_left")), on=["child_id", "child"])
        .sort("c", pl.col("school_id") != pl.col("new_school"), "child_id")
        .unique("c", keep="first", maintain_order=True)
    )


def _moved(
    rest: pl.DataFrame,
    candidates: pl.DataFrame,
    exact: pl.DataFrame,
    decisions: dict[str, str],
    letter: str,
) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Inside a school a child has changed class; between schools somebody must say so."""
    seen = rest.select("c", "row", pl.col("child").alias("who"))
    found = candidates.join(seen, on="c", maintain_order="left")
    taken = found["child_id"].is_in(exact["child_id"].implode()) | ~found["child_id"].is_first_distinct()
    also = found.filter(taken).with_columns(other_row=pl.lit(None, pl.UInt32))
    free = found.filter(~taken)
    inside = free.filter(pl.col("school_id") == pl.col("new_school"))
    between = free.filter(pl.col("school_id") != pl.col("new_school"))
    asked = _doubt(between, "moved_school", letter, pl.col("other_row"), "same,apart")
    said = [key for key, choice in decisions.items() if choice == "same"]
    agreed = between.filter(asked["key"].is_in(said))
    doubts = [asked, _doubt(also, "child_elsewhere", letter, pl.col("other_row"), "apart")]
    columns = ["c", "child_id", "gender", "class_id", "school_id", "path"]
    return pl.concat([inside.select(columns), agreed.select(columns)]), doubts


def _came_back(
    rest: pl.DataFrame, known: Known, decisions: dict[str, str], letter: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Children of this name who had left this class."""
    gone = known.children.filter(pl.col("has_left"))
    found = rest.select(
        "c", "row", pl.col("child").alias("who"), "child", pl.col("class_ref").alias("class_id")
    )
    found = found.join(gone, on=["class_id", "child"]).sort("c", "child_id")
    found = found.unique("c", keep="last", maintain_order=True)
    asked = _doubt(found, "came_back", letter, pl.lit(None, pl.UInt32), "again")
    again = found.filter(asked["key"].is_in(list(decisions)))
    return _one_each(again), asked


def _same_family(
    rest: pl.DataFrame, matched: pl.DataFrame, contacts: pl.DataFrame, letter: str
) -> pl.DataFrame:
    """New children of one name and one guardian in different classes of the list."""
    new = rest.join(matched, on="c", how="anti").select("c", "row", pl.col("child").alias("who"))
    keyed = contacts.filter(pl.col("phone_index").is_not_null()).select("c", "name", "phone_index").unique()
    found = (
        new.join(keyed, on="c")
        .sort("row", "name")
        .with_columns(first=pl.col("row").first().over("who", "name", "phone_index"))
        .filter(pl.col("row") != pl.col("first"))
        .unique("c", keep="first", maintain_order=True)
    )
    return _doubt(found, "child_elsewhere", letter, pl.col("first"), "apart")


def _doubt(rows: pl.DataFrame, kind: str, letter: str, other_row: pl.Expr, choices: str) -> pl.DataFrame:
    if "other_row" not in rows.columns:
        rows = rows.with_columns(other_row=pl.lit(None, pl.UInt32))
    made = rows.with_columns(
        key=pl.lit(f"{kind}:") + pl.col("row").cast(pl.String),
        kind=pl.lit(kind),
        column=pl.lit(letter),
        who=pl.col("who") if "who" in rows.columns else pl.col("child"),
        other_row=other_row,
        other_path=pl.col("path") if "path" in rows.columns else pl.lit(None, pl.String),
        choices=pl.lit(choices),
    )
    return shaped(made, DOUBT)


def _with_refs(listed: pl.DataFrame, matched: pl.DataFrame) -> pl.DataFrame:
    """`child_ref`: the stored child's id, or a new ref."""
    new = listed.join(matched, on="c", how="anti", maintain_order="left")
    refs = pl.concat(
        [
            matched.select("c", pl.col("child_id").alias("child_ref")),
            new.select("c").with_columns(new_refs(len(new)).alias("child_ref")),
        ]
    )
    return listed.join(refs, on="c", maintain_order="left")
