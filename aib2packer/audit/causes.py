"""Findings of many templates by their causes, in little room: templates have numbers, which become names at the end."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

from aib2packer.audit.model import Cause, Said
from aib2packer.findings.formats import place_in
from aib2packer.findings.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from aib2packer.findings.model import Code, Finding


class Places(Sequence[str]):
    """Places in files, and the numbers of the templates that they are for. A place becomes text when it is asked for."""

    def __init__(self, files: dict[str, int]) -> None:
        """Take the numbers of files by their names, which many such lists may have in common."""
        self._files = files
        self._numbers = array("I")

    def add(self, number: int, finding: Finding) -> None:
        """Take the place of a finding of a template."""
        file = self._files.setdefault(finding.span.source.name, len(self._files))
        self._numbers.extend((number, file, *((0, 0) if finding.is_about_file else finding.span.position)))

    @property
    def templates(self) -> set[int]:
        """The numbers of the templates."""
        return set(self._numbers[::4])

    def __len__(self) -> int:
        return len(self._numbers) // 4

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        which = range(len(self))[index]
        return [*self._told(which)] if isinstance(which, range) else next(self._told([which]))

    def __iter__(self) -> Iterator[str]:
        return self._told(range(len(self)))

    def _told(self, which: Iterable[int]) -> Iterator[str]:
        names = [*self._files]
        for number in which:
            _, file, line, column = self._numbers[4 * number : 4 * number + 4]
            yield place_in(names[file], line, column)


class Tellings:
    """What findings say, word for word, with the places where each is said."""

    def __init__(self) -> None:
        self._said: dict[Code, dict[tuple[str, str], Places]] = {}
        self._files: dict[str, int] = {}
        self._same: dict[str, str] = {}  # what to do is the same in most

    def add(self, number: int, finding: Finding) -> None:
        """Take in a finding of the template that has a number."""
        told = (safe(finding.message), self._same.setdefault(finding.help, safe(finding.help)))
        of_code = self._said.setdefault(finding.code, {})
        if told not in of_code:
            of_code[told] = Places(self._files)
        of_code[told].add(number, finding)

    def causes(self, names: Sequence[str]) -> tuple[Cause, ...]:
        """The findings by code, those of most templates first, and so what they say; `names`: of the templates by number."""
        causes = (
            Cause(code, _by_most(said), named(set().union(*(places.templates for places in said.values())), names))
            for code, said in self._said.items()
        )
        return tuple(sorted(causes, key=lambda cause: (-len(cause.templates), cause.code.id)))


def _by_most(said: Mapping[tuple[str, str], Places]) -> tuple[Said, ...]:
    told = sorted(said.items(), key=lambda one: -len(one[1].templates))
    return tuple(Said(message, remedy, places) for (message, remedy), places in told)


def named(numbers: Iterable[int], names: Sequence[str]) -> tuple[str, ...]:
    """The names of templates by their numbers, in the order of these, each once."""
    return tuple(dict.fromkeys(names[number] for number in sorted(numbers)))
