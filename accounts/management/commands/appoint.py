from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Person, Unit
from accounts.roles import ROLES
from accounts.services import appointments, passwords, people
from portal.kernel import clock
from portal.kernel.errors import PortalError
from portal.kernel.tracing import Trace, traced


class Command(BaseCommand):
    help = "Give a person a role at a unit, and a one-time password: how a new portal gets its first administrator."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="by which the person signs in")
        parser.add_argument("role", help=", ".join(ROLES))
        parser.add_argument("unit", metavar="UNIT_CODE", help="code of the unit, as in the list of units")
        parser.add_argument("--name", help="the person's name, where there is no such person yet")
        parser.add_argument(
            "--phone", default="", help="the person's mobile number, where there is no such person yet"
        )
        parser.add_argument(
            "--path", default="", help="path of the place inside the unit, for roles held for one class"
        )
        parser.add_argument(
            "--new-password",
            action="store_true",
            help="a one-time password also for somebody who is there already",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with traced(Trace(origin="manage.py appoint")), transaction.atomic():
                self.appoint(options)
        except PortalError as refusal:
            raise CommandError(str(refusal)) from refusal

    def appoint(self, given: dict[str, Any]) -> None:
        now, unit = clock.now(), self.unit(given["unit"])
        if given["role"] not in ROLES:
            raise CommandError(
                _("There is no role %(role)s. Choose one of: %(roles)s")
                % {"role": given["role"], "roles": ", ".join(ROLES)}
            )
        person = Person.objects.filter(username=given["username"].lower()).first()
        is_new = person is None
        if person is None:
            if not given["name"]:
                raise CommandError(_("There is nobody with this user name yet: give --name as well."))
            person = people.register_person(
                name=given["name"],
                home=unit,
                username=given["username"],
                phone=given["phone"],
                actor=None,
                now=now,
            )
        made = appointments.appoint(
            person,
            role=given["role"],
            unit=unit,
            path=given["path"],
            valid_from=clock.day_of(now),
            actor=None,
            now=now,
        )
        self.stdout.write(str(made))
        if is_new or given["new_password"]:
            password = passwords.issue_first_password(person, actor=None, now=now)
            self.stdout.write(_("User name: %(username)s") % {"username": person.username})
            self.stdout.write(
                _("One-time password, valid for 72 hours: %(password)s") % {"password": password}
            )

    def unit(self, code: str) -> Unit:
        unit = Unit.objects.filter(code=code).first()
        if unit is None:
            raise CommandError(
                _(
                    "There is no unit with the code %(code)s. `manage.py setup_county` prints the county's code."
                )
                % {"code": code}
            )
        return unit
