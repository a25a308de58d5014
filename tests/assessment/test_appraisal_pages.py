"""The pages of the appraisal: who may open and change what, nothing typed is lost, and no page asks row by row."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from assessment.enums import AppraisalStatus
from assessment.models import Appraisal, Evidence, Indicator, Mark, Section
from assessment.services import appraisal as services
from tests.assessment.sheets import PDF, YEAR, metric, upload
from tests.queries import asked, assert_same_queries
from tests.world import NOW, unit

pytestmark = pytest.mark.usefixtures("at_noon")

COUNTY = {"county_admin", "county_staff", "inspector"}
OWN = {"county_admin", "county_staff", "station_lead:0", "school_lead:0"}
"""Who may score School 0 for itself."""


def self_score(sheets, number: str = "1", **more) -> tuple[str, dict]:
    return reverse("work_mark", args=[sheets.mark(number).pk]), {"score": "6", "note": "", **more}


def page_of(sheets, sheet: Appraisal | None = None) -> str:
    return reverse("admin:assessment_appraisal_change", args=[(sheet or sheets.own).pk])


def county_form(client, sheets, **changes: str) -> dict[str, str]:
    """What the browser sends back: the form as it was shown, with changes such as score_1 or note_1."""
    shown = client.get(page_of(sheets)).context["sheet"]
    sent = {}
    for row in shown.rows:
        for name in ("score", "note", "was"):
            value = row.form[name].value()
            key = f"{name}_{row.mark.indicator.number}"
            sent[row.form.add_prefix(name)] = changes.get(key, "" if value is None else str(value))
    return sent


# ── Self-scoring ─────────────────────────────────────────────────────────────


def test_self_scoring_out_of_scope_is_refused(sheets, as_):
    url, given = self_score(sheets)
    took = set()
    for name in sheets.everybody:
        Mark.objects.update(self_score=None)
        answer = as_(name).post(url, given)
        assert answer.status_code in (302, 404), name
        if answer.status_code == 302:
            took.add(name)
        assert (sheets.mark("1").self_score == 6) is (name in took), name
    assert took == OWN


def test_handing_in_out_of_scope_is_refused(sheets, as_):
    sheets.score_for_unit("1", "6")
    sheets.score_for_unit("2", "4")
    took = set()
    for name in sheets.everybody:
        answer = as_(name).post(reverse("work_hand_in", args=[sheets.own.pk]))
        assert answer.status_code in (302, 404), name
        if sheets.own.status == AppraisalStatus.SELF_SCORED:
            took.add(name)
            Appraisal.objects.update(status=AppraisalStatus.OPEN)
    assert took == OWN


def test_a_single_sheet_is_opened_at_once_and_several_are_listed(sheets, as_):
    assert as_("school_lead:0").get(reverse("work_appraisals"))["Location"] == reverse(
        "work_appraisal", args=[sheets.own.pk]
    )
    listed = as_("station_lead:0").get(reverse("work_appraisals")).context["rows"]
    assert [row["appraisal"].unit.name for row in listed] == ["School 0", "Village 0"]


def test_saving_goes_on_to_the_next_indicator(sheets, as_):
    url, given = self_score(sheets)
    answer = as_("school_lead:0").post(url, {**given, "_next": ""})
    assert answer["Location"] == reverse("work_mark", args=[sheets.mark("2").pk])
    url, given = self_score(sheets, "4", score="4")
    answer = as_("school_lead:0").post(url, {**given, "_next": ""})
    assert answer["Location"] == reverse("work_appraisal", args=[sheets.own.pk])


def test_a_refused_file_keeps_what_was_typed(sheets, as_):
    url, given = self_score(sheets, score="5.5", note="one meeting missing", uploads=[upload("x.exe", b"MZ")])
    page = as_("school_lead:0").post(url, given)
    form = page.context["form"]
    assert set(form.errors) == {"uploads"}
    assert (form["score"].value(), form["note"].value()) == ("5.5", "one meeting missing")
    assert 'value="5.5" selected' in page.content.decode()
    assert sheets.mark("1").self_score is None
    assert not Evidence.objects.exists()


def test_another_score_than_the_counted_one_asks_for_a_note_at_the_note(sheets, as_):
    url, given = self_score(sheets, "3", score="6")
    assert set(as_("school_lead:0").post(url, given).context["form"].errors) == {"note"}


def test_several_files_come_with_one_save(sheets, as_):
    url, given = self_score(sheets, uploads=[upload(), upload("list.pdf", PDF)])
    as_("school_lead:0").post(url, given)
    assert set(Evidence.objects.values_list("name", "kind")) == {("photo.jpg", "jpg"), ("list.pdf", "pdf")}


def test_an_empty_file_gets_its_own_sentence(sheets, as_):
    url, given = self_score(sheets, uploads=[upload("list.pdf", b"")])
    page = as_("school_lead:0").post(url, given)
    assert "list.pdf" in page.context["form"].errors["uploads"][0]


def test_a_forged_score_is_refused(sheets, as_):
    for score in ("6.5", "-1", "NaN", "Infinity", "5.1", "<script>"):
        url, given = self_score(sheets, score=score)
        assert set(as_("school_lead:0").post(url, given).context["form"].errors) == {"score"}
    assert sheets.mark("1").self_score is None


def test_a_sheet_handed_in_is_read_only_and_says_why(sheets, as_):
    sheets.hand_in()
    url, given = self_score(sheets, score="1")
    page = as_("school_lead:0").get(url)
    assert 'id="mark-form"' not in page.content.decode()
    answer = as_("school_lead:0").post(url, given)
    assert answer.context["form"].non_field_errors()
    assert sheets.mark("1").self_score == 6


def test_a_sheet_sent_back_shows_the_reason(sheets, as_):
    services.send_back(
        sheets.hand_in(), reason="Minutes <b>missing</b>", actor=sheets.by("inspector"), now=NOW
    )
    page = as_("school_lead:0").get(reverse("work_appraisal", args=[sheets.own.pk])).content.decode()
    assert "Minutes &lt;b&gt;missing" in page


# ── The office's sheet ───────────────────────────────────────────────────────


def test_county_scoring_out_of_scope_is_refused(sheets, as_):
    sheets.hand_in()
    sent = county_form(as_("inspector"), sheets)
    took = set()
    for name in sheets.everybody:
        answer = as_(name).post(page_of(sheets), sent)
        assert answer.status_code in (302, 404), name
        if sheets.mark("1").county_score is not None:
            took.add(name)
            Mark.objects.update(county_score=None)
    assert took == COUNTY


@pytest.mark.parametrize("act", ["send_back", "reopen"])
def test_taking_a_step_back_out_of_scope_is_refused(sheets, as_, act):
    appraisal = sheets.hand_in() if act == "send_back" else sheets.settle()
    took = set()
    for name in sheets.everybody:
        before = Appraisal.objects.filter(pk=appraisal.pk).values().get()
        url = reverse(f"admin:assessment_appraisal_{act}", args=[appraisal.pk])
        answer = as_(name).post(url, {"reason": "why"})
        if sheets.own.status != before["status"]:
            took.add(name)
            Appraisal.objects.filter(pk=appraisal.pk).update(**before)
        elif answer.status_code not in (404,):
            assert answer.status_code == 302
            assert "/login" in answer["Location"], name
    assert took == COUNTY


@pytest.mark.parametrize("act", ["send_back", "reopen"])
def test_a_refused_step_keeps_the_reason_that_was_typed(sheets, as_, act):
    """Too long to be kept, or refused by the rules: it stands in the open form again, with the refusal beside it."""
    sheets.hand_in() if act == "send_back" else sheets.settle()
    before = sheets.own.status
    url = reverse(f"admin:assessment_appraisal_{act}", args=[sheets.own.pk])
    for typed in ("nothing of this reason may be lost " * 40, ""):
        page = as_("inspector").post(url, {"reason": typed})
        text = page.content.decode()
        assert page.status_code == 200
        assert page.context["reason_form"].errors["reason"]
        assert typed in text
        assert 'appraisal-act" open' in text
        assert sheets.own.status == before
    assert as_("inspector").post(url, {"reason": "a good reason"}).status_code == 302
    assert sheets.own.status != before


def test_a_step_that_somebody_else_was_faster_with_is_refused_with_the_reason_kept(sheets, as_):
    sheets.hand_in()
    url = reverse("admin:assessment_appraisal_reopen", args=[sheets.own.pk])
    page = as_("inspector").post(url, {"reason": "typed with care"})
    assert page.status_code == 200
    assert "typed with care" in page.content.decode()
    assert page.context["reason_form"].errors["reason"][0] in page.content.decode()


def test_the_suggestions_are_counted_scores_and_the_units_own(sheets, as_):
    sheets.hand_in()
    rows = as_("inspector").get(page_of(sheets)).context["sheet"].rows
    assert [row.form["score"].value() for row in rows] == ["6", "4", "3", "4"]
    as_("inspector").post(page_of(sheets), {**county_form(as_("inspector"), sheets), "_settle": ""})
    assert sheets.own.status == AppraisalStatus.COUNTY_SCORED


def test_a_row_without_its_reason_is_marked_and_nothing_typed_is_lost(sheets, as_):
    sheets.hand_in()
    client = as_("inspector")
    sent = county_form(client, sheets, score_1="5", score_2="3", note_2="two plans missing")
    page = client.post(page_of(sheets), sent)
    rows = {row.mark.indicator.number: row.form for row in page.context["sheet"].rows}
    assert {number for number, form in rows.items() if form.errors} == {"1"}
    assert (rows["1"]["score"].value(), rows["2"]["note"].value()) == ("5", "two plans missing")
    assert set(Mark.objects.values_list("county_score", flat=True)) == {None}


def test_two_inspectors_at_one_sheet_do_not_undo_each_other_unawares(sheets, as_):
    """The second hears of the first, and only a second sending replaces the score."""
    sheets.hand_in()
    late = county_form(as_("county_staff"), sheets)
    client = as_("inspector")
    client.post(page_of(sheets), county_form(client, sheets, score_1="5", note_1="why"))
    page = as_("county_staff").post(page_of(sheets), late)
    assert sheets.mark("1").county_score == 5
    wrong = [row for row in page.context["sheet"].rows if row.form.errors]
    assert [row.mark.indicator.number for row in wrong] == ["1", "2", "3", "4"]
    again = {row.form.add_prefix(name): row.form[name].value() for row in page.context["sheet"].rows
             for name in ("score", "note", "was")}  # fmt: skip
    as_("county_staff").post(page_of(sheets), again)
    assert sheets.mark("1").county_score == 6


def test_four_eyes_at_the_page(sheets, as_):
    sheets.score_for_unit("1", "6", actor=sheets.by("county_staff"))
    sheets.score_for_unit("2", "4")
    services.hand_in_self_score(sheets.own, actor=sheets.by("school_lead:0"), now=NOW)
    client = as_("county_staff")
    page = client.post(page_of(sheets), county_form(client, sheets))
    assert page.status_code == 200
    assert sheets.mark("1").county_score is None


def test_the_names_of_other_schools_are_shown_to_the_county_alone(sheets, as_):
    """A file that stands in another school too: the school itself does not hear where."""
    for number, school, actor in (("1", 0, "school_lead:0"), ("1", 1, "school_lead:1")):
        services.attach_evidence(
            sheets.mark(number, sheets.world.schools[school]),
            files=[upload("list.pdf", PDF)], side="unit", actor=sheets.by(actor), now=NOW,
        )  # fmt: skip
    for name, sees in (
        ("inspector", True),
        ("county_admin", True),
        ("station_lead:0", False),
        ("school_lead:0", False),
    ):
        assert ("School 1" in as_(name).get(page_of(sheets)).content.decode()) is sees, name


def test_a_units_words_cannot_become_markup(sheets, as_):
    sheets.score_for_unit("1", "5", '<img src=x onerror="alert(1)">')
    assert "<img src=x" not in as_("inspector").get(page_of(sheets)).content.decode()


@pytest.mark.parametrize("name", ["inspector", "county_staff", "station_lead:0", "school_lead:0"])
def test_every_counted_figure_leads_to_its_records(sheets, as_, name):
    """Of lesson periods the school's events, and no other school's; of a ratio its figures day by day."""
    client = as_(name)
    rows = {row.mark.indicator.number: row for row in client.get(page_of(sheets)).context["sheet"].rows}
    events = client.get(rows["3"].records).context["cl"].queryset
    assert {event.title for event in events} == {"Lecture 0"}
    figures = client.get(rows["4"].records).context["cl"].queryset
    assert {(figure.unit, figure.metric, figure.value) for figure in figures} == {
        (sheets.world.schools[0], "participation", 400)
    }


def test_county_evidence_out_of_scope_is_refused(sheets, as_):
    sheets.hand_in()
    url = reverse("admin:assessment_appraisal_evidence", args=[sheets.mark("1").pk])
    took = set()
    for name in sheets.everybody:
        before = Evidence.objects.count()
        as_(name).post(url, {"uploads": [upload(f"{len(took)}.pdf", PDF + name.encode())]})
        if Evidence.objects.count() > before:
            took.add(name)
    assert took == COUNTY


# ── Opening, counting, listing ───────────────────────────────────────────────


def test_opening_a_year_out_of_scope_is_refused(sheets, as_):
    took = set()
    for name in sheets.everybody:
        as_(name).post(reverse("admin:assessment_appraisal_add"), {"scheme": sheets.scheme.pk, "year": 2030})
        if Appraisal.objects.filter(year=2030).exists():
            took.add(name)
            Mark.objects.filter(appraisal__year=2030).delete()
            Appraisal.objects.filter(year=2030).delete()
    assert took == {"county_admin", "county_staff"}


def test_opening_says_what_is_wrong_with_the_scheme(sheets, as_):
    Section.objects.filter(order=1).update(max_points=11)
    page = as_("county_admin").post(
        reverse("admin:assessment_appraisal_add"), {"scheme": sheets.scheme.pk, "year": 2030}
    )
    assert page.context["form"].non_field_errors()
    assert not Appraisal.objects.filter(year=2030).exists()


def test_counting_anew_from_the_page(sheets, as_):
    metric(sheets.world.schools[0], "lesson_periods", 8, day=NOW.date())
    as_("county_staff").post(
        reverse("admin:assessment_appraisal_count"), {"scheme": sheets.scheme.pk, "year": YEAR}
    )
    assert sheets.mark("3").computed_score == 6


def test_the_list_shows_progress_and_filters(sheets, as_):
    sheets.hand_in()
    url = reverse("admin:assessment_appraisal_changelist")
    client = as_("county_admin")

    def units(query: str) -> list[str]:
        return [appraisal.unit.name for appraisal in client.get(url + query).context["cl"].result_list]

    assert units("") == ["School 0", "Village 0", "School 1", "Village 1"]
    assert units("?status__exact=self_scored") == ["School 0"]
    assert units(f"?township={sheets.world.stations[1].pk}") == ["School 1", "Village 1"]
    assert units("?year=2025") == []
    assert units("?q=Vil") == ["Village 0", "Village 1"]
    assert units(f"?year={YEAR}-{sheets.scheme.pk}") == ["School 0", "Village 0", "School 1", "Village 1"]
    assert units("?year=2026-99999999") == []
    assert units("?year=abc&township=x") == ["School 0", "Village 0", "School 1", "Village 1"]
    first = client.get(url).context["cl"].result_list[0]
    assert (first.tally.marks, first.tally.self_given, first.tally.self_total) == (4, 4, Decimal(17))


def test_a_list_filter_out_of_scope_names_and_gives_nothing(sheets, as_):
    url = reverse("admin:assessment_appraisal_changelist")
    client = as_("station_lead:0")
    page = client.get(url)
    assert "Town 1" not in page.content.decode()
    forged = client.get(f"{url}?township={sheets.world.stations[1].pk}")
    assert {a.unit.name for a in forged.context["cl"].result_list} <= {"School 0", "Village 0"}


def more_units(sheets) -> None:
    for n in range(3, 9):
        unit(f"Village {n}", "village", "school", sheets.world.stations[0], n)
    services.open_appraisals(sheets.scheme, year=YEAR, actor=None, now=NOW)


def test_the_list_asks_the_same_for_more_rows(sheets, as_):
    client = as_("county_admin")
    url = reverse("admin:assessment_appraisal_changelist")
    assert_same_queries(lambda: client.get(url), lambda: more_units(sheets), at_most=8)


def test_the_sheet_asks_the_same_for_more_indicators_and_files(sheets, as_):
    client = as_("inspector")

    def more() -> None:
        section = Section.objects.get(order=1)
        for n in range(5, 9):
            Indicator.objects.create(section=section, number=str(n), order=n, text="More", max_points=1)
        Section.objects.filter(order=1).update(max_points=14)
        services.open_appraisals(sheets.scheme, year=YEAR, actor=None, now=NOW)
        services.attach_evidence(
            sheets.mark("1"), files=[upload(), upload("x.pdf", PDF)], side="unit",
            actor=sheets.by("school_lead:0"), now=NOW,
        )  # fmt: skip

    services.attach_evidence(
        sheets.mark("2"), files=[upload("y.pdf", PDF)], side="unit", actor=sheets.by("school_lead:0"), now=NOW
    )
    assert_same_queries(lambda: client.get(page_of(sheets)), more, at_most=9)


def test_the_phones_pages_ask_little(sheets, as_):
    client = as_("station_lead:0")
    assert_same_queries(lambda: client.get(reverse("work_appraisals")), lambda: more_units(sheets), at_most=7)
    assert len(asked(lambda: client.get(reverse("work_appraisal", args=[sheets.own.pk])))) <= 7
    assert len(asked(lambda: client.get(self_score(sheets)[0]))) <= 14
