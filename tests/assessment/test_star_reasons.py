"""Why this star: each condition with the person's own value, as the night judged it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from assessment.engine.star_reasons import star_reasons
from assessment.models import PointScheme, Standing
from assessment.queries.own import own_standing
from assessment.services import night
from events.models import EventKind
from tests.agreeing import agree
from tests.assessment.facts import came, held, scheme
from tests.world import TODAY, person


@pytest.fixture
def counted(world, at_noon, settings):
    """The first parent came to two lectures and a salon, the second to one lecture, a third to five lectures."""
    settings.LANGUAGE_CODE = "en"
    scheme(
        world,
        {"code": "lecture", "name": "Coming to lectures", "kinds": ["lecture"], "points": 2},
        {"code": "salon", "name": "Coming to salons", "kinds": ["salon"], "points": 1},
        stars=(
            {"level": 1, "threshold": 2},
            {"level": 2, "threshold": 4, "also_kind": EventKind.objects.get(code="lecture"), "also_times": 2},
            {
                "level": 3,
                "threshold": 5,
                "also_rule": "salon",
                "also_rule_times": 2,
                "no_complaint": True,
            },
            {"level": 3, "route": 2, "threshold": 4, "basis": "count"},
        ),
    )
    third = person("Third", home=world.schools[0])
    world.parents.append(third)
    for n in range(5):
        lecture = held(world.schools[0], world.kinds["lecture"], TODAY - timedelta(days=n), title=f"L{n}")
        for parent in world.parents[: 1 if n == 1 else 2 if n == 0 else 0]:
            came(parent, lecture)
        came(third, lecture)
    came(world.parents[0], held(world.schools[0], world.kinds["salon"], TODAY))
    for _run in night.count_through(TODAY):
        pass
    return world


def reasons(who):
    return star_reasons(who, own_standing(who))


def values(who):
    return [
        [(condition.words, condition.has, condition.needs, condition.is_met) for condition in way.conditions]
        for way in reasons(who).ways
    ]


def test_each_condition_shows_the_persons_own_value(counted):
    assert values(counted.parents[0]) == [
        [("points", 5, 2, True)],
        [("points", 5, 4, True), (str(counted.kinds["lecture"]), 2, 2, True)],
        [
            ("points", 5, 5, True),
            ("Coming to salons", 1, 2, False),
            ("complaints not settled", 0, None, True),
        ],
        [("times counted", 3, 4, False)],
    ]
    assert [way.is_open for way in reasons(counted.parents[0]).ways] == [True, True, False, False]


def test_the_values_give_the_very_star_of_the_night(counted):
    stars = {}
    for parent in counted.parents:
        held_star = Standing.objects.get(person=parent).star
        told = reasons(parent)
        assert max(way.level for way in told.ways if way.is_open) == held_star
        assert not told.is_kept
        stars[parent.name] = held_star
    assert stars == {"Parent 0": 2, "Parent 1": 1, "Third": 3}


def test_a_star_that_is_kept_from_before_is_said_to_be(counted):
    """New rules ask more; who had a star keeps it to the end of the year."""
    scheme(
        counted,
        {"code": "lecture", "kinds": ["lecture"], "points": 2},
        {"code": "salon", "kinds": ["salon"], "points": 1},
        begins=TODAY + timedelta(days=1),
        of=PointScheme.objects.get(),
        keeps_stars=True,
        stars=({"level": 1, "threshold": 100}, {"level": 2, "threshold": 200}),
    )
    for _run in night.count_through(TODAY + timedelta(days=1)):
        pass
    assert Standing.objects.get(person=counted.parents[0]).star == 2
    told = reasons(counted.parents[0])
    assert told.is_kept
    assert not any(way.is_open for way in told.ways)


def test_parents_and_office_read_them_beside_the_sentence(counted):
    parent = counted.parents[0]
    agree(parent)
    client = Client()
    client.force_login(parent, backend="accounts.backends.RoleBackend")
    own = client.get("/points/").content.decode()
    client.force_login(counted.staff["county_admin"], backend="accounts.backends.RoleBackend")
    office = client.get(f"/admin/assessment/pointentry/person/{parent.pk}/").content.decode()
    for page in (own, office):
        assert "counted under the rule “Coming to salons” at least 2 times" in page
        assert "Coming to salons <b>1</b> / 2" in page
        assert "complaints not settled <b>0</b>" in page


def test_the_pages_of_rules_name_the_rule_too(counted):
    version = PointScheme.objects.get().versions.get()
    client = Client()
    client.force_login(counted.staff["county_admin"], backend="accounts.backends.RoleBackend")
    page = client.get(f"/admin/assessment/schemeversion/{version.pk}/change/").content.decode()
    assert "counted under the rule “Coming to salons”" in page
    assert "counted under the rule salon" not in page
