"""What people agree to: by purpose, by version, one decision a row. Rows 70–74 and 78 of the security list."""

from __future__ import annotations

import re
from datetime import timedelta
from hashlib import sha256

import pytest
from django.urls import reverse

from accounts.enums import Asked, Decision
from accounts.models import Consent, PersonInCharge, Purpose, PurposeText
from accounts.queries import consent_to, consents_of, lacks_consent, texts_in_force
from accounts.rules import sections
from accounts.services.consents import (
    CHILDREN,
    ConsentRefused,
    TextsChanged,
    check_required,
    load_purposes,
    publish_text,
    record_decisions,
)
from portal.kernel.models import AuditEntry
from tests.agreeing import agree
from tests.queries import assert_same_queries
from tests.world import NOW

LATER = NOW + timedelta(days=1)
BY = {"actor": None, "now": NOW}


@pytest.fixture(autouse=True)
def purposes(db, time_machine):
    time_machine.move_to(NOW, tick=False)
    return {purpose.code: purpose for purpose in load_purposes(**BY)}


@pytest.fixture
def parent(world):
    return world.parents[0]


@pytest.fixture
def signed_in(client, parent):
    client.force_login(parent, backend="accounts.backends.RoleBackend")
    return client


def shown():
    return [text.pk for text in texts_in_force()]


def new_version(purpose, *, real: bool = True):
    return publish_text(
        purpose, title="Title", text=f"New words {real}", is_real_change=real, actor=None, now=LATER
    )


def test_loading_twice_changes_nothing(purposes):
    assert load_purposes(**BY) == []
    assert PurposeText.objects.count() == len(purposes) == 5


def test_the_text_s_hash_is_of_title_and_text(purposes):
    text = PurposeText.objects.get(purpose__code=CHILDREN)
    assert text.sha256 == sha256(f"{text.title}\n{text.text}".encode()).hexdigest()


def test_row_72_the_children_s_rules_tell_the_six_things():
    text = PurposeText.objects.get(purpose__code=CHILDREN)
    headings = [section.heading for section in sections(text.text) if section.heading]
    for told in ("目的、方式和范围", "地点、期限", "安全保障", "拒绝的后果", "投诉、举报", "更正、删除"):
        assert any(told in heading for heading in headings), told


def test_row_71_a_decision_keeps_version_hash_time_and_way(parent):
    made = {consent.text.purpose.code: consent for consent in agree(parent, asked=Asked.SIGN_IN)}
    assert set(made) == {"service", CHILDREN}
    consent = made[CHILDREN]
    assert (consent.text.number, consent.sha256, consent.at, consent.asked, consent.decision) == (
        1,
        consent.text.sha256,
        NOW,
        Asked.SIGN_IN,
        Decision.AGREED,
    )
    assert AuditEntry.objects.filter(action="consent.decide").count() == 1


def test_the_same_decision_again_writes_nothing(parent):
    agree(parent)
    assert agree(parent) == []


def test_nothing_is_written_over(parent):
    agree(parent)
    record_decisions(
        parent, agreed={CHILDREN: False}, shown=shown(), asked=Asked.OWN_PAGE, actor=parent, now=LATER
    )
    decisions = Consent.objects.filter(text__purpose__code=CHILDREN).order_by("pk")
    assert list(decisions.values_list("decision", flat=True)) == [Decision.AGREED, Decision.WITHDRAWN]
    assert consent_to(parent, CHILDREN) is None
    assert lacks_consent(parent)


def test_who_never_agreed_refuses_rather_than_withdraws(parent):
    record_decisions(
        parent, agreed={"photos": False}, shown=shown(), asked=Asked.OWN_PAGE, actor=parent, now=NOW
    )
    assert Consent.objects.get().decision == Decision.REFUSED


