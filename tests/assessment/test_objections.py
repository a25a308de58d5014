"""An objection: made once, answered by a promised day by somebody who stands apart, carried out, and never edited."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.formats import date_format

from assessment.enums import ObjectionStatus, Remedy, Unfit
from assessment.models import Adjustment, Objection, PointEntry, PointScheme, Standing
from assessment.queries.objections import history
from assessment.rules_objections import AFTER, Involved, unfit_because
from assessment.services import night
from assessment.services.by_hand import (
    AdjustmentRefused,
    adjust,
    approve_adjustment,
    refuse_adjustment,
    spend,
)
from assessment.services.objections import (
    Decision,
    ObjectionRefused,
    decide_objection,
    file_objection,
    withdraw_objection,
)
from assessment.services.reversal import reverse_batch
from events.models import Attendance, Event, Record, RecordKind
from events.services.attendances import restore_attendance
from events.services.events import EventCancelled
from parentschool.enums import Relation
from parentschool.models import Guardianship
from portal.home.queries.todo import adjustments_to_approve, objections_to_answer
from portal.kernel import special_days
from portal.kernel.models import AuditEntry, Notice
from portal.kernel.workdays import add_workdays
from tests.assessment.facts import came, held, revoke, scheme
from tests.queries import assert_same_queries
from tests.world import NOW, TODAY

NEXT, LATER = TODAY + timedelta(days=1), TODAY + timedelta(days=2)
GOOD = Decision("The sheet shows it", Remedy.POINTS, 1)
BAD = Decision("You were not on the sheet")


def count(day):
    for run in night.count_through(day):
        assert run.status == "done", run.error


@pytest.fixture
def lines(world):
    """Two lines of parent 0: one taken back because a teacher took the attendance off, one cut by the day's cap."""
    made = scheme(world, {"code": "lecture", "kinds": ["lecture"], "points": 2, "cap_day": 3})
    PointScheme.objects.update(approve_above=5)
    parent = world.parents[0]
    rows = [came(parent, held(world.schools[0], world.kinds["lecture"], TODAY, title=name)) for name in "AB"]
    Attendance.objects.update(taken_by=world.staff["school_lead:0"])
    count(TODAY)
    revoke(Attendance.objects.get(pk=rows[0].pk))
    count(NEXT)
    return made


def taken_back():
    return PointEntry.objects.get(reverses__isnull=False, points=-2)


def capped():
    return PointEntry.objects.get(cut=1)


@pytest.fixture
def objection(world, lines):
    return file_objection(taken_back(), grounds="I was there", actor=world.parents[0], now=NOW)


# ── Making it ──


def test_the_answer_is_due_after_the_countys_working_days(world, lines):
    special_days.load_year(2026, actor=None, now=NOW)
    lines.scheme.answer_days = 4
    lines.scheme.save()
    before = NOW.replace(month=9, day=30)
    made = file_objection(taken_back(), grounds="I was there", actor=world.parents[0], now=before)
    assert made.due_on == date(2026, 10, 12)
    special_days.SpecialDay.objects.all().delete()
    made.refresh_from_db()
    assert made.due_on == date(2026, 10, 12)
    assert made.path == world.parents[0].path


def test_sent_twice_it_stands_once_and_only_against_an_own_line(world, objection):
    again = file_objection(objection.entry, grounds="I was there", actor=world.parents[0], now=NOW)
    assert again == objection
    assert AuditEntry.objects.filter(action="objection.file").count() == 1
    with pytest.raises(ObjectionRefused):
        file_objection(objection.entry, grounds="Mine too", actor=world.parents[1], now=NOW)
    with pytest.raises(ObjectionRefused):
        file_objection(capped(), grounds="  ", actor=world.parents[0], now=NOW)
    assert Objection.objects.count() == 1


