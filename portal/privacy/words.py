"""What the parts of a copy are called for the person whom they are about, where the office's name of the model says
little to a parent or a grandmother."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PARTS: dict[str, str | Promise] = {
    "accounts.Person": _("my name and number"),
    "accounts.Consent": _("what I agreed to"),
    "parentschool.Child": _("my children"),
    "parentschool.Guardianship": _("whose guardian I am"),
    "parentschool.Membership": _("my parent schools, year by year"),
    "parentschool.HomeVisit": _("home visits to us"),
    "parentschool.BindingReport": _("wrong bindings that I reported"),
    "events.Attendance": _("my sign-ins at events"),
    "events.Reservation": _("my bookings"),
    "events.ReservedPerson": _("who came along on a booking"),
    "events.Record": _("service and other records of mine"),
    "assessment.PointEntry": _("my points, line by line"),
    "assessment.Standing": _("my sums of points and stars"),
    "assessment.TrialCrossing": _("tried rules that would change my stars"),
    "kernel.AuditEntry": _("what I did on the portal, and when"),
}
"""By the label of the model; any other part has the model's own name."""
