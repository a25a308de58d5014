"""Where the work at hand comes from: asked by the audit and the log, set at the entrances."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Trace:
    """`origin` is a client address or the name of a command; `request_id` joins log lines and audit rows."""

    origin: str = ""
    request_id: str = ""


_trace: ContextVar[Trace] = ContextVar("trace", default=Trace())


def current_trace() -> Trace:
    return _trace.get()


@contextmanager
def traced(trace: Trace) -> Iterator[None]:
    token = _trace.set(trace)
    try:
        yield
    finally:
        _trace.reset(token)
