"""Every route of the portal and who may use it: the machine-readable half of the access matrix.

The other half, which role holds which permission, is `accounts.roles`. A route that is not named here fails the
matrix test. Routes of the admin that Django makes for each registered model are walked by the test itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from accounts.models import Person, RoleAssignment, Unit
from assessment.models import (
    Adjustment,
    Appraisal,
    AppraisalScheme,
    Batch,
    Certificate,
    Evidence,
    Mark,
    Objection,
    PointEntry,
    RuleTrial,
    SchemeVersion,
)
from events.models import Attendance, Event, Record, Reservation
from parentschool.models import (
    Child,
    Claim,
    DataRequest,
    Guardianship,
    HomeVisit,
    Membership,
    SchoolClass,
    SchoolMessage,
)
from portal.kernel.models import Notice


@dataclass(frozen=True)
class Public:
    """Open to everybody, also without signing in."""

    kwargs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SignedIn:
    """Open to whoever has signed in; shows only their own rows."""

    kwargs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Own:
    """Open to the person whom a row of the model names, whatever else anybody may do."""

    model: type[models.Model]
    owner: str
    kwargs: Callable[[Any], dict[str, Any]] = field(default=lambda row: {"pk": row.pk})
    rows: dict[str, Any] = field(default_factory=dict)
    """Of which rows of the model it speaks; all where nothing is said."""


@dataclass(frozen=True)
class Needs:
    """Open where the person holds one of the permissions, for rows inside its reach."""

    permissions: tuple[str, ...]
    model: type[models.Model] | None = None
    rows: Callable[[], models.QuerySet] | None = None
    kwargs: Callable[[Any], dict[str, Any]] = field(default=lambda row: {"pk": row.pk})
    query: str = ""
    token: str = ""
    """What stands in the address instead of a key."""
    post: str = ""
    """The permission for sending something, where it differs from that for looking."""
    also_at: Callable[[Any], list[str]] = field(default=lambda row: [])
    """Other places through which a row is reached by this route."""


def needs(*permissions: str, model: type[models.Model] | None = None, **more: Any) -> Needs:
    return Needs(permissions, model, **more)


def classes_of_children(person: Person) -> list[str]:
    return [guardianship.child.school_class.path for guardianship in person.guardianships.all()]


def served_by(event: Event) -> list[str]:
    """Schools, stations and classes whose families an event with seats is for."""
    if not event.needs_booking:
        return []
    above = event.host.parent.path if event.host.kind == "department" else event.host.path
    units = Unit.objects.filter(path__startswith=above).exclude(kind="department")
    classes = SchoolClass.objects.filter(path__startswith=above)
    return [*units.values_list("path", flat=True), *classes.values_list("path", flat=True)]


def homes_of_booked(reservation: Reservation) -> list[str]:
    """Where the children of the booked household are, and where it learns, if the event serves these places."""
    served = served_by(reservation.event)
    people = [place.person_id for place in reservation.places.all()]
    found = [
        *Child.objects.filter(guardianships__guardian__in=people).values_list("path", flat=True),
        *Membership.objects.filter(person__in=people).values_list("path", flat=True),
    ]
    return [path for path in found if path in served]


@dataclass(frozen=True)
class BySecret:
    """Open to whoever knows the link, signed in or not; a wrong secret opens nothing to anybody."""

    kwargs: dict[str, Any]


@dataclass(frozen=True)
class Meant:
    """Open to the parents for whom an event is meant."""


ROUTES: dict[str, Public | SignedIn | Own | Needs | Meant | BySecret] = {
    "healthz": Public(),
    "jsi18n": Public(),
    "account_login": Public(),
    "account_own": SignedIn(),
    "account_sessions_end": SignedIn(),
    "account_proof": SignedIn(),
    "account_proof_code": SignedIn(),
    "account_set_password": SignedIn(),
    "home": SignedIn(),
    "admin:assessment_schemeversion_publish": needs("assessment.publish_schemeversion", model=SchemeVersion),
    "admin:assessment_schemeversion_withdraw": needs("assessment.reverse_batch", model=SchemeVersion),
    "admin:assessment_schemeversion_try": needs("assessment.change_schemeversion", model=SchemeVersion),
    "admin:assessment_schemeversion_trial": needs(
        "assessment.change_schemeversion", model=RuleTrial, post="assessment.publish_schemeversion"
    ),
    "admin:assessment_schemeversion_copy": needs("assessment.add_schemeversion", model=SchemeVersion),
    "admin:assessment_pointentry_person": needs("assessment.view_pointentry", model=Person),
    "admin:assessment_pointrule_preview": needs("assessment.add_pointrule"),
    "admin:accounts_unit_import": needs("accounts.import_unit"),
    "api:schema": SignedIn(),
    "api:token": SignedIn(),
    "api:own-points": SignedIn(),
    "api:unit-list": needs("accounts.view_unit"),
    "api:unit-detail": needs("accounts.view_unit", model=Unit),
    "api:eventkind-list": needs("events.view_eventkind"),
    "api:event-list": needs("events.view_event", post="events.add_event"),
    "api:event-detail": needs("events.view_event", model=Event),
    "api:event-cancel": needs("events.change_event", model=Event),
    "api:event-roll": needs("events.add_attendance", model=Event),
    "api:attendance-list": needs("events.view_attendance"),
    "api:attendance-detail": needs("events.view_attendance", model=Attendance),
    "api:attendance-revoke": needs("events.change_attendance", model=Attendance),
    "api:attendance-restore": needs("events.change_attendance", model=Attendance),
    "admin:accounts_unit_place": needs("accounts.place_unit", model=Unit),
    "admin:accounts_person_find": needs("accounts.view_person"),
    "admin:accounts_person_unmask": needs(
        "accounts.unmask_person", model=Person, also_at=classes_of_children
    ),
    **{
        f"admin:accounts_person_{act}": needs("accounts.change_person", model=Person)
        for act in ("password", "factor", "shut", "open", "join")
    },
    "admin:accounts_roleassignment_end": needs("accounts.change_roleassignment", model=RoleAssignment),
    "work": SignedIn(),
    "my_lectures": SignedIn(),
    "points": SignedIn(),
    "objections": SignedIn(),
    "objection": Own(Objection, "person"),
    "objection_withdraw": Own(Objection, "person"),
    "object": Own(PointEntry, "person"),
    "my_events": SignedIn(),
    "my_month": SignedIn(),
    "family_event": Meant(),
    "family_seats": Meant(),
    "family_back": Meant(),
    "my_calendar": SignedIn(),
    "my_calendar_end": SignedIn(),
    "calendar_feed": BySecret({"secret": "no-secret"}),
    "notices": SignedIn(),
    "notices_read": SignedIn(),
    "my_messages": SignedIn(),
    "my_message": Own(Notice, "person", lambda row: {"pk": row.key}, rows={"kind": "parentschool.message"}),
    "message_list": needs("parentschool.view_schoolmessage"),
    "message_new": needs("parentschool.add_schoolmessage"),
    "message_sent": needs("parentschool.view_schoolmessage", model=SchoolMessage),
    "message_take_back": needs("parentschool.change_schoolmessage", model=SchoolMessage),
    "notice": Own(Notice, "person"),
    "me": SignedIn(),
    "text_size": Public(),
    "privacy": Public(),
    "family": SignedIn(),
    "family_school": SignedIn(),
    "family_child": SignedIn(),
    "binding_report": Own(Guardianship, "guardian"),
    "claim_withdraw": Own(Claim, "claimant"),
    "claim_list": needs("parentschool.decide_claim"),
    "claim": needs("parentschool.decide_claim", model=Claim),
    "binding_undo": needs("parentschool.change_guardianship", model=Guardianship),
    "managed_new": needs("parentschool.add_guardianship"),
    "managed_child": needs("parentschool.add_guardianship", model=Child),
    "privacy_text": Public({"code": "children"}),
    "own_consents": SignedIn(),
    "consent_ask": SignedIn(),
    "event_list": needs("events.view_event"),
    "event_new": needs("events.add_event"),
    "event_detail": needs("events.view_event", model=Event),
    "event_edit": needs("events.change_event", model=Event),
    "event_cancel": needs("events.change_event", model=Event),
    "event_seats": needs("events.change_event", "events.book_reservation", model=Event, also_at=served_by),
    "event_seats_new": needs(
        "events.change_event", "events.book_reservation", model=Event, also_at=served_by
    ),
    "event_seats_back": needs(
        "events.change_event", "events.book_reservation", model=Reservation, also_at=homes_of_booked
    ),
    "roll_call": needs("events.add_attendance", model=Event),
    "walk_in": needs("events.add_attendance", model=Event),
    "sign_in_sheet": needs("events.add_attendance", model=Event),
    "wall": needs("events.add_attendance", model=Event),
    "wall_state": needs("events.add_attendance", model=Event),
    "attendance_correct": needs("events.change_attendance", model=Attendance),
    "attendance_doubt": needs("events.change_attendance", model=Attendance),
    "my_code": SignedIn(),
    "my_card": SignedIn(),
    "person_by_code": needs("events.add_attendance", token="no-code"),
    "check_in": SignedIn(),
    "check_in_family": SignedIn(),
    "check_in_scan": Public({"token": "no-code"}),
    "check_in_done": Own(Attendance, "person", lambda row: {"pk": row.event_id}),
    "record_list": needs("events.view_record"),
    "record_new": needs("events.add_record"),
    "record_person": needs("events.add_record", model=Membership),
    "record_take_back": needs("events.change_record", model=Record),
    "record_settle": needs("events.change_record", model=Record),
    "visit_list": needs("parentschool.view_homevisit"),
    "visit_new": needs("parentschool.add_homevisit"),
    "visit_child": needs("parentschool.add_homevisit", model=Child),
    "visit_revoke": needs("parentschool.change_homevisit", model=HomeVisit),
    **{
        f"admin:{label}_{model}_export": needs(f"{label}.export_{model}")
        for label, models in {
            "accounts": ("person",),
            "parentschool": ("child", "guardianship", "membership", "homevisit"),
            "events": ("event", "attendance"),
            "assessment": ("pointentry",),
        }.items()
        for model in models
    },
    "admin:parentschool_child_import": needs("parentschool.import_roster"),
    "admin:parentschool_schoolclass_import": needs("parentschool.import_roster"),
    "neighbour_list": needs("parentschool.add_membership"),
    "neighbour_new": needs("parentschool.add_membership"),
    "certificate_new": SignedIn(),
    "certificate_own": Own(Certificate, "person"),
    "certificate_paper": Own(Certificate, "person"),
    "certificate": Public({"code": "CERTIFICATE0"}),
    "learning": SignedIn(),
    "what_is_kept": Public(),
    "erased": Public(),
    "own_data": SignedIn(),
    "own_data_ask": SignedIn(),
    "own_data_erase": SignedIn(),
    "own_data_copy": SignedIn({"kind": "json"}),
    "own_data_withdraw": Own(DataRequest, "person"),
    "request_list": needs("parentschool.change_datarequest"),
    "request_answer": needs("parentschool.change_datarequest", model=DataRequest),
    "roster_new": needs("parentschool.import_roster"),
    "roster_template": needs("parentschool.import_roster"),
    "job_list": SignedIn(),
    "admin:assessment_appraisal_export": needs("assessment.export_appraisal"),
    "admin:assessment_appraisal_count": needs("assessment.add_appraisal"),
    "admin:assessment_appraisal_send_back": needs("assessment.county_score_appraisal", model=Appraisal),
    "admin:assessment_appraisal_reopen": needs("assessment.county_score_appraisal", model=Appraisal),
    "admin:assessment_appraisal_evidence": needs("assessment.county_score_appraisal", model=Mark),
    "admin:assessment_appraisalscheme_copy": needs(
        "assessment.change_appraisalscheme", model=AppraisalScheme
    ),
    "admin:assessment_adjustment_decide": needs("assessment.approve_adjustment", model=Adjustment),
    "admin:assessment_batch_reverse": needs("assessment.reverse_batch", model=Batch),
    "admin:kernel_run_nights": needs("kernel.view_run"),
    "admin:kernel_run_recount": needs("kernel.recount_run", query="?step=points&shard=0001&day=2026-10-11"),
    "admin:assessment_unitmetric_figures": needs("assessment.view_unitmetric"),
    "admin:assessment_unitmetric_export": needs("assessment.view_unitmetric"),
    "admin:oddity": needs("events.change_attendance", token="early"),
    "unreached": needs("parentschool.view_guardianship"),
    "unreached_export": needs("parentschool.export_guardianship"),
    "minimum_list": needs("assessment.view_unitmetric"),
    "work_appraisals": needs("assessment.self_score_appraisal"),
    "work_appraisal": needs("assessment.self_score_appraisal", model=Appraisal),
    "work_hand_in": needs("assessment.self_score_appraisal", model=Appraisal),
    "work_mark": needs("assessment.self_score_appraisal", model=Mark),
    "evidence": needs("assessment.view_evidence", model=Evidence),
    "evidence_remove": needs("assessment.self_score_appraisal", model=Evidence),
}

# Routes not walked here, by the beginning of their names, each with the reason.
FOREIGN = {
    "account_": "sign-in pages of allauth, walked in tests/accounts",
    "mfa_": "second factor pages of allauth, walked in tests/accounts",
    "job": "a job is its asker's alone, walked in tests/portal/test_jobs.py",
    "roster_": "an import is its asker's alone, walked in tests/parentschool/test_roster_pages.py",
    "register": "open to whoever has just proved a number, walked in test_registration_in_a_browser.py",
    "set_language": "Django's language switch: POST, changes a cookie only",
    "admin:": "walked model by model",
}
