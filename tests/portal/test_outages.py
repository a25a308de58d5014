"""A production server whose Redis and whose SMS gateway are dead, on the evening of an event."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest
from django.urls import reverse

from tests.production import manage
from tests.serving import HOST, Answer, Server, free_port, production_server
from tests.signing_in import code_now
from tests.world import PASSWORD

pytestmark = pytest.mark.long

TOO_MANY = "尝试次数过多"
FAMILIES = 30
EVENING = """
import json
from datetime import timedelta
from django.test import Client
from accounts.models import Unit
from events.services import hold_lecture
from events.services.codes import wall_code
from portal.kernel import clock
from tests.agreeing import agree
from tests.events.plans import family, plan
from tests.signing_in import enter
from tests.world import World
from events.models import EventKind
from parentschool.models import SchoolClass
school = Unit.objects.get(name="School 0")
classes = list(SchoolClass.objects.filter(school=school))
world = World(county=Unit.objects.get(name="County"), schools=[school], classes=classes)
world.kinds = {kind.code: kind for kind in EventKind.objects.all()}
now = clock.now()
event = hold_lecture(school, plan=plan(world, starts_at=now - timedelta(minutes=5)), actor=None, now=now)
keys = []
for number in range(%d):
    parent, client = family(world, number), Client()
    agree(parent)
    enter(client, parent, second_factor=False)
    keys.append(next(iter(client.cookies.values())).value)
print(json.dumps({"scan": f"/c/{wall_code(event, clock.now()).token}/", "keys": keys}))
"""
COUNT = "from events.models import Attendance; print(Attendance.objects.filter(method='wall', revoked_at=None).count())"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("outage")
    dead = free_port()
    away = {
        "REDIS_URL": f"redis://127.0.0.1:{dead}/0",
        "SMS_GATEWAY_URL": f"https://127.0.0.1:{dead}/",
        "SMS_KEY_ID": "id",
        "SMS_KEY_SECRET": "secret",
        "SMS_SIGN_NAME": "家庭教育",
        "SMS_TEMPLATE_SIGN_IN": "SMS_1",
    }
    with production_server(folder, **away) as running:
        yield running
    assert "Traceback" not in (folder / "gunicorn.log").read_text()
    shutil.rmtree(folder)


class Visitor:
    """A browser with its cookies, in Chinese."""

    def __init__(self, server: Server, session: str = "") -> None:
        self.server, self.cookies = server, SimpleCookie()
        if session:
            self.cookies["__Host-sessionid"] = session

    def ask(self, path: str, fields: dict[str, str] | None = None) -> Answer:
        sent = {name: one.value for name, one in self.cookies.items()}
        body = ""
        if fields is not None:
            body = urlencode({**fields, "csrfmiddlewaretoken": sent["__Host-csrftoken"]})
        answer = self.server.ask(
            path,
            method="GET" if fields is None else "POST",
            body=body,
            Content_Type="application/x-www-form-urlencoded",
            Cookie="; ".join(f"{name}={value}" for name, value in sent.items()),
            Referer=f"https://{HOST}{path}",
        )
        for line in answer.cookies.values():
            self.cookies.load(line)
        return answer


def run(server: Server, code: str) -> str:
    done = manage("shell", "--no-imports", "--command", code, environment=server.environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def sign_in(visitor: Visitor, name: str, password: str) -> Answer:
    address = f"{reverse('account_login')}?way=password"
    visitor.ask(address)
    return visitor.ask(address, {"login": name, "password": password})


def test_row_R_12_check_ins_are_saved_while_redis_and_messages_are_away(server):
    evening = json.loads(run(server, EVENING % FAMILIES))
    for key in evening["keys"]:
        parent = Visitor(server, key)
        page = parent.ask(evening["scan"])
        assert page.status == 200, page.body[:400]
        answer = parent.ask(evening["scan"], {})
        assert answer.status == 302, answer.body[:400]
        assert "已经记上了" in parent.ask(answer.headers["Location"]).body
    assert int(run(server, COUNT)) == FAMILIES


def test_row_R_12_password_and_code_open_and_tries_are_still_counted(server):
    lead, other = Visitor(server), Visitor(server)
    for visitor in (lead, other):
        second = sign_in(visitor, "school_lead_0", PASSWORD).headers["Location"]
        assert second == reverse("mfa_authenticate")
        visitor.ask(second)
    code = {"code": code_now()}
    assert lead.ask(second, code).headers["Location"] == "/"
    assert lead.ask("/work/").status == 200
    assert other.ask(second, code).status == 200, "a code of the app opens once"
    guesser = Visitor(server)
    guesser.ask(sign_in(guesser, "school_lead_1", PASSWORD).headers["Location"])
    for _wrong in range(5):
        assert TOO_MANY not in guesser.ask(second, {"code": "000000"}).body
    assert TOO_MANY in guesser.ask(second, {"code": code_now()}).body


def test_row_R_12_a_message_is_refused_with_a_sentence_and_another_way(server):
    visitor = Visitor(server)
    visitor.ask(reverse("account_login"))
    answer = visitor.ask(reverse("account_login"), {"phone": "13800000000"})
    assert answer.status == 200
    assert "短信暂时发不出去" in answer.body
    assert "用户名密码登录" in answer.body


def test_row_R_12_the_portal_is_well_enough_to_stay_in_service(server):
    answer = server.ask("/healthz")
    assert (answer.status, json.loads(answer.body)) == (200, {"status": "limited"})
    for path in ("/", "/my/events/", "/work/", "/admin/"):
        who = "parent:0" if path in {"/", "/my/events/"} else "school_lead:0"
        assert server.ask(path, who=who).status < 400, path
