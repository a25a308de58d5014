"""The columns of the lists that leave the portal as workbooks."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.exports import ListResource, column
from accounts.resources import OfPersonResource


class ChildResource(ListResource):
    name = column("name", _("child's name"))
    school = column("school_class__school__name", _("school"))
    school_class = column("school_class", _("class"))
    gender = column("get_gender_display", _("gender"))
    left_on = column("left_on", _("left on"))

    related = ("school_class__school",)


class GuardianshipResource(ListResource):
    guardian = column("guardian__name", _("guardian"))
    phone = column("guardian__masked_phone", _("phone"))
    relation = column("relation_name", _("relation"))
    child = column("child__name", _("child"))
    school = column("child__school_class__school__name", _("school"))
    school_class = column("child__school_class", _("class"))
    ended_on = column("ended_on", _("ended on"))

    related = ("guardian", "child__school_class__school")


class MembershipResource(OfPersonResource):
    school = column("school__name", _("parent school"))
    school_year = column("school_year", _("school year (begins in)"))
    household = column("household", _("household"))
    joined_on = column("joined_on", _("joined on"))
    left_on = column("left_on", _("left on"))
    source = column("get_source_display", _("how"))

    related = ("person", "school")


class HomeVisitResource(ListResource):
    child = column("child__name", _("child"))
    school = column("child__school_class__school__name", _("school"))
    school_class = column("child__school_class", _("class"))
    visited_on = column("visited_on", _("day of the visit"))
    outcome = column("get_outcome_display", _("outcome"))
    met = column("met__name", _("guardian met"))
    visitor = column("visitor__name", _("visited by"))
    revoked_reason = column("revoked_reason", _("taken back because"))

    related = ("child__school_class__school", "met", "visitor")
