"""What Packer prints about a build, taken apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.findings import codes
from aib2packer.lazy.models import dataclass
from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aib2packer.findings.model import Code

_START = pattern(r"^(?P<kind>Error|Warning): (?P<summary>.*)$", re.MULTILINE)
_PLACE = pattern(r"^\s+on (?P<file>\S.*?) line (?P<line>[0-9]+)(?:, in [^\n]*)?:?\n", re.MULTILINE)
# The line that Packer shows below a place: this output has it anyway.
_EXCERPT = pattern(r"^\s+(?:[0-9]+: .*|\(source code not available\))\n", re.MULTILINE)
_COLOUR = pattern(r"\x1b\[[0-9;]*m")
_END = pattern(r"^(?:The configuration is valid\.?|Did you run packer init.*)$", re.MULTILINE)
_LONGEST = 600


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that Packer says: `summary` in a few words, `detail` in more, "" for nothing; None where no place is named."""

    code: Code
    summary: str
    detail: str = ""
    file: str | None = None
    line: int | None = None

    @property
    def text(self) -> str:
        """All that it says, on one line."""
        whole = ": ".join(part for part in (self.summary.rstrip(":"), self.detail) if part)
        return whole if len(whole) <= _LONGEST else f"{whole[:_LONGEST]}…"


def read_complaints(output: str) -> tuple[Complaint, ...]:
    """The errors and warnings in what Packer printed. What is neither is passed over."""
    return tuple(_complaints(_COLOUR.sub("", output).replace("\r\n", "\n")))


def _complaints(output: str) -> Iterator[Complaint]:
    starts = list(_START.finditer(output))
    ends = [start.start() for start in starts[1:]] + [len(output)]
    for start, end in zip(starts, ends, strict=False):  # without a start there is one end
        body = output[start.end() : end]
        place = _PLACE.search(body)
        detail = _END.sub("", _EXCERPT.sub("", _PLACE.sub("", body)))
        yield Complaint(
            codes.REFUSED_BY_PACKER if start["kind"] == "Error" else codes.NOTED_BY_PACKER,
            start["summary"].strip(),
            " ".join(detail.split()),
            None if place is None else place["file"],
            None if place is None else int(place["line"]),
        )
