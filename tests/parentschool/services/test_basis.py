"""No child's data without a legal basis, at any door (row 70 of the security list)."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.enums import Asked, Basis
from accounts.queries import texts_in_force
from accounts.services.consents import CHILDREN, load_purposes, record_decisions
from parentschool.models import Child
from parentschool.services import families, rosters
from parentschool.services.visits import record_home_visit
from portal.kernel.models import AuditEntry, Job
from tests.agreeing import agree
from tests.parentschool.class_lists import ZHANG, as_csv, roster
from tests.world import NOW, TODAY

BY = {"actor": None, "now": NOW}


@pytest.fixture(autouse=True)
def office(world, client, settings, time_machine):
    settings.STAFF_SECOND_FACTOR = False
    time_machine.move_to(NOW, tick=False)
    load_purposes(**BY)
    client.force_login(world.as_("school_lead:0"))


def test_row_70_the_database_itself_refuses(world):
    with pytest.raises(IntegrityError), transaction.atomic():
        Child.objects.create(name="Nobody", school_class=world.classes[0], path=world.classes[0].path)
    with pytest.raises(IntegrityError), transaction.atomic():
        Child.objects.create(
            name="Nobody", school_class=world.classes[0], path=world.classes[0].path, basis=Basis.CONSENT
        )


def test_row_70_the_service_refuses_as_from_a_shell(world):
    with pytest.raises(families.FamilyRefused) as refusal:
        families.add_child(world.classes[0], name="Nobody", **BY)
    assert refusal.value.code == "no_basis"


def test_row_70_the_office_form_refuses(world, client):
    form = {
        "name": "Nobody",
        "school_class": world.classes[0].pk,
        "guardianships-TOTAL_FORMS": 0,
        "guardianships-INITIAL_FORMS": 0,
    }
    page = client.post(reverse("admin:parentschool_child_add"), form)
    assert "by_duty" in page.context["adminform"].form.errors
    assert client.post(reverse("admin:parentschool_child_add"), {**form, "by_duty": "on"}).status_code == 302
    assert Child.objects.get(name="Nobody").basis == Basis.DUTY


def test_row_70_the_import_refuses_at_the_page_the_service_and_the_command(world, client, tmp_path):
    unit = world.schools[0]
    page = client.post(reverse("roster_new"), {"unit": unit.pk, "file": as_csv(ZHANG), "school_year": 2026})
    assert "by_duty" in page.context["form"].errors
    assert not Job.objects.exists()
    file = roster(as_csv(ZHANG), unit, by_duty=False)
    checked = rosters.check_roster(file, **BY)
    with pytest.raises(rosters.RosterRefused) as refusal:
        rosters.commit_roster(file, digest=checked.digest, **BY)
    assert refusal.value.code == "no_basis"
    listed = tmp_path / "list.csv"
    listed.write_bytes(as_csv(ZHANG).getvalue())
    with pytest.raises(CommandError):
        call_command("import_roster", str(listed), "--unit", unit.code, "--commit")
    assert set(Child.objects.values_list("name", flat=True)) == {"Child 0", "Child 1"}


def test_row_70_an_import_says_its_basis_on_each_child_and_in_the_audit(world):
    file = roster(as_csv(ZHANG), world.schools[0])
    rosters.commit_roster(file, digest=rosters.check_roster(file, **BY).digest, **BY)
    assert Child.objects.get(name=ZHANG[0]).basis == Basis.DUTY
    assert AuditEntry.objects.get(action="roster.import").summary["basis"] == "duty"


def test_row_70_there_is_no_door_in_the_api(client):
    paths = client.get(reverse("api:schema"), headers={"accept": "application/json"}).json()["paths"]
    assert [path for path in paths if "child" in path or "guardian" in path] == []


def test_row_70_a_guardian_s_consent_is_a_basis_while_it_holds(world):
    parent = world.parents[0]
    consent = next(each for each in agree(parent) if each.text.purpose.code == CHILDREN)
    child = families.add_child(world.classes[0], name="By consent", consent=consent, **BY)
    assert (child.basis, child.consent) == (Basis.CONSENT, consent)
    families.add_guardian(child, parent, relation="mother", **BY)
    record_decisions(
        parent,
        agreed={CHILDREN: False},
        shown=[text.pk for text in texts_in_force()],
        asked=Asked.OWN_PAGE,
        actor=parent,
        now=NOW,
    )
    child = Child.objects.get(pk=child.pk)
    for write in (
        lambda: families.transfer_child(child, to=world.classes[1], **BY),
        lambda: families.add_guardian(child, world.parents[1], relation="father", **BY),
        lambda: families.add_child(world.classes[0], name="Another", consent=consent, **BY),
        lambda: record_home_visit(child, visited_on=TODAY, outcome="attempt", visitor=parent, **BY),
    ):
        with pytest.raises(families.FamilyRefused) as refusal:
            write()
        assert refusal.value.code == "no_basis"


def test_row_70_consent_to_another_purpose_is_no_basis(world):
    consent = next(each for each in agree(world.parents[0]) if each.text.purpose.code == "service")
    with pytest.raises(families.FamilyRefused):
        families.add_child(world.classes[0], name="Nobody", consent=consent, **BY)