def test_the_parent_withdraws_it_until_it_is_decided(world, objection):
    with pytest.raises(ObjectionRefused):
        withdraw_objection(objection, actor=world.parents[1], now=NOW)
    for _ in range(2):
        withdraw_objection(objection, actor=world.parents[0], now=NOW)
    assert objection.status == ObjectionStatus.WITHDRAWN
    with pytest.raises(ObjectionRefused):
        decide_objection(objection, GOOD, actor=world.staff["station_lead:0"], now=NOW)
    anew = file_objection(objection.entry, grounds="Still", actor=world.parents[0], now=NOW)
    decide_objection(anew, BAD, actor=world.staff["station_lead:0"], now=NOW)
    with pytest.raises(ObjectionRefused):
        withdraw_objection(anew, actor=world.parents[0], now=NOW)
    assert Adjustment.objects.count() == 0


# ── Who decides ──


def test_who_stands_too_near_does_not_decide(world, objection):
    relative = world.staff["county_staff"]
    Guardianship.objects.create(
        guardian=relative, child=world.children[0], relation=Relation.PATERNAL_GRANDMOTHER
    )
    for name, why in (("school_lead:0", Unfit.RECORDED), ("county_staff", Unfit.RELATIVE)):
        with pytest.raises(ObjectionRefused) as refusal:
            decide_objection(objection, BAD, actor=world.staff[name], now=NOW)
        assert refusal.value.code == why
    objection.refresh_from_db()
    assert objection.is_open
    decide_objection(objection, BAD, actor=world.staff["station_lead:0"], now=NOW)
    anew = file_objection(objection.entry, grounds="Look again", actor=world.parents[0], now=NOW)
    with pytest.raises(ObjectionRefused) as refusal:
        decide_objection(anew, GOOD, actor=world.staff["station_lead:0"], now=NOW)
    assert refusal.value.code == Unfit.JUDGED
    decide_objection(anew, GOOD, actor=world.staff["county_admin"], now=NOW)


def test_who_put_a_record_down_does_not_decide_on_its_line(world):
    scheme(world, {"code": "service", "source": "record"})
    lead = world.staff["station_lead:0"]
    Record.objects.create(
        kind=RecordKind.objects.create(code="service", name="Service"),
        person=world.parents[0],
        unit=world.schools[0],
        happened_on=TODAY,
        entered_by=lead,
    )
    count(TODAY)
    made = file_objection(PointEntry.objects.get(), grounds="Not me", actor=world.parents[0], now=NOW)
    with pytest.raises(ObjectionRefused) as refusal:
        decide_objection(made, BAD, actor=lead, now=NOW)
    assert refusal.value.code == Unfit.RECORDED
    assert decide_objection(made, BAD, actor=world.as_("county_staff"), now=NOW).status == "refused"


def test_who_entered_a_spending_does_not_decide_on_its_line(world, lines):
    PointScheme.objects.update(spending="any")
    clerk = world.as_("county_staff")
    spend(world.parents[0], points=1, what="a trip", actor=clerk, now=NOW)
    line = PointEntry.objects.get(source="spending")
    made = file_objection(line, grounds="Not me", actor=world.parents[0], now=NOW)
    with pytest.raises(ObjectionRefused) as refusal:
        decide_objection(made, BAD, actor=clerk, now=NOW)
    assert refusal.value.code == Unfit.RECORDED


def test_who_took_points_by_hand_back_does_not_decide_on_either_line(world, lines):
    adjust(world.parents[0], points=2, reason="x", actor=world.as_("county_staff"), now=NOW)
    chief = world.as_("county_admin")
    given = PointEntry.objects.get(source="adjustment")
    reverse_batch(given.batch, reason="x", actor=chief, now=NOW)
    made = file_objection(given.reversals.get(), grounds="Why?", actor=world.parents[0], now=NOW)
    with pytest.raises(ObjectionRefused) as refusal:
        decide_objection(made, BAD, actor=chief, now=NOW)
    assert refusal.value.code == Unfit.RECORDED


def test_who_corrected_the_record_since_recorded_it_too(world, lines):
    station = world.staff["station_lead:0"]
    restore_attendance(Attendance.objects.get(pk=taken_back().source_id), reason="x", actor=station, now=NOW)
    made = file_objection(taken_back(), grounds="I was there", actor=world.parents[0], now=NOW)
    with pytest.raises(ObjectionRefused) as refusal:
        decide_objection(made, GOOD, actor=station, now=NOW)
    assert refusal.value.code == Unfit.RECORDED


