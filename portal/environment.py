"""What the environment says before anything else is set: which kind of portal this is, where it writes, its secrets,
and the services outside that it asks."""

import base64
import os
import secrets
from pathlib import Path
from typing import Any

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
DEBUG = PORTAL_ENV == "development"


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


def sms_gateway() -> tuple[dict[str, Any], dict[str, str]]:
    """The gateway of short messages and the templates registered there; without an address nothing is sent."""
    gateway: dict[str, Any] = {
        "url": os.environ.get("SMS_GATEWAY_URL", ""),
        "key_id": os.environ.get("SMS_KEY_ID", ""),
        "key_secret": os.environ.get("SMS_KEY_SECRET", ""),
        "sign_name": os.environ.get("SMS_SIGN_NAME", ""),
        "timeout": float(os.environ.get("SMS_TIMEOUT", "4")),
    }
    templates = {"sign_in": os.environ.get("SMS_TEMPLATE_SIGN_IN", "")}
    if gateway["url"] and not all([*gateway.values(), *templates.values()]):
        raise ImproperlyConfigured("SMS_GATEWAY_URL is set, but not all it needs: see .env.example.")
    if gateway["url"] and PRODUCTION and not gateway["url"].startswith("https://"):
        raise ImproperlyConfigured("SMS_GATEWAY_URL must begin with https:// in production.")
    return gateway, templates


def wechat() -> dict[str, Any]:
    """The official account by which parents may sign in; none without `app_id`."""
    account: dict[str, Any] = {
        "app_id": os.environ.get("WECHAT_APP_ID", ""),
        "secret": os.environ.get("WECHAT_SECRET", ""),
        "page_url": os.environ.get("WECHAT_PAGE_URL", "https://open.weixin.qq.com/connect/oauth2/authorize"),
        "api_url": os.environ.get("WECHAT_API_URL", "https://api.weixin.qq.com/sns/oauth2/access_token"),
        "timeout": float(os.environ.get("WECHAT_TIMEOUT", "4")),
    }
    if account["app_id"]:
        if not account["secret"]:
            raise ImproperlyConfigured("WECHAT_APP_ID is set, but WECHAT_SECRET is not.")
        if PRODUCTION and not all(account[url].startswith("https://") for url in ("page_url", "api_url")):
            raise ImproperlyConfigured("The addresses of WeChat must begin with https:// in production.")
    return account
