"""Schemes: a ready one loads once, a draft becomes law by publication, and law is not edited."""

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import translation

from assessment.enums import VersionStatus
from assessment.models import PointRule, PointScheme, SchemeVersion, StarLevel
from assessment.services.schemes import (
    SchemeRefused,
    copy_as_draft,
    load_scheme,
    publish_version,
    read_ready_scheme,
)
from assessment.wording import rule_sentence, star_sentence, star_sentences
from events.models import EventKind
from portal.kernel.models import AuditEntry
from tests.world import NOW, TODAY


def load(world):
    return load_scheme(
        read_ready_scheme("daowen"), county=world.county, effective_from=date(2025, 9, 1), actor=None, now=NOW
    )


def test_the_published_points_of_the_handbook(world):
    """points_B_daowen_alliance_parent_growth_handbook.csv, items 1 to 5: one point each time."""
    load(world)
    given = {
        kind: rule.points
        for rule in PointRule.objects.prefetch_related("kinds")
        for kind in rule.kinds.values_list("code", flat=True)
    }
    assert given == dict.fromkeys(
        ["lecture", "salon", "open_day", "parents_meeting", "committee_meeting", "parent_child"], 1
    )
    assert list(StarLevel.objects.order_by("level").values_list("level", "threshold")) == [
        (3, 0),
        (4, 10),
        (5, 20),
    ]


def test_one_point_is_said_in_the_singular(world):
    load(world)
    with translation.override("en"):
        said = [rule_sentence(rule, []) for rule in PointRule.objects.all()]
    assert any("1 point is spent for each" in sentence for sentence in said)
    assert not any("1 points" in sentence for sentence in said)


def test_loading_twice_changes_nothing(world):
    assert load(world).is_new
    assert not load(world).is_new
    assert SchemeVersion.objects.count() == 1
    assert AuditEntry.objects.filter(action="scheme.publish").count() == 1


def test_the_command_reads_the_rules_back_as_sentences(world):
    out = StringIO()
    with translation.override("zh-hans"):
        call_command("load_point_scheme", county=world.county.code, stdout=out)
    assert "每次 1 分" in out.getvalue()
    assert PointScheme.objects.count() == 1
    with pytest.raises(CommandError):
        call_command("load_point_scheme", "nothing", county=world.county.code)
    with pytest.raises(CommandError):
        call_command("load_point_scheme", county="999999")


def test_a_draft_copies_rules_kinds_and_stars(world):
    first = load(world).scheme.versions.get()
    draft = copy_as_draft(first, effective_from=TODAY, actor=None, now=NOW)
    assert (draft.number, draft.status) == (2, VersionStatus.DRAFT)

    def content(version):
        return (
            sorted((r.code, r.points, *sorted(k.code for k in r.kinds.all())) for r in version.rules.all()),
            sorted(version.stars.values_list("level", "name", "threshold")),
        )

    assert content(draft) == content(first)
    assert first.rules.count() == 11


def test_publication_is_refused_until_the_draft_makes_sense(world):
    first = load(world).scheme.versions.get()
    with pytest.raises(SchemeRefused):
        publish_version(first, actor=None, now=NOW)
    draft = copy_as_draft(first, effective_from=first.effective_from, actor=None, now=NOW)
    with pytest.raises(SchemeRefused):
        publish_version(draft, actor=None, now=NOW)
    draft.effective_from = TODAY
    draft.save()
    draft.stars.filter(level=5).update(threshold=5)
    with pytest.raises(SchemeRefused):
        publish_version(draft, actor=None, now=NOW)
    draft.stars.filter(level=5).update(threshold=20)
    draft.rules.all().delete()
    with pytest.raises(SchemeRefused):
        publish_version(draft, actor=None, now=NOW)
    draft.refresh_from_db()
    assert draft.status == VersionStatus.DRAFT


def test_sentences(db):
    rule = PointRule(name="参加讲座", points=1, cap_day=2, cap_year=20)
    star = StarLevel(
        name="四星级家长", threshold=10, also_kind=EventKind(name="讲座"), also_times=2, basis="points"
    )
    with translation.override("zh-hans"):
        assert rule_sentence(rule, []) == "参加讲座：每次 1 分，每天最多 2 分，每学年最多 20 分。"
        assert rule_sentence(rule, ["讲座"]).startswith("参加讲座：")
        assert rule_sentence(rule, ["讲座", "沙龙"]).startswith("参加讲座（讲座、沙龙）：")
        rule.source = "attendance"
        assert rule_sentence(rule, ["讲座"], in_full=True).startswith("参加讲座（讲座）：")
        listed = PointRule(name="参加课程（讲座、沙龙）", source="attendance", points=1)
        assert rule_sentence(listed, ["讲座", "沙龙"], in_full=True) == "参加课程（讲座、沙龙）：每次 1 分。"
        assert rule_sentence(rule, []).startswith("参加讲座（所有活动类别）：")
        assert star_sentence(star, {}) == "四星级家长：满 10 分，并参加讲座不少于 2 次。"
        other = StarLevel(name="四星级家长", threshold=8, basis="points", no_complaint=True)
        nothing = StarLevel(level=1, name="三星级家长", basis="points", threshold=0)
        assert star_sentence(nothing, {}) == "三星级家长：不设门槛。"
        assert star_sentences([star, other], {}) == [
            "四星级家长：满 10 分，并参加讲座不少于 2 次；或者满 8 分，且没有未处理的投诉。"
        ]
        star.also_kind, star.also_rule, star.also_rule_times = None, "reading", 3
        assert "“亲子阅读”" in star_sentence(star, {"reading": "亲子阅读"})
        assert "reading" not in star_sentence(star, {"reading": "亲子阅读"})


