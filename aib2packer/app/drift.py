"""What differs between files on disk and those that a conversion makes."""

from __future__ import annotations

import os
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from aib2packer.findings.codes import OUT_OF_DATE
from aib2packer.findings.model import Finding, about_file
from aib2packer.findings.text import listed, safe
from aib2packer.lazy.models import dataclass
from aib2packer.packer.layout import (
    BUILD_ENDING,
    BUILD_FILE,
    DIGEST,
    MIGRATION_PAGE,
    SCRIPTS,
    SOURCES_FILE,
    SPLIT_FILES,
    VALIDATION_FOLDER,
    is_converted,
    is_made_script,
    own_names,
)
from aib2packer.system.files import holds, open_file, read_bytes, unreadable
from aib2packer.system.packed import pieces_of
from aib2packer.text.checksum import sha256_of
from aib2packer.text.source import SourceText, Span

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from aib2packer.system.digests import Digests
    from aib2packer.system.packed import Content

_PAGE = f".{MIGRATION_PAGE}"  # has the name of the build in front where a folder has several
_NULL = "/dev/null"
_LINE = 1 << 16
_PLACES = 5
_LARGE = 4 << 20  # bytes of a file that is not compared line by line
_PAIRS = 1 << 22  # of lines that are compared with each other
_MOST = 1 << 30  # what is fetched for a build may have that many bytes


@dataclass(frozen=True, slots=True)
class Difference:
    """A file that is not what it would become: other contents (as text), missing (`before`), or left over (`after` is None)."""

    path: Path
    before: str | None
    after: str | None
    edited: bool = False
    """Whether it is known that somebody has changed the file since it was written."""
    is_large: bool = False
    """Whether it is too large to be compared line by line; the texts are not here then."""

    @property
    def finding(self) -> Finding:
        """The difference as a finding; where contents differ it points at the first line that does."""
        name = str(self.path)
        if self.before is None:
            return about_file(OUT_OF_DATE, name, "this file is missing", help="Convert again.")
        if self.after is None:
            message = "no template produces this file any more"
            return about_file(OUT_OF_DATE, name, message, help="Delete it, or bring its template back.")
        if self.is_large:
            what = "somebody has changed it since it was written" if self.edited else "it is not what the templates produce now"
            message = f"this file is too large to compare line by line: {what}"
            return about_file(OUT_OF_DATE, name, message, help="Convert again, with --force to replace it.")
        if self.edited:
            message = f"somebody has changed this file since it was written: --force would undo {self._undone}"
            help_text = "Keep it, or bring the change into the template, and convert again with --force."
            return Finding(OUT_OF_DATE, _first_difference(SourceText(name, self.before), self.after), message, help_text)
        message = f"this file is not what the template produces now: --force would undo {self._undone}"
        help_text = "Convert again with --force, unless somebody has changed the file: then bring the change into the template."
        return Finding(OUT_OF_DATE, _first_difference(SourceText(name, self.before), self.after), message, help_text)

    @property
    def _undone(self) -> str:
        """Which lines of the file would go, and after which some would come back."""
        before, after = (text.splitlines() for text in (self.before or "", self.after or ""))
        changes = _changes(before, after)
        gone = [_range(start + 1, end) for start, end in changes if end > start]
        ends = [str(start) for start, end in changes if end == start]
        said = ([_places(gone)] if gone else []) + ([f"what is missing after {_places(ends)}"] if ends else [])
        return " and ".join(said) or "how lines end"

    @property
    def diff(self) -> str:
        """The difference as a unified diff, secrets masked and unseen characters escaped; no line break at the end."""
        from difflib import unified_diff

        name = safe(self.path.as_posix())
        if self.is_large:
            return f"--- {name}\n+++ {name}"
        before, after = _lines(self.before), _lines(self.after)
        old, new = (_NULL if self.before is None else name), (_NULL if self.after is None else name)
        lines = unified_diff(before, after, old, new, lineterm="")
        return (
            "\n".join(safe(part) for line in lines for part in line.split("\n")) if before or after else f"--- {old}\n+++ {new}"
        )


def compare(
    folder: Path, files: Mapping[str, Content], written: Digests | None = None, *, with_leftovers: bool
) -> tuple[Difference, ...]:
    """What of the files below a folder differs from what they should be.

    Args:
        folder: Where the files are to lie.
        files: Content by path relative to the folder, with forward slashes.
        written: Digests of files as they were written, as far as they are known.
        with_leftovers: Whether scripts and a validation build count that an earlier conversion has made there and this one does
            not.

    Raises:
        FileError: A file is there and cannot be read.

    """
    differing = []
    for name, content in files.items():
        path = folder / name
        if _is_there(path, content):
            continue
        earlier = None if written is None else written.of(path)
        if len(content) > _LARGE and os.path.lexists(path):
            differing.append(Difference(path, "", "", _is_other(path, earlier), is_large=True))
        else:
            before, after = _content(path), b"".join(pieces_of(content))
            differing.append(Difference(path, _text(before), _text(after), _is_edited(before, earlier)))
    left = [Difference(path, _text(_content(path)), None) for path in (left_in(folder, files) if with_leftovers else ())]
    return (*differing, *left)


def left_over(folder: Path, expected: Collection[Path]) -> Iterator[Difference]:
    """The builds below a folder that come from a conversion into a folder of their own, which is none of those expected."""
    for top, folders, names in os.walk(folder):
        folders.sort()
        if Path(top) in expected:
            continue
        for name in sorted(names):
            if name == BUILD_FILE or (name.endswith(BUILD_ENDING) and not set(SPLIT_FILES).isdisjoint(names)):
                path = Path(top, name)
                if is_converted(_top(path)):
                    yield Difference(path, _text(_content(path)), None)


