"""The values that several builds have, in one file."""

from __future__ import annotations

from collections import defaultdict
from textwrap import wrap
from typing import TYPE_CHECKING

from aib2packer.estate.model import SharedValue
from aib2packer.lazy.models import replace
from aib2packer.packer.layout import ESTATE_VALUES, OWN_VALUES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aib2packer.estate.model import Estate, EstateBuild
    from aib2packer.packer.facts import ValueEntry

OWN_VALUES_OPTION = f"-var-file={OWN_VALUES}"
"""What gives a build its own values."""
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


def values_for_all(build: EstateBuild) -> str:
    """The option that gives a build the values for all."""
    return f"-var-file={build.up}/{ESTATE_VALUES}"


def commands(estate: Estate, build: EstateBuild) -> tuple[str, ...]:
    """What runs a build in its folder: it takes the values for all before its own, each where it needs any of them."""
    launch = build.facts.launch
    above = (values_for_all(build),) if estate.shares(build) else ()
    needless = (OWN_VALUES_OPTION,) if estate.has_all_of(build) else ()
    every = (
        replace(one, values=(*above, *(option for option in one.values if option not in needless)))
        for one in (*launch.checks, *launch.builds)
    )
    return (launch.init, *map(str, every))
