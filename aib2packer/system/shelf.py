"""Bytes that a run puts aside, on the disk, until it needs them again."""

from __future__ import annotations

import os
from array import array
from functools import cache
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Shelf:
    """A file without a name: it is gone with the process, however that ends. What it has no room for stays in the memory."""

    def __init__(self) -> None:
        self._file: int | None = None
        self._end = 0
        self._not_there: dict[int, bytes] = {}

    def put(self, data: bytes) -> int:
        """Put something aside; gives where it is."""
        start = self._end
        self._end += len(data)
        if not self._write(start, data):
            self._not_there[start] = data
        return start

    def get(self, start: int, size: int) -> bytes:
        """What was put aside."""
        if size == 0:
            return b""  # which has its place in common with what came next
        if start in self._not_there or self._file is None:
            return self._not_there[start]
        os.lseek(self._file, start, os.SEEK_SET)
        return os.read(self._file, size)

    def _write(self, start: int, data: bytes) -> bool:
        """Write something into the file; whether there was room for it."""
        try:
            if self._file is None:
                with TemporaryFile() as file:
                    self._file = os.dup(file.fileno())
            os.lseek(self._file, start, os.SEEK_SET)
            return os.write(self._file, data) == len(data)
        except OSError:
            return False


@cache
def _of_process() -> Shelf:
    """Where the process puts everything aside."""
    return Shelf()


class Pieces:
    """Pieces in the order in which they came. Only where each of them is stays in the memory."""

    __slots__ = ("_places", "_shelf")

    def __init__(self, shelf: Shelf | None = None) -> None:
        """Begin with none; `shelf`: where they are put aside."""
        self._shelf = shelf or _of_process()
        self._places = array("Q")  # start and size of each

    def append(self, data: bytes) -> None:
        """Take one more."""
        self._places.extend((self._shelf.put(data), len(data)))

    def __len__(self) -> int:
        return len(self._places) // 2

    def __getitem__(self, index: int) -> bytes:
        number = range(len(self))[index]
        return self._shelf.get(*self._places[2 * number : 2 * number + 2])

    def __iter__(self) -> Iterator[bytes]:
        return map(self.__getitem__, range(len(self)))
