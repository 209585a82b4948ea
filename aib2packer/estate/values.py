"""The values that several builds have, in one file."""

from __future__ import annotations

from collections import defaultdict
from textwrap import wrap
from typing import TYPE_CHECKING

from aib2packer.estate.model import SharedValue
from aib2packer.packer.layout import ESTATE_VALUES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aib2packer.estate.model import EstateBuild
    from aib2packer.packer.facts import ValueEntry

_WIDTH = 98
_HEAD = (
    "Values that several builds have, each once. Take the # away from a line to give the value to all of them, with "
    "-var-file={}; what a file of a single build says counts more, if it comes after this one."
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
    head = "\n".join(f"# {line}" for line in wrap(_HEAD.format(ESTATE_VALUES), _WIDTH, break_on_hyphens=False))
    return "\n\n".join((head, *map(_entry, values))) + "\n"


def _entry(value: SharedValue) -> str:
    paths = wrap(f"For {', '.join(value.paths)}.", _WIDTH, break_on_hyphens=False, break_long_words=False)
    return "\n".join((*(f"# {line}" for line in paths), value.text))


def with_values(command: str, build: EstateBuild) -> str:
    """A command of Packer that takes the values for all, before those of the build."""
    option = f"-var-file={build.up}/{ESTATE_VALUES}"
    for verb in ("packer validate", "packer build"):
        command = command.replace(verb, f"{verb} {option}", 1)
    return command
