"""Files that wait, in a folder of their own beside their places, to take these all together.

The folder goes when it is done with. One that a killed run has left is removed by the next run, and git does not see it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import time
from typing import TYPE_CHECKING, Self

from aib2packer.lazy.patterns import pattern
from aib2packer.packer.layout import FILES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import IO

_BEGINNING = ".aib2packer-"
_LOCK, _IGNORED = "lock", ".gitignore"
_PIECE = 1 << 20
_SECONDS = 2
_OURS = pattern(r"\d+\.(?:new|old)|lock|\.gitignore")


class Staging:
    """The files of one write. Leaving the `with` removes those that have not taken their places."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / f"{_BEGINNING}{os.urandom(6).hex()}"
        self._files: dict[Path, Path] = {}
        self._lock: IO[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._folder.mkdir()
            (self._folder / _IGNORED).write_bytes(b"*\n")
            self._lock = (self._folder / _LOCK).open("xb")
            _try_lock(self._lock)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            self._lock.close()
        _remove(self._folder)

    def add(self, target: Path, content: bytes, check: Callable[[], None]) -> None:
        """Write a new file, with the permissions that its target is to have; `check` is called between its pieces."""
        new = self._folder / f"{len(self._files)}.new"
        self._files[target] = new
        # Packer uploads what is in files/ with the permissions that it has: those that a download would have.
        executable = target.suffix == ".sh" and FILES not in target.parent.parts[-2:]
        try:
            with open(new, "xb", opener=_open_executable if executable else None) as file:
                for start in range(0, len(content), _PIECE):
                    file.write(content[start : start + _PIECE])
                    check()
            if target.exists():
                mode = stat.S_IMODE(target.stat().st_mode)
                new.chmod(mode | (mode & 0o444) >> 2 if executable else mode)
            if os.path.lexists(target):
                _keep(target, self._old(new))
        except OSError as error:
            error.filename = str(target)  # the one that the user knows
            raise

    def commit(self) -> None:
        """Have all files take their places; where one cannot, all old ones are put back."""
        done: list[Path] = []
        made: list[Path] = []
        try:
            for target, new in self._files.items():
                missing = [path for path in (*reversed(target.parent.parents), target.parent) if not path.exists()]
                for path in missing:
                    path.mkdir()
                    made.append(path)
                new.replace(target)
                done.append(target)
        except OSError as error:
            error.filename = str(target)
            for target in reversed(done):
                old = self._old(self._files[target])
                with contextlib.suppress(OSError):
                    old.replace(target) if os.path.lexists(old) else target.unlink()
            for path in reversed(made):
                with contextlib.suppress(OSError):  # something else may lie there by now
                    path.rmdir()
            raise

    @staticmethod
    def _old(new: Path) -> Path:
        return new.with_suffix(".old")


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
        found = [path for path in folder.iterdir() if _OURS.fullmatch(path.name)]
        for path in sorted(found, key=lambda path: path.name == _IGNORED):
            path.unlink()
        folder.rmdir()


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
