"""Claiming a child: bound at once or waiting, decided once, joined with the record that the school kept."""

from __future__ import annotations

import pytest
from django.db import IntegrityError
from django.urls import reverse

from accounts.access import scope_for
from accounts.models import Consent, Person
from accounts.services.consents import CHILDREN, ConsentRefused, load_purposes
from parentschool.enums import ClaimStatus
from parentschool.models import Child, Claim, Guardianship
from parentschool.queries.claims import findings, waiting_claims
from parentschool.rules.names import name_key
from parentschool.services import families, registration
from parentschool.services.claims import (
    MOST_CLAIMS,
    ClaimRefused,
    approve_claim,
    claim_child,
    refuse_claim,
    withdraw_claim,
)
from parentschool.services.managed import register_managed
from parentschool.services.registration import register_parent
from portal.kernel.models import AuditEntry
from tests.agreeing import agree
from tests.parentschool.newcomers import claimed, newcomer
from tests.queries import assert_same_queries
from tests.threads import at_once
from tests.world import NOW, build_world, person

BY = {"now": NOW}


@pytest.fixture(autouse=True)
def purposes(db):
    load_purposes(actor=None, now=NOW)


@pytest.fixture
def lead(world):
    return world.as_("school_lead:0")


@pytest.fixture
def stranger(world):
    made = person("王芳", home=world.schools[1], phone="13700000001")
    agree(made)
    return made


def claim_of(who, world, **more):
    return claim_child(who, claimed(world, **more), actor=who, now=NOW)


@pytest.mark.parametrize("typed", ["张 三", "张三", "张三\u3000", "张·三"])
def test_a_name_is_the_same_however_it_is_typed(typed):
    assert name_key(typed) == name_key("张三")
    assert name_key("张三丰") != name_key("张三")


def test_a_number_on_the_roster_with_the_child_s_name_binds_at_once(world):
    """The mother's number is on the list; the father registers with the phone they share."""
    father = person("Father 0", home=world.schools[1], phone="13800000000")
    agree(father)
    claim = claim_of(father, world, relation="father")
    assert claim.status == ClaimStatus.MATCHED
    assert set(world.children[0].guardianships.values_list("guardian__name", "relation")) == {
        ("Parent 0", "mother"),
        ("Father 0", "father"),
    }
    assert father.memberships.get().school == world.schools[0]


@pytest.mark.parametrize("name", ["Child 0", "Nobody of that name"])
def test_a_stranger_s_claim_waits_whether_or_not_the_child_is_there(world, stranger, name):
    claim = claim_of(stranger, world, child_name=name)
    assert (claim.status, claim.guardianship) == (ClaimStatus.PENDING, None)
    assert not stranger.guardianships.exists()
    assert not stranger.memberships.exists()


def test_the_number_alone_binds_to_no_other_child(world):
    father = person("Father 0", home=world.schools[1], phone="13800000000")
    agree(father)
    families.add_child(world.classes[0], name="Another", by_duty=True, actor=None, now=NOW)
    assert claim_of(father, world, child_name="Another").status == ClaimStatus.PENDING


def test_nothing_of_a_child_is_kept_before_the_guardian_agrees(world):
    with pytest.raises(ClaimRefused) as refusal:
        claim_of(person("王芳", phone="13700000001"), world)
    assert refusal.value.code == "no_basis"
    assert not Claim.objects.exists()


def test_names_cannot_be_tried_out_all_day(world, stranger):
    for n in range(MOST_CLAIMS):
        claim_of(stranger, world, child_name=f"Name {n}", token=str(n))
    with pytest.raises(ClaimRefused) as refusal:
        claim_of(stranger, world, child_name="One more", token="more")
    assert refusal.value.code == "too_many_claims"


def test_the_same_form_twice_is_one_claim(world, stranger):
    assert claim_of(stranger, world) == claim_of(stranger, world)
    assert claim_of(stranger, world, token="another form") == claim_of(stranger, world)


def test_the_lead_agrees_and_the_parent_belongs(world, stranger, lead):
    claim = claim_of(stranger, world)
    for _ in range(2):
        done = approve_claim(claim, actor=lead, **BY)
    assert (done.status, done.decided_by, done.guardianship.child) == (
        ClaimStatus.APPROVED,
        lead,
        world.children[0],
    )
    assert stranger.memberships.get().school == world.schools[0]
    assert AuditEntry.objects.filter(action="claim.approve").count() == 1


