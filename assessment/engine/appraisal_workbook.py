"""The appraisal as a workbook in the official layout: a summary, then one sheet for each unit, ready to print.

Totals are live formulas with their value beside them, so that the sheets can be read by programs that do not
calculate and corrected by people in theirs. Every text is written as a text; formulas hold only our own words and the
quoted names of sheets.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any

from django.utils.translation import gettext as _
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from assessment.rules_appraisal import plain, sheet_names, total
from portal.kernel.spreadsheets import open_workbook, safe_text

FONT = "宋体"
LINE = 14.5
"""Points that a line of text takes in height."""
TALLEST = 400.0
COLUMNS = [9.0, 6, 27, 25, 6, 7, 7, 21]
SUMMARY_COLUMNS = [6.0, 27, 33, 14, 8, 10, 10]
TEXT, RULE, FULL, SELF, COUNTY, REASON = 2, 3, 4, 5, 6, 7
HEAD = 2
"""Row of the table's head, from 0; above it the title and the line with unit and date."""


@dataclass(frozen=True)
class PaperLine:
    number: str
    text: str
    rule: str
    full: Decimal
    self_score: Decimal | None
    county_score: Decimal | None
    reason: str


@dataclass(frozen=True)
class PaperSection:
    name: str
    full: Decimal
    lines: tuple[PaperLine, ...]


@dataclass(frozen=True)
class Paper:
    """One unit's sheet as it is printed."""

    unit: str
    township: str
    status: str
    dated: str
    filled_by: str
    reviewed_by: str
    sections: tuple[PaperSection, ...]

    @property
    def lines(self) -> list[PaperLine]:
        return [line for section in self.sections for line in section.lines]

    @property
    def full(self) -> Decimal:
        return total(line.full for line in self.lines)

    @property
    def self_total(self) -> Decimal:
        return total(line.self_score for line in self.lines)

    @property
    def county_total(self) -> Decimal:
        return total(line.county_score for line in self.lines)


def write_workbook(
    target: str | IO[bytes],
    papers: Sequence[Paper],
    *,
    title: str,
    written: Callable[[int], None] = lambda count: None,
) -> None:
    """`papers` in the order of the summary. `written` hears how many sheets are laid out."""
    workbook = open_workbook(target)
    try:
        styles = Styles(workbook)
        summary_name = _("Summary")
        summary = workbook.add_worksheet(summary_name)
        names = sheet_names([paper.unit for paper in papers], taken=[summary_name])
        for count, (paper, name) in enumerate(zip(papers, names, strict=True), 1):
            write_paper(workbook.add_worksheet(name), paper, styles, title)
            written(count)
        write_summary(summary, papers, names, styles, title)
        summary.activate()
    finally:
        workbook.close()


class Styles:
    """The formats of a workbook, each made once."""

    def __init__(self, workbook: Workbook) -> None:
        def made(**more: Any) -> Format:
            base = {"font_name": FONT, "font_size": 10.5, "valign": "vcenter", "text_wrap": True}
            return workbook.add_format(base | more)

        def boxed(**more: Any) -> Format:
            return made(border=1, **more)

        self.title = made(font_size=16, bold=True, align="center")
        self.line = made(align="left")
        self.line_right = made(align="right")
        self.head = boxed(bold=True, align="center", bg_color="#EDF3F0")
        self.section = boxed(bold=True, align="center")
        self.text = boxed(align="left")
        self.centred = boxed(align="center")
        self.score = boxed(align="center")
        # a total that nobody has added to yet is left empty for the pen
        self.total = boxed(align="center", bold=True, num_format='General;-General;""')
        self.sum = boxed(align="center", num_format='General;-General;""')
        self.link = boxed(align="left", font_color="#0B6B4F")


# ── One unit ─────────────────────────────────────────────────────────────────


def write_paper(sheet: Worksheet, paper: Paper, styles: Styles, title: str) -> None:
    set_up_page(sheet, COLUMNS, landscape=False, head=HEAD)
    last = len(COLUMNS) - 1
    sheet.set_row(0, 34)
    sheet.merge_range(0, 0, 0, last, "", styles.title)
    write_text(sheet, 0, 0, title, styles.title)
    sheet.set_row(1, 22)
    sheet.merge_range(1, 0, 1, 3, "", styles.line)
    write_text(sheet, 1, 0, _("Unit (seal): %(unit)s") % {"unit": paper.unit}, styles.line)
    sheet.merge_range(1, 4, 1, last, "", styles.line_right)
    write_text(sheet, 1, 4, _("Date: %(date)s") % {"date": paper.dated}, styles.line_right)
    write_head(sheet, HEAD, heads(), styles)
    end = write_sections(sheet, paper, styles)
    write_total(sheet, end, paper, styles)
    foot = end + 1
    sheet.set_row(foot, 30)
    sheet.merge_range(foot, 0, foot, 3, "", styles.line)
    write_text(sheet, foot, 0, _("Filled in by: %(name)s") % {"name": paper.filled_by}, styles.line)
    sheet.merge_range(foot, 4, foot, last, "", styles.line)
    write_text(sheet, foot, 4, _("Reviewed by: %(name)s") % {"name": paper.reviewed_by}, styles.line)
    sheet.print_area(0, 0, foot, last)


def heads() -> list[str]:
    return [
        _("First-level indicator"),
        _("No."),
        _("Indicator of the appraisal"),
        _("Way of scoring"),
        _("Full score"),
        _("Self score"),
        _("County score"),
        _("Reason for the deduction"),
    ]


