"""A parent's own pages: what they show, whose rows, at how many queries, and without any script."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from assessment.enums import Counting, EntryReason, VersionStatus
from assessment.models import PointEntry, PointRule, PointScheme, SchemeVersion, Standing, StarLevel
from events.enums import Audience, EventStatus, Method
from events.models import Attendance, Event
from events.queries import near
from parentschool.enums import Relation
from parentschool.models import Child, Guardianship
from portal.home.queries import points
from tests.assessment.facts import batch
from tests.world import NOW, OPENED, TODAY, World

YESTERDAY = TODAY - timedelta(days=1)
PAGES = ("/", "/points/", "/my/events/", "/me/")


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person, backend="accounts.backends.RoleBackend")
    return client


@pytest.fixture
def scheme(world: World, time_machine) -> SchemeVersion:
    time_machine.move_to(NOW, tick=False)
    version = SchemeVersion.objects.create(
        scheme=PointScheme.objects.create(code="s", name="Scheme", unit=world.county),
        number=1,
        effective_from=OPENED,
        status=VersionStatus.PUBLISHED,
        counting=Counting.SCHOOL_YEAR,
    )
    for code in ("lecture", "salon"):
        PointRule.objects.create(
            version=version, code=code, name=f"Rule {code}", source="attendance", points=2
        )
    for level, threshold in ((1, 2), (2, 6), (3, 10)):
        StarLevel.objects.create(version=version, level=level, name=f"Star {level}", threshold=threshold)
    return version


def attend(world: World, i: int, title: str, day: date, kind: str = "lecture") -> Attendance:
    event = Event.objects.create(
        host=world.schools[i],
        kind=world.kinds[kind],
        title=title,
        starts_at=NOW.replace(year=day.year, month=day.month, day=day.day),
        ends_at=NOW.replace(year=day.year, month=day.month, day=day.day, hour=4),
        status=EventStatus.HELD,
    )
    return Attendance.objects.create(
        event=event, person=world.parents[i], method=Method.ROLL_CALL, taken_at=event.starts_at
    )


def post(version, person, value: int, day: date, *, key: str, source_id: int = 0, **more) -> PointEntry:
    return PointEntry.objects.create(
        key=key,
        person=person,
        rule=version.rules.first(),
        points=value,
        source=more.pop("source", "attendance"),
        source_id=source_id,
        unit=person.home,
        happened_on=day,
        posted_on=more.pop("posted_on", day),
        reason=more.pop("reason", EntryReason.EARNED),
        batch=batch(),
        **more,
    )


def stand(version, person, value: int, star: int) -> Standing:
    return Standing.objects.create(
        day=YESTERDAY, person=person, version=version, points=value, points_ever=value, star=star
    )


def earn(world: World, version: SchemeVersion, i: int, titles: list[str]) -> None:
    for n, title in enumerate(titles):
        day = date(2026, 9, 5) + timedelta(days=n)
        came = attend(world, i, title, day)
        post(version, world.parents[i], 2, day, key=f"attendance:{came.pk}:lecture:1", source_id=came.pk)
    stand(version, world.parents[i], 2 * len(titles), 1)


def test_the_lines_add_up_to_the_points_with_reversals_caps_and_other_years_left_apart(world, scheme):
    parent = world.parents[0]
    came = attend(world, 0, "Feelings", date(2026, 9, 5))
    first = post(scheme, parent, 2, date(2026, 9, 5), key="a", source_id=came.pk)
    post(scheme, parent, -2, date(2026, 9, 5), key="x:a", source_id=came.pk, reverses=first,
         reason=EntryReason.CORRECTION, posted_on=date(2026, 9, 9))  # fmt: skip
    post(scheme, parent, 1, date(2026, 9, 20), key="b", cut=1, cut_by="day")
    post(scheme, parent, 0, date(2026, 9, 20), key="c", cut=2, cut_by="day")
    post(scheme, parent, 5, date(2026, 10, 1), key="d", source="adjustment", note="Thanks")
    post(scheme, parent, 7, date(2026, 8, 31), key="last year")
    post(scheme, parent, 9, TODAY, key="not yet in the standing")
    stand(scheme, parent, 6, 2)
    own = points.own_standing(parent)
    lines, _spent = points.shown_of(parent, own, is_all=False)
    assert [(line.happened_on, line.points, line.running) for line in lines] == [
        (date(2026, 10, 1), 5, 6),
        (date(2026, 9, 20), 0, 1),
        (date(2026, 9, 20), 1, 1),
        (date(2026, 9, 5), -2, 0),
        (date(2026, 9, 5), 2, 2),
    ]
    assert lines[0].running == own.points == sum(line.points for line in lines)
    assert lines[1].none_because
    assert "Feelings" in lines[4].words
    assert "Feelings" in lines[3].words
    assert lines[3].words != lines[4].words
    assert "Thanks" in lines[0].note
    client = signed_in(parent)
    assert "?period=all" in client.get("/points/").text
    page = client.get("/points/?period=all")
    shown = [line.entry.key for month in page.context["months"] for line in month.lines]
    assert shown == ["not yet in the standing", "d", "c", "b", "x:a", "a", "last year"]
    assert reverse("object", args=[PointEntry.objects.get(key="last year").pk]) in page.text
    assert "以上合计" not in page.text, "these lines are not what the points are"


def test_the_next_star_says_what_is_missing(world, scheme):
    parent = world.parents[0]
    scheme.stars.filter(level=2).update(also_kind=world.kinds["salon"], also_times=2)
    attend(world, 0, "Salon", date(2026, 9, 5), kind="salon")
    attend(world, 0, "Salon of last year", date(2026, 8, 30), kind="salon")
    stand(scheme, parent, 3, 1)
    own = points.own_standing(parent)
    assert (own.stars, own.star_name) == ((True, False, False), "Star 1")
    [needs] = own.next.ways
    assert (own.next.name, own.next.goal, len(needs)) == ("Star 2", 6, 2)
    assert "3" in needs[0]
    assert "1" in needs[1]
    Standing.objects.filter(person=parent).update(points=40, star=3)
    assert points.own_standing(parent).next is None


def test_the_next_star_is_not_promised_while_it_asks_for_more(world, scheme):
    """Neither a rule nor a complaint is looked up on the first page; both are said."""
    parent = world.parents[0]
    rule = scheme.rules.first()
    scheme.stars.filter(level=2).update(also_rule=rule.code, also_rule_times=2, no_complaint=True)
    stand(scheme, parent, 6, 1)
    [needs] = points.own_standing(parent).next.ways
    assert len(needs) == 2
    assert rule.name in needs[0]
    assert "2" in needs[0]


def test_either_way_to_the_next_star_is_told_until_one_lacks_nothing(world, scheme):
    parent = world.parents[0]
    StarLevel.objects.create(version=scheme, level=2, route=2, name="Star 2", basis="hours", threshold=40)
    stand(scheme, parent, 5, 1)
    assert points.own_standing(parent).next.words == "再得 1 分，或累计服务满 40 小时"
    Standing.objects.update(points=6)
    assert points.own_standing(parent).next.words == ""
    assert "明早" in signed_in(parent).get("/").text


def test_a_parent_sees_the_own_rows_and_nobody_elses(world, scheme):
    earn(world, scheme, 0, ["Own lecture"])
    earn(world, scheme, 1, ["Foreign lecture"])
    pages = {page: signed_in(world.parents[0]).get(page).text for page in PAGES}
    assert "Own lecture" in pages["/"]
    assert "Own lecture" in pages["/points/"]
    assert "Own lecture" in pages["/my/events/"]
    for page, html in pages.items():
        for foreign in ("Foreign lecture", "Parent 1", "Child 1", "School 1", "1380000000"):
            assert foreign not in html, (page, foreign)
    assert "138****0000" in pages["/me/"]


def test_every_page_works_without_script(world, scheme):
    earn(world, scheme, 0, ["Own lecture"])
    for page in PAGES:
        html = signed_in(world.parents[0]).get(page).text
        assert "<script" not in html, page
        assert " style=" not in html, page
        assert " onclick" not in html, page


@pytest.mark.parametrize(
    ("page", "most"),
    [("/", 8), ("/points/", 28), ("/points/?period=all", 27), ("/my/events/", 5), ("/me/", 5)],
)
def test_pages_ask_no_more_for_more_rows(world, scheme, django_assert_max_num_queries, page, most):
    client = signed_in(world.parents[0])
    earn(world, scheme, 0, ["One"])
    client.get(page)  # the first page of a session asks for consent and notes the beginning
    with django_assert_max_num_queries(most):
        client.get(page)
    Standing.objects.all().delete()
    for n in range(3):
        child = Child.objects.create(
            basis="duty", name=f"More {n}", school_class=world.classes[0], path=world.classes[0].path
        )
        Guardianship.objects.create(guardian=world.parents[0], child=child, relation=Relation.MOTHER)
    earn(world, scheme, 0, ["Two", "Three", "Four"])
    with django_assert_max_num_queries(most):
        client.get(page)


def test_before_the_first_night_the_pages_say_what_to_expect(world, time_machine):
    time_machine.move_to(NOW, tick=False)
    attend(world, 0, "First lecture", TODAY)
    for page in PAGES:
        assert signed_in(world.parents[0]).get(page).status_code == 200
    home = signed_in(world.parents[0]).get("/")
    assert (home.context["own"], home.context["uncounted"]) == (None, 1)


def test_attendance_since_the_last_night_is_announced_until_it_is_counted(world, scheme):
    earn(world, scheme, 0, ["Counted"])
    own = points.own_standing(world.parents[0])
    assert points.uncounted(world.parents[0], own) == 0
    attend(world, 0, "This morning", TODAY)
    assert points.uncounted(world.parents[0], own) == 1


@pytest.fixture
def offers(world: World, time_machine) -> World:
    """Events of tomorrow in many places and for many people, each named by what it is."""
    time_machine.move_to(NOW, tick=False)
    Event.objects.all().delete()
    other_class = world.classes[1]

    def offer(title: str, host, **more) -> Event:
        return Event.objects.create(
            host=host,
            kind=world.kinds["lecture"],
            title=title,
            starts_at=NOW + timedelta(days=1),
            ends_at=NOW + timedelta(days=1, hours=2),
            **more,
        )

    offer("own school", world.schools[0])
    offer("own station", world.stations[0])
    offer("county", world.county)
    offer("own class", world.schools[0], audience=Audience.CLASSES).classes.add(world.classes[0])
    offer("other class", world.schools[0], audience=Audience.CLASSES).classes.add(other_class)
    offer("other school", world.schools[1])
    offer("other station", world.stations[1])
    offer("village", world.villages[0])
    offer("called off", world.schools[0], status=EventStatus.CANCELLED)
    offer("by invitation", world.schools[0], audience=Audience.INVITED)
    return world


def test_events_for_a_parent_are_those_of_the_own_schools_and_above(offers):
    titles = {event.title for event in near.coming(near.events_for(offers.parents[0], now=NOW), now=NOW)}
    assert titles == {"own school", "own station", "county", "own class"}


def test_whoever_came_by_invitation_finds_the_event_again(offers):
    invited = Event.objects.get(title="by invitation")
    Attendance.objects.create(event=invited, person=offers.parents[0], method=Method.PAPER, taken_at=NOW)
    later = invited.ends_at + timedelta(hours=1)
    past = near.past(near.events_for(offers.parents[0], now=later), now=later)
    assert {event.title: event.came for event in past} == {
        "own school": False,
        "own station": False,
        "county": False,
        "own class": False,
        "by invitation": True,
    }


def test_somebody_without_a_family_or_school_sees_plain_empty_pages(world, time_machine, settings):
    settings.STAFF_SECOND_FACTOR = False
    time_machine.move_to(NOW, tick=False)
    client = signed_in(world.as_("lecturer:0"))
    for page in PAGES[1:]:
        assert client.get(page).status_code == 200
