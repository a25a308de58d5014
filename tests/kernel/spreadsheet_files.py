"""Spreadsheets made by hand, honest and hostile, part by part."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PROLOG = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

CONTENT_TYPES = f"""{PROLOG}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>
<Override PartName="/xl/sharedStrings.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>
<Override PartName="/xl/styles.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>
</Types>"""

# 0 general, 1 date, 2 date and time, 3 time, 4 a Chinese date of its own, 5 scientific
STYLES = f"""{PROLOG}<styleSheet xmlns="{MAIN}">
<numFmts count="1"><numFmt numFmtId="176" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/></numFmts>
<fonts count="1"><font/></fonts><fills count="1"><fill><patternFill/></fill></fills>
<borders count="1"><border/></borders>
<cellStyleXfs count="1"><xf/></cellStyleXfs>
<cellXfs count="6"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="20"/>
<xf numFmtId="176"/><xf numFmtId="11"/></cellXfs></styleSheet>"""


def sheet_xml(rows: str, *, before: str = "", after: str = "", prolog: str = PROLOG) -> str:
    return f'{prolog}<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def workbook_xml(*names: str, properties: str = "", state: str = "") -> str:
    sheets = "".join(
        f'<sheet name="{escape(name)}" sheetId="{number}" r:id="rId{number}"{state if number == 1 else ""}/>'
        for number, name in enumerate(names, 1)
    )
    return f'{PROLOG}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{properties}<sheets>{sheets}</sheets></workbook>'


def relations(*targets: tuple[str, str], mode: str = "") -> str:
    lines = "".join(
        f'<Relationship Id="rId{number}" Type="{OFFICE}/{kind}" Target="{target}"{mode}/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'{PROLOG}<Relationships xmlns="{RELATIONS}">{lines}</Relationships>'


def strings_xml(items: Iterable[str]) -> str:
    return f'{PROLOG}<sst xmlns="{MAIN}">{"".join(items)}</sst>'


def parts(rows: str = "", **options: str) -> dict[str, str | bytes]:
    """The parts of a workbook with one sheet of these rows."""
    return {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": workbook_xml("名单"),
        "xl/_rels/workbook.xml.rels": relations(
            ("worksheet", "worksheets/sheet1.xml"),
            ("sharedStrings", "sharedStrings.xml"),
            ("styles", "styles.xml"),
        ),
        "xl/styles.xml": STYLES,
        "xl/sharedStrings.xml": strings_xml([]),
        "xl/worksheets/sheet1.xml": sheet_xml(rows, **options),
    }


def zipped(members: dict[str, str | bytes], *, level: int = 6) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    out.seek(0)
    return out


def workbook(rows: str = "", strings: Iterable[str] = (), **options: str) -> io.BytesIO:
    members = parts(rows, **options)
    members["xl/sharedStrings.xml"] = strings_xml(strings)
    return zipped(members)


def inline(address: str, text: str, style: str = "") -> str:
    return f'<c r="{address}"{style} t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def number(address: str, value: object, style: int = 0) -> str:
    return f'<c r="{address}" s="{style}"><v>{value}</v></c>'


def row(number: int, *cells: str) -> str:
    return f'<row r="{number}">{"".join(cells)}</row>'


def text_rows(*rows: Iterable[str]) -> str:
    return "".join(
        row(index, *(inline(f"{chr(65 + place)}{index}", text) for place, text in enumerate(texts)))
        for index, texts in enumerate(rows, 1)
    )


class Zeros:
    """A zip member of `megabytes` zeros, packed without ever holding them. Its checksum is wrong."""

    def __init__(self, megabytes: int) -> None:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        block = packer.compress(b"0" * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
        self.packed = block * megabytes + packer.flush()
        self.size = megabytes << 20


def with_member_size(archive: bytes, name: str, size: int) -> bytes:
    """The same zip, saying in its directory that the member `name` unpacks to `size` bytes."""
    at = archive.index(name.encode(), archive.index(b"PK\x01\x02"))
    header = at - 46
    return archive[: header + 24] + size.to_bytes(4, "little") + archive[header + 28 :]
