"""HCL values as data. `printing.py` prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from aib2packer.lazy.models import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.text.source import Span


@dataclass(frozen=True, slots=True)
class VariableValidation:
    """A `validation` block of a variable: an HCL condition, and a sentence."""

    condition: str
    error_message: str


@dataclass(frozen=True, slots=True)
class Variable:
    """An input variable. Without a default it is required; `default = Code("null")` makes it optional.

    `origin` is where the parameter stands that it was; None for a variable of ours.
    """

    name: str
    description: str = ""
    type: str = "string"
    default: Value | None = None
    sensitive: bool = False
    validation: tuple[VariableValidation, ...] = ()
    left_empty: bool = False
    """Whether the user's file of values leaves it empty: it is open, even with a default."""
    is_made_up: bool = False
    """Whether the default is a word of ours, which will do, but tells nothing of what is in Azure."""
    origin: Span | None = field(default=None, compare=False)

    def __hash__(self) -> int:
        return hash(self.name)  # a default may be an object, which has no hash


@dataclass(frozen=True, slots=True)
class Local:
    """A value of the `locals` block, with a comment that says why it is there."""

    name: str
    value: Value
    comment: str = ""

    def __hash__(self) -> int:
        return hash(self.name)  # a value may be an object, which has no hash


@dataclass(frozen=True, slots=True)
class HclCode:
    """An HCL expression of our own wording; `uses` are the variables and locals that it names."""

    text: str
    uses: tuple[Variable | Local, ...] = ()


@dataclass(frozen=True, slots=True)
class SlashPart(HclCode):
    """A part of a text between slashes, as a local has it: its index, the text, and the index of its last part."""

    index: int = 0
    whole: Value = ""
    last: int = 0


@dataclass(frozen=True, slots=True)
class Interpolation:
    """A string made of literal pieces and references: `"${var.a}-b"`; bare `var.a` where it is nothing else.

    `multiline` asks for a heredoc where one reads better, and says that one more newline at the end does no harm.
    """

    parts: tuple[str | Variable | Local | HclCode, ...]
    multiline: bool = False


@dataclass(frozen=True, slots=True)
class GoTemplate:
    """A string whose `{{ }}` are meant for Packer's own template engine."""

    text: str


Value: TypeAlias = (
    "str | bool | int | float | Variable | Local | HclCode | Interpolation | GoTemplate"
    " | tuple[Value, ...] | Mapping[str, Value]"
)
"""What an attribute can hold: a literal, a reference (a Variable or Local stands for itself), a list or an object."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """`name = value`. `origins` are the places of the template that it comes from."""

    name: str
    value: Value
    origins: tuple[Span, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Traced:
    """A value that is to become an attribute, and the places of the template that it comes from."""

    value: Value
    origins: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A nested block: `name "label" { … }`. `origins` are the places of the template that it comes from."""

    name: str
    body: tuple[Attribute | Block | Comment | Blank, ...]
    labels: tuple[str, ...] = field(default=())
    origins: tuple[Span, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on lines of its own; wrapped when printed."""

    text: str


@dataclass(frozen=True, slots=True)
class Blank:
    """An empty line."""


Body: TypeAlias = "tuple[Attribute | Block | Comment | Blank, ...]"


Settings: TypeAlias = "dict[str, Value | Traced | Block]"
"""Attributes and nested blocks by their names, before they are put in order."""


def concat(*values: Value) -> Value:
    """One string of several values."""
    parts: list[str | Variable | Local | HclCode] = []
    for value in values:
        match value:
            case Interpolation():
                parts += value.parts
            case str() | Variable() | Local() | HclCode():
                parts.append(value)
            case _:
                parts.append(str(value).lower())
    if all(isinstance(part, str) for part in parts):
        return "".join(part for part in parts if isinstance(part, str))
    kept = tuple(part for part in parts if part != "")
    return kept[0] if len(kept) == 1 else Interpolation(kept)


def traced(value: Value, *origins: Span | None) -> Traced:
    """A value that comes from places of the template; None is no place."""
    return Traced(value, tuple(origin for origin in origins if origin is not None))
