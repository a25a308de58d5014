from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts.enums import Level
from accounts.models import Unit
from assessment.rules_appraisal import plain
from assessment.services.appraisal import load_scheme
from assessment.services.appraisal.definition import parse, ready_names, ready_text
from portal.kernel import clock
from portal.kernel.errors import PortalError


class Command(BaseCommand):
    help = (
        "Load an appraisal scheme (sections, indicators, how each is scored) from a JSON file into a county."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "scheme", help=f"a JSON file, or the name of a ready one: {', '.join(ready_names())}"
        )
        parser.add_argument("--county", required=True, help="region code of the county, such as 430725")

    def handle(self, *args: Any, scheme: str, county: str, **options: Any) -> None:
        unit = Unit.objects.filter(code__in=[county, county.ljust(12, "0")], level=Level.COUNTY).first()
        if unit is None:
            raise CommandError(_("There is no county with the code %(code)s here.") % {"code": county})
        try:
            definition = parse(ready_text(scheme))
            loaded = load_scheme(definition, county=unit, actor=None, now=clock.now())
        except PortalError as refusal:
            raise CommandError(str(refusal)) from refusal
        place = {"name": loaded.scheme.name, "code": loaded.scheme.code, "total": plain(definition.total)}
        if loaded.is_new:
            self.stdout.write(_("Loaded: %(name)s (%(code)s), %(total)s points.") % place)
        else:
            self.stdout.write(_("%(name)s (%(code)s) is there already; nothing was changed.") % place)
        for name in loaded.differs:
            self.stdout.write(_("  the county has it otherwise: %(name)s") % {"name": name})
