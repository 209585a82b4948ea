"""Writes the files of a run: all of them or none."""

from __future__ import annotations

import errno
from functools import cache, partial
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Self

from aib2packer.app.interrupts import deferred
from aib2packer.system.files import holds, is_within

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aib2packer.app.staging import Staging
    from aib2packer.system.packed import Content


# What holds for all files, so that no part of a run is written: there is no room.
_OF_ALL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


class OutputError(Exception):
    """Files cannot be written, and nothing was changed. `file` is the first of them, `reason` says why, `help` what to do."""

    def __init__(self, file: Path, reason: str, help: str) -> None:  # noqa: A002 - the term of the field
        super().__init__(file, reason, help)
        self.file = file
        self.reason = reason
        self.help = help

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}. {self.help}"


class FilesDifferError(OutputError):
    """Files are there already, with other contents, and may not be replaced."""


class Writing:
    """The files of a run, which take their places all together with `commit`: all that there is stays old, or becomes new.

    Until then they wait on the disk, near their places. What waits at the end of the `with` is removed.
    """

    def __init__(self, top: Path | None = None) -> None:
        """Take the folder that most files go below, if there is one."""
        self._top = top
        self._stagings: list[Staging] = []
        self._refused: OutputError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with deferred():
            while self._stagings:
                self._stagings.pop().close()

    def write(self, folder: Path, files: Mapping[str, Content], *, force: bool) -> None:
        """Have files below a folder written, all or none; those that are there with the same content stay as they are.

        Args:
            folder: Where to; made if it is not there.
            files: Content by path relative to the folder, with forward slashes. Scripts (`*.sh`) are made executable, but
                for those in `files/`.
            force: Whether files with other contents may be replaced.

        Raises:
            FilesDifferError: There are files with other contents, and `force` is not given.
            OutputError: The system refuses to write, or a path leads out of the folder. `commit` says where there is no room.

        """
        if self._refused is not None:
            return
        within = cache(partial(is_within, folder=folder))  # many files lie in one folder
        targets = {folder / _inside(folder, name, within): content for name, content in files.items()}
        try:
            there = {target: holds(target, content) for target, content in targets.items()}
        except OSError as error:
            raise _refused(error, folder) from error
        changed = {target: content for target, content in targets.items() if not there[target]}
        differing = [target for target in changed if there[target] is not None]
        if differing and not force:
            others = ", ".join(map(str, differing[1:]))
            reason = f"there already, with other contents{f', as are {others}' if others else ''}; nothing was written"
            raise FilesDifferError(
                differing[0], reason, "Give --force to replace what is there, or another -o; --check shows what differs."
            )
        from aib2packer.app.staging import remove_leftovers

        try:
            remove_leftovers(folder)
            if changed:
                # No signal comes between: each file is there as a whole, or not at all.
                with deferred() as check:
                    self._staging(folder).add(changed, check)
        except OSError as error:
            if error.errno not in _OF_ALL:
                raise _refused(error, folder) from error
            self._refused = _refused(error, folder)

    def commit(self) -> None:
        """Have all files take their places; no signal comes between. Where one cannot, all old ones are put back.

        Raises:
            OutputError: The system has refused to write one of them, and nothing was changed.

        """
        if self._refused is not None:
            raise self._refused
        with deferred():
            begun: list[Staging] = []
            try:
                for staging in self._stagings:
                    begun.append(staging)
                    staging.take_places()
            except OSError as error:
                for staging in reversed(begun):
                    staging.put_back()
                raise _refused(error, begun[-1].folder) from error

    def _staging(self, folder: Path) -> Staging:
        """What files below a folder wait in: near it, for they are to be renamed only."""
        from aib2packer.app.staging import Staging, remove_leftovers

        for staging in self._stagings:
            if folder == staging.folder or staging.folder in folder.parents:
                return staging
        place = self._top if self._top is not None and self._top in folder.parents else folder
        if place != folder:
            remove_leftovers(place)
        self._stagings.append(Staging(place).open())
        return self._stagings[-1]


def write(folder: Path, files: Mapping[str, Content], *, force: bool) -> None:
    """Write files below a folder, at once, as `Writing.write` does."""
    with Writing() as writing:
        writing.write(folder, files, force=force)
        writing.commit()


def _inside(folder: Path, name: str, within: Callable[[Path], bool]) -> PurePosixPath:
    """The relative path of a file, if it stays in the folder on every system."""
    path = PurePosixPath(name)
    windows = PureWindowsPath(name)
    odd = not path.parts or path.is_absolute() or ".." in windows.parts or windows.anchor or "\\" in name or "\0" in name
    if odd or not within((folder / path).parent):
        raise OutputError(
            folder / path, f"a file of this name would not lie in {folder}; nothing was written", "Give another -o."
        )
    return path


def _refused(error: OSError, folder: Path) -> OutputError:
    return OutputError(Path(error.filename or folder), f"cannot be written ({error.strerror or error})", "Give another -o.")
