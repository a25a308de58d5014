from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from portal.kernel import clock
from portal.privacy.expiry import expire_data


class Command(BaseCommand):
    help = "Remove or empty what the data map keeps for a time that is over. The clock does so every night."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count what would go")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        for label, number in expire_data(now=clock.now(), dry_run=dry_run).items():
            self.stdout.write(f"{label:<32}{number:>8}")
