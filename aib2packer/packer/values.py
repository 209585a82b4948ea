"""HCL values as data. `hcl.py` prints them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Validation:
    """A `validation` block of a variable: an HCL condition, and a sentence."""

    condition: str
    error_message: str


@dataclass(frozen=True, slots=True)
class Variable:
    """An input variable. Without a default it is required; `default = Code("null")` makes it optional."""

    name: str
    description: str = ""
    type: str = "string"
    default: Value | None = None
    sensitive: bool = False
    validation: tuple[Validation, ...] = ()


@dataclass(frozen=True, slots=True)
class Local:
    """A value of the `locals` block, with a comment that says why it is there."""

    name: str
    value: Value
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """An HCL expression of our own wording; `uses` are the variables and locals that it names."""

    text: str
    uses: tuple[Variable | Local, ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """A string made of literal pieces and references: `"${var.a}-b"`; bare `var.a` where it is nothing else.

    `multiline` asks for a heredoc where one reads better, and says that one more newline at the end does no harm.
    """

    parts: tuple[str | Variable | Local | Code, ...]
    multiline: bool = False


@dataclass(frozen=True, slots=True)
class GoTemplate:
    """A string whose `{{ }}` are meant for Packer's own template engine."""

    text: str


Value: TypeAlias = (
    "str | bool | int | float | Variable | Local | Code | Text | GoTemplate | tuple[Value, ...] | Mapping[str, Value]"
)
"""What an attribute can hold: a literal, a reference (a Variable or Local stands for itself), a list or an object."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """`name = value`."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Block:
    """A nested block: `name "label" { … }`."""

    name: str
    body: tuple[Attribute | Block | Comment | Blank, ...]
    labels: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on lines of its own; wrapped when printed."""

    text: str


@dataclass(frozen=True, slots=True)
class Blank:
    """An empty line."""


Body: TypeAlias = "tuple[Attribute | Block | Comment | Blank, ...]"
