"""How much of a file is looked at before it is refused."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one file. Rows, columns and cells count what holds something, wherever it stands."""

    file_bytes: int = 10 * MIB
    unpacked_bytes: int = 256 * MIB
    part_bytes: int = 8 * MIB  # each of the small parts of an xlsx: styles, relations, list of sheets
    members: int = 1_000
    ratio: int = 200  # unpacked : packed, asked of archives that unpack to more than 16 MiB
    rows: int = 200_000
    columns: int = 200
    cells: int = 4_000_000
    cell_characters: int = 32_767  # Excel's own
    merged_ranges: int = 100_000
