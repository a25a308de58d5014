"""Lines of the ledger and standings as data frames."""

from __future__ import annotations

import polars as pl
from django.db.models import QuerySet

from accounts.models import Person
from assessment.models import PointEntry, Standing
from portal.kernel import bulk

LINES: bulk.Schema = {
    "id": pl.Int64,
    "person_id": pl.Int64,
    "rule_id": pl.Int64,
    "points": pl.Int64,
    "quantity": pl.Int64,
    "source": pl.String,
    "source_id": pl.Int64,
    "kind_id": pl.Int64,
    "unit_id": pl.Int64,
    "happened_on": pl.Date,
    "posted_on": pl.Date,
    "reverses_id": pl.Int64,
    "cut": pl.Int64,
    "cut_by": pl.String,
}
"""A line as the engine reads it."""

STANDINGS: bulk.Schema = {
    "id": pl.Int64,
    "person_id": pl.Int64,
    "version_id": pl.Int64,
    "day": pl.Date,
    "points": pl.Int64,
    "points_ever": pl.Int64,
    "available": pl.Int64,
    "star": pl.Int64,
}


def lines_of(people: QuerySet[Person]) -> pl.DataFrame:
    return as_read(PointEntry.objects.filter(person__in=people))


def as_read(lines: QuerySet[PointEntry]) -> pl.DataFrame:
    return bulk.frame_of(lines, LINES).with_columns(pl.col("cut_by").fill_null(""))


AS_POSTED: bulk.Schema = {
    "id": pl.Int64,
    "key": pl.String,
    "person_id": pl.Int64,
    "rule_id": pl.Int64,
    "points": pl.Int64,
    "quantity": pl.Int64,
    "source": pl.String,
    "source_id": pl.Int64,
    "kind_id": pl.Int64,
    "unit_id": pl.Int64,
    "happened_on": pl.Date,
    "reason": pl.String,
    "cut": pl.Int64,
    "cut_by": pl.String,
    "note": pl.String,
}


def as_posted(lines: QuerySet[PointEntry]) -> pl.DataFrame:
    """Lines with what is hashed of them, in the order in which they were posted."""
    found = bulk.frame_of(lines, AS_POSTED).sort("id")
    return found.with_columns(pl.col("cut_by", "note").fill_null(""))


def standings_of(people: QuerySet[Person]) -> pl.DataFrame:
    return bulk.frame_of(Standing.objects.filter(person__in=people), STANDINGS)
