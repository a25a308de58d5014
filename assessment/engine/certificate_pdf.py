"""A star certificate as a PDF page: what is printed, the seal's place, and a code that leads to the page which shows
every printed field, so that an altered print betrays itself."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

FONTS = Path(__file__).resolve().parent.parent / "fonts"
NAMES, TITLE = "names", "title"
BRAND, GOLD, INK, MUTED = (HexColor(code) for code in ("#0b6b4f", "#c98112", "#1d2823", "#5f6b65"))
WIDTH, HEIGHT = landscape(A4)
MIDDLE = WIDTH / 2
CODE_SIZE = 92  # points
LONGEST_LINE = WIDTH - 260


@dataclass(frozen=True)
class Printed:
    """Every field on the paper, as it stands there."""

    name: str
    star: int
    star_name: str
    period: str
    points: int
    school: str
    county: str
    issued_on: date
    code: str


@cache
def _fonts() -> frozenset[int]:
    """Make the fonts known once in a process; the characters that names may hold."""
    names = TTFont(NAMES, str(FONTS / "names.ttf"))
    pdfmetrics.registerFont(names)
    pdfmetrics.registerFont(TTFont(TITLE, str(FONTS / "title.ttf")))
    return frozenset(names.face.charToGlyph)


def missing_characters(text: str) -> str:
    """The characters that would print blank."""
    known = _fonts()
    return "".join(character for character in text if ord(character) not in known)


def certificate_pdf(printed: Printed, *, address: str) -> bytes:
    """One A4 page across. `address` is the public page of the certificate."""
    _fonts()
    made = io.BytesIO()
    page = Canvas(made, pagesize=(WIDTH, HEIGHT), invariant=1)
    page.setTitle(f"星级家长证书 {printed.code}")
    page.setAuthor(printed.county)
    _frame(page)
    _words(page, printed)
    _code(page, printed, address)
    page.showPage()
    page.save()
    return made.getvalue()


def _frame(page: Canvas) -> None:
    for inset, colour, width in ((26, BRAND, 3), (34, GOLD, 1)):
        page.setStrokeColor(colour)
        page.setLineWidth(width)
        page.roundRect(inset, inset, WIDTH - 2 * inset, HEIGHT - 2 * inset, 10)


def _words(page: Canvas, printed: Printed) -> None:
    page.setFillColor(BRAND)
    page.setFont(TITLE, 44)
    page.drawCentredString(MIDDLE, HEIGHT - 120, "星级家长证书")
    page.setFillColor(GOLD)
    page.setFont(NAMES, 26)
    page.drawCentredString(MIDDLE, HEIGHT - 165, "★" * printed.star)
    page.setFillColor(INK)
    _centred(page, HEIGHT - 235, f"{printed.name} 家长", 30)
    _centred(
        page,
        HEIGHT - 280,
        f"{printed.period}在{printed.school}参加家庭教育学习，累计积分 {printed.points} 分，",
        17,
    )
    _centred(page, HEIGHT - 312, f"获评“{printed.star_name}”。特发此证。", 17)
    page.setFont(NAMES, 15)
    page.drawRightString(WIDTH - 90, 120, printed.county)
    day = printed.issued_on
    page.drawRightString(WIDTH - 90, 96, f"{day.year}年{day.month}月{day.day}日")


def _centred(page: Canvas, height: float, text: str, size: float) -> None:
    """One line, smaller where it would be too long."""
    width = pdfmetrics.stringWidth(text, NAMES, size)
    page.setFont(NAMES, min(size, size * LONGEST_LINE / width))
    page.drawCentredString(MIDDLE, height, text)


def _code(page: Canvas, printed: Printed, address: str) -> None:
    widget = QrCodeWidget(address, barLevel="M")
    left, _bottom, right, _top = widget.getBounds()
    scale = CODE_SIZE / (right - left)
    drawing = Drawing(CODE_SIZE, CODE_SIZE, transform=[scale, 0, 0, scale, 0, 0])
    drawing.add(widget)
    renderPDF.draw(drawing, page, 78, 80)
    page.setFillColor(MUTED)
    page.setFont(NAMES, 10)
    page.drawString(78 + CODE_SIZE + 10, 112, "扫码核对证书上的每一项")
    page.drawString(78 + CODE_SIZE + 10, 96, f"证书编号 {printed.code}")
