"""Rules that nobody knew beforehand, made in the office by its forms alone, and counted by the engine."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from assessment.engine.lines import expected_lines
from assessment.enums import Cap, VersionStatus
from assessment.forms.point_rules import RuleForm
from assessment.forms.versions import VersionForm
from assessment.models import CapGroup, PointRule, PointScheme, SchemeVersion
from assessment.queries.rulebook import rule_book, version_of
from assessment.rules import CAPS_OF_A_RULE, RuleBook
from assessment.services.schemes import publish_version
from events.models import EventKind, RecordKind
from tests.assessment import strategies
from tests.assessment.slow import Fact
from tests.world import NOW

BEGUN = date(2026, 9, 1)


@pytest.fixture
def office(world, client, settings, time_machine):
    time_machine.move_to(NOW, tick=False)
    settings.STAFF_SECOND_FACTOR = False
    client.force_login(world.as_("county_admin"), backend="accounts.backends.RoleBackend")
    return client


@pytest.fixture
def draft(world):
    scheme = PointScheme.objects.create(code="odd", name="Odd", unit=world.county)
    return SchemeVersion.objects.create(scheme=scheme, number=1, effective_from=BEGUN, counting="ever")


def filled(draft, **more):
    """The form of a rule as a browser sends it."""
    return {
        "version": draft.pk,
        "order": 10,
        "source": "attendance",
        "effect": "earn",
        "points": 1,
        "per": "occurrence",
        "every": 1,
        "span": "ever",
        "counted_for": "person",
        "shared": "person",
        "min_minutes": 0,
        "valid_months": 0,
        **{f"cap_{cap}": "" for cap in CAPS_OF_A_RULE},
        **more,
    }


def add_rule(office, draft, **more):
    answer = office.post(
        reverse("admin:assessment_pointrule_add") + f"?version={draft.pk}", filled(draft, **more)
    )
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    return PointRule.objects.latest("pk")


def earned(world, draft, facts):
    publish_version(draft, actor=None, now=NOW)
    lines = expected_lines(strategies.frame(facts), rule_book(world.county))
    return [
        (row["person_id"], row["source_id"], row["points"], row["cut_by"])
        for row in lines.sort("source_id").iter_rows(named=True)
    ]


def came(world, number, day, *, person=1, kind="salon", family=1, **more):
    return Fact(person, "attendance", number, world.kinds[kind].pk, day, family=family, **more)


def test_every_third_salon_in_a_term_gives_5_at_most_10_a_year_for_the_family(world, office, draft):
    add_rule(
        office,
        draft,
        name="每满三次沙龙",
        kinds=[world.kinds["salon"].pk],
        points=5,
        every=3,
        span="term",
        shared="family",
        cap_year=10,
    )
    days = [BEGUN + timedelta(days=n) for n in range(6)]
    mother = [came(world, n, day) for n, day in enumerate(days, start=1)]
    father = [came(world, n + 10, day + timedelta(days=30), person=2) for n, day in enumerate(days[:3])]
    next_term = [came(world, n + 20, date(2027, 3, 1 + n)) for n in range(2)]
    lecture = [came(world, 30, days[0], kind="lecture")]
    assert earned(world, draft, [*mother, *father, *next_term, *lecture]) == [
        *((1, 1, 0, ""), (1, 2, 0, ""), (1, 3, 5, ""), (1, 4, 0, ""), (1, 5, 0, ""), (1, 6, 5, "")),
        *((2, 10, 0, ""), (2, 11, 0, ""), (2, 12, 0, "year")),
        *((1, 20, 0, ""), (1, 21, 0, "")),
    ]


def test_a_weekly_limit_of_two_rules_together(world, office, draft):
    url = reverse("admin:assessment_schemeversion_change", args=[draft.pk])
    answer = office.post(
        url,
        {
            **{"scheme": draft.scheme_id, "number": 1, "effective_from": "2026-09-01", "counting": "ever"},
            **{"groups-TOTAL_FORMS": 1, "groups-INITIAL_FORMS": 0},
            **{"groups-0-code": "talks", "groups-0-name": "讲座沙龙", "groups-0-shared": "person"},
            **{"groups-0-cap_week": 3, "stars-TOTAL_FORMS": 0, "stars-INITIAL_FORMS": 0},
        },
    )
    assert answer.status_code == 302
    group = CapGroup.objects.get()
    for number, kind in enumerate(("lecture", "salon"), start=1):
        add_rule(
            office,
            draft,
            name=f"参加{kind}",
            kinds=[world.kinds[kind].pk],
            points=2,
            cap_week=2,
            group=group.pk,
            order=number,
        )
    monday = date(2026, 10, 5)
    facts = [
        came(world, 1, monday),
        came(world, 2, monday + timedelta(days=1)),
        came(world, 3, monday + timedelta(days=2), kind="lecture"),
        came(world, 4, monday + timedelta(days=7), kind="lecture"),
    ]
    assert earned(world, draft, facts) == [
        (1, 1, 2, ""),
        (1, 2, 0, "week"),
        (1, 3, 1, "group"),
        (1, 4, 2, ""),
    ]


def test_hours_by_table_at_villages_for_grandparents_until_a_day_and_a_deduction(world, office, draft):
    service = RecordKind.objects.create(code="night-watch", name="夜巡", measure="hours", most=8)
    rubbish = RecordKind.objects.create(code="rubbish", name="乱扔垃圾")
    add_rule(
        office,
        draft,
        name="夜巡",
        source="record",
        items=[service.pk],
        per="hour",
        step_lines="2 3\n4 8",
        roles=["grandparent"],
        unit_kinds=["village"],
        ends_on="2026-11-01",
    )
    taken = add_rule(
        office, draft, name="乱扔垃圾", source="record", items=[rubbish.pk], effect="deduct", points=2
    )
    assert taken.points == -2
    day = date(2026, 10, 31)

    def served(number, hours, on=day, role="grandparent", where="village", item=service.pk):
        return Fact(1, "record", number, None, on, minutes=hours * 60, item=item, role=role, unit_kind=where)

    facts = [
        served(1, 1),
        served(2, 2),
        served(3, 5),
        served(4, 5, role="parent"),
        served(5, 5, where="school"),
        served(6, 5, on=date(2026, 11, 1)),
        served(7, 0, item=rubbish.pk),
    ]
    assert earned(world, draft, facts) == [(1, 1, 0, ""), (1, 2, 3, ""), (1, 3, 8, ""), (1, 7, -2, "")]


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"points": -1}, "points"),
        ({"points": "many"}, "points"),
        ({"effect": "deduct", "cap_day": 2}, "cap_day"),
        ({"source": "record"}, "items"),
        ({"effect": "void"}, "kinds"),
        ({"step_lines": "two five"}, "step_lines"),
        ({"step_lines": "5 2\n2 5"}, "step_lines"),
        ({"step_lines": "2 5", "every": 3}, "step_lines"),
        ({"every": 0}, "every"),
        ({"begins_on": "2026-10-01", "ends_on": "2026-10-01"}, "ends_on"),
        ({"validity": "months"}, "valid_months"),
    ],
)
def test_a_slip_is_shown_at_its_field_and_nothing_is_saved(office, draft, more, wrong):
    answer = office.post(reverse("admin:assessment_pointrule_add"), filled(draft, name="X", **more))
    assert answer.status_code == 200
    assert set(answer.context["adminform"].form.errors) == {wrong}
    assert not PointRule.objects.exists()


ODD = (
    *("", "0", "1", "-1", "1.5", "2 5", "1 1\n3 9", "\x00", "9" * 12, "9" * 40, "9" * 5000, f"2 {'9' * 25}"),
    *(
        "2026-10-01",
        "2026-13-40",
        "person",
        "family",
        "term",
        "record",
        "home_visit",
        "deduct",
        "void",
        "字" * 300,
    ),
)
TYPED = st.sampled_from(ODD) | st.text(max_size=12)
FIELDS = [name for name in RuleForm.base_fields if name != "name"]


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=settings().max_examples // 5
)
@given(more=st.dictionaries(st.sampled_from(FIELDS), TYPED | st.lists(TYPED, max_size=2), max_size=5))
@example(more={"step_lines": "9" * 5000 + " 1"})
@example(more={"version": "9" * 40, "kinds": "9" * 40, "items": ["x"], "group": "9" * 40})
def test_row_43_whatever_is_typed_is_a_rule_or_told_at_its_field(world, office, draft, more):
    told = {**filled(draft, name="X", kinds=[world.kinds["lecture"].pk]), **more}
    seen = office.post(reverse("admin:assessment_pointrule_preview"), told)
    assert seen.status_code in (200, 404)
    with transaction.atomic():
        answer = office.post(reverse("admin:assessment_pointrule_add"), told)
        if answer.status_code == 302:
            rules = version_of(PointRule.objects.get().version)
            expected_lines(strategies.frame([came(world, 1, NOW.date())]), RuleBook((rules,)))
        else:
            assert answer.status_code == 403 or answer.context["adminform"].form.errors
        transaction.set_rollback(True)


def test_the_rule_reads_itself_back_with_examples_and_the_preview_saves_nothing(world, office, draft):
    told = filled(draft, name="参加讲座", kinds=[world.kinds["lecture"].pk], points=2, cap_day=4, cap_term=20)
    with translation.override("zh-hans"):
        shown = office.post(reverse("admin:assessment_pointrule_preview"), told)
        wrong = office.post(reverse("admin:assessment_pointrule_preview"), {**told, "points": -1})
    assert "参加讲座（讲座）：每次 2 分，每天最多 4 分，每学期最多 20 分。" in shown.text
    assert "不设限应得 10 分：因“每日上限”少计 6 分" in shown.text
    assert [(example.points, example.worth) for example in shown.context["examples"][:2]] == [(2, 2), (4, 10)]
    assert shown.context["examples"][3].points == 20
    assert "sentence" not in wrong.context
    assert not PointRule.objects.exists()
    rule = add_rule(office, draft, **told)
    page = office.get(reverse("admin:assessment_pointrule_change", args=[rule.pk]))
    assert [example.points for example in page.context["examples"]] == [
        example.points for example in shown.context["examples"]
    ]
    assert rule.code == "rule-1"


def test_a_saved_rule_is_previewed_under_its_own_code_but_under_no_other_rules(world, office, draft):
    rule = add_rule(office, draft, name="参加讲座", kinds=[world.kinds["lecture"].pk])
    other = add_rule(office, draft, name="参加沙龙", kinds=[world.kinds["salon"].pk])
    preview = f"{reverse('admin:assessment_pointrule_preview')}?rule={rule.pk}"
    assert preview in office.get(reverse("admin:assessment_pointrule_change", args=[rule.pk])).text
    told = filled(draft, name="参加讲座", kinds=[world.kinds["lecture"].pk], points=7)
    shown = office.post(preview, {**told, "code": rule.code})
    assert shown.context["examples"][0].points == 7
    taken = office.post(preview, {**told, "code": other.code})
    assert "sentence" not in taken.context
    assert "code" in taken.context["form"].errors
    rule.refresh_from_db()
    assert rule.points == 1
    publish_version(draft, actor=None, now=NOW)
    assert office.post(preview, {**told, "code": rule.code}).status_code == 404


def test_a_rule_of_a_published_version_is_read_only(world, office, draft):
    rule = add_rule(office, draft, name="X")
    publish_version(draft, actor=None, now=NOW)
    url = reverse("admin:assessment_pointrule_change", args=[rule.pk])
    assert office.get(url).status_code == 200
    assert office.post(url, filled(draft, name="Y")).status_code == 403
    assert office.post(reverse("admin:assessment_pointrule_add"), filled(draft, name="Y")).status_code == 200
    assert (
        office.post(reverse("admin:assessment_pointrule_delete", args=[rule.pk]), {"post": "yes"}).status_code
        == 403
    )
    assert PointRule.objects.get().name == "X"
    assert draft.scheme.versions.get().status == VersionStatus.PUBLISHED


@pytest.mark.parametrize("page", ["pointrule", "schemeversion"])
def test_what_is_published_while_somebody_saves_the_draft_stays_as_it_was_published(
    office, draft, monkeypatch, page
):
    rule = add_rule(office, draft, name="Read", code="read")
    form = {"pointrule": RuleForm, "schemeversion": VersionForm}[page]
    is_valid = form.is_valid

    def published_meanwhile(self):
        answer = is_valid(self)
        if SchemeVersion.objects.filter(pk=draft.pk, status="draft").exists():
            publish_version(draft, actor=None, now=NOW)
        return answer

    where = reverse(f"admin:assessment_{page}_change", args=[rule.pk if page == "pointrule" else draft.pk])
    seen = office.get(where).context
    formsets = [one.formset for one in seen["inline_admin_formsets"]]
    sent = {
        **{name: value for name, value in seen["adminform"].form.initial.items() if value is not None},
        **{f"{one.prefix}-{name}": 0 for one in formsets for name in ("TOTAL_FORMS", "INITIAL_FORMS")},
        "cap_day": 7,
    }
    monkeypatch.setattr(form, "is_valid", published_meanwhile)
    if page == "pointrule":
        sent = filled(draft, name="Read", code="read", points=9)
    answer = office.post(where, sent)
    assert answer.status_code != 302
    rule.refresh_from_db()
    draft.refresh_from_db()
    assert (rule.points, draft.status, draft.cap_day) == (1, "published", None)


def test_a_scheme_stays_with_its_county(world, office, draft):
    """Given to a school, its rules would bind nobody any more, and the next night would take all points back."""
    page = reverse("admin:assessment_pointscheme_change", args=[draft.scheme_id])
    form = office.get(page).context["adminform"].form
    assert not {"unit", "code"} & set(form.fields)
    given = {**{name: form.initial.get(name) or "" for name in form.fields}, "unit": world.schools[0].pk}
    assert office.post(page, given).status_code == 302
    draft.scheme.refresh_from_db()
    assert draft.scheme.unit == world.county
    fresh = {**given, "code": "fresh", "name": "Fresh"}
    answer = office.post(reverse("admin:assessment_pointscheme_add"), fresh)
    assert "unit" in answer.context["adminform"].form.errors


def test_the_examples_of_a_rule_that_voids_show_the_loss(world, office, draft):
    kind = RecordKind.objects.create(code="complaint", name="投诉", needs_event=True, is_complaint=True)
    told = filled(draft, name="被投诉", source="record", items=[kind.pk], effect="void")
    example = office.post(reverse("admin:assessment_pointrule_preview"), told).context["examples"][0]
    assert (example.points, example.worth, example.cuts) == (0, 2, ((Cap.VOID, 2),))


def test_what_voids_by_an_event_earns_nothing_in_its_example(world, office, draft):
    told = filled(draft, name="检讨会", kinds=[world.kinds["lecture"].pk], effect="void")
    example = office.post(reverse("admin:assessment_pointrule_preview"), told).context["examples"][0]
    assert (example.points, example.worth, example.cuts) == (0, 2, ((Cap.VOID, 2),))


def test_what_the_county_holds_gives_more_than_what_a_township_or_a_school_holds(world, office, draft):
    lecture = [world.kinds["lecture"].pk]
    for order, (kinds, points) in enumerate((("centre", 3), ("station", 2), ("school", 1)), start=1):
        rule = add_rule(
            office, draft, name=f"讲座 {kinds}", kinds=lecture, unit_kinds=[kinds], points=points, order=order
        )
        assert rule.unit_kinds == [kinds]
    units = (world.county, world.stations[0], world.schools[0], world.villages[0])
    facts = [
        came(world, n, BEGUN, kind="lecture", unit=unit.pk, unit_kind=unit.kind)
        for n, unit in enumerate(units, start=1)
    ]
    assert [line[1:3] for line in earned(world, draft, facts)] == [(1, 3), (2, 2), (3, 1)]


@pytest.mark.parametrize(
    ("begins", "ends", "points"),
    [("2026-12-10", "2027-01-10", 3), ("2027-03-01", "2027-03-02", 3), ("", "2026-10-08", 3)],
)
def test_examples_lie_where_a_rule_of_few_days_holds(world, office, draft, begins, ends, points):
    told = filled(draft, name="假期阅读", points=3, begins_on=begins, ends_on=ends)
    found = office.post(reverse("admin:assessment_pointrule_preview"), told).context["examples"]
    assert found[0].points == points


def test_a_published_rule_is_read_in_words(office, draft):
    kinds = [kind.pk for kind in EventKind.objects.filter(code__in=["lecture", "salon"])]
    add_rule(office, draft, name="Read", code="read", unit_kinds=["school"], step_lines="2 5", kinds=kinds)
    rule = draft.rules.get()
    SchemeVersion.objects.filter(pk=draft.pk).update(status="published")
    page = office.get(reverse("admin:assessment_pointrule_change", args=[rule.pk])).content.decode()
    assert "满 2 次得 5 分" in page
    assert "Step lines" not in page
    assert "讲座、沙龙" in page.partition("活动类别")[2]
    assert "[&quot;school&quot;]" not in page
    assert ">attendance<" not in page


def history(office, row):
    """What the page of a row's history tells, the latest first: the act and its details."""
    page = office.get(reverse(f"admin:assessment_{row._meta.model_name}_history", args=[row.pk]))
    return [(str(act), dict(details)) for _entry, act, details in page.context["acts"]]


