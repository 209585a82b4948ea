"""From what Packer says of the output to findings about the template."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.findings import codes
from aib2packer.findings.model import Finding, about_file
from aib2packer.lazy.models import dataclass
from aib2packer.provenance.sourcemap import origin_of
from aib2packer.text.secrets import mask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.provenance.sourcemap import Place
    from aib2packer.text.source import Span
    from aib2packer.verify.complaints import Complaint
    from aib2packer.verify.values import Made

# What depends on the values of variables; all else that Packer says holds whatever these are.
_OF_VALUES = ("Invalid index", "Error in function call", "Invalid function argument", "Invalid value for", "Invalid template")
_SAYS = {
    codes.REFUSED_BY_PACKER: ("refuses", "Correct the setting; where it is right, report this as a fault of aib2packer."),
    codes.NOTED_BY_PACKER: ("warns of", "See whether it matters to you."),
    codes.NOT_FORMATTED: ("would format", "Run packer fmt, and report this as a fault of aib2packer."),
}


@dataclass(frozen=True, slots=True)
class JudgedOutput:
    """A build that was judged: its files by name, the values that were made up for it, and where it comes from."""

    texts: Mapping[str, str]
    values: Mapping[str, Made]
    places: tuple[Place, ...]
    file: str
    """What findings call the input."""

    def finding(self, complaint: Complaint) -> Finding:
        """What a complaint means for the template: where a made-up value is to blame, that this could not be checked."""
        code, said, line = complaint.code, mask(complaint.text), self._line(complaint).strip()
        if code is codes.REFUSED_BY_PACKER and (name := self._blamed(complaint, line)) is not None:
            code = codes.NOT_VERIFIED
            message = f"what is made of {name} is not validated, because Packer refuses the made-up value: {said}"
            help_text = f"Validate it with a value of your own: packer validate -var {name}=…"
        else:
            verb, help_text = _SAYS[code]
            shown = f"line {complaint.line}, `{mask(line)}`" if line else "the output"
            message = f"Packer {verb} {shown}: {said}"
        span = self._span(complaint)
        return about_file(code, self.file, message, help=help_text) if span is None else Finding(code, span, message, help_text)

    def _line(self, complaint: Complaint) -> str:
        lines = self.texts.get(complaint.file or "", "").split("\n")
        return lines[complaint.line - 1] if complaint.line is not None and complaint.line <= len(lines) else ""

    def _places(self, complaint: Complaint) -> tuple[Place, ...]:
        """The places in the file that a complaint is about; all where it names none."""
        return tuple(place for place in self.places if complaint.file in {None, place.file})

    def _blamed(self, complaint: Complaint, line: str) -> str | None:
        """The variable whose made-up value may be what Packer does not like."""
        of_values = complaint.summary.startswith(_OF_VALUES)
        for name, value in self.values.items():
            if (isinstance(value, str) and value in complaint.text) or (of_values and f"var.{name}" in line + complaint.text):
                return name
        # Where a local stands in between, nothing tells which.
        return next(iter(self.values), None) if of_values else None

    def _span(self, complaint: Complaint) -> Span | None:
        """The setting that a complaint is about: that of its line, or one that it names; None where nothing tells."""
        span = None if complaint.line is None else origin_of(self._places(complaint), complaint.line)
        if span is not None:
            return span
        words = re.findall(r"[a-z][a-z0-9_]+", complaint.text)
        return next((place.origins[0] for word in words for place in self.places if place.address.endswith(f".{word}")), None)
