"""What is to be converted: the templates that the arguments of the command line stand for."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING

from aib2packer.frozen import dataclass
from aib2packer.hcl.names import portable_name
from aib2packer.packer.layout import OUTPUT_FOLDERS
from aib2packer.system.files import read_bytes, read_most, unreadable
from aib2packer.text.source import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator

STDIN = "-"
_SUFFIXES = {".json", ".jsonc"}


@dataclass(frozen=True, slots=True)
class Template:
    """One input: its name for people, where it is, and the folder for its output, relative to that of all."""

    name: str
    path: Path | None
    """None: standard input."""
    folder: PurePosixPath
    found: bool = False
    """Whether it was found in a folder rather than named; such a file need not be a template."""
    root: Path | None = None
    """The folder that it was found in."""

    def read(self, most: int) -> bytes:
        """The bytes of the input, which may have no more than `most`.

        Raises:
            FileError: It cannot be read.

        """
        if self.path is None and sys.stdin is None:  # closed: `<&-`
            raise FileError(self.name, "standard input is closed", "Give a file.")
        return read_file(self.name, self.path, most)


def read_file(name: str, path: Path | None, most: int) -> bytes:
    """The bytes of a file, None for standard input, up to `most`; of a Bicep file those of the template that it comes to.

    Raises:
        FileError: It cannot be read.

    """
    try:
        data = read_most(name, sys.stdin.buffer, most) if path is None else read_bytes(name, path, most)
    except OSError as error:
        raise unreadable(name, error) from error
    if path is None:
        return data
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
                root = Path(argument) if found else None
                templates[key] = Template(name, path, _claim(folder, taken), found=found, root=root)
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
        raise unreadable(error.filename, error) from error

    for top, folders, names in os.walk(folder, onerror=fail):
        folders[:] = [name for name in folders if Path(top, name).resolve() != skipped]
        files += [Path(top, name) for name in names if PurePath(name).suffix.lower() in _SUFFIXES]
    if not files:
        raise FileError(str(folder), "no *.json or *.jsonc file in this folder", "Give one that holds image templates.")
    return sorted(files, key=lambda file: file.relative_to(folder).parts)


def _folder_name(name: str) -> str:
    """The name of a folder for a file of this name."""
    path = PurePath(name)
    return portable_name(path.stem if path.suffix.lower() in _SUFFIXES else name, "template")


def _claim(folder: PurePosixPath, taken: set[str]) -> PurePosixPath:
    """The folder, or the first of `folder-2`, `folder-3`, ... that is free with those in it, also where case does not count."""
    claimed = folder
    number = 1
    while not taken.isdisjoint(_places(claimed)):
        number += 1
        claimed = folder.with_name(f"{folder.name}-{number}")
    taken |= _places(claimed)
    return claimed


def _places(folder: PurePosixPath) -> set[str]:
    """The folder of an output, and those that it may make in it."""
    return {str(place).casefold() for place in (folder, *(folder / name for name in OUTPUT_FOLDERS))}
