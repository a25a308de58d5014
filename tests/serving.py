"""A production server on this machine: gunicorn over a database of its own, on PostgreSQL where the suite runs on it,
filled with the world of the tests."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path

from tests.copies import databases
from tests.production import ROOT, manage, production_environment

HOST = "portal.example.org"
PREPARE = """
from django.test import Client
from tests.matrix.rows import fill
from tests.signing_in import enter
from tests.world import build_world
world = fill(build_world())
people = {**world.staff, "parent:0": world.parents[0]}
sessions = {}
for name, person in people.items():
    client = Client()
    enter(client, person, second_factor=name != "liaison")  # who has not set it up yet
    sessions[name] = next(iter(client.cookies.values())).value
import json
print(json.dumps(sessions))
"""


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: str

    @property
    def cookies(self) -> dict[str, str]:
        """Name and whole attributes of each cookie set."""
        set_ = self.headers.get_all("Set-Cookie") or []
        return {line.partition("=")[0]: line for line in set_}


@dataclass
class Server:
    port: int
    environment: dict[str, str]
    sessions: dict[str, str] = field(default_factory=dict)

    def ask(self, path: str, *, method: str = "GET", who: str = "", body: str = "", **headers: str) -> Answer:
        """One request as the proxy would send it; `headers` may forge (underscores become dashes)."""
        sent = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if who:
            sent["Cookie"] = SimpleCookie({"__Host-sessionid": self.sessions[who]}).output(header="").strip()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body=body or None, headers=sent)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read().decode(errors="replace"))
        finally:
            connection.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def succeed(*arguments: str, environment: dict[str, str]) -> str:
    done = manage(*arguments, environment=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def production_server(folder: Path, **more: str) -> Iterator[Server]:
    database = databases(folder, os.environ.get("DATABASE_URL", ""), name="served")
    try:
        database.start()
        with serving(folder, database.environment | more) as running:
            yield running
    finally:
        database.end()


@contextmanager
def serving(folder: Path, more: dict[str, str]) -> Iterator[Server]:
    port = free_port()
    environment = production_environment(
        folder, **{"ALLOWED_HOSTS": HOST, "WEB_BIND": f"127.0.0.1:{port}", "WEB_WORKERS": "1", **more}
    )
    succeed("migrate", "--verbosity", "0", environment=environment)
    succeed("collectstatic", "--noinput", "--verbosity", "0", environment=environment)
    sessions = json.loads(succeed("shell", "--no-imports", "--command", PREPARE, environment=environment))
    with (folder / "gunicorn.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--config", "python:portal.gunicorn"],
            cwd=ROOT, env=environment, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            wait_for(port, process)
            yield Server(port, environment, sessions)
        finally:
            process.terminate()
            process.wait(timeout=40)


@contextmanager
def proxy(folder: Path, server: Server) -> Iterator[dict[int, int]]:
    """nginx as deployed, with a certificate made here, before a running server: its ports 80 and 443 as here."""
    make = f"openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN={HOST}"
    made = [*make.split(), "-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"]
    subprocess.run(made, check=True, capture_output=True)
    ports = {80: free_port(), 443: free_port(), 8080: free_port()}
    text = (ROOT / "docs/deployment/nginx.conf").read_text(encoding="utf-8")
    text = re.sub(r"resolver .*|listen \[::\].*", "", text)
    text = re.sub(
        r"listen (127\.0\.0\.1:)?(\d+)", lambda found: f"listen 127.0.0.1:{ports[int(found[2])]}", text
    )
    text = text.replace("/etc/nginx/certs/", f"{folder}/").replace("mime.types", "/etc/nginx/mime.types")
    text = text.replace("web:8000", f"127.0.0.1:{server.port}")
    head = f"daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/nginx.log;\n"
    (folder / "nginx.conf").write_text(head + text)
    process = subprocess.Popen(["nginx", "-c", folder / "nginx.conf"])
    try:
        wait_for(ports[443], process)
        yield ports
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        assert process.poll() is None, "the server ended at once"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the server does not listen")
