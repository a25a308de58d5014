"""What a running production server answers, to honest and to forged requests; numbers as in test_security.py."""

from __future__ import annotations

import os
import re
import shutil
import ssl
import warnings
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import unquote

import pytest
from django.urls import reverse

from portal import health
from tests.serving import HOST, Answer, Server, production_server, proxy
from tests.sweep import addresses, links, walk

pytestmark = pytest.mark.long

WALKERS = ("", "county_admin", "station_lead:0", "school_lead:0", "class_teacher:0", "inspector", "parent:0")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("production")
    with production_server(folder) as running:
        yield running
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def answers(server: Server) -> dict[tuple[str, str], Answer]:
    """One answer of each kind that each role can reach by following links, by (who, path)."""
    avoid = ("/static/", reverse("account_logout"), reverse("admin:logout"))
    return {
        (who, path): answer
        for who in WALKERS
        for path, answer in walk(lambda path, who=who: server.ask(path, who=who), avoid=avoid).items()
    }


def html_of(answers: dict[tuple[str, str], Answer]) -> dict[tuple[str, str], Answer]:
    return {at: a for at, a in answers.items() if a.headers.get("Content-Type", "").startswith("text/html")}


def without(answers: dict[tuple[str, str], Answer], header: str, wanted: str) -> list[tuple[str, str]]:
    return [at for at, answer in answers.items() if not re.fullmatch(wanted, answer.headers.get(header, ""))]


def test_the_walk_went_somewhere(answers):
    assert {who for who, _ in answers} == set(WALKERS)
    assert len(answers) > 40


def test_no_link_is_dead(answers):
    found = {at: page for at, page in html_of(answers).items() if page.status == 200}
    linked = {(at[0], link) for at, page in found.items() for link in links(page.body, at[1])}
    bad = {at: a.status for at, a in answers.items() if a.status not in {200, 302}}
    # Django's admin links a foreign key to its row whoever looks; who may not see people is refused there.
    excused = {
        at for at, status in bad.items() if status == 403 and at[1].startswith("/admin/accounts/person/")
    }
    assert {at: s for at, s in bad.items() if (at in linked or s >= 500) and at not in excused} == {}


def test_row_28_cookies_are_bound_to_the_host_and_to_tls(answers, server):
    set_ = {name: line for answer in answers.values() for name, line in answer.cookies.items()}
    page = server.ask("/accounts/login/")
    switched = server.ask(
        "/i18n/setlang/",
        method="POST",
        body=f"language=en&csrfmiddlewaretoken={token(page)}",
        Content_Type="application/x-www-form-urlencoded",
        Cookie=page.cookies["__Host-csrftoken"].partition(";")[0],
        Referer=f"https://{HOST}/accounts/login/",
    )
    set_ |= page.cookies | switched.cookies
    assert {"__Host-csrftoken", "__Host-language"} <= set(set_)
    for name, line in set_.items():
        attributes = {part.strip().lower() for part in line.split(";")[1:]}
        assert name.startswith("__Host-"), line
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= attributes, line
        assert not any(part.startswith("domain=") for part in attributes), line


def token(page: Answer) -> str:
    return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.body)[1]


def test_row_39_every_page_carries_the_strict_policy(answers):
    for at, answer in html_of(answers).items():
        policy = answer.headers.get("Content-Security-Policy", "")
        assert not re.search(r"unsafe-|\*|https?:", policy), at
        for rule in ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
            assert rule in policy, (at, rule)


def test_row_40_hsts_nosniff_referrer(answers):
    assert without(answers, "Strict-Transport-Security", r"max-age=31536000; includeSubDomains.*") == []
    assert without(answers, "X-Content-Type-Options", "nosniff") == []
    assert without(answers, "Referrer-Policy", "same-origin") == []
    assert without(answers, "Cross-Origin-Opener-Policy", "same-origin") == []
    assert without(answers, "X-Frame-Options", "DENY") == []


def test_row_40_no_other_origin_is_let_in(server, answers):
    asked = server.ask("/accounts/login/", Origin="https://evil.example")
    every = [asked, *answers.values()]
    assert [a for a in every if any(name.lower().startswith("access-control") for name in a.headers)] == []


def test_row_40_static_files_too(server, answers):
    style = next(
        a for at, page in html_of(answers).items() for a in addresses(page.body, at[1]) if a.endswith(".css")
    )
    answer = server.ask(style)
    assert answer.status == 200
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("host", ["evil.example", "portal.example.org.evil.example", "127.0.0.1", "a@b", ""])
def test_row_42_a_forged_host_is_refused(server, host):
    answer = server.ask("/accounts/login/", Host=host)
    assert answer.status == 400
    assert "evil.example" not in answer.body


