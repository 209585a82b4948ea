"""Writes the files of a conversion: whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from aib2packer.packer.layout import FILES

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
        _replace(changed, before)
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


def _replace(changed: Mapping[Path, bytes], before: Mapping[Path, bytes | None]) -> None:
    """Put new files in the place of old ones: first all beside their targets, then each to its target; back if that fails."""
    written: dict[Path, Path] = {}
    done: list[Path] = []
    made: list[Path] = []
    try:
        for target, content in changed.items():
            for folder in _missing_folders(target.parent):
                folder.mkdir()
                made.append(folder)
            written[target] = _write_beside(target, content)
        for target, beside in written.items():
            beside.replace(target)
            done.append(target)
    except BaseException:  # an interrupt too must leave all as it was
        for target, beside in written.items():
            if target not in done:
                beside.unlink(missing_ok=True)
        for target in done:
            _restore(target, before[target])
        for folder in reversed(made):
            with contextlib.suppress(OSError):  # something else may lie there by now
                folder.rmdir()
        raise


def _missing_folders(folder: Path) -> list[Path]:
    """Those of a folder and the ones above it that are not there, the topmost first."""
    return [path for path in (*reversed(folder.parents), folder) if not path.exists()]


def _write_beside(target: Path, content: bytes) -> Path:
    """Write a new file in the folder of its target, with the permissions that the target is to have."""
    beside = target.with_name(f".{target.name[:100]}.{os.urandom(4).hex()}.tmp")
    # Packer uploads what is in files/ with the permissions that it has: those that a download would have.
    executable = target.suffix == ".sh" and target.parent.name != FILES
    try:
        with open(beside, "xb", opener=_open_executable if executable else None) as file:
            file.write(content)
        if target.exists():
            mode = stat.S_IMODE(target.stat().st_mode)
            beside.chmod(mode | (mode & 0o444) >> 2 if executable else mode)
    except BaseException as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        if isinstance(error, OSError):
            error.filename = str(target)  # the one that the user knows
        raise
    return beside


def _open_executable(path: str, flags: int) -> int:
    return os.open(path, flags, 0o777)  # the umask takes from it


def _restore(target: Path, content: bytes | None) -> None:
    """Put back what was in a file, or that there was none."""
    if content is None:
        target.unlink()
    else:
        _write_beside(target, content).replace(target)


def _refused(error: OSError, folder: Path) -> OutputError:
    return OutputError(Path(error.filename or folder), f"cannot be written ({error.strerror or error})", "Give another -o.")