def test_a_child_not_on_the_list_is_added_on_the_guardian_s_consent(world, stranger, lead):
    claim = claim_of(stranger, world, child_name="新同学")
    approve_claim(claim, actor=lead, **BY)
    child = Child.objects.get(name="新同学")
    assert (child.school_class, child.consent.person, child.consent.text.purpose.code) == (
        world.classes[0],
        stranger,
        CHILDREN,
    )


def test_without_a_class_the_lead_says_which(world, stranger, lead):
    claim = claim_of(stranger, world, child_name="新同学", school_class=None)
    with pytest.raises(ClaimRefused):
        approve_claim(claim, actor=lead, **BY)
    with pytest.raises(ClaimRefused):
        approve_claim(claim, school_class=world.classes[1], actor=lead, **BY)
    claim.refresh_from_db()
    assert claim.status == ClaimStatus.PENDING
    assert approve_claim(claim, school_class=world.classes[0], actor=lead, **BY).path == world.classes[0].path


def test_a_child_of_another_school_is_not_bound(world, stranger, lead):
    with pytest.raises(ClaimRefused):
        approve_claim(claim_of(stranger, world), child=world.children[1], actor=lead, **BY)
    assert not stranger.guardianships.exists()


def test_a_refusal_needs_a_sentence_and_stays(world, stranger, lead):
    claim = claim_of(stranger, world)
    with pytest.raises(ClaimRefused):
        refuse_claim(claim, reason=" ", actor=lead, **BY)
    refuse_claim(claim, reason="请到校说明", actor=lead, **BY)
    approve_claim(claim, actor=lead, **BY)
    claim.refresh_from_db()
    assert (claim.status, claim.reason) == (ClaimStatus.REFUSED, "请到校说明")
    assert not stranger.guardianships.exists()


def test_nobody_decides_on_the_own_claim(world, lead):
    agree(lead)
    claim = claim_of(lead, world)
    for decide in (
        lambda: approve_claim(claim, actor=lead, **BY),
        lambda: refuse_claim(claim, reason="x", actor=lead, **BY),
    ):
        with pytest.raises(ClaimRefused):
            decide()


def test_only_the_claimant_takes_a_claim_back(world, stranger):
    claim = claim_of(stranger, world)
    assert withdraw_claim(claim, actor=world.parents[0], **BY).status == ClaimStatus.PENDING
    assert withdraw_claim(claim, actor=stranger, **BY).status == ClaimStatus.WITHDRAWN


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("school_lead:0", {"in class", "no class"}),
        ("class_teacher:0", {"in class"}),
        ("station_lead:0", {"in class", "no class"}),
        ("school_lead:1", set()),
        ("class_teacher:1", set()),
        ("inspector", set()),
    ],
)
def test_who_decides(world, stranger, who, sees):
    claim_of(stranger, world, child_name="in class", token="1")
    claim_of(stranger, world, child_name="no class", school_class=None, token="2")
    reach = scope_for(world.as_(who), "parentschool.decide_claim")
    assert {claim.child_name for claim in waiting_claims(reach)} == sees


def test_what_is_shown_beside_a_claim(world, stranger):
    register_managed(world.children[0], name="王芳", relation="grandma_p", actor=None, now=NOW)
    finding = findings([claim_of(stranger, world)])[0]
    assert (finding.child, finding.is_same_person, finding.is_plain) == (world.children[0], True, True)
    namesake = person("Parent 0", home=world.schools[1], phone="13700000002")
    agree(namesake)
    finding = findings([claim_of(namesake, world, token="2")])[0]
    assert (finding.has_other_number, finding.is_plain) == (True, False)
    finding = findings([claim_of(stranger, world, child_name="Nobody", token="3")])[0]
    assert (finding.child, finding.is_plain) == (None, False)


def test_a_guardian_without_a_phone_claims_the_record(world, stranger, lead):
    managed = register_managed(
        world.children[0], name="王芳", relation="grandma_p", actor=lead, now=NOW
    ).guardian
    done = approve_claim(claim_of(stranger, world), actor=lead, **BY)
    holder = done.guardianship.guardian
    assert done.claimant == holder
    assert holder.phone == "13700000001"
    gone = Person.objects.get(pk=({managed.pk, stranger.pk} - {holder.pk}).pop())
    assert (gone.is_active, gone.joined_into, gone.phone) == (False, holder, "")
    assert (
        Guardianship.objects.filter(child=world.children[0], guardian__name="王芳", ended_on=None).count()
        == 1
    )


