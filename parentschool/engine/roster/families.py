"""Who belongs to one family: children who share a guardian, however far along the line."""

from __future__ import annotations

import polars as pl

from parentschool.engine.roster.known import Known


def within_families(bonds: pl.DataFrame, known: Known) -> pl.DataFrame:
    """b, family, name, person_ref of the bonds without a person: whom the family already has by that name, or null.

    Grandmother Wang of one child is grandmother Wang of its sister, where both have the same mother.
    """
    open_bonds = bonds.filter(pl.col("person_ref").is_null()).select("b", "child_ref", "name")
    settled = bonds.filter(pl.col("person_ref").is_not_null())
    stored = known.bonds.filter(~pl.col("has_ended"))
    edges = pl.concat(
        [
            settled.select("child_ref", "person_ref", "name"),
            stored.join(known.people.select("person_id", "name"), on="person_id").select(
                child_ref="child_id", person_ref="person_id", name="name"
            ),
        ]
    )
    families = _labels(edges)
    open_bonds = open_bonds.join(families, on="child_ref", how="left", maintain_order="left")
    open_bonds = open_bonds.with_columns(pl.coalesce("family", "child_ref").alias("family"))
    members = edges.join(families, on="child_ref").sort("person_ref", descending=True)
    members = members.unique(["family", "name"], keep="first").select("family", "name", "person_ref")
    return open_bonds.join(members, on=["family", "name"], how="left", maintain_order="left")


def _labels(edges: pl.DataFrame) -> pl.DataFrame:
    """child_ref, family: the lowest ref among the children that shared guardians connect."""
    pairs = edges.select("child_ref", "person_ref").unique()
    labels = pairs.select("child_ref", family="child_ref").unique()
    while True:
        spread = pairs.join(labels, on="child_ref")
        of_person = spread.group_by("person_ref").agg(pl.col("family").min())
        fresh = pairs.join(of_person, on="person_ref").group_by("child_ref").agg(pl.col("family").min())
        if fresh["family"].sum() == labels["family"].sum():
            return fresh
        labels = fresh
