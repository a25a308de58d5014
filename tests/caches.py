"""The portal's cache on a Redis that several processes of the suite share."""

from __future__ import annotations

from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.redis import RedisCache

from portal.kernel.caching import SteadyRedisCache


class OwnKeys(SteadyRedisCache):
    """Clears what this process keeps there, where Redis itself would lose the counters and queues of all."""

    def clear(self) -> None:
        self._ask(self._clear)

    def _clear(self, cache: BaseCache) -> None:
        if not isinstance(cache, RedisCache):
            cache.clear()
            return
        server = cache._cache.get_client(write=True)
        for key in server.scan_iter(match=f"{self.key_prefix}:*"):
            server.delete(key)
