from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from assessment.models import AppraisalScheme
from assessment.services.appraisal.export import export_appraisals
from portal.kernel import clock
from portal.kernel.errors import PortalError


class Command(BaseCommand):
    help = "Write the appraisal workbook of a year: a summary, then one sheet for each unit, in the official layout."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--scheme", required=True, help="code of the scheme, such as jiangsu-2009")
        parser.add_argument(
            "--year", required=True, type=int, help="the year; of a school year, the one in which it begins"
        )
        parser.add_argument("--out", required=True, type=Path, help="the xlsx to write")

    def handle(self, *args: Any, scheme: str, year: int, out: Path, **options: Any) -> None:
        found = AppraisalScheme.objects.select_related("unit").filter(code=scheme).first()
        if found is None:
            codes = "、".join(AppraisalScheme.objects.order_by("code").values_list("code", flat=True))
            raise CommandError(
                _("There is no scheme “%(code)s”. There are: %(codes)s")
                % {"code": scheme, "codes": codes or "–"}
            )
        if not out.resolve().parent.is_dir():
            raise CommandError(_("The folder of %(file)s does not exist.") % {"file": out})
        unfinished = out.with_name(f".{out.name}.part")
        try:
            units = export_appraisals(
                found, year=year, path=found.unit.path, target=str(unfinished), actor=None, now=clock.now()
            )
            unfinished.replace(out)
        except PortalError as refusal:
            raise CommandError(str(refusal)) from refusal
        finally:
            unfinished.unlink(missing_ok=True)
        self.stdout.write(_("%(units)s units written to %(file)s.") % {"units": units, "file": out})
