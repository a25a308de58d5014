"""Every sentence has its Chinese, and what is compiled is what is written (docs/decisions/0007)."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest
from django import forms
from django.utils import translation

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = sorted((ROOT / "locale").glob("zh_Hans/LC_MESSAGES/*.po"))
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")
SOURCES = ("portal", "accounts", "parentschool", "training", "events", "assessment", "templates", "static")


def keys(catalogue: polib.POFile) -> set[tuple[str | None, str, str]]:
    return {(e.msgctxt, e.msgid, e.msgid_plural) for e in catalogue if not e.obsolete}


def translations(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


@pytest.fixture(params=CATALOGUES, ids=lambda path: path.stem)
def catalogue(request: pytest.FixtureRequest) -> polib.POFile:
    return polib.pofile(str(request.param), encoding="utf-8")


def test_there_is_a_catalogue() -> None:
    assert "django.po" in {path.name for path in CATALOGUES}


def test_every_message_has_its_chinese(catalogue: polib.POFile) -> None:
    assert [e.msgid for e in catalogue if not all(translations(e))] == []


def test_nothing_is_guessed_or_left_over(catalogue: polib.POFile) -> None:
    assert [e.msgid for e in catalogue if e.fuzzy or e.obsolete] == []


def test_translations_keep_their_placeholders(catalogue: polib.POFile) -> None:
    wrong = [
        (e.msgid, said)
        for e in catalogue
        for said in translations(e)
        if set(PLACEHOLDER.findall(said)) != set(PLACEHOLDER.findall(e.msgid_plural or e.msgid))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("label", "shown"), [("姓名", "姓名："), ("谁来参加？", "谁来参加？"), ("Excel:", "Excel:")]
)
def test_the_colon_after_a_label_is_as_wide_as_its_characters(label: str, shown: str) -> None:
    class Asked(forms.Form):
        field = forms.CharField(label=label)

    with translation.override("zh-hans"):
        assert f">{shown}<" in Asked()["field"].label_tag()


def test_chinese_has_chinese_punctuation(catalogue: polib.POFile) -> None:
    """Half-width marks beside characters look like slips; dates as 2026年9月1日(周二) come from the formats."""
    slip = re.compile(r"[\u4e00-\u9fff](?:[,;:?!(])|[,;:?!)](?=[\u4e00-\u9fff])")
    assert [
        said for e in catalogue for said in translations(e) if slip.search(PLACEHOLDER.sub("一", said))
    ] == []


def test_no_translation_is_the_english_sentence_again(catalogue: polib.POFile) -> None:
    """A sentence of several words that comes out unchanged was pasted, not translated."""
    assert [e.msgid for e in catalogue if " " in e.msgid.strip() and e.msgid in translations(e)] == []


def test_the_compiled_catalogue_says_the_same(catalogue: polib.POFile) -> None:
    compiled = polib.mofile(catalogue.fpath.removesuffix("po") + "mo", encoding="utf-8")
    written = {(e.msgctxt, e.msgid): translations(e) for e in catalogue}
    assert {(e.msgctxt, e.msgid): translations(e) for e in compiled} == written


@pytest.mark.skipif(
    shutil.which("xgettext") is None and not os.environ.get("NO_SKIPS"), reason="gettext is not installed"
)
def test_every_sentence_of_the_sources_is_in_the_catalogue(tmp_path: Path) -> None:
    for name in SOURCES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "vendor"))
    shutil.copy(ROOT / "manage.py", tmp_path)
    (tmp_path / "locale").mkdir()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "PORTAL_ENV": "test",
        "VAR_DIR": str(tmp_path / "var"),
    }
    for domain in ("django", "djangojs"):
        subprocess.run(
            [sys.executable, "manage.py", "makemessages", "--locale", "zh_Hans", "--domain", domain],
            cwd=tmp_path,
            env=environment,
            check=True,
            capture_output=True,
        )
    collected = {
        path.stem: keys(polib.pofile(str(path), encoding="utf-8"))
        for path in tmp_path.glob("locale/zh_Hans/LC_MESSAGES/*.po")
    }
    committed = {path.stem: keys(polib.pofile(str(path), encoding="utf-8")) for path in CATALOGUES}
    assert committed == collected
