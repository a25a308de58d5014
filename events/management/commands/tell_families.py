from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import ngettext

from events.services.telling import tell_everybody
from portal.kernel import clock


class Command(BaseCommand):
    help = "Tell families of tomorrow's events and of changes, where no worker's clock does it. Run it from cron."

    def handle(self, *args: Any, **options: Any) -> None:
        sent = tell_everybody(now=clock.now())
        self.stdout.write(ngettext("%(n)s notice was sent.", "%(n)s notices were sent.", sent) % {"n": sent})
