"""The course of a sheet: who may write when, what is refused, and what each act leaves in the audit."""

from __future__ import annotations

from decimal import Decimal

import pytest

from accounts.enums import Kind
from accounts.services import units
from assessment.enums import AppraisalStatus
from assessment.models import Appraisal, Evidence, Indicator, Mark
from assessment.services import appraisal as services
from portal.kernel.models import AuditEntry
from tests.assessment.sheets import DAY, YEAR, definition, metric, upload
from tests.world import NOW, TODAY


def scores(sheets) -> dict[str, tuple]:
    return {
        mark.indicator.number: (mark.self_score, mark.county_score, mark.deduction_note)
        for mark in Mark.objects.filter(appraisal=sheets.own).select_related("indicator")
    }


def acts(action: str) -> list[dict]:
    return list(AuditEntry.objects.filter(action=action).order_by("pk").values_list("summary", flat=True))


# ── Opening ──────────────────────────────────────────────────────────────────


def test_each_open_unit_of_the_kinds_gets_a_sheet_with_every_indicator(sheets):
    world = sheets.world
    assert {a.unit for a in Appraisal.objects.all()} == {*world.schools, *world.villages}
    assert set(Appraisal.objects.values_list("status", "year", "scheme")) == {
        ("open", YEAR, sheets.scheme.pk)
    }
    per_sheet = {
        a.unit.name: sorted(a.marks.values_list("indicator__number", flat=True))
        for a in Appraisal.objects.all()
    }
    assert set(map(tuple, per_sheet.values())) == {("1", "2", "3", "4")}


def test_opening_again_adds_only_what_is_new(sheets):
    world = sheets.world
    before = set(Mark.objects.values_list("pk", flat=True))
    units.open_unit(
        code="X1", name="New village", kind=Kind.VILLAGE, parent=world.stations[0], opened_on=TODAY,
        actor=None, now=NOW,
    )  # fmt: skip
    opened = services.open_appraisals(sheets.scheme, year=YEAR, actor=None, now=NOW)
    assert opened == type(opened)(new=1, before=4)
    assert services.open_appraisals(sheets.scheme, year=YEAR, actor=None, now=NOW).new == 0
    assert before < set(Mark.objects.values_list("pk", flat=True))
    assert Mark.objects.count() == len(before) + 4


def test_closed_units_and_other_kinds_get_none(world):
    units.close_unit(world.villages[1], on=TODAY, reason="merged", actor=None, now=NOW)
    scheme = services.load_scheme(
        definition(kinds=["village"]), county=world.county, actor=None, now=NOW
    ).scheme
    services.open_appraisals(scheme, year=YEAR, actor=None, now=NOW)
    assert {a.unit for a in Appraisal.objects.all()} == {world.villages[0]}


def test_a_new_indicator_reaches_sheets_still_open_but_not_those_handed_in(sheets):
    handed_in = sheets.hand_in()
    section = sheets.scheme.sections.get(order=1)
    Indicator.objects.create(section=section, number="2a", order=9, text="New", max_points=2)
    section.max_points = 12
    section.save()
    services.open_appraisals(sheets.scheme, year=YEAR, actor=None, now=NOW)
    with_new = set(Mark.objects.filter(indicator__number="2a").values_list("appraisal__unit", flat=True))
    assert with_new == {a.unit_id for a in Appraisal.objects.exclude(pk=handed_in.pk)}


def test_a_scheme_that_does_not_add_up_is_not_opened(sheets):
    Indicator.objects.filter(number="1").update(max_points=5)
    with pytest.raises(services.SchemeRefused) as refusal:
        services.open_appraisals(sheets.scheme, year=2027, actor=None, now=NOW)
    assert len(refusal.value.details["faults"]) == 2
    assert not Appraisal.objects.filter(year=2027).exists()


# ── The unit's side ──────────────────────────────────────────────────────────


def test_a_self_score_is_kept_with_its_giver_and_its_trace(sheets):
    sheets.score_for_unit("1", "5.5", "one meeting missing")
    sheets.score_for_unit("1", "6")
    mark = sheets.mark("1")
    assert (mark.self_score, mark.self_note, mark.self_by) == (Decimal(6), "", sheets.by("school_lead:0"))
    traced = [(a["indicator"], a["score"], a["note"]) for a in acts("appraisal.self_score")]
    assert traced == [
        ("1", ["", "5.5"], ["", "one meeting missing"]),
        ("1", ["5.5", "6"], ["one meeting missing", ""]),
    ]


