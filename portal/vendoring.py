"""Front-end files kept in the tree, so that nobody needs node to run the portal.

For maintainers: `python -m portal.vendoring` fetches every package named in static/vendor.lock.json again
with `npm pack`, refuses it unless its sha512 is the locked one, and writes the named files to
static/vendor/<name>/<version>/. To take up a new version, change name, version and `files` in the lock and
run with `--relock`, which records the new hashes for review.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STATIC = Path(__file__).resolve().parent.parent / "static"
LOCK = STATIC / "vendor.lock.json"
VENDOR = STATIC / "vendor"

# A map that is not shipped makes the manifest storage abort collectstatic.
SOURCE_MAP = re.compile(rb"\n?(?://[#@]\s*sourceMappingURL=\S*|/\*[#@]\s*sourceMappingURL=[^*]*\*/)\s*")


class VendoringError(Exception):
    """A package or a file is not what the lock says."""


@dataclass(frozen=True)
class Package:
    """`files` maps a path inside the npm package to {"as": our file name, "sha512": hex of what we keep}."""

    name: str
    version: str
    sha512: str
    files: dict[str, dict[str, str]]

    @property
    def folder(self) -> Path:
        return VENDOR / self.name / self.version


def read_lock(path: Path = LOCK) -> list[Package]:
    return [Package(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))]


def differences(packages: list[Package]) -> Iterator[str]:
    """Every way in which static/vendor/ differs from the lock, as one sentence each."""
    expected = {
        package.folder / kept["as"]: kept["sha512"] for package in packages for kept in package.files.values()
    }
    present = {path for path in VENDOR.rglob("*") if path.is_file()}
    for path in sorted(present - expected.keys()):
        yield f"{path.relative_to(STATIC)} is not in the lock"
    for path, sha512 in sorted(expected.items()):
        if path not in present:
            yield f"{path.relative_to(STATIC)} is missing"
        elif hashlib.sha512(path.read_bytes()).hexdigest() != sha512:
            yield f"{path.relative_to(STATIC)} has been changed"


def strip_source_map(content: bytes) -> bytes:
    return SOURCE_MAP.sub(b"\n", content)


def refresh(package: Package, *, relock: bool) -> Package:
    with tempfile.TemporaryDirectory() as scratch:
        archive = pack(package, Path(scratch))
        integrity = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if integrity != package.sha512 and not relock:
            raise VendoringError(f"{package.name}@{package.version} has another sha512 than the lock")
        return Package(package.name, package.version, integrity, keep_files(package, archive))


def pack(package: Package, scratch: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise VendoringError("npm is needed to refresh the vendored files")
    command = [npm, "pack", "--silent", f"{package.name}@{package.version}"]
    subprocess.run(command, cwd=scratch, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    (archive,) = scratch.glob("*.tgz")
    return archive


def keep_files(package: Package, archive: Path) -> dict[str, dict[str, str]]:
    shutil.rmtree(package.folder.parent, ignore_errors=True)
    package.folder.mkdir(parents=True)
    kept = {}
    with tarfile.open(archive) as members:
        for source, target in package.files.items():
            member = members.extractfile(f"package/{source}")
            if member is None:
                raise VendoringError(f"{package.name}@{package.version} holds no file {source}")
            content = strip_source_map(member.read())
            (package.folder / target["as"]).write_bytes(content)
            kept[source] = {"as": target["as"], "sha512": hashlib.sha512(content).hexdigest()}
    return kept


def write_lock(packages: list[Package], path: Path = LOCK) -> None:
    entries: list[dict[str, Any]] = [vars(package) for package in packages]
    path.write_text(json.dumps(entries, indent=2) + "\n", encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Fetch the vendored front-end files again.")
    parser.add_argument("--relock", action="store_true", help="accept what is fetched and record its hashes")
    relock = parser.parse_args(arguments).relock
    packages = [refresh(package, relock=relock) for package in read_lock()]
    if relock:
        write_lock(packages)
    found = list(differences(packages if relock else read_lock()))
    for sentence in found:
        sys.stderr.write(sentence + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
