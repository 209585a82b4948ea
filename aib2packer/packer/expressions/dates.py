"""The time of a build, and formats of dates: .NET's as `formatdate` of HCL takes them.

Source: docs/reference/arm-expressions.md 2.7.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from aib2packer.hcl.values import HclCode, Local
from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = Local("now", HclCode("timestamp()"), "Taken once: each call of timestamp() gives another time.")
TIME = Local("build_time", HclCode('formatdate("YYYYMMDDhhmmss", local.now)', (NOW,)))
"""The time of the build, to the second, for names that no other build has."""

_token = pattern(r"y+|M+|d+|H+|h+|m+|s+|f+|F+|t+|z+|K|'([^']*)'|\"([^\"]*)\"|\\(.)|%|(?s:(.))")
_TOKENS: Mapping[str, str] = MappingProxyType(
    dict(
        pair.split()
        for pair in (
            *("yyyy YYYY", "yy YY", "MMMM MMMM", "MMM MMM", "MM MM", "M M", "dddd EEEE", "ddd EEE", "dd DD", "d D"),
            *("HH hh", "H h", "hh HH", "h H", "mm mm", "m m", "ss ss", "s s", "tt AA"),
        )
    )
)
# The standard formats of one letter that mean one thing in every culture; ARM has the invariant one.
_STANDARD = MappingProxyType(
    {
        "d": "MM/dd/yyyy",
        "s": "yyyy-MM-ddTHH:mm:ss",
        "u": "yyyy-MM-dd HH:mm:ssZ",
        "t": "HH:mm",
        "T": "HH:mm:ss",
        "g": "MM/dd/yyyy HH:mm",
        "G": "MM/dd/yyyy HH:mm:ss",
        "D": "dddd, dd MMMM yyyy",
    }
)
# What `formatdate` takes as itself outside of quotes (github.com/zclconf/go-cty, function/stdlib/datetime.go): all but letters.
_quoted = pattern(r"[A-Za-z']")


def date_format(picture: str) -> str | None:
    """A .NET format as one of `formatdate`; None where there is none."""
    if len(picture) == 1:
        picture = _STANDARD.get(picture, "")
    pieces: list[tuple[bool, str]] = []
    for match in _token.finditer(picture):
        literal = next((group for group in match.groups() if group is not None), None)
        if match[0] == "%":
            continue
        if literal is None:
            known = "'Z'" if match[0] == "K" else _TOKENS.get(match[0])
            if known is None:
                return None
            pieces.append((False, known))
        elif pieces and pieces[-1][0]:
            pieces[-1] = (True, pieces[-1][1] + literal)
        else:
            pieces.append((True, literal))
    return "".join(_quote(text) if literal else text for literal, text in pieces) or None


def _quote(text: str) -> str:
    if not _quoted.search(text):
        return text
    return "'" + text.replace("'", "''") + "'"
