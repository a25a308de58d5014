"""Measures a limit and the portal in turn, in one run, and says how far apart they are.

The limit is what the machine can do without us: plain COPY of the same rows, say. Each measurement runs in a fresh
process, so that neither warms the other up, and limit and ours alternate, so that a machine that slows down half
way slows both. The ratio is the median of the rounds' ratios.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


@dataclass(frozen=True, slots=True)
class Run:
    seconds: float
    peak_mib: float | None
    """Memory above what the process held before; None where the system does not tell."""


def measured(work: Callable[[], object]) -> Run:
    """Time and peak memory of `work` in this process. Imports and connections belong before it."""
    gc.collect()
    base = _resident("VmRSS", forget_peak=True)
    started = time.perf_counter()
    work()
    seconds = time.perf_counter() - started
    peak = _resident("VmHWM")
    return Run(seconds, None if base is None or peak is None else (peak - base) / 1024)


def _resident(field: str, *, forget_peak: bool = False) -> int | None:
    if not _STATUS.exists():
        return None
    if forget_peak:
        _CLEAR.write_text("5")
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(field + ":"))
    return int(line.split()[1])


def in_a_process_of_its_own(measure: Callable[..., Run], *arguments: Any) -> Run:
    """`measure` and its arguments must be importable: a module's function and plain values."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        run: Run = pool.apply(measure, arguments)
        return run


def compare(
    limit: Callable[[], Run],
    ours: Mapping[str, Callable[[], Run]],
    *,
    rounds: int,
    goals: Mapping[str, float],
) -> dict[str, Any]:
    """Medians and ratios as plain data. `goals` are the ratios and MiB that the result is judged by, if any."""
    limits: list[Run] = []
    found: dict[str, list[Run]] = {name: [] for name in ours}
    for _round in range(rounds):
        limits.append(limit())
        for name, measure in ours.items():
            found[name].append(measure())
    return {
        "processors": os.cpu_count(),
        "rounds": rounds,
        "goals": dict(goals),
        "limit": {"seconds": _median(run.seconds for run in limits), "runs": [asdict(run) for run in limits]},
        "ours": {name: _summary(runs, limits) for name, runs in found.items()},
    }


def _summary(runs: list[Run], limits: list[Run]) -> dict[str, Any]:
    ratios = [run.seconds / limit.seconds for run, limit in zip(runs, limits, strict=True)]
    peaks = [run.peak_mib for run in runs if run.peak_mib is not None]
    return {
        "seconds": _median(run.seconds for run in runs),
        "ratio": round(statistics.median(ratios), 2),
        "ratio_range": [round(min(ratios), 2), round(max(ratios), 2)],
        "peak_mib": round(max(peaks), 1) if peaks else None,
        "runs": [asdict(run) for run in runs],
    }


def _median(values: Any) -> float:
    return round(statistics.median(values), 4)


def report(result: Mapping[str, Any], *, runs: bool = False) -> None:
    """JSON on standard output; single runs only where asked for."""

    def without_runs(part: Any) -> Any:
        if not isinstance(part, Mapping):
            return part
        return {key: without_runs(value) for key, value in part.items() if runs or key != "runs"}

    print(json.dumps(without_runs(result), ensure_ascii=False, indent=2))