def test_a_guardian_without_a_phone_is_on_record_once(world, lead):
    made = [
        register_managed(world.children[0], name=name, relation="grandma_p", actor=lead, now=NOW)
        for name in ("李 奶奶", "李奶奶")
    ]
    assert made[0] == made[1]
    assert made[0].guardian.memberships.get().school == world.schools[0]


def test_registering_makes_a_person_who_agreed_and_claimed(world):
    claim = register_parent(newcomer(), claimed(world), now=NOW)
    made = claim.claimant
    assert (made.name, made.phone, made.has_usable_password()) == ("赵敏", "13600000009", False)
    assert Consent.objects.filter(person=made).count() == 4
    assert claim.status == ClaimStatus.PENDING


def test_who_does_not_agree_is_not_registered(world):
    with pytest.raises(ConsentRefused):
        register_parent(newcomer(agreed={"service": True, CHILDREN: False}), claimed(world), now=NOW)
    assert not Person.objects.filter(name="赵敏").exists()


def test_a_roster_that_comes_in_meanwhile_binds_at_once(world):
    known = person("赵敏", home=world.schools[0], phone="13600000009")
    families.add_guardian(world.children[0], known, relation="mother", actor=None, now=NOW)
    claim = register_parent(newcomer(), claimed(world), now=NOW)
    assert (claim.status, claim.claimant) == (ClaimStatus.MATCHED, known)


def test_an_office_is_not_entered_by_registering(world):
    """Staff sign in with a second factor; the same number and name open no other door."""
    lead = world.staff["school_lead:0"]
    Person.objects.filter(pk=lead.pk).update(
        name="赵敏", **{"phone_index": person("x", phone="13600000009").phone_index}
    )
    assert register_parent(newcomer(), claimed(world), now=NOW).claimant != lead


def many(act):
    return at_once([act] * 4)


@pytest.fixture
def crowd(shared_database):
    load_purposes(actor=None, now=NOW)
    return build_world()


def test_registering_twice_at_once_registers_one_person(crowd):
    made = many(lambda: register_parent(newcomer(), claimed(crowd), now=NOW).claimant_id)
    assert len(set(made)) == 1
    assert Person.objects.filter(name="赵敏").count() == 1


def test_negative_control_without_the_constraint_two_would_be_registered(crowd, monkeypatch):
    """Who looks for the token before anybody has written it finds nothing; the constraint alone stops the second."""
    monkeypatch.setattr(registration, "_made_by", lambda token: None)
    monkeypatch.setattr(
        registration, "_person_of", lambda who, claimed, now: person(who.name, phone=who.phone)
    )
    results = at_once(
        [lambda: register_parent(newcomer(), claimed(crowd), now=NOW)] * 2, expected=IntegrityError
    )
    assert sorted(type(result).__name__ for result in results) == ["Claim", "IntegrityError"]


def test_the_lead_s_page_asks_as_often_for_three_claims_as_for_one(
    world, stranger, client, settings, time_machine
):
    settings.STAFF_SECOND_FACTOR = False
    time_machine.move_to(NOW, tick=False)
    client.force_login(world.as_("school_lead:0"), backend="accounts.backends.RoleBackend")
    claim_of(stranger, world, token="1")

    def more() -> None:
        for n in (2, 3):
            other = person(f"Another {n}", home=world.schools[1], phone=f"1370000010{n}")
            agree(other)
            claim_of(other, world, token=str(n))

    assert_same_queries(lambda: client.get(reverse("claim_list")), more, at_most=14)


def test_a_parent_out_of_reach_s_claim_is_not_there(world, stranger, client, settings, time_machine):
    settings.STAFF_SECOND_FACTOR = False
    time_machine.move_to(NOW, tick=False)
    claim = claim_of(stranger, world)
    client.force_login(world.as_("school_lead:1"), backend="accounts.backends.RoleBackend")
    page = reverse("claim", args=[claim.pk])
    assert client.get(page).status_code == 404
    assert client.post(page, {"decision": "approve"}).status_code == 404
    claim.refresh_from_db()
    assert claim.status == ClaimStatus.PENDING