def write_sections(sheet: Worksheet, paper: Paper, styles: Styles) -> int:
    """The lines, with the section's name merged beside them; the row after the last."""
    row = HEAD + 1
    for section in paper.sections:
        first = row
        for line in section.lines:
            write_line(sheet, row, line, styles)
            row += 1
        points = _("(%(points)s points)") % {"points": plain(section.full)}
        if row - first > 1:
            sheet.merge_range(first, 0, row - 1, 0, "", styles.section)
        write_text(sheet, first, 0, f"{section.name}\n{points}", styles.section)
    return row


def write_line(sheet: Worksheet, row: int, line: PaperLine, styles: Styles) -> None:
    texts = {TEXT: line.text, RULE: line.rule, REASON: line.reason}
    sheet.set_row(row, height_of([(text, COLUMNS[column]) for column, text in texts.items()]))
    write_text(sheet, row, 1, line.number, styles.centred)
    for column, text in texts.items():
        write_text(sheet, row, column, text, styles.text)
    for column, score in ((FULL, line.full), (SELF, line.self_score), (COUNTY, line.county_score)):
        if score is None:
            sheet.write_blank(row, column, None, styles.score)
        else:
            sheet.write_number(row, column, float(score), styles.score)


def write_total(sheet: Worksheet, row: int, paper: Paper, styles: Styles) -> None:
    sheet.set_row(row, 24)
    sheet.merge_range(row, 0, row, 3, "", styles.section)
    sheet.write_string(row, 0, _("Total"), styles.section)
    values = {FULL: paper.full, SELF: paper.self_total, COUNTY: paper.county_total}
    for column, value in values.items():
        letter = "ABCDEFGH"[column]
        formula = f"=SUM({letter}{HEAD + 2}:{letter}{row})"
        sheet.write_formula(row, column, formula, styles.total, float(value))
    sheet.write_blank(row, REASON, None, styles.text)


# ── The summary ──────────────────────────────────────────────────────────────


def write_summary(
    sheet: Worksheet, papers: Sequence[Paper], names: Sequence[str], styles: Styles, title: str
) -> None:
    set_up_page(sheet, SUMMARY_COLUMNS, landscape=False, head=1)
    sheet.set_row(0, 34)
    sheet.merge_range(0, 0, 0, len(SUMMARY_COLUMNS) - 1, "", styles.title)
    write_text(sheet, 0, 0, _("%(title)s: summary") % {"title": title}, styles.title)
    write_head(
        sheet,
        1,
        [_("No."), _("Township"), _("Unit"), _("State"), _("Full score"), _("Self total"), _("County total")],
        styles,
    )
    for count, (paper, name) in enumerate(zip(papers, names, strict=True), 1):
        row = count + 1
        texts = [(paper.township, SUMMARY_COLUMNS[1]), (paper.unit, SUMMARY_COLUMNS[2])]
        sheet.set_row(row, height_of(texts))
        sheet.write_number(row, 0, count, styles.centred)
        write_text(sheet, row, 1, paper.township, styles.text)
        write_link(sheet, row, 2, name, safe_text(paper.unit), styles)
        write_text(sheet, row, 3, paper.status, styles.centred)
        total_row = HEAD + 2 + len(paper.lines)
        values = {"E": paper.full, "F": paper.self_total, "G": paper.county_total}
        for column, (letter, value) in enumerate(values.items(), 4):
            formula = f"={quoted(name)}!{letter}{total_row}"
            sheet.write_formula(row, column, formula, styles.sum, float(value))
    sheet.print_area(0, 0, len(papers) + 1, len(SUMMARY_COLUMNS) - 1)


def write_link(sheet: Worksheet, row: int, column: int, name: str, text: str, styles: Styles) -> None:
    """To the unit's own sheet; the cell's text stays the unit's name, whatever that is."""
    sheet.write_url(row, column, f"internal:{quoted(name)}!A1", styles.link, text)


def quoted(sheet_name: str) -> str:
    return "'" + sheet_name.replace("'", "''") + "'"


def write_text(sheet: Worksheet, row: int, column: int, text: str, style: Format) -> None:
    """A text, whatever it looks like; an empty one leaves the cell empty."""
    if safe_text(text):
        sheet.write_string(row, column, safe_text(text), style)
    else:
        sheet.write_blank(row, column, None, style)


# ── Paper ────────────────────────────────────────────────────────────────────


def set_up_page(sheet: Worksheet, widths: Sequence[float], *, landscape: bool, head: int) -> None:
    """A4, as wide as one page, the head on each page, centred, numbered."""
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    sheet.set_landscape() if landscape else sheet.set_portrait()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    sheet.center_horizontally()
    sheet.repeat_rows(head)
    sheet.freeze_panes(head + 1, 0)
    sheet.set_footer("&C" + _("Page %(page)s of %(pages)s") % {"page": "&P", "pages": "&N"})
    sheet.hide_gridlines(2)


def write_head(sheet: Worksheet, row: int, names: Sequence[str], styles: Styles) -> None:
    sheet.set_row(row, 32)
    for column, name in enumerate(names):
        sheet.write_string(row, column, name, styles.head)


def height_of(cells: Sequence[tuple[str, float]]) -> float:
    """How tall a row must be for its texts, each with its column's width, to be seen whole."""
    lines = max(lines_of(text, width) for text, width in cells)
    return min(TALLEST, lines * LINE + 6)


def lines_of(text: str, width: float) -> int:
    """A Chinese character is two units wide; a little of each line is lost where it breaks."""
    usable = max(2.0, width - 1.5)
    return sum(-(-int(breadth(paragraph) * 10) // int(usable * 10)) or 1 for paragraph in text.split("\n"))


def breadth(text: str) -> float:
    return sum(2.0 if unicodedata.east_asian_width(c) in "WFA" else 1.1 for c in text)
