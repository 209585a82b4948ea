"""Digests of the files below a folder: of an estate there are many, and few of them are asked for."""

from __future__ import annotations

from bisect import bisect_left
from itertools import zip_longest
from typing import TYPE_CHECKING

from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_SIZE = 32  # bytes of a SHA-256
_DIGEST = pattern(r"[0-9a-f]{64}")


class Digests:
    """The SHA-256 of files by their paths below a folder, in the order of these: in half the room of a dictionary."""

    __slots__ = ("_digests", "_folder", "_paths")

    def __init__(self, folder: Path | None = None, entries: Iterable[tuple[str, str]] = ()) -> None:
        """Take the folder, and paths with digests as hexadecimal digits; of a path that comes twice the last counts."""
        self._folder = folder
        paths, digests = list[str](), bytearray()
        for path, digest in entries:
            paths.append(path)
            digests += bytes.fromhex(digest) if _DIGEST.fullmatch(digest) else bytes(_SIZE)  # which no file has
        order = sorted(range(len(paths)), key=paths.__getitem__)
        last = [one for one, after in zip_longest(order, order[1:]) if after is None or paths[one] != paths[after]]
        self._paths = [paths[number] for number in last]
        self._digests = b"".join(digests[number * _SIZE : (number + 1) * _SIZE] for number in last)

    def of(self, file: Path) -> str | None:
        """That of a file, by its whole path."""
        if self._folder is None or self._folder not in file.parents:
            return None
        return self.get(file.relative_to(self._folder).as_posix())

    def get(self, path: str) -> str | None:
        """That of a file, by its path below the folder."""
        number = self.number(path)
        return None if number is None else self._digest(number)

    def number(self, path: str) -> int | None:
        """The number of a path in their order."""
        number = bisect_left(self._paths, path)
        return number if number < len(self._paths) and self._paths[number] == path else None

    def items(self) -> Iterator[tuple[str, str]]:
        """Paths with their digests, in the order of the paths."""
        return ((path, self._digest(number)) for number, path in enumerate(self._paths))

    def __len__(self) -> int:
        return len(self._paths)

    def _digest(self, number: int) -> str:
        return self._digests[number * _SIZE : (number + 1) * _SIZE].hex()
