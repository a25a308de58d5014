"""The command: `python -m tests.races`, as the package says."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit

import tests.races
from tests.copies import Files, Postgres, databases, turned_to


def in_databases_of_its_own(asked: argparse.Namespace, kept: Files | Postgres) -> dict[str, Any]:
    """What has come of each race, each on a fresh copy of one small county."""
    kept.start()
    os.environ.update({"DJANGO_SETTINGS_MODULE": "tests.settings", "PORTAL_ENV": "test", **kept.environment})
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from tests.races.arena import run
    from tests.races.registry import RACES
    from tests.world import build_world

    known = {race.name: race for race in RACES}
    if unknown := set(asked.only or ()) - set(known):
        sys.exit(f"There is no race {unknown}. There are {sorted(known)}.")
    call_command("migrate", verbosity=0)
    world = build_world()
    connection.close()
    told = {}
    for number, name in enumerate(asked.only or known):
        race, database = known[name], kept.fresh(number)
        with turned_to(database), race.without() if asked.without else nullcontext():
            came = run(
                race,
                world,
                rounds=asked.rounds,
                clients=asked.clients,
                seed=asked.seed,
                until_bad=asked.without,
            )
        kept.drop(database)
        told[name] = vars(came)
        say({name: told[name]}, to=sys.stderr)
    return told


def say(what: dict[str, Any], *, to: TextIO) -> None:
    to.write(json.dumps(what, ensure_ascii=False) + "\n")
    to.flush()


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.races",
        description=tests.races.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", metavar="NAME")
    parser.add_argument("--without", action="store_true", help="the negative controls, each until it is bad")
    asked = parser.parse_args(words)
    url = os.environ.get("DATABASE_URL", "")
    with tempfile.TemporaryDirectory() as folder:
        kept = databases(Path(folder), url, name="races")
        try:
            told = in_databases_of_its_own(asked, kept)
        finally:
            kept.end()
    of = {"database": urlsplit(url).scheme or "sqlite", "clients": asked.clients, "seed": asked.seed}
    say({**of, "without": asked.without, "races": told}, to=sys.stdout)
    return int(any(bool(came["bad"]) != asked.without for came in told.values()))


if __name__ == "__main__":
    sys.exit(main())