def test_the_same_score_again_leaves_no_trace(sheets):
    sheets.score_for_unit("1", "6")
    sheets.score_for_unit("1", "6")
    assert len(acts("appraisal.self_score")) == 1


@pytest.mark.parametrize(("number", "score"), [("1", "6.5"), ("1", "-1"), ("1", "5.2"), ("2", "4.5")])
def test_a_self_score_out_of_bounds_is_refused_at_its_field(sheets, number, score):
    with pytest.raises(services.AppraisalRefused) as refusal:
        sheets.score_for_unit(number, score)
    assert refusal.value.details["field"] == "score"
    assert sheets.mark(number).self_score is None


def test_a_score_other_than_the_counted_one_says_why(sheets):
    with pytest.raises(services.AppraisalRefused) as refusal:
        sheets.score_for_unit("3", "6")
    assert refusal.value.details["field"] == "note"
    sheets.score_for_unit("3", "6", "two lectures are on paper only")
    sheets.score_for_unit("4", "4")
    assert scores(sheets)["3"][0] == 6


def test_handing_in_takes_the_counted_scores_along(sheets):
    appraisal = sheets.hand_in()
    assert appraisal.status == AppraisalStatus.SELF_SCORED
    assert (appraisal.filled_by, appraisal.filled_at) == (sheets.by("school_lead:0"), NOW)
    assert {number: row[0] for number, row in scores(sheets).items()} == {"1": 6, "2": 4, "3": 3, "4": 4}
    assert acts("appraisal.hand_in") == [{"total": "17"}]


def test_handing_in_an_unfinished_sheet_names_what_is_missing(sheets):
    sheets.score_for_unit("1", "6")
    with pytest.raises(services.AppraisalRefused) as refusal:
        services.hand_in_self_score(sheets.own, actor=sheets.by("school_lead:0"), now=NOW)
    assert refusal.value.details["missing"] == ["2"]
    assert sheets.own.status == AppraisalStatus.OPEN
    assert scores(sheets)["3"][0] is None


def test_handing_in_refuses_scores_that_a_changed_scheme_no_longer_allows(sheets):
    sheets.score_for_unit("1", "6")
    sheets.score_for_unit("2", "4")
    Indicator.objects.filter(number="1").update(max_points=5)
    with pytest.raises(services.AppraisalRefused) as refusal:
        services.hand_in_self_score(sheets.own, actor=sheets.by("school_lead:0"), now=NOW)
    assert refusal.value.details["missing"] == ["1"]


# ── The county's side ────────────────────────────────────────────────────────


def test_the_county_scores_and_settles(sheets):
    appraisal = sheets.settle()
    assert appraisal.status == AppraisalStatus.COUNTY_SCORED
    assert (appraisal.reviewed_by, appraisal.reviewed_at) == (sheets.by("inspector"), NOW)
    assert {number: row[1:] for number, row in scores(sheets).items()} == {
        "1": (5, "分工不明确"), "2": (4, ""), "3": (3, ""), "4": (4, ""),
    }  # fmt: skip
    assert acts("appraisal.settle") == [{"total": "16"}]
    assert [a["indicator"] for a in acts("appraisal.county_score")] == ["1", "2", "3", "4"]


def test_a_deduction_without_a_reason_is_refused_and_nothing_is_saved(sheets):
    sheets.hand_in()
    with pytest.raises(services.AppraisalRefused) as refusal:
        sheets.county(("1", "5", " "), ("2", "4", ""))
    assert set(refusal.value.details["marks"]) == {sheets.mark("1").pk}
    assert {row[1] for row in scores(sheets).values()} == {None}


@pytest.mark.parametrize("score", ["6.5", "-0.5", "5.1"])
def test_a_county_score_out_of_bounds_is_refused_at_its_row(sheets, score):
    sheets.hand_in()
    with pytest.raises(services.AppraisalRefused) as refusal:
        sheets.county(("1", score, "why"))
    assert set(refusal.value.details["marks"]) == {sheets.mark("1").pk}


def test_the_counted_score_and_the_units_own_deduction_need_no_words_of_the_county(sheets):
    sheets.score_for_unit("1", "6")
    sheets.score_for_unit("2", "3", "one meeting without minutes")
    services.hand_in_self_score(sheets.own, actor=sheets.by("school_lead:0"), now=NOW)
    assert sheets.county(("2", "3", ""), ("3", "3", "")) == 2


