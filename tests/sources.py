"""The portal's own files, for tests that read the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CODE = ("portal", "accounts", "parentschool", "training", "events", "assessment")


def python_files() -> list[Path]:
    return [
        path for app in CODE for path in sorted((ROOT / app).rglob("*.py")) if "migrations" not in path.parts
    ]


def templates() -> list[Path]:
    return sorted((ROOT / "templates").rglob("*.*"))


def own_static() -> list[Path]:
    return [
        path
        for path in sorted((ROOT / "static").rglob("*"))
        if path.suffix in {".css", ".js", ".svg"} and "vendor" not in path.parts
    ]


def hits(pattern: str, files: list[Path]) -> set[str]:
    """`file: what was found`, for every match."""
    return set(_hits(re.compile(pattern), files))


def _hits(pattern: re.Pattern[str], files: list[Path]) -> Iterator[str]:
    for path in files:
        for found in pattern.finditer(path.read_text(encoding="utf-8")):
            yield f"{path.relative_to(ROOT)}: {found.group().strip()}"
