"""How the parents' and phone pages look to this visitor: text size, and which tabs there are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.kernel import notices

STANDARD = "standard"
SIZES: dict[str, str | Promise] = {
    STANDARD: pgettext_lazy("text size", "Standard"),
    "large": pgettext_lazy("text size", "Large"),
    "larger": pgettext_lazy("text size", "Larger"),
    "largest": pgettext_lazy("text size", "Largest"),
}
"""17, 22, 26 and 30 px; all but the first are elder mode."""

TABS: list[tuple[str, str, str, str | Promise]] = [
    # key, URL name, icon, words; a tab whose page does not exist is left out
    ("home", "home", "home", _("Home")),
    ("events", "my_events", "calendar", pgettext_lazy("parents' tab", "Events")),
    ("learning", "learning", "book", _("Learning")),
    ("me", "me", "person", _("Me")),
]


@dataclass(frozen=True)
class Tab:
    key: str
    url: str
    icon: str
    label: str | Promise


class Face:
    def __init__(self, request: HttpRequest, *, unread: int | None = None) -> None:
        """`unread` is given by a page that has counted them already."""
        kept = request.COOKIES.get(settings.TEXT_SIZE_COOKIE_NAME, STANDARD)
        self.size = kept if kept in SIZES else STANDARD
        self.request = request
        if unread is not None:
            self.unread = unread

    @property
    def elder(self) -> bool:
        return self.size != STANDARD

    @property
    def html_class(self) -> str:
        return {STANDARD: "", "large": "elder"}.get(self.size, f"elder elder-{self.size}")

    @property
    def next_size(self) -> str:
        """The next larger size in elder mode; empty at the largest."""
        return {"large": "larger", "larger": "largest"}.get(self.size, "")

    @cached_property
    def unread(self) -> int:
        """Notices that wait to be read; one query, and only where a page shows the bell."""
        return notices.unread(self.request.user)

    @cached_property
    def tabs(self) -> list[Tab]:
        return [Tab(key, url, icon, label) for key, name, icon, label in TABS if (url := url_of(name))]


def url_of(name: str, *args: object) -> str:
    """The address of a named page; empty where there is no such page."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