def test_row_42_a_forged_forwarded_host_is_ignored(server):
    answer = server.ask("/", X_Forwarded_Host="evil.example")
    assert answer.status == 302
    assert "evil.example" not in answer.headers["Location"]


def test_row_42_plain_http_is_sent_to_tls(server):
    answer = server.ask("/accounts/login/", X_Forwarded_Proto="http")
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{HOST}/accounts/login/")


def test_row_45_no_address_carries_a_phone_an_id_a_code_or_a_key(answers):
    personal = re.compile(
        r"(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)\d{17}[\dXx](?!\d)|[?&](?:phone|code|key|token|password)="
    )
    named = {
        (at, unquote(address))
        for at, page in html_of(answers).items()
        for address in addresses(page.body, at[1])
        if not address.startswith("data:")
    }
    assert {found for found in named if personal.search(found[1])} == set()


def test_row_46_pages_of_signed_in_people_are_not_kept(answers):
    mine = {at: a for at, a in html_of(answers).items() if at[0]}
    assert [at for at in without(mine, "Cache-Control", r".*no-store.*") if mine[at].status == 200] == []


@pytest.mark.parametrize("path", ["/", "/admin/", "/work/"])
def test_row_14_staff_without_the_second_factor_reach_only_its_set_up(server, path):
    answer = server.ask(path, who="liaison")
    assert (answer.status, answer.headers["Location"]) == (302, reverse("mfa_activate_totp"))


@pytest.mark.parametrize(
    "path",
    [
        "/.git/config", "/.env", "/.env.example", "/manage.py", "/portal/settings.py", "/var/portal.sqlite3",
        "/media/", "/static/", "/static/../manage.py", "/static/%2e%2e/manage.py", "/metrics", "/__debug__/",
        "/admin/doc/", "/backup.sql", "/server-status", "/accounts/signup/x",
    ],
)  # fmt: skip
def test_row_57_nothing_of_the_house_is_served(server, path):
    for who in ("", "county_admin"):
        assert server.ask(path, who=who).status in {302, 404}, who


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT"])
def test_row_57_no_method_echoes(server, method):
    answer = server.ask("/accounts/login/", method=method, X_Canary="canary-7231")
    assert "canary-7231" not in answer.body


def test_row_57_an_error_says_nothing_of_the_inside(server):
    body = server.ask("/no-such-page/", who="county_admin").body
    assert not re.search(r"Traceback|DEBUG|urlpatterns|Using the URLconf", body)


@pytest.fixture(scope="module")
def ports(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, int]]:
    if shutil.which("nginx") is None and not os.environ.get("NO_SKIPS"):
        pytest.skip("nginx is not installed")
    with proxy(tmp_path_factory.mktemp("proxy"), server) as running:
        yield running


def through_tls(
    port: int, path: str, context: ssl.SSLContext | None = None, **headers: str
) -> tuple[int, str]:
    if context is None:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = HTTPSConnection("127.0.0.1", port, context=context, timeout=20)
    connection.request(
        "GET", path, headers={"Host": HOST} | {n.replace("_", "-"): v for n, v in headers.items()}
    )
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.headers.get("Location", "")


def test_row_42_what_a_client_forges_stops_at_the_proxy(ports):
    forged = {"X_Forwarded_Proto": "http", "X_Forwarded_Host": "evil.example", "X_Forwarded_For": "6.6.6.6"}
    assert through_tls(ports[443], "/accounts/login/", **forged) == (200, "")
    assert through_tls(ports[443], "/", **forged) == (302, "/accounts/login/?next=/")
    assert through_tls(ports[443], "/accounts/login/", Host="evil.example")[0] == 400


def test_row_57_the_health_check_is_not_for_the_outside(ports):
    assert through_tls(ports[443], "/healthz")[0] == 404


def test_row_59_plain_http_is_only_a_way_to_tls(ports):
    with closing(HTTPConnection("127.0.0.1", ports[80], timeout=20)) as connection:
        connection.request("GET", "/work/", headers={"Host": HOST})
        answer = connection.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{HOST}/work/")


def test_row_59_old_tls_is_refused(ports):
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        through_tls(ports[443], "/", old)


def test_the_health_check_asks_as_the_proxy_does(server, monkeypatch):
    monkeypatch.setenv("ALLOWED_HOSTS", HOST)
    assert health.ask(f"http://127.0.0.1:{server.port}/healthz") is True
    assert health.ask("http://127.0.0.1:9/healthz") is False
