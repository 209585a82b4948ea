"""Version constraints of plugins: whether two of them can hold at once (docs/reference/packer-semantics.md 8.8)."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from aib2packer.lazy.patterns import pattern
from aib2packer.packer.plugins import RELEASES

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONSTRAINT = pattern(r"\s*(=|!=|>=|<=|>|<|~>|)\s*v?(\d+(?:\.\d+){0,2})\s*")
_PARTS = 3
_LAST = 9999


def can_hold_both(plugin: str, one: str, other: str) -> bool:
    """Whether some version is allowed by both; a constraint that is not understood allows all."""
    return any(accepts(one, version) and accepts(other, version) for version in _candidates(plugin, one, other))


def unusable(plugin: str, constraint: str) -> str | None:
    """The newest release that a constraint allows, where it is known not to be usable."""
    known = {release.version: release.usable for release in RELEASES if release.plugin == plugin}
    allowed = [version for version in known if accepts(constraint, _numbers(version))]
    newest = max(allowed, key=_numbers, default=None)
    return None if newest is None or known[newest] else newest


def accepts(constraint: str, version: tuple[int, ...]) -> bool:
    """Whether a version is allowed."""
    return all(_accepts(part, version) for part in constraint.split(","))


def _accepts(part: str, version: tuple[int, ...]) -> bool:
    found = _CONSTRAINT.fullmatch(part)
    if found is None:
        return True
    operator, wanted = found[1], _numbers(found[2])
    match operator:
        case "!=":
            return version != wanted
        case ">=":
            return version >= wanted
        case "<=":
            return version <= wanted
        case ">":
            return version > wanted
        case "<":
            return version < wanted
        case "~>":
            fixed = found[2].count(".")  # all but the last part that is written stay as they are
            return version >= wanted and version[:fixed] == wanted[:fixed]
        case _:
            return version == wanted


def _candidates(plugin: str, *constraints: str) -> Iterator[tuple[int, ...]]:
    """Versions of which one is allowed by all constraints, if any is: those known or written, and what is around them."""
    yield from (_numbers(release.version) for release in RELEASES if release.plugin == plugin)
    written = [_numbers(found[2]) for one in constraints for part in one.split(",") if (found := _CONSTRAINT.fullmatch(part))]
    for major, minor, patch in written or [(0, 0, 0)]:
        yield from ((major, minor, patch), (major, minor, patch + 1), (major, minor, _LAST), (major, _LAST, 0), (_LAST, 0, 0))
        yield from ((major, minor, patch - 1), (major, minor - 1, _LAST), (major - 1, _LAST, _LAST))


def _numbers(version: str) -> tuple[int, int, int]:
    major, minor, patch = (int(part) for part, _ in zip_longest(version.split("."), range(_PARTS), fillvalue="0"))
    return major, minor, patch
