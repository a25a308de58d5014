"""The backends for short messages; the gateway's against a real server on this machine that checks the signature."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from portal.kernel import sms
from portal.kernel.sms import Message, SmsBusy, SmsDown, SmsRefused
from portal.kernel.sms.gateway import canonical_query
from tests.production import production_environment
from tests.serving import free_port
from tests.world import NOW

SECRET = "the gateway's secret of this test"
MESSAGE = Message("13800001234", "sign_in", {"code": "345678"})
TAKEN = {"Code": "OK", "Message": "OK", "BizId": "1", "RequestId": "2"}


@dataclass
class Asked:
    method: str
    query: dict[str, str]
    headers: dict[str, str]


@dataclass
class Gateway:
    url: str
    answer: bytes = json.dumps(TAKEN).encode()
    status: int = 200
    wait: float = 0.0
    dribble: bool = False
    asked: list[Asked] = field(default_factory=list)
    forged: int = 0


def signature_of(method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> str:
    """Written from the provider's description of ACS3-HMAC-SHA256, apart from the code that it checks."""
    signed = headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0]
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    canonical = "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in pairs)
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in signed.split(";"))
    request = f"{method}\n{path}\n{canonical}\n{lines}\n{signed}\n{hashlib.sha256(body).hexdigest()}"
    text = "ACS3-HMAC-SHA256\n" + hashlib.sha256(request.encode()).hexdigest()
    return hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()


