"""Reading files that may be anything: pipes and devices, which would be waited for, or read without end."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from aib2packer.text.source import FileError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import IO

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
    handed_over = str(path).startswith(_HANDED_OVER)
    try:
        if not handed_over:
            _require_file(name, path.stat().st_mode)
        with open(path, "rb", opener=None if handed_over else _without_waiting) as file:
            if not handed_over:
                _require_file(name, os.fstat(file.fileno()).st_mode)
            return read_most(name, file, most)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise unreadable(name, error) from error


def read_most(name: str, file: IO[bytes], most: int) -> bytes:
    """The bytes of an open file, which may have no more than so many.

    Raises:
        FileError: There are more.

    """
    data = file.read(most + 1)
    if len(data) > most:
        reason = f"is larger than {most / (1 << 20):,g} MiB"
        raise FileError(name, reason, "Give a template; --max-size MIB reads larger files.")
    return data


def unreadable(name: str, error: OSError | ValueError) -> FileError:
    """Why a file cannot be read, in words."""
    number, said = (error.errno, error.strerror) if isinstance(error, OSError) else (None, None)
    return FileError(name, *_REASONS.get(number or 0, (f"cannot be read ({said or error})", "Check the path.")))


def _require_file(name: str, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise FileError(name, *_REASONS[errno.EISDIR])
    if not stat.S_ISREG(mode):
        raise FileError(name, f"{_KINDS.get(stat.S_IFMT(mode), 'is something else')}, and no file", "Give a file.")


def _without_waiting(path: str, flags: int) -> int:
    """Open what was a file a moment ago: should it be a pipe by now, nothing waits for its other end."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))


def is_within(path: Path, folder: Path) -> bool:
    """Whether a path leads into a folder, wherever its links lead."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):  # a name that is none, and links in a circle
        return False
