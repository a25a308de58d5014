"""What a numeric cell says, as text: digits for whole numbers, ISO for dates."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from portal.kernel.spreadsheets.sheet import Mark
from portal.kernel.spreadsheets.workbook import Moment

SURE_DIGITS = 15  # what a spreadsheet's floating-point numbers hold for certain
PLAIN_NUMBER = r"^(?:0|-?[1-9][0-9]{0,14})$"  # needs no second thought


def number_text(raw: str) -> tuple[str, Mark]:
    """1.3912345678E10 → 13912345678, 43.300000000000004 → 43.3; a ValueError where it is no number."""
    try:
        value = Decimal(raw.strip())
        exponent = value.adjusted() if value.is_finite() else 400
    except InvalidOperation as error:
        raise ValueError(raw) from error
    if abs(exponent) > 308 and value:
        raise ValueError(raw)
    if value == value.to_integral_value():
        if exponent >= SURE_DIGITS and value:
            return (f"{value:f}" if exponent < 40 else raw.strip()), Mark.DIGITS_LOST
        return str(int(value)), Mark.NUMBER
    rounded = Decimal(f"{float(value):.{SURE_DIGITS}g}")
    text = f"{rounded:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text), Mark.NUMBER


def moment_text(raw: str, moment: Moment, *, starts_1904: bool) -> tuple[str, Mark]:
    """A date's serial number as ISO text. What lies outside the calendar stays a number."""
    number, mark = number_text(raw)
    try:
        stamp = _stamp(float(raw), starts_1904=starts_1904)
    except (ValueError, OverflowError):
        return number, mark
    clock = stamp.strftime("%H:%M:%S" if stamp.second else "%H:%M")
    has_clock = (stamp.hour, stamp.minute, stamp.second) != (0, 0, 0)
    if moment is Moment.TIME or float(raw) < 1:
        return clock, Mark.DATE
    day = stamp.date().isoformat()
    return (f"{day} {clock}" if has_clock else day), Mark.DATE


def _stamp(serial: float, *, starts_1904: bool) -> datetime:
    """Excel counts from 1900-01-01 and believes in 29 February 1900: serial 60 is no day."""
    if starts_1904:
        epoch = date(1904, 1, 1)
    elif 60 <= serial < 61:
        raise ValueError(serial)
    else:
        epoch = date(1899, 12, 31) if serial < 60 else date(1899, 12, 30)
    if serial < 0:
        raise ValueError(serial)
    start = datetime(epoch.year, epoch.month, epoch.day)  # noqa: DTZ001 (a wall clock, as typed)
    return start + timedelta(seconds=round(serial * 86400))
