"""Items that are needed again at the end of a run, kept in a fraction of the room that they take as objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")

_WINDOW = 1 << 15  # what zlib looks back on
_FAST, _RAW = 1, -15


class Packed(Sequence[T]):
    """Items in the order in which they came; each is made anew whenever it is asked for, and nothing is kept of that.

    The builds of an estate resemble each other: what the first are packed as is what the others are compressed against, each on
    its own. One of 12 kB takes some 500 bytes.
    """

    def __init__(self, items: Iterable[T] = ()) -> None:
        """Take the first items."""
        self._packed: list[bytes] = []
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

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        import pickle
        import zlib

        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        data = self._packed[index]
        if index % len(self._packed) >= self._plain:
            data = zlib.decompressobj(_RAW, self._first).decompress(data)
        item: T = pickle.loads(data)  # noqa: S301 - this process has packed it
        return item
