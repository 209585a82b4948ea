"""What a run keeps of its results until all are made: this decides how much room a template takes."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from aib2packer.app.run import Outcome
from aib2packer.estate.values import SharedValues
from aib2packer.findings.failing import ABOUT_FILES
from aib2packer.findings.model import about_file
from aib2packer.lazy.models import replace
from aib2packer.system.packed import Packed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aib2packer.app.run import Result
    from aib2packer.findings.model import Finding


class Kept:
    """What all builds together need of the results of a run: packed, without the texts of inputs and outputs."""

    def __init__(self, folder: Path) -> None:
        """Take the folder of all builds."""
        self.folder = folder
        self.results: Packed[Result] = Packed()
        self.builds: list[tuple[str, int]] = []
        """The builds of an estate by their folders below that of all, each with the number of its result."""
        self.failed = array("I")
        """The numbers of the results that are no build, and were to be."""
        self.homes: dict[str, str] = {}
        """The templates with files by their folders below that of all: where each stands."""
        self.values = SharedValues()
        self.stale: list[Result] = []
        """The results of which something is to be removed when all files have taken their places."""

    def add(self, result: Result) -> None:
        """Take one more."""
        light = replace(result, findings=tuple(_light(result)), settings=(), source_map=(), hcl=None, diff="", stale=())
        number = len(self.results)
        if result.home and result.files:
            self.homes[result.home] = result.on_record
        if result.facts is None:
            if result.outcome not in {Outcome.NO_TEMPLATE, Outcome.LEFT_OVER}:
                self.failed.append(number)
        elif result.folder is not None:
            self.builds.append((result.folder.relative_to(self.folder).as_posix(), number))
            self.values.add(number, result.facts.entries)
        if result.stale:
            self.stale.append(replace(light, facts=None, stale=result.stale))
        self.results.append(light)


def _light(result: Result) -> Iterator[Finding]:
    """The findings without their places in the input, and without what is said of files that are there."""
    for one in result.findings:
        if one.code not in ABOUT_FILES:
            finding = about_file(one.code, one.span.source.name, one.message, one.help)
            yield replace(finding, accepted=one.accepted) if one.accepted else finding
