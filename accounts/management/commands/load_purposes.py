from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from accounts.services.consents import load_purposes
from portal.kernel import clock


class Command(BaseCommand):
    help = "Put in the purposes that personal information is handled for, with their texts, where they are missing."

    def handle(self, *args: Any, **options: Any) -> None:
        made = load_purposes(actor=None, now=clock.now())
        self.stdout.write(_("%(n)s purposes put in; what was there was left alone.") % {"n": len(made)})
