"""The pages of people and roles, as staff use them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import Person, RoleAssignment
from portal.kernel.models import AuditEntry
from tests.queries import assert_same_queries
from tests.world import NOW, TODAY, appoint, person

LIST = "admin:accounts_person_changelist"
NUMBER = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")


@pytest.fixture(autouse=True)
def english(settings, time_machine):
    settings.STAFF_SECOND_FACTOR = False
    settings.LANGUAGE_CODE = "en"
    time_machine.move_to(NOW)


@pytest.fixture
def lead(world, client):
    client.force_login(world.as_("school_lead:0"))
    return client


def page_of(who, name="change"):
    return reverse(f"admin:accounts_person_{name}", args=[who.pk])


def names(answer) -> set[str]:
    return {row.name for row in answer.context["cl"].queryset}


# ── The list ─────────────────────────────────────────────────────────────────


def test_row_05_the_list_shows_no_whole_number(world, lead):
    answer = lead.get(reverse(LIST))
    assert names(answer) == {"Parent 0", "school_lead:0", "class_teacher:0", "lecturer:0"}
    text = answer.content.decode()
    assert "138****0000" in text
    assert not NUMBER.search(text)
    assert "class teacher（School 0）" in text


def test_the_list_asks_as_much_for_more_people(world, lead):
    def three_more():
        for number in range(3):
            who = person(f"More {number}", home=world.schools[0], phone=f"1390000000{number}")
            appoint(who, "lecturer", world.schools[0])

    assert_same_queries(lambda: lead.get(reverse(LIST)), three_more, at_most=8)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "Paren"}, {"Parent 0"}),
        ({"q": "arent"}, set()),
        ({"q": "0000"}, {"Parent 0"}),
        ({"q": "0001"}, set()),
        ({"q": "parent0"}, {"Parent 0"}),
        ({"role": "class_teacher"}, {"class_teacher:0"}),
        ({"is_active__exact": "0"}, set()),
    ],
)
def test_searching_the_own_area(world, lead, query, found):
    assert names(lead.get(reverse(LIST), query)) == found


def test_row_45_a_whole_number_is_found_without_standing_in_an_address(world, lead):
    answer = lead.post(reverse("admin:accounts_person_find"), {"q": "+86 138 0000 0000"})
    assert answer.url == page_of(world.parents[0])
    for address in re.findall(r'(?:href|action|src)="([^"]*)"', lead.get(reverse(LIST)).content.decode()):
        assert not NUMBER.search(address)
    assert names(lead.get(reverse(LIST), {"q": "13800000000"})) == set(), "an address is no way to ask for it"


def test_row_45_a_shared_number_gives_a_list_without_it(world, lead):
    grandfather = person("Grandfather", home=world.schools[0], phone="13800000000")
    answer = lead.post(reverse("admin:accounts_person_find"), {"q": "13800000000"})
    assert not NUMBER.search(answer.url)
    assert names(lead.get(answer.url)) == {"Parent 0", grandfather.name}


def test_row_03_a_number_from_next_door_is_not_found(world, lead):
    answer = lead.post(reverse("admin:accounts_person_find"), {"q": "13800000001"}, follow=True)
    assert "Nobody in your area" in answer.content.decode()


def test_other_searches_go_on_as_ever_and_keep_the_filters(world, lead):
    answer = lead.post(reverse("admin:accounts_person_find"), {"q": "Paren", "is_active__exact": "1"})
    assert answer.url == f"{reverse(LIST)}?is_active__exact=1&q=Paren"
    assert lead.post(reverse("admin:accounts_person_find"), {"q": " "}).url == reverse(LIST)


# ── One person ───────────────────────────────────────────────────────────────


def form_of(who, **given):
    return {"name": who.name, "username": who.username or "", "home": who.home_id, "number": "", **given}


def test_adding_registers_through_the_service(world, lead):
    answer = lead.post(
        reverse("admin:accounts_person_add"),
        {"name": "Li Si", "username": "", "home": world.schools[0].pk, "number": "139 0000 1111"},
    )
    assert answer.status_code == 302
    made = Person.objects.get(name="Li Si")
    assert (made.phone, made.path) == ("13900001111", world.schools[0].path)
    assert AuditEntry.objects.filter(action="person.register").count() == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"username": "13900001111"}, "begins with a letter"),
        ({"number": "123"}, "11 digits"),
        ({"username": "county_admin"}, "already exists"),
        ({"home": "foreign"}, "valid choice"),
    ],
)
def test_a_refusal_stands_at_its_field_and_keeps_what_was_typed(world, lead, given, words):
    if "home" in given:
        given = {"home": world.schools[1].pk}
    answer = lead.post(
        reverse("admin:accounts_person_add"),
        {"name": "Li Si", "username": "", "home": world.schools[0].pk, "number": "", **given},
    )
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert 'value="Li Si"' in answer.content.decode()
    assert not Person.objects.filter(name="Li Si").exists()


def test_row_05_the_form_shows_the_number_masked_and_an_empty_field_keeps_it(world, lead):
    parent = world.parents[0]
    text = lead.get(page_of(parent)).content.decode()
    assert "138****0000" in text
    assert not NUMBER.search(text)
    assert lead.post(page_of(parent), form_of(parent, name="Wang Wu")).status_code == 302
    kept = Person.objects.get(pk=parent.pk)
    assert (kept.name, kept.phone) == ("Wang Wu", "13800000000")


@pytest.mark.parametrize(
    ("given", "phone"), [({"number": "13911112222"}, "13911112222"), ({"no_number": "on"}, "")]
)
def test_the_number_is_replaced_or_taken_away(world, lead, given, phone):
    parent = world.parents[0]
    assert lead.post(page_of(parent), form_of(parent, **given)).status_code == 302
    assert Person.objects.get(pk=parent.pk).phone == phone


def test_row_06_what_the_form_does_not_ask_is_not_stored(world, lead):
    parent = world.parents[0]
    sent = form_of(
        parent, password="x", is_active="", path="9", phone="1", phone_index="1", session_generation="7"
    )
    lead.post(page_of(parent), sent)
    kept = Person.objects.get(pk=parent.pk)
    assert (kept.password, kept.is_active, kept.path, kept.phone, kept.session_generation) == (
        parent.password,
        True,
        world.schools[0].path,
        "13800000000",
        0,
    )


def test_row_04_people_from_next_door_are_not_there(world, lead):
    for name in ("change", "unmask", "password", "factor", "shut", "open", "join"):
        for act in (lead.get, lead.post):
            assert act(page_of(world.parents[1], name)).status_code == 404
    assert Person.objects.get(pk=world.parents[1].pk).is_active


# ── Acts ─────────────────────────────────────────────────────────────────────


def test_row_05_one_number_is_shown_once_for_a_reason(world, lead):
    page = page_of(world.parents[0], "unmask")
    assert not NUMBER.search(lead.get(page).content.decode())
    refused = lead.post(page, {"reason": "x"})
    assert not NUMBER.search(refused.content.decode())
    assert not AuditEntry.objects.filter(action="phone.unmask").exists()
    shown = lead.post(page, {"reason": "calling about the home visit"})
    assert "13800000000" in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert AuditEntry.objects.get(action="phone.unmask").summary["reason"] == "calling about the home visit"


def test_a_class_teacher_sees_the_number_and_finds_a_way_back(world, client):
    """Class teachers have no list of people; the page leads them home instead."""
    client.force_login(world.as_("class_teacher:0"))
    shown = client.post(page_of(world.parents[0], "unmask"), {"reason": "home visit"}).content.decode()
    assert "13800000000" in shown
    assert f'href="{reverse("home")}"' in shown
    assert page_of(world.parents[0]) not in shown
    assert client.get(page_of(world.parents[1], "unmask")).status_code == 404


def test_a_one_time_password_is_shown_once(world, lead):
    teacher = world.staff["class_teacher:0"]
    answer = lead.post(page_of(teacher, "password"))
    password = answer.context["shown"]
    assert password in answer.content.decode()
    assert Person.objects.get(pk=teacher.pk).check_password(password)
    assert password not in lead.get(page_of(teacher, "password")).content.decode()


@pytest.mark.parametrize("name", ["password", "factor", "shut"])
def test_the_pages_refuse_what_the_service_refuses(world, lead, name):
    """An administrator whose home unit is the school stays out of its lead's hands."""
    admin = world.staff["county_admin"]
    admin.home, admin.path = world.schools[0], world.schools[0].path
    admin.save()
    answer = lead.post(page_of(admin, name), {"reason": "because of it"})
    assert "reaches further than yours" in answer.content.decode()
    kept = Person.objects.get(pk=admin.pk)
    assert (kept.is_active, kept.password) == (True, admin.password)


