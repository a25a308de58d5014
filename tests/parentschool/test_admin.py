"""The office's pages of classes and families: scoped, quick, and written by the services."""

import pytest
from django.urls import reverse

from accounts.models import Person
from accounts.scopes import Scope
from parentschool.enums import VisitOutcome
from parentschool.models import Child, ClassTeamMember, Guardianship, SchoolClass
from parentschool.services import families
from parentschool.services.visits import record_home_visit
from portal.kernel.models import AuditEntry
from tests.queries import assert_same_queries
from tests.world import NOW, TODAY, person


@pytest.fixture
def office(world, client, settings, time_machine):
    settings.STAFF_SECOND_FACTOR = False
    time_machine.move_to("2026-10-12T10:00+08:00", tick=False)
    client.force_login(world.as_("school_lead:0"))
    return client


LISTS = ["schoolclass", "child", "guardianship", "membership", "classteammember", "homevisit"]


@pytest.mark.parametrize("model", LISTS)
def test_lists_take_few_queries_whatever_they_hold(world, office, model, django_assert_max_num_queries):
    url = reverse(f"admin:parentschool_{model}_changelist")
    office.get(url)
    with django_assert_max_num_queries(10):
        assert office.get(url).status_code == 200


@pytest.mark.parametrize("model", ["guardianship", "membership"])
def test_more_families_cost_no_more_queries(world, office, model):
    """The lists load only what they show, so a column that is shown but not loaded would ask for each row."""
    url = reverse(f"admin:parentschool_{model}_changelist")

    def more():
        for number in range(2):
            child = Child.objects.create(
                basis="duty", name=f"孩子{number}", school_class=world.classes[0], path=world.classes[0].path
            )
            person = Person.objects.create(
                name=f"家长{number}", home=world.schools[0], path=world.schools[0].path
            )
            families.add_guardian(child, person, relation="mother", actor=world.as_("school_lead:0"), now=NOW)

    assert_same_queries(lambda: office.get(url), more, at_most=8)
    assert office.get(url).context["cl"].result_count >= 3


def test_learners_of_a_school_year(world, office):
    url = reverse("admin:parentschool_membership_changelist")
    every = set(office.get(url).context["cl"].queryset)
    assert every
    assert set(office.get(url, {"school_year": "2026"}).context["cl"].queryset) == every
    assert set(office.get(url, {"school_year": "2025"}).context["cl"].queryset) == set()
    assert set(office.get(url, {"school_year": "x"}).context["cl"].queryset) == every


def test_rows_lead_to_their_pages(world, office):
    page = office.get(reverse("admin:parentschool_child_changelist")).content.decode()
    child = Child.objects.within(Scope.of(world.schools[0].path)).get()
    assert f'href="{reverse("admin:parentschool_child_change", args=[child.pk])}"' in page


def test_the_button_leads_to_the_import(world, office):
    page = office.get(reverse("admin:parentschool_child_changelist")).content.decode()
    assert reverse("roster_new") in page
    office.force_login(world.as_("class_teacher:0"))
    page = office.get(reverse("admin:parentschool_child_changelist")).content.decode()
    assert reverse("roster_new") not in page


def test_a_class_gets_its_place(world, office):
    answer = office.post(
        reverse("admin:parentschool_schoolclass_add"),
        {"school": world.schools[0].pk, "stage": "primary", "entry_year": 2025, "number": 3},
    )
    assert answer.status_code == 302
    assert SchoolClass.objects.get(number=3).path == f"{world.schools[0].path}0002"


def test_a_class_for_another_school_is_refused(world, office):
    office.post(
        reverse("admin:parentschool_schoolclass_add"),
        {"school": world.schools[1].pk, "stage": "primary", "entry_year": 2025, "number": 3},
    )
    assert not SchoolClass.objects.filter(number=3).exists()


