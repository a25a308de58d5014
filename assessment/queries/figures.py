"""Which figures of which units somebody may ask for."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Unit
from accounts.scopes import Scope

THEN, NOW = "then", "now"
TREES = {THEN: _("where they belonged that day"), NOW: _("where they belong today")}


def units_to_choose(scope: Scope) -> QuerySet[Unit]:
    """The topmost and those with units below them, in the order of the tree."""
    inside = Unit.objects.within(scope)
    top = inside.order_by("path").values("pk")[:1]
    below = Unit.objects.filter(parent=OuterRef("pk"))
    return inside.filter(Q(pk__in=top) | Exists(below)).order_by("path")
