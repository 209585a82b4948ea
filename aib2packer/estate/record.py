"""The record of what runs have written below a folder: a file that none of them makes any more is told, and may be removed."""

from __future__ import annotations

import json
from hashlib import file_digest
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from aib2packer.hcl.names import portable_name
from aib2packer.lazy.models import dataclass, field
from aib2packer.packer.layout import ATTRIBUTES, IGNORED, RECORD
from aib2packer.system.files import open_file, read_bytes, resolved
from aib2packer.system.packed import PackedText
from aib2packer.text.commands import break_up
from aib2packer.text.source import FileError

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sized
    from pathlib import Path

_FORMAT = 1
_MOST = 64 << 20
_WITH_DOTS = {IGNORED, ATTRIBUTES, RECORD}


@dataclass(frozen=True, slots=True)
class Record:
    """What runs have written: digests of files by path, and by the folders of templates where these stand."""

    files: Mapping[str, str] = field(default_factory=dict)
    builds: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stale:
    """A file of an earlier run that this one did not make; `edited`: it is not as it was written."""

    path: str
    edited: bool


def read(folder: Path) -> Record:
    """What is on record below a folder; nothing where there is no record, or none that can be read."""
    try:
        file = folder / RECORD
        if file.is_symlink():
            return Record()
        document = json.loads(read_bytes(str(file), file, _MOST))
    except (FileError, ValueError, RecursionError):
        return Record()
    if not isinstance(document, dict) or document.get("formatVersion") != _FORMAT:
        return Record()
    return Record(_paths(document.get("files")), _paths(document.get("builds")))


def text(files: Iterable[tuple[str, str]], builds: Mapping[str, str], for_all: Container[str] = ()) -> PackedText:
    """The record as a file.

    Args:
        files: Digests by path, sorted.
        builds: Where templates stand, by their folders; those that have files are recorded.
        for_all: The files that are not of a template.

    """
    entries, places = PackedText(), set[str]()
    for number, (path, digest) in enumerate(files):
        entries.add(_entry(path, digest, first=number == 0))
        if path not in for_all:
            places.update(map(str, PurePosixPath(path).parents))
    told = [(place, source) for place, source in sorted(builds.items()) if place in places]
    document = PackedText((f'{{\n "formatVersion": {_FORMAT},\n "builds": ',))
    for number, (place, source) in enumerate(told):
        document.add(_entry(place, source, first=number == 0))
    document.add(f'{_end(told)},\n "files": ')
    for piece in entries:
        document.add(piece.decode())
    document.add(f"{_end(entries)}\n}}\n")
    return document


def _entry(name: str, value: str, *, first: bool) -> str:
    return f"{'{' if first else ','}\n  {_quoted(name)}: {_quoted(value)}"


def _quoted(name: str) -> str:
    """A name in JSON, which shows a build service no command of it."""
    return break_up(json.dumps(name), lambda char: f"\\u{ord(char):04x}")


def _end(entries: Sized) -> str:
    return "\n }" if len(entries) else "{}"


def content(folder: Path, path: str) -> str | None:
    """The text of a file below a folder; None where there is none, or none that can be read."""
    try:
        return read_bytes(str(folder / path), folder / path, _MOST).decode("utf-8", "replace")
    except FileError:
        return None


def _paths(value: object) -> dict[str, str]:
    pairs = value.items() if isinstance(value, dict) else ()
    return {path: one for path, one in pairs if isinstance(one, str) and _is_below(path)}


def stale(folder: Path, left: Mapping[str, str], untouched: Iterable[str]) -> tuple[Stale, ...]:
    """The recorded files that are there, of those that a run did not make.

    Args:
        folder: The folder of all.
        left: What earlier runs have written and this one did not make, with digests.
        untouched: Folders of builds that this run could not make: what lies there is let be.

    """
    kept = set(untouched)
    found = []
    for path, written in sorted(left.items()):
        parts = path.split("/")
        if any("/".join(parts[:end]) in kept for end in range(1, len(parts))):
            continue
        there = _digest(folder, path)
        if there is not None:
            found.append(Stale(path, there != written))
    return tuple(found)


def is_as_written(folder: Path, path: str, recorded: Mapping[str, str]) -> bool:
    """Whether a file is one that a run has written, and nobody has changed since."""
    return (there := _digest(folder, path)) is not None and recorded.get(path) == there


def remove(folder: Path, path: str) -> None:
    """Remove a file that is as it was written, and the folders that are empty then.

    Raises:
        OSError: The system refuses.

    """
    file = folder / path
    file.unlink()
    for parent in file.parents:
        if parent == folder or any(parent.iterdir()):
            return
        parent.rmdir()


def _digest(folder: Path, path: str) -> str | None:
    """The digest of a file that lies below the folder itself: nothing behind a link is ours."""
    file, top = folder / path, resolved(folder)
    try:
        if top is None or file.is_symlink() or resolved(file.parent) != (top / path).parent:
            return None
        with open_file(file) as opened:
            return file_digest(opened, "sha256").hexdigest()
    except (OSError, ValueError):
        return None


def _is_below(path: str) -> bool:
    """Whether a path is one that a run may have written: a record that somebody has changed leads to no other file."""
    return all(map(_is_ours, path.split("/")))


def _is_ours(name: str) -> bool:
    return name in _WITH_DOTS or (name != "" and portable_name(name, "") == name)
