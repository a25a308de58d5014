"""The night on a small county: once, twice, after corrections, after being killed, out of order."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.enums import Kind, Level
from accounts.models import Unit
from assessment.engine import dirty
from assessment.models import Batch, DirtyPerson, PointEntry, PointScheme, Standing
from assessment.queries.shards import shard_at, shards
from assessment.services import night, posting
from assessment.services.by_hand import adjust
from events.enums import EventStatus
from events.models import Attendance, Event
from parentschool.enums import Relation
from parentschool.models import Child, Guardianship
from portal.kernel import runs
from portal.kernel.models import Run
from tests.assessment.facts import came, held, ledger, met, revoke, scheme
from tests.world import NOW, TODAY, person, unit

LECTURE = {"code": "lecture", "kinds": ["lecture", "salon"], "cap_day": 2}
NEXT = TODAY + timedelta(days=1)


def count(world, day=TODAY, **how):
    return [night.count_points(shard, day, **how) for shard in shards()]


def totals():
    return {standing.person_id: standing.points for standing in Standing.objects.all()}


@pytest.fixture
def lectures(world):
    """Both parents came to the lecture of their school; the rules give a point for it."""
    scheme(world, dict(LECTURE))
    events = [held(school, world.kinds["lecture"], TODAY) for school in world.schools]
    return [came(parent, event) for parent, event in zip(world.parents, events, strict=True)]


def test_each_attendance_earns_once(world, lectures):
    count(world)
    assert sorted(ledger()) == sorted(
        (f"attendance:{attendance.pk}:p:lecture:1", 1, "earned") for attendance in lectures
    )
    assert totals() == {parent.pk: 1 for parent in world.parents}
    assert not DirtyPerson.objects.exists()


def test_a_line_carries_where_when_and_what(world, lectures):
    count(world)
    line = PointEntry.objects.get(person=world.parents[0])
    assert (line.unit, line.kind, line.happened_on, line.posted_on) == (
        world.schools[0],
        world.kinds["lecture"],
        TODAY,
        TODAY,
    )
    assert (line.source, line.source_id, line.quantity, line.rule.code) == (
        "attendance",
        lectures[0].pk,
        1,
        "lecture",
    )


@pytest.mark.parametrize("everybody", [False, True])
def test_a_second_night_posts_nothing(world, lectures, everybody):
    count(world)
    before = ledger()
    for day in (TODAY, NEXT):
        count(world, day, everybody=everybody)
    assert ledger() == before
    assert Batch.objects.count() == 2


def test_correcting_one_attendance_posts_exactly_one_reversal(world, lectures):
    count(world)
    before = ledger()
    revoke(lectures[0])
    count(world, NEXT)
    assert ledger()[len(before) :] == [(f"x:attendance:{lectures[0].pk}:p:lecture:1", -1, "correction")]
    assert totals() == {world.parents[0].pk: 0, world.parents[1].pk: 1}


def test_restoring_it_posts_a_new_line(world, lectures):
    count(world)
    revoke(lectures[0])
    count(world, NEXT)
    Attendance.objects.filter(pk=lectures[0].pk).update(revoked_at=None, revision=3)
    count(world, NEXT + timedelta(days=1))
    assert ledger()[-1] == (f"attendance:{lectures[0].pk}:p:lecture:2", 1, "earned")
    assert totals() == {parent.pk: 1 for parent in world.parents}


def test_a_bulk_change_that_sets_no_time_of_change_is_seen(world, lectures):
    count(world)
    Event.objects.filter(pk=lectures[0].event_id).update(status=EventStatus.CANCELLED)
    count(world, NEXT)
    assert totals() == {world.parents[0].pk: 0, world.parents[1].pk: 1}


def test_whoever_moves_to_another_county_earns_by_its_rules_the_next_night(world, lectures):
    other = unit("Elsewhere", world.county.kind, Level.COUNTY, None, 2)
    theirs = PointScheme.objects.create(code="else", name="Else", unit=other)
    scheme(world, {**LECTURE, "points": 2, "cap_day": None}, of=theirs)
    count(world)
    world.parents[0].home, world.parents[0].path = other, other.path
    world.parents[0].save()
    count(world, NEXT)
    assert totals() == {world.parents[0].pk: 2, world.parents[1].pk: 1}
    assert not DirtyPerson.objects.exists()


def test_a_home_visit_is_looked_at_again_when_the_child_goes_to_another_school(world):
    """Where the rule asks for a kind of unit: as soon as a full count would."""
    scheme(world, {"code": "visit", "source": "home_visit", "unit_kinds": ["school"]})
    Unit.objects.filter(pk=world.schools[1].pk).update(kind=Kind.KINDERGARTEN)
    met(world.parents[0], world.children[0], TODAY, world.staff["class_teacher:0"])
    count(world)
    Child.objects.filter(pk=world.children[0].pk).update(school_class=world.classes[1])
    count(world, NEXT)
    posted = ledger()
    count(world, NEXT, everybody=True)
    assert ledger() == posted
    assert sum(run.counts["unnoted"] for run in Run.objects.filter(day=NEXT)) == 0


def test_a_correction_of_nothing_that_counts_leaves_no_note(world, lectures):
    count(world)
    event = lectures[0].event
    event.title = "Another title"
    event.save()
    assert not DirtyPerson.objects.exists()


def test_an_event_that_was_not_held_earns_nothing(world):
    scheme(world, dict(LECTURE))
    came(world.parents[0], world.events[0])
    count(world)
    assert ledger() == []


def test_a_home_visit_earns_for_the_guardian_met(world):
    scheme(world, {"code": "visit", "source": "home_visit"})
    visit = met(world.parents[1], world.children[1], TODAY, world.staff["school_lead:1"])
    count(world)
    assert ledger() == [(f"home_visit:{visit.pk}:p:visit:1", 1, "earned")]
    visit.met, visit.revision = world.parents[0], 2
    visit.save()
    count(world, NEXT)
    assert totals() == {world.parents[0].pk: 1, world.parents[1].pk: 0}


def test_credit_for_a_visit_stays_where_it_was_when_the_child_changes_school(world):
    scheme(world, {"code": "visit", "source": "home_visit"})
    met(world.parents[0], world.children[0], TODAY, world.staff["school_lead:0"])
    count(world)
    world.children[0].school_class = world.classes[1]
    world.children[0].save()
    count(world, NEXT, everybody=True)
    assert [entry.unit for entry in PointEntry.objects.all()] == [world.schools[0]]


def test_a_capped_fact_stands_in_the_ledger_with_its_reason(world, lectures):
    more = [held(world.schools[0], world.kinds["salon"], TODAY, title=title) for title in "AB"]
    for event in more:
        came(world.parents[0], event)
    count(world)
    shut_out = PointEntry.objects.get(points=0)
    assert (shut_out.cut, shut_out.cut_by, shut_out.source_id) == (
        1,
        "day",
        Attendance.objects.latest("pk").pk,
    )
    revoke(lectures[0])
    count(world, NEXT)
    assert totals()[world.parents[0].pk] == 2
    assert [(points, reason) for _, points, reason in ledger()[-3:]] == [
        (-1, "correction"),
        (0, "cap_change"),
        (1, "cap_change"),
    ]


def test_a_fact_of_a_later_day_waits_for_its_day(world):
    scheme(world, dict(LECTURE))
    attendance = came(world.parents[0], held(world.schools[0], world.kinds["lecture"], NEXT))
    count(world)
    assert ledger() == []
    assert DirtyPerson.objects.exists()
    count(world, NEXT)
    assert ledger() == [(f"attendance:{attendance.pk}:p:lecture:1", 1, "earned")]
    assert not DirtyPerson.objects.exists()


def test_a_late_night_changes_nothing(world, lectures):
    count(world, NEXT)
    revoke(lectures[0])
    assert count(world, TODAY) == [None] * len(shards())
    assert {line[1] for line in ledger()} == {1}


def test_a_worker_that_was_held_up_opens_no_day_again_that_another_went_beyond(world, lectures):
    """It knows of neither day when it comes to start the first one; were it killed then, nobody would end that day."""
    shard = shard_at(world.stations[0].path)
    before = night.Before.of([shard])[shard]
    count(world)
    count(world, NEXT)
    kept = list(Run.objects.order_by("pk").values())
    assert night.count_points(shard, TODAY, before=before) is None
    assert list(Run.objects.order_by("pk").values()) == kept


def test_a_day_left_open_by_a_worker_that_was_killed_ends_with_the_next(world, lectures):
    count(world)
    shard = shard_at(world.stations[0].path)
    runs.start_in_order("points", TODAY, shard.path)
    night.count_points(shard, NEXT)
    assert set(Run.objects.values_list("status", flat=True)) == {Run.Status.DONE}


def test_a_person_without_a_home_is_counted_in_the_county(world):
    scheme(world, dict(LECTURE))
    drifter = person("Drifter")
    came(drifter, held(world.schools[0], world.kinds["lecture"], TODAY))
    count(world)
    assert totals() == {drifter.pk: 1}
    assert PointEntry.objects.get().batch.chain == world.county.path


def test_a_changed_rule_is_posted_for_everybody(world, lectures):
    count(world)
    scheme(world, {**LECTURE, "points": 2}, begins=TODAY, of=PointScheme.objects.get())
    count(world, NEXT)
    assert totals() == {parent.pk: 2 for parent in world.parents}
    assert {reason for _, points, reason in ledger() if points != 1} == {"rule_change"}


def test_the_school_year_turns(world, lectures):
    count(world)
    new_year = date(2027, 9, 1)
    count(world, new_year - timedelta(days=1))
    assert totals() == {parent.pk: 1 for parent in world.parents}
    count(world, new_year)
    assert {(s.points, s.points_ever, s.day) for s in Standing.objects.all()} == {(0, 1, new_year)}


def test_an_event_just_before_midnight_in_the_county_counts_for_that_day(world):
    scheme(world, dict(LECTURE))
    event = held(world.schools[0], world.kinds["lecture"], TODAY)
    event.starts_at = datetime(2026, 8, 31, 16, 0, tzinfo=UTC)  # midnight of 1 September in Shanghai
    event.ends_at = event.starts_at + timedelta(minutes=45)
    event.save()
    came(world.parents[0], event)
    count(world)
    assert PointEntry.objects.get().happened_on == date(2026, 9, 1)


def test_a_failed_night_says_why_and_is_done_again(world, lectures, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(posting, "write", lambda *args, **how: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            night.count_points(shard_at(world.stations[0].path), TODAY)
    run = Run.objects.get(shard=world.stations[0].path)
    assert (run.status, run.said) == (Run.Status.FAILED, "ZeroDivisionError: division by zero")
    assert "test_night.py" in run.trace
    assert ledger() == []
    count(world)
    run.refresh_from_db()
    assert (run.status, run.error, run.attempts) == (Run.Status.DONE, "", 2)
    assert len(ledger()) == 2


def test_two_nights_at_once_post_once(world, lectures, monkeypatch):
    """The other night posts between this one's looking and its posting; the database refuses this one."""
    shard, look, others = shard_at(world.stations[0].path), night.look, []

    def look_and_be_overtaken(*args, **how):
        outlook = look(*args, **how)
        if not others:
            others.append(True)
            night.count_points(shard, TODAY)
        return outlook

    monkeypatch.setattr(night, "look", look_and_be_overtaken)
    night.count_points(shard, TODAY)
    assert ledger() == [(f"attendance:{lectures[0].pk}:p:lecture:1", 1, "earned")]
    assert [batch.number for batch in Batch.objects.all()] == [1]


