"""Star certificates: once a star, every printed field for who holds the paper, and a revocation that stays seen."""

from __future__ import annotations

import subprocess
from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from assessment.engine.certificate_pdf import Printed, certificate_pdf, missing_characters
from assessment.models import Certificate, Standing
from assessment.services.certificates import CertificateRefused, issue_certificate, revoke_certificate
from portal.kernel.models import AuditEntry
from portal.privacy.erasure import erase_person
from tests.assessment.facts import scheme
from tests.world import NOW, TODAY, World

FIELDS = ("Parent 0", "Two stars", "2026-2027学年", "12", "School 0", "County", "2026年10月12日")


@pytest.fixture
def starred(world: World) -> World:
    version = scheme(world, stars=({"level": 2, "name": "Two stars", "threshold": 10},))
    for parent, points, star in zip(world.parents, (12, 3), (2, 0), strict=True):
        Standing.objects.create(
            day=TODAY, person=parent, version=version, points=points, points_ever=points, star=star
        )
    return world


@pytest.fixture
def held(starred: World) -> Certificate:
    return issue_certificate(starred.parents[0], now=NOW)


def test_the_paper_holds_every_field(tmp_path):
    printed = Printed(
        "阿卜杜热西提·买买提喆", 4, "四星级家长", "2026-2027学年", 38, "中心小学", "县中心", TODAY, "AB-CD"
    )
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(certificate_pdf(printed, address="https://example.cn/certificate/ABCD/"))
    text = subprocess.run(["pdftotext", str(paper), "-"], capture_output=True, text=True, check=True).stdout
    for field in (
        "星级家长证书",
        printed.name,
        "四星级家长",
        "2026-2027学年",
        "38",
        "中心小学",
        "县中心",
        "AB-CD",
    ):
        assert field in text
    assert "2026年10月12日" in text
    assert paper.read_bytes() == certificate_pdf(printed, address="https://example.cn/certificate/ABCD/")


def test_rare_characters_of_names_print_and_unknown_ones_are_named():
    assert missing_characters("䶮㛃堃喆燊垚犇璟翀彧昉旻晞·Ab") == ""
    assert missing_characters("李𠮷") == "𠮷"


def test_asked_twice_it_is_the_same_certificate(starred, held):
    assert issue_certificate(starred.parents[0], now=NOW) == held
    assert AuditEntry.objects.filter(action="certificate.issue").count() == 1


def test_a_later_standing_prints_a_certificate_of_its_own(starred, held):
    Standing.objects.filter(person=starred.parents[0]).update(star=2, points=30)
    assert issue_certificate(starred.parents[0], now=NOW).points == 12
    assert held.period == "2026-2027学年"


def test_without_a_star_there_is_nothing_to_print(starred, client):
    with pytest.raises(CertificateRefused):
        issue_certificate(starred.parents[1], now=NOW)
    client.force_login(starred.parents[1], backend="accounts.backends.RoleBackend")
    assert client.post(reverse("certificate_new")).url == reverse("points")


def test_a_name_that_cannot_be_printed_is_said(starred):
    parent = starred.parents[0]
    parent.name = "李𠮷"
    with pytest.raises(CertificateRefused, match="𠮷"):
        issue_certificate(parent, now=NOW)


def test_a_parent_prints_the_own_certificate_and_nobody_elses(starred, held, client):
    client.force_login(starred.parents[0], backend="accounts.backends.RoleBackend")
    own, paper = (reverse(name, args=[held.pk]) for name in ("certificate_own", "certificate_paper"))
    page = client.post(reverse("certificate_new"), follow=True)
    assert page.redirect_chain == [(own, 302)]
    assert all(field in page.text for field in (*FIELDS, f'href="{paper}"', f'href="{paper}?save"'))
    shown, kept = client.get(paper), client.get(f"{paper}?save")
    assert shown["Content-Disposition"] == f'inline; filename="certificate-{held.code}.pdf"'
    assert kept["Content-Disposition"] == f'attachment; filename="certificate-{held.code}.pdf"'
    for answer in (shown, kept):
        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-")
    client.force_login(starred.parents[1], backend="accounts.backends.RoleBackend")
    assert [client.get(page).status_code for page in (own, paper)] == [404, 404]


def test_inside_wechat_the_way_out_to_a_browser_is_told(starred, held, client):
    client.force_login(starred.parents[0], backend="accounts.backends.RoleBackend")
    own = reverse("certificate_own", args=[held.pk])
    inside = client.get(own, headers={"User-Agent": "Mozilla/5.0 Chrome/86.0 MicroMessenger/8.0.30"})
    assert "在浏览器打开" in inside.text
    assert "在浏览器打开" not in client.get(own).text


def test_the_printed_code_shows_every_field_to_who_holds_the_paper(held, client):
    page = client.get(reverse("certificate", args=[held.spaced_code.lower()])).content.decode()
    for field in (*FIELDS, held.spaced_code):
        assert field in page
    assert client.get(reverse("certificate", args=["WRONG"])).status_code == 404


def test_a_revocation_is_seen_and_the_fields_stay(starred, held, client):
    revoke_certificate(held, reason="counted twice", actor=starred.as_("county_admin"), now=NOW)
    page = client.get(reverse("certificate", args=[held.code])).content.decode()
    for field in (*FIELDS, "counted twice"):
        assert field in page
    client.force_login(starred.parents[0], backend="accounts.backends.RoleBackend")
    for name in ("certificate_own", "certificate_paper"):
        assert client.get(reverse(name, args=[held.pk])).status_code == 404
    assert issue_certificate(starred.parents[0], now=NOW) != held


def test_the_office_revokes_with_a_reason(starred, held, client, settings):
    settings.STAFF_SECOND_FACTOR = False
    client.force_login(starred.as_("county_admin"), backend="accounts.backends.RoleBackend")
    sent = {"action": "revoke", "_selected_action": [held.pk], "reason": "counted twice"}
    client.post(reverse("admin:assessment_certificate_changelist"), sent)
    held.refresh_from_db()
    assert held.revoked_reason == "counted twice"


def test_row_77_an_erased_holder_is_not_named(starred, held, client):
    erase_person(starred.parents[0], actor=starred.parents[0], now=NOW)
    page = client.get(reverse("certificate", args=[held.code])).content.decode()
    assert "Parent 0" not in page
    assert held.spaced_code in page
    assert date(2026, 10, 12) == held.issued_on


def test_another_fault_than_being_asked_twice_is_not_hidden(starred, held, monkeypatch):
    """A code that somebody else's certificate has already."""
    Certificate.objects.filter(pk=held.pk).update(person=starred.parents[1], code="2" * 16)
    monkeypatch.setattr("assessment.services.certificates.secrets.choice", lambda letters: letters[0])
    with pytest.raises(IntegrityError), transaction.atomic():
        issue_certificate(starred.parents[0], now=NOW)
