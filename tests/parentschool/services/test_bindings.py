"""Wrong bindings, said by either side and undone with all that came of them."""

from __future__ import annotations

import pytest

from accounts.services.consents import load_purposes
from parentschool.enums import ClaimStatus, ReportStatus, VisitOutcome
from parentschool.models import BindingReport, Claim, HomeVisit
from parentschool.queries.claims import bond_in_family, open_reports
from parentschool.services import families
from parentschool.services.bindings import BindingRefused, keep_binding, report_binding, undo_binding
from parentschool.services.claims import approve_claim, claim_child
from portal.kernel.models import AuditEntry
from tests.agreeing import agree
from tests.events.pages import page, signed_in
from tests.parentschool.newcomers import claimed
from tests.world import NOW, TODAY, person

BY = {"now": NOW}


@pytest.fixture
def lead(world):
    load_purposes(actor=None, now=NOW)
    return world.as_("school_lead:0")


@pytest.fixture
def wrong(world, lead):
    """Somebody who was bound to a child of others, and met on a home visit."""
    made = person("王芳", home=world.schools[1], phone="13700000001")
    agree(made)
    claim = claim_child(made, claimed(world), actor=made, now=NOW)
    bond = approve_claim(claim, actor=lead, **BY).guardianship
    HomeVisit.objects.create(
        child=bond.child, visited_on=TODAY, outcome=VisitOutcome.CONTACT, met=made, visitor=lead
    )
    return bond


def test_undoing_takes_all_its_rows_along(world, lead, wrong):
    for _ in range(2):
        undo_binding(wrong, reason="another child", actor=lead, **BY)
    wrong.refresh_from_db()
    assert wrong.ended_on == TODAY
    membership = wrong.guardian.memberships.get()
    assert membership.left_on == membership.joined_on
    visit = HomeVisit.objects.get()
    assert (visit.met, visit.outcome, visit.revision) == (None, VisitOutcome.CONTACT, 2)
    assert Claim.objects.get().status == ClaimStatus.UNDONE
    entry = AuditEntry.objects.get(action="binding.undo")
    assert (entry.summary["memberships"], entry.summary["visits"]) == (1, 1)


def test_a_membership_that_another_child_holds_stays(world, lead, wrong):
    sibling = families.add_child(world.classes[0], name="Sibling", by_duty=True, actor=lead, **BY)
    families.add_guardian(sibling, wrong.guardian, relation="mother", actor=lead, **BY)
    undo_binding(wrong, reason="another child", actor=lead, **BY)
    assert wrong.guardian.memberships.get().left_on is None


def test_after_undoing_one_can_be_bound_again(world, lead, wrong):
    undo_binding(wrong, reason="a mistake", actor=lead, **BY)
    assert families.add_guardian(wrong.child, wrong.guardian, relation="mother", actor=lead, **BY) == wrong
    assert type(wrong).objects.get(pk=wrong.pk).ended_on is None
    assert wrong.guardian.memberships.get().left_on is None, "a learner again"


def test_the_own_binding_ends_at_once(wrong):
    assert report_binding(wrong, reason="not mine", actor=wrong.guardian, **BY) is None
    wrong.refresh_from_db()
    assert wrong.ended_on == TODAY


def test_the_second_guardian_takes_the_first_away_from_nothing(world, lead, wrong):
    """And neither does the first the second: both can only say that something is wrong."""
    first = world.parents[0].guardianships.get()
    for _ in range(2):
        report = report_binding(first, reason="not theirs", actor=wrong.guardian, **BY)
    first.refresh_from_db()
    assert first.ended_on is None
    assert open_reports_of(lead) == [report]
    keep_binding(report, actor=lead, **BY)
    assert open_reports_of(lead) == []
    assert BindingReport.objects.get().status == ReportStatus.KEPT


def open_reports_of(lead):
    from accounts.access import scope_for

    return open_reports(scope_for(lead, "parentschool.change_guardianship"))


def test_a_report_is_settled_by_undoing(world, lead, wrong):
    report_binding(wrong, reason="we do not know her", actor=world.parents[0], **BY)
    undo_binding(wrong, reason="we do not know her", actor=lead, **BY)
    report = BindingReport.objects.get()
    assert (report.status, report.decided_by) == (ReportStatus.UNDONE, lead)


def test_who_reported_sees_that_the_school_looks_at_it(world, lead, wrong):
    reporter = world.parents[0]
    agree(reporter)
    told, link = "已反映，学校在核实", page("binding_report", wrong.pk)
    before = signed_in(reporter).get(page("family")).text
    assert link in before
    assert told not in before
    report_binding(wrong, reason="we do not know her", actor=reporter, **BY)
    shown = signed_in(reporter).get(page("family")).text
    assert told in shown
    assert link not in shown
    assert told not in signed_in(wrong.guardian).get(page("family")).text
    keep_binding(BindingReport.objects.get(), actor=lead, **BY)
    assert link in signed_in(reporter).get(page("family")).text


def test_only_bindings_of_the_own_children_can_be_spoken_of(world, wrong):
    other = world.parents[1].guardianships.get()
    assert bond_in_family(world.parents[0], wrong.pk) == wrong
    assert bond_in_family(world.parents[0], other.pk) is None


def test_a_reason_is_needed(lead, wrong):
    with pytest.raises(BindingRefused):
        undo_binding(wrong, reason=" ", actor=lead, **BY)
    with pytest.raises(BindingRefused):
        report_binding(wrong, reason="", actor=wrong.guardian, **BY)
