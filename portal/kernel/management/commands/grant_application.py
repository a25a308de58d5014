import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils.translation import gettext as _

from portal.kernel.errors import PortalError
from portal.kernel.grants import grant_application


class Command(BaseCommand):
    help = (
        "On PostgreSQL, let a role read and write rows and no more: no change of tables; of the ledger and the audit "
        "only reading and adding. Run it as the owner after every migration. With APPLICATION_PASSWORD in the "
        "environment the role is made if it is missing, and signs in with that password."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role")

    def handle(self, *args: Any, role: str, **options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError(_("Only PostgreSQL knows roles; SQLite keeps everything in one file."))
        try:
            tables = grant_application(connection, role, password=os.environ.get("APPLICATION_PASSWORD", ""))
        except PortalError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(
            _("%(role)s may now work with %(tables)d tables.") % {"role": role, "tables": tables}
        )
