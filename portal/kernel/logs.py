"""Log lines that no name or address can forge."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from portal.kernel.tracing import current_trace


class OneLineFormatter(logging.Formatter):
    """One event is one line of JSON; line breaks and control characters are escaped by the encoder.

    `extra={"fields": {...}}` of a call adds plain values for programs that read the log.
    """

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request": current_trace().request_id,
        }
        event |= {name: value for name, value in getattr(record, "fields", {}).items() if name not in event}
        if record.exc_info:
            event["trace"] = self.formatException(record.exc_info)
        return json.dumps(event, ensure_ascii=True)
