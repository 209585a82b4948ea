"""Durations, as Packer takes them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.aib.tokens import literal_text
from aib2packer.findings import codes
from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from aib2packer.aib.fields import Fields
    from aib2packer.arm.language.text import TemplateText

# Go's durations: https://pkg.go.dev/time#ParseDuration
_GO = pattern(r"(?:[0-9]+(?:\.[0-9]+)?(?:ns|us|µs|ms|s|m|h))+")
_ISO = pattern(r"PT(?=[0-9])(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)S)?")


def read_duration(fields: Fields, key: str) -> TemplateText | None:
    """Read a duration such as `5m`. What is meant as one is brought into that form; None where it is unset or an error."""
    late = fields.late_text(key)
    if late is not None and (late.known is None or _GO.fullmatch(late.known)):
        return late.text
    word = fields.word(key)
    if word is None:
        return None
    if _GO.fullmatch(word.value):
        return literal_text(word.value, word.span)
    squeezed = re.sub(r"\s+", "", word.value)
    iso = _ISO.fullmatch(squeezed.upper())
    duration = (
        "".join(f"{number}{unit}" for number, unit in zip(iso.groups(), "hms", strict=True) if number) if iso else squeezed
    )
    if not _GO.fullmatch(duration):
        fields.report.add(
            codes.BAD_DURATION, word.span, f"`{word.value}` is not a duration", help="Write a number and a unit, such as 5m."
        )
        return None
    fields.report.add(
        codes.COERCED,
        word.span,
        f"`{word.value}` is not a duration that Packer or the service takes; it is read as {duration}",
        help=f"Write {duration}.",
    )
    return literal_text(duration, word.span)