def test_one_cause_cannot_stand_twice(world, lectures):
    count(world)
    line = PointEntry.objects.first()
    line.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        line.save(force_insert=True)


def test_the_run_log_counts(world, lectures):
    count(world)
    run = Run.objects.get(shard=world.stations[0].path)
    assert run.counts["posted"] == 1
    assert run.counts["standings"] == 1
    assert run.head == Batch.objects.get(chain=world.stations[0].path).head
    revoke(lectures[0])
    count(world)
    run.refresh_from_db()
    assert (run.counts["posted"], run.counts["reversed"], run.attempts) == (1, 1, 2)


def overtaken(monkeypatch, by):
    """The next look is overtaken: `by` happens after it and before its posting."""
    look, acts = night.look, [by]

    def look_and_be_overtaken(*args, **how):
        outlook = look(*args, **how)
        if acts:
            acts.pop()()
        return outlook

    monkeypatch.setattr(night, "look", look_and_be_overtaken)


def test_a_worker_that_was_held_up_takes_nothing_of_the_next_day_back(world, lectures, monkeypatch):
    """It looked at one day, and posts when another worker has done that day and the next one."""
    shard = shard_at(world.stations[0].path)
    came(world.parents[0], held(world.schools[0], world.kinds["lecture"], NEXT))
    overtaken(monkeypatch, lambda: [night.count_points(shard, day) for day in (TODAY, NEXT)])
    night.count_points(shard, TODAY)
    assert [(points, reason) for _, points, reason in ledger()] == [(1, "earned"), (1, "earned")]
    assert totals() == {world.parents[0].pk: 2}
    assert set(Run.objects.values_list("status", flat=True)) == {Run.Status.DONE}


