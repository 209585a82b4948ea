"""Files that wait, in a folder of their own near their places, to take these all together.

The folder goes when it is done with. One that a killed run has left is removed by the next run, and git does not see it.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import os
import shutil
import stat
import time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Self

from aib2packer.lazy.patterns import pattern
from aib2packer.packer.layout import FILES
from aib2packer.system.packed import pieces_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from io import FileIO
    from typing import IO

    from aib2packer.system.packed import Content

_BEGINNING = ".aib2packer-"
_LOCK, _JOURNAL, _IGNORED = "lock", "journal", ".gitignore"
_PIECE = 1 << 20
_SECONDS = 2
_OURS = pattern(r"\d+\.(?:new|old)|lock|journal|\.gitignore")


class Staging:
    """The files of one run that go below a folder. `close` removes those that have not taken their places.

    Which they are stands on the disk too: an estate has many.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._own = folder / f"{_BEGINNING}{os.urandom(6).hex()}"
        self._lock: IO[bytes] | None = None
        self._journal: FileIO | None = None
        self._count = self._done = 0
        self._made: list[Path] = []
        self._there: set[Path] = set()

    def open(self) -> Self:
        """Make the folder that they wait in, and what it lies in."""
        atexit.register(self.close)  # should a signal come on the way to where it is closed
        try:
            self._make(self.folder)
            self._own.mkdir()
            (self._own / _IGNORED).write_bytes(b"*\n")
            self._lock = (self._own / _LOCK).open("xb")
            _try_lock(self._lock)
            self._journal = (self._own / _JOURNAL).open("x+b", buffering=0)
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """Remove what waits; and the folder, if it was made for what has not come."""
        for file in (self._journal, self._lock):
            if file is not None:
                file.close()
        _remove(self._own)
        if not self._done:
            self._remove_made()
        atexit.unregister(self.close)

    def add(self, files: Mapping[Path, Content], check: Callable[[], None]) -> None:
        """Write new files, all or none, with the permissions that their targets are to have.

        Args:
            files: Contents by target.
            check: Called between the pieces.

        """
        journal = self._opened()
        start = journal.tell()
        try:
            for number, (target, content) in enumerate(files.items(), start=self._count):
                check()
                try:
                    self._stage(number, target, content, check)
                except OSError as error:
                    error.filename = str(target)  # the one that the user knows
                    raise
            check()
            _write_all(journal, b"".join(os.fsencode(target) + b"\0" for target in files))
        except BaseException:
            for number in range(self._count, self._count + len(files)):
                for path in (self._new(number), self._old(number)):
                    path.unlink(missing_ok=True)
            journal.seek(start)
            journal.truncate()
            raise
        self._count += len(files)

    def _stage(self, number: int, target: Path, content: Content, check: Callable[[], None]) -> None:
        new = self._new(number)
        # Packer uploads what is in files/ with the permissions that it has: those that a download would have.
        executable = target.suffix == ".sh" and FILES not in target.parent.parts[-2:]
        _require_place(target)
        with open(new, "xb", opener=_open_executable if executable else None) as file:
            for piece in pieces_of(content):
                file.write(piece)
                check()
        if target.exists():
            mode = stat.S_IMODE(target.stat().st_mode)
            new.chmod(mode | (mode & 0o444) >> 2 if executable else mode)
        if os.path.lexists(target):
            _keep(target, self._old(number))

    def take_places(self) -> None:
        """Have all files take their places. Where one cannot, `put_back` is to be called."""
        for number, target in enumerate(self._targets()):
            try:
                self._make(target.parent)
                self._new(number).replace(target)
            except OSError as error:
                error.filename = str(target)
                raise
            self._done = number + 1

    def put_back(self) -> None:
        """Put the old files back as far as they were replaced."""
        done = list(islice(self._targets(), self._done))
        for number, target in reversed([*enumerate(done)]):
            old = self._old(number)
            with contextlib.suppress(OSError):
                old.replace(target) if os.path.lexists(old) else target.unlink()
        self._done = 0

    def _targets(self) -> Iterator[Path]:
        """Where the files belong, in the order in which they came."""
        journal, rest = self._opened(), b""
        journal.seek(0)
        while piece := journal.read(_PIECE):
            *names, rest = (rest + piece).split(b"\0")
            yield from (Path(os.fsdecode(name)) for name in names)

    def _make(self, folder: Path) -> None:
        if folder in self._there:
            return
        for path in (*reversed(folder.parents), folder):
            if not path.exists():
                path.mkdir()
                self._made.append(path)
        self._there.add(folder)

    def _remove_made(self) -> None:
        for path in reversed(self._made):
            with contextlib.suppress(OSError):  # something else may lie there by now
                path.rmdir()

    def _opened(self) -> FileIO:
        if self._journal is None:
            message = "not open"
            raise ValueError(message)
        return self._journal

    def _new(self, number: int) -> Path:
        return self._own / f"{number}.new"

    def _old(self, number: int) -> Path:
        return self._own / f"{number}.old"


def remove_leftovers(folder: Path) -> None:
    """Remove what runs have left in a folder that were killed; those that still run are let be."""
    for path in folder.glob(f"{_BEGINNING}*"):
        if path.is_symlink():
            continue
        try:
            with (path / _LOCK).open("r+b") as lock:
                if not _try_lock(lock):
                    continue
        except FileNotFoundError:
            if not _is_old(path):  # about to be locked, if it was not killed just then
                continue
        except OSError:
            continue
        _remove(path)


def _remove(folder: Path) -> None:
    """Remove a folder of staged files as far as that goes, last of all what hides it from git."""
    with contextlib.suppress(OSError):
        found = [name for name in os.listdir(folder) if _OURS.fullmatch(name)]  # noqa: PTH208 - names take less room than paths
        for name in sorted(found, key=_IGNORED.__eq__):
            (folder / name).unlink()
        folder.rmdir()


def _require_place(target: Path) -> None:
    """Look whether a file can take its place, as far as that can be told before: then only its run's own part is refused."""
    folder = next(path for path in target.parents if os.path.lexists(path))
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _write_all(file: FileIO, data: bytes) -> None:
    if file.write(data) != len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _is_old(folder: Path) -> bool:
    try:
        return time.time() - folder.stat().st_mtime > _SECONDS
    except OSError:
        return False


def _keep(target: Path, old: Path) -> None:
    """Keep what is to be replaced: as a second name, which takes no room, or as a copy where a file can have but one."""
    try:
        old.hardlink_to(target)
    except OSError:
        shutil.copy2(target, old, follow_symlinks=False)


def _try_lock(file: IO[bytes]) -> bool:
    """Lock an open file if nobody else has. On Windows no file is removed that is open: that is a lock already."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _open_executable(path: str, flags: int) -> int:
    return os.open(path, flags, 0o777)  # the umask takes from it
