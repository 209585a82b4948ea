"""What is to be converted: the templates that the arguments of the command line stand for."""

from __future__ import annotations

import errno
import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING

from aib2packer.text.source import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator

STDIN = "-"
_SUFFIXES = {".json", ".jsonc"}

_REASONS = {
    errno.ENOENT: ("there is no such file", "Check the path."),
    errno.EISDIR: ("is a folder", "Give a file, or -o DIR to convert all templates in it."),
    errno.EACCES: ("may not be read", "Check its permissions."),
    errno.EPERM: ("may not be read", "Check its permissions."),
}


@dataclass(frozen=True, slots=True)
class Template:
    """One input: its name for people, where it is, and the folder for its output, relative to that of all."""

    name: str
    path: Path | None
    """None: standard input."""
    folder: PurePosixPath
    found: bool = False
    """Whether it was found in a folder rather than named; such a file need not be a template."""

    def read(self) -> bytes:
        """The bytes of the input.

        Raises:
            FileError: It cannot be read.

        """
        if self.path is None and sys.stdin is None:  # closed: `<&-`
            raise FileError(self.name, "standard input is closed", "Give a file.")
        return read_file(self.name, self.path)


def read_file(name: str, path: Path | None) -> bytes:
    """The bytes of a file, None for standard input; of a Bicep file those of the template that it comes to.

    Raises:
        FileError: It cannot be read.

    """
    try:
        if path is None:
            return sys.stdin.buffer.read()
        data = path.read_bytes()
    except OSError as error:
        raise _unreadable(name, error) from error
    if path.suffix.lower() == ".bicep":
        from aib2packer.app.bicep import build

        return build(path)
    if path.suffix.lower() == ".bicepparam":
        remedy = f"Run `bicep build-params {shlex.quote(name)}`, and pass the JSON that it writes with -p."
        raise FileError(name, "a Bicep parameters file has to be built first", remedy)
    return data


def is_folder(path: Path) -> bool:
    """Whether there is a folder at a path; none where that may not be seen, which reading it will tell."""
    try:
        return path.is_dir()
    except OSError:
        return False


def collect(arguments: tuple[str, ...], output: Path | None) -> tuple[Template, ...]:
    """The templates that the arguments stand for: files, folders of `*.json` and `*.jsonc`, and `-` for standard input.

    Each gets a folder named after its file, below a given folder at the same place; `name-2` where that is taken. The output
    folder is not searched. A file that is named twice comes once.

    Raises:
        FileError: A folder cannot be read or holds no JSON file.

    """
    taken: set[str] = set()
    templates: dict[Path | None, Template] = {}
    for argument in arguments:
        for name, path, folder, found in _expand(argument, output):
            key = path and path.absolute()
            if key not in templates:
                templates[key] = Template(name, path, _claim(folder, taken), found=found)
    return tuple(templates.values())


def _expand(argument: str, output: Path | None) -> Iterator[tuple[str, Path | None, PurePosixPath, bool]]:
    """Name, path, folder as it should be, and whether it was found, of each template that an argument stands for."""
    if argument == STDIN:
        yield "<stdin>", None, PurePosixPath("stdin"), False
        return
    path = Path(argument)
    if not is_folder(path):
        yield argument, path, PurePosixPath(_folder_name(path.name)), False
        return
    for file in _json_files(path, output):
        yield str(file), file, PurePosixPath(*map(_folder_name, file.relative_to(path).parts)), True


def _json_files(folder: Path, output: Path | None) -> list[Path]:
    """The JSON files below a folder, sorted by their path."""
    files = []
    skipped = output.resolve() if output else None

    def fail(error: OSError) -> None:
        raise _unreadable(error.filename, error) from error

    for top, folders, names in os.walk(folder, onerror=fail):
        folders[:] = [name for name in folders if Path(top, name).resolve() != skipped]
        files += [Path(top, name) for name in names if PurePath(name).suffix.lower() in _SUFFIXES]
    if not files:
        raise FileError(str(folder), "no *.json or *.jsonc file in this folder", "Give one that holds image templates.")
    return sorted(files, key=lambda file: file.relative_to(folder).parts)


def _folder_name(name: str) -> str:
    """The name of a folder for a file of this name; never one that means another place, as `..` does."""
    path = PurePath(name)
    stem = path.stem if path.suffix.lower() in _SUFFIXES else name
    return stem.rstrip(". ") or "template"


def _claim(folder: PurePosixPath, taken: set[str]) -> PurePosixPath:
    """The folder, or the first of `folder-2`, `folder-3`, ... that is free, also where case does not count."""
    claimed = folder
    number = 1
    while str(claimed).casefold() in taken:
        number += 1
        claimed = folder.with_name(f"{folder.name}-{number}")
    taken.add(str(claimed).casefold())
    return claimed


def _unreadable(name: str, error: OSError) -> FileError:
    other = (f"cannot be read ({error.strerror or error})", "Check the path.")
    return FileError(name, *_REASONS.get(error.errno or 0, other))
