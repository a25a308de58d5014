"""The columns of the lists that leave the portal as workbooks."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.exports import ListResource, column
from accounts.resources import OfPersonResource


class EventResource(ListResource):
    title = column("title", _("title"))
    kind = column("kind__name", _("kind"))
    host = column("host__name", _("host"))
    starts_at = column("starts_at", _("begins"))
    ends_at = column("ends_at", _("ends"))
    place = column("place", _("place"))
    capacity = column("capacity", _("capacity"))
    came = column("came", _("on the list"))
    status = column("get_status_display", _("status"))

    related = ("kind", "host")


class AttendanceResource(OfPersonResource):
    event = column("event__title", _("event"))
    host = column("event__host__name", _("host"))
    starts_at = column("event__starts_at", _("begins"))
    method = column("get_method_display", _("method"))
    taken_at = column("taken_at", _("taken at"))
    revoked_at = column("revoked_at", _("taken off the list"))
    correction_reason = column("correction_reason", _("reason"))

    related = ("person", "event__host")
