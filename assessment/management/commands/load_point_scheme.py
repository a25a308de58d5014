from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts.enums import Kind
from accounts.models import Unit
from assessment.enums import VersionStatus
from assessment.models import PointRule
from assessment.services.schemes import SchemeRefused, load_scheme, read_ready_scheme
from assessment.wording import names_of_kinds, rule_sentence
from portal.kernel import clock
from portal.kernel.calendar import SchoolYear


class Command(BaseCommand):
    help = "Load a ready point scheme with its stars for a county and publish its first version."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "scheme", nargs="?", default="daowen", help="name of a ready scheme, or a JSON file"
        )
        parser.add_argument("--county", required=True, help="code of the county, such as 430725")
        parser.add_argument(
            "--effective-from",
            type=date.fromisoformat,
            help="first day in force; default: the school year's first",
        )

    def handle(
        self, *args: Any, scheme: str, county: str, effective_from: date | None, **options: Any
    ) -> None:
        now = clock.now()
        centre = Unit.objects.filter(kind=Kind.CENTRE, code__startswith=county).first()
        if centre is None:
            raise CommandError(_("The county %(code)s is not set up here.") % {"code": county})
        first_day = SchoolYear.of(clock.day_of(now)).period.begins_on
        try:
            loaded = load_scheme(
                read_ready_scheme(scheme),
                county=centre,
                effective_from=effective_from or first_day,
                actor=None,
                now=now,
            )
        except SchemeRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        if not loaded.is_new:
            self.stdout.write(
                _("%(name)s stands already; nothing was changed.") % {"name": loaded.scheme.name}
            )
            return
        self.stdout.write(_("%(name)s is in force:") % {"name": loaded.scheme.name})
        published = PointRule.objects.filter(
            version__scheme=loaded.scheme, version__status=VersionStatus.PUBLISHED
        )
        for rule in published.prefetch_related("kinds", "items", "group"):
            self.stdout.write(f"  {rule_sentence(rule, names_of_kinds(rule))}")
        if loaded.scheme.versions.filter(status=VersionStatus.DRAFT).exists():
            self.stdout.write(_("Rules without a published value wait in a draft."))
        for gap in loaded.scheme.gaps.splitlines():
            self.stdout.write(_("Left open by the source: %(gap)s") % {"gap": gap})
