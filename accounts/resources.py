"""The columns of the lists that leave the portal as workbooks."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.exports import ListResource, column


class PersonResource(ListResource):
    name = column("name", pgettext_lazy("person", "name"))
    phone = column("masked_phone", _("phone"))
    home = column("home__name", _("home unit"))
    roles = column("", _("roles"))
    is_active = column("is_active", _("may sign in"))

    related = ("home",)

    def dehydrate_roles(self, person: Any) -> str:
        return "、".join(f"{held.get_role_display()}（{held.unit}）" for held in person.held)


class OfPersonResource(ListResource):
    """Rows that are about a person: who, and the masked number, before anything else."""

    person = column("person__name", _("person"))
    phone = column("person__masked_phone", _("phone"))
