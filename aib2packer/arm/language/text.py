"""Template strings: literal text with symbols in it, for what is only known when Packer runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from aib2packer.arm.language.describe import describe
from aib2packer.arm.language.symbolic import Secret, merge_texts
from aib2packer.lazy.models import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aib2packer.arm.language import symbolic
    from aib2packer.arm.language.symbolic import Type
    from aib2packer.text.source import Span


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A token that somebody was meant to fill in: `<region>`, `{resourceGroup}`, `#{sku}#`. `token` is what stood there.

    `secret`: what is to be filled in is one, such as the signature of a URL. `kind`: what belongs there.
    """

    token: str
    secret: bool = False
    kind: Type = field(default="string", compare=False)

    @property
    def name(self) -> str:
        """The token without its brackets."""
        return self.token.strip("<>{}[]()#$%@_ ").removeprefix("env:")


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment of a resource id that is only known as a whole; `optional`: the id may end before it.

    `shape` are the names in the id, such as `subscriptions`, in lower case.
    """

    id: TemplateText
    index: int
    optional: bool = False
    shape: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class LateExpression:
    """What an ARM expression comes to, where only Packer's run tells; `span` is where it stands, if that is known.

    `kind`: what belongs there.
    """

    value: symbolic.Symbol
    span: Span | None = field(default=None, compare=False)
    kind: Type = field(default="string", compare=False)


@dataclass(frozen=True, slots=True)
class ListLines:
    """The items of a list that only Packer's run knows, each a line."""

    items: TemplateText


TextSymbol: TypeAlias = Placeholder | Secret | Segment | LateExpression | ListLines


@dataclass(frozen=True, slots=True)
class TemplateText:
    """A string of the template: literal pieces and symbols, and where it stands."""

    parts: tuple[str | TextSymbol, ...]
    span: Span

    @property
    def literal(self) -> str | None:
        """The whole text, where it has no symbols."""
        parts = self.parts
        if len(parts) != 1:
            return None if parts else ""
        return part if isinstance(part := parts[0], str) else None

    @property
    def expression(self) -> symbolic.Symbol | None:
        """The expression that is all of the text; None for any other."""
        match self.parts:
            case (LateExpression(value),):
                return value
            case _:
                return None

    @property
    def symbols(self) -> tuple[TextSymbol, ...]:
        """The symbols, in order."""
        return tuple([part for part in self.parts if not isinstance(part, str)])

    @property
    def visible(self) -> str:
        """The literal pieces alone, for looking at what the text says."""
        return "".join([part for part in self.parts if isinstance(part, str)])

    def split(self, separator: str) -> tuple[TemplateText, ...]:
        """Split at a separator in the literal pieces, as `str.split` does."""
        return tuple([TemplateText(parts, self.span) for parts in self.pieces(separator)])

    def pieces(self, separator: str) -> list[tuple[str | TextSymbol, ...]]:
        """The parts of each of the texts that `split` gives."""
        if (literal := self.literal) is not None:
            return [(text,) if text else () for text in literal.split(separator)]
        pieces: list[list[str | TextSymbol]] = [[]]
        for part in self.parts:
            if not isinstance(part, str):
                pieces[-1].append(part)
                continue
            first, *rest = part.split(separator)
            pieces[-1].append(first)
            pieces.extend([text] for text in rest)
        return [tuple(merge_texts(piece)) for piece in pieces]

    def map(self, change: Callable[[str], str]) -> TemplateText:
        """The text with each literal piece changed."""
        return TemplateText(tuple([change(part) if isinstance(part, str) else part for part in self.parts]), self.span)

    def __str__(self) -> str:
        return "".join([part if isinstance(part, str) else _name(part) for part in self.parts])


def text_of(parts: Iterable[str | TextSymbol], span: Span) -> TemplateText:
    """A text made of pieces, with no two literals next to each other."""
    return TemplateText(tuple(merge_texts(parts)), span)


def join(separator: str, texts: tuple[TemplateText, ...], span: Span) -> TemplateText:
    """Put texts together, with a separator between them."""
    parts: list[str | TextSymbol] = []
    for text in texts:
        parts += (separator, *text.parts)
    return TemplateText(tuple(merge_texts(parts[1:])), span)


def _name(symbol: TextSymbol) -> str:
    match symbol:
        case Placeholder(token):
            return token
        case Secret():
            return "***"
        case Segment(text, index):
            return f"{text}[{index}]"
        case ListLines(items):
            return str(items)
        case LateExpression(value, span):
            return describe(value, span)
