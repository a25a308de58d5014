"""Signing in while a class list comes in: 400 parents by SMS code in a minute, beside a real import.

    python -m benchmarks.signins [--dsn postgres://postgres@127.0.0.1:5432/postgres] [--people 400] [--seconds 60]

gunicorn with two workers in the settings of production; an SMS gateway of our own behind TLS; `import_roster` of a
county's class lists, 111,000 rows, in a process beside, and another list when the first is in. Each parent asks for the
page, sends the number, opens the page of the code, sends the code and comes to the first page. Prints JSON: p50 and p95
in ms of each step and of all requests, and for which share of the time an import was at work. Goal: p95 at most 500 ms,
no error.

It makes the database signins_benchmark on the server and drops it. Everything stays on the loopback.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import psycopg2

from benchmarks.import_roster import DSN, SCHOOLS, TITLES, named, row
from benchmarks.serving import served

DATABASE, HOST, GOAL = "signins_benchmark", "portal.example.org", 500
FIRST_NUMBER, WARM_UP = 19_900_000_000, 20


def on_server(dsn: str, *statements: str) -> None:
    server = psycopg2.connect(dsn)
    server.autocommit = True
    with server.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    server.close()


def set_up(dsn: str, folder: Path, gateway_port: int) -> None:
    """The environment of production for this process, for gunicorn and for the import."""
    os.environ.update(
        PORTAL_ENV="production",
        DJANGO_SETTINGS_MODULE="portal.settings",
        DATABASE_URL=named(dsn, DATABASE),
        ALLOWED_HOSTS=HOST,
        SECRET_KEY=secrets.token_urlsafe(48),
        FIELD_KEYS="1:aes:" + "A" * 43 + "=",
        INDEX_KEY="A" * 43 + "=",
        VAR_DIR=str(folder),
        STATIC_ROOT=str(folder / "static"),
        SMS_GATEWAY_URL=f"https://localhost:{gateway_port}/",
        SMS_KEY_ID="id",
        SMS_KEY_SECRET="secret",
        SMS_SIGN_NAME="家庭教育",
        SMS_TEMPLATE_SIGN_IN="SMS_1",
        SSL_CERT_FILE=str(folder / "cert.pem"),
    )
    import django

    django.setup()


def fill(people: int) -> None:
    """A county with schools to import into, and parents who have agreed and have never signed in."""
    from django.core.management import call_command

    from accounts import phones
    from accounts.enums import Asked, Decision
    from accounts.models import Consent, Person, Unit
    from accounts.queries import texts_in_force
    from accounts.services.consents import load_purposes
    from portal.kernel import clock

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    opened, now = date(2020, 9, 1), clock.now()
    county = Unit.objects.create(
        code="C", name="县", level="county", kind="centre", path="0001", opened_on=opened
    )
    Unit.objects.bulk_create(
        Unit(
            code=f"S{n}", name=f"演示第{n}小学", level="school", kind="school", stage="primary",
            parent=county, path=f"0001{n + 1:04d}", opened_on=opened,
        )
        for n in range(SCHOOLS)
    )  # fmt: skip
    home = Unit.objects.get(code="S0")
    parents = Person.objects.bulk_create(
        Person(
            name=f"家长{n}", home=home, path=home.path, password="!",
            **phones.columns(str(FIRST_NUMBER + n)),
        )
        for n in range(people)
    )  # fmt: skip
    load_purposes(actor=None, now=now)
    texts = [text for text in texts_in_force() if text.purpose.is_required]
    Consent.objects.bulk_create(
        Consent(
            person=parent, text=text, sha256=text.sha256, decision=Decision.AGREED,
            asked=Asked.REGISTRATION, at=now,
        )
        for parent in parents
        for text in texts
    )  # fmt: skip


def write_lists(folder: Path, rows: int) -> list[Path]:
    from portal.kernel.spreadsheets import Column, TableWriter

    paths = [folder / f"county{n}.xlsx" for n in range(2)]
    for n, path in enumerate(paths):
        with TableWriter(str(path), [Column(title) for title in TITLES], sheet_name="花名册") as table:
            table.write_rows(map(row, range(n * rows, (n + 1) * rows)))
    return paths


# ── The gateway, the portal, the import ──────────────────────────────────────


@contextmanager
def gateway(folder: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """A gateway that takes every message; its port, and the last code by number."""
    codes: dict[str, str] = {}
    make = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    made = [*make.split(), "-keyout", folder / "key.pem", "-out", folder / "cert.pem"]
    subprocess.run(made, check=True, capture_output=True)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            codes[asked["PhoneNumbers"][0]] = json.loads(asked["TemplateParam"][0])["code"]
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = b'{"Code": "OK"}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1], codes
    finally:
        server.shutdown()
        server.server_close()


class Imports(threading.Thread):
    """One list after the other until told to stop; `spans` says when an import was at work."""

    def __init__(self, paths: list[Path]) -> None:
        super().__init__(daemon=True)
        self.paths, self.spans, self.ended = paths, list[tuple[float, float]](), threading.Event()
        self.process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        for path in self.paths:
            command = ["manage.py", "import_roster", str(path), "--unit", "C", "--commit", "--by-duty"]
            began = time.monotonic()
            self.process = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL)
            status = self.process.wait()
            self.spans.append((began, time.monotonic()))
            if self.ended.is_set():
                return
            if status:
                raise SystemExit(f"the import of {path} failed")

    def stop(self) -> None:
        self.ended.set()
        if self.process is not None:
            self.process.terminate()
        self.join()

    def share(self, begins: float, ends: float) -> float:
        at_work = sum(max(0.0, min(b, ends) - max(a, begins)) for a, b in self.spans)
        return round(at_work / (ends - begins), 2)


# ── A parent ─────────────────────────────────────────────────────────────────


class Parent:
    """A browser of one parent, behind an address of its own."""

    def __init__(self, port: int, number: int) -> None:
        self.port, self.number, self.cookies = port, str(FIRST_NUMBER + number), SimpleCookie()
        self.address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"

    def ask(self, path: str, fields: dict[str, str] | None = None) -> tuple[int, str]:
        sent = {name: one.value for name, one in self.cookies.items()}
        body = None
        if fields is not None:
            body = urlencode({**fields, "csrfmiddlewaretoken": sent["__Host-csrftoken"]})
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(
                "GET" if body is None else "POST",
                path,
                body=body,
                headers={
                    "Host": HOST,
                    "X-Forwarded-Proto": "https",
                    "X-Forwarded-For": self.address,
                    "Referer": f"https://{HOST}{path}",
                    "Content-Type": "application/x-www-form-urlencoded",
                    "Cookie": "; ".join(f"{name}={value}" for name, value in sent.items()),
                },
            )
            answer = connection.getresponse()
            answer.read()
            for line in answer.headers.get_all("Set-Cookie") or []:
                self.cookies.load(line)
            return answer.status, answer.headers.get("Location", "")
        finally:
            connection.close()

    def sign_in(self, codes: dict[str, str]) -> Iterator[tuple[str, float, bool]]:
        """Each step with its milliseconds and whether it led on."""
        steps = [
            ("page", "/accounts/login/", None, 200),
            ("number", "/accounts/login/", lambda: {"phone": self.number}, 302),
            ("code page", "/accounts/code/", None, 200),
            ("code", "/accounts/code/", lambda: {"code": codes[self.number]}, 302),
            ("first page", "/", None, 200),
        ]
        for name, path, fields, wanted in steps:
            began = time.perf_counter()
            status, _place = self.ask(path, fields() if fields else None)
            yield name, (time.perf_counter() - began) * 1000, status == wanted
            if status != wanted:
                return


def sign_all_in(
    port: int, people: range, seconds: float, codes: dict[str, str]
) -> tuple[dict[str, list[float]], int]:
    """The milliseconds of each step and of whole sign-ins, evenly begun over the time; and how many went wrong."""
    found: dict[str, list[float]] = defaultdict(list)
    wrong, begins = 0, time.monotonic()

    def one(number: int) -> bool:
        time.sleep(max(0.0, begins + (number - people[0]) * seconds / len(people) - time.monotonic()))
        whole = 0.0
        for name, took, led_on in Parent(port, number).sign_in(codes):
            found[name].append(took)
            whole += took
            if not led_on:
                return False
        found["whole sign-in"].append(whole)
        return True

    with ThreadPoolExecutor(32) as pool:
        wrong = sum(not well for well in pool.map(one, people))
    return found, wrong


def summary(times: list[float]) -> dict[str, float]:
    ranked = sorted(times)
    return {
        name: round(ranked[min(len(ranked) - 1, int(len(ranked) * at))], 1)
        for name, at in (("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99))
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dsn", default=DSN)
    parser.add_argument("--people", type=int, default=400)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rows", type=int, default=111_000)
    parser.add_argument("--port", type=int, default=8459)
    options = parser.parse_args()
    on_server(options.dsn, f"DROP DATABASE IF EXISTS {DATABASE}", f"CREATE DATABASE {DATABASE}")
    try:
        with tempfile.TemporaryDirectory() as name:
            result = measure(Path(name), options)
    finally:
        from django.db import connections

        connections.close_all()
        on_server(options.dsn, f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    json.dump(result, sys.stdout, indent=1)


def measure(folder: Path, options: Any) -> dict[str, Any]:
    with gateway(folder) as (gateway_port, codes):
        set_up(options.dsn, folder, gateway_port)
        fill(options.people + WARM_UP)
        lists = write_lists(folder, options.rows)
        with served(options.port, folder / "gunicorn.log"):
            warm_up = range(options.people, options.people + WARM_UP)
            sign_all_in(options.port, warm_up, WARM_UP / 4, codes)
            imports = Imports(lists)
            imports.start()
            time.sleep(3)
            begins = time.monotonic()
            found, wrong = sign_all_in(options.port, range(options.people), options.seconds, codes)
            ends = time.monotonic()
            imports.stop()
    every = [took for name, times in found.items() if name != "whole sign-in" for took in times]
    return {
        "processors": os.cpu_count(),
        "goals": {"p95_ms": GOAL, "errors": 0},
        "sign_ins": options.people,
        "seconds": round(ends - begins, 1),
        "errors": wrong,
        "import_at_work": imports.share(begins, ends),
        "every_request": summary(every),
        "steps": {name: summary(times) for name, times in found.items()},
    }


if __name__ == "__main__":
    main()
