"""What metrics are counted from: one day's learners, families, events and visits, each read once."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cached_property

import polars as pl
from django.db.models import Q

from accounts.models import Person, Unit
from assessment import sources
from assessment.engine.standings import standings
from assessment.models import Standing
from assessment.queries import entries
from assessment.queries.rulebook import rule_book
from assessment.rules import Earned, star_of
from events.models import Attendance, EventKind
from parentschool.enums import VisitOutcome
from parentschool.models import Child, Guardianship, HomeVisit, Membership
from portal.kernel import bulk, clock
from portal.kernel.calendar import Period, SchoolYear, term_of

NUMBER = pl.Int64


class Ground:
    """The facts of a county as known now, up to and with `day`. `standings_hold` says that the standings kept are
    those of that day; otherwise they are summed from the ledger."""

    def __init__(self, county: Unit, day: date, *, standings_hold: bool = False) -> None:
        self.county, self.day = county, day
        self.year, self.term = SchoolYear.of(day).period, term_of(day)
        self._standings_hold = standings_hold

    @cached_property
    def learners(self) -> pl.DataFrame:
        """unit_id (the parent school), person_id: the learners of the school year on the day."""
        rows = Membership.objects.filter(
            _lasts("left_on", self.day), school_year=SchoolYear.of(self.day).year, joined_on__lte=self.day
        )
        return bulk.frame_of(rows, {"school_id": NUMBER, "person_id": NUMBER}).rename(
            {"school_id": "unit_id"}
        )

    @cached_property
    def children(self) -> pl.DataFrame:
        """child_id, unit_id (the school), of the children who are there."""
        rows = Child.objects.filter(_lasts("left_on", self.day))
        return bulk.frame_of(rows, {"id": NUMBER, "school_class__school_id": NUMBER}).rename(
            {"id": "child_id", "school_class__school_id": "unit_id"}
        )

    @cached_property
    def cares(self) -> pl.DataFrame:
        """person_id (the guardian), child_id."""
        rows = Guardianship.objects.filter(_lasts("ended_on", self.day))
        found = bulk.frame_of(rows, {"guardian_id": NUMBER, "child_id": NUMBER})
        return found.rename({"guardian_id": "person_id"}).join(self.children, on="child_id", how="semi")

    @cached_property
    def households(self) -> pl.DataFrame:
        """child_id, household: children who share a guardian, directly or through another child, are one family,
        named by the least id among them."""
        home = self.children.select("child_id", household=pl.col("child_id"))
        while True:
            of_guardian = (
                self.cares.join(home, on="child_id").group_by("person_id").agg(pl.col("household").min())
            )
            through = self.cares.join(of_guardian, on="person_id").group_by("child_id").agg(least="household")
            joined = (
                home.join(through.select("child_id", pl.col("least").list.min()), on="child_id", how="left")
                .select("child_id", household=pl.min_horizontal("household", "least"))
                .sort("child_id")
            )
            if joined.equals(home.sort("child_id")):
                return joined
            home = joined

    @cached_property
    def families(self) -> pl.DataFrame:
        """unit_id, household: by the children's school, and by the parent schools where a guardian is a learner."""
        by_school = self.children.join(self.households, on="child_id").select("unit_id", "household")
        by_learner = (
            self.learners.join(self.cares, on="person_id")
            .join(self.households, on="child_id")
            .select("unit_id", "household")
        )
        return pl.concat([by_school, by_learner]).unique()

    @cached_property
    def events(self) -> pl.DataFrame:
        """event_id, unit_id (the host), code, lesson_periods, happened_on: held for families this school year."""
        kinds = bulk.frame_of(
            EventKind.objects.filter(for_families=True), {"id": NUMBER, "code": pl.String}
        ).rename({"id": "kind_id"})
        return sources.held_events().join(kinds, on="kind_id").filter(self.lies_in(self.year, "happened_on"))

    @cached_property
    def attended(self) -> pl.DataFrame:
        """person_id, event_id, unit_id (the host), happened_on, one row for each attendance."""
        recorded = Attendance.objects.filter(
            event__starts_at__gte=clock.midnight(self.year.begins_on),
            event__starts_at__lt=clock.midnight(self.day + timedelta(days=1)),
        )
        came = sources.standing_attendances(recorded)
        return came.join(self.events.select("event_id", "unit_id", "happened_on"), on="event_id")

    @cached_property
    def contacts(self) -> pl.DataFrame:
        """child_id, unit_id (the child's school), visited_on: home visits of the school year that met somebody."""
        rows = HomeVisit.objects.filter(outcome=VisitOutcome.CONTACT, revoked_at=None)
        schema: bulk.Schema = {
            "child_id": NUMBER,
            "child__school_class__school_id": NUMBER,
            "visited_on": pl.Date,
        }
        return (
            bulk.frame_of(rows, schema)
            .rename({"child__school_class__school_id": "unit_id"})
            .filter(self.lies_in(self.year, "visited_on"))
        )

    @cached_property
    def reached(self) -> pl.DataFrame:
        """household: a guardian came to an event, or was met at home, this term."""
        attended = self.attended.filter(self.lies_in(self.term, "happened_on"))
        came = self.cares.join(attended, on="person_id", how="semi")
        met = self.contacts.filter(self.lies_in(self.term, "visited_on"))
        return (
            pl.concat([came.select("child_id"), met.select("child_id")])
            .join(self.households, on="child_id")
            .select("household")
            .unique()
        )

    @cached_property
    def stars(self) -> pl.DataFrame:
        """unit_id, person_id, star of every learner; who has no standing yet holds the star that takes nothing."""
        book = rule_book(self.county)
        version = book.on(self.day)
        least = star_of(version, Earned()) if version else 0
        if self._standings_hold:
            kept = bulk.frame_of(Standing.objects.all(), {"person_id": NUMBER, "star": NUMBER})
        else:
            kept = standings(entries.lines_of(Person.objects.all()), book, self.day).select(
                "person_id", "star"
            )
        return self.learners.join(kept, on="person_id", how="left").with_columns(
            pl.col("star").fill_null(least)
        )

    def lies_in(self, period: Period, column: str) -> pl.Expr:
        """In the period, and not after the day."""
        return pl.col(column).is_between(period.begins_on, self.day)


def _lasts(ends: str, day: date) -> Q:
    return Q(**{ends: None}) | Q(**{f"{ends}__gt": day})
