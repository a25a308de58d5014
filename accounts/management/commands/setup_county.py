from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts.regions import reader
from accounts.regions.comparison import Comparison
from accounts.services.set_up import SetUp, set_up_county
from portal.kernel import clock
from portal.kernel.calendar import SchoolYear


class Command(BaseCommand):
    help = "Set up a county from the national list of regions: centre, stations, village and community parent schools."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="six-digit code of the county, such as 430725")
        parser.add_argument(
            "--opened-on",
            type=date.fromisoformat,
            help="first day of its units; default: the school year's first",
        )

    def handle(self, *args: Any, code: str, opened_on: date | None, **options: Any) -> None:
        now = clock.now()
        opened_on = opened_on or SchoolYear.of(clock.day_of(now)).period.begins_on
        try:
            listed = reader.county(code)
        except reader.UnknownRegion as error:
            raise CommandError(str(error)) from error
        done = set_up_county(listed, opened_on=opened_on, actor=None, now=now)
        self.report_differences(done, done.differences) if done.differences else self.report_created(done)

    def report_created(self, done: SetUp) -> None:
        self.stdout.write(_("%(name)s (unit code %(code)s) is set up:") % vars(done.county))
        for kind, count in done.created.items():
            self.stdout.write(f"  {kind.label}: {count}")

    def report_differences(self, done: SetUp, found: Comparison) -> None:
        self.stdout.write(_("%(name)s stands already; nothing was changed.") % {"name": done.county.name})
        if found.is_empty:
            self.stdout.write(_("The list says the same as when it was set up."))
            return
        self.stdout.write(
            _("The list says otherwise than when it was set up. Please look at each in the tree:")
        )
        for region in found.added:
            self.stdout.write(_("  new: %(name)s (%(code)s)") % {"name": region.name, "code": region.code})
        for region in found.removed:
            self.stdout.write(_("  gone: %(name)s (%(code)s)") % {"name": region.name, "code": region.code})
        for change in (*found.renamed, *found.recoded):
            self.stdout.write(
                _("  changed: %(old)s (%(old_code)s) is now %(new)s (%(new_code)s)")
                % {
                    "old": change.old.name,
                    "old_code": change.old.code,
                    "new": change.new.name,
                    "new_code": change.new.code,
                }
            )
