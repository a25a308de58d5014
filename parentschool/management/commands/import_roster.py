from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts.models import Unit
from parentschool.engine.roster.report import Report, report_on
from parentschool.engine.roster.sentences import note_sentences
from parentschool.services.rosters import Checked, RosterFile, check_roster, commit_roster
from portal.kernel import clock
from portal.kernel.calendar import SchoolYear
from portal.kernel.errors import PortalError


class Command(BaseCommand):
    help = (
        "Import a class list (xlsx or csv) for a school, or for all schools of a station or the county; "
        "for a village or community, a list of its people."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--unit", required=True, help="unit code of the school, village, station or centre"
        )
        parser.add_argument(
            "--by-duty",
            action="store_true",
            help="the school keeps this list by its statutory duty; needed to write it",
        )
        parser.add_argument("--commit", action="store_true", help="write, if nothing is wrong or open")
        parser.add_argument("--school-year", type=int, help="the year it begins in; default: the present one")
        parser.add_argument(
            "--class", dest="class_text", default="", help="class of a list without that column"
        )
        parser.add_argument(
            "--answer",
            action="append",
            default=[],
            metavar="DOUBT=CHOICE",
            help="decide a doubt, or all of a kind: phone_name:12:0=apart, phone_name=apart",
        )

    def handle(self, *args: Any, file: Path, unit: str, commit: bool, **options: Any) -> None:
        now = clock.now()
        found = Unit.objects.filter(code=unit).first()
        if found is None:
            raise CommandError(_("There is no unit with the code %(code)s.") % {"code": unit})
        answers = dict(answer.partition("=")[::2] for answer in options["answer"])
        year = SchoolYear(options["school_year"]) if options["school_year"] else None
        try:
            with file.open("rb") as content:
                roster = RosterFile(
                    content, file.name, found, year, options["class_text"], answers, options["by_duty"]
                )
                checked = check_roster(roster, actor=None, now=now)
                self._show(checked)
                if commit and checked.plan.is_ready:
                    commit_roster(replace(roster), digest=checked.digest, actor=None, now=now)
        except OSError as error:
            raise CommandError(_("The file %(file)s cannot be opened.") % {"file": file}) from error
        except PortalError as refusal:
            raise CommandError(str(refusal)) from refusal
        if not checked.plan.is_ready:
            raise CommandError(_("Nothing was written."))
        self.stdout.write(_("Written.") if commit else _("Nothing was written yet. Add --commit to write."))

    def _show(self, checked: Checked) -> None:
        report = report_on(checked.plan, scope=None, year=checked.year)
        self.stdout.write(_("School year %(year)s") % {"year": checked.year})
        for line in report.lines:
            self.stdout.write(f"  {line['words']}: {line['count']}")
        for note in note_sentences(report.notes):
            self.stdout.write(f"  {note}")
        self._list(report)

    def _list(self, report: Report) -> None:
        self._section(
            _("To mend"), [f"{fault['where']}: {fault['why']}" for fault in report.faults], report, "faults"
        )
        doubts = [
            f"{doubt['where']}: {doubt['why']}\n"
            + "\n".join(
                f"      --answer {doubt['key']}={choice}  {words}" for choice, words in doubt["choices"]
            )
            for doubt in report.doubts
        ]
        self._section(_("To decide"), doubts, report, "doubts")
        changes = [
            f"{change['where']}: {change['who']} {change['field']} {change['old']} → {change['new']}"
            for change in report.changes
        ]
        self._section(_("Changes"), changes, report, "changes")

    def _section(self, title: str, lines: list[str], report: Report, kind: str) -> None:
        if not lines:
            return
        self.stdout.write(title)
        for line in lines:
            self.stdout.write(f"  {line}")
        if report.more[kind]:
            self.stdout.write(_("  and %(count)s more") % {"count": report.more[kind]})
