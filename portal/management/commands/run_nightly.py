from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from portal import nightly
from portal.kernel import clock
from portal.kernel.models import Run


class Command(BaseCommand):
    help = "Run the night in this process: points, standings and unit metrics up to a day."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--through", type=date.fromisoformat, help="last day to count, as 2026-09-01; default: today"
        )
        parser.add_argument("--full", action="store_true", help="look at everybody, changed or not")

    def handle(self, *args: Any, through: date | None, full: bool, **options: Any) -> None:
        failed = 0
        for run in nightly.run(through or clock.today(), everybody=full):
            failed += run.status != Run.Status.DONE
            self.stdout.write(self._line(run))
        if failed:
            raise CommandError(
                _("%(n)s runs failed; the run log says why. The next night does them again.") % {"n": failed}
            )

    def _line(self, run: Run) -> str:
        numbers = ", ".join(
            f"{name} {run.counts[name]}"
            for name in ("people", "posted", "reversed", "standings", "rows")
            if name in run.counts
        )
        return f"{run.day} {run.step} {run.shard}: {run.get_status_display()} {run.said or numbers}"
