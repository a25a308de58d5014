"""Files that must be refused: the right sentence, within two seconds and 50 MiB."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from portal.kernel.spreadsheets import Limits, SpreadsheetRefused, read_table
from portal.kernel.spreadsheets.errors import SENTENCES
from tests.kernel.spreadsheet_files import (
    CONTENT_TYPES,
    PROLOG,
    Zeros,
    inline,
    number,
    parts,
    relations,
    row,
    sheet_xml,
    text_rows,
    with_member_size,
    workbook,
    workbook_xml,
    zipped,
)

SHEET = "xl/worksheets/sheet1.xml"
XXE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
LAUGHS = (
    "<!DOCTYPE x [<!ENTITY a 'ha'>"
    + "".join(
        f"<!ENTITY {after} '{f'&{before};' * 10}'>"
        for before, after in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)


def refusal(source, filename: str = "名单.xlsx", **limits: int) -> SpreadsheetRefused:
    with pytest.raises(SpreadsheetRefused) as refused:
        read_table(source, filename=filename, limits=Limits(**limits))
    return refused.value


def swapped(name: str, content: str | bytes) -> io.BytesIO:
    return zipped(parts(text_rows(["姓名"])) | {name: content})


def raw_member(name: str, zeros: Zeros) -> bytes:
    """A workbook with one more member of zeros, spliced in without unpacking it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in parts(text_rows(["姓名"])).items():
            archive.writestr(member, content)
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.CRC, info.compress_size, info.file_size = 1, len(zeros.packed), zeros.size
        info.header_offset = archive.fp.tell()
        archive.fp.write(info.FileHeader(zip64=False))
        archive.fp.write(zeros.packed)
        archive.filelist.append(info)
        archive.NameToInfo[name] = info
        archive.start_dir = archive.fp.tell()
        archive._didModify = True
    return out.getvalue()


def ole(*streams: str) -> io.BytesIO:
    names = b"".join(name.encode("utf-16-le") for name in streams)
    return io.BytesIO(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000) + names + bytes(2000))


def vba(extra: dict) -> io.BytesIO:
    return zipped(parts(text_rows(["姓名"])) | extra)


def truncated(keep: float) -> io.BytesIO:
    whole = workbook(text_rows(*(["张三", str(n)] for n in range(3000)))).getvalue()
    return io.BytesIO(whole[: int(len(whole) * keep)])


def bit_flipped() -> io.BytesIO:
    whole = bytearray(workbook(text_rows(*(["张三", str(n)] for n in range(3000)))).getvalue())
    at = whole.index(SHEET.encode()) + len(SHEET) + 2000
    whole[at] ^= 0xFF
    return io.BytesIO(bytes(whole))


def with_flag(bit: int) -> io.BytesIO:
    whole = bytearray(workbook(text_rows(["姓名"])).getvalue())
    whole[whole.index(b"PK\x01\x02") + 8] |= bit
    return io.BytesIO(bytes(whole))


def repeated_member() -> io.BytesIO:
    out = workbook(text_rows(["姓名"]))
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(out, "a") as archive:
        archive.writestr(SHEET, sheet_xml(text_rows(["别的"])))
    out.seek(0)
    return out


