"""What a file of evidence may be: a photo, a PDF, a Word document or an Excel workbook, and truly that.

Photos are decoded and written anew, so that nothing of the place where they were taken, and nothing that is not
picture, is kept. Documents are looked over without being opened.
"""

from __future__ import annotations

import io
import re
import unicodedata
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

from portal.kernel.errors import PortalError

MIB = 1024 * 1024
LARGEST = 10 * MIB
MOST_PIXELS = 40_000_000
UNPACKED = 200 * MIB
MEMBERS = 3000
LONGEST_NAME = 120

SUFFIXES = {".jpg": "jpg", ".jpeg": "jpg", ".png": "png", ".pdf": "pdf", ".docx": "docx", ".xlsx": "xlsx"}
CONTENT_TYPES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ACCEPT = ",".join(SUFFIXES)

SENTENCES: dict[str, Promise | str] = {
    "empty": _("“%(name)s” is empty. Choose the file again."),
    "too_large": _("“%(name)s” is larger than 10 MB. Take a smaller photo, or split the document."),
    "kind": _(
        "“%(name)s” is of a kind that is not taken. Photos (jpg, png), PDF, Word (docx) and Excel (xlsx) are."
    ),
    "not_what_it_says": _(
        "“%(name)s” is not what its ending says, or is damaged. Open it, save it again, and choose that file."
    ),
    "too_many_pixels": _("“%(name)s” has more than 40 million pixels. Take it with a smaller resolution."),
    "active": _("“%(name)s” carries macros or scripts. Save it without them, or as a PDF."),
}


class EvidenceRefused(PortalError):
    """The file is not taken. `details["field"]` is "uploads"."""

    def __init__(self, code: str, name: str) -> None:
        super().__init__(str(SENTENCES[code]) % {"name": name}, code=f"evidence_{code}", field="uploads")


@dataclass(frozen=True)
class Accepted:
    """What is kept of a file: its kind, a harmless name, its bytes."""

    kind: str
    name: str
    content: bytes


def accept(name: str, content: bytes) -> Accepted:
    """Raises EvidenceRefused."""
    shown = harmless_name(name)
    kind = SUFFIXES.get(PurePosixPath(shown.lower()).suffix)
    if kind is None:
        raise EvidenceRefused("kind", shown)
    if not content:
        raise EvidenceRefused("empty", shown)
    if len(content) > LARGEST:
        raise EvidenceRefused("too_large", shown)
    return Accepted(kind, shown, _CHECKS[kind](content, shown))


def harmless_name(name: str) -> str:
    """The last part of a path, without control characters and marks that turn text around; the ending is kept."""
    last = re.split(r"[/\\]", name)[-1]
    text = "".join(c for c in last if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Zl", "Zp"})
    text = re.sub(r'[<>:"|?*;]', "_", text).strip(" .") or "_"
    stem, dot, ending = text.rpartition(".")
    if len(text) <= LONGEST_NAME or not dot:
        return text[:LONGEST_NAME]
    return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending[:8]}"[:LONGEST_NAME]


# ── Photos ───────────────────────────────────────────────────────────────────


def _photo(content: bytes, name: str, image_format: str) -> bytes:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            opened = Image.open(io.BytesIO(content), formats=[image_format])
            if opened.width * opened.height > MOST_PIXELS:
                raise EvidenceRefused("too_many_pixels", name)
            upright = ImageOps.exif_transpose(opened)
            upright.load()
            return _written(upright, image_format)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise EvidenceRefused("too_many_pixels", name) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, TypeError, KeyError, EOFError) as error:
        raise EvidenceRefused("not_what_it_says", name) from error


def _written(image: Image.Image, image_format: str) -> bytes:
    """The picture alone, without any of what came along in the file."""
    modes = {"JPEG": {"L", "RGB"}, "PNG": {"1", "L", "LA", "RGB", "RGBA"}}[image_format]
    if image.mode not in modes:
        image = image.convert("RGBA" if image_format == "PNG" and "transparency" in image.info else "RGB")
    image.info = {}
    out = io.BytesIO()
    image.save(out, image_format, quality=88)
    return out.getvalue()


# ── Documents ────────────────────────────────────────────────────────────────

_PDF_ACTS = re.compile(rb"/(?:JavaScript|JS|Launch|RichMedia|XFA)\b")


def _pdf(content: bytes, name: str) -> bytes:
    if not content.startswith(b"%PDF-") or b"%%EOF" not in content[-2048:]:
        raise EvidenceRefused("not_what_it_says", name)
    if _PDF_ACTS.search(content):
        raise EvidenceRefused("active", name)
    return content


_MACRO_PART = re.compile(
    r"vbaproject|vbadata|activex|macrosheets|/embeddings/.*\.(?:bin|exe)$", re.IGNORECASE
)


def _office(content: bytes, name: str, main: str) -> bytes:
    """A docx or xlsx by its parts; sizes are checked before anything is unpacked, and again while it is."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            is_whole = len(names) == len(parts) <= MEMBERS and {"[Content_Types].xml", main} <= names
            is_encrypted = any(part.flag_bits & 1 for part in parts)
            if not is_whole or is_encrypted or sum(part.file_size for part in parts) > UNPACKED:
                raise EvidenceRefused("not_what_it_says", name)
            kinds = archive.read("[Content_Types].xml")
            if b"macroEnabled" in kinds or any(_MACRO_PART.search(part) for part in names):
                raise EvidenceRefused("active", name)
            if archive.testzip() is not None:
                raise EvidenceRefused("not_what_it_says", name)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, OSError, EOFError) as error:
        raise EvidenceRefused("not_what_it_says", name) from error
    except (RuntimeError, ValueError, KeyError) as error:
        raise EvidenceRefused("not_what_it_says", name) from error
    if not content.startswith(b"PK\x03\x04"):
        raise EvidenceRefused("not_what_it_says", name)
    return content


_CHECKS: dict[str, Callable[[bytes, str], bytes]] = {
    "jpg": lambda content, name: _photo(content, name, "JPEG"),
    "png": lambda content, name: _photo(content, name, "PNG"),
    "pdf": _pdf,
    "docx": lambda content, name: _office(content, name, "word/document.xml"),
    "xlsx": lambda content, name: _office(content, name, "xl/workbook.xml"),
}
