"""Who belongs to one family, for rules that count for a family or a child: people who care for the same child, directly
or through others. The family bears the least id among them."""

from __future__ import annotations

import polars as pl

from assessment.enums import PersonRole
from parentschool.enums import GRANDPARENTS, Relation
from parentschool.models import Guardianship
from portal.kernel import bulk

CARES: bulk.Schema = {"guardian_id": pl.Int64, "child_id": pl.Int64, "relation": pl.String}


def cares() -> pl.DataFrame:
    """person_id, child_id, relation: who cares for whom today."""
    rows = bulk.frame_of(Guardianship.objects.filter(ended_on=None), CARES)
    return rows.rename({"guardian_id": "person_id"})


def families(cares: pl.DataFrame) -> pl.DataFrame:
    """person_id, family_id of everybody who cares for a child."""
    bonds = cares.select("person_id", "child_id").unique()
    named = bonds.select("person_id", family_id="person_id").unique()
    while True:
        of_child = bonds.join(named, on="person_id").group_by("child_id").agg(pl.col("family_id").min())
        renamed = bonds.join(of_child, on="child_id").group_by("person_id").agg(pl.col("family_id").min())
        renamed, named = renamed.sort("person_id"), named.sort("person_id")
        if renamed.equals(named):
            return named
        named = renamed


def kin_of(people: pl.Series) -> pl.Series:
    """The others of the families of these people."""
    found = families(cares())
    theirs = found.filter(pl.col("person_id").is_in(people.implode())).select("family_id").unique()
    kin = found.join(theirs, on="family_id", how="semi")
    return kin.filter(~pl.col("person_id").is_in(people.implode()))["person_id"].sort()


def roles(cares: pl.DataFrame) -> pl.DataFrame:
    """person_id, role: a mother or father of one child is a parent, whatever else of another."""
    parent, grandparent = (
        pl.col("relation").is_in([str(word) for word in words]).any()
        for words in ((Relation.MOTHER, Relation.FATHER), GRANDPARENTS)
    )
    return cares.group_by("person_id").agg(
        role=pl.when(parent)
        .then(pl.lit(str(PersonRole.PARENT)))
        .when(grandparent)
        .then(pl.lit(str(PersonRole.GRANDPARENT)))
        .otherwise(pl.lit(str(PersonRole.OTHER)))
    )
