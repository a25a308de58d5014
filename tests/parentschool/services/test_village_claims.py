"""Registering for a village: found by name, waits for its lead, becomes one with the record kept without a phone."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from accounts.models import Person, Region, Unit
from accounts.scopes import Scope
from accounts.services.consents import load_purposes
from parentschool.enums import ClaimStatus, MembershipSource
from parentschool.models import Claim, Membership
from parentschool.queries.claims import claims_to_show, findings, lately_bound
from parentschool.queries.schools import known_as, schools_named, schools_of, towns
from parentschool.services.claims import ClaimRefused, claim_child, take_in_claimant, withdraw_claim
from parentschool.services.learners import take_in_neighbour
from parentschool.services.registration import register_parent
from parentschool.views.finding import school_context
from tests.agreeing import agree
from tests.events.pages import client_of, page, signed_in
from tests.parentschool.newcomers import claimed, newcomer
from tests.queries import assert_same_queries
from tests.world import NOW, person


@pytest.fixture(autouse=True)
def setting(db, settings, time_machine):
    settings.STAFF_SECOND_FACTOR = False
    time_machine.move_to(NOW, tick=False)
    load_purposes(actor=None, now=NOW)


@pytest.fixture
def lead(world) -> Person:
    return world.as_("village_lead:0")


def of_village(world, **more):
    wanted = {"school": world.villages[0], "school_class": None, "child_name": "", "relation": "other"}
    return claimed(world, **{**wanted, **more})


def register(world, **more) -> Claim:
    return register_parent(newcomer(), of_village(world, **more), now=NOW)


def test_villages_are_found_beside_schools_after_them(world):
    assert schools_of(world.stations[0]) == [world.schools[0], world.villages[0]]
    assert schools_named("Village") == world.villages
    assert set(towns()) == set(world.stations)
    context = school_context(RequestFactory().get("/", {"town": world.stations[0].pk}))
    assert (context["schools"], context["villages"]) == ([world.schools[0]], [world.villages[0]])


def test_a_township_is_offered_by_the_name_that_people_use(world):
    """Of its region; a station without one, or two of one region, keep their own names, and so does the county."""
    names = [unit.name for unit in world.stations]
    assert [known_as(towns())[unit.pk] for unit in world.stations] == names
    region = Region.objects.create(code="430725001000", name="漳江街道", level="town", vintage="2023")
    first, second = world.stations[0], world.stations[1]
    Unit.objects.filter(pk__in=[first.pk, world.county.pk]).update(region=region)
    assert known_as(towns())[first.pk] == "漳江街道"
    assert known_as([*Unit.objects.filter(pk=world.county.pk)]) == {world.county.pk: world.county.name}
    shown = school_context(RequestFactory().get("/", {"town": first.pk}))
    assert (shown["town"], shown["towns"][first.pk]) == ("漳江街道", "漳江街道")
    found = client_of(world, "class_teacher:0").get(page("family_school"), {"q": "School 0"}).text
    assert "<small>漳江街道</small>" in found
    Unit.objects.filter(pk=second.pk).update(region=region)
    assert [known_as(towns())[unit.pk] for unit in world.stations] == names


def test_a_newcomer_waits_for_the_village_and_learns_there_once_it_agrees(world, lead):
    claim = register(world, household="赵大爷")
    assert (claim.status, claim.path) == (ClaimStatus.PENDING, world.villages[0].path)
    assert not Membership.objects.filter(person=claim.claimant).exists()
    for _ in range(2):
        decided = take_in_claimant(claim, actor=lead, now=NOW)
    assert decided.status == ClaimStatus.APPROVED
    learner = Membership.objects.get(person=claim.claimant)
    assert (learner.school, learner.household, learner.source) == (
        world.villages[0],
        "赵大爷",
        MembershipSource.CLAIM,
    )


def test_the_same_form_twice_is_one_person_and_one_claim(world):
    assert register(world) == register(world)
    assert Claim.objects.count() == 1


def test_the_record_without_a_phone_becomes_one_with_the_claimant(world, lead):
    kept = take_in_neighbour(world.villages[0], name="赵敏", household="老赵", actor=lead, now=NOW).person
    claim = register(world)
    (finding,) = findings(claims_to_show_all(world))
    assert [row.person for row in finding.records] == [kept]
    assert not finding.is_plain, "who it is has to be said"
    take_in_claimant(claim, record=kept, actor=lead, now=NOW)
    learner = Membership.objects.get(school=world.villages[0], person__is_active=True)
    assert (learner.household, learner.person.phone_tail) == ("老赵", "0009")
    assert Person.objects.filter(name="赵敏", is_active=True).count() == 1


def claims_to_show_all(world):
    return claims_to_show(Scope.of(world.county.path))


@pytest.mark.parametrize("who", ["with_phone", "elsewhere"])
def test_nobody_else_s_record_is_taken_over(world, lead, who):
    claim = register(world)
    village = world.villages[0] if who == "with_phone" else world.villages[1]
    phone = "13700000009" if who == "with_phone" else ""
    other = take_in_neighbour(village, name="赵敏", phone=phone, actor=None, now=NOW).person
    with pytest.raises(ClaimRefused):
        take_in_claimant(claim, record=other, actor=lead, now=NOW)
    claim.refresh_from_db()
    assert claim.status == ClaimStatus.PENDING


def test_who_learns_there_already_is_told_so_at_once(world):
    made = person("王芳", home=world.schools[0], phone="13700000001")
    agree(made)
    Membership.objects.create(
        person=made,
        school=world.villages[0],
        school_year=2026,
        joined_on=NOW.date(),
        path=world.villages[0].path,
    )
    assert claim_child(made, of_village(world), actor=made, now=NOW).status == ClaimStatus.MATCHED


def test_a_parent_adds_a_village_on_the_phone_and_its_lead_takes_them_in(world):
    parent = world.parents[0]
    agree(parent)
    client = signed_in(parent)
    shown = client.get(page("family_school"), {"q": "Village 0"}).text
    assert f'value="{world.villages[0].pk}"' in shown
    client.post(page("family_school"), {"school": world.villages[0].pk})
    form = client.get(page("family_child")).context["form"]
    assert set(form.fields) == {"household"}
    assert client.post(page("family_child"), {"household": ""})["Location"] == page("family")
    claim = Claim.objects.get()
    assert "Village 0" in client.get("/").text
    village = client_of(world, "village_lead:0")
    assert parent.name in village.get(page("claim_list")).text
    assert village.post(page("claim", claim.pk), {"decision": "approve"})["Location"] == page("claim_list")
    assert Membership.objects.filter(person=parent, school=world.villages[0]).exists()
    assert lately_bound_everywhere(world) == [], "there is no guardianship to undo"
    assert village.get(page("claim_list")).status_code == 200


def lately_bound_everywhere(world):
    return lately_bound(Scope.of(world.county.path), now=NOW)


def test_the_lead_has_to_say_who_it_is_and_may_refuse_without(world, lead):
    take_in_neighbour(world.villages[0], name="赵敏", actor=lead, now=NOW)
    claim = register(world)
    village = client_of(world, "village_lead:0")
    assert "record" in village.post(page("claim", claim.pk), {"decision": "approve"}).context["form"].errors
    village.post(page("claim", claim.pk), {"decision": "refuse", "reason": "Who is this?"})
    claim.refresh_from_db()
    assert (claim.status, claim.reason) == (ClaimStatus.REFUSED, "Who is this?")


def test_the_neighbour_village_and_the_school_do_not_see_it(world):
    claim = register(world)
    for name in ("village_lead:1", "school_lead:0", "class_teacher:0"):
        assert client_of(world, name).get(page("claim", claim.pk)).status_code == 404
        assert "赵敏" not in client_of(world, name).get(page("claim_list")).text
    withdraw_claim(claim, actor=claim.claimant, now=NOW)


def test_the_list_of_claims_asks_no_more_for_more_villagers(world, lead):
    client = client_of(world, "village_lead:0")
    register(world)

    def more() -> None:
        for n in range(3):
            take_in_neighbour(world.villages[0], name=f"新人{n}", actor=lead, now=NOW)
            other = newcomer(phone=f"1360000001{n}", name=f"新人{n}")
            register_parent(other, of_village(world, token=f"t{n}"), now=NOW)

    assert_same_queries(lambda: client.get(page("claim_list")), more)
