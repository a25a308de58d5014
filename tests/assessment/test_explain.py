"""Every line explains itself, and the lines shown sum to the total: rows 79 and R-7 of the bar."""

from __future__ import annotations

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.urls import reverse
from django.utils import translation

from accounts.models import Person
from accounts.regions import reader
from accounts.services.set_up import set_up_county
from assessment.models import PointEntry, PointScheme, Standing
from assessment.queries import explain, own
from assessment.services import night
from assessment.services.objections import Decision, decide_objection, file_objection
from assessment.services.reversal import reverse_batch
from assessment.services.schemes import load_scheme, read_ready_scheme
from assessment.sources import Told
from tests.assessment.facts import came, held, met, revoke, scheme
from tests.queries import assert_same_queries
from tests.world import NOW, TODAY
from tests.world import person as register


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def night_of(world, day=TODAY):
    for run in night.count_through(day):
        assert run.status == "done", run.error


@pytest.fixture
def lines(world):
    """Two lectures on one day under a cap, one taken off again, and a visit."""
    made = scheme(
        world,
        {"code": "lecture", "name": "Come to a lecture", "kinds": ["lecture"], "points": 2, "cap_day": 3,
         "source_item": "item 4"},
        {"code": "visit", "name": "Home visit", "source": "home_visit", "points": 1},
        stars=({"level": 1, "threshold": 2}, {"level": 2, "threshold": 50}),
    )  # fmt: skip
    made.scheme.source = "The county's handbook"
    made.scheme.save()
    parent, teacher = world.parents[0], world.staff["class_teacher:0"]
    rows = [came(parent, held(world.schools[0], world.kinds["lecture"], TODAY, title=name)) for name in "AB"]
    rows[0].taken_by = teacher
    rows[0].save()
    gone = came(parent, held(world.schools[0], world.kinds["lecture"], TODAY - timedelta(days=1)))
    met(parent, world.children[0], TODAY, teacher)
    night_of(world)
    revoke(gone)
    night_of(world, TODAY + timedelta(days=1))
    return made


def reasons(line):
    return {reason.label: reason.words for reason in line.why}


def shown_to(person):
    standing = own.own_standing(person)
    return standing, own.lines_of(person, standing)


def test_sources_are_joined_as_one_sentence(world, lines):
    lines.scheme.source = "县里的办法。"
    lines.scheme.save()
    with translation.override("zh-hans"):
        said = {reasons(line).get("依据") for line in shown_to(world.parents[0])[1]}
    assert "县里的办法，item 4" in said


def test_each_line_leads_to_the_document_where_it_can_be_read(world, lines, office, client):
    lines.scheme.source_url = "https://county.example/points"
    lines.scheme.save()
    link = 'href="https://county.example/points"'
    entry = PointEntry.objects.earliest("pk")
    lead = office(world, "county_admin")
    for address in (
        reverse("admin:assessment_pointentry_change", args=[entry.pk]),
        reverse("admin:assessment_pointentry_person", args=[world.parents[0].pk]),
    ):
        assert link in lead.get(address).text, address
    client.force_login(world.parents[0], backend="accounts.backends.RoleBackend")
    for address in (reverse("points"), reverse("object", args=[entry.pk])):
        assert link in client.get(address).text, address
    lines.scheme.source_url = "javascript:alert(1)"
    with pytest.raises(ValidationError):
        lines.scheme.full_clean()


def test_a_line_says_rule_version_source_sum_recorder_and_what_undid_it(world, lines):
    standing, shown = shown_to(world.parents[0])
    told = {(line.words, line.points): reasons(line) for line in shown}
    first = told["Came to 讲座 “A”", 2]
    assert first["Rule"].startswith("Come to a lecture")
    assert "version 1" in first["Version"]
    assert first["Source"] == "The county's handbook, item 4"
    assert first["Recorded"].endswith("by class_teacher:0")
    assert "earned" not in first["Entered"], "it goes without saying"
    cut = told["Came to 讲座 “B”", 1]
    assert cut["Counted"] == "2 points, 1 point less because of “limit of the day”, leaves 1"
    assert cut["Recorded"].endswith("by oneself")
    assert "Taken back" in told["Came to 讲座 “Talk”", 2]
    assert "Takes back" in told["Taken back: Came to 讲座 “Talk”", -2]
    assert "a record was corrected" in told["Taken back: Came to 讲座 “Talk”", -2]["Entered"]
    assert standing.points == shown[0].running == sum(line.points for line in shown) == 4


