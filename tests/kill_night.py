"""Kill workers with SIGKILL in the middle of a county's night, let others finish, and compare with an undisturbed one.

    python -m tests.kill_night --kills 1000 --seed 7

On the server of DATABASE_URL, in databases of its own, or on SQLite files where there is none. A round begins from the
same county (`tests.night_county`): up to five workers are killed one after the other, in some rounds while another
one works beside them; then a last one finishes. What the night has made must be byte for byte what an undisturbed
night makes, and the ledger must verify. A seed draws the same rounds again. Prints JSON; fails on the first round that
differs.

Half of the kills come from outside, at a moment drawn over the whole night. The others come from inside, before a
statement, or before or after a commit; most of them at the few moments between which something is written.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from tests.copies import databases

ROOT = Path(__file__).resolve().parent.parent
A_ROUND = 5
"""Workers killed in a round, at most."""
BESIDE = 0.3
"""How often another worker works beside those that are killed."""


# ── The worker that is killed ────────────────────────────────────────────────


def work() -> None:
    """Nights as ordered, one line of JSON each, every one in a process of its own that is forked from this one: the
    portal is loaded once, however many die."""
    import django

    django.setup()
    # Loaded before the fork. Nothing is opened yet: no connection, no thread.
    for module in ("assessment.engine.verify", "assessment.tasks", "portal.nightly", "tests.night_county"):
        import_module(module)

    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            try:
                one_night(json.loads(line))
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        _pid, status = os.waitpid(pid, 0)
        say({"ended": os.waitstatus_to_exitcode(status)})


def one_night(order: dict[str, Any]) -> None:
    from assessment.engine.verify import verify_ledger
    from tests.night_county import night_digest

    turn_to(order["database"])
    moments = Moments(order.get("die_at"))
    say({"begun": os.getpid()})
    with moments.counted(), apart() if order.get("apart") else nullcontext():
        do_the_night(by_tasks=order.get("by_tasks", False))
    made = {
        "digest": night_digest(),
        "findings": [finding.code for finding in verify_ledger()],
        "moments": moments.met,
    }
    say({"made": made})


def say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def turn_to(database: str) -> None:
    from django.db import connections

    connections["default"].close()
    connections.settings["default"]["NAME"] = database
    connections["default"] = connections.create_connection("default")


def do_the_night(*, by_tasks: bool) -> None:
    from assessment import tasks
    from portal import nightly
    from tests.night_county import THROUGH

    if by_tasks:
        tasks.start_night(THROUGH.isoformat())
    else:
        for _run in nightly.run(THROUGH):
            pass


class Moments:
    """Counts the moments at which a night may die, and dies at one of them."""

    def __init__(self, die_at: int | None) -> None:
        self.die_at = die_at
        self.met: list[str] = []

    def pass_by(self, name: str) -> None:
        if len(self.met) == self.die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self.met.append(name)

    @contextmanager
    def counted(self) -> Iterator[None]:
        from django.db import connections

        from portal.kernel import bulk

        connection, copy_in = connections["default"], bulk.copy_in
        connection.ensure_connection()
        commit = connection._commit

        def statement(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            self.pass_by(sql.split(maxsplit=1)[0].lower())
            return execute(sql, params, many, context)

        def copied(target: Any, frame: Any) -> int:
            self.pass_by(f"copy {bulk.table_of(target)}")
            return copy_in(target, frame)

        def committed() -> None:
            self.pass_by("before commit")
            commit()
            self.pass_by("after commit")

        connection._commit, bulk.copy_in = committed, copied
        try:
            with connection.execute_wrapper(statement):
                yield
        finally:
            connection._commit, bulk.copy_in = commit, copy_in


@contextmanager
def apart() -> Iterator[None]:
    """The negative control: lines, standings, notes and the mark in the run log each for themselves, as if the night
    had no transaction."""
    from assessment.services import posting

    real = posting.transaction
    posting.transaction = SimpleNamespace(atomic=nullcontext)  # type: ignore[assignment]
    try:
        yield
    finally:
        posting.transaction = real


def prepare() -> None:
    """The county before its night, in the database that the environment names."""
    import django

    django.setup()
    from django.core.management import call_command

    from tests.night_county import build_county

    call_command("migrate", verbosity=0)
    build_county()


# ── Who kills ────────────────────────────────────────────────────────────────


class Worker:
    """Does nights as it is told, each in a process of its own."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.kill_night", "--role", "work"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def speaks_within(self, seconds: float) -> bool:
        """Whether it says anything by then: that its night is made, or that its process has ended."""
        return bool(select.select([self.process.stdout], [], [], seconds)[0])

    def order(self, **what: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()

    def begun(self) -> int:
        """The process that has begun the night."""
        pid: int = self._said()["begun"]
        return pid

    def made(self) -> dict[str, Any] | None:
        """What the night has made, once its process has ended; None where it was killed before it was done."""
        made = None
        while "ended" not in (said := self._said()):
            made = said.get("made", made)
        assert said["ended"] in (0, -signal.SIGKILL), f"a night ended by itself with {said['ended']}"
        return made

    def _said(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"a worker ended by itself with {self.process.wait()}"
        said: dict[str, Any] = json.loads(line)
        return said

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


@dataclass
class Told:
    """What has come of the kills. `at` counts the moments at which workers died inside."""

    kills: int = 0
    rounds: int = 0
    beside: int = 0
    finished_before: int = 0
    at: Counter[str] = field(default_factory=Counter)
    digest: str = ""
    seconds: float = 0.0


class Night:
    """The county of the beginning, what an undisturbed night makes of it, and workers that are started in advance."""

    def __init__(self, *, folder: Path, url: str = "") -> None:
        self.databases = databases(folder, url, name="night")
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "PORTAL_ENV": "test",
            **self.databases.environment,
        }
        self.workers: list[Worker] = []
        self.number = 0

    def __enter__(self) -> Night:
        try:
            self.databases.start()
            subprocess.run(
                [sys.executable, "-m", "tests.kill_night", "--role", "prepare"],
                cwd=ROOT, env=self.environment, check=True,
            )  # fmt: skip
            self.finisher = self.new_worker()
            began = time.monotonic()
            self.undisturbed = self.whole()
            self.seconds = time.monotonic() - began
            self.victim = self.new_worker()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.end()
        self.databases.end()

    def new_worker(self, **more: str) -> Worker:
        worker = Worker({**self.environment, **more})
        self.workers.append(worker)
        return worker

    def whole(self, *, by: Worker | None = None, **how: Any) -> dict[str, Any]:
        """An undisturbed night over the county of the beginning."""
        self.number += 1
        database = self.databases.fresh(self.number)
        said = self.finished(database, by=by, **how)
        self.databases.drop(database)
        return said

    def finished(self, database: str, *, by: Worker | None = None, **how: Any) -> dict[str, Any]:
        worker = by or self.finisher
        worker.order(database=database, **how)
        worker.begun()
        made = worker.made()
        assert made is not None, "the last worker was killed"
        return made

    def killed(self, database: str, *, die_at: int | None, after: float = 0.0, **how: Any) -> bool:
        """Whether the worker that is to die at a moment, or else after some seconds, died before it was done."""
        self.victim.order(database=database, die_at=die_at, **how)
        process = self.victim.begun()
        if die_at is None and not self.victim.speaks_within(after):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        return self.victim.made() is None

    def after_a_kill(self, **how: Any) -> dict[str, Any]:
        """What a night has made after one worker was killed so."""
        self.number += 1
        database = self.databases.fresh(self.number)
        assert self.killed(database, **how), "it was done before"
        said = self.finished(database)
        self.databases.drop(database)
        return said

    def one_round(self, draw: random.Random, told: Told, most: int) -> None:
        """Up to `most` workers killed on one county, then one that finishes. Raises AssertionError where what the
        night has made is not what an undisturbed one makes."""
        self.number += 1
        database, moments = self.databases.fresh(self.number), self.undisturbed["moments"]
        writing = [at for at, name in enumerate(moments) if name != "select"]
        is_beside = draw.random() < BESIDE
        if is_beside:
            self.finisher.order(database=database)
            self.finisher.begun()
        killed, plan = 0, []
        for _ in range(most):
            how = {"by_tasks": draw.random() < 0.5}
            kind, share, at = draw.random(), draw.random(), draw.choice(writing)
            die_at = None if kind < 0.5 else at if kind < 0.85 else int(share * len(moments))
            plan.append({"die_at": die_at, "after": share * self.seconds, **how})
            if self.killed(database, **plan[-1]):
                killed += 1
                told.at["from outside" if die_at is None else moments[die_at]] += 1
            else:
                told.finished_before += 1
        if is_beside:
            self.finisher.made()
        said = self.finished(database, by_tasks=draw.random() < 0.5)
        told.kills, told.rounds, told.beside = told.kills + killed, told.rounds + 1, told.beside + is_beside
        assert said["findings"] == [], f"{said['findings']} after {plan}, beside {is_beside}"
        assert said["digest"] == self.undisturbed["digest"], (
            f"another county after {plan}, beside {is_beside}"
        )
        self.databases.drop(database)


def kill(night: Night, *, kills: int, seed: int) -> Told:
    """So many kills as the seed draws them. Raises AssertionError on the first round that differs."""
    draw, told, began = random.Random(seed), Told(digest=night.undisturbed["digest"]), time.monotonic()
    while told.kills < kills:
        night.one_round(draw, told, min(A_ROUND, kills - told.kills))
    told.seconds = round(time.monotonic() - began, 1)
    return told


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--role", choices=["kill", "work", "prepare"], default="kill", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.role != "kill":
        {"work": work, "prepare": prepare}[asked.role]()
        return
    url = os.environ.get("DATABASE_URL", "")
    with tempfile.TemporaryDirectory() as folder, Night(folder=Path(folder), url=url) as night:
        told = kill(night, kills=asked.kills, seed=asked.seed)
    say({"database": urlsplit(url).scheme or "sqlite", "seed": asked.seed, **vars(told)})


if __name__ == "__main__":
    main()
