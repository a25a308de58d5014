"""Points by hand in the office: asked for on a form, decided by a colleague, a posting taken back as a job."""

import pytest
from django.urls import reverse

from assessment.models import Adjustment, Batch, PointEntry, PointRule, PointScheme
from assessment.queries.shards import shards
from assessment.services import by_hand, night
from tests.assessment.facts import came, held, scheme
from tests.queries import assert_same_queries
from tests.world import NOW, TODAY, person


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
    assert clerk.get(decide).context["unfit"]
    clerk.post(decide, {"approve": "1", "reason": ""})
    assert not PointEntry.objects.exists()
    chief = office("county_admin")
    assert chief.post(decide, {"refuse": "1", "reason": ""}).context["form"].errors
    assert chief.post(decide, {"approve": "1", "reason": ""}).status_code == 302
    assert PointEntry.objects.get().points == 5


def test_what_was_spent_and_what_is_left_stand_on_both_pages(world, office, client):
    PointScheme.objects.update(spending="any")
    parent, clerk = world.parents[0], world.as_("county_staff")
    asked = {"actor": clerk, "now": NOW}
    by_hand.adjust(parent, points=2, reason="the roll was lost", **asked)
    by_hand.spend(parent, points=1, what="a trip", **asked)
    address = reverse("admin:assessment_pointentry_person", args=[parent.pk])
    page = office("county_staff").get(address)
    assert (page.context["total"], page.context["spendable"]) == (2, 1)
    everything = client.get(address, {"period": "all"})
    assert [line.points for line in everything.context["lines"]] == [-1, 2]
    assert everything.context["total"] == 1
    client.force_login(parent, backend="accounts.backends.RoleBackend")
    own = client.get(reverse("points"))
    assert (own.context["total"], own.context["spendable"]) == (2, 1)
    (line,) = own.context["spent"]
    assert (line.points, line.words, line.note) == (-1, "兑换积分", "a trip")
    assert reverse("object", args=[line.entry.pk]) in own.text
    PointScheme.objects.update(spending="never")
    assert client.get(reverse("points")).context["spendable"] is None


def test_every_line_ever_holds_those_that_expire(world, office):
    PointRule.objects.update(validity="months", valid_months=1)
    parent = world.parents[0]
    came(parent, held(world.schools[0], world.kinds["lecture"], TODAY))
    for shard in shards():
        night.count_points(shard, TODAY)
    address = reverse("admin:assessment_pointentry_person", args=[parent.pk])
    assert len(office("county_staff").get(address, {"period": "all"}).context["lines"]) == 1


def test_namesakes_are_told_apart_where_they_are_picked_and_decided_on(world, office):
    twins = [person("Twin", home=school, phone=f"1380000{n}888") for n, school in enumerate(world.schools)]
    clerk = office("county_staff")
    asked = {"app_label": "assessment", "model_name": "adjustment", "field_name": "person", "term": "Twin"}

    def found():
        return {row["text"] for row in clerk.get(reverse("admin:autocomplete"), asked).json()["results"]}

    assert found() == {f"Twin · {twin.home} · {twin.masked_phone}" for twin in twins}
    assert_same_queries(found, lambda: person("Twin", home=world.schools[0], phone="13800009888"))
    add = reverse("admin:assessment_adjustment_add")
    given = {**form_of(clerk.get(add)), "person": twins[1].pk, "points": 0, "reason": "x", "note": ""}
    page = clerk.post(add, given)
    assert list(page.context["adminform"].form.errors) == ["points"], "beside the field, in words"
    assert twins[1].told_apart in page.text
    clerk.post(add, {**given, "points": 5})
    change = reverse("admin:assessment_adjustment_change", args=[Adjustment.objects.get().pk])
    decide = reverse("admin:assessment_adjustment_decide", args=[Adjustment.objects.get().pk])
    assert decide not in clerk.get(change).text, "whoever asked does not decide"
    chief = office("county_admin")
    assert decide in chief.get(change).text
    assert "例如 2" not in chief.get(change).text, "a hint for who types"
    for address in (decide, change, reverse("admin:assessment_adjustment_changelist")):
        assert str(world.schools[1]) in chief.get(address).text


def test_a_posting_is_taken_back_with_a_reason(world, office, django_capture_on_commit_callbacks):
    by_hand.adjust(world.parents[0], points=1, reason="x", actor=world.as_("county_staff"), now=NOW)
    batch = Batch.objects.get()
    url = reverse("admin:assessment_batch_reverse", args=[batch.pk])
    chief = office("county_admin")
    assert chief.post(url, {"reason": ""}).context["form"].errors
    with django_capture_on_commit_callbacks(execute=True):
        done = chief.post(url, {"reason": "a slip"})
    assert reverse("admin:assessment_batch_change", args=[batch.pk]) in chief.get(done.url).text
    assert [entry.points for entry in PointEntry.objects.order_by("pk")] == [1, -1]
    assert chief.get(url).context["refusal"]


def test_points_handed_in_are_refused_in_words_at_the_field(world, office):
    PointScheme.objects.update(spending="any")
    add = reverse("admin:assessment_spending_add")
    clerk = office("county_staff")
    token = clerk.get(add).context["adminform"].form["token"].value()
    for points in (3, 0):
        given = {"token": token, "person": world.parents[0].pk, "points": points, "what": "a trip"}
        page = clerk.post(add, given)
        assert list(page.context["adminform"].form.errors) == ["points"]
