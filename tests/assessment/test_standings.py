"""Standings as a function of the ledger: which points count, which can be spent, which star is held."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from assessment.engine.standings import standings
from assessment.queries.entries import LINES
from assessment.rules import Earned, Rule, RuleBook, Star, Version, expires_on, star_of
from tests.assessment.strategies import days

DAY = date(2026, 10, 12)
TALK = Rule(1, "talk", "attendance", 1)
STARS = (Star(1, "points", 1), Star(2, "points", 3), Star(3, "points", 5))


def line(number, points, on, *, rule=1, kind=None, quantity=1, cut_by="", source="attendance"):
    return {
        **{"id": number, "person_id": 1, "rule_id": rule, "points": points, "quantity": quantity},
        **{"source": source, "source_id": number, "kind_id": kind, "unit_id": 1, "happened_on": on},
        **{"posted_on": on, "reverses_id": None, "cut": 0, "cut_by": cut_by},
    }


def standing(lines, book, day=DAY):
    found = standings(pl.DataFrame(lines, schema=LINES), book, day)
    return found.row(0, named=True)


def book(*versions, **more):
    return RuleBook(versions or (Version(1, date(2025, 9, 1), rules=(TALK,), **more),))


def test_two_ways_lead_to_one_star():
    ways = (
        Star(1, "points", 10),
        Star(1, "count", 2, also_rule="talk", also_rule_times=2),
    )
    assert standing([line(1, 1, DAY)], book(stars=ways))["star"] == 0
    assert standing([line(1, 10, DAY)], book(stars=ways))["star"] == 1
    assert standing([line(1, 0, DAY), line(2, 1, DAY)], book(stars=ways))["star"] == 1


def test_an_open_complaint_keeps_the_star_back():
    complained = Rule(2, "complaint", "record", 0, effect="void")
    version = Version(
        1, date(2025, 9, 1), rules=(TALK, complained), stars=(Star(1, "points", 1, no_complaint=True),)
    )
    told = [line(1, 5, DAY), line(2, 0, DAY, rule=2, source="record")]
    assert standing(told, book(version))["star"] == 0
    told[1]["quantity"] = 0
    assert standing(told, book(version))["star"] == 1


def test_hours_are_those_for_which_points_were_given():
    hours = Rule(1, "hours", "record", 2, per="hour")
    version = Version(1, date(2025, 9, 1), rules=(hours,), stars=(Star(1, "hours", 3),))
    assert standing([line(1, 4, DAY, quantity=5)], book(version))["star"] == 0
    assert standing([line(1, 4, DAY, quantity=5), line(2, 2, DAY)], book(version))["star"] == 1


def test_stars_reached_before_stay_to_the_end_of_the_period_or_are_judged_anew():
    before = Version(1, date(2026, 9, 1), rules=(TALK,), stars=STARS)
    told = [line(1, 3, date(2026, 9, 20))]
    for keeps, star in ((True, 2), (False, 0)):
        after = Version(2, date(2026, 10, 1), stars=(Star(1, "points", 9),), keeps_stars=keeps)
        assert standing(told, book(before, after))["star"] == star
        assert standing(told, book(before, after), date(2027, 9, 1))["star"] == 0


def test_a_star_may_stay_for_a_further_period():
    stars = (Star(1, "points", 1), Star(2, "points", 3, keeps=1))
    told = [line(1, 3, date(2025, 10, 1))]
    assert [standing(told, book(stars=stars), date(year, 10, 1))["star"] for year in (2025, 2026, 2027)] == [
        2,
        2,
        0,
    ]


def test_a_correction_reaches_a_star_that_was_kept():
    stars = (Star(1, "points", 3, keeps=1),)
    undone = {**line(2, -3, date(2025, 10, 1)), "posted_on": DAY, "reverses_id": 1}
    assert standing([line(1, 3, date(2025, 10, 1))], book(stars=stars))["star"] == 1
    assert standing([line(1, 3, date(2025, 10, 1)), undone], book(stars=stars))["star"] == 0


SHORT = Rule(1, "talk", "attendance", 1, validity="months", valid_months=1)
SPENT = Rule(2, "spend", "record", -1, effect="spend")
EXPIRING = Version(1, date(2025, 9, 1), counting="ever", rules=(SHORT, SPENT), stars=STARS)


def test_points_expire_on_their_day_and_the_total_stays():
    told = [line(1, 3, date(2026, 9, 12)), line(2, 1, DAY)]
    eve, day = (standing(told, book(EXPIRING), on) for on in (DAY - timedelta(days=1), DAY))
    assert (eve["points"], eve["star"]) == (3, 2)
    assert (day["points"], day["points_ever"], day["available"], day["star"], day["day"]) == (1, 4, 1, 1, DAY)


def test_what_was_spent_before_it_expired_is_not_lost_twice():
    spent = line(3, -2, date(2026, 9, 20), rule=2, source="record")
    told = [line(1, 3, date(2026, 9, 12)), spent, line(2, 4, DAY)]
    found = standing(told, book(EXPIRING))
    assert (found["points"], found["points_ever"], found["available"]) == (4, 7, 4)
    late = line(4, -1, DAY, rule=2, source="record")
    assert standing([*told, late], book(EXPIRING))["available"] == 3


@given(
    day=days | st.dates(date(2000, 1, 1), date(2060, 1, 1)),
    months=st.integers(1, 30),
    kind=st.sampled_from(["school_year", "calendar_year", "months"]),
)
def test_the_day_of_expiry_is_the_same_for_one_and_for_many(day, months, kind):
    rule = Rule(1, "talk", "attendance", 1, validity=kind, valid_months=months)
    gone = expires_on(rule, day)
    version = Version(1, date(1990, 1, 1), counting="ever", rules=(rule,))
    told = [{**line(1, 1, day), "posted_on": date(1995, 1, 1)}]
    assert gone > day
    assert standing(told, book(version), gone - timedelta(days=1))["points"] == 1
    assert standing(told, book(version), gone)["points"] == 0


@given(
    points=st.integers(0, 6),
    stars=st.lists(st.builds(Star, st.integers(1, 5), st.just("points"), st.integers(0, 6)), max_size=5),
)
def test_many_are_judged_as_one_is(points, stars):
    version = Version(1, date(2025, 9, 1), rules=(TALK,), stars=tuple(stars))
    assert standing([line(1, points, DAY)], book(version))["star"] == star_of(
        version, Earned(points=points, count=1)
    )