def test_letting_in_no_more_and_again(world, lead):
    teacher = world.staff["class_teacher:0"]
    assert page_of(teacher, "shut") in lead.get(page_of(teacher)).content.decode()
    assert lead.post(page_of(teacher, "shut"), {"reason": "left the school"}).url == page_of(teacher)
    assert page_of(teacher, "open") in lead.get(page_of(teacher)).content.decode()
    lead.post(page_of(teacher, "open"), {"reason": "came back"})
    assert Person.objects.get(pk=teacher.pk).is_active


def test_ones_own_page_offers_no_act(world, lead):
    text = lead.get(page_of(world.staff["school_lead:0"])).content.decode()
    assert not [
        name for name in ("password", "factor", "shut") if page_of(world.staff["school_lead:0"], name) in text
    ]


# ── Roles ────────────────────────────────────────────────────────────────────


def appointment(world, **given):
    return {
        "person": world.staff["lecturer:0"].pk,
        "role": "class_teacher",
        "unit": world.schools[0].pk,
        "place": world.classes[0].path,
        "valid_from": TODAY.isoformat(),
        "valid_until": "",
        **given,
    }


ADD = "admin:accounts_roleassignment_add"


def test_a_lead_appoints_a_class_teacher(world, lead):
    form = lead.get(reverse(ADD)).context["adminform"].form
    assert [code for code, _ in form.fields["role"].choices] == [
        "",
        "school_lead",
        "class_teacher",
        "lecturer",
    ]
    assert [path for path, _ in form.fields["place"].choices] == ["", world.classes[0].path]
    assert lead.post(reverse(ADD), appointment(world)).status_code == 302
    made = RoleAssignment.objects.get(person=world.staff["lecturer:0"], role="class_teacher")
    assert (made.path, made.given_by) == (world.classes[0].path, world.staff["school_lead:0"])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"role": "county_admin"}, "not one of the available choices"),
        ({"role": "station_lead"}, "not one of the available choices"),
        ({"unit": "foreign"}, "valid choice"),
        ({"person": "foreign"}, "valid choice"),
        ({"person": "self"}, "Nobody gives a role to themselves"),
        ({"place": ""}, "Choose the class"),
        ({"role": "school_lead", "place": ""}, "acting duty only"),
        ({"valid_until": (TODAY - timedelta(days=1)).isoformat()}, "must not lie before"),
        ({"is_acting": "on"}, "needs an end"),
    ],
)
def test_a_forged_or_wrong_appointment_is_refused_at_its_field(world, lead, given, words):
    swaps = {
        "unit": world.schools[1].pk,
        "person": world.staff["school_lead:0"].pk if given.get("person") == "self" else world.parents[1].pk,
    }
    given = {name: swaps[name] if value in ("foreign", "self") else value for name, value in given.items()}
    before = RoleAssignment.objects.count()
    answer = lead.post(reverse(ADD), appointment(world, **given))
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert RoleAssignment.objects.count() == before


