"""The admin's side doors: what look-up boxes and drop-downs name lies in the asker's reach, like the list itself."""

import pytest
from django.contrib import admin
from django.urls import reverse

from accounts.scoped_admin import permission
from tests.matrix.places import rows_in_reach
from tests.matrix.rows import fill
from tests.world import NOW, build_world

ASKERS = ["county_staff", "station_lead:0", "school_lead:0", "class_teacher:0", "inspector"]


@pytest.fixture
def full(db, time_machine, settings):
    time_machine.move_to(NOW, tick=False)
    settings.STAFF_SECOND_FACTOR = False
    return fill(build_world())


def seeing(model):
    return [permission(model, verb) for verb in ("view", "change")]


def looked_up():
    """(model, field, model looked up) of every look-up box of the admin."""
    for model, model_admin in admin.site._registry.items():
        for inline in [model_admin, *(i(model, admin.site) for i in model_admin.inlines)]:
            for name in inline.autocomplete_fields:
                yield inline.model, name, inline.model._meta.get_field(name).remote_field.model


@pytest.mark.parametrize("asker", ASKERS)
def test_an_autocomplete_out_of_scope_names_nobody(full, client, asker):
    client.force_login(full.staff[asker], backend="accounts.backends.RoleBackend")
    boxes = list(looked_up())
    assert boxes
    for model, field, target in boxes:
        asked = {
            "app_label": model._meta.app_label,
            "model_name": model._meta.model_name,
            "field_name": field,
            "term": "",
        }
        answer = client.get(reverse("admin:autocomplete"), asked)
        reach = rows_in_reach(
            full.staff[asker],
            target,
            *seeing(target),
        )
        if answer.status_code != 200:
            assert answer.status_code in (403, 404)
            continue
        named = {int(row["id"]) for row in answer.json()["results"]}
        assert named <= reach, (asker, model, field)


@pytest.mark.parametrize("asker", ASKERS)
def test_a_list_filter_out_of_scope_finds_nothing(full, client, asker):
    """Whatever is written into the address of a list, only rows in reach are shown."""
    client.force_login(full.staff[asker], backend="accounts.backends.RoleBackend")
    for model in admin.site._registry:
        reach = rows_in_reach(
            full.staff[asker],
            model,
            *seeing(model),
        )
        for query in ({"id__gte": "0"}, {"pk__in": "1,2,3,4,5,6,7,8"}, {"e": "1"}):
            url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            page = client.get(url, query)
            if page.status_code == 200 and page.context and "cl" in page.context:
                assert set(page.context["cl"].queryset.values_list("pk", flat=True)) <= reach, (
                    asker,
                    model,
                    query,
                )
