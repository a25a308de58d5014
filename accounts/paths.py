"""Places in the tree as digits of fixed width: right in every collation, and a subtree is a range."""

from __future__ import annotations

from collections.abc import Iterable

WIDTH = 4
LARGEST = 10**WIDTH - 2  # one below the last number, so that the upper bound keeps its width


class PathsExhausted(Exception):
    """A parent has no free number left for another child."""


def child_path(parent: str, number: int) -> str:
    if not 1 <= number <= LARGEST:
        raise PathsExhausted(parent)
    return f"{parent}{number:0{WIDTH}d}"


def upper_bound(path: str) -> str:
    """The first path after the whole subtree."""
    return f"{int(path) + 1:0{len(path)}d}"


def last_number(path: str) -> int:
    return int(path[-WIDTH:])


def parent_path(path: str) -> str:
    return path[:-WIDTH]


def ancestors(path: str) -> list[str]:
    """Paths from the root down to and including this one."""
    return [path[:end] for end in range(WIDTH, len(path) + 1, WIDTH)]


def covers(place: str, path: str) -> bool:
    return path.startswith(place)


def outermost(paths: list[str]) -> tuple[str, ...]:
    """The paths that no other path of the list covers, sorted."""
    kept: list[str] = []
    for path in sorted(set(paths)):
        if not any(covers(place, path) for place in kept):
            kept.append(path)
    return tuple(kept)


def ranges(paths: Iterable[str]) -> list[tuple[str, str]]:
    """The subtrees as ranges, from a path up to but not including another; neighbours are one range."""
    found: list[tuple[str, str]] = []
    for path in outermost(list(paths)):
        begin = found.pop()[0] if found and found[-1][1] == path else path
        found.append((begin, upper_bound(path)))
    return found
