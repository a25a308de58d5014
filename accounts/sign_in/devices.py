"""What a browser says of itself, in words that its owner recognises. Versions and models are nobody's concern."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.kernel import wechat

BROWSERS: list[tuple[str, str | Promise]] = [
    ("micromessenger", _("WeChat")),
    ("dingtalk", _("DingTalk")),
    ("edg", "Edge"),
    ("ucbrowser", _("UC browser")),
    ("firefox", "Firefox"),
    ("chrome", "Chrome"),
    ("safari", "Safari"),
]
SYSTEMS: list[tuple[str, str | Promise]] = [
    ("iphone", "iPhone"),
    ("ipad", "iPad"),
    ("openharmony", _("HarmonyOS phone")),
    ("harmonyos", _("HarmonyOS phone")),
    ("android", _("Android phone")),
    ("windows", _("Windows computer")),
    ("macintosh", _("Mac")),
    ("linux", _("Linux computer")),
]


def device_words(user_agent: str) -> str:
    """For example 微信 · 安卓手机; the first mark that is found counts, in an order that tells imitators apart."""
    plain = user_agent.lower()
    found = [
        next((str(words) for mark, words in marks if mark in plain), "") for marks in (BROWSERS, SYSTEMS)
    ]
    return " · ".join(filter(None, found)) or str(_("Unknown device"))


def in_browser_of_wechat(request: HttpRequest) -> bool:
    return BROWSERS[0][0] in request.headers.get("User-Agent", "").lower()


def inside_wechat(request: HttpRequest) -> bool:
    """Whether this is WeChat's own browser, and the portal has an account there."""
    return wechat.is_offered() and in_browser_of_wechat(request)
