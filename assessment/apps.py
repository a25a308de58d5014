from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class AssessmentConfig(AppConfig):
    name = "assessment"
    verbose_name = _("Points and appraisal")

    def ready(self) -> None:
        from assessment.services import spending  # noqa: F401  asked before points are spent

        pre_migrate.connect(step_back, sender=self)
        post_migrate.connect(stand_guard, sender=self)


def step_back(using: str = "default", **kwargs: Any) -> None:
    """Before every migration: the watches stand in nobody's way."""
    from assessment import sources
    from portal.kernel import watching

    watching.stand_aside(connections[using], sources.watches())


def stand_guard(using: str = "default", **kwargs: Any) -> None:
    """After every migration: the ledger only grows, and changes of facts are noted."""
    from assessment import sources
    from assessment.models import Batch, DirtyPerson, PointEntry
    from portal.kernel import append_only, watching

    for model in (PointEntry, Batch):
        append_only.keep_guard(connections[using], model._meta.db_table)
    watching.keep_watch(connections[using], sources.watches(), DirtyPerson._meta.db_table)
