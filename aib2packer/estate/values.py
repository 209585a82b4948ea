"""The values that several builds have, in one file."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from textwrap import wrap
from typing import TYPE_CHECKING

from aib2packer.estate.model import SharedValue
from aib2packer.guide.commands import values_option
from aib2packer.lazy.models import replace
from aib2packer.packer.layout import ESTATE_VALUES, OWN_VALUES, VALUES_ENDING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aib2packer.estate.model import Estate, EstateBuild
    from aib2packer.packer.facts import PackerCommand, ValueEntry

_WIDTH = 98
_NO_WARNING = "-no-warn-undeclared-var"
_HEAD = (
    "Values that several builds share. Uncomment a line to give its value to all of them, and pass -var-file={} before "
    "the files of a single build: the last value counts. Packer reads *{} before everything else, so pass such a file "
    "again after this one."
)


def shared(builds: Sequence[EstateBuild]) -> tuple[SharedValue, ...]:
    """The variables that mean the same in several builds, by descriptions, rules and values; the open ones first."""
    found: dict[str, list[tuple[ValueEntry, str]]] = defaultdict(list)
    for build in builds:
        for entry in build.facts.entries:
            found[entry.name].append((entry, build.path))
    values = [
        SharedValue(name, same[0][0].text, tuple(path for _, path in same), any(entry.is_open for entry, _ in same))
        for name, same in found.items()
        # A name that means two things can have no value for all.
        if len(same) > 1 and same[0][0].text and len({entry.text for entry, _ in same}) == 1
    ]
    return tuple(sorted(values, key=lambda value: (not value.is_open, -len(value.paths), value.name)))


def values_file(values: Sequence[SharedValue]) -> str:
    """The file; nothing where builds share no value."""
    if not values:
        return ""
    head = "\n".join(f"# {line}" for line in wrap(_HEAD.format(ESTATE_VALUES, VALUES_ENDING), _WIDTH, break_on_hyphens=False))
    return "\n\n".join((head, *map(_entry, values))) + "\n"


def _entry(value: SharedValue) -> str:
    paths = wrap(f"For {', '.join(value.paths)}.", _WIDTH, break_on_hyphens=False, break_long_words=False)
    return "\n".join((*(f"# {line}" for line in paths), value.text))


def given(estate: Estate, build: EstateBuild, command: PackerCommand, environment: str = "") -> tuple[str, ...]:
    """The files of values that a command takes, each where it has any: those for all, then the build's own, which count more.

    Packer reads some files by itself, but before all that it is given: such a one is named again, after the values for all.
    `environment` is the file to take in the place of the first environment's.
    """
    needless = {values_option(OWN_VALUES)} if estate.has_all_of(build) else set()
    instead = (values_option(environment),) if environment else ()
    needless |= set(map(values_option, build.facts.launch.environments)) if environment else set()
    own = (*(option for option in command.values if option not in needless), *instead)
    if not estate.shares(build):
        return own
    return (values_option(f"{build.up}/{ESTATE_VALUES}"), *map(values_option, _read_by_itself(build, command)), *own)


def _read_by_itself(build: EstateBuild, command: PackerCommand) -> Iterator[str]:
    """The files of values that Packer reads by itself in the folder that the command is for."""
    for path in build.result.files:
        if path.endswith(VALUES_ENDING) and posixpath.normpath(posixpath.dirname(path)) == posixpath.normpath(command.end):
            yield path


def commands(estate: Estate, build: EstateBuild, environment: str = "") -> tuple[str, ...]:
    """What runs a build in its folder, for the first environment or the one whose file is named."""
    launch = build.facts.launch
    # packer validate warns of each value of others, which packer build takes without a word.
    quiet = (_NO_WARNING,) if estate.shares(build) and any(build.path not in value.paths for value in estate.shared) else ()
    checks = (replace(one, values=(*quiet, *given(estate, build, one, environment))) for one in launch.checks)
    builds = (replace(one, values=given(estate, build, one, environment)) for one in launch.builds)
    return (launch.init, *map(str, (*checks, *builds)))
