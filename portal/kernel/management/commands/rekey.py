from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from portal.kernel import clock
from portal.kernel.crypto import Undecipherable
from portal.kernel.rekeying import rekey


class Command(BaseCommand):
    help = "Seal every encrypted field anew under the first key of FIELD_KEYS; afterwards older keys may go."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rows = rekey(now=clock.now())
        except Undecipherable as error:
            raise CommandError(
                _(
                    "Some rows were sealed with a key that FIELD_KEYS no longer holds. Put that key back and try again."
                )
            ) from error
        for field, count in rows.items():
            self.stdout.write(_("%(field)s: %(count)d rows sealed anew") % {"field": field, "count": count})