@pytest.fixture
def admin_client(world, client, settings, time_machine):
    time_machine.move_to(NOW, tick=False)
    settings.STAFF_SECOND_FACTOR = False
    client.force_login(world.as_("county_admin"), backend="accounts.backends.RoleBackend")
    return client


def test_in_the_office_a_version_is_copied_and_published_only_after_a_trial(world, admin_client):
    first = load(world).scheme.versions.get()
    admin_client.post(reverse("admin:assessment_schemeversion_copy", args=[first.pk]))
    draft = SchemeVersion.objects.get(number=2)
    assert draft.effective_from == TODAY + timedelta(days=1)
    url = reverse("admin:assessment_schemeversion_publish", args=[draft.pk])
    for ask in (admin_client.get, admin_client.post):
        assert ask(url)["Location"] == reverse("admin:assessment_schemeversion_try", args=[draft.pk])
    draft.refresh_from_db()
    assert draft.status == VersionStatus.DRAFT


def test_a_published_version_is_read_only_in_the_office(world, admin_client):
    first = load(world).scheme.versions.get()
    url = reverse("admin:assessment_schemeversion_change", args=[first.pk])
    page = admin_client.get(url)
    assert b'name="_save"' not in page.content
    assert b"/icon-" not in page.content, "yes and no in words"
    assert [inline.opts.model for inline in page.context["inline_admin_formsets"]] == [StarLevel]
    assert admin_client.post(url, {"number": 9}).status_code == 403
    first.refresh_from_db()
    assert first.number == 1


def version_told(version, *stars, **more):
    """The form of a version as a browser sends it, with new stars."""
    rows = {
        f"stars-{n}-{name}": value
        for n, star in enumerate(stars)
        for name, value in {
            **{"level": 1, "route": 1, "name": "一星家长", "basis": "points", "threshold": 5, "keeps": 0},
            **{"also_times": 0, "also_rule": "", "also_rule_times": 0},
            **star,
        }.items()
    }
    return {
        **{"scheme": version.scheme_id, "number": 2, "effective_from": "2026-12-01", "counting": "ever"},
        **{"groups-TOTAL_FORMS": 0, "groups-INITIAL_FORMS": 0},
        **{"stars-TOTAL_FORMS": len(stars), "stars-INITIAL_FORMS": 0},
        **rows,
        **more,
    }


def test_a_new_version_begins_from_the_one_in_force(world, admin_client):
    first = load(world).scheme.versions.get()
    SchemeVersion.objects.update(counting="ever", cap_day=3)
    form = admin_client.get(reverse("admin:assessment_schemeversion_add")).context["adminform"].form
    asked = ("scheme", "number", "counting", "cap_day")
    assert [form.get_initial_for_field(form.fields[name], name) for name in asked] == [
        *(first.scheme_id, 2, "ever", 3)
    ]


def test_a_taken_number_and_a_day_out_of_order_are_told_at_their_fields(world, admin_client):
    first = load(world).scheme.versions.get()
    told = version_told(first, number=1, effective_from="2024-01-01", reason="Kept")
    answer = admin_client.post(reverse("admin:assessment_schemeversion_add"), told)
    assert answer.context["adminform"].form.errors == {
        "number": ["这个方案已有第 1 版，请改用第 2 版。"],
        "effective_from": ["第 1 版自2025年9月1日(周一)起生效，请为这一版选择更晚的日期。"],
    }
    assert 'value="Kept"' in answer.text
    assert SchemeVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("stars", "wrong"),
    [
        (({}, {"threshold": 9}), ("route", "这一星级已有这个途径")),
        (({}, {"level": 2, "threshold": 4}), ("threshold", "低星级的门槛已是 5，")),
        (({"also_rule": "nosuch", "also_rule_times": 2},), ("also_rule", "没有代码为“nosuch”的规则")),
        (({"also_rule": "{code}"},), ("also_rule_times", "至少几次")),
        (({"also_times": 2},), ("also_kind", "什么满这些次")),
    ],
)
def test_a_slip_in_a_star_is_told_at_its_field(world, admin_client, stars, wrong):
    first = load(world).scheme.versions.get()
    draft = copy_as_draft(first, effective_from=TODAY + timedelta(days=1), actor=None, now=NOW)
    draft.stars.all().delete()
    code = draft.rules.first().code
    told = version_told(draft, *({k: str(v).format(code=code) for k, v in star.items()} for star in stars))
    url = reverse("admin:assessment_schemeversion_change", args=[draft.pk])
    answer = admin_client.post(url, told)
    field, words = wrong
    formset = answer.context["inline_admin_formsets"][1].formset
    errors = formset.forms[-1].errors
    assert set(errors) == {field}
    assert words in errors[field][0]
    assert not formset.non_form_errors()
    assert not draft.stars.exists()
    rule, asked = draft.rules.first(), formset.forms[-1]["also_rule"].value()
    assert f'<option value="{rule.code}"' in answer.text, "a rule is chosen by its name"
    assert f">{rule.name}</option>" in answer.text
    assert not asked or f'<option value="{asked}" selected>' in answer.text


def test_a_star_that_asks_for_a_rule_gone_since_is_not_published(world):
    first = load(world).scheme.versions.get()
    draft = copy_as_draft(first, effective_from=TODAY, actor=None, now=NOW)
    draft.stars.filter(level=5).update(also_rule="nosuch", also_rule_times=1)
    with pytest.raises(SchemeRefused, match="nosuch"):
        publish_version(draft, actor=None, now=NOW)
