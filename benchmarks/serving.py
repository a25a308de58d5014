"""The portal as it is served: gunicorn with two workers, in the settings of production that the environment names."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START = 8
"""Seconds until the workers answer."""


@contextmanager
def served(port: int, log: Path) -> Iterator[None]:
    """Ends the process that it started."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--config", "python:portal.gunicorn", "--max-requests", "0"],
        env={**os.environ, "WEB_BIND": f"127.0.0.1:{port}", "WEB_WORKERS": "2"},
        stdout=log.open("w"),
        stderr=subprocess.STDOUT,
    )
    try:
        time.sleep(START)
        if process.poll() is not None:
            raise SystemExit(log.read_text())
        yield
    finally:
        process.terminate()
        process.wait(timeout=40)
