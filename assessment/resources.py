"""The columns of the lists that leave the portal as workbooks."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.exports import ListResource, column


class PointEntryResource(ListResource):
    """Line by line as posted, never summed up by person: that would be a ranking."""

    person = column("person__name", _("person"))
    happened_on = column("happened_on", _("happened on"))
    rule = column("rule__name", _("rule"))
    points = column("points", _("points"))
    cut = column("cut", _("cut"))
    unit = column("unit__name", _("unit"))
    posted_on = column("posted_on", _("posted on"))
    reason = column("get_reason_display", _("reason"))
    key = column("key", _("key"))

    related = ("person", "rule", "unit")
