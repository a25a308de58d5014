from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts.enums import Level
from accounts.models import Unit
from assessment.services.requirements import load_requirements
from portal.kernel import clock
from portal.kernel.calendar import SchoolYear


class Command(BaseCommand):
    help = "Load the statutory minimums of national documents into a county."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--county", required=True, help="region code of the county, such as 430725")
        parser.add_argument(
            "--from",
            dest="valid_from",
            type=date.fromisoformat,
            help="YYYY-MM-DD; default: the first day of the school year",
        )

    def handle(self, *args: Any, county: str, **options: Any) -> None:
        unit = Unit.objects.filter(code__in=[county, county.ljust(12, "0")], level=Level.COUNTY).first()
        if unit is None:
            raise CommandError(_("There is no county with the code %(code)s here.") % {"code": county})
        first_day = SchoolYear.of(clock.today()).period.begins_on
        loaded = load_requirements(
            unit, valid_from=options["valid_from"] or first_day, actor=None, now=clock.now()
        )
        for requirement in loaded.new:
            self.stdout.write(_("Loaded: %(name)s.") % {"name": requirement.name})
        for requirement in loaded.kept:
            self.stdout.write(_("%(name)s is there already.") % {"name": requirement.name})