def test_settling_an_unfinished_sheet_names_what_is_missing(sheets):
    sheets.hand_in()
    with pytest.raises(services.AppraisalRefused) as refusal:
        sheets.county(("1", "6", ""), settle=True)
    assert refusal.value.details["missing"] == ["2", "3", "4"]
    assert {row[1] for row in scores(sheets).values()} == {None}


def test_marks_of_another_sheet_are_not_touched(sheets):
    sheets.hand_in()
    other = sheets.mark("1", sheets.world.schools[1])
    changed = services.give_county_scores(
        sheets.own,
        scores={other.pk: services.CountyScore(Decimal(6))},
        actor=sheets.by("inspector"),
        now=NOW,
    )
    other.refresh_from_db()
    assert (changed, other.county_score) == (0, None)


@pytest.mark.parametrize("who", ["county_staff", "county_admin"])
def test_four_eyes_who_scored_for_the_unit_does_not_score_it_for_the_county(sheets, who):
    """Also where somebody else handed it in; colleagues may."""
    sheets.score_for_unit("1", "6", actor=sheets.by(who))
    sheets.score_for_unit("2", "4")
    services.hand_in_self_score(sheets.own, actor=sheets.by("school_lead:0"), now=NOW)
    for settle in (False, True):
        with pytest.raises(services.FourEyes):
            sheets.county(("1", "6", ""), settle=settle, actor=who)
    assert sheets.county(("1", "6", ""), actor="inspector") == 1


def test_four_eyes_who_handed_in_does_not_score_for_the_county(sheets):
    sheets.score_for_unit("1", "6")
    sheets.score_for_unit("2", "4")
    services.hand_in_self_score(sheets.own, actor=sheets.by("county_staff"), now=NOW)
    with pytest.raises(services.FourEyes):
        sheets.county(("1", "6", ""), actor="county_staff")


def test_a_sheet_sent_back_opens_again_with_its_reason(sheets):
    appraisal = sheets.hand_in()
    services.send_back(appraisal, reason="Evidence of 1 is missing", actor=sheets.by("inspector"), now=NOW)
    assert (sheets.own.status, sheets.own.return_reason) == ("open", "Evidence of 1 is missing")
    sheets.score_for_unit("1", "5")
    services.hand_in_self_score(sheets.own, actor=sheets.by("school_lead:0"), now=NOW)
    assert (sheets.own.status, sheets.own.return_reason) == ("self_scored", "")


def test_a_settled_sheet_is_scored_again_only_for_a_reason(sheets):
    appraisal = sheets.settle()
    with pytest.raises(services.AppraisalRefused):
        services.reopen(appraisal, reason=" ", actor=sheets.by("inspector"), now=NOW)
    services.reopen(appraisal, reason="Objection of the school", actor=sheets.by("inspector"), now=NOW)
    assert (sheets.own.status, sheets.own.reviewed_by) == ("self_scored", None)
    assert acts("appraisal.reopen") == [{"reason": "Objection of the school"}]


# ── Row 12: every illegal edge ───────────────────────────────────────────────

STANDS = ["open", "self_scored", "county_scored"]
ACTS = {
    "self score": ("open", lambda s: s.score_for_unit("1", "1")),
    "self score with a file": ("open", lambda s: s.score_for_unit("1", "1", files=[upload()])),
    "hand in": (
        "open",
        lambda s: services.hand_in_self_score(s.own, actor=s.by("school_lead:0"), now=NOW),
    ),
    "county score": ("self_scored", lambda s: s.county(("1", "1", "why"))),
    "settle": ("self_scored", lambda s: s.county(settle=True)),
    "send back": (
        "self_scored",
        lambda s: services.send_back(s.own, reason="why", actor=s.by("inspector"), now=NOW),
    ),
    "reopen": (
        "county_scored",
        lambda s: services.reopen(s.own, reason="why", actor=s.by("inspector"), now=NOW),
    ),
    "unit's evidence": (
        "open",
        lambda s: services.attach_evidence(
            s.mark("1"), files=[upload()], side="unit", actor=s.by("school_lead:0"), now=NOW
        ),
    ),
    "county's evidence": (
        "self_scored",
        lambda s: services.attach_evidence(
            s.mark("1"), files=[upload()], side="county", actor=s.by("inspector"), now=NOW
        ),
    ),
}