def test_a_child_with_a_guardian(world, office):
    answer = office.post(
        reverse("admin:parentschool_child_add"),
        {
            "name": "张小明",
            "school_class": world.classes[0].pk,
            "gender": "m",
            "by_duty": "on",
            "guardianships-TOTAL_FORMS": 1,
            "guardianships-INITIAL_FORMS": 0,
            "guardianships-0-guardian": world.parents[0].pk,
            "guardianships-0-relation": "mother",
        },
    )
    assert answer.status_code == 302, answer.context["errors"]
    child = Child.objects.get(name="张小明")
    assert child.path == world.classes[0].path
    assert child.guardianships.get().guardian == world.parents[0]


def add(office, model, **given):
    return office.post(reverse(f"admin:parentschool_{model}_add"), given)


def refused_at(answer) -> dict[str, list[str]]:
    assert answer.status_code == 200
    form = answer.context["adminform"].form
    return {field: list(errors) for field, errors in form.errors.items()}


NO_GUARDIANS = {"guardianships-TOTAL_FORMS": 0, "guardianships-INITIAL_FORMS": 0}


@pytest.mark.parametrize(
    ("wrong", "field"), [({"stage": "junior"}, "stage"), ({"entry_year": 2024, "number": 1}, "number")]
)
def test_a_refused_class_keeps_what_was_typed(world, office, wrong, field):
    given = {"school": world.schools[0].pk, "stage": "primary", "entry_year": 2025, "number": 7} | wrong
    answer = add(office, "schoolclass", **given)
    assert refused_at(answer).keys() == {field}
    form = answer.context["adminform"].form
    assert {name: form[name].value() for name in given} == {k: str(v) for k, v in given.items()}
    assert SchoolClass.objects.count() == 2


def test_a_refused_child_keeps_what_was_typed(world, office):
    given = {"name": "Child 0", "school_class": world.classes[0].pk, "gender": "f", "by_duty": "on"}
    answer = add(office, "child", **given, **NO_GUARDIANS)
    assert refused_at(answer).keys() == {"name"}
    assert answer.context["adminform"].form["gender"].value() == "f"
    assert Child.objects.count() == 2


def test_a_child_is_not_renamed_into_another(world, office):
    twin = Child.objects.create(
        basis="duty", name="张小明", school_class=world.classes[0], path=world.classes[0].path
    )
    page = reverse("admin:parentschool_child_change", args=[twin.pk])
    answer = office.post(
        page, {"name": "Child 0", "school_class": world.classes[0].pk, "gender": "", **NO_GUARDIANS}
    )
    assert refused_at(answer).keys() == {"name"}
    twin.refresh_from_db()
    assert twin.name == "张小明"


@pytest.mark.parametrize(
    ("who", "duty", "field"),
    [("school_lead:0", "head", "person"), ("lecturer:0", "mind", "duty"), ("outsider", "head", "person")],
)
def test_a_refused_team_member_keeps_what_was_typed(world, office, who, duty, field):
    ClassTeamMember.objects.create(
        school_class=world.classes[0], person=world.parents[0], duty="mind", valid_from=TODAY
    )
    someone = person("王老师", home=world.schools[0]) if who == "outsider" else world.as_(who)
    if who == "outsider":
        someone.is_active = False
        someone.save()
    given = {
        "school_class": world.classes[0].pk,
        "person": someone.pk,
        "duty": duty,
        "valid_from": "2026-10-12",
    }
    answer = add(office, "classteammember", **given)
    assert refused_at(answer).keys() == {field}
    form = answer.context["adminform"].form
    assert {name: str(form[name].value()) for name in given} == {k: str(v) for k, v in given.items()}
    assert ClassTeamMember.objects.count() == 1
    assert not someone.assignments.filter(role="class_teacher").exists()