def _is_there(path: Path, content: Content) -> bool:
    """Whether a file has this content; what cannot be read is told by whoever reads it."""
    try:
        return holds(path, content) is True
    except (OSError, ValueError):
        return False


def left_in(folder: Path, files: Mapping[str, Content]) -> list[Path]:
    """What an earlier conversion has made in a folder and this one, which makes these files, has not.

    That is scripts and what validates, by their names, and the build spread over files in another way. A script that another
    build of the folder runs is none.
    """
    name = next((path.removesuffix(_PAGE) for path in files if path.endswith(_PAGE)), None)
    validation = folder / (VALIDATION_FOLDER if name is None else f"{VALIDATION_FOLDER}-{name}")
    builds = sorted(validation.glob(f"*{BUILD_ENDING}"))
    made = [*builds, *(_scripts(validation / SCRIPTS) if builds else ())]
    if name is None:
        made = [*_other_layout(folder, files), *_scripts(folder / SCRIPTS), *made]
    else:  # the folder has other builds too
        own = [path for path in map(folder.joinpath, own_names(name)) if path.is_file()]
        others = [path for path in sorted(folder.glob(f"*{BUILD_ENDING}")) if path.name not in own_names(name)]
        theirs = "".join(_text(_content(path)) or "" for path in others)
        scripts = (path for path in _scripts(folder / SCRIPTS / name) if path.relative_to(folder).as_posix() not in theirs)
        made = [*own, *scripts, *made]
    return [path for path in made if path.relative_to(folder).as_posix() not in files]


def _other_layout(folder: Path, files: Mapping[str, Content]) -> list[Path]:
    """The files of the same build as it was in another layout, by the first line of the comment at its top."""
    tops = {
        _first_line(_text(next(pieces_of(content), b"")) or "")
        for name, content in files.items()
        if name.endswith(BUILD_ENDING)
    }
    is_split = (folder / SOURCES_FILE).is_file()  # else a file with a name was written by itself: `-o other.pkr.hcl`
    builds = [
        path
        for path in (sorted(folder.glob(f"*{BUILD_ENDING}")) if is_split else [folder / BUILD_FILE])
        if path.name not in files and is_converted(top := _top(path)) and top in tops
    ]
    parts = [folder / name for name in SPLIT_FILES] if any(path.name != BUILD_FILE for path in builds) else []
    return [*builds, *(path for path in parts if path.is_file())]


def _first_line(text: str) -> str:
    return text.partition("\n")[0]


def _scripts(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if is_made_script(path.name))
    except OSError:
        return []


def _top(path: Path) -> str:
    """The first line of a file; nothing of what is none, or cannot be read."""
    try:
        with open_file(path) as file:
            return _first_line(_text(file.read(_LINE)) or "")
    except OSError:
        return ""


def _content(path: Path) -> bytes | None:
    """What is in a file; None where there is none."""
    if not os.path.lexists(path):
        return None
    return read_bytes(str(path), path, _MOST)


def _is_edited(content: bytes | None, written: str | None) -> bool:
    return content is not None and written is not None and sha256_of(content) != written


def _is_other(path: Path, written: str | None) -> bool:
    """Whether a file that may be large is known to be another than the one that was written."""
    from hashlib import file_digest

    try:
        with open_file(path) as file:
            return written is not None and file_digest(file, "sha256").hexdigest() != written
    except OSError as error:
        raise unreadable(str(path), error) from error


def _changes(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """The ranges of lines that differ; only what lies between common beginnings and ends is compared line by line."""
    from difflib import SequenceMatcher

    head = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    ends = zip(reversed(before[head:]), reversed(after[head:]), strict=False)
    tail = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], ends))
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    if len(old) * len(new) > _PAIRS:
        return [(head, head + len(old))]
    compared = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [(head + start, head + end) for kind, start, end, *_ in compared if kind != "equal"]


def _places(lines: Sequence[str]) -> str:
    """The lines of some places, the first of them where there are many."""
    word = "line" if len(lines) == 1 and lines[0].isdecimal() else "lines"
    return f"{word} {listed(lines[:_PLACES], len(lines))}"


def _range(first: int, last: int) -> str:
    return str(first) if first == last else f"{first} to {last}"


def _text(content: bytes | None) -> str | None:
    return None if content is None else content.decode("utf-8", "backslashreplace")


def _lines(text: str | None) -> list[str]:
    """The lines of a text; the last says so if no line break ends it, as `diff` does."""
    lines = (text or "").split("\n")
    if last := lines.pop():
        lines.append(f"{last}\n\\ No newline at end of file")
    return lines


def _first_difference(source: SourceText, after: str) -> Span:
    """The first line of a source text that another text has not; the last one where only the end is missing."""
    lines, others = source.text.splitlines(keepends=True) or [""], after.splitlines(keepends=True)
    differing = [number for number, (line, other) in enumerate(zip(lines, others, strict=False)) if line != other]
    # That the template is another one says less than what became of it.
    told = [number for number in differing if not lines[number].startswith(DIGEST)] or differing
    number = min(told[0] if told else len(lines), len(others), len(lines) - 1)
    line = lines[number]
    start = sum(map(len, lines[:number]))
    return Span(source, start + len(line) - len(line.lstrip(" ")), start + len(line.rstrip("\r\n")))