def test_a_record_says_once_who_put_it_down():
    told = Told("Helped", "School", TODAY, "entered by Ma", by=None)
    assert explain.recorded(told).endswith("entered by Ma")


def test_a_line_by_hand_says_who_decided_it_and_one_that_was_taken_back_says_why(world, lines):
    county, parent = world.as_("county_admin"), world.parents[0]
    cut = PointEntry.objects.get(cut=1)
    objection = file_objection(cut, grounds="Count it", actor=parent, now=NOW)
    PointScheme.objects.update(approve_above=1)
    decide_objection(objection, Decision("Yes", "points", 1), actor=county, now=NOW)
    line = explain.explained(PointEntry.objects.filter(source="adjustment"))[0]
    assert line.from_objection == objection
    assert line.note == "Yes", "its name says already that it is by hand"
    assert reasons(line)["Decided by"] == "county_admin"
    assert reasons(line)["Objection"].startswith("makes good the objection of")
    reverse_batch(line.entry.batch, reason="Families complained", actor=county, now=NOW)
    back = explain.explained(PointEntry.objects.filter(reverses=line.entry))[0]
    assert reasons(back)["Part of"] == "a posting by hand was taken back: Families complained"


def test_row_79_every_line_of_the_ledger_is_explained(world, lines):
    shown = explain.explained(PointEntry.objects.order_by("pk"))
    assert len(shown) == PointEntry.objects.count() == 5
    for line in shown:
        said = reasons(line)
        assert {"Rule", "Version", "Source", "Recorded", "Entered"} <= said.keys(), line.entry.key
        assert said.keys() & {"Counted", "Takes back"}, line.entry.key
        assert all(said.values()), line.entry.key


def test_what_is_shown_sums_to_the_total_for_everybody_in_a_demo_county(db, time_machine):
    """A whole county of demo people: each person's lines sum to the points that count, and each is explained."""
    time_machine.move_to(NOW, tick=False)
    listed = reader.county("640221")
    county = set_up_county(listed, opened_on=date(2025, 9, 1), actor=None, now=NOW).county
    call_command("seed_demo", scale=0.002, today=TODAY, stdout=StringIO())
    load_scheme(
        read_ready_scheme("daowen"), county=county, effective_from=date(2025, 9, 1), actor=None, now=NOW
    )
    for run in night.count_through(TODAY):
        assert run.status == "done", run.error
    people = Person.objects.filter(pk__in=Standing.objects.values("person")).order_by("pk")
    assert people.count() > 20
    for person in people:
        standing, shown = shown_to(person)
        assert sum(line.points for line in shown) == standing.points
        assert (shown[0].running if shown else 0) == standing.points
        assert all(line.why for line in shown)


def test_points_that_expired_or_were_spent_are_not_among_the_lines_that_count(world):
    scheme(
        world,
        {"code": "lecture", "kinds": ["lecture"], "validity": "months", "valid_months": 1},
        {"code": "salon", "kinds": ["salon"]},
        {"code": "prize", "kinds": ["training"], "effect": "spend", "points": 1},
    )
    parent = world.parents[0]
    for kind, day in (
        ("lecture", TODAY - timedelta(days=35)),
        ("lecture", TODAY),
        ("salon", TODAY - timedelta(days=35)),
        ("training", TODAY),
    ):
        came(parent, held(world.schools[0], world.kinds[kind], day))
    night_of(world)
    standing, shown = shown_to(parent)
    assert standing.points == sum(line.points for line in shown) == 2
    assert {line.happened_on for line in shown} == {TODAY, TODAY - timedelta(days=35)}


@pytest.fixture
def office(client, settings, time_machine):
    time_machine.move_to(NOW, tick=False)
    settings.STAFF_SECOND_FACTOR = False

    def sign_in(world, name):
        client.force_login(world.as_(name), backend="accounts.backends.RoleBackend")
        return client

    return sign_in


