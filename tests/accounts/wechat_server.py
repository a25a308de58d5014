"""A server that plays WeChat's two endpoints: the page to which the browser goes, and the interface that the portal
asks whose code it is."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

APP, SECRET = "wx0000000000000001", "the secret of this test"


class WeChat:
    """`visitor` is the openid of whoever opens the page. `mode` makes the interface fail."""

    def __init__(self) -> None:
        self.visitor = "openid-of-a-visitor"
        self.mode = ""
        self.codes: dict[str, str] = {}
        self.asked: list[dict[str, str]] = []
        self.url = ""

    def new_code(self) -> str:
        code = f"code{len(self.codes) + 1}"
        self.codes[code] = self.visitor
        return code

    def answer(self, query: dict[str, str]) -> tuple[int, str]:
        self.asked.append(query)
        if self.mode == "down":
            return 502, "<html>"
        if self.mode == "babble":
            return 200, "<html>"
        if self.mode == "slow":
            time.sleep(1)
        if (query.get("appid"), query.get("secret")) != (APP, SECRET):
            return 200, json.dumps({"errcode": 40125, "errmsg": "invalid appsecret"})
        openid = self.codes.pop(query.get("code", ""), None)
        if openid is None:
            return 200, json.dumps({"errcode": 40029, "errmsg": "invalid code"})
        told = {"access_token": "t", "expires_in": 7200, "refresh_token": "r", "scope": "snsapi_base"}
        return 200, json.dumps({**told, "openid": openid})


@contextmanager
def wechat_running() -> Iterator[WeChat]:
    plays = WeChat()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            place = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(place.query).items()}
            if place.path == "/connect/oauth2/authorize":
                self.send_response(302)
                back = f"{query['redirect_uri']}?code={plays.new_code()}&state={query['state']}"
                self.send_header("Location", back)
                self.end_headers()
                return
            status, body = plays.answer(query)
            self.send_response(status)
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    plays.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield plays
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
