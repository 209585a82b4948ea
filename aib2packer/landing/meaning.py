"""What an HCL expression means, without its place and its spelling: two that are equal here are equal to Packer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from aib2packer.hcl.printing import print_value
from aib2packer.terraform.reading import body_or_place
from aib2packer.terraform.syntax import TfText, TfUnread, TfValue
from aib2packer.text.source import SourceText

if TYPE_CHECKING:
    from aib2packer.hcl.values import Value
    from aib2packer.terraform.reading import FileBody
    from aib2packer.terraform.syntax import TfExpression

Meaning: TypeAlias = "tuple[object, ...]"

_LITERAL_SIGILS = re.compile(r"\$\$\{|%%\{")
# What Packer reads and python-hcl2 does not: a marker that strips spaces, and letters beyond ASCII in a name.
_STRIPS = re.compile(r"(?<=\$\{)~|~(?=\})")
_OTHER_LETTERS = re.compile(r"[^\x00-\x7f]")


def read_hcl(source: SourceText) -> FileBody | int | None:
    """The attributes and blocks of a file; the offset at which it is no HCL; None where it is too large."""
    # python-hcl2 8 cannot read an escaped `$${` right before a reference; places stay where they are.
    text = _LITERAL_SIGILS.sub("__(", source.text)
    body = body_or_place(SourceText(source.name, text))
    if not isinstance(body, int):
        return body
    plainer = _OTHER_LETTERS.sub("_", _STRIPS.sub(" ", text))
    again = body if plainer == text else body_or_place(SourceText(source.name, plainer))
    return again if isinstance(again, tuple) else body


def meaning_of(value: Value) -> Meaning | None:
    """What a value of ours means; None where python-hcl2 cannot read what it is in HCL."""
    body = read_hcl(SourceText("", f"value = {print_value(value)}\n"))
    return meaning(body[0][0].value) if isinstance(body, tuple) else None


def meaning(expression: TfExpression) -> Meaning:
    """What an expression means."""
    match expression:
        case TfValue(value):
            return (type(value).__name__, value)
        case TfText((only,)) if not isinstance(only, str):
            return meaning(only)
        case TfUnread():
            return ("unread", " ".join(expression.span.text.split()))
        case _:
            kind = type(expression)
            fields = (getattr(expression, name) for name in kind.__match_args__ if name != "span")
            return (kind.__name__, *map(_part, fields))


def _part(value: object) -> object:
    if isinstance(value, tuple):
        return tuple(map(_part, value))
    return meaning(value) if hasattr(value, "span") else value  # type: ignore[arg-type]
