"""The version numbers of gallery images, and how the service counts them (docs/reference/aib-behaviour.md 2.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from aib2packer.lazy.patterns import pattern
from aib2packer.text.source import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

LARGEST_PART = 2**31 - 1
"""The largest number that a part of a version can have."""

_VERSION = pattern(r"(\d+)\.(\d+)\.(\d+)", re.ASCII)


class Version(NamedTuple):
    """A version of a gallery image. Versions compare as their numbers do."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return ".".join(map(str, self))


def next_version(existing: Iterable[Version], major: int | None = None) -> Version:
    """The number that the service gives with the versioning scheme Latest.

    It counts on from the highest version there is; where `major` is given, from the highest within that one. The first version
    of all is 1.0.0, that of a major version N is N.0.0.

    Raises:
        InputError: The highest version cannot be counted on.

    """
    highest = max((version for version in existing if major in {None, version.major}), default=None)
    if highest is None:
        return Version(1 if major is None else major, 0, 0)
    if highest.patch >= LARGEST_PART:
        message = f"{highest} is the highest version, and its last number cannot grow; choose a version yourself"
        raise InputError(message)
    return highest._replace(patch=highest.patch + 1)


def parse_version(text: str) -> Version | None:
    """Read `1.2.3`; None for anything else."""
    match = _VERSION.fullmatch(text)
    return None if match is None else Version(*map(int, match.groups()))