@pytest.fixture
def gateway(settings) -> Iterator[Gateway]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            place = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            told = headers["authorization"].rpartition("Signature=")[2]
            kept.asked.append(Asked("POST", dict(parse_qsl(place.query)), headers))
            if told != signature_of("POST", place.path, place.query, headers, body):
                kept.forged += 1
                return self.say(400, b'{"Code": "SignatureDoesNotMatch"}')
            time.sleep(kept.wait)
            self.say(kept.status, kept.answer)

        def say(self, status: int, answer: bytes) -> None:
            try:
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                for start in range(0, len(answer), 1 if kept.dribble else len(answer) or 1):
                    self.wfile.write(answer[start : start + (1 if kept.dribble else len(answer))])
                    time.sleep(0.05 if kept.dribble else 0)
            except OSError:
                pass  # the asker has given up

        def log_message(self, *args: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    kept = Gateway(f"http://127.0.0.1:{server.server_port}/")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    use(settings, kept.url)
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


def use(settings, url: str) -> None:
    settings.SMS_BACKEND = "portal.kernel.sms.gateway.GatewayBackend"
    settings.SMS_GATEWAY = {
        "url": url,
        "key_id": "key-of-a-test",
        "key_secret": SECRET,
        "sign_name": "家庭教育",
        "timeout": 0.3,
    }
    settings.SMS_TEMPLATES = {"sign_in": "SMS_1"}


# ── The gateway ──────────────────────────────────────────────────────────────


def test_row_84_the_gateway_is_given_the_template_and_the_code_alone(gateway):
    sms.send(MESSAGE)
    [asked] = gateway.asked
    assert gateway.forged == 0
    assert asked.query == {
        "PhoneNumbers": "13800001234",
        "SignName": "家庭教育",
        "TemplateCode": "SMS_1",
        "TemplateParam": '{"code": "345678"}',
    }
    assert asked.headers["x-acs-action"] == "SendSms"
    assert asked.headers["x-acs-version"] == "2017-05-25"
    assert asked.headers["authorization"].startswith("ACS3-HMAC-SHA256 Credential=key-of-a-test,")


def test_the_time_is_in_utc_and_no_request_is_like_another(gateway, time_machine):
    time_machine.move_to(NOW)
    sms.send(MESSAGE)
    sms.send(MESSAGE)
    assert gateway.asked[0].headers["x-acs-date"] == NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert len({asked.headers["x-acs-signature-nonce"] for asked in gateway.asked}) == 2
    assert len({asked.headers["authorization"] for asked in gateway.asked}) == 2


def test_a_wrong_secret_is_refused_by_the_gateway(gateway, settings):
    settings.SMS_GATEWAY = {**settings.SMS_GATEWAY, "key_secret": "another"}
    with pytest.raises(SmsRefused) as refusal:
        sms.send(MESSAGE)
    assert refusal.value.details["reason"] == "SignatureDoesNotMatch"
    assert gateway.forged == 1


def test_the_query_is_sorted_and_encoded_as_it_is_signed():
    assert canonical_query({"b": "1 2+*~", "a": "家/&="}) == "a=%E5%AE%B6%2F%26%3D&b=1%202%2B%2A~"


@pytest.mark.parametrize(
    ("status", "answer", "failure", "unsure"),
    [
        (200, {"Code": "isv.BUSINESS_LIMIT_CONTROL"}, SmsBusy, False),
        (200, {"Code": "isv.MOBILE_NUMBER_ILLEGAL"}, SmsRefused, False),
        (200, {"Code": "isv.AMOUNT_NOT_ENOUGH"}, SmsRefused, False),
        (400, {"Code": "InvalidAccessKeyId.NotFound"}, SmsRefused, False),
        (503, {"Code": "ServiceUnavailable"}, SmsDown, False),
        (429, {"Code": "Throttling.User"}, SmsDown, False),
        (502, "<html>Bad Gateway</html>", SmsDown, False),
        (200, "<html>a captive portal</html>", SmsDown, True),
        (200, "[]", SmsDown, True),
        (200, "", SmsDown, True),
    ],
)
def test_what_the_gateway_answers_is_told_apart(gateway, status, answer, failure, unsure):
    gateway.status = status
    gateway.answer = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
    with pytest.raises(failure) as refusal:
        sms.send(MESSAGE)
    assert type(refusal.value) is failure
    assert refusal.value.may_have_gone is unsure


@pytest.mark.parametrize("how", [{"wait": 0.6}, {"dribble": True}])
def test_row_12_nobody_waits_long_for_a_slow_gateway(gateway, how):
    for name, value in how.items():
        setattr(gateway, name, value)
    began = time.monotonic()
    with pytest.raises(SmsDown) as refusal:
        sms.send(MESSAGE)
    assert time.monotonic() - began < 2
    assert refusal.value.may_have_gone


def test_row_12_a_gateway_that_is_away_surely_sent_nothing(settings):
    use(settings, f"http://127.0.0.1:{free_port()}/")
    with pytest.raises(SmsDown) as refusal:
        sms.send(MESSAGE)
    assert not refusal.value.may_have_gone


def test_row_66_no_failure_and_no_message_tells_number_or_code(gateway, caplog):
    gateway.answer = json.dumps({"Code": "isv.X", "Message": "13800001234 345678"}).encode()
    with pytest.raises(SmsRefused) as refusal:
        sms.send(MESSAGE)
    told = f"{refusal.value!r} {refusal.value} {refusal.value.details} {MESSAGE!r} {caplog.text}"
    assert "13800001234" not in told
    assert "345678" not in told


# ── The others ───────────────────────────────────────────────────────────────


def test_the_console_is_told_and_the_log_is_not(settings, capsys, caplog):
    settings.SMS_BACKEND = "portal.kernel.sms.local.ConsoleBackend"
    sms.send(MESSAGE)
    assert "345678" in capsys.readouterr().out
    assert caplog.text == ""


def test_the_file_is_for_its_owner_alone(settings, tmp_path, time_machine):
    time_machine.move_to(NOW)
    settings.VAR_DIR = tmp_path
    settings.SMS_BACKEND = "portal.kernel.sms.local.FileBackend"
    sms.send(MESSAGE)
    sms.send(MESSAGE)
    path = tmp_path / "sms" / "2026-10-12.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["number"], line["values"]) for line in lines] == [("13800001234", {"code": "345678"})] * 2
    assert path.stat().st_mode & 0o777 == 0o600


GATEWAY = {
    "SMS_GATEWAY_URL": "https://sms.example.org/",
    "SMS_KEY_ID": "k",
    "SMS_KEY_SECRET": "s",
    "SMS_SIGN_NAME": "n",
    "SMS_TEMPLATE_SIGN_IN": "t",
}


@pytest.mark.parametrize(
    ("given", "backend"),
    [
        ({}, ""),
        (GATEWAY, "portal.kernel.sms.gateway.GatewayBackend"),
        ({**GATEWAY, "SMS_KEY_SECRET": ""}, None),
        ({**GATEWAY, "SMS_GATEWAY_URL": "http://sms.example.org/"}, None),
    ],
)
def test_production_sends_by_a_whole_gateway_or_not_at_all(tmp_path, given, backend):
    from tests.portal.test_security import load_settings

    shown = load_settings(production_environment(tmp_path, **given), "SMS_BACKEND")
    if backend is None:
        assert shown.returncode != 0
        assert "SMS_GATEWAY_URL" in shown.stderr
    else:
        assert json.loads(shown.stdout) == {"SMS_BACKEND": backend}
