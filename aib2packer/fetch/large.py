"""Large files, which stay on the disk while they are worked with."""

from __future__ import annotations

import mmap
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Self, cast

if TYPE_CHECKING:
    from typing_extensions import Buffer

_PIECE = 1 << 20


class LargeContent(mmap.mmap):
    """The content of a file that has no name any more, to be used as bytes are; what is asked of all of it makes a copy."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, bytes | LargeContent):
            return NotImplemented
        if len(self) != len(other):
            return False
        return all(self[start : start + _PIECE] == other[start : start + _PIECE] for start in range(0, len(self), _PIECE))

    __hash__ = None  # type: ignore[assignment] # as what is compared by all of its content

    def __contains__(self, piece: object) -> bool:
        return isinstance(piece, bytes) and self.find(piece) >= 0

    def startswith(self, beginnings: bytes | tuple[bytes, ...]) -> bool:
        """Whether it starts with one of these."""
        return self[:_PIECE].startswith(beginnings)

    def __getattr__(self, name: str) -> object:
        """What else bytes can do."""
        return getattr(self[:], name)


class Content:
    """What is received of a file: in memory up to so many bytes, on the disk beyond."""

    def __init__(self, in_memory: int) -> None:
        self._in_memory = in_memory
        self._file = cast("IO[bytes]", SpooledTemporaryFile(in_memory))  # noqa: SIM115 - closed with this
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, piece: Buffer) -> None:
        """Add the next piece."""
        self.size += self._file.write(piece)

    @property
    def whole(self) -> bytes:
        """All that was added."""
        if self.size <= self._in_memory:
            self._file.seek(0)
            return self._file.read()
        self._file.flush()
        return mapped(self._file)


def mapped(file: IO[bytes]) -> bytes:
    """The content of an open file, which may be removed meanwhile. It is no bytes, and does what they do."""
    return cast("bytes", LargeContent(file.fileno(), 0, access=mmap.ACCESS_READ))
