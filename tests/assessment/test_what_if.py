"""What a draft would change: counted, written nowhere, published as it was tried, posted byte for byte, taken back."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from django.apps import apps
from django.urls import reverse
from hypothesis import given, settings

from assessment import ledger
from assessment.engine import trial as engine
from assessment.engine.verify import verify_ledger
from assessment.models import (
    Batch,
    PointEntry,
    PointScheme,
    RuleTrial,
    SchemeVersion,
    Standing,
    TrialCrossing,
)
from assessment.queries.entries import LINES
from assessment.rules import RuleBook
from assessment.services import night, reversal, what_if
from assessment.services.schemes import SchemeRefused, copy_as_draft
from events.models import Attendance
from portal.kernel.models import Job
from tests.assessment import strategies
from tests.assessment.book import Book
from tests.assessment.facts import came, held, revoke, scheme
from tests.assessment.facts import ledger as posted_lines
from tests.queries import assert_same_queries
from tests.world import NOW, TODAY, person

START = TODAY - timedelta(days=2)
NEXT = TODAY + timedelta(days=1)


def count(day):
    for run in night.count_through(day):
        assert run.status == "done", run.error


def digests(*but):
    """SHA-256 of every table of ours."""
    found = {}
    for label in ("kernel", "accounts", "parentschool", "training", "events", "assessment"):
        for model in apps.get_app_config(label).get_models():
            if model not in but:
                rows = repr(sorted(model._base_manager.values_list(), key=repr))
                found[model._meta.label] = hashlib.sha256(rows.encode()).hexdigest()
    return found


def attend(world, who, day, title="Talk"):
    return came(who, held(world.schools[0], world.kinds["lecture"], day, title=f"{title} of {who}"))


@pytest.fixture
def draft(world):
    """Six parents came three times in a day and have three points each; a draft allows two a day."""
    first = scheme(
        world, {"code": "lecture"}, begins=START, stars=({"level": 1, "threshold": 3, "name": "One star"},)
    )
    more = [person(f"More {n}", home=world.schools[0]) for n in range(5)]
    for who in (world.parents[0], *more):
        for title in "ABC":
            attend(world, who, TODAY, title)
    attend(world, world.parents[1], TODAY)
    count(TODAY)
    made = copy_as_draft(first, effective_from=TODAY, actor=None, now=NOW)
    made.rules.update(cap_day=2)
    return made


def tried(draft, **how):
    return what_if.try_version(draft, **{"effective_from": TODAY, "actor": None, "now": NOW, **how})


def published(draft, world):
    made = tried(draft)
    what_if.publish_tried(made, reason="Two are enough", actor=world.staff["county_admin"], now=NOW)
    return made


def test_a_trial_writes_nothing_but_itself(world, draft):
    but = (RuleTrial, TrialCrossing, apps.get_model("kernel", "AuditEntry"))
    before = digests(*but)
    tried(draft)
    assert digests(*but) == before
    assert RuleTrial.objects.count() == 1


def test_it_says_who_crosses_a_star_and_hides_small_cells(world, draft):
    result = tried(draft).result
    assert (result["posted"], result["reversed"], result["people"]) == (6, 6, 6)
    assert (result["given"], result["taken"], result["pending"]) == (0, 6, 0)
    assert result["crossings"] == {"up": 0, "down": None} or result["crossings"]["down"] == 6
    assert [row[0] for row in result["stars"]][1:] == ["One star"]
    for rows in (result["stars"], result["points"]):
        for _name, *cells in rows:
            assert not any(cell is not None and 0 < cell < 5 for cell in cells)
    assert result["units"] == [{"name": "School 0", "people": 6, "net": -6}]
    crossed = TrialCrossing.objects.order_by("person_id")
    assert {(c.star_before, c.star_after, c.points_before, c.points_after) for c in crossed} == {(1, 0, 3, 2)}
    assert crossed.count() == 6
    draft.stars.all().delete()
    assert tried(draft).result["stars"][1][0] == "One star（新版本没有）"


def test_the_next_night_posts_exactly_the_trial(world, draft):
    made = published(draft, world)
    assert what_if.posted_of(made).waiting == len(made.shards)
    count(NEXT)
    assert what_if.posted_of(made) == what_if.Posted(same=len(made.shards), other=0, waiting=0)
    path = world.stations[0].path
    assert what_if.posted_digest(made, path) == made.shards[path] != ""
    batch = Batch.objects.get(version=draft, kind="rules")
    assert (batch.lines, batch.points) == (12, -6)
    posted = PointEntry.objects.filter(batch=batch)
    assert {entry.reason for entry in posted} == {"rule_change"}
    assert list(verify_ledger()) == []
    assert Standing.objects.get(person=world.parents[0]).points == 2


def test_new_records_do_not_spoil_it_but_those_it_touches_are_said(world, draft):
    made = tried(draft)
    assert not what_if.has_moved(made)
    late = attend(world, world.parents[1], START)
    assert what_if.has_moved(made)
    what_if.publish_tried(made, reason="Two", actor=world.staff["county_admin"], now=NOW)
    attend(world, world.parents[1], NEXT)
    count(NEXT)
    assert what_if.posted_of(made).other == 0
    assert PointEntry.objects.get(source_id=late.pk).batch.kind == "night"

    later = copy_as_draft(draft, effective_from=NEXT, actor=None, now=NOW)
    later.rules.update(cap_day=0)
    again = tried(later, effective_from=NEXT)
    attend(world, world.parents[1], NEXT, "Another")
    what_if.publish_tried(again, reason="None", actor=world.staff["county_admin"], now=NOW)
    count(NEXT + timedelta(days=1))
    assert what_if.posted_of(again).other == 1


def test_what_was_not_tried_is_not_published(world, draft):
    made = tried(draft)
    with pytest.raises(SchemeRefused):
        what_if.publish_tried(made, reason=" ", actor=world.staff["county_admin"], now=NOW)
    draft.rules.update(cap_day=1)
    assert not what_if.fits(made)
    with pytest.raises(SchemeRefused):
        what_if.publish_tried(made, reason="x", actor=world.staff["county_admin"], now=NOW)
    draft.refresh_from_db()
    assert draft.status == "draft"
    draft.rules.update(cap_day=2)
    what_if.publish_tried(made, reason="x", actor=world.staff["county_admin"], now=NOW)
    assert not what_if.fits(made)


def test_the_day_tried_is_the_day_published(world, draft):
    made = tried(draft, effective_from=START + timedelta(days=1))
    what_if.publish_tried(made, reason="Earlier", actor=world.staff["county_admin"], now=NOW)
    draft.refresh_from_db()
    assert (draft.effective_from, draft.reason) == (START + timedelta(days=1), "Earlier")
    count(NEXT)
    assert what_if.posted_of(made).same == len(made.shards)


def test_the_first_rules_of_a_county_are_tried_as_well(world):
    only = scheme(world, {"code": "lecture"}, begins=START)
    SchemeVersion.objects.update(status="draft")
    attend(world, world.parents[0], TODAY)
    made = tried(only, effective_from=START)
    assert (made.result["posted"], made.result["people"], made.result["given"]) == (1, None, None)
    what_if.publish_tried(made, reason="The first", actor=world.staff["county_admin"], now=NOW)
    count(TODAY)
    assert what_if.posted_of(made).same == len(made.shards)


def test_a_published_change_is_withdrawn_and_its_batch_taken_back(world, draft):
    published(draft, world)
    count(NEXT)
    batch = Batch.objects.get(version=draft, kind="rules")
    reversal.reverse_batch(batch, reason="Complaints", actor=world.staff["county_admin"], now=NOW)
    draft.refresh_from_db()
    assert draft.status == "withdrawn"
    assert {s.points for s in Standing.objects.exclude(person=world.parents[1])} == {3}
    before = PointEntry.objects.count()
    count(NEXT + timedelta(days=1))
    assert PointEntry.objects.count() == before
    assert list(verify_ledger()) == []


def test_a_trial_after_another_finds_the_same_and_a_revoked_record_another(world, draft):
    first, second = tried(draft), tried(draft)
    assert (first.lines, first.facts, first.rules) == (second.lines, second.facts, second.rules)
    revoke(Attendance.objects.filter(person=world.parents[0]).order_by("pk")[0])
    third = tried(draft)
    assert (third.lines, third.facts) != (first.lines, first.facts)


def test_what_the_rules_in_force_owe_is_counted_first(world, draft):
    """Of whom there is a note the night owes something; of all others it has counted all."""
    revoke(Attendance.objects.filter(person=world.parents[0]).order_by("pk")[0])
    attend(world, world.parents[1], TODAY, "B")
    result = tried(draft).result
    assert (result["pending"], result["people"], result["taken"]) == (2, 5, 5)
    published(draft, world)
    count(TODAY)
    assert what_if.posted_of(RuleTrial.objects.latest("pk")).other == 0


def renumbered(book):
    """The same rules under ids of their own, as rows of another version have them."""
    return RuleBook(
        tuple(
            replace(
                version,
                id=version.id + 1000,
                rules=tuple(replace(rule, id=rule.id + 1000) for rule in version.rules),
            )
            for version in book.versions
        )
    )


@settings(max_examples=40, deadline=None)
@given(strategies.facts(), strategies.books(), strategies.books())
def test_trial_lines_are_what_the_ledger_gets_when_rules_change(facts, old, new):
    """Posting by the old rules and then by both is the same as settling first and posting the trial."""
    book = Book()
    day = max((fact.on for fact in facts), default=TODAY) + timedelta(days=400)
    book.night(facts, old, day)
    both = renumbered(new)
    book.codes |= {rule.id: rule.code for version in both.versions for rule in version.rules}
    frame = strategies.frame(facts)
    people = frame.select("person_id").unique()
    outcome, same = (
        engine.try_rules(
            engine.Side(old, frame),
            engine.Side(both, frame),
            book.lines.select(list(LINES)),
            people,
            day,
            codes=book.codes,
            loose_units=frozenset(),
            lines_of=ledger.lines_of,
            doubtful=doubtful,
        )
        for doubtful in (None, people["person_id"].clear())
    )
    assert outcome.pending == same.pending == 0
    assert outcome.digest == same.digest
    assert outcome.people.sort("person_id").equals(same.people.sort("person_id"))
    difference = book.night(facts, both, day)
    assert outcome.digest == engine.digest_of(ledger.lines_of(difference, day))


# ── The pages ──


@pytest.fixture
def office(client, settings, time_machine):
    time_machine.move_to(NOW, tick=False)
    settings.STAFF_SECOND_FACTOR = False

    def sign_in(person):
        client.force_login(person, backend="accounts.backends.RoleBackend")
        return client

    return sign_in


def test_in_the_office_a_draft_is_tried_looked_at_and_published(
    world, draft, office, django_capture_on_commit_callbacks
):
    admin = office(world.as_("county_admin"))
    publish = reverse("admin:assessment_schemeversion_publish", args=[draft.pk])
    try_it = reverse("admin:assessment_schemeversion_try", args=[draft.pk])
    assert admin.get(publish)["Location"] == try_it
    early = admin.post(try_it, {"effective_from": START})
    assert early.context["form"].errors
    with django_capture_on_commit_callbacks(execute=True):
        admin.post(try_it, {"effective_from": TODAY})
    job = Job.objects.get(kind="rule_trial")
    assert (job.status, job.done, job.total) == ("done", 4, 4), job.error
    made = RuleTrial.objects.get()
    page = reverse("admin:assessment_schemeversion_trial", args=[made.pk])
    assert page in admin.get(reverse("job", args=[job.pk])).text
    assert admin.get(publish)["Location"] == page
    assert "More 0" in admin.get(page).text
    assert "<td>One star → 尚无星级</td>" in admin.get(page).text
    refused = admin.post(page, {"reason": "Two are enough"})
    assert refused.context["form"].errors.keys() == {"seen"}
    assert "Two are enough" in refused.text
    admin.post(page, {"reason": "Two are enough", "seen": "on"})
    draft.refresh_from_db()
    assert (draft.status, draft.reason, draft.published_by) == (
        "published",
        "Two are enough",
        world.staff["county_admin"],
    )
    version = admin.get(reverse("admin:assessment_schemeversion_change", args=[draft.pk]))
    assert version.context["posted"].waiting == 4
    assert reverse("admin:assessment_schemeversion_withdraw", args=[draft.pk]) in version.text
    count(NEXT)
    version = admin.get(reverse("admin:assessment_schemeversion_change", args=[draft.pk]))
    assert version.context["posted"].same == 4
    assert reverse("admin:assessment_batch_reverse", args=[version.context["posting"].pk]) in version.text


def test_a_version_that_no_night_has_reached_is_withdrawn_from_its_page(
    world, draft, office, django_capture_on_commit_callbacks
):
    published(draft, world)
    before = posted_lines()
    admin = office(world.as_("county_admin"))
    page = reverse("admin:assessment_schemeversion_withdraw", args=[draft.pk])
    assert admin.post(page, {"reason": " "}).context["form"].errors
    with django_capture_on_commit_callbacks(execute=True):
        admin.post(page, {"reason": "家长意见较多"})
    draft.refresh_from_db()
    assert draft.status == "withdrawn", Job.objects.get().error
    told = admin.get(reverse("admin:assessment_schemeversion_change", args=[draft.pk])).text
    assert f"{world.staff['county_admin']}于 " in told
    assert "家长意见较多" in told
    assert page not in told
    assert admin.get(page).context["refusal"]
    count(NEXT)
    assert posted_lines() == before


def test_a_trial_says_which_points_count_and_where_that_is_new(world, draft, office):
    admin = office(world.as_("county_admin"))
    address = reverse("admin:assessment_schemeversion_trial", args=[tried(draft).pk])
    version = reverse("admin:assessment_schemeversion_change", args=[draft.pk])
    words = "计入星级的积分：历年全部积分。"
    SchemeVersion.objects.update(counting="ever")
    assert words in admin.get(address).text
    assert "所有人的总分和星级" not in admin.get(address).text
    SchemeVersion.objects.filter(pk=draft.pk).update(counting="school_year", cap_day=2)
    page = admin.get(address).text
    assert words not in page
    assert "现按“历年全部积分”评星，这一版改为按“本学年积分”评星，所有人的总分和星级都可能因此改变。" in page
    page = admin.get(version).text
    assert "计入星级的积分：本学年积分，每学年重新累计。" in page
    assert "全部规则合计每天最多 2 分。" in page


def test_rules_for_days_that_are_not_counted_yet_are_said_to_show_nothing(world, draft, office):
    admin = office(world.as_("county_admin"))
    earlier = reverse("admin:assessment_schemeversion_try", args=[draft.pk])
    for day, is_ahead in ((TODAY, False), (NEXT, True)):
        page = admin.get(
            reverse("admin:assessment_schemeversion_trial", args=[tried(draft, effective_from=day).pk])
        )
        assert ("现在还看不出变化" in page.text, f'href="{earlier}">选一个较早' in page.text) == (
            is_ahead,
            is_ahead,
        )


def test_who_is_not_shown_need_not_be_looked_at(world, draft, office):
    made = tried(draft)
    address = reverse("admin:assessment_schemeversion_trial", args=[made.pk])
    admin = office(world.as_("county_admin"))
    assert "涉及哪些人" in admin.get(address).text
    TrialCrossing.objects.all().delete()
    made.result["units"] = [{"name": "School 0", "people": None, "net": None}]
    made.save()
    page = admin.get(address).text
    assert "我已看过会有哪些变化。" in page
    assert "“不显示”：涉及的不到 5 人" in page


def test_others_than_the_county_administrator_neither_try_nor_publish(world, draft, office):
    made = tried(draft)
    for name in ("county_staff", "station_lead:0", "inspector"):
        staff = office(world.as_(name))
        for address in (
            reverse("admin:assessment_schemeversion_try", args=[draft.pk]),
            reverse("admin:assessment_schemeversion_trial", args=[made.pk]),
        ):
            assert staff.post(address, {"reason": "x", "seen": "on"}).status_code == 404
    assert SchemeVersion.objects.get(pk=draft.pk).status == "draft"
    assert PointScheme.objects.count() == 1


def test_the_page_of_a_trial_asks_no_more_for_more_people(world, draft, office):
    made = tried(draft)
    admin = office(world.as_("county_admin"))
    keep = TrialCrossing.objects.order_by("pk").first()
    rest = list(TrialCrossing.objects.exclude(pk=keep.pk))
    TrialCrossing.objects.exclude(pk=keep.pk).delete()
    address = reverse("admin:assessment_schemeversion_trial", args=[made.pk])
    assert_same_queries(
        lambda: admin.get(address), lambda: TrialCrossing.objects.bulk_create(rest), at_most=45
    )


def test_the_page_of_a_withdrawal_asks_no_more_for_more_rules(world, draft, office):
    published(draft, world)
    admin = office(world.as_("county_admin"))
    address = reverse("admin:assessment_schemeversion_withdraw", args=[draft.pk])

    def more() -> None:
        for number in range(3):
            draft.rules.create(code=f"more-{number}", name=f"More {number}", source="attendance", points=1)

    assert_same_queries(lambda: admin.get(address), more, at_most=30)
