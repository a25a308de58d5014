"""Walking the portal by its own links."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Protocol, TypeVar
from urllib.parse import parse_qsl, urljoin, urlsplit

from django.urls import NoReverseMatch, Resolver404, resolve, reverse

from tests.matrix.routes import ROUTES


class Page(Protocol):
    status: int
    body: str


P = TypeVar("P", bound=Page)


class _Addresses(HTMLParser):
    def __init__(self, attributes: set[str]) -> None:
        super().__init__()
        self.attributes = attributes
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attributes if name in self.attributes]


def addresses(body: str, base: str, *, of: tuple[str, ...] = ("href", "src", "action")) -> set[str]:
    """Every address that a page names, as it stands after resolving it against the page's own."""
    parser = _Addresses(set(of))
    parser.feed(body)
    return {urljoin(base, address) for address in parser.found}


def links(body: str, base: str) -> set[str]:
    """Paths with their query on this site, those of forms left out."""
    own = (urlsplit(address) for address in addresses(body, base, of=("href", "src")))
    return {
        part._replace(fragment="").geturl() for part in own if not part.netloc and part.path.startswith("/")
    }


def kind(path: str) -> tuple[str, ...]:
    """What makes two addresses the same page for a sweep: the route, and the name of a parameter or that there
    are several."""
    place = urlsplit(path)
    names = sorted({name for name, _ in parse_qsl(place.query)})
    try:
        return (resolve(place.path).view_name, *(names if len(names) < 2 else ["several"]))
    except Resolver404:
        return (path,)


def doors() -> list[str]:
    """Where a walk begins: every page of the table that needs no argument, and the office."""
    found = ["/", reverse("admin:index"), reverse("account_login")]
    for route in ROUTES:
        try:
            found.append(reverse(route))
        except NoReverseMatch:
            continue
    return list(dict.fromkeys(found))


def walk(ask: Callable[[str], P], *, avoid: tuple[str, ...] = ()) -> dict[str, P]:
    """Ask the doors, then one page of each kind that they lead to, and so on."""
    waiting, met = doors(), set[tuple[str, ...]]()
    found: dict[str, P] = {}
    while waiting:
        path = waiting.pop()
        what = kind(path)
        if what in met or path.startswith(avoid):
            continue
        met.add(what)
        found[path] = page = ask(path)
        waiting += sorted(links(page.body, path), reverse=True)
    return found
