"""The cache, and what it does while Redis is away.

What goes into a shared cache is JSON: whoever can write to Redis cannot make the portal run anything.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = logging.getLogger(__name__)

PATIENCE = 0.5
"""Seconds that a request waits for Redis."""
PAUSE = 5.0
"""Seconds after a failure in which Redis is not asked again, so that not every request waits."""
ROOM = 20_000
"""Counters that a process keeps meanwhile."""

_away_until: dict[str, float] = {}
"""Of each Redis that failed: until when this process lets it be, on the monotonic clock."""


class JsonSerializer:
    """Whole numbers stay bare, so that Redis can count with them."""

    def dumps(self, value: Any) -> int | str:
        return value if type(value) is int else json.dumps(value, ensure_ascii=False)

    def loads(self, stored: bytes | str) -> Any:
        return json.loads(stored)


class SteadyRedisCache(BaseCache):
    """Redis while it answers, the memory of this process while it does not.

    Nothing in the cache is a business fact: it counts sign-ins and calls, remembers codes that were used, and shows
    progress. So an outage of Redis must stop no request; and it must not open the limits either, which is why they
    go on in each process by itself instead of being skipped. What was counted elsewhere is not seen meanwhile, and what
    was counted here is forgotten when Redis is back: see docs/decisions/0064.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        options = {
            "socket_connect_timeout": PATIENCE,
            "socket_timeout": PATIENCE,
            "retry": Retry(NoBackoff(), 0),
            **params.get("OPTIONS", {}),
        }
        self._server = server
        self._redis = RedisCache(server, {**params, "OPTIONS": options})
        self._memory = LocMemCache(f"while-away:{server}", {**params, "OPTIONS": {"MAX_ENTRIES": ROOM}})

    def _ask(self, act: Callable[[BaseCache], Any]) -> Any:
        if time.monotonic() < _away_until.get(self._server, 0.0):
            return act(self._memory)
        try:
            return act(self._redis)
        except (RedisError, OSError) as error:
            _away_until[self._server] = time.monotonic() + PAUSE
            log.warning("Redis is away (%s); limits count in this process alone", type(error).__name__)
            return act(self._memory)

    def is_away(self) -> bool:
        """Asks Redis, unless it has just failed."""
        self.get("is-away")
        return time.monotonic() < _away_until.get(self._server, 0.0)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._ask(lambda cache: cache.add(key, value, timeout, version)))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._ask(lambda cache: cache.get(key, default, version))

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._ask(lambda cache: cache.set(key, value, timeout, version))

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._ask(lambda cache: cache.touch(key, timeout, version)))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(self._ask(lambda cache: cache.delete(key, version)))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return int(self._ask(lambda cache: cache.incr(key, delta, version)))

    def clear(self) -> None:
        self._ask(lambda cache: cache.clear())
