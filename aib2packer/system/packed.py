"""Items and texts that are needed again at the end of a run: they wait on the disk, and take next to no memory until then."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias, TypeVar, overload

from aib2packer.system.shelf import Pieces

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

T = TypeVar("T")

_WINDOW = 1 << 15  # what zlib looks back on
_FAST, _RAW = 1, -15
_PIECE = 1 << 16


class _Made(Sequence[T], ABC):
    """Items that are made one at a time, whenever they are asked for."""

    @abstractmethod
    def _item(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return [self._item(number) for number in range(*index.indices(len(self)))]
        return self._item(index)


class Packed(_Made[T]):
    """Items in the order in which they came; each is made anew whenever it is asked for, and nothing is kept of that.

    The builds of an estate resemble each other: what the first are packed as is what the others are compressed against, each on
    its own. One of 12 kB becomes some 500 bytes.
    """

    def __init__(self, items: Iterable[T] = ()) -> None:
        """Take the first items."""
        self._packed = Pieces()
        self._first = b""
        self._plain = 0
        for item in items:
            self.append(item)

    def append(self, item: T) -> None:
        """Take one more."""
        import pickle
        import zlib

        data = pickle.dumps(item, pickle.HIGHEST_PROTOCOL)
        if len(self._first) < _WINDOW:
            self._first = (self._first + data)[:_WINDOW]
            self._plain += 1
        else:
            packing = zlib.compressobj(_FAST, wbits=_RAW, zdict=self._first)
            data = packing.compress(data) + packing.flush()
        self._packed.append(data)

    def __len__(self) -> int:
        return len(self._packed)

    def _item(self, index: int) -> T:
        import pickle
        import zlib

        data = self._packed[index]
        if index % len(self._packed) >= self._plain:
            data = zlib.decompressobj(_RAW, self._first).decompress(data)
        item: T = pickle.loads(data)  # noqa: S301 - this process has packed it
        return item


class Picked(_Made[T]):
    """Some of other items, by their numbers."""

    def __init__(self, items: Sequence[T], numbers: Sequence[int]) -> None:
        """Take the items, and the numbers of those that are wanted, in that order."""
        self._items = items
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def _item(self, index: int) -> T:
        return self._items[self._numbers[index]]


class PackedText:
    """A text that may be too large to hold: what it is added in pieces is compressed, and comes back in pieces."""

    __slots__ = ("_last", "_packed", "_size", "_waiting")

    def __init__(self, pieces: Iterable[str] = ()) -> None:
        """Take the first pieces."""
        self._packed = Pieces()
        self._last: list[str] = []
        self._waiting = 0
        self._size = 0
        for piece in pieces:
            self.add(piece)
        self._pack()

    def add(self, piece: str) -> None:
        """Take one more piece."""
        self._last.append(piece)
        self._waiting += len(piece)
        if self._waiting >= _PIECE:
            self._pack()

    def __len__(self) -> int:
        """How many bytes it has in UTF-8."""
        self._pack()
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        from zlib import decompress

        self._pack()
        return map(decompress, self._packed)

    def _pack(self) -> None:
        from zlib import compress

        if self._last:
            data = "".join(self._last).encode()
            self._size += len(data)
            self._packed.append(compress(data, _FAST))
            self._last, self._waiting = [], 0


Content: TypeAlias = bytes | PackedText
"""What is to be in a file."""


def pieces_of(content: Content) -> Iterator[bytes]:
    """What is to be in a file, in pieces."""
    if isinstance(content, PackedText):
        return iter(content)
    return (content[start : start + _PIECE] for start in range(0, len(content), _PIECE))  # also of what lies on the disk


def digest_of(content: Content) -> str:
    """The SHA-256 of what is to be in a file."""
    from hashlib import sha256

    digest = sha256()
    for piece in pieces_of(content):
        digest.update(piece)
    return digest.hexdigest()