@pytest.mark.parametrize(
    ("act", "status"),
    [(act, status) for act, (legal, _) in ACTS.items() for status in STANDS if status != legal],
)
def test_row_12_every_illegal_step_is_refused_and_changes_nothing(sheets, act, status):
    {"open": lambda: None, "self_scored": sheets.hand_in, "county_scored": sheets.settle}[status]()

    def stand() -> list:
        return [
            list(Appraisal.objects.order_by("pk").values()),
            list(Mark.objects.order_by("pk").values()),
            list(Evidence.objects.values()),
            AuditEntry.objects.count(),
        ]

    before = stand()
    with pytest.raises(services.WrongStep) as refusal:
        ACTS[act][1](sheets)
    assert str(refusal.value)
    assert stand() == before


# ── Counting ─────────────────────────────────────────────────────────────────


def test_counted_marks_stand_on_the_last_day_of_the_year(sheets):
    three, four = sheets.mark("3"), sheets.mark("4")
    assert (three.computed_score, four.computed_score) == (3, 4)
    kept = {name: three.computed_from[name] for name in ("metric", "value", "base", "day", "band")}
    assert kept == {"metric": "lesson_periods", "value": 5, "base": None, "day": str(DAY), "band": [4, "3"]}
    kept = {name: four.computed_from[name] for name in ("metric", "value", "base", "day", "band")}
    assert kept == {"metric": "participation", "value": 400, "base": 500, "day": str(DAY), "band": [800, "4"]}


def test_a_counted_mark_explains_itself_in_words(sheets):
    assert sheets.mark("3").computed_from["formula"] == "截至2026年10月11日，课时＝5，达到4，得3分。"
    assert sheets.mark("4").computed_from["formula"] == (
        "截至2026年10月11日，参训率＝400÷500＝80.0%，达到80%，得4分。"
    )


def test_no_figures_and_nothing_to_divide_by_give_no_score_but_say_so(sheets):
    without, nothing = (
        sheets.mark("4", unit) for unit in (sheets.world.villages[0], sheets.world.schools[1])
    )
    for mark in (without, nothing):
        assert mark.computed_score is None
        assert mark.computed_from["formula"].startswith("截至2026年10月11日，“参训率”没有")


def test_counting_again_follows_later_figures_until_settled(sheets):
    world = sheets.world
    sheets.settle()
    later = DAY.replace(day=12)
    for unit in world.schools:
        metric(unit, "lesson_periods", 8, day=later)
    done = services.compute_marks(sheets.scheme, year=YEAR, actor=sheets.by("county_admin"), now=NOW)
    assert (done.day, done.scored, done.without) == (later, 1, 5)
    assert sheets.mark("3").computed_score == 3
    assert sheets.mark("3", world.schools[1]).computed_score == 6


def test_a_stated_day_is_counted_as_it_was(sheets):
    services.compute_marks(
        sheets.scheme, year=YEAR, day=DAY.replace(month=9), actor=sheets.by("county_admin"), now=NOW
    )
    assert sheets.mark("3").computed_score == 6
    assert sheets.mark("4").computed_score is None


def test_figures_of_other_years_are_not_taken(sheets):
    metric(sheets.world.schools[0], "lesson_periods", 8, day=DAY.replace(year=2027))
    services.compute_marks(sheets.scheme, year=YEAR, actor=None, now=NOW)
    assert sheets.mark("3").computed_score == 3


def test_counting_does_not_touch_what_people_gave(sheets):
    sheets.hand_in()
    before = scores(sheets)
    metric(sheets.world.schools[0], "lesson_periods", 8, day=DAY.replace(day=12))
    services.compute_marks(sheets.scheme, year=YEAR, actor=None, now=NOW)
    assert scores(sheets) == before


def test_the_night_counts_sheets_that_are_not_handed_in(sheets):
    """Of the years that the day lies in; what is handed in stays as the unit saw it."""
    world = sheets.world
    sheets.hand_in()
    for unit in world.schools:
        metric(unit, "lesson_periods", 8, day=TODAY)
    (run,) = services.count_sheets_through(TODAY)
    assert (run.step, run.status, run.shard, run.counts) == (
        "appraisal", "done", world.county.path, {"scored": 1, "without": 5},
    )  # fmt: skip
    assert sheets.mark("3").computed_score == 3
    assert sheets.mark("3", world.schools[1]).computed_score == 6
    assert list(services.count_sheets_through(TODAY.replace(year=2028))) == []