def test_row_74_what_is_optional_is_off_until_turned_on(parent):
    agree(parent)
    state = {each.purpose.code: each.holds for each in consents_of(parent)}
    assert state == {"service": True, CHILDREN: True, "honour": False, "photos": False}


def test_row_73_refusing_the_optional_blocks_nothing(signed_in, parent):
    states = consents_of(parent)
    form = {state.purpose.code: "yes" if state.purpose.is_required else "no" for state in states}
    answer = signed_in.post(
        reverse("consent_ask"), {**form, "shown": shown_to(signed_in), "next": "/points/"}
    )
    assert answer["Location"] == "/points/"
    assert signed_in.get(reverse("points")).status_code == 200


def shown_to(client):
    return client.get(reverse("consent_ask")).context["form"].initial["shown"]


def test_nothing_is_shown_before_the_required_is_agreed_to(signed_in, parent):
    for name in ("home", "points", "me", "my_events", "api:own-points"):
        answer = signed_in.get(reverse(name))
        assert answer["Location"].startswith(reverse("consent_ask")), name
    agree(parent)
    assert signed_in.get(reverse("home")).status_code == 200


def test_a_refusal_is_kept_and_answered_kindly(signed_in, parent):
    form = dict.fromkeys(("service", CHILDREN, "honour", "photos"), "no")
    page = signed_in.post(reverse("consent_ask"), {**form, "shown": shown_to(signed_in), "next": "/"})
    assert page.status_code == 200
    assert page.context["refused"]
    assert Consent.objects.filter(person=parent, decision=Decision.REFUSED).count() == 4
    assert signed_in.get("/").status_code == 302


def test_a_required_choice_left_open_is_said_at_its_place(signed_in):
    page = signed_in.post(
        reverse("consent_ask"), {"service": "yes", "honour": "no", "shown": shown_to(signed_in)}
    )
    assert set(page.context["form"].errors) == {CHILDREN, "photos"}
    assert not Consent.objects.exists()


def test_row_72_a_real_change_is_asked_about_at_the_next_sign_in(client, parent, purposes):
    agree(parent)
    client.force_login(parent, backend="accounts.backends.RoleBackend")
    assert client.get("/").status_code == 200
    new_version(purposes[CHILDREN])
    assert client.get("/").status_code == 200, "a session that runs is not cut off"
    client.force_login(parent, backend="accounts.backends.RoleBackend")
    client.session.flush()
    fresh = type(client)()
    fresh.force_login(parent, backend="accounts.backends.RoleBackend")
    asked = fresh.get("/points/")
    assert asked["Location"] == f"{reverse('consent_ask')}?next=%2Fpoints%2F"
    assert fresh.get(asked["Location"]).context["is_anew"]
    states = {state.purpose.code: state.is_lacking for state in consents_of(parent)}
    assert states == {"service": False, CHILDREN: True, "honour": False, "photos": False}


def test_a_slip_of_the_pen_is_not_asked_about(parent, purposes):
    agree(parent)
    new_version(purposes[CHILDREN], real=False)
    assert not lacks_consent(parent)
    assert consent_to(parent, CHILDREN).text.number == 1


def test_a_slip_mended_after_a_real_change_does_not_hide_it(parent, purposes):
    agree(parent)
    new_version(purposes[CHILDREN])
    new_version(purposes[CHILDREN], real=False)
    assert lacks_consent(parent)


def test_what_is_decided_upon_is_what_was_shown(parent, purposes):
    stale = shown()
    new_version(purposes["service"])
    with pytest.raises(TextsChanged):
        record_decisions(
            parent, agreed={"service": True}, shown=stale, asked=Asked.SIGN_IN, actor=parent, now=LATER
        )
    with pytest.raises(TextsChanged):
        check_required({"service": True, CHILDREN: True}, stale)
    with pytest.raises(ConsentRefused):
        check_required({"service": True, CHILDREN: False}, shown())
    assert not Consent.objects.exists()


