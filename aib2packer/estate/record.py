"""The record of what runs have written below a folder: a file that none of them makes any more is told, and may be removed."""

from __future__ import annotations

import json
from hashlib import file_digest
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from aib2packer.hcl.names import portable_name
from aib2packer.lazy.models import dataclass, field
from aib2packer.lazy.patterns import pattern
from aib2packer.packer.layout import ATTRIBUTES, IGNORED, RECORD
from aib2packer.system.digests import Digests
from aib2packer.system.files import open_file, read_bytes, resolved
from aib2packer.system.packed import PackedText
from aib2packer.text.commands import break_up
from aib2packer.text.source import FileError

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sized
    from pathlib import Path

    _Entry = tuple[str, str, str]  # of the builds or the files: path and value

_FORMAT = 1
_MOST = 64 << 20
_LONGEST = 1 << 16  # bytes of a line
_KINDS = ("builds", "files")
# The lines of a record around its entries, and what comes after each.
_FRAME = dict.fromkeys(("{", f' "formatVersion": {_FORMAT},', ' "builds": {},', ' "files": {}', " },", " }", "}"), "")
_FRAME |= {f' "{kind}": {{': kind for kind in _KINDS}
_ENTRY = pattern(r' +(?P<path>"(?:[^"\\]|\\.)*"): (?P<value>"(?:[^"\\]|\\.)*"),?')
_WITH_DOTS = {IGNORED, ATTRIBUTES, RECORD}


@dataclass(frozen=True, slots=True)
class Record:
    """What runs have written: digests of files by path, and by the folders of templates where these stand."""

    files: Digests = field(default_factory=Digests)
    builds: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stale:
    """A file of an earlier run that this one did not make; `edited`: it is not as it was written."""

    path: str
    edited: bool


def read(folder: Path) -> Record:
    """What is on record below a folder; nothing where there is no record, or none that can be read."""
    file = folder / RECORD
    for entries in (_entries, _entries_of_document):
        try:
            return Record() if file.is_symlink() else _record(folder, entries(file))
        except (FileError, OSError, ValueError, RecursionError):
            continue
    return Record()


def _record(folder: Path, entries: Iterable[_Entry]) -> Record:
    builds: dict[str, str] = {}

    def files() -> Iterator[tuple[str, str]]:
        for kind, path, value in entries:
            if not _is_below(path):
                continue
            if kind == "files":
                yield path, value
            else:
                builds[path] = value

    return Record(Digests(folder, files()), builds)


def _entries(file: Path) -> Iterator[_Entry]:
    """The entries of a record as runs write it, from one line after another: that of an estate is large.

    Raises:
        ValueError: It has another form.

    """
    kind = line = ""
    with open_file(file) as opened:
        while read_line := opened.readline(_LONGEST):
            line = read_line.decode().rstrip("\r\n")
            if kind and (entry := _ENTRY.fullmatch(line)):
                yield kind, json.loads(entry["path"]), json.loads(entry["value"])
            elif line not in _FRAME:
                message = f"not expected: {line}"
                raise ValueError(message)
            else:
                kind = _FRAME[line]
    if line != "}":
        message = "it ends too early"
        raise ValueError(message)


def _entries_of_document(file: Path) -> Iterator[_Entry]:
    """The entries of a record that somebody has written in another way."""
    document = json.loads(read_bytes(str(file), file, _MOST))
    if isinstance(document, dict) and document.get("formatVersion") == _FORMAT:
        for kind in _KINDS:
            pairs = document.get(kind)
            yield from (
                (kind, *pair) for pair in (pairs.items() if isinstance(pairs, dict) else ()) if isinstance(pair[1], str)
            )


def text(files: Iterable[tuple[str, str]], builds: Mapping[str, str], for_all: Container[str] = ()) -> PackedText:
    """The record as a file.

    Args:
        files: Digests by path, sorted.
        builds: Where templates stand, by their folders; those that have files are recorded.
        for_all: The files that are not of a template.

    """
    entries, places = PackedText(), set[str]()
    for number, (path, digest) in enumerate(files):
        entries.add(_written(path, digest, first=number == 0))
        if path not in for_all:
            places.update(map(str, PurePosixPath(path).parents))
    told = [(place, source) for place, source in sorted(builds.items()) if place in places]
    document = PackedText((f'{{\n "formatVersion": {_FORMAT},\n "builds": ',))
    for number, (place, source) in enumerate(told):
        document.add(_written(place, source, first=number == 0))
    document.add(f'{_end(told)},\n "files": ')
    for piece in entries:
        document.add(piece.decode())
    document.add(f"{_end(entries)}\n}}\n")
    return document


def _written(name: str, value: str, *, first: bool) -> str:
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


def is_as_written(folder: Path, path: str, recorded: Digests) -> bool:
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
