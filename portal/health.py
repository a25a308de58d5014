"""Is the portal able to serve? Asked by the proxy and by the container's health check; names nothing inside.

`python -m portal.health URL` asks a running portal and ends with 0 if it is well.
"""

from __future__ import annotations

import logging
import os
import sys
from functools import lru_cache
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from django.core.cache import caches
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

from portal.kernel.caching import SteadyRedisCache

log = logging.getLogger(__name__)


class Unmigrated(Exception):
    """The database lacks a migration that this code needs."""


@lru_cache(maxsize=1)
def check_migrations() -> None:
    """Remembered once it passes: a process does not outlive its own code."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise Unmigrated


def healthz(request: HttpRequest) -> JsonResponse:
    try:
        connection.ensure_connection()
        check_migrations()
    except Exception:  # whatever it was, the answer is the same
        log.exception("unwell")
        return JsonResponse({"status": "unwell"}, status=503)
    return JsonResponse({"status": "limited" if is_away() else "ok"})


def is_away() -> bool:
    """Whether the shared cache does not answer: no reason to take the portal out of service, since people can sign in,
    check in and look things up without it (docs/decisions/0064)."""
    return isinstance(caches["default"], SteadyRedisCache) and caches["default"].is_away()


def ask(url: str) -> bool:
    """Whether the portal at `url` is well, asked under its own name as its proxy would."""
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0]
    place = urlsplit(url)
    portal = HTTPConnection(place.hostname or "127.0.0.1", place.port or 80, timeout=8)
    try:
        portal.request("GET", place.path, headers={"Host": host, "X-Forwarded-Proto": "https"})
        return portal.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        portal.close()


if __name__ == "__main__":
    sys.exit(0 if ask(sys.argv[1]) else 1)