def test_row_78_withdrawing_takes_one_press_as_agreeing_does(signed_in, parent):
    agree(parent)
    page = signed_in.get(reverse("own_consents"))
    forms = re.findall(r"<form method=\"post\" class=\"buttons\">.*?</form>", page.text, re.S)
    assert len(forms) == 4
    assert all(len(re.findall("<button", form)) == 2 for form in forms)
    for decision, holds in (("no", False), ("yes", True)):
        text = PurposeText.objects.get(purpose__code="service")
        signed_in.post(reverse("own_consents"), {"code": "service", "decision": decision, "shown": text.pk})
        assert (consent_to(parent, "service") is not None) is holds


def test_after_withdrawing_the_required_nothing_is_shown(signed_in, parent):
    agree(parent)
    signed_in.get("/")
    text = PurposeText.objects.get(purpose__code="service")
    signed_in.post(reverse("own_consents"), {"code": "service", "decision": "no", "shown": text.pk})
    assert signed_in.get("/")["Location"].startswith(reverse("consent_ask"))


def test_staff_are_not_asked(client, world, settings):
    settings.STAFF_SECOND_FACTOR = False
    client.force_login(world.as_("school_lead:0"), backend="accounts.backends.RoleBackend")
    assert client.get(reverse("work")).status_code == 200


@pytest.mark.parametrize("name", ["privacy", "children", "service", "duty"])
def test_row_71_the_documents_are_open_and_name_who_is_in_charge(client, world, name):
    PersonInCharge.objects.create(unit=world.county, name="王主任", office="县教育局", phone="0736-6620000")
    page = client.get(reverse("privacy") if name == "privacy" else reverse("privacy_text", args=[name]))
    assert page.status_code == 200
    for told in ("王主任", "县教育局", "0736-6620000"):
        assert told in page.text


def test_earlier_versions_stay_readable(client, purposes):
    first = PurposeText.objects.get(purpose__code=CHILDREN)
    new_version(purposes[CHILDREN])
    page = reverse("privacy_text", args=[CHILDREN])
    assert "New words" in client.get(page).text
    assert client.get(page + "?version=1").context["text"] == first
    for odd in ("?version=9", "?version=999999999999999999999"):
        assert client.get(page + odd).status_code in (200, 404)


def test_the_gate_is_asked_once_a_session(client, parent):
    agree(parent)
    client.force_login(parent, backend="accounts.backends.RoleBackend")
    client.get(reverse("me"))

    def more() -> None:
        Purpose.objects.create(code="more", basis="consent")

    assert_same_queries(lambda: client.get(reverse("me")), more)


def test_the_own_page_asks_as_often_for_more_purposes(client, parent):
    agree(parent)
    client.force_login(parent, backend="accounts.backends.RoleBackend")

    def more() -> None:
        for code in ("more", "most"):
            publish_text(
                Purpose.objects.create(code=code, basis="consent"),
                title=code,
                text=code,
                is_real_change=True,
                **BY,
            )

    assert_same_queries(lambda: client.get(reverse("own_consents")), more, at_most=9)


def test_the_office_publishes_a_version_beside_the_old_one(client, world, settings, purposes):
    settings.STAFF_SECOND_FACTOR = False
    client.force_login(world.as_("county_admin"), backend="accounts.backends.RoleBackend")
    add = reverse("admin:accounts_purposetext_add")
    answer = client.post(
        add, {"purpose": purposes["photos"].pk, "title": "照片", "text": "新的文字", "is_real_change": "on"}
    )
    assert answer.status_code == 302
    versions = PurposeText.objects.filter(purpose=purposes["photos"]).order_by("number")
    assert [(text.number, text.published_by_id is None) for text in versions] == [(1, True), (2, False)]
    told = client.get(reverse("admin:accounts_purposetext_history", args=[versions[1].pk]))
    assert [str(act) for _entry, act, _details in told.context["acts"]] == ["发布个人信息说明"]
