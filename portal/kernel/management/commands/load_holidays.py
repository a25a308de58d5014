from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from portal.kernel import clock
from portal.kernel.errors import PortalError
from portal.kernel.special_days import load_year, published_years


class Command(BaseCommand):
    help = (
        "Load the State Council's holidays and worked weekends; days that are kept already stay as they are."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("years", nargs="*", type=int, help="default: every year that is known here")

    def handle(self, *args: Any, years: list[int], **options: Any) -> None:
        for year in years or published_years():
            try:
                loaded = load_year(year, actor=None, now=clock.now())
            except PortalError as refusal:
                raise CommandError(str(refusal)) from refusal
            self.stdout.write(
                _("%(source)s: %(new)s days entered, %(kept)s stood already.")
                % {"source": loaded.source, "new": loaded.new, "kept": loaded.kept}
            )
