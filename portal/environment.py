"""What the environment says before anything else is set: which kind of portal this is, where it writes, its secrets."""

import base64
import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("VAR_DIR", BASE_DIR / "var"))
VAR_DIR.mkdir(parents=True, exist_ok=True)

PORTAL_ENV = os.environ.get("PORTAL_ENV", "production")
if PORTAL_ENV not in {"production", "development", "demo", "test"}:
    raise ImproperlyConfigured(f"PORTAL_ENV is {PORTAL_ENV!r}; choose production, development, demo or test")
PRODUCTION = PORTAL_ENV == "production"
DEMO = PORTAL_ENV == "demo"
TESTING = PORTAL_ENV == "test"
DEBUG = PORTAL_ENV in {"development", "demo"}


def secret(name: str, nbytes: int = 32) -> str:
    """The secret from the environment; outside production generated once and kept in var/."""
    value = os.environ.get(name, "")
    if value:
        return value
    if PRODUCTION:
        raise ImproperlyConfigured(
            f"{name} is not set. Production does not start without it: see .env.example."
        )
    kept = VAR_DIR / f"{name.lower()}.txt"
    if not kept.exists():
        kept.write_text(base64.b64encode(secrets.token_bytes(nbytes)).decode())
        kept.chmod(0o600)
    return kept.read_text().strip()
