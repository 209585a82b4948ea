"""Patterns of paths as people know them from git: `*` within a name, `**` across folders."""

from __future__ import annotations

import re
from functools import cache


def matches(pattern: str, path: str) -> bool:
    """Whether a relative path with forward slashes matches; a pattern without a slash is for a name in any folder.

    What it takes grows with the lengths of both, whatever stands in them.
    """
    wanted = _compiled(pattern)
    places = _after_folders(wanted, {0})
    for name in path.split("/"):
        found = set()
        for place in places:
            if place < len(wanted):
                one = wanted[place]
                if one is None:
                    found |= {place, place + 1} if place + 1 == len(wanted) else {place}
                elif one.fullmatch(name):
                    found.add(place + 1)
        places = _after_folders(wanted, found)
    return len(wanted) in places


def _after_folders(wanted: tuple[re.Pattern[str] | None, ...], places: set[int]) -> set[int]:
    """Where in a pattern one may be, if any number of folders stands for no folder at all."""
    every = set(places)
    for place in sorted(places):
        after = place
        while after < len(wanted) - 1 and wanted[after] is None:
            after += 1
            every.add(after)
    return every


@cache
def _compiled(pattern: str) -> tuple[re.Pattern[str] | None, ...]:
    """What each name has to match; None for any number of folders, and at the end for all that lies there."""
    names = pattern.rstrip("/").split("/")
    folders = [None] if len(names) == 1 else []
    return (*folders, *(None if name == "**" else _compiled_name(name) for name in names))


def _compiled_name(pattern: str) -> re.Pattern[str]:
    first, *others = (re.escape(part).replace(r"\?", ".") for part in re.split(r"\*+", pattern))
    if not others:
        return re.compile(first, re.DOTALL)
    # The first place where a part is found is as good as any other: the next star takes what is between.
    inner = "".join(f"(?>.*?{part})" for part in others[:-1])
    return re.compile(f"{first}{inner}.*{others[-1]}", re.DOTALL)