def test_nobody_near_is_fit_and_what_ended_stays_ended():
    involved = Involved(1, frozenset({2}), frozenset({3}), frozenset({4}))
    assert [unfit_because(n, involved) for n in range(1, 6)] == [
        Unfit.OWN,
        Unfit.RECORDED,
        Unfit.RELATIVE,
        Unfit.JUDGED,
        None,
    ]
    assert AFTER[ObjectionStatus.UPHELD] == {ObjectionStatus.OPEN}
    assert {status for status, after in AFTER.items() if not after} == {"refused", "withdrawn"}


# ── What follows ──


def test_row_79_upheld_points_stand_in_a_line_of_their_own_linked_to_the_objection(world, lines):
    made = file_objection(capped(), grounds="Count it", actor=world.parents[0], now=NOW)
    before = set(PointEntry.objects.values_list("key", "points"))
    decide_objection(made, GOOD, actor=world.staff["station_lead:0"], now=NOW)
    made.refresh_from_db()
    fresh = PointEntry.objects.get(source="adjustment")
    assert set(PointEntry.objects.exclude(pk=fresh.pk).values_list("key", "points")) == before
    assert (fresh.points, fresh.happened_on, fresh.note) == (1, TODAY, "The sheet shows it")
    assert (made.status, made.adjustment.about, made.adjustment.pk) == ("upheld", made.entry, fresh.source_id)
    assert Standing.objects.get(person=world.parents[0]).points == 3
    assert AuditEntry.objects.get(action="objection.uphold").summary["points"] == 1


def test_row_79_a_refused_or_withdrawn_objection_changes_no_line_and_no_standing(world, objection):
    def state():
        return [*PointEntry.objects.order_by("pk").values(), *Standing.objects.order_by("pk").values()]

    before = state()
    decide_objection(objection, BAD, actor=world.staff["station_lead:0"], now=NOW)
    other = file_objection(capped(), grounds="Count it", actor=world.parents[0], now=NOW)
    withdraw_objection(other, actor=world.parents[0], now=NOW)
    count(LATER)
    assert state() == before
    assert "You were not on the sheet" in [step.more for step in history(objection)]


@pytest.mark.parametrize(("decision", "kind"), [(GOOD, "objection_upheld"), (BAD, "objection_refused")])
def test_the_parent_is_told_of_the_answer_and_led_to_it(world, lines, decision, kind):
    made = file_objection(capped(), grounds="Count it", actor=world.parents[0], now=NOW)
    decide_objection(made, decision, actor=world.staff["station_lead:0"], now=NOW)
    told = Notice.objects.get(kind__startswith="assessment.objection")
    assert (told.person, told.kind) == (world.parents[0], f"assessment.{kind}")
    assert (told.route, told.key) == ("objection", str(made.pk))


@pytest.fixture
def waiting(world, lines):
    """Upheld by points above the limit, which a second person has to approve."""
    PointScheme.objects.update(approve_above=0)
    made = file_objection(capped(), grounds="Count it", actor=world.parents[0], now=NOW)
    return decide_objection(made, GOOD, actor=world.staff["station_lead:0"], now=NOW)


def told(world):
    kinds = Notice.objects.filter(person=world.parents[0]).order_by("pk").values_list("kind", flat=True)
    return [kind.removeprefix("assessment.objection_") for kind in kinds]


def test_above_the_limit_a_second_person_is_waited_for(world, waiting):
    assert not PointEntry.objects.filter(source="adjustment").exists()
    assert (waiting.adjustment.status, waiting.waits, told(world)) == ("pending", True, ["waits"])
    assert len(history(waiting)) == 3
    again = file_objection(waiting.entry, grounds="Now", actor=world.parents[0], now=NOW)
    assert again == waiting
    approve_adjustment(waiting.adjustment, actor=world.as_("county_admin"), now=NOW)
    waiting.refresh_from_db()
    assert (waiting.waits, waiting.status, told(world)) == (False, "upheld", ["waits", "upheld"])


