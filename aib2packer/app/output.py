"""Writes the files of a conversion: whole or not at all."""

from __future__ import annotations

import contextlib
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from aib2packer.app.interrupts import deferred
from aib2packer.app.staging import Staging, remove_leftovers

if TYPE_CHECKING:
    from collections.abc import Mapping


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


def write(folder: Path, files: Mapping[str, bytes], *, force: bool) -> None:
    """Write files below a folder, all or none; those that are there with the same content stay as they are.

    Args:
        folder: Where to; made if it is not there.
        files: Content by path relative to the folder, with forward slashes. Scripts (`*.sh`) are made executable, but
            for those in `files/`.
        force: Whether files with other contents may be replaced.

    Raises:
        FilesDifferError: There are files with other contents, and `force` is not given.
        OutputError: The system refuses to write, or a path leads out of the folder.

    """
    targets = {folder / _inside(folder, name): content for name, content in files.items()}
    try:
        before = {target: _content(target) for target in targets}
    except OSError as error:
        raise _refused(error, folder) from error
    changed = {target: content for target, content in targets.items() if before[target] != content}
    differing = [target for target in changed if before[target] is not None]
    if differing and not force:
        others = ", ".join(map(str, differing[1:]))
        reason = f"there already, with other contents{f', as are {others}' if others else ''}; nothing was written"
        raise FilesDifferError(
            differing[0], reason, "Give --force to replace what is there, or another -o; --check shows what differs."
        )
    try:
        remove_leftovers(folder)
        if changed:
            _replace(folder, changed)
    except OSError as error:
        raise _refused(error, folder) from error


def _inside(folder: Path, name: str) -> PurePosixPath:
    """The relative path of a file, if it stays in the folder on every system."""
    path = PurePosixPath(name)
    windows = PureWindowsPath(name)
    odd = not path.parts or path.is_absolute() or ".." in windows.parts or windows.anchor or "\\" in name or "\0" in name
    if odd or not (folder / path).parent.resolve().is_relative_to(folder.resolve()):
        raise OutputError(
            folder / path, f"a file of this name would not lie in {folder}; nothing was written", "Give another -o."
        )
    return path


def _content(path: Path) -> bytes | None:
    """What is in a file; None where there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _replace(folder: Path, changed: Mapping[Path, bytes]) -> None:
    """Put new files in the place of old ones: all are written apart, then each takes its place; back if that fails.

    No signal comes between: until the first file takes its place all can be left as it was, from then on all is done.
    """
    made: list[Path] = []
    with deferred() as check:
        try:
            for path in (*reversed(folder.parents), folder):
                if not path.exists():
                    path.mkdir()
                    made.append(path)
            with Staging(folder) as staging:
                for target, content in changed.items():
                    check()
                    staging.add(target, content, check)
                check()
                staging.commit()
        except BaseException:
            for path in reversed(made):
                with contextlib.suppress(OSError):  # something else may lie there by now
                    path.rmdir()
            raise


def _refused(error: OSError, folder: Path) -> OutputError:
    return OutputError(Path(error.filename or folder), f"cannot be written ({error.strerror or error})", "Give another -o.")
