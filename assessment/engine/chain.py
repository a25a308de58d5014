"""The chain of hashes over the ledger: what a line says in canonical text, and the head of a batch."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date

import polars as pl

from assessment.enums import Posting

CANONICAL = [
    "key",
    "person_id",
    "rule_id",
    "points",
    "quantity",
    "source",
    "source_id",
    "kind_id",
    "unit_id",
    "happened_on",
    "posted_on",
    "reason",
    "cut",
    "cut_by",
    "note",
]
"""What is hashed of a line. What a reversal undoes stands in its key."""


def canonical(lines: pl.DataFrame) -> bytes:
    """One row a line in the order given, as CSV; equal on every database and machine."""
    return lines.select(CANONICAL).write_csv(include_header=False).encode()


def purpose(kind: str, version_id: int | None) -> str:
    """What a batch was posted for, as it is hashed; empty for the night's own."""
    return "" if kind == Posting.NIGHT else f"{kind} {version_id or ''}"


def head(
    previous: str, posted_on: date, rules: Mapping[int, str], lines: pl.DataFrame, purpose: str = ""
) -> str:
    """SHA-256 (hexadecimal) of the head before, the day, what was posted, the digests of the versions used, and the
    lines."""
    digest = hashlib.sha256(f"{previous}\n{posted_on.isoformat()}\n".encode())
    if purpose:
        digest.update(f"{purpose}\n".encode())
    for version in sorted(rules):
        digest.update(f"{version}:{rules[version]}\n".encode())
    digest.update(canonical(lines))
    return digest.hexdigest()


def versions_used(lines: pl.DataFrame, digests: Mapping[int, tuple[int, str]]) -> dict[int, str]:
    """The versions whose rules the lines name, each with its digest. `digests` gives both for a rule."""
    return dict(digests[rule] for rule in lines["rule_id"].drop_nulls().unique() if rule in digests)
