"""Every page that a parent or a visitor can reach by its links: at both sizes, in both modes, clean under the policy.

The walk itself is made without a browser; the browser then opens one page of each kind. Its fixtures fail a test for an
error in the console, a violation of the policy, a script that throws or anything asked of another origin.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from events.services import hold_lecture, reserve_seats, schedule_event
from events.services.codes import wall_code
from parentschool.enums import Relation
from parentschool.models import Guardianship
from portal.kernel import clock
from tests.browser import SIZES, faults_of_access, sideways, smallest_text, targets
from tests.events.plans import family, plan
from tests.matrix.rows import fill
from tests.sweep import walk
from tests.world import World, build_world

pytestmark = pytest.mark.long

AVOID = ("/static/", "/accounts/logout/", "/admin/", "/work/", "/api/", "/jobs/", "/healthz")
"""Not parents' pages: no page of theirs leads to the list of jobs, which is the office's."""
SMALLEST_ELDER_TEXT, SMALLEST_ELDER_TARGET = 18, 60


@dataclass
class Seen:
    status: int
    body: str


@pytest.fixture
def county(transactional_db) -> World:
    """A parent with all there is to see: an evening under way, a booking, a second guardian, a certificate, notices."""
    world, now = fill(build_world()), clock.now()
    parent, school = world.parents[0], world.schools[0]
    kin = family(world, 7)
    Guardianship.objects.create(guardian=kin, child=world.children[0], relation=Relation.PATERNAL_GRANDMOTHER)
    hold_lecture(school, plan=plan(world, starts_at=now - timedelta(minutes=5)), actor=None, now=now)
    wanted = plan(
        world, title="作业怎么陪", starts_at=now + timedelta(days=2), capacity=3, needs_booking=True
    )
    salon = schedule_event(school, plan=wanted, actor=None, now=now)
    reserve_seats(salon, people=[parent], actor=parent, now=now)
    return world


def reachable(person=None) -> list[str]:
    """The address of one page of each kind that links lead this person to."""
    client = Client()
    if person is not None:
        client.force_login(person, backend="accounts.backends.PhoneOrUsernameBackend")

    def ask(path: str) -> Seen:
        answer = client.get(path)
        is_page = answer.get("Content-Type", "").startswith("text/html")
        return Seen(answer.status_code, answer.content.decode() if is_page and not answer.streaming else "")

    return sorted(path for path, seen in walk(ask, avoid=AVOID).items() if seen.status == 200 and seen.body)


def at_every_size(page, addresses: list[str], mode: str) -> dict[tuple[str, str], list[str]]:
    """What is wrong with the pages, by address and size."""
    found = {}
    for address in addresses:
        page.goto(address)
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            faults = faults_of_access(page)
            faults += [f"{sideways(page)} px too wide"] if sideways(page) else []
            if mode == "elder":
                faults += [
                    f"small: {target}" for target in targets(page) if min(target[1:]) < SMALLEST_ELDER_TARGET
                ]
                faults += ["small text"] if smallest_text(page) < SMALLEST_ELDER_TEXT else []
            if faults:
                found[address, size] = faults
    return found


def in_mode(page, live_server, mode: str) -> None:
    if mode == "elder":
        page.context.add_cookies([{"name": "text_size", "value": "largest", "url": live_server.url}])


@pytest.mark.parametrize("mode", ["standard", "elder"])
def test_every_page_of_a_parent_is_clean_and_fits(phone, sign_in, live_server, county, mode):
    parent = county.parents[0]
    addresses = reachable(parent)
    own = (
        "home",
        "points",
        "learning",
        "my_events",
        "my_month",
        "me",
        "family",
        "own_data",
        "notices",
        "my_code",
    )
    assert {reverse(name) for name in own} <= set(addresses)
    scan = f"/c/{wall_code(county.schools[0].events.latest('pk'), clock.now()).token}/"
    paper = reverse("certificate_own", args=[parent.certificates.get().pk])
    sign_in(phone, parent)
    in_mode(phone, live_server, mode)
    assert at_every_size(phone, [scan, paper, *addresses], mode) == {}


@pytest.mark.parametrize("mode", ["standard", "elder"])
def test_every_page_of_a_visitor_is_clean_and_fits(phone, live_server, county, mode):
    addresses = reachable()
    assert {reverse(name) for name in ("account_login", "privacy", "what_is_kept")} <= set(addresses)
    in_mode(phone, live_server, mode)
    assert at_every_size(phone, addresses, mode) == {}
