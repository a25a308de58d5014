"""Backends that send nothing: for the terminal of a developer, for a folder, and for tests."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from django.conf import settings

from portal.kernel import clock
from portal.kernel.sms import Message


class ConsoleBackend:
    """Writes to the terminal that the server runs in, past the log."""

    def deliver(self, message: Message) -> None:
        sys.stdout.write(f"[SMS] {message.number} {message.template} {json.dumps(message.values)}\n")
        sys.stdout.flush()


class FileBackend:
    """One line of JSON a message, in a file of the day under VAR_DIR/sms that only its owner reads."""

    def deliver(self, message: Message) -> None:
        now = clock.now()
        folder = Path(settings.VAR_DIR) / "sms"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        line = {
            "at": now.isoformat(),
            "number": message.number,
            "template": message.template,
            "values": message.values,
        }
        path = folder / f"{clock.day_of(now):%Y-%m-%d}.jsonl"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


OUTBOX: list[Message] = []
"""What the memory backend was given, oldest first."""


class MemoryBackend:
    def deliver(self, message: Message) -> None:
        OUTBOX.append(message)
