"""Schemes as the county writes them in the office."""

from __future__ import annotations

import pytest
from django.urls import reverse

from assessment.engine.metrics import METRICS
from assessment.enums import Scoring
from assessment.models import AppraisalScheme, Indicator, Section
from portal.kernel.models import AuditEntry

pytestmark = pytest.mark.usefixtures("at_noon")


def scheme_page(sheets) -> str:
    return reverse("admin:assessment_appraisalscheme_change", args=[sheets.scheme.pk])


def section_page(sheets) -> str:
    return reverse("admin:assessment_section_change", args=[sheets.scheme.sections.get(order=1).pk])


def sent_back(page, **changes: str) -> dict[str, str]:
    """What the browser sends of an admin page as it was shown."""
    form = page.context["adminform"].form
    forms = [form, *(f for inline in page.context["inline_admin_formsets"] for f in inline.formset.forms)]
    sent = {f.add_prefix(name): f[name].value() for f in forms for name in f.fields}
    for inline in page.context["inline_admin_formsets"]:
        management = inline.formset.management_form
        sent |= {management.add_prefix(name): management[name].value() for name in management.fields}
    return {name: "" if value is None else value for name, value in sent.items()} | changes


def test_the_county_admin_changes_an_indicator_with_a_trace(sheets, as_):
    client = as_("county_admin")
    page = client.get(section_page(sheets))
    answer = client.post(
        section_page(sheets),
        sent_back(page, **{"indicators-0-text": "New words", "indicators-0-part_lines": "一 2\n二 4"}),
    )
    assert answer.status_code == 302, answer.context["errors"]
    changed = Indicator.objects.get(number="1")
    assert (changed.text, changed.parts) == ("New words", [["一", 2], ["二", 4]])
    entry = AuditEntry.objects.get(action="assessment.change_indicator")
    assert (entry.actor, entry.object_id, entry.path) == (
        sheets.by("county_admin"), str(changed.pk), sheets.world.county.path,
    )  # fmt: skip


def test_a_scheme_in_use_is_shown_but_not_changed(sheets, as_):
    client = as_("county_admin")
    sent = sent_back(client.get(section_page(sheets)), **{"indicators-0-text": "New words"})
    sheets.hand_in()
    assert client.get(scheme_page(sheets)).context["is_frozen"]
    assert client.post(section_page(sheets), sent).status_code == 403
    assert client.post(scheme_page(sheets), {"name": "x"}).status_code == 403
    assert not Indicator.objects.filter(text="New words").exists()


def test_schemes_are_changed_by_the_county_admin_alone(sheets, as_):
    sent = sent_back(as_("county_admin").get(section_page(sheets)), **{"indicators-0-text": "New words"})
    took = set()
    for name in sheets.everybody:
        as_(name).post(section_page(sheets), sent)
        as_(name).post(
            reverse("admin:assessment_appraisalscheme_copy", args=[sheets.scheme.pk]),
            {"code": "c", "name": "C"},
        )
        if Indicator.objects.filter(text="New words").exists():
            took.add(name)
            Indicator.objects.filter(text="New words").update(text="指导委员会健全")
    assert took == {"county_admin"}
    assert AppraisalScheme.objects.count() == 2


def test_who_may_only_read_sees_parts_and_bands_in_words(sheets, as_, settings):
    settings.LANGUAGE_CODE = "zh-hans"
    Indicator.objects.filter(section__scheme=sheets.scheme).update(
        parts=[["班子健全", 3]], scoring=Scoring.RATIO_BANDS, metric="participation", bands=[[800, 6]]
    )
    page = as_("inspector").get(section_page(sheets)).text
    assert all(words in page for words in ("班子健全 3", "80% 6", str(METRICS["participation"].name)))
    assert not any(word in page for word in ("Part lines", "Band lines", "None", ">participation<"))


def test_lines_go_only_before_a_year_is_opened(sheets, as_):
    client = as_("county_admin")
    sent = sent_back(client.get(scheme_page(sheets)), **{"sections-0-DELETE": "on"})
    client.post(scheme_page(sheets), sent)
    assert Section.objects.filter(scheme=sheets.scheme).count() == 2


def ours(county) -> dict:
    return {"code": "ours", "name": "Ours", "title": "{year} ours", "unit": county.pk}


def test_a_scheme_is_made_in_the_browser(sheets, as_):
    client = as_("county_admin")
    url = reverse("admin:assessment_appraisalscheme_add")
    section = {"TOTAL_FORMS": "1", "0-order": "1", "0-name": "One", "0-max_points": "10"}
    sent = sent_back(client.get(url), **ours(sheets.world.county), kinds=["village"])
    answer = client.post(url, sent | {f"sections-{name}": value for name, value in section.items()})
    assert answer.status_code == 302, answer.context["errors"]
    made = AppraisalScheme.objects.get(code="ours")
    assert (made.kinds, list(made.sections.values_list("name", "max_points"))) == (["village"], [("One", 10)])


def test_a_forged_county_of_a_scheme_is_refused(sheets, as_):
    client = as_("county_admin")
    url = reverse("admin:assessment_appraisalscheme_add")
    sent = sent_back(client.get(url), **ours(sheets.world.stations[0]), kinds=["village"])
    assert client.post(url, sent).status_code == 200
    assert not AppraisalScheme.objects.filter(code="ours").exists()
