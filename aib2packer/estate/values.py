"""The values that several builds have, in one file."""

from __future__ import annotations

import posixpath
from array import array
from functools import partial
from typing import TYPE_CHECKING

from aib2packer.estate.model import SharedValue
from aib2packer.guide.commands import values_option
from aib2packer.lazy.models import replace
from aib2packer.packer.layout import ESTATE_VALUES, OWN_VALUES, VALUES_ENDING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from aib2packer.estate.model import Estate, EstateBuild
    from aib2packer.packer.facts import PackerCommand, ValueEntry

_WIDTH = 98
_ID = '= "/subscriptions/'
_NO_WARNING = "-no-warn-undeclared-var"
_HEAD = (
    "Values that several builds share. Uncomment a line to give its value to all of them, and pass -var-file={} before "
    "the files of a single build: the last value counts. Packer reads *{} before everything else, so pass such a file "
    "again after this one."
)


class SharedValues:
    """The variables of builds, which have numbers, by name: to find those that mean the same in several."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[ValueEntry, array[int]]] = {}
        self._ambiguous: set[str] = set()  # a name that means two things can have no value for all
        self._open: set[str] = set()

    def add(self, number: int, entries: Iterable[ValueEntry]) -> None:
        """Take in the variables of a build."""
        for entry in entries:
            first, numbers = self._found.setdefault(entry.name, (entry, array("I")))
            numbers.append(number)
            if not _say_the_same(entry.text, first.text):
                self._ambiguous.add(entry.name)
            if entry.is_open:
                self._open.add(entry.name)

    def shared(self, builds: Sequence[tuple[str, int]]) -> tuple[SharedValue, ...]:
        """The values that several builds have, by descriptions, rules and values; the open ones first.

        `builds` are their folders with their numbers, as they are to be named.
        """
        values = []
        places = {number: place for place, (_, number) in enumerate(builds)}
        for name, (entry, numbers) in self._found.items():
            if len(numbers) > 1 and entry.text and name not in self._ambiguous:
                users = sorted(places[number] for number in set(numbers))
                paths = tuple(builds[place][0] for place in users)
                values.append(SharedValue(name, entry.text, paths, name in self._open))
        return tuple(sorted(values, key=lambda value: (not value.is_open, -len(value.paths), value.name)))


def _say_the_same(text: str, other: str) -> bool:
    """Whether two builds have a value alike; to Azure, ids are so whatever their case."""
    return text == other or (_ID in text.casefold() and text.casefold() == other.casefold())


def values_file(values: Sequence[SharedValue]) -> str:
    """The file; nothing where builds share no value."""
    if not values:
        return ""
    from textwrap import wrap

    head = "\n".join(f"# {line}" for line in wrap(_HEAD.format(ESTATE_VALUES, VALUES_ENDING), _WIDTH, break_on_hyphens=False))
    return "\n\n".join((head, *map(_entry, values))) + "\n"


def _entry(value: SharedValue) -> str:
    from textwrap import wrap

    paths = wrap(f"For {', '.join(value.paths)}.", _WIDTH, break_on_hyphens=False, break_long_words=False)
    return "\n".join((*(f"# {line}" for line in paths), value.text))


def needed(estate: Estate, build: EstateBuild, command: PackerCommand) -> tuple[str, ...]:
    """The files of values that a command cannot do without."""
    needless = {values_option(OWN_VALUES)} if estate.has_all_of(build) else set()
    return tuple(option for option in given(estate, build, command) if option not in needless)


def given(estate: Estate, build: EstateBuild, command: PackerCommand, environment: str = "") -> tuple[str, ...]:
    """The files of values that a command takes: those for all, then the build's own, which count more.

    The build's own may not be there where those for all have all that it needs; the script of the pipelines leaves it out then.
    Packer reads some files by itself, but before all that it is given: such a one is named again, after the values for all.
    `environment` is the file to take in the place of the first environment's.
    """
    needless = frozenset(map(values_option, build.facts.launch.environments)) if environment else frozenset[str]()
    instead = (values_option(environment),) if environment else ()
    own = (*(option for option in command.values if option not in needless), *instead)
    if not estate.shares(build):
        return own
    return (values_option(f"{build.up}/{ESTATE_VALUES}"), *map(values_option, _read_by_itself(build, command)), *own)


def _read_by_itself(build: EstateBuild, command: PackerCommand) -> Iterator[str]:
    """The files of values that Packer reads by itself in the folder that the command is for."""
    for path in build.result.files:
        if path.endswith(VALUES_ENDING) and posixpath.normpath(posixpath.dirname(path)) == posixpath.normpath(command.end):
            yield path


def commands(estate: Estate, build: EstateBuild) -> tuple[str, ...]:
    """What a person runs for a build in its folder, for the first environment."""
    return _commands(estate, build, partial(needed, estate, build))


def commands_of_script(estate: Estate, build: EstateBuild, environment: str) -> tuple[str, ...]:
    """What the script of the pipelines runs, for the environment whose file is named; "" for a build that has none."""
    return _commands(estate, build, lambda command: given(estate, build, command, environment))


def _commands(estate: Estate, build: EstateBuild, values: Callable[[PackerCommand], tuple[str, ...]]) -> tuple[str, ...]:
    launch = build.facts.launch
    # packer validate warns of each value of others, which packer build takes without a word.
    quiet = (_NO_WARNING,) if estate.shares(build) and estate.has_others(build) else ()
    checks = (replace(one, values=(*quiet, *values(one))) for one in launch.checks)
    builds = (replace(one, values=values(one)) for one in launch.builds)
    return (launch.init, *map(str, (*checks, *builds)))
