from __future__ import annotations

import random
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Kind
from accounts.models import Person, Unit
from accounts.roles import ROLES
from parentschool.models import Guardianship
from portal.demo import county, families, messages, seats, work
from portal.demo.appraisals import build_appraisals
from portal.demo.names import Cast
from portal.demo.objections import build_objections
from portal.kernel import audit, clock
from portal.kernel.calendar import SchoolYear


class Command(BaseCommand):
    help = "Fill the county that is set up with clearly demo schools, families, events and attendance."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--scale", type=float, default=0.03, help="share of the county's 111,000 children"
        )
        parser.add_argument("--seed", type=int, default=430725)
        parser.add_argument(
            "--today", type=date.fromisoformat, help="day the demo is seen from; default: today"
        )

        parser.add_argument(
            "--after-night",
            action="store_true",
            help="what rests on points: open the year's appraisal, score half of it, object to some points",
        )
        parser.add_argument("--sign-ins", action="store_true", help="only print who may sign in")

    def handle(
        self,
        *args: Any,
        scale: float,
        seed: int,
        today: date | None,
        sign_ins: bool,
        after_night: bool,
        **options: Any,
    ) -> None:
        if settings.PRODUCTION:
            raise CommandError(_("This is production: demo people are never put in here."))
        centre = Unit.objects.filter(kind=Kind.CENTRE).order_by("path").first()
        if centre is None:
            raise CommandError(_("Set up a county first: manage.py setup_county 430725"))
        if after_night:
            draw = random.Random(seed)  # noqa: S311 - repeatable, not secret
            build_appraisals(year=SchoolYear.of(today or clock.today()).year, draw=draw, now=clock.now())
            build_objections(now=clock.now())
            return
        if not sign_ins and not Person.objects.filter(is_demo=True).exists():
            self.build(centre, scale, seed, today or clock.today())
        self.print_sign_ins()

    @transaction.atomic
    def build(self, centre: Unit, scale: float, seed: int, today: date) -> None:
        draw = random.Random(seed)  # noqa: S311 - repeatable, not secret
        demo = county.Demo(centre, today, scale, draw, Cast(draw), opened_on=centre.opened_on)
        county.build_schools(demo)
        county.build_families(demo)
        county.build_staff(demo)
        parent = self.let_one_parent_sign_in(demo)
        families.build_claims(demo, now=clock.now())
        work.build_events(demo)
        seats.build_seats(demo, parent)
        messages.build_messages(demo)
        work.build_visits(demo)
        work.build_records(demo)
        audit.record("demo.seed", actor=None, now=clock.now(), path=centre.path, scale=scale, seed=seed)

    def let_one_parent_sign_in(self, demo: county.Demo) -> Person:
        first = Guardianship.objects.filter(child__school_class=demo.classes[0]).exclude(
            guardian__phone_tail=""
        )
        parent = first.select_related("guardian").order_by("pk")[0].guardian
        parent.username = "parent"
        parent.set_password(county.PASSWORD)
        parent.save(update_fields=["username", "password", "updated_at"])
        families.agree(parent, clock.now())
        return parent

    def print_sign_ins(self) -> None:
        self.stdout.write(
            _("Sign in at http://127.0.0.1:8000/ — the password of all is %s") % county.PASSWORD
        )
        people = Person.objects.filter(is_demo=True, username__isnull=False).order_by("pk")
        for person in people.select_related("home").prefetch_related("assignments"):
            roles = "、".join(str(ROLES[held.role].name) for held in person.assignments.all()) or _("parent")
            self.stdout.write(f"  {person.username:<10} {roles}\t{person.name}\t{person.home or ''}")