def test_what_is_posted_by_hand_while_a_night_looks_stands_in_the_standing(world, lectures, monkeypatch):
    """The first line of a person, and so the first standing: the night that has looked before neither refuses the
    clerk nor is refused, and does not put back what it saw."""
    parent, how = world.parents[0], {"reason": "Helped", "actor": world.as_("county_staff"), "now": NOW}
    overtaken(monkeypatch, lambda: adjust(parent, points=2, **how))
    night.count_points(shard_at(world.stations[0].path), TODAY)
    assert totals() == {parent.pk: 3}
    assert Run.objects.get().status == Run.Status.DONE


@pytest.mark.parametrize("starts_first", [True, False])
def test_two_nights_at_once_post_new_rules_once(world, lectures, monkeypatch, starts_first):
    """The other night does the whole day after this one has started, before or after it looked at the old rules."""
    count(world)
    scheme(world, {**LECTURE, "points": 2}, begins=TODAY, of=PointScheme.objects.get())
    shard, start, others = shard_at(world.stations[0].path), runs.start_in_order, []

    def start_and_be_overtaken(*args):
        run = start(*args)
        if not others:
            others.append(True)
            night.count_points(shard, NEXT)
        return run

    if starts_first:
        monkeypatch.setattr(runs, "start_in_order", start_and_be_overtaken)
    else:
        overtaken(monkeypatch, lambda: night.count_points(shard, NEXT))
    night.count_points(shard, NEXT)
    of_shard = PointEntry.objects.filter(batch__chain=shard.path).order_by("pk")
    assert list(of_shard.values_list("points", flat=True)) == [1, -1, 2]


