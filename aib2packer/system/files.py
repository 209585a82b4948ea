"""Reading files that may be anything: pipes and devices, which would be waited for, or read without end."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from aib2packer.text.source import FileError

if TYPE_CHECKING:
    from io import BufferedReader
    from pathlib import Path
    from typing import IO

    from aib2packer.system.packed import Content

MOST = 16 << 20
"""The most bytes that are read of a file unless somebody says otherwise. ARM takes templates of 4 MB."""

_REASONS = {
    errno.ENOENT: ("there is no such file", "Check the path."),
    errno.EISDIR: ("is a folder", "Give a file, or -o DIR to convert all templates in it."),
    errno.EACCES: ("may not be read", "Check its permissions."),
    errno.EPERM: ("may not be read", "Check its permissions."),
}
_KINDS = {
    stat.S_IFIFO: "is a pipe",
    stat.S_IFCHR: "is a device",
    stat.S_IFBLK: "is a device",
    stat.S_IFSOCK: "is a socket",
}
_PIECE = 1 << 20  # bytes that are read at once
# What a shell hands over as a file, `<(command)` and the like: already open, and meant to be read to its end.
_HANDED_OVER = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")


def read_bytes(name: str, path: Path, most: int = MOST) -> bytes:
    """The bytes of a file.

    Args:
        name: What findings call it.
        path: Where it is; a link to a file will do.
        most: The most bytes that it may have.

    Raises:
        FileError: It cannot be read, is no file, or is larger.

    """
    try:
        with path.open("rb") if str(path).startswith(_HANDED_OVER) else open_file(path) as file:
            return read_most(name, file, most)
    except _NoFileError as error:
        raise FileError(name, error.strerror or "is no file", "Give a file.") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise unreadable(name, error) from error


def read_most(name: str, file: IO[bytes], most: int) -> bytes:
    """The bytes of an open file, which may have no more than so many.

    Raises:
        FileError: There are more.

    """
    data, left = bytearray(), most + 1
    while left and (piece := file.read(min(left, _PIECE))):  # asked for all at once, the system sets as much memory aside
        data += piece
        left = most + 1 - len(data)
    if len(data) > most:
        reason = f"is larger than {most / (1 << 20):,g} MiB"
        raise FileError(name, reason, "Give a template; --max-size MIB reads larger files.")
    return bytes(data)


def unreadable(name: str, error: OSError | ValueError) -> FileError:
    """Why a file cannot be read, in words."""
    number, said = (error.errno, error.strerror) if isinstance(error, OSError) else (None, None)
    return FileError(name, *_REASONS.get(number or 0, (f"cannot be read ({said or error})", "Check the path.")))


def open_file(path: Path) -> BufferedReader:
    """An open file, to be read.

    Raises:
        OSError: There is none, or it is something else, of which nothing was read.

    """
    _require_file(path, path.stat().st_mode)
    file = open(path, "rb", opener=_without_waiting)  # noqa: SIM115 - the caller closes it
    try:
        _require_file(path, os.fstat(file.fileno()).st_mode)
    except OSError:
        file.close()
        raise
    return file


def holds(path: Path, content: Content) -> bool | None:
    """Whether there is a file that holds just this; None where there is nothing.

    Raises:
        OSError: It is no file, or cannot be read.

    """
    from aib2packer.system.packed import pieces_of

    try:
        with open_file(path) as file:
            same = os.fstat(file.fileno()).st_size == len(content)
            return same and all(file.read(len(piece)) == piece for piece in pieces_of(content)) and not file.read(1)
    except FileNotFoundError:
        return None


class _NoFileError(OSError):
    """What is there is no file: a pipe, a device."""


def _require_file(path: Path, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "is something else")
        raise _NoFileError(errno.EINVAL, f"{kind}, and no file", str(path))


def _without_waiting(path: str, flags: int) -> int:
    """Open what was a file a moment ago: should it be a pipe by now, nothing waits for its other end."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))


def is_within(path: Path, folder: Path) -> bool:
    """Whether a path leads into a folder, wherever its links lead."""
    inner, outer = resolved(path), resolved(folder)
    return inner is not None and outer is not None and inner.is_relative_to(outer)


def resolved(path: Path) -> Path | None:
    """Where a path leads; None where that is nowhere: its links go in a circle, or it is no path."""
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError):  # RuntimeError: links in a circle
        return None
