"""`fileset`: the files of a folder whose paths fit a pattern, as Terraform finds them."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from aib2packer.lazy.models import dataclass
from aib2packer.lazy.patterns import pattern
from aib2packer.terraform.syntax import NotTranslatedError
from aib2packer.text.source import FileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aib2packer.text.source import Span

_MOST_FOLDERS = 1000
_LONE = pattern(r"[\ud800-\udfff]")
_SPECIAL = pattern(r"[*?{}\[\]\\]")
_SIGN = pattern(r"\\(?P<plain>.)|\[(?P<out>\^?)(?P<class>(?:\\.|[^\]\\!^])(?:\\.|[^\]\\])*)\]|(?P<sign>.)", re.DOTALL)
_ESCAPED = pattern(r"\\(.)|[^-]", re.DOTALL)
_SIGNS = {"*": ".*", "?": ".", "{": "(?:", "}": ")"}


def files_that_fit(listed: Callable[[str], tuple[str, ...]], folder: str, wanted: str, span: Span) -> tuple[str, ...]:
    """The paths of files that fit a pattern, from the folder on, in the order of a set in Terraform.

    Args:
        listed: Gives the names of what a folder holds, those of folders with a slash behind; raises `FileError`.
        folder: Where the pattern begins.
        wanted: The pattern.
        span: Where it is asked for.

    Raises:
        NotTranslatedError: The pattern is not understood, or a folder that it names cannot be read.

    """
    steps = posixpath.normpath(wanted).split("/")
    named = next((at for at, step in enumerate(steps[:-1]) if _SPECIAL.search(step)), len(steps) - 1)
    base = posixpath.join("", *steps[:named])
    search = _Search(listed, folder, wanted, span)
    found = sorted(set(search.below(base, tuple(_Step(step, wanted, span) for step in steps[named:]))))
    if any(_LONE.search(name) for name in found):
        raise NotTranslatedError(span, f"a file that fits {wanted} has a name that is no text", "Rename it.")
    return tuple(found)


class _Step:
    """What a pattern says of one folder, or of the file: `**` stands for any number of folders."""

    def __init__(self, text: str, wanted: str, span: Span) -> None:
        self.is_any_depth = text == "**"
        if "**" in text and not self.is_any_depth:
            raise NotTranslatedError(span, f"the pattern {wanted} has `**` beside other letters", "Write it between slashes.")
        try:
            self.fits = re.compile(_expression(text), re.DOTALL).fullmatch
        except (ValueError, re.error):
            what = f"the pattern {wanted} is not understood: its brackets or braces"
            raise NotTranslatedError(span, what, "Name the files in a list, or write a simpler pattern.") from None


def _expression(text: str) -> str:
    """A pattern for a name as a regular expression.

    Raises:
        ValueError: It is not understood.

    """
    written, depth = "", 0
    for sign in _SIGN.finditer(text):
        letter = sign["sign"] or ""
        depth += (letter == "{") - (letter == "}")
        if depth < 0 or letter in {"[", "]", "\\"}:
            raise ValueError(text)
        if sign["class"] is not None:
            written += f"[{sign['out']}{_ESCAPED.sub(lambda one: re.escape(one[1] or one[0]), sign['class'])}]"
        elif letter == "," and depth:
            written += "|"
        else:
            written += _SIGNS.get(letter) or re.escape(sign["plain"] or letter)
    if depth:
        raise ValueError(text)
    return written


@dataclass(slots=True)
class _Search:
    """A walk through folders: `looked_into` is how many so far."""

    listed: Callable[[str], tuple[str, ...]]
    folder: str
    wanted: str
    span: Span
    looked_into: int = 0

    def below(self, path: str, steps: tuple[_Step, ...]) -> Iterator[str]:
        """The files below a path whose further steps fit."""
        step, *rest = steps
        names = self._names(path)
        files = [name for name in names if not name.endswith("/")]
        folders = [name[:-1] for name in names if name.endswith("/")]
        if not rest:
            yield from (posixpath.join(path, name) for name in files if step.is_any_depth or step.fits(name))
        elif step.is_any_depth:
            yield from self.below(path, tuple(rest))
        for name in folders:
            if step.is_any_depth:
                yield from self.below(posixpath.join(path, name), steps)
            elif rest and step.fits(name):
                yield from self.below(posixpath.join(path, name), tuple(rest))

    def _names(self, path: str) -> tuple[str, ...]:
        whole = posixpath.normpath(posixpath.join(self.folder, path))
        self.looked_into += 1
        if self.looked_into > _MOST_FOLDERS:
            what = f"the pattern {self.wanted} leads through more than {_MOST_FOLDERS:,} folders"
            raise NotTranslatedError(self.span, what, "Name the folder.")
        return names_in(self.listed, whole, self.span)


def names_in(listed: Callable[[str], tuple[str, ...]], folder: str, span: Span) -> tuple[str, ...]:
    """The names of what a folder holds, as `listed` gives them.

    Raises:
        NotTranslatedError: The folder cannot be read.

    """
    try:
        return listed(folder)
    except FileError as error:
        raise NotTranslatedError(span, f"the folder {folder} cannot be read ({error.reason})", error.help) from error