def guardians(world, **line):
    bond = Guardianship.objects.get(child=world.children[0])
    return {
        "name": "Child 0",
        "school_class": world.classes[0].pk,
        "gender": "",
        "guardianships-TOTAL_FORMS": 1,
        "guardianships-INITIAL_FORMS": 1,
        "guardianships-0-id": bond.pk,
        "guardianships-0-child": world.children[0].pk,
        "guardianships-0-guardian": bond.guardian_id,
        "guardianships-0-relation": "mother",
        "guardianships-0-relation_word": "",
        "guardianships-0-ended_on": "",
    } | {f"guardianships-0-{name}": value for name, value in line.items()}


def test_a_refused_line_of_guardians_says_so_at_its_cell(world, office):
    page = reverse("admin:parentschool_child_change", args=[world.children[0].pk])
    answer = office.post(page, guardians(world, relation="grandma_m", ended_on="2027-01-01"))
    assert answer.status_code == 200
    line = answer.context["inline_admin_formsets"][0].formset.forms[0]
    assert line.errors.keys() == {"ended_on"}
    assert (line["relation"].value(), line["ended_on"].value()) == ("grandma_m", "2027-01-01")
    bond = Guardianship.objects.get(child=world.children[0])
    assert (bond.relation, bond.ended_on) == ("mother", None)


def test_guardians_are_corrected_and_ended_by_the_services(world, office):
    page = reverse("admin:parentschool_child_change", args=[world.children[0].pk])
    answer = office.post(
        page, guardians(world, relation="grandma_m", ended_on="2026-10-01", guardian=world.parents[1].pk)
    )
    assert answer.status_code == 302
    bond = Guardianship.objects.get(child=world.children[0])
    assert (bond.guardian, bond.relation) == (world.parents[0], "grandma_m")
    assert str(bond.ended_on) == "2026-10-01"
    acts = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"guardianship.change", "guardianship.end"} <= acts


@pytest.fixture
def visit(world):
    return record_home_visit(
        world.children[0],
        visited_on=TODAY,
        outcome=VisitOutcome.ATTEMPT,
        visitor=world.staff["class_teacher:0"],
        actor=None,
        now=NOW,
    )


def correct(office, visit, **given):
    page = reverse("admin:parentschool_homevisit_change", args=[visit.pk])
    return office.post(page, {"outcome": "contact", "met": "", "note": "", "reason": ""} | given)


def test_a_visit_is_corrected_with_a_reason(world, office, visit):
    refused = correct(office, visit, met=world.parents[0].pk, note="At the gate")
    assert refused_at(refused).keys() == {"reason"}
    assert refused.context["adminform"].form["note"].value() == "At the gate"
    answer = correct(office, visit, met=world.parents[0].pk, note="At the gate", reason="Ticked wrongly")
    assert answer.status_code == 302
    visit.refresh_from_db()
    assert (visit.outcome, visit.met, visit.revision) == ("contact", world.parents[0], 2)
    entry = AuditEntry.objects.get(action="visit.correct")
    assert entry.summary["reason"] == "Ticked wrongly"


def test_a_visit_meets_guardians_of_the_child_only(world, office, visit):
    answer = correct(office, visit, met=world.parents[1].pk, reason="Ticked wrongly")
    assert refused_at(answer).keys() == {"met"}


def test_a_contradicting_correction_says_so_at_the_field(world, office, visit):
    answer = correct(office, visit, outcome="attempt", met=world.parents[0].pk, reason="Ticked wrongly")
    assert refused_at(answer).keys() == {"met"}
    assert answer.context["adminform"].form["reason"].value() == "Ticked wrongly"


def test_visits_are_taken_back_and_then_only_read(world, office, visit):
    page = reverse("admin:parentschool_homevisit_changelist")
    chosen = {"action": "take_back", "_selected_action": [visit.pk]}
    assert not office.post(page, chosen).context["form"].is_bound
    assert office.post(page, {**chosen, "reason": "Another child"}).status_code == 302
    visit.refresh_from_db()
    assert visit.revoked_reason == "Another child"
    assert correct(office, visit, reason="Ticked wrongly").status_code == 403