def test_a_role_is_ended_with_a_reason(world, lead):
    assignment = world.staff["class_teacher:0"].assignments.get()
    page = reverse("admin:accounts_roleassignment_end", args=[assignment.pk])
    assert (
        page
        in lead.get(reverse("admin:accounts_roleassignment_change", args=[assignment.pk])).content.decode()
    )
    assert lead.post(page, {"on": TODAY.isoformat(), "reason": ""}).status_code == 200
    assert lead.post(page, {"on": TODAY.isoformat(), "reason": "maternity leave"}).status_code == 302
    assignment.refresh_from_db()
    assert assignment.valid_until == TODAY
    assert AuditEntry.objects.get(action="role.end").summary["reason"] == "maternity leave"


def test_row_07_a_role_is_not_rewritten_by_a_forged_form(world, lead):
    assignment = world.staff["class_teacher:0"].assignments.get()
    page = reverse("admin:accounts_roleassignment_change", args=[assignment.pk])
    assert lead.post(page, appointment(world, role="lecturer")).status_code == 403
    assignment.refresh_from_db()
    assert assignment.role == "class_teacher"


def test_a_lead_does_not_end_the_own_role(world, lead):
    assignment = world.staff["school_lead:0"].assignments.get()
    page = reverse("admin:accounts_roleassignment_end", args=[assignment.pk])
    answer = lead.post(page, {"on": TODAY.isoformat(), "reason": "enough of it"})
    assert "cannot end your own role" in answer.content.decode()


def test_the_list_of_roles_asks_as_much_for_more(world, lead):
    def more():
        for number in range(2):
            appoint(person(f"More {number}", home=world.schools[0]), "lecturer", world.schools[0])

    assert_same_queries(
        lambda: lead.get(reverse("admin:accounts_roleassignment_changelist")), more, at_most=8
    )