FILES = {
    "nothing": (lambda: io.BytesIO(b""), "empty"),
    "no cells": (lambda: workbook(""), "no_sheet"),
    "self-closed data": (
        lambda: swapped(SHEET, sheet_xml("").replace("<sheetData></sheetData>", "<sheetData/>")),
        "no_sheet",
    ),
    "no visible sheet": (
        lambda: swapped("xl/workbook.xml", workbook_xml("一", state=' state="veryHidden"')),
        "no_sheet",
    ),
    "text": (lambda: io.BytesIO("姓名,电话".encode()), "not_a_workbook"),
    "html": (lambda: io.BytesIO(b"<html><table><tr><td>1</td></tr></table></html>"), "not_a_workbook"),
    "xls": (lambda: ole("Workbook"), "xls"),
    "password": (lambda: ole("EncryptionInfo", "EncryptedPackage"), "password"),
    "zip of something": (lambda: zipped({"a.txt": "a"}), "not_a_workbook"),
    "docx": (
        lambda: zipped({"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": "<a/>"}),
        "not_a_workbook",
    ),
    "xlsb": (lambda: vba({"xl/workbook.bin": b"\x00"}), "not_a_workbook"),
    "macro project": (lambda: vba({"xl/vbaProject.bin": b"\x00"}), "macros"),
    "macro type": (
        lambda: swapped(
            "[Content_Types].xml", CONTENT_TYPES.replace("sheet.main", "sheet.macroEnabled.main")
        ),
        "macros",
    ),
    "macro sheet": (lambda: vba({"xl/macrosheets/sheet1.xml": "<a/>"}), "macros"),
    "xxe in the sheet": (
        lambda: swapped(SHEET, sheet_xml(text_rows(["&e;"]), prolog=PROLOG + XXE)),
        "unsafe",
    ),
    "xxe in the strings": (
        lambda: swapped("xl/sharedStrings.xml", PROLOG + XXE + "<sst><si><t>&e;</t></si></sst>"),
        "unsafe",
    ),
    "xxe in the workbook": (lambda: swapped("xl/workbook.xml", PROLOG + XXE + "<workbook/>"), "unsafe"),
    "xxe in the styles": (lambda: swapped("xl/styles.xml", PROLOG + XXE + "<styleSheet/>"), "unsafe"),
    "xxe in a part nobody reads": (lambda: vba({"docProps/app.xml": PROLOG + XXE + "<a>&e;</a>"}), "unsafe"),
    "laughs": (lambda: swapped("xl/sharedStrings.xml", LAUGHS + "<sst><si><t>&i;</t></si></sst>"), "unsafe"),
    "dtd behind a comment": (
        lambda: swapped(SHEET, sheet_xml("", prolog=f"{PROLOG}<!--{' ' * 40000}-->{XXE}")),
        "unsafe",
    ),
    "dtd behind much space": (
        lambda: swapped(SHEET, sheet_xml("", prolog=PROLOG + " " * 200_000 + XXE)),
        "unsafe",
    ),
    "dtd in utf-16": (
        lambda: swapped(
            SHEET, sheet_xml("", prolog=f'<?xml version="1.0" encoding="UTF-16"?>{XXE}').encode("utf-16")
        ),
        "unsafe",
    ),
    "dtd in utf-7": (
        lambda: swapped(SHEET, sheet_xml("", prolog='<?xml version="1.0" encoding="UTF-7"?>+ADw-')),
        "unsafe",
    ),
    "entity nobody declared": (
        lambda: swapped(SHEET, sheet_xml(text_rows(["a"]).replace(">a<", ">&e;<"))),
        "damaged",
    ),
    "cdata": (
        lambda: swapped(SHEET, sheet_xml('<row r="1"><c r="A1"><v><![CDATA[1]]></v></c></row>')),
        "unsafe",
    ),
    "bomb of 400 MB": (lambda: io.BytesIO(raw_member("xl/media/a.xml", Zeros(400))), "bomb"),
    "bomb of 1.5 GB": (lambda: io.BytesIO(raw_member("xl/media/a.xml", Zeros(1500))), "bomb"),
    "bomb that says it is small": (
        lambda: io.BytesIO(
            with_member_size(raw_member("xl/theme/a.xml", Zeros(400)), "xl/theme/a.xml", 1000)
        ),
        "damaged",
    ),
    "sheet that says it is small": (
        lambda: io.BytesIO(
            with_member_size(workbook(text_rows(*(["张三"] for _ in range(5000)))).getvalue(), SHEET, 400)
        ),
        "damaged",
    ),
    "dense sheet": (lambda: workbook("<row r='1'>" + " " * (30 << 20) + "</row>"), "bomb"),
    "many members": (lambda: vba({f"xl/media/{n}": b"" for n in range(1200)}), "bomb"),
    "large styles": (lambda: swapped("xl/styles.xml", os.urandom(5 << 20).hex()), "unsafe"),
    "zip slip": (lambda: vba({"../../etc/cron.d/x": b"x"}), "unsafe"),
    "absolute name": (lambda: vba({"/etc/x": b"x"}), "unsafe"),
    "windows name": (lambda: vba({"..\\..\\x": b"x"}), "unsafe"),
    "encrypted member": (lambda: with_flag(1), "unsafe"),
    "member twice": (repeated_member, "unsafe"),
    "truncated to the half": (lambda: truncated(0.5), "damaged"),
    "truncated by a little": (lambda: truncated(0.99), "damaged"),
    "a bit flipped": (bit_flipped, "damaged"),
    "sheet cut off": (
        lambda: swapped(SHEET, sheet_xml(text_rows(["a"])).partition("</sheetData>")[0]),
        "damaged",
    ),
    "broken xml": (lambda: swapped(SHEET, sheet_xml('<row r="1"><c r="A1" t="s"><v>0</c></row>')), "damaged"),
    "no workbook part": (
        lambda: swapped("_rels/.rels", relations(("officeDocument", "xl/none.xml"))),
        "not_a_workbook",
    ),
    "no sheet part": (
        lambda: swapped("xl/_rels/workbook.xml.rels", relations(("worksheet", "worksheets/none.xml"))),
        "damaged",
    ),
    "sheet outside": (
        lambda: swapped(
            "xl/_rels/workbook.xml.rels",
            relations(("worksheet", "http://127.0.0.1/sheet.xml"), mode=' TargetMode="External"'),
        ),
        "no_sheet",
    ),
    "text where a number should be": (lambda: workbook(row(1, number("A1", "甲"))), "damaged"),
    "infinity": (lambda: workbook(row(1, number("A1", "1E999"))), "damaged"),
    "unknown type": (lambda: workbook('<row r="1"><c r="A1" t="x"><v>1</v></c></row>'), "damaged"),
    "rows that go back": (lambda: workbook(row(2, inline("A2", "a")) + row(1, inline("A1", "b"))), "damaged"),
    "a cell twice": (lambda: workbook(row(1, inline("A1", "a"), inline("A1", "b"))), "damaged"),
    "text too long": (lambda: workbook(row(1, inline("A1", "甲" * 32768))), "cell_too_long"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_hostile_file_is_refused_with_its_sentence(case: str):
    make, code = FILES[case]
    source = make()
    started = time.perf_counter()
    refused = refusal(source)
    assert refused.code == code
    assert str(refused)
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(
    ("filename", "code"),
    [
        ("名单.xls", "xls"),
        ("名单.et", "xls"),
        ("名单.xlsm", "macros"),
        ("名单.XLSM", "macros"),
        ("名单.ods", "wrong_extension"),
        ("名单", "wrong_extension"),
        ("名单.xlsx.exe", "wrong_extension"),
        ("名单.csv", "not_a_workbook"),
    ],
)
def test_names_that_do_not_fit(filename: str, code: str):
    assert refusal(workbook(text_rows(["姓名"])), filename).code == code


@pytest.mark.parametrize(
    ("limits", "code", "limit"),
    [
        ({"file_bytes": 1 << 20}, "too_large", 1),
        ({"rows": 2}, "too_many_rows", 2),
        ({"columns": 1}, "too_many_columns", 1),
        ({"cells": 5}, "too_many_cells", 5),
    ],
)
def test_bounds_are_named(limits: dict[str, int], code: str, limit: int):
    noise = os.urandom(1_500_000).hex()
    filler = {"xl/media/a.png": noise} if "file_bytes" in limits else {}
    source = zipped(parts(text_rows(["a", "b"], ["c", "d"], ["e", "f"])) | filler)
    refused = refusal(source, **limits)
    assert (refused.code, refused.details) == (code, {"limit": limit})
    assert str(limit) in str(refused)


def test_every_sentence_is_tried():
    tried = {code for _, code in FILES.values()}
    elsewhere = {
        "too_large",
        "wrong_extension",
        "encoding",
        "unknown_sheet",
        "too_many_rows",
        "doubtful_cell",
    }
    assert tried | elsewhere | {"too_many_columns", "too_many_cells"} == set(SENTENCES)


def test_a_file_outside_is_never_opened(tmp_path: Path):
    canary = tmp_path / "canary"
    os.mkfifo(canary)  # opening it for reading would hang
    entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{canary}">]>'
    assert refusal(swapped(SHEET, sheet_xml(text_rows(["&e;"]), prolog=PROLOG + entity))).code == "unsafe"


MILLION_ROWS = '<row r="{0}"><c r="A{0}"><v>{0}</v></c></row>'
MEASURE = """
import resource, sys, time
import django; django.setup()
from portal.kernel.spreadsheets import SpreadsheetRefused, read_table
read_table(sys.argv[1], filename="warm.xlsx")
for path in sys.argv[2:]:
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    try:
        read_table(path, filename="a.xlsx")
        code = "read"
    except SpreadsheetRefused as error:
        code = error.code
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(code, grown // 1024, round(time.perf_counter() - started, 2))
"""


def test_large_refusals_are_quick_and_small(tmp_path: Path):
    rows = "".join(map(MILLION_ROWS.format, range(1, 1_000_001)))
    cases = {
        "warm": (workbook(text_rows(*(["张三"] for _ in range(2000)))), "read"),
        "million": (workbook(rows, before='<dimension ref="A1:A1000000"/>'), "too_many_rows"),
        "million that do not say so": (workbook(rows), "too_many_rows"),
        "bomb": (io.BytesIO(raw_member("xl/media/a.xml", Zeros(1500))), "bomb"),
        "lie": (
            workbook(
                row(1, inline("A1", "a")) + row(1048576, inline("XFD1048576", "z")),
                before='<dimension ref="A1:XFD1048576"/>',
            ),
            "read",
        ),
    }
    for name, (content, _) in cases.items():
        (tmp_path / name).write_bytes(content.getvalue())
    printed = subprocess.run(
        [sys.executable, "-c", MEASURE, *(str(tmp_path / name) for name in cases)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    ).stdout
    found = [line.split() for line in printed.splitlines()]
    assert [code for code, _, _ in found] == [code for name, (_, code) in cases.items() if name != "warm"]
    assert all(int(grown) <= 50 for _, grown, _ in found), printed
    assert all(float(seconds) <= 2 for _, _, seconds in found), printed
