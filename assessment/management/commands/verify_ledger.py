from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from assessment.engine.verify import verify_ledger
from assessment.models import Batch, PointEntry
from assessment.services.heads import published_in


class Command(BaseCommand):
    help = "Check the point ledger: chain, sums, causes, reversals, explanations, standings."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head",
            action="append",
            default=[],
            help="a chain head that was made known outside the database",
        )
        parser.add_argument(
            "--published",
            type=Path,
            help="a file with the lines of the log that made heads known, kept elsewhere",
        )

    def handle(self, *args: Any, head: list[str], published: Path | None, **options: Any) -> None:
        heads = [*head, *self._published(published)]
        findings = verify_ledger(*heads)
        for finding in findings:
            self.stdout.write(f"{finding.code}: {finding}")
        if findings:
            raise CommandError(_("The ledger has %(n)s faults.") % {"n": len(findings)})
        self.stdout.write(
            _("%(lines)s lines in %(batches)s postings: all is well.")
            % {"lines": PointEntry.objects.count(), "batches": Batch.objects.count()}
        )
        if heads:
            self.stdout.write(_("%(n)s heads made known are all there.") % {"n": len(set(heads))})
        for chain in Batch.objects.order_by("chain").values_list("chain", flat=True).distinct():
            last = Batch.objects.filter(chain=chain).latest("number")
            self.stdout.write(f"{chain} {last.number} {last.head}")

    def _published(self, file: Path | None) -> list[str]:
        if file is None:
            return []
        try:
            with file.open(encoding="utf-8", errors="replace") as lines:
                found = list(published_in(lines))
        except OSError as error:
            raise CommandError(str(error)) from error
        if not found:
            raise CommandError(_("No chain head stands in this file. Name the log that holds them."))
        return found
