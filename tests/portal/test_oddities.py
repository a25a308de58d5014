"""What looks odd in the data: each seen by who can put it right, within the own reach, with the way there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.access import scope_for
from accounts.enums import Basis
from accounts.models import RoleAssignment
from accounts.scopes import Scope
from events.enums import EventStatus
from events.models import Attendance, Event
from parentschool.models import Child, Guardianship, SchoolClass
from portal.oddities import ODDITIES, oddities_within
from tests.assessment.facts import came, held
from tests.queries import assert_same_queries
from tests.world import NOW, TODAY, person


@pytest.fixture(autouse=True)
def english(settings, time_machine):
    settings.STAFF_SECOND_FACTOR = False
    settings.LANGUAGE_CODE = "en"
    time_machine.move_to(NOW, tick=False)
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def odd(world):
    """Each oddity once in the first township; the second is tidy."""
    Event.objects.all().delete()
    school = world.schools[0]
    early = held(school, world.kinds["lecture"], TODAY + timedelta(days=3), title="Early")
    came(world.parents[0], early)
    held(school, world.kinds["lecture"], TODAY - timedelta(days=9), title="Late")
    later = held(school, world.kinds["lecture"], TODAY - timedelta(days=5), title="Not late yet")
    off = held(school, world.kinds["lecture"], TODAY - timedelta(days=9), title="Off")
    Event.objects.filter(pk=off.pk).update(status=EventStatus.CANCELLED)
    assert later.status == EventStatus.HELD
    own = world.classes[0]
    Child.objects.create(basis=Basis.DUTY, name="Alone", school_class=own, path=own.path)
    SchoolClass.objects.create(
        school=school, stage=own.stage, entry_year=2023, number=1, path=f"{own.path[:-4]}0009"
    )
    person("Parent 0", home=school, phone="13800000000")
    RoleAssignment.objects.filter(unit=school, role="school_lead").delete()
    return world


def found(world, who):
    return {
        one.oddity.code: one.number
        for one in oddities_within(lambda p: scope_for(world.as_(who), p), now=NOW)
    }


def client_of(world, who):
    client = Client()
    client.force_login(world.as_(who), backend="accounts.backends.RoleBackend")
    return client


def rows(page):
    return {words for words, _url in page.context["rows"]}


def test_each_oddity_is_found_once_where_it_is(odd):
    each_once = dict.fromkeys(ODDITIES, 1)
    assert found(odd, "county_admin") == each_once
    assert found(odd, "station_lead:0") == each_once
    assert found(odd, "station_lead:1") == {}
    assert found(odd, "village_lead:0") == {}
    assert found(odd, "class_teacher:0") == {"early": 1, "no_roll": 1, "no_guardian": 1}
    assert found(odd, "inspector") == {}


def test_the_start_page_says_what_to_do_and_leads_to_the_place(odd):
    client = client_of(odd, "station_lead:0")
    text = client.get("/admin/").content.decode()
    for oddity in ODDITIES.values():
        assert str(oddity.words) in text
        assert str(oddity.advice) in text
        page = client.get(reverse("admin:oddity", args=[oddity.code]))
        assert len(page.context["rows"]) == 1, oddity.code
        for _words, url in page.context["rows"]:
            assert client.get(url).status_code == 200, url
    assert "Looks odd" not in client_of(odd, "station_lead:1").get("/admin/").content.decode()


def test_an_oddity_that_is_put_right_is_gone(odd):
    client = client_of(odd, "county_admin")
    page = reverse("admin:oddity", args=["no_guardian"])
    assert rows(client.get(page)) == {f"Alone · School 0 {odd.classes[0]}"}
    Guardianship.objects.create(
        guardian=odd.parents[0], child=Child.objects.get(name="Alone"), relation="mother"
    )
    assert "Nothing of this kind is left" in client.get(page).content.decode()
    Attendance.objects.update(revoked_at=NOW)
    cache.clear()
    assert not {"early", "no_guardian"} & set(found(odd, "county_admin"))


def test_two_people_on_one_phone_with_different_names_are_not_odd(odd):
    person("Grandmother", home=odd.schools[0], phone="13800000000")
    assert found(odd, "county_admin")["twice"] == 1


def test_rows_of_another_township_are_not_shown(odd):
    for code in ODDITIES:
        page = client_of(odd, "station_lead:1").get(reverse("admin:oddity", args=[code]))
        assert page.context["rows"] == [], code
    assert client_of(odd, "inspector").get(reverse("admin:oddity", args=["early"])).status_code == 404
    assert client_of(odd, "county_admin").get(reverse("admin:oddity", args=["nothing"])).status_code == 404
    foreign = f"{reverse('admin:oddity', args=['early'])}?unit={odd.schools[1].pk}"
    assert client_of(odd, "station_lead:0").get(foreign).status_code == 404
    narrowed = f"{reverse('admin:oddity', args=['early'])}?unit={odd.schools[1].pk}"
    assert client_of(odd, "county_admin").get(narrowed).context["rows"] == []


def test_a_page_asks_as_much_for_more_rows(odd):
    client = client_of(odd, "county_admin")
    for oddity in ODDITIES.values():
        page = reverse("admin:oddity", args=[oddity.code])

        def more(code=oddity.code):
            for n in range(2):
                held(odd.schools[0], odd.kinds["lecture"], TODAY - timedelta(days=20), title=f"{code} {n}")
                child = Child.objects.create(
                    basis=Basis.DUTY,
                    name=f"{code} {n}",
                    school_class=odd.classes[0],
                    path=odd.classes[0].path,
                )
                assert child.pk
                person("Parent 0", home=odd.schools[0], phone="13800000000")

        assert_same_queries(lambda page=page: client.get(page), more, at_most=8)


def test_counts_ask_the_database_once_a_minute(odd, django_assert_num_queries):
    scope = Scope.of(odd.county.path)
    with django_assert_num_queries(len(ODDITIES)):
        oddities_within(lambda _permission: scope, now=NOW)
    with django_assert_num_queries(0):
        oddities_within(lambda _permission: scope, now=NOW)
