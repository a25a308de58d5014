"""A production environment made up on the spot: nothing in it is kept, nothing in it is secret.

`python -m tests.production check --deploy` runs one management command under it.
"""

import base64
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECRETS = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(64),
    "FIELD_KEYS": lambda: "1:aes:" + base64.b64encode(secrets.token_bytes(32)).decode(),
    "INDEX_KEY": lambda: base64.b64encode(secrets.token_bytes(32)).decode(),
}


def production_environment(var: Path, **more: str) -> dict[str, str]:
    """The shell's variables, the production switch, fresh secrets, then `more`. Files go into `var`."""
    inherited = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL"}}
    return {
        **inherited,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "PORTAL_ENV": "production",
        "ALLOWED_HOSTS": "portal.example.org",
        "VAR_DIR": str(var),
        **{name: make() for name, make in SECRETS.items()},
        **more,
    }


def manage(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        done = manage(*sys.argv[1:], environment=production_environment(Path(folder)))
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    sys.exit(done.returncode)
