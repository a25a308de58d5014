"""Files of evidence: what is taken, how it is kept, who reads it, and when the same file turns up elsewhere.

Numbers of rows are those of the security list.
"""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest
from django.urls import reverse
from PIL import Image

from assessment.enums import Side
from assessment.models import Evidence
from assessment.queries.appraisal import same_files, sheet_of
from assessment.services import appraisal as services
from assessment.services.appraisal import files
from portal.kernel.models import AuditEntry
from tests.assessment.sheets import DOCX, PDF, XLSX, office, photo, upload
from tests.world import NOW

MIB = 1024 * 1024


def bomb() -> bytes:
    """210 MB of nothing in a docx of some 200 kB."""
    return office("word/document.xml", {"word/media/nothing.bin": b"\0" * (210 * MIB)})


def encrypted() -> bytes:
    """The flag that says so, in both headers of each part."""
    made = bytearray(DOCX)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = made.find(signature)
        while at >= 0:
            made[at + offset] |= 1
            at = made.find(signature, at + 1)
    return bytes(made)


HONEST = {
    "photo.jpg": photo(),
    "PHOTO.JPEG": photo(),
    "照片.png": photo(kind="PNG"),
    "progressive.jpg": photo(progressive=True),
    "list.pdf": PDF,
    "note.docx": DOCX,
    "roster.xlsx": XLSX,
    "../../etc/passwd.png": photo(kind="PNG"),
    'a;b"c<d>.pdf': PDF,
}
REFUSED = {
    "nothing.pdf": (b"", "evidence_empty"),
    "page.html": (b"<script>alert(1)</script>", "evidence_kind"),
    "drawing.svg": (b"<svg onload='alert(1)'/>", "evidence_kind"),
    "run.exe": (b"MZ\x90", "evidence_kind"),
    "script.php": (b"<?php", "evidence_kind"),
    "script.php.jpg": (b"<?php", "evidence_not_what_it_says"),
    "noending": (PDF, "evidence_kind"),
    "old.doc": (b"\xd0\xcf\x11\xe0", "evidence_kind"),
    "macro.docm": (DOCX, "evidence_kind"),
    "macro.xlsm": (XLSX, "evidence_kind"),
    "archive.zip": (DOCX, "evidence_kind"),
    "text.jpg": (b"hello", "evidence_not_what_it_says"),
    "half.jpg": (photo((400, 400))[:2000], "evidence_not_what_it_says"),
    "png.jpg": (photo(kind="PNG"), "evidence_not_what_it_says"),
    "jpeg.png": (photo(), "evidence_not_what_it_says"),
    "gif.png": (b"GIF89a" + b"\0" * 40, "evidence_not_what_it_says"),
    "huge.pdf": (PDF + b" " * (10 * MIB), "evidence_too_large"),
    "wide.png": (photo((8000, 5001), "PNG"), "evidence_too_many_pixels"),
    "page.pdf": (b"<html>%PDF-1.7 %%EOF", "evidence_not_what_it_says"),
    "cut.pdf": (PDF[:30], "evidence_not_what_it_says"),
    "acts.pdf": (PDF.replace(b"/Catalog", b"/Catalog /OpenAction << /S /JavaScript /JS (x) >>"), "evidence_active"),
    "starts.pdf": (PDF.replace(b"/Catalog", b"/Catalog /AA << /S /Launch >>"), "evidence_active"),
    "sheet.docx": (XLSX, "evidence_not_what_it_says"),
    "note.xlsx": (DOCX, "evidence_not_what_it_says"),
    "text.docx": (b"hello", "evidence_not_what_it_says"),
    "cut.docx": (DOCX[: len(DOCX) // 2], "evidence_not_what_it_says"),
    "polyglot.docx": (b"MZ" + DOCX, "evidence_not_what_it_says"),
    "vba.docx": (office("word/document.xml", {"word/vbaProject.bin": b"x"}), "evidence_active"),
    "vba.xlsx": (office("xl/workbook.xml", {"xl/vbaProject.bin": b"x"}), "evidence_active"),
    "activex.docx": (office("word/document.xml", {"word/activeX/activeX1.bin": b"x"}), "evidence_active"),
    "claims.xlsx": (office("xl/workbook.xml", types=b"<Types>macroEnabled</Types>"), "evidence_active"),
    "secret.docx": (encrypted(), "evidence_not_what_it_says"),
    "parts.docx": (
        office("word/document.xml", {f"word/{n}": b"" for n in range(3001)}),
        "evidence_not_what_it_says",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HONEST)
def test_row_47_every_honest_file_is_taken(name):
    accepted = files.accept(name, HONEST[name])
    assert accepted.kind in files.CONTENT_TYPES
    assert accepted.content


@pytest.mark.parametrize("name", REFUSED)
def test_row_47_every_other_file_is_refused_with_a_sentence(name):
    content, code = REFUSED[name]
    with pytest.raises(services.EvidenceRefused) as refusal:
        files.accept(name, content)
    assert refusal.value.code == code
    assert name.rpartition("/")[2] in str(refusal.value)


def test_row_47_photos_are_written_anew_without_what_came_along():
    place = Image.Exif()
    place[0x010E] = "taken at home"
    place[0x0112] = 6  # lying on its side
    sent = photo((60, 40), exif=place.tobytes(), comment=b"a secret") + b"<?php echo 1; ?>"
    kept = files.accept("photo.jpg", sent).content
    found = Image.open(io.BytesIO(kept))
    assert found.size == (40, 60)
    assert not found.getexif()
    assert b"secret" not in kept
    assert b"taken at home" not in kept
    assert b"php" not in kept


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_row_47_every_kind_of_png_survives(mode):
    made = io.BytesIO()
    Image.new(mode, (20, 10)).save(made, "PNG")
    assert Image.open(io.BytesIO(files.accept("x.png", made.getvalue()).content)).size == (20, 10)


def test_row_47_cmyk_photos_survive():
    made = io.BytesIO()
    Image.new("CMYK", (20, 10)).save(made, "JPEG")
    assert files.accept("x.jpg", made.getvalue()).kind == "jpg"


def test_row_48_a_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    sent = bomb()
    monkeypatch.setattr(zipfile.ZipFile, "testzip", lambda self: pytest.fail("unpacked"))
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda self, name: pytest.fail("unpacked"))
    with pytest.raises(services.EvidenceRefused):
        files.accept("bomb.docx", sent)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../x.pdf", "x.pdf"),
        ("C:\\Users\\a\\x.pdf", "x.pdf"),
        ("名单\u202efdp.exe.pdf", "名单fdp.exe.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie_ x.pdf"),
        ('a";filename="b.pdf', "a__filename=_b.pdf"),
        ("家" * 200 + ".pdf", "家" * 116 + ".pdf"),
        ("...", "_"),
    ],
)
def test_row_49_names_are_made_harmless(sent, kept):
    assert files.harmless_name(sent) == kept


