"""The fonts of printed certificates, from npm packages that hold them as TrueType, which the PDF library needs.

For maintainers: `python -m assessment.fonts.build` (needs npm and fonttools). The sans, for names and everything that
is data, is kept whole: 30,890 characters, rare ones of names among them. Of the serif only the fixed words are kept.
Licence: OFL.txt.
"""

from __future__ import annotations

import hashlib
import subprocess
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TITLE = "星级家长证书"
SANS = (
    "@expo-google-fonts/noto-sans-sc@0.4.3",
    "package/400Regular/NotoSansSC_400Regular.ttf",
    "d45f67f0a7c0ca3f256950777ce6a61cc7ce5f9696d02900cbbaac25f8aa7d16",
)
SERIF = (
    "@expo-google-fonts/noto-serif-sc@0.4.3",
    "package/700Bold/NotoSerifSC_700Bold.ttf",
    "9c6a2ba736e4b499c84f65ce366bd3625c0401885fd3e585ace50fb738b96ff6",
)
LICENCE = "package/LICENSE_FONT"


def fetched(source: tuple[str, str, str], folder: str) -> bytes:
    """The font of a package; refuses one that is not the one that was looked at."""
    package, member, digest = source
    said = subprocess.run(  # noqa: S603 - fixed words and our own folder
        ["npm", "pack", "--silent", "--pack-destination", folder, package],  # noqa: S607 - a maintainer's own npm
        check=True,
        capture_output=True,
        text=True,
    )
    with tarfile.open(Path(folder) / said.stdout.strip()) as archive:
        font = _read(archive, member)
        (HERE / "OFL.txt").write_bytes(_read(archive, LICENCE))
    if hashlib.sha256(font).hexdigest() != digest:
        raise SystemExit(f"{package}: {member} is not the file that was checked")
    return font


def _read(archive: tarfile.TarFile, member: str) -> bytes:
    found = archive.extractfile(member)
    if found is None:
        raise SystemExit(f"{member} is not in the package")
    return found.read()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        (HERE / "names.ttf").write_bytes(fetched(SANS, folder))
        whole = Path(folder) / "serif.ttf"
        whole.write_bytes(fetched(SERIF, folder))
        subprocess.run(  # noqa: S603
            [  # noqa: S607
                "pyftsubset",
                str(whole),
                f"--text={TITLE}",
                "--layout-features=",
                "--no-hinting",
                f"--output-file={HERE / 'title.ttf'}",
            ],
            check=True,
        )


if __name__ == "__main__":
    main()
