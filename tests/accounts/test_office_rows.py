"""The rows of every office list say what Django's own tag would say, for less."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.contrib.admin.templatetags.admin_list import results
from django.test import RequestFactory
from django.urls import reverse

from accounts.models import Person
from accounts.office_rows import rows_of
from accounts.scoped_admin import BoundedPaginator
from tests.matrix.rows import fill
from tests.world import NOW, build_world

MARKS = re.compile(r' nowrap|<span class="nowrap">|</span>| class="nowrap"')


ICON = re.compile(r'<img src="[^"]*/icon-(yes|no|unknown)\.svg" alt="\w+">')
SAID = {"yes": "是", "no": "否", "unknown": "–"}


def in_words(rows):
    """Django's pictures of yes and no as our lists say them: in words."""
    return ICON.sub(lambda found: SAID[found[1]], rows)


@pytest.fixture
def full(db, time_machine, settings):
    time_machine.move_to(NOW, tick=False)
    settings.STAFF_SECOND_FACTOR = False
    return fill(build_world())


def page_of(model_admin, person, query=""):
    request = RequestFactory().get(f"/{query}")
    request.user = person
    cl = model_admin.get_changelist_instance(request)
    cl.formset = None
    return cl


def test_each_list_shows_what_djangos_own_tag_shows(full):
    seen = 0
    for model, model_admin in admin.site._registry.items():
        cl = page_of(model_admin, full.staff["county_admin"])
        django = "".join(f"<tr>{''.join(cells)}</tr>" for cells in results(cl))
        shown = rows_of(cl)
        assert "<img" not in shown, model
        assert MARKS.sub("", shown) == MARKS.sub("", in_words(django)), model
        seen += bool(cl.result_list)
    assert seen >= 25, seen


def test_a_name_cannot_bring_markup_into_a_list(full):
    Person.objects.filter(pk=full.parents[0].pk).update(name="<b>x</b>&")
    shown = rows_of(page_of(admin.site.get_model_admin(Person), full.staff["county_admin"]))
    assert "<b>" not in shown
    assert "&lt;b&gt;x&lt;/b&gt;&amp;" in shown


def test_a_pop_up_hands_over_the_row(full):
    cl = page_of(admin.site.get_model_admin(Person), full.staff["county_admin"], "?_popup=1")
    assert f'data-popup-opener="{full.parents[0].pk}"' in rows_of(cl)


def test_the_way_back_leads_to_this_very_list(full):
    cl = page_of(admin.site.get_model_admin(Person), full.staff["county_admin"], "?is_active__exact=1&p=1")
    cl.preserved_filters = "_changelist_filters=is_active__exact%3D1"
    page = reverse("admin:accounts_person_change", args=[full.parents[0].pk])
    assert f'href="{page}?_changelist_filters=is_active__exact%3D1"' in rows_of(cl)


def test_a_long_list_says_that_it_is_not_whole(full, client, settings, monkeypatch):
    settings.LANGUAGE_CODE = "en"
    client.force_login(full.staff["county_admin"], backend="accounts.backends.RoleBackend")
    whole = client.get(reverse("admin:accounts_person_changelist")).content.decode()
    assert "are listed here" not in whole
    monkeypatch.setattr(BoundedPaginator, "LIMIT", 3)
    cut = client.get(reverse("admin:accounts_person_changelist")).content.decode()
    assert "The first 3 are listed here; search to find others." in cut
    found = client.get(reverse("admin:accounts_person_changelist"), {"q": "王"}).content.decode()
    assert "more than" not in found


def test_an_empty_list_says_where_its_rows_come_from(db, client, settings, time_machine):
    time_machine.move_to(NOW, tick=False)
    settings.STAFF_SECOND_FACTOR = False
    world = build_world()
    client.force_login(world.staff["county_admin"], backend="accounts.backends.RoleBackend")
    page = client.get(reverse("admin:assessment_objection_changelist")).content.decode()
    assert "家长在“我的积分”里对某一条提出申诉" in page
    assert "共 0 条" in page
    assert (
        'name="action"' not in client.get(reverse("admin:assessment_certificate_changelist")).content.decode()
    )