def test_who_stands_too_near_is_no_second_person(world, waiting):
    teacher = world.staff["school_lead:0"]
    with pytest.raises(AdjustmentRefused) as refused:
        approve_adjustment(waiting.adjustment, actor=teacher, now=NOW)
    assert refused.value.code == "recorded"
    assert not PointEntry.objects.filter(source="adjustment").exists()


def test_not_approved_it_is_open_again_with_its_days_and_what_was_said(world, waiting):
    special_days.load_year(2026, actor=None, now=NOW)
    later = NOW + timedelta(days=5)
    county, station = world.as_("county_admin"), world.staff["station_lead:0"]
    refuse_adjustment(waiting.adjustment, reason="She gave no talk", actor=county, now=later)
    waiting.refresh_from_db()
    assert (waiting.is_open, waiting.adjustment, waiting.answer) == (True, None, "")
    assert waiting.due_on == add_workdays(TODAY + timedelta(days=5), 10, special_days.exceptions())
    assert told(world) == ["waits", "reopened"]
    assert AuditEntry.objects.get(action="objection.reopen").actor == county
    steps = history(waiting, for_office=True)
    assert [step.more for step in steps] == ["Count it", "The sheet shows it", "She gave no talk"]
    assert "She gave no talk" not in [step.more for step in history(waiting)]
    decide_objection(waiting, GOOD, actor=station, now=later)
    assert (waiting.waits, Adjustment.objects.count(), len(history(waiting))) == (True, 2, 5)
    refuse_adjustment(waiting.adjustment, reason="Still not", actor=county, now=later)
    waiting.refresh_from_db()
    decide_objection(waiting, BAD, actor=station, now=later)
    assert told(world)[-1] == "refused"
    assert Standing.objects.get(person=world.parents[0]).points == 2


def test_the_station_and_the_parent_read_how_it_stands_at_every_moment(world, waiting, office, settings):
    settings.LANGUAGE_CODE = "en"
    listed, own = reverse("admin:assessment_objection_changelist"), reverse("objection", args=[waiting.pk])
    again = reverse("object", args=[waiting.entry_id])
    assert office(world.parents[0]).get(own).context["amends"] is None
    for who, address in ((world.as_("station_lead:0"), listed), (world.parents[0], own)):
        assert "upheld, waits for a second person" in office(who).get(address).text
    file_objection(taken_back(), grounds="I was there", actor=world.parents[0], now=NOW)
    assert date_format(TODAY) in str(waiting)
    only = office(world.as_("station_lead:0")).get(listed, {"stand": "waits"})
    assert list(only.context["cl"].result_list) == [waiting]
    points = office(world.parents[0]).get("/points/").text
    assert "waits for a second person" in points
    assert again not in points
    assert again not in office(world.parents[0]).get(own).text
    refuse_adjustment(waiting.adjustment, reason="Secret", actor=world.as_("county_admin"), now=NOW)
    page = office(world.parents[0]).get(own).text
    assert "waiting for an answer" in page
    assert "Secret" not in page
    decide = reverse("admin:assessment_objection_change", args=[waiting.pk])
    page = office(world.as_("station_lead:0")).get(decide)
    assert "Secret" in page.text
    assert page.context["form"] is not None
    page = office(world.as_("station_lead:0")).post(
        decide, {"outcome": "points", "points": "2", "answer": "Look again"}, follow=True
    )
    assert "wait for a second person" in page.text
    refuse_adjustment(Adjustment.objects.latest("pk"), reason="No", actor=world.as_("county_admin"), now=NOW)
    office(world.as_("station_lead:0")).post(decide, {"outcome": "refuse", "answer": "Not so"})
    assert again in office(world.parents[0]).get(own).text


def test_the_record_is_corrected_by_its_own_service_and_the_night_posts(world, objection):
    right = Decision("You are on the sheet", Remedy.RECORD)
    decide_objection(objection, right, actor=world.staff["station_lead:0"], now=NOW)
    attendance = Attendance.objects.get(pk=objection.entry.source_id)
    assert (attendance.revoked_at, attendance.correction_reason) == (None, "You are on the sheet")
    assert AuditEntry.objects.filter(action="attendance.restore").count() == 1
    count(LATER)
    assert Standing.objects.get(person=world.parents[0]).points == 3


