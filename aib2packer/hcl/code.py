"""Pieces of HCL code that know how tightly they bind, so that parentheses stand where they must and nowhere else."""

from __future__ import annotations

from enum import IntEnum
from itertools import chain
from typing import TYPE_CHECKING

from aib2packer.hcl.printing import names_in, print_value
from aib2packer.hcl.values import HclCode
from aib2packer.lazy.models import dataclass
from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from aib2packer.hcl.values import Local, Value, Variable


_REFERENCE = pattern(r"[\w.]+(?:\[\d+\])?")


class CannotPrintError(Exception):
    """HCL has nothing that means this; `function` is the ARM function to blame, `reason` says why."""

    def __init__(self, reason: str, function: str) -> None:
        super().__init__(f"`{function}`: {reason}")
        self.function = function
        self.reason = reason


class Binding(IntEnum):
    """How tightly an expression binds, the loosest first (github.com/hashicorp/hcl, hclsyntax/spec.md, Operators)."""

    CONDITIONAL = 0
    OR = 1
    AND = 2
    EQUALITY = 3
    COMPARISON = 4
    SUM = 5
    PRODUCT = 6
    UNARY = 7
    PRIMARY = 8


@dataclass(frozen=True, slots=True)
class Piece:
    """An expression: its text, the variables and locals in it, and the Packer that it needs, as numbers (none: any)."""

    text: str
    uses: tuple[Variable | Local, ...] = ()
    binding: Binding = Binding.PRIMARY
    version: tuple[int, ...] = ()

    def inside(self, binding: Binding) -> str:
        """The text where something stands around it that binds as tightly as `binding`."""
        return self.text if self.binding >= binding else f"({self.text})"

    @property
    def code(self) -> HclCode:
        """The expression as a value."""
        return HclCode(self.text, self.uses)


def of_value(value: Value, version: tuple[int, ...] = ()) -> Piece:
    """A value that is complete."""
    if isinstance(value, HclCode):
        binding = Binding.PRIMARY if _REFERENCE.fullmatch(value.text) else Binding.CONDITIONAL
        return Piece(value.text, value.uses, binding, version)
    return Piece(print_value(value), names_in(value), version=version)


def of_text(text: str, *pieces: Piece, binding: Binding = Binding.PRIMARY, version: tuple[int, ...] = ()) -> Piece:
    """Text made with other pieces; it uses and needs what they do."""
    uses = tuple(dict.fromkeys(chain.from_iterable(piece.uses for piece in pieces)))
    return Piece(text, uses, binding, max((version, *(piece.version for piece in pieces))))


def call(name: str, *arguments: Piece, version: tuple[int, ...] = ()) -> Piece:
    """`name(argument, …)`."""
    return of_text(f"{name}({', '.join(one.text for one in arguments)})", *arguments, version=version)


def infix(binding: Binding, operator: str, left: Piece, right: Piece) -> Piece:
    """`left operator right`; the right side of a chain of different operators is put in parentheses."""
    tighter = Binding(binding + 1)
    text = f"{left.inside(binding if binding is not Binding.EQUALITY else tighter)} {operator} {right.inside(tighter)}"
    return of_text(text, left, right, binding=binding)


def chained(binding: Binding, operator: str, pieces: tuple[Piece, ...]) -> Piece:
    """`a && b && c`; `&&` inside of `||` is put in parentheses, for the reader."""
    text = f" {operator} ".join(piece.inside(Binding.EQUALITY) for piece in pieces)
    return of_text(text, *pieces, binding=binding)


def conditional(condition: Piece, then: Piece, otherwise: Piece) -> Piece:
    """`condition ? then : otherwise`."""
    text = f"{condition.inside(Binding.OR)} ? {then.inside(Binding.OR)} : {otherwise.text}"
    return of_text(text, condition, then, otherwise, binding=Binding.CONDITIONAL)


def negated(piece: Piece) -> Piece:
    """`!piece`."""
    return of_text(f"!{piece.inside(Binding.UNARY)}", piece, binding=Binding.UNARY)


def index(target: Piece, text: str, *uses: Piece) -> Piece:
    """`target[…]` or `target.name`; `text` is what stands behind the target."""
    return of_text(f"{target.inside(Binding.PRIMARY)}{text}", target, *uses)


NULL = Piece("null")
