from typing import Any

from django.core.management.base import BaseCommand

from portal.kernel import clock, tidying


class Command(BaseCommand):
    help = "Close jobs whose process died, start lost ones again, remove their files after 30 days."

    def handle(self, *args: Any, **options: Any) -> None:
        done = tidying.tidy(now=clock.now())
        self.stdout.write(
            f"abandoned {done.abandoned}, restarted {done.restarted}, emptied {done.emptied}, strays {done.strays}"
        )