def test_a_worker_that_was_held_up_puts_no_old_standing_back(world, lectures, monkeypatch):
    """Nothing is to be posted on either side, but the counting period has turned."""
    shard, eve, new_year = shard_at(world.stations[0].path), date(2027, 8, 31), date(2027, 9, 1)
    count(world)
    Standing.objects.all().delete()
    overtaken(monkeypatch, lambda: [night.count_points(shard, day) for day in (eve, new_year)])
    night.count_points(shard, eve, everybody=True)
    assert totals() == {world.parents[0].pk: 0}


def test_a_worker_that_fails_when_another_has_done_the_day_says_nothing_against_it(
    world, lectures, monkeypatch
):
    shard, look, others = shard_at(world.stations[0].path), night.look, []

    def break_once(*args, **how):
        if not others:
            others.append(True)
            night.count_points(shard, TODAY)
            raise ValueError("broken")
        return look(*args, **how)

    monkeypatch.setattr(night, "look", break_once)
    with pytest.raises(ValueError, match="broken"):
        night.count_points(shard, TODAY)
    assert [(run.status, run.error) for run in Run.objects.all()] == [(Run.Status.DONE, "")]


def test_a_note_that_came_too_late_for_the_family_waits_for_the_next_night(world, monkeypatch):
    """The rule counts once for a family: where one takes back, the other earns."""
    scheme(world, {**LECTURE, "once": "family"})
    partner = person("Partner", home=world.schools[0])
    Guardianship.objects.create(guardian=partner, child=world.children[0], relation=Relation.FATHER)
    event = held(world.schools[0], world.kinds["lecture"], TODAY)
    first = came(world.parents[0], event)
    came(partner, event)
    count(world)
    assert totals() == {world.parents[0].pk: 1, partner.pk: 0}
    spread = dirty.spread_to_families

    def spread_and_be_late():
        spread()
        if first.revoked_at is None:
            revoke(first)

    monkeypatch.setattr(dirty, "spread_to_families", spread_and_be_late)
    for day in (NEXT, NEXT + timedelta(days=1)):
        night.count_points(shard_at(world.stations[0].path), day)
    assert totals() == {world.parents[0].pk: 0, partner.pk: 1}
    assert not DirtyPerson.objects.exists()


class Killed(BaseException):
    """As a process ends: nothing is written down, nobody is told."""


def test_two_versions_at_once_are_posted_alike_though_the_night_was_killed_between(
    world, lectures, monkeypatch
):
    count(world)
    of = PointScheme.objects.get()
    for points in (2, 3):
        rules = {**LECTURE, "points": points, "cap_day": 9}
        scheme(world, rules, begins=TODAY - timedelta(days=4 - points), of=of)
    write, left = posting.write, [2, 10]

    def write_and_be_killed(*args, **how):
        if not left[0]:
            left.pop(0)
            raise Killed
        left[0] -= 1
        return write(*args, **how)

    shard = shard_at(world.stations[0].path)
    monkeypatch.setattr(posting, "write", write_and_be_killed)
    with pytest.raises(Killed):
        night.count_points(shard, NEXT)
    night.count_points(shard, NEXT)
    cause = f"attendance:{lectures[0].pk}:"
    gained = [(points, reason) for key, points, reason in ledger() if cause in key]
    assert gained == [
        *[(1, "earned")],
        *[(-1, "rule_change"), (2, "rule_change")],
        *[(-2, "rule_change"), (3, "rule_change")],
    ]
