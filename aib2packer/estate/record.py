"""The record of what runs have written below a folder: a file that none of them makes any more is told, and may be removed."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from aib2packer.lazy.models import dataclass
from aib2packer.packer.layout import RECORD
from aib2packer.text.checksum import sha256_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_FORMAT = 1
_MOST = 64 << 20


@dataclass(frozen=True, slots=True)
class Stale:
    """A file of an earlier run that this one did not make; `edited`: it is not as it was written."""

    path: str
    edited: bool


def read(folder: Path) -> dict[str, str]:
    """The digests of what was written below a folder, by path; nothing where there is no record, or none that can be read."""
    try:
        file = folder / RECORD
        if file.is_symlink() or file.stat().st_size > _MOST:
            return {}
        document = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    files = document.get("files") if isinstance(document, dict) and document.get("formatVersion") == _FORMAT else None
    pairs = files.items() if isinstance(files, dict) else ()
    return {path: one for path, one in pairs if isinstance(one, str) and _is_below(path)}


def written(folder: Path) -> dict[Path, str]:
    """The digests of what was written below a folder, by the paths of the files."""
    return {folder / path: one for path, one in read(folder).items()}


def text(files: Mapping[str, str]) -> bytes:
    """The record, as a file."""
    return (json.dumps({"formatVersion": _FORMAT, "files": dict(sorted(files.items()))}, indent=1) + "\n").encode()


def stale(folder: Path, recorded: Mapping[str, str], made: Iterable[str], untouched: Iterable[str]) -> tuple[Stale, ...]:
    """The recorded files that are there, and that a run did not make.

    Args:
        folder: The folder of all.
        recorded: What earlier runs have written, with digests.
        made: The paths of what this run made.
        untouched: Folders of builds that this run could not make: what lies there is let be.

    """
    known, kept = set(made), tuple(f"{place}/" for place in untouched)
    found = []
    for path, written in sorted(recorded.items()):
        if path in known or path.startswith(kept):
            continue
        content = _content(folder, path)
        if content is not None:
            found.append(Stale(path, sha256_of(content) != written))
    return tuple(found)


def is_as_written(folder: Path, path: str, recorded: Mapping[str, str]) -> bool:
    """Whether a file is one that a run has written, and nobody has changed since."""
    content = _content(folder, path)
    return content is not None and recorded.get(path) == sha256_of(content)


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


def _content(folder: Path, path: str) -> bytes | None:
    """What is in a file that lies below the folder itself: nothing behind a link is ours."""
    file = folder / path
    try:
        if file.is_symlink() or not file.is_file() or file.parent.resolve() != (folder.resolve() / path).parent:
            return None
        return file.read_bytes()
    except OSError:
        return None


def _is_below(path: str) -> bool:
    parts = PurePosixPath(path)
    return bool(path) and "\\" not in path and "\0" not in path and not parts.is_absolute() and ".." not in parts.parts
