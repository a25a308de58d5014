"""Points by hand in the office: asked for on a form, decided by a colleague, a posting taken back as a job."""

import pytest
from django.urls import reverse

from assessment.models import Adjustment, Batch, PointEntry, PointScheme
from assessment.services import by_hand
from tests.assessment.facts import scheme
from tests.world import NOW


@pytest.fixture
def office(client, world, settings):
    settings.STAFF_SECOND_FACTOR = False
    scheme(world, {"code": "lecture"})

    def sign_in(name):
        client.force_login(world.as_(name), backend="accounts.backends.RoleBackend")
        return client

    return sign_in


def form_of(page):
    return {name: page.context["adminform"].form[name].value() or "" for name in ("token", "about")}


def test_asked_by_one_and_approved_by_another(world, office):
    add = reverse("admin:assessment_adjustment_add")
    clerk = office("county_staff")
    given = {**form_of(clerk.get(add)), "person": world.parents[0].pk, "points": 5, "note": ""}
    page = clerk.post(add, {**given, "reason": " "})
    assert "reason" in page.context["adminform"].form.errors
    for _twice in range(2):
        assert clerk.post(add, {**given, "reason": "the roll was lost"}).status_code == 302
    asked = Adjustment.objects.get()
    decide = reverse("admin:assessment_adjustment_decide", args=[asked.pk])
    assert clerk.get(decide).context["is_own"]
    clerk.post(decide, {"approve": "1", "reason": ""})
    assert not PointEntry.objects.exists()
    chief = office("county_admin")
    assert chief.post(decide, {"refuse": "1", "reason": ""}).context["form"].errors
    assert chief.post(decide, {"approve": "1", "reason": ""}).status_code == 302
    assert PointEntry.objects.get().points == 5


def test_a_posting_is_taken_back_with_a_reason(world, office, django_capture_on_commit_callbacks):
    by_hand.adjust(world.parents[0], points=1, reason="x", actor=world.as_("county_staff"), now=NOW)
    batch = Batch.objects.get()
    url = reverse("admin:assessment_batch_reverse", args=[batch.pk])
    chief = office("county_admin")
    assert chief.post(url, {"reason": ""}).context["form"].errors
    with django_capture_on_commit_callbacks(execute=True):
        assert chief.post(url, {"reason": "a slip"}).status_code == 302
    assert [entry.points for entry in PointEntry.objects.order_by("pk")] == [1, -1]
    assert chief.get(url).context["refusal"]


def test_points_handed_in_are_refused_in_words_at_the_field(world, office):
    PointScheme.objects.update(spending="any")
    add = reverse("admin:assessment_spending_add")
    clerk = office("county_staff")
    token = clerk.get(add).context["adminform"].form["token"].value()
    page = clerk.post(add, {"token": token, "person": world.parents[0].pk, "points": 3, "what": "a trip"})
    assert "points" in page.context["adminform"].form.errors
