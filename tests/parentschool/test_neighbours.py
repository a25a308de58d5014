"""A village lead takes people in one by one: the service, and the pages on the phone."""

import pytest
from django.urls import reverse

from accounts.models import Person
from accounts.phones import BadPhone
from parentschool.models import Membership
from parentschool.services.learners import LearnerRefused, NameNeeded, take_in_neighbour
from portal.kernel.models import AuditEntry
from tests.queries import assert_same_queries
from tests.world import NOW


def take_in(village, **given):
    return take_in_neighbour(village, actor=None, now=NOW, **given)


@pytest.fixture
def village(world):
    return world.villages[0]


def test_somebody_new_becomes_a_learner(village):
    learner = take_in(village, name=" 刘 大山 ", phone="137 0000 0001", household="东头")
    assert (learner.person.name, learner.person.phone) == ("刘 大山", "13700000001")
    assert (learner.school, learner.school_year, learner.household) == (village, 2026, "东头")
    assert learner.person.home == village
    assert set(AuditEntry.objects.values_list("action", flat=True)) == {"membership.add", "learner.enrol"}


def test_phone_and_name_recognise_somebody_of_the_county(world, village):
    learner = take_in(village, name="Parent 1", phone="13800000001")
    assert learner.person == world.parents[1]
    assert learner.person.home == world.schools[1]


def test_the_same_again_changes_nothing(village):
    for _ in range(2):
        take_in(village, name="刘大山", phone="13700000001")
    assert Membership.objects.filter(school=village).count() == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "陌生人", "phone": "13800000000"}, "phone"),
        ({"name": "陈秀英"}, "name"),
        ({"name": "陈秀英", "household": "东头"}, "name"),
        ({"name": "陈秀英", "phone": "13700000009"}, "name"),
    ],
)
def test_what_may_be_somebody_on_record_is_asked(world, village, given, field):
    take_in(village, name="陈秀英", household="东头")
    before = Person.objects.count()
    with pytest.raises(LearnerRefused) as refusal:
        take_in(village, **given)
    assert refusal.value.details["field"] == field
    assert "Parent 0" not in str(refusal.value)
    assert Person.objects.count() == before
    take_in(village, **given, is_another=True)
    assert Person.objects.count() == before + 1


def test_another_household_tells_namesakes_apart(village):
    take_in(village, name="陈秀英", household="东头")
    take_in(village, name="陈秀英", household="西头")
    assert Person.objects.filter(name="陈秀英").count() == 2


@pytest.mark.parametrize(
    ("given", "error"), [({"name": "刘"}, NameNeeded), ({"name": "刘大山", "phone": "1370"}, BadPhone)]
)
def test_bad_input_is_refused(village, given, error):
    with pytest.raises(error):
        take_in(village, **given)
    assert not Membership.objects.filter(school=village).exists()


def test_a_school_with_classes_takes_nobody_in_so(world):
    with pytest.raises(LearnerRefused):
        take_in(world.schools[0], name="刘大山")


@pytest.fixture
def lead(world, client, settings, time_machine):
    settings.STAFF_SECOND_FACTOR = False
    time_machine.move_to("2026-10-12T10:00+08:00", tick=False)
    client.force_login(world.as_("village_lead:0"))
    return client


NEW = "neighbour_new"


def test_a_village_lead_adds_a_person(world, lead, village):
    page = lead.get(reverse("work")).content.decode()
    assert reverse("neighbour_list") in page
    form = {"unit": village.pk, "name": "刘大山", "phone": "", "household": "东头"}
    assert lead.post(reverse(NEW), form).url == reverse("neighbour_list")
    page = lead.get(reverse("neighbour_list")).content.decode()
    assert "刘大山" in page
    assert "东头" in page


def test_a_refusal_keeps_what_was_typed_and_asks(world, lead, village):
    form = {"unit": village.pk, "name": "陌生人", "phone": "13800000000", "household": "东头"}
    page = lead.post(reverse(NEW), form)
    shown = page.content.decode()
    assert page.context["form"].errors.keys() == {"phone"}
    assert all(f'value="{text}"' in shown for text in ("陌生人", "13800000000", "东头"))
    assert lead.post(reverse(NEW), form | {"is_another": "on"}).status_code == 302


def test_a_bad_number_stands_at_its_field(lead, village):
    page = lead.post(reverse(NEW), {"unit": village.pk, "name": "刘大山", "phone": "137"})
    assert page.context["form"].errors.keys() == {"phone"}


def test_a_village_of_somebody_else_is_refused(world, lead):
    page = lead.post(reverse(NEW), {"unit": world.villages[1].pk, "name": "刘大山"})
    assert page.context["form"].errors.keys() == {"unit"}
    assert not Person.objects.filter(name="刘大山").exists()


def test_only_the_own_people_are_listed(world, lead, village):
    take_in(village, name="刘大山", phone="13700000001")
    take_in(world.villages[1], name="陈秀英")
    page = lead.get(reverse("neighbour_list"))
    assert {row.person.name for row in page.context["people"]} == {"刘大山"}
    assert "13700000001" not in page.content.decode()
    assert not lead.post(reverse("neighbour_list"), {"q": "陈"}).context["people"]


def test_the_list_asks_as_much_for_many(lead, village):
    take_in(village, name="刘大山")
    assert_same_queries(
        lambda: lead.get(reverse("neighbour_list")),
        lambda: [take_in(village, name=name) for name in ("陈秀英", "王秀英")],
        at_most=12,
    )
