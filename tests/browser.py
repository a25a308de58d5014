"""Fixtures that drive headless Chromium: `desktop` (1440×900) and `phone` (390×844), both in Chinese.

A test that asks for one of them is a browser test. Its page fails the test when the console shows an error (a
violation of the content security policy is one), when a script throws, or when anything is asked of another origin.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import get_ident
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.core.signals import got_request_exception, request_finished, request_started
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

CHROMIUM = next(
    filter(
        None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"))
    ),
    None,
)
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
SCREENSHOTS = Path(__file__).resolve().parent.parent / "var" / "screenshots"
QUIET = [
    "--no-sandbox",  # Chromium's own needs more than a container allows; the pages here are ours
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread; Django would refuse to touch the database beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield launched
        launched.close()


class UnderWay:
    """The requests that are being answered. A page that closes leaves some of them behind, and they would meet a
    database that is being emptied for the next test."""

    def __init__(self) -> None:
        self.requests: set[int] = set()
        request_started.connect(self._begin)
        got_request_exception.connect(self._end)
        request_finished.connect(self._end)

    def _begin(self, environ: dict[str, Any], **_: object) -> None:
        if environ["SERVER_NAME"] != "testserver":  # Django's test client answers before it returns
            self.requests.add(get_ident())

    def _end(self, **_: object) -> None:
        self.requests.discard(get_ident())

    def wait(self, seconds: float = 15) -> None:
        until = time.monotonic() + seconds
        while self.requests and time.monotonic() < until:
            time.sleep(0.01)
        assert not self.requests, "a request was not answered before the test ended"


UNDER_WAY = UnderWay()


def _page(size: str, browser: Browser, live_server) -> Iterator[Page]:
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        base_url=live_server.url,
        has_touch=size == "phone",
        accept_downloads=True,
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    faults: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error":
            faults.append(f"console: {message.text}")

    def asked(request: Request) -> None:
        place = urlsplit(request.url)
        if place.scheme in {"http", "https"} and not request.url.startswith(live_server.url):
            faults.append(f"another origin: {request.url}")

    page.on("console", heard)
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    context.on("request", asked)
    yield page
    context.close()
    UNDER_WAY.wait()
    assert faults == [], faults[:3]


@pytest.fixture
def desktop(browser: Browser, live_server, settings) -> Iterator[Page]:
    settings.STAFF_SECOND_FACTOR = False
    yield from _page("desktop", browser, live_server)


@pytest.fixture
def phone(browser: Browser, live_server, settings) -> Iterator[Page]:
    settings.STAFF_SECOND_FACTOR = False
    yield from _page("phone", browser, live_server)


@pytest.fixture
def sign_in(live_server) -> Callable[[Page, object], None]:
    """`sign_in(page, person)`: the session of a signed-in person, without walking the sign-in page."""

    def enter(page: Page, person: object) -> None:
        client = Client()
        client.force_login(person, backend="accounts.backends.PhoneOrUsernameBackend")
        page.context.add_cookies(
            [{"name": c.key, "value": c.value, "url": live_server.url} for c in client.cookies.values()]
        )

    return enter


def at(path: str) -> re.Pattern[str]:
    """The addresses of one page, whatever its query. A path in the query of another page is not that page."""
    return re.compile(rf"^https?://[^/]+{re.escape(path)}(\?|$)")


def shoot(page: Page, name: str) -> None:
    """A picture of the whole page for somebody to look at, where the environment asks for them (SHOOT=1):
    var/screenshots/NAME-WIDTH.png."""
    if os.environ.get("SHOOT"):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}-{page.viewport_size['width']}.png", full_page=True)


def faults_of_access(page: Page) -> list[str]:
    """What axe finds on the page, one line for each kind of fault; a good page gives none."""
    # A click returns as soon as the next page begins; axe needs a whole document.
    page.wait_for_load_state("load")
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE_SCRIPT)
    asked = {
        "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
        "resultTypes": ["violations"],
        "preload": False,  # it would put imported style sheets into the page, which the policy refuses
    }
    found: list[str] = page.evaluate(
        """async (asked) => {
          const { violations } = await axe.run(document, asked);
          return violations.map((it) => `${it.id}: ${it.nodes[0].target}`);
        }""",
        asked,
    )
    return found


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def targets(page: Page) -> list[tuple[str, float, float]]:
    """Words, width and height of everything visible that can be pressed."""
    return page.evaluate(
        """() => Array.from(document.querySelectorAll("a, button, summary, input:not([type=hidden]), label:has(input)"))
          .filter((it) => it.checkVisibility() && !it.classList.contains("skip") && !it.closest("label > *"))
          .map((it) => [it.textContent.trim(), it.getBoundingClientRect().width, it.getBoundingClientRect().height])"""
    )


def smallest_text(page: Page) -> float:
    return page.evaluate(
        """() => {
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          const sizes = [];
          while (walker.nextNode()) {
            const holder = walker.currentNode.parentElement;
            const shown = holder.checkVisibility() && !holder.closest(".visually-hidden, .skip, script");
            const words = walker.currentNode.textContent.trim();
            if (words && shown) sizes.push(parseFloat(getComputedStyle(holder).fontSize));
          }
          return Math.min(...sizes);
        }"""
    )