def test_a_correction_that_its_service_refuses_leaves_the_objection_open(world, objection):
    Event.objects.update(status="cancelled")
    with pytest.raises(EventCancelled):
        decide_objection(
            objection, Decision("Yes", Remedy.RECORD), actor=world.staff["station_lead:0"], now=NOW
        )
    objection.refresh_from_db()
    assert objection.is_open


def test_a_decision_is_made_once_and_the_database_knows_what_belongs_together(world, objection):
    stale = Objection.objects.get(pk=objection.pk)
    decide_objection(objection, BAD, actor=world.staff["station_lead:0"], now=NOW)
    with pytest.raises(ObjectionRefused):
        decide_objection(stale, GOOD, actor=world.staff["county_admin"], now=NOW)
    decided = Objection.objects.filter(pk=objection.pk)
    for wrong in (
        {"status": "open"},
        {"answer": ""},
        {"decided_by": None},
        {"status": "upheld"},
        {"decided_by": objection.person},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            decided.update(**wrong)


# ── The lists ──


@pytest.fixture
def three(world, objection):
    """One late, one with time left, one decided."""
    late = file_objection(capped(), grounds="Late", actor=world.parents[0], now=NOW)
    Objection.objects.filter(pk=late.pk).update(due_on=TODAY - timedelta(days=1))
    other = PointEntry.objects.filter(reverses=None).exclude(pk__in=[late.entry_id]).order_by("pk").first()
    decided = file_objection(other, grounds="Decided", actor=world.parents[0], now=NOW)
    decide_objection(decided, BAD, actor=world.staff["county_admin"], now=NOW)
    return [late, objection, decided]


def test_overdue_ones_come_first_in_the_list_and_on_the_start_page(world, three, office):
    listed = office(world.as_("county_admin")).get(reverse("admin:assessment_objection_changelist"))
    assert list(listed.context["cl"].result_list) == three
    rows = listed.text.partition('id="result_list"')[2].split("<tr>")[2:]
    dues = {date_format(each.due_on) for each in Objection.objects.all()}
    assert [sum(due in row for due in dues) for row in rows] == [1, 1, 0], "nothing is owed once decided"
    for name in ("station_lead:0", "county_admin"):
        tags = [
            (todo.tone, todo.url.partition("?")[2]) for todo in objections_to_answer(world.as_(name), now=NOW)
        ]
        assert tags == [("bad", "stand=overdue"), ("warn", "stand=open")]
    for name in ("school_lead:0", "school_lead:1", "inspector", "class_teacher:0"):
        assert objections_to_answer(world.as_(name), now=NOW) == []


def test_nobody_is_sent_to_an_objection_that_another_has_to_decide(
    world, three, django_assert_max_num_queries
):
    """The school's lead took the roll, but not the one of a visit that somebody else recorded."""
    lead = world.as_("school_lead:0")
    assert objections_to_answer(lead, now=NOW) == []
    Attendance.objects.filter(pk=three[0].entry.source_id).update(taken_by=world.staff["class_teacher:0"])
    with django_assert_max_num_queries(6):
        assert [todo.words[0] for todo in objections_to_answer(lead, now=NOW)] == ["1"]


def test_points_that_wait_for_a_second_person_wait_for_all_but_the_asker(world, lines):
    PointScheme.objects.update(approve_above=0)
    adjust(world.parents[0], points=3, reason="x", actor=world.as_("county_staff"), now=NOW)

    def waiting(name):
        return [todo.url.partition("?")[2] for todo in adjustments_to_approve(world.as_(name))]

    assert waiting("county_admin") == ["status__exact=pending"]
    for name in ("county_staff", "station_lead:0", "school_lead:0"):
        assert waiting(name) == []


@pytest.fixture
def office(client, settings, time_machine):
    time_machine.move_to(NOW, tick=False)
    settings.STAFF_SECOND_FACTOR = False

    def sign_in(person):
        client.force_login(person, backend="accounts.backends.RoleBackend")
        return client

    return sign_in


def test_a_lead_decides_in_the_office_and_what_was_typed_stays(world, objection, office):
    station = office(world.as_("station_lead:0"))
    address = reverse("admin:assessment_objection_change", args=[objection.pk])
    page = station.post(address, {"outcome": "points", "points": "", "answer": "Because of this"})
    assert page.context["form"].errors.keys() == {"points"}
    assert "Because of this" in page.text
    page = station.post(address, {"outcome": "refuse", "points": "3", "answer": "Because of this"})
    assert page.context["form"].errors.keys() == {"points"}, "not dropped without a word"
    page = station.post(address, {"outcome": "points", "points": "2", "answer": "Because of this"})
    assert page.status_code == 302
    objection.refresh_from_db()
    assert (objection.status, objection.decided_by) == ("upheld", world.staff["station_lead:0"])
    page = station.get(address)
    assert page.context["form"] is None
    fresh = PointEntry.objects.get(source="adjustment")
    assert [line.entry for _heading, line in page.context["lines"]] == [objection.entry, fresh]
    assert reverse("admin:assessment_pointentry_change", args=[fresh.pk]) in page.text
    assert station.post(address, {"outcome": "refuse", "answer": "Changed my mind"}).status_code == 200
    objection.refresh_from_db()
    assert (objection.status, objection.answer) == ("upheld", "Because of this")
    assert (
        office(world.parents[0]).get(reverse("objection", args=[objection.pk])).context["amends"].points == 2
    )


def test_whoever_recorded_it_reads_why_not_to_decide(world, objection, office):
    lead = office(world.as_("school_lead:0"))
    page = lead.get(reverse("admin:assessment_objection_change", args=[objection.pk]))
    assert page.context["unfit"]
    assert 'name="answer"' not in page.text


def test_a_correction_is_offered_only_to_whom_the_record_is_open(world, objection, office):
    page = office(world.as_("station_lead:0")).get(
        reverse("admin:assessment_objection_change", args=[objection.pk])
    )
    assert Remedy.RECORD in dict(page.context["form"].fields["outcome"].choices)
    far = held(world.schools[1], world.kinds["lecture"], TODAY)
    Attendance.objects.filter(pk=objection.entry.source_id).update(event=far)
    page = office(world.as_("station_lead:0")).get(
        reverse("admin:assessment_objection_change", args=[objection.pk])
    )
    assert Remedy.RECORD not in dict(page.context["form"].fields["outcome"].choices)


def test_the_list_asks_no_more_for_more_rows(world, objection, office):
    county = office(world.as_("county_admin"))
    address = reverse("admin:assessment_objection_changelist")

    def more():
        for entry in PointEntry.objects.exclude(pk=objection.entry_id).order_by("pk")[:2]:
            file_objection(entry, grounds="More", actor=world.parents[0], now=NOW)

    assert_same_queries(lambda: county.get(address), more, at_most=12)


def test_a_parent_objects_in_two_taps_without_script_and_follows_it(world, lines, office):
    parent = office(world.parents[0])
    line = taken_back()
    assert reverse("object", args=[line.pk]) in parent.get("/points/").text
    page = parent.get(reverse("object", args=[line.pk]))
    assert "<script" not in page.text
    refused = parent.post(reverse("object", args=[line.pk]), {"grounds": "x" * 301})
    assert "x" * 301 in refused.text
    done = parent.post(reverse("object", args=[line.pk]), {"grounds": "I was there"}, follow=True)
    made = Objection.objects.get()
    assert done.request["PATH_INFO"] == reverse("objection", args=[made.pk])
    assert reverse("objection", args=[made.pk]) in parent.get("/points/").text
    assert parent.get(reverse("object", args=[line.pk])).status_code == 302
    listed = parent.get(reverse("objections")).text
    assert "I was there" in listed
    assert "“A”" in listed or "《A》" in listed, "the line that it is about"
    assert office(world.parents[1]).get(reverse("objection", args=[made.pk])).status_code == 404
    assert office(world.parents[1]).get(reverse("object", args=[line.pk])).status_code == 404
    office(world.parents[0]).post(reverse("objection_withdraw", args=[made.pk]))
    made.refresh_from_db()
    assert made.status == "withdrawn"
    assert f"{date_format(TODAY)}撤回" in parent.get(reverse("objections")).text