def save_version(office, draft, stars=(), **more):
    """The form of a draft as a browser sends it, without shared limits."""
    sent = {
        "scheme": draft.scheme_id,
        "number": 1,
        "effective_from": "2026-09-01",
        "counting": "ever",
        **more,
    }
    kept = [star for star in stars if "id" in star]
    sent |= {"groups-TOTAL_FORMS": 0, "groups-INITIAL_FORMS": 0}
    sent |= {"stars-TOTAL_FORMS": len(stars), "stars-INITIAL_FORMS": len(kept)}
    for place, star in enumerate(stars):
        filled_in = {"route": 1, "basis": "points", "also_times": 0, "also_rule_times": 0, "keeps": 0, **star}
        sent |= {f"stars-{place}-{name}": value for name, value in filled_in.items()}
    answer = office.post(reverse("admin:assessment_schemeversion_change", args=[draft.pk]), sent)
    assert answer.status_code == 302, [of.formset.errors for of in answer.context["inline_admin_formsets"]]


def test_the_history_of_a_draft_tells_its_stars_and_rules_to_who_reads_the_county_s_audit(office, draft):
    star = {"level": 1, "name": "一星", "threshold": 10}
    save_version(office, draft, [star], cap_day=2)
    assert history(office, draft) == [("修改", {"改动的项目": "全部规则每天最多", "新增": "一星"})]
    kept = {"id": draft.stars.get().pk, "version": draft.pk}
    save_version(office, draft, [{**star, **kept, "threshold": 12}], cap_day=2)
    assert history(office, draft)[0] == ("修改", {"修改": "一星"})
    save_version(office, draft, [{**star, **kept, "threshold": 12}], cap_day=2)
    assert len(history(office, draft)) == 2
    save_version(office, draft, [{**star, **kept, "threshold": 12, "DELETE": "on"}], cap_day=2)
    assert history(office, draft)[0] == ("修改", {"删去": "一星"})
    rule = add_rule(office, draft, name="来过", code="came")
    office.post(
        reverse("admin:assessment_pointrule_change", args=[rule.pk]),
        filled(draft, name="来过", code="came", points=3),
    )
    assert history(office, rule)[0] == ("修改草稿中的规则", {"改动的项目": "积分", "名称": "来过"})
    office.post(reverse("admin:assessment_pointrule_delete", args=[rule.pk]), {"post": "yes"})
    assert not draft.rules.exists()
    assert [(act, told["名称"]) for act, told in history(office, draft)[:3]] == [
        ("从草稿中删去规则", "来过"),
        ("修改草稿中的规则", "来过"),
        ("在草稿中新增规则", "来过"),
    ]
