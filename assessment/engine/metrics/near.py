"""The ground near some places only, so that a page can name the families that a metric counts.

What a family is and when it counts as reached is said once, in `Ground`; here only less is read.
"""

from __future__ import annotations

from datetime import date
from functools import cached_property

import polars as pl

from accounts.models import Unit
from accounts.scopes import Scope
from assessment import sources
from assessment.engine.metrics.ground import NUMBER, Ground, _lasts
from events.models import Attendance
from parentschool.enums import VisitOutcome
from parentschool.models import Child, Guardianship, HomeVisit, Membership
from portal.kernel import bulk
from portal.kernel.calendar import Period, SchoolYear


class NearGround(Ground):
    """Only the families with a child or a learner within reach, with all their children and guardians, wherever those
    are. `since` is the period in which they have to be reached; the term of the day where none is given."""

    def __init__(self, county: Unit, day: date, reach: Scope, *, since: Period | None = None) -> None:
        super().__init__(county, day)
        self.reach = reach
        if since is not None:
            self.term = since

    @cached_property
    def learners(self) -> pl.DataFrame:
        rows = Membership.objects.within(self.reach).filter(
            _lasts("left_on", self.day), school_year=SchoolYear.of(self.day).year, joined_on__lte=self.day
        )
        found = bulk.frame_of(rows, {"school_id": NUMBER, "person_id": NUMBER})
        return found.rename({"school_id": "unit_id"})

    @cached_property
    def own_children(self) -> pl.DataFrame:
        """child_id: those within reach."""
        rows = Child.objects.within(self.reach).filter(_lasts("left_on", self.day))
        return bulk.frame_of(rows, {"id": NUMBER}).rename({"id": "child_id"})

    @cached_property
    def cares(self) -> pl.DataFrame:
        """Whom the families near here consist of: followed from child to guardian and back until nobody is new."""
        links = Guardianship.objects.filter(_lasts("ended_on", self.day), _lasts("child__left_on", self.day))
        schema: bulk.Schema = {"guardian_id": NUMBER, "child_id": NUMBER}
        children, guardians = set(self.own_children["child_id"]), set(self.learners["person_id"])
        new_children, new_guardians = set(children), set(guardians)
        found = [pl.DataFrame(schema=schema)]
        while new_children or new_guardians:
            found.append(bulk.frame_of(links.filter(child__in=bulk.listed(new_children)), schema))
            found.append(bulk.frame_of(links.filter(guardian__in=bulk.listed(new_guardians)), schema))
            known = pl.concat(found)
            new_children, new_guardians = (
                set(known["child_id"]) - children,
                set(known["guardian_id"]) - guardians,
            )
            children |= new_children
            guardians |= new_guardians
        return pl.concat(found).unique().rename({"guardian_id": "person_id"})

    @cached_property
    def children(self) -> pl.DataFrame:
        """Without their schools, of which nothing is asked here."""
        every = pl.concat([self.own_children, self.cares.select("child_id")]).unique()
        return every.with_columns(unit_id=pl.lit(None, NUMBER))

    @cached_property
    def attended(self) -> pl.DataFrame:
        near = bulk.listed(self.cares["person_id"].unique())
        rows = Attendance.objects.filter(person__in=near, revoked_at=None)
        return bulk.frame_of(rows, sources.PAIR).join(self.events, on="event_id")

    @cached_property
    def contacts(self) -> pl.DataFrame:
        rows = HomeVisit.objects.filter(
            outcome=VisitOutcome.CONTACT, revoked_at=None, child__in=bulk.listed(self.children["child_id"])
        )
        found = bulk.frame_of(rows, {"child_id": NUMBER, "visited_on": pl.Date})
        return found.filter(self.lies_in(self.year, "visited_on"))

    @cached_property
    def unreached(self) -> pl.DataFrame:
        """household, child_id (one within reach) or person_id (a learner within reach): a row for each child and each
        learner of a family that nobody has reached."""
        by_child = self.own_children.join(self.households, on="child_id").with_columns(
            person_id=pl.lit(None, NUMBER)
        )
        by_learner = (
            self.learners.join(self.cares, on="person_id")
            .join(self.households, on="child_id")
            .select("household", "person_id", child_id=pl.lit(None, NUMBER))
        )
        columns = ["household", "child_id", "person_id"]
        both = pl.concat([by_child.select(columns), by_learner.select(columns)]).unique()
        return both.join(self.reached, on="household", how="anti")
