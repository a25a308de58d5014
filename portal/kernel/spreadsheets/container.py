"""The zip around an xlsx, looked over before anything is unpacked."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from portal.kernel.spreadsheets.errors import SpreadsheetRefused
from portal.kernel.spreadsheets.limits import MIB, Limits

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_RATIO_FROM = 16 * MIB
_PROLOG = 64 * 1024
_FIRST_TAG = re.compile(rb"<[A-Za-z_]")
_MACRO_PART = re.compile("vbaproject|vbadata|macrosheets|activex", re.IGNORECASE)


@contextmanager
def damage_refused() -> Iterator[None]:
    """Whatever a broken archive or broken XML makes the libraries say, the user hears one sentence."""
    try:
        yield
    except DefusedXmlException as error:
        raise SpreadsheetRefused("unsafe") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, ParseError, NotImplementedError) as error:
        raise SpreadsheetRefused("damaged") from error
    except (UnicodeDecodeError, RuntimeError, OverflowError, LookupError) as error:
        raise SpreadsheetRefused("damaged") from error


class Container:
    """The parts of an xlsx that has passed the bounds. Raises SpreadsheetRefused, never a library's error."""

    def __init__(self, source: IO[bytes], limits: Limits) -> None:
        self._limits = limits
        with damage_refused():
            refuse_other_formats(source)
            self._zip = zipfile.ZipFile(source)
            self._members = self._bounded_members()
            self._refuse_macros()
            for name in self._members:
                self._refuse_declarations(name)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def size(self, name: str) -> int:
        return self._members[name].file_size

    def open(self, name: str) -> IO[bytes]:
        if name not in self._members:
            raise SpreadsheetRefused("damaged")
        return self._zip.open(self._members[name])

    def tree(self, name: str) -> Element:
        """A small part, whole."""
        if name in self._members and self.size(name) > self._limits.part_bytes:
            raise SpreadsheetRefused("bomb")
        with damage_refused(), self.open(name) as part:
            root: Element = fromstring(part.read(), forbid_dtd=True)
            return root

    def _bounded_members(self) -> dict[str, zipfile.ZipInfo]:
        members = self._zip.infolist()
        unpacked = sum(member.file_size for member in members)
        packed = sum(member.compress_size for member in members)
        if len(members) > self._limits.members or unpacked > self._limits.unpacked_bytes:
            raise SpreadsheetRefused("bomb")
        if unpacked > _RATIO_FROM and unpacked > packed * self._limits.ratio:
            raise SpreadsheetRefused("bomb")
        by_name = {member.filename: member for member in members}
        if len(by_name) < len(members) or any(_is_suspect(member) for member in members):
            raise SpreadsheetRefused("unsafe")
        return by_name

    def _refuse_macros(self) -> None:
        if any(_MACRO_PART.search(name) for name in self._members):
            raise SpreadsheetRefused("macros")
        if "[Content_Types].xml" not in self._members or "xl/workbook.bin" in self._members:
            raise SpreadsheetRefused("not_a_workbook")
        with self.open("[Content_Types].xml") as part:
            types = part.read(self._limits.part_bytes).lower()
        if b"macroenabled" in types:
            raise SpreadsheetRefused("macros")

    def _refuse_declarations(self, name: str) -> None:
        """No part may bring a DTD, nor hide one in an encoding other than UTF-8."""
        if not name.lower().endswith((".xml", ".rels", ".vml")):
            return
        with self.open(name) as part:
            prolog = part.read(_PROLOG)
        if b"\x00" in prolog[:256] or prolog.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise SpreadsheetRefused("unsafe")
        first = _FIRST_TAG.search(prolog)
        before = prolog[: first.start()] if first else prolog
        if b"<!DOCTYPE" in before or b"<!ENTITY" in before or (first is None and len(prolog) == _PROLOG):
            raise SpreadsheetRefused("unsafe")
        encoding = re.search(rb"encoding\s*=\s*[\"']([^\"']*)", before)
        if encoding and encoding[1].lower() not in (b"utf-8", b"utf8", b"us-ascii"):
            raise SpreadsheetRefused("unsafe")


def _is_suspect(member: zipfile.ZipInfo) -> bool:
    path = member.filename.replace("\\", "/")
    return (
        path.startswith("/")
        or ".." in path.split("/")
        or ":" in path
        or bool(member.flag_bits & 0x1)  # encrypted
        or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    )


def refuse_other_formats(source: IO[bytes]) -> None:
    """Zip or nothing; the sentence depends on what it is instead."""
    source.seek(0)
    start = source.read(4096)
    source.seek(0)
    if not start:
        raise SpreadsheetRefused("empty")
    if start.startswith(_OLE):
        rest = source.read()
        source.seek(0)
        raise SpreadsheetRefused("password" if _ENCRYPTED_PACKAGE in rest else "xls")
    if not start.startswith(b"PK\x03\x04"):
        raise SpreadsheetRefused("not_a_workbook")