def attach(sheets, *uploads, number="1", side=Side.UNIT, actor="school_lead:0", unit=None):
    return services.attach_evidence(
        sheets.mark(number, unit), files=uploads, side=side, actor=sheets.by(actor), now=NOW
    )


def stored(settings) -> list[Path]:
    return sorted(path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())


def test_row_49_files_lie_under_random_names_and_cannot_run(sheets, settings):
    attach(sheets, upload("王小明 的名单.pdf", PDF), upload("../../x.png", photo(kind="PNG")))
    found = stored(settings)
    assert len(found) == 2
    for path in found:
        assert path.parent.relative_to(settings.MEDIA_ROOT).as_posix() == "evidence/2026"
        assert len(path.stem) == 32
        assert int(path.stem, 16)
        assert not path.stat().st_mode & (stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def test_a_file_is_kept_with_its_giver_its_digest_and_its_trace(sheets):
    (kept,) = attach(sheets, upload("名单.pdf", PDF))
    assert (kept.name, kept.kind, kept.size, kept.side) == ("名单.pdf", "pdf", len(PDF), "unit")
    assert (kept.uploaded_by, kept.uploaded_at) == (sheets.by("school_lead:0"), NOW)
    traced = AuditEntry.objects.get(action="evidence.attach").summary
    assert traced == {
        "appraisal": sheets.own.pk, "indicator": "1", "name": "名单.pdf", "sha256": kept.sha256, "other_units": 0,
    }  # fmt: skip


def test_of_several_files_all_are_kept_or_none(sheets, settings):
    with pytest.raises(services.EvidenceRefused):
        sheets.score_for_unit("1", "6", files=[upload(), upload("x.exe", b"MZ")])
    assert not Evidence.objects.exists()
    assert stored(settings) == []
    assert sheets.mark("1").self_score is None


def test_the_same_file_beside_the_same_mark_is_kept_once(sheets):
    attach(sheets, upload(), upload("copy.jpg"))
    attach(sheets, upload())
    assert Evidence.objects.count() == 1
    attach(sheets, upload(), number="2")
    assert Evidence.objects.count() == 2


def test_row_53_the_very_same_file_in_two_schools_is_flagged(sheets):
    world = sheets.world
    attach(sheets, upload("list.pdf", PDF), upload("photo.jpg"))
    for unit, actor in ((world.schools[1], "school_lead:1"), (world.villages[1], "village_lead:1")):
        (kept,) = attach(sheets, upload("ours.pdf", PDF), unit=unit, actor=actor, number="2")
    assert AuditEntry.objects.filter(action="evidence.attach").last().summary["other_units"] == 2
    assert same_files(sheet_of(sheets.own)) == {kept.sha256: ["School 1", "Village 1"]}
    services.remove_evidence(kept, actor=sheets.by("village_lead:1"), now=NOW)
    assert same_files(sheet_of(sheets.own)) == {kept.sha256: ["School 1"]}


def test_a_removed_file_is_gone_and_its_row_stays(sheets, settings, django_capture_on_commit_callbacks):
    (kept,) = attach(sheets, upload())
    with django_capture_on_commit_callbacks(execute=True):
        services.remove_evidence(kept, actor=sheets.by("school_lead:0"), now=NOW)
        services.remove_evidence(kept, actor=sheets.by("school_lead:0"), now=NOW)
    assert stored(settings) == []
    assert Evidence.objects.get().removed_at == NOW
    assert AuditEntry.objects.filter(action="evidence.remove").count() == 1


def test_a_units_file_stays_once_handed_in_and_the_county_cannot_touch_it(sheets):
    (kept,) = attach(sheets, upload())
    sheets.hand_in()
    (found,) = attach(sheets, upload("found.pdf", PDF), side=Side.COUNTY, actor="inspector")
    with pytest.raises(services.WrongStep):
        services.remove_evidence(kept, actor=sheets.by("inspector"), now=NOW)
    services.remove_evidence(found, actor=sheets.by("inspector"), now=NOW)
    assert set(Evidence.objects.filter(removed_at=None)) == {kept}


# ── Reading ──────────────────────────────────────────────────────────────────


READERS = {"school_lead:0", "station_lead:0", "county_staff", "county_admin", "inspector"}


def test_row_50_evidence_out_of_scope_is_refused(sheets, as_):
    """By its address: everybody who may see the sheet gets the file, nobody else does."""
    (kept,) = attach(sheets, upload("名单; 2026.pdf", PDF))
    got = set()
    for name in sheets.everybody:
        answer = as_(name).get(reverse("evidence", args=[kept.pk]))
        assert answer.status_code in (200, 404), name
        if answer.status_code == 200:
            got.add(name)
            assert b"".join(answer.streaming_content) == PDF
    assert got == READERS


def test_row_49_evidence_is_sent_as_an_attachment_of_its_own_kind(sheets, as_):
    (kept,) = attach(sheets, upload("名单; 2026.pdf", PDF))
    answer = as_("inspector").get(reverse("evidence", args=[kept.pk]))
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment; ")
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_row_50_no_address_leads_to_the_folder_of_files(sheets, as_):
    (kept,) = attach(sheets, upload())
    for prefix in ("/media/", "/", "/static/", "/var/media/", "/appraisal/"):
        assert as_("inspector").get(prefix + kept.file.name).status_code == 404


def test_row_63_reading_evidence_leaves_a_trace(sheets, as_):
    (kept,) = attach(sheets, upload())
    assert b"".join(as_("inspector").get(reverse("evidence", args=[kept.pk])).streaming_content)
    entry = AuditEntry.objects.get(action="evidence.read")
    assert (entry.actor, entry.object_id, entry.path) == (
        sheets.by("inspector"), str(kept.pk), sheets.world.schools[0].path,
    )  # fmt: skip


def test_a_removed_or_lost_file_is_not_found(sheets, as_, settings):
    removed, lost = attach(sheets, upload(), upload("x.pdf", PDF))
    services.remove_evidence(removed, actor=sheets.by("school_lead:0"), now=NOW)
    Path(settings.MEDIA_ROOT, lost.file.name).unlink()
    for evidence in (removed, lost):
        assert as_("inspector").get(reverse("evidence", args=[evidence.pk])).status_code == 404


def test_removing_evidence_out_of_scope_is_refused(sheets, as_):
    (kept,) = attach(sheets, upload())
    for name in sheets.everybody:
        if name not in {"school_lead:0", "station_lead:0", "county_staff", "county_admin"}:
            assert as_(name).post(reverse("evidence_remove", args=[kept.pk])).status_code == 404, name
    assert Evidence.objects.filter(removed_at=None).count() == 1
    assert as_("school_lead:0").post(reverse("evidence_remove", args=[kept.pk])).status_code == 302
    assert not Evidence.objects.filter(removed_at=None).exists()
