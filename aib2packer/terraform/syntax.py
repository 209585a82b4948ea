"""What a configuration is made of: blocks, attributes and expressions, each with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from aib2packer.jsonc.tree import JsonUnknown
from aib2packer.lazy.models import dataclass

if TYPE_CHECKING:
    from aib2packer.text.source import Span


class NotTranslatedError(Exception):
    """An expression has no equivalent."""

    def __init__(self, span: Span, what: str, help: str = "") -> None:  # noqa: A002 - the term of Finding
        super().__init__(what)
        self.span = span
        self.help = help


@dataclass(frozen=True, slots=True)
class TfValue:
    """A number, a boolean or null; text that holds nothing to be filled in."""

    value: str | int | float | bool | None
    span: Span


@dataclass(frozen=True, slots=True)
class TfText:
    """Text with values to be filled in."""

    parts: tuple[str | TfExpression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class TfList:
    """A list, `[…]`."""

    items: tuple[TfExpression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class TfObject:
    """An object, `{…}`: keys and values. A key that is a bare word is text."""

    items: tuple[tuple[TfExpression, TfExpression], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class TfName:
    """A bare word: the beginning of a reference, or the variable of a `for`."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class TfAccess:
    """`target.key` and `target[key]`."""

    target: TfExpression
    key: TfExpression
    span: Span


@dataclass(frozen=True, slots=True)
class TfSplat:
    """`target[*].…`: what is behind the star, for every item; `path` are the keys."""

    target: TfExpression
    path: tuple[TfExpression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class TfCall:
    """A call of a function."""

    name: str
    arguments: tuple[TfExpression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class TfOperation:
    """An operator with one operand or two."""

    operator: str
    operands: tuple[TfExpression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class TfChoice:
    """`condition ? then : otherwise`."""

    condition: TfExpression
    then: TfExpression
    otherwise: TfExpression
    span: Span


@dataclass(frozen=True, slots=True)
class TfFor:
    """`[for key, value in collection : result if condition]`; with `result_key` an object, `{for … : key => result}`.

    `grouped`: what has the same key makes a list, `{for … : key => result...}`.
    """

    key: str | None
    value: str
    collection: TfExpression
    result_key: TfExpression | None
    result: TfExpression
    condition: TfExpression | None
    span: Span
    grouped: bool = False


@dataclass(frozen=True, slots=True)
class TfUnread:
    """What is valid, perhaps, but is not understood here; `what` it is."""

    what: str
    span: Span


TfExpression: TypeAlias = (
    TfUnread | TfValue | TfText | TfList | TfObject | TfName | TfAccess | TfSplat | TfCall | TfOperation | TfChoice | TfFor
)


@dataclass(frozen=True, slots=True)
class TfAttribute:
    """`name = value` in a block."""

    name: str
    name_span: Span
    value: TfExpression


@dataclass(frozen=True, slots=True)
class TfBlock:
    """A block: its type, its labels, what is in it, and where its head stands."""

    type: str
    labels: tuple[str, ...]
    attributes: tuple[TfAttribute, ...]
    blocks: tuple[TfBlock, ...]
    span: Span

    def attribute(self, name: str) -> TfAttribute | None:
        """An attribute by its name."""
        return next((attribute for attribute in self.attributes if attribute.name == name), None)

    def value(self, name: str) -> TfExpression | None:
        """The value of an attribute."""
        attribute = self.attribute(name)
        return None if attribute is None else attribute.value

    def block(self, type_: str) -> TfBlock | None:
        """The first block of a type within."""
        return next((block for block in self.blocks if block.type == type_), None)

    @property
    def address(self) -> str:
        """How Terraform calls a resource."""
        return ".".join(self.labels)


@dataclass(frozen=True, slots=True)
class TfRules(JsonUnknown):
    """The `validation` blocks of a variable that Packer understands: conditions as they are written, and their messages.

    `type` is that of the variable, as Packer takes it; "" where it is none that says more than ARM's.
    It stands among the settings of a parameter. No JSON can hold one: what is in it goes into the build as it is.
    """

    rules: tuple[tuple[str, str], ...]
    type: str = ""


@dataclass(frozen=True, slots=True)
class TfUnwritten(JsonUnknown):
    """What an image template would say, if it could be read: why not, and what to do. It fails when it is converted."""

    what: str
    help: str


def path_of(expression: TfExpression) -> tuple[str, ...] | None:
    """The words of a reference such as `var.x.y`, indexes left out; None for what is none."""
    match expression:
        case TfName(name):
            return (name,)
        case TfAccess(target, TfValue(str() as key)):
            path = path_of(target)
            return None if path is None else (*path, key)
        case TfAccess(target, _):
            return path_of(target)
        case _:
            return None
