"""Making the chain heads known outside the database, as lines of the log.

Who can change the database can also write a chain anew or cut its end off, and it is whole in itself again. A head that
left the machine before cannot be changed any more: `manage.py verify_ledger --published FILE` holds the ledger against
the lines kept elsewhere. See docs/operations.md.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from datetime import date

from django.db.models import Exists, OuterRef, Q

from accounts.models import Unit
from accounts.scopes import Scope
from assessment.ledger import hand_chain
from assessment.models import Batch

LOGGER = "assessment.heads"
log = logging.getLogger(LOGGER)


def heads_of(county: Unit) -> dict[str, str]:
    """The head of each chain of the county, by the path of its shard, and of that of what people post."""
    later = Batch.objects.filter(chain=OuterRef("chain"), number__gt=OuterRef("number"))
    theirs = Scope.of(county.path).q("chain") | Q(chain=hand_chain(county))
    last = Batch.objects.filter(theirs, ~Exists(later)).order_by("chain")
    return dict(last.values_list("chain", "head"))


def publish_heads(county: Unit, day: date) -> None:
    """One line of the log, once all points of the county are counted up to this day."""
    fields = {"day": day.isoformat(), "county": county.path, "heads": heads_of(county)}
    log.info("chain heads of %s on %s", county.name, day, extra={"fields": fields})


def published_in(lines: Iterable[str]) -> Iterator[str]:
    """The heads named in lines of a log; other lines, and what a collector wrote before the line, are passed over."""
    for line in lines:
        _before, brace, rest = line.partition("{")
        try:
            event = json.loads(brace + rest)
        except ValueError:
            continue
        if event.get("logger") == LOGGER:
            yield from event.get("heads", {}).values()