def test_a_lead_reads_a_persons_ledger_with_its_sum(world, lines, office):
    lead = office(world, "school_lead:0")
    page = lead.get(reverse("admin:assessment_pointentry_person", args=[world.parents[0].pk]))
    assert page.context["total"] == page.context["own"].points == 4
    everything = lead.get(page.request["PATH_INFO"], {"period": "all"})
    assert len(everything.context["lines"]) == 5
    assert lead.get(
        reverse("admin:assessment_pointentry_person", args=[world.parents[1].pk])
    ).status_code == 404  # fmt: skip


def test_the_ledger_is_searched_by_name_or_last_digits_and_filtered(world, lines, office):
    lead = office(world, "county_admin")
    address = reverse("admin:assessment_pointentry_changelist")

    def found(**asked):
        return lead.get(address, asked).context["cl"].result_count

    assert found(q="Parent 0") == found(q="0000") == 5
    assert found(q="0001") == found(q="Parent 1") == 0
    assert found(source="home_visit") == 1
    assert found(rule="lecture") == 4
    assert found(period="month") == 5
    assert found(period="last") == 0
    assert found(reason="correction") == 1
    assert "记录更正（冲销）" in lead.get(address, {"reason": "correction"}).text
    posting = PointEntry.objects.latest("pk").batch
    assert found(batch=posting.pk) == posting.lines == 1
    page = lead.get(reverse("admin:assessment_batch_change", args=[posting.pk]))
    assert f"{address}?batch={posting.pk}" in page.text
    assert "1 · " in lead.get(address).text, "how much was kept back, and by what"
    standings = lead.get(reverse("admin:assessment_standing_changelist"))
    assert f'<td class="field-home">{world.schools[0]}</td>' in standings.text, "namesakes are told apart"


@pytest.mark.parametrize("asked", ["2", "-2", "4", "-4", "-2.-4"])
def test_no_address_puts_parents_in_the_order_of_their_points(world, lines, office, asked):
    came(world.parents[1], held(world.schools[1], world.kinds["lecture"], TODAY))
    night_of(world, TODAY + timedelta(days=2))
    lead = office(world, "county_admin")
    standings = reverse("admin:assessment_standing_changelist")

    def shown(**more):
        return [row.person_id for row in lead.get(standings, more).context["cl"].result_list]

    assert shown(o=asked) == shown() == sorted(shown())
    assert len(set(Standing.objects.values_list("points", flat=True))) == len(shown()) == 2
    address = reverse("admin:assessment_pointentry_changelist")
    rows = [row.pk for row in lead.get(address, {"o": asked}).context["cl"].result_list]
    assert rows == sorted(rows, reverse=True)


def test_no_address_sorts_out_parents_by_their_points(world, lines, office):
    lead = office(world, "county_admin")
    standings = reverse("admin:assessment_standing_changelist")
    for asked in ("star", "star__exact"):
        assert lead.get(standings, {asked: 1}).context["cl"].result_count == 1
    for asked in ("points__gte", "points_ever__lt", "available", "star__gte"):
        assert lead.get(standings, {asked: 3}).status_code != 200, asked


def test_the_persons_page_asks_no_more_for_more_lines(world, lines, office):
    lead = office(world, "county_admin")
    parent = world.parents[0]

    def more():
        for name in "CD":
            came(parent, held(world.schools[0], world.kinds["lecture"], TODAY, title=name))
        night_of(world, TODAY + timedelta(days=2))

    address = reverse("admin:assessment_pointentry_person", args=[parent.pk])
    assert_same_queries(lambda: lead.get(address), more, at_most=30)


def test_in_chinese_a_parent_opens_each_line(world, lines, client):
    client.force_login(world.parents[0], backend="accounts.backends.RoleBackend")
    with translation.override("zh-hans"):
        html = client.get("/points/", headers={"accept-language": "zh-hans"}).text
    assert html.count("<details") >= 5
    assert '<details id="why-star">' in html
    assert '<details id="why-star" open>' in client.get("/points/?why=star").text
    for words in ("为什么", "规则", "依据", "记录", "少计"):
        assert words in html, words


def test_a_person_without_lines_has_an_empty_ledger(world, office):
    lead = office(world, "county_admin")
    somebody = register("Somebody", home=world.schools[0])
    page = lead.get(reverse("admin:assessment_pointentry_person", args=[somebody.pk]))
    assert (page.status_code, page.context["total"]) == (200, 0)
