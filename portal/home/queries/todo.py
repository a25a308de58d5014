"""What waits for this person: each with a word on how urgent it is and the page where it is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import scope_for
from accounts.models import Person
from accounts.scopes import Scope
from assessment.enums import AdjustmentStatus, AppraisalStatus, ObjectionStatus
from assessment.models import Adjustment, Appraisal, Objection
from assessment.queries.night_board import broken_runs
from assessment.queries.objections import decidable_by
from events.enums import EventStatus
from events.models import Attendance, Event
from parentschool.enums import RequestStatus
from parentschool.models import DataRequest
from parentschool.queries.claims import open_reports, waiting_claims
from parentschool.services.data_requests import PERMISSION as ANSWER_REQUESTS
from portal.home.face import url_of
from portal.kernel import clock
from portal.kernel.models import Job

ROLL_WAITS = timedelta(days=30)
"""Events that ended longer ago than this without a roll are left to the lists."""


@dataclass(frozen=True)
class Todo:
    tag: str
    tone: str
    words: str
    url: str


def todos_of(person: Person, *, now: datetime, limit: int = 6) -> list[Todo]:
    """Above `limit` it is rolls that are left out, all but the latest: they stand in the list of events too."""
    found = [
        *jobs_to_confirm(person),
        *nights_to_mend(person, now=now),
        *objections_to_answer(person, now=now),
        *adjustments_to_approve(person),
        *requests_to_answer(person),
        *families_to_look_at(person),
    ]
    sheets = appraisals_to_score(person)
    room = max(1, limit - len(found) - len(sheets))
    return [*found, *rolls_to_take(person, now=now)[:room], *sheets]


def jobs_to_confirm(person: Person) -> list[Todo]:
    waiting = Job.objects.filter(asked_by=person, status=Job.Status.CHECKED).order_by("pk")[:3]
    return [Todo(_("to confirm"), "warn", job.title, reverse("job", args=[job.pk])) for job in waiting]


def nights_to_mend(person: Person, *, now: datetime) -> list[Todo]:
    """Parts of a night that failed or were cut off, for those who can have them counted again."""
    reach = scope_for(person, "kernel.recount_run")
    broken = broken_runs(reach, now=now).order_by("-day") if reach else None
    days = list(broken.values_list("day", flat=True)) if broken is not None else []
    if not days:
        return []
    words = ngettext("%(n)s part of the night failed", "%(n)s parts of the night failed", len(days))
    page = f"{url_of('admin:kernel_run_nights')}?day={days[0].isoformat()}"
    return [Todo(_("to count again"), "bad", words % {"n": len(days)}, page)]


def requests_to_answer(person: Person) -> list[Todo]:
    """What parents asked about their data, the one that is due first on top. Who asked stands on its page."""
    waiting = DataRequest.objects.within(scope_for(person, ANSWER_REQUESTS)).filter(status=RequestStatus.OPEN)
    first = waiting.select_related("unit").order_by("due_on", "pk")[:3]
    return [
        Todo(
            _("to answer"),
            "warn",
            f"{request.get_kind_display()} · {request.unit}",
            url_of("request_answer", request.pk),
        )
        for request in first
    ]


def families_to_look_at(person: Person) -> list[Todo]:
    """Parents who want to be bound, and bindings said to be wrong."""
    found = []
    waiting = waiting_claims(scope_for(person, "parentschool.decide_claim")).count()
    if waiting:
        words = ngettext("%(n)s parent wants to be bound", "%(n)s parents want to be bound", waiting)
        found.append(Todo(_("to decide"), "warn", words % {"n": waiting}, url_of("claim_list")))
    wrong = len(open_reports(scope_for(person, "parentschool.change_guardianship")))
    if wrong:
        words = ngettext("%(n)s binding is said to be wrong", "%(n)s bindings are said to be wrong", wrong)
        found.append(Todo(_("to decide"), "bad", words % {"n": wrong}, url_of("claim_list")))
    return found


def objections_to_answer(person: Person, *, now: datetime) -> list[Todo]:
    """Those that the person stands far enough from to decide. Objections whose day has passed come by themselves,
    before those that still have time."""
    reach = scope_for(person, "assessment.decide_objection")
    waiting = Objection.objects.within(reach).filter(status=ObjectionStatus.OPEN)
    due = [objection.due_on for objection in decidable_by(person, waiting)] if reach else []
    late = sum(day < clock.day_of(now) for day in due)
    in_time = len(due) - late
    page = url_of("admin:assessment_objection_changelist")
    found = []
    if late:
        words = ngettext(
            "%(n)s objection should have been answered",
            "%(n)s objections should have been answered",
            late,
        )
        found.append(Todo(_("overdue"), "bad", words % {"n": late}, f"{page}?stand=overdue"))
    if in_time:
        words = ngettext("%(n)s objection to answer", "%(n)s objections to answer", in_time)
        found.append(Todo(_("objection"), "warn", words % {"n": in_time}, f"{page}?stand=open"))
    return found


def adjustments_to_approve(person: Person) -> list[Todo]:
    """Points by hand that wait for a second person: neither the one that asked for them nor whose they are."""
    reach = scope_for(person, "assessment.approve_adjustment")
    if not reach:
        return []
    waiting = Adjustment.objects.within(reach).filter(status=AdjustmentStatus.PENDING)
    count = waiting.exclude(asked_by=person).exclude(person=person).count()
    if not count:
        return []
    words = ngettext("%(n)s adjustment to approve", "%(n)s adjustments to approve", count) % {"n": count}
    page = f"{url_of('admin:assessment_adjustment_changelist')}?status__exact={AdjustmentStatus.PENDING}"
    return [Todo(_("to approve"), "warn", words, page)]


def rolls_to_take(person: Person, *, now: datetime) -> list[Todo]:
    """Events that have ended without anybody on the list."""
    reach = scope_for(person, "events.add_attendance")
    ended = (
        Event.objects.within(reach)
        .filter(ends_at__lte=now, ends_at__gt=now - ROLL_WAITS)
        .exclude(status=EventStatus.CANCELLED)
        .exclude(Exists(Attendance.objects.filter(event=OuterRef("pk"), revoked_at=None)))
        .select_related("host")
        .order_by("-ends_at", "-pk")
    )
    return [
        Todo(_("no roll yet"), "bad", told_apart(event, reach), url_of("roll_call", event.pk))
        for event in ended[:5]
    ]


def told_apart(event: Event, reach: Scope) -> str:
    """With its day, and for those above the host with the host: schools hold events of the same title."""
    day = date_format(clock.day_of(event.starts_at), "MONTH_DAY_FORMAT")
    host = event.host.path
    is_below = any(host.startswith(path) and host != path for path in reach.paths)
    return " · ".join([event.title, day, *([event.host.name] if is_below else [])])


def appraisals_to_score(person: Person) -> list[Todo]:
    """For those who score: sheets in whose turn it is."""

    def in_turn(permission: str, status: AppraisalStatus) -> QuerySet[Appraisal]:
        return Appraisal.objects.within(scope_for(person, permission)).filter(status=status)

    waiting = in_turn("assessment.self_score_appraisal", AppraisalStatus.OPEN) | in_turn(
        "assessment.county_score_appraisal", AppraisalStatus.SELF_SCORED
    )
    counts = dict(waiting.order_by().values_list("status").annotate(Count("pk")))
    found = []
    if own := counts.get(AppraisalStatus.OPEN):
        found.append(Todo(_("self-scoring"), "warn", _own_sheets(own), url_of("work_appraisals")))
    if handed_in := counts.get(AppraisalStatus.SELF_SCORED):
        page = url_of("admin:assessment_appraisal_changelist")
        found.append(Todo(_("to mark"), "warn", _sheets_to_mark(handed_in), page))
    return found


def _own_sheets(count: int) -> str:
    return ngettext("%(n)s appraisal sheet to fill in", "%(n)s appraisal sheets to fill in", count) % {
        "n": count
    }


def _sheets_to_mark(count: int) -> str:
    return ngettext("%(n)s handed-in sheet to mark", "%(n)s handed-in sheets to mark", count) % {"n": count}
