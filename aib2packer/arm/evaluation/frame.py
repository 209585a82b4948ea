"""What the special forms of the language get: the scope, the place of the expression, and a way to evaluate its parts."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, NoReturn

from aib2packer.arm.evaluation.budget import STEP
from aib2packer.arm.language.expression import ExpressionError, StringLiteral
from aib2packer.arm.language.json_values import JsonSymbolic, node_of, value_of
from aib2packer.lazy.models import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aib2packer.arm.evaluation.scope import Scope
    from aib2packer.arm.language.expression import Call, Expression
    from aib2packer.arm.language.place import StringPlace
    from aib2packer.arm.language.symbolic import ArmValue, Symbol
    from aib2packer.jsonc.tree import Json
    from aib2packer.text.source import Span

_MAX_LISTED = 8


@dataclass(frozen=True, slots=True)
class Frame:
    """One evaluation of one expression."""

    scope: Scope
    place: StringPlace
    run: Callable[[Expression, Frame], Json]

    def evaluate(self, expression: Expression) -> Json:
        """The value of a part, with its place."""
        return self.run(expression, self)

    def value(self, expression: Expression) -> ArmValue:
        """The value of a part; a literal, as most names are, is looked at where it stands."""
        if isinstance(expression, StringLiteral):
            self.scope.memory.budget.pay(STEP)
            return expression.value
        return value_of(self.run(expression, self))

    def inside(self, scope: Scope) -> Frame:
        """The frame of this expression in another scope."""
        return Frame(scope, self.place, self.run)

    def span(self, expression: Expression) -> Span:
        """Where a part stands."""
        return self.place.at(expression.start, expression.end)

    def node(self, value: ArmValue, expression: Expression) -> Json:
        """A value that a part of the expression has."""
        return node_of(value, self.span(expression))

    def symbol(self, symbol: Symbol, expression: Expression) -> JsonSymbolic:
        """A symbol that a part of the expression stands for."""
        return JsonSymbolic.of(symbol, self.span(expression))


def fail(expression: Expression, message: str, help: str) -> NoReturn:  # noqa: A002 - the term of Finding
    """Blame a part of the expression."""
    raise ExpressionError(message, expression.start, expression.end, help)


def fail_name(call: Call, message: str, help: str) -> NoReturn:  # noqa: A002
    """Blame the name of a function."""
    raise ExpressionError(message, call.start, call.start + len(call.name), help)


def meant(name: str, known: Iterable[str]) -> str:
    """Which of the known names is meant; nothing where none is near."""
    lower = {one.lower(): one for one in known}
    close = get_close_matches(name.lower(), list(lower), n=1)
    return f"Did you mean `{lower[close[0]]}`?" if close else ""


def suggestion(name: str, known: Iterable[str], otherwise: str) -> str:
    """Which of the known names is meant, or which there are."""
    names = list(known)
    if close := meant(name, names):
        return close
    if not names:
        return otherwise
    listed = ", ".join(f"`{one}`" for one in names[:_MAX_LISTED])
    return f"There {'is' if len(names) == 1 else 'are'} {listed}{' …' if len(names) > _MAX_LISTED else ''}."
