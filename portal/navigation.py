"""The sidebar of the office: groups in the order of a working day, and whose office it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from accounts.access import assignments_of, scope_for
from parentschool.services.data_requests import PERMISSION as ANSWER_REQUESTS
from portal.home.queries.start import start_page


@dataclass(frozen=True)
class Group:
    """`members` are model labels in the order shown."""

    label: str
    name: str | Promise
    icon: str
    members: tuple[str, ...]

    def shown(self, models: list[dict[str, Any]]) -> dict[str, Any]:
        """As Django's templates expect an app, with its icon."""
        return {
            "name": self.name,
            "icon": self.icon,
            "app_label": self.label,
            "app_url": "",
            "has_module_perms": True,
            "models": models,
        }


GROUPS = (
    Group(
        "events",
        _("Events"),
        "calendar",
        ("events.event", "events.attendance", "events.record", "events.eventkind", "events.recordkind"),
    ),
    Group(
        "families",
        _("Parents and classes"),
        "people",
        (
            "parentschool.schoolclass",
            "parentschool.child",
            "parentschool.guardianship",
            "parentschool.membership",
            "parentschool.homevisit",
            "parentschool.classteammember",
        ),
    ),
    Group("lecturers", _("Lecturers"), "mic", ("training.lecturer",)),
    Group(
        "points",
        _("Points"),
        "star",
        (
            "assessment.standing",
            "assessment.certificate",
            "assessment.pointentry",
            "assessment.objection",
            "assessment.adjustment",
            "assessment.spending",
            "assessment.batch",
            "assessment.pointscheme",
            "assessment.schemeversion",
            "assessment.unitmetric",
        ),
    ),
    Group(
        "appraisal",
        _("Appraisal"),
        "appraisal",
        ("assessment.appraisal", "assessment.appraisalscheme", "assessment.requirement"),
    ),
    Group(
        "system",
        _("System"),
        "system",
        (
            "accounts.unit",
            "accounts.person",
            "accounts.roleassignment",
            "accounts.purposetext",
            "accounts.personincharge",
            "accounts.consent",
            "accounts.region",
            "kernel.specialday",
            "kernel.job",
            "kernel.run",
            "kernel.auditentry",
            "axes.accessattempt",
        ),
    ),
)
MORE = Group("more", _("More"), "list", ())


def arranged(models: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Models as Django's app list gives them, put into the groups; those that no group names come last."""
    left = {model["model"]._meta.label_lower: model for model in models}
    shown = []
    for group in GROUPS:
        found = [left.pop(member) for member in group.members if member in left]
        if found:
            shown.append(group.shown(found))
    return [*shown, MORE.shown([*left.values()])] if left else shown


@dataclass(frozen=True)
class Link:
    url: str
    icon: str
    label: str


@dataclass(frozen=True)
class Office:
    """Whose office the frame shows: the unit, what the person is there, and pages beside the tables."""

    name: str
    roles: str
    links: tuple[Link, ...]


def office_of(person: Any) -> Office | None:
    held = sorted(assignments_of(person), key=lambda assignment: assignment.path)
    if not held:
        return None
    links = [Link(reverse("job_list"), "task", pgettext("sidebar", "Jobs and downloads"))]
    if scope_for(person, ANSWER_REQUESTS):
        links.append(Link(reverse("request_list"), "list", pgettext("sidebar", "Requests about data")))
    if person.has_perm("kernel.view_run"):
        links.append(Link(reverse("admin:kernel_run_nights"), "moon", pgettext("sidebar", "The nights")))
    if start_page(person) == "work":
        links.insert(0, Link(reverse("work"), "phone", pgettext("sidebar", "Phone page")))
    roles = dict.fromkeys(str(assignment.definition.name) for assignment in held)
    return Office(held[0].unit.name, pgettext("between roles", ", ").join(roles), tuple(links))
