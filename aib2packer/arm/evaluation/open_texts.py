"""Texts that are to be filled in, where a function looks into them: nobody knows what they are, nor so what comes of them.

What only puts texts together leaves the placeholders in them whole: those are found where the text is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.arm.evaluation.functions import function_of
from aib2packer.arm.evaluation.functions.base import Pure
from aib2packer.arm.language.expression import (
    Call,
    ExpressionError,
    IndexAccess,
    PropertyAccess,
    StringLiteral,
    nesting,
    parse,
)
from aib2packer.arm.language.json_values import node_of, value_of
from aib2packer.arm.language.symbolic import Apply, Concat, If, ParameterSymbol, concat, once, rebuild
from aib2packer.jsonc.tree import JsonObject, JsonScalar, texts_in
from aib2packer.text.placeholders import (
    IN_COMMANDS,
    IN_EXPRESSIONS,
    in_doubt,
    is_open_in_expressions,
    is_sensitive,
    run_in_doubt,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aib2packer.arm.evaluation.budget import Budget
    from aib2packer.arm.language.expression import Expression
    from aib2packer.arm.language.symbolic import ArmValue, Symbol
    from aib2packer.jsonc.tree import Json

_DEEPEST = 50  # calls within calls
_JOINING = frozenset({"string", "format", "join", "uri", "buildUri", "objectKeys"})
_COUNTING = frozenset({"length", "empty"})  # of a list they do not look at the items
_SEARCHING = frozenset({"contains", "indexOf", "lastIndexOf", "startsWith", "endsWith", "split", "replace"})
_CUTTING = frozenset({"first", "last", "take", "skip"})  # of lists too, whose items they leave alone


def own_text(call: Call) -> int | None:
    """Which argument is a text of the template's own: what it compares an expression with, such as `'__default__'`."""
    match call.name.lower(), call.arguments:
        case "equals", (StringLiteral(text), other) if not isinstance(other, StringLiteral):
            at = 0
        case "equals", (other, StringLiteral(text)) if not isinstance(other, StringLiteral):
            at = 1
        case _:
            return None
    return None if IN_COMMANDS.search(text) else at


def for_function(name: str, values: tuple[ArmValue, ...], own: int | None, budget: Budget) -> tuple[ArmValue, ...]:
    """The arguments of a pure function, with symbols for the placeholders that it looks into; `own` is not looked into."""
    if own is not None:
        return tuple(value if value == values[own] else opened(value, budget) for value in values)
    if name in _JOINING or name.startswith("$"):
        return values
    if name in _COUNTING:
        return tuple(value if isinstance(value, tuple | dict) else opened(value, budget) for value in values)
    if name == "json":
        return tuple(opened(value, budget) if _is_one(value) else value for value in values)
    if name in _SEARCHING and isinstance(mark := values[1], str) and is_open_in_expressions(mark):
        # What the template looks for, and replaces, is a mark of its own.
        is_own = name == "replace" or any(mark in text for text in _texts(values[0]))
        return values if is_own else tuple(opened(value, budget) for value in values)
    return tuple(opened(value, budget) for value in values)


def literals_looked_into(expression: Expression) -> tuple[StringLiteral, ...]:
    """The literals that a function looks into, and names of properties, in order; but for what `replace` looks for, and own."""
    found: list[StringLiteral] = []
    waiting: list[tuple[Expression, bool]] = [(expression, False)]
    while waiting:
        part, is_looked_into = waiting.pop()
        match part:
            case StringLiteral() if is_looked_into:
                found.append(part)
            case PropertyAccess(target):
                waiting.append((target, is_looked_into))
            case IndexAccess(target, index):
                waiting += ((target, is_looked_into), (index, True))
            case Call(name, arguments):
                inside = is_looked_into or _looks_into(name)
                left_alone = 1 if name.lower() == "replace" else own_text(part)
                kept = arguments if left_alone is None else arguments[:left_alone] + arguments[left_alone + 1 :]
                waiting += ((argument, inside) for argument in kept)
            case _:
                pass
    return tuple(sorted(found, key=lambda literal: literal.start))


def compared_texts(template: JsonObject) -> frozenset[str]:
    """The texts that expressions of a template compare something with, which are then values and nothing to fill in."""
    comparing = (one for one in texts_in(template, ()) if one.startswith("[") and "equals" in one.lower())
    return frozenset(text for one in comparing if nesting(one) <= _DEEPEST for text in _own_texts(one))


def _own_texts(text: str) -> Iterator[str]:
    try:
        waiting: list[Expression] = [parse(text)]
    except ExpressionError:
        return
    while waiting:
        match waiting.pop():
            case PropertyAccess(target):
                waiting.append(target)
            case IndexAccess(target, index):
                waiting += (target, index)
            case Call(arguments=arguments) as call:
                own = own_text(call)
                yield from (one.value for at, one in enumerate(arguments) if at == own and isinstance(one, StringLiteral))
                waiting += arguments
            case _:
                pass


def _looks_into(name: str) -> bool:
    function = function_of(name.lower())
    if isinstance(function, Pure):
        return function.name not in _JOINING and not function.name.startswith("$")
    return function is not None and function.name in {*_CUTTING, "intersection"}


def for_structure(name: str, nodes: tuple[Json, ...], budget: Budget) -> tuple[Json, ...]:
    """The arguments of a function that gives parts of them back, with symbols for the placeholders that it looks into."""
    if name == "intersection":
        return tuple(_opened_node(node, budget) for node in nodes)
    if name in _CUTTING:
        return tuple(_opened_node(node, budget) if isinstance(node, JsonScalar) else node for node in nodes)
    return nodes


def stays(name: str, made: ArmValue) -> bool:
    """Whether a function that only puts texts together is left to Packer's run, placeholders and all."""
    return name in _JOINING and isinstance(made, Apply) and made.function == name


def key_in(whole: Json, key: ArmValue, budget: Budget) -> ArmValue:
    """The name of a property: a symbol for one that is to be filled in, where no property is called so."""
    known = isinstance(whole, JsonObject) and isinstance(key, str) and whole.get(key) is not None
    return key if known else opened(key, budget)


def opened(value: ArmValue, budget: Budget) -> ArmValue:
    """A value with symbols for the placeholders in it; itself where there are none."""
    return once(_opened)(value) if any(map(is_open_in_expressions, _texts_inside(value, budget))) else value


def _opened_node(node: Json, budget: Budget) -> Json:
    value = value_of(node)
    known = opened(value, budget)
    return node if known is value else node_of(known, node.span)


def _is_one(value: ArmValue) -> bool:
    return isinstance(value, str) and IN_EXPRESSIONS.fullmatch(value.strip()) is not None


def _opened(value: ArmValue, inside: Callable[[ArmValue], ArmValue]) -> ArmValue:
    match value:
        case str():
            return concat(_pieces(value)) if is_open_in_expressions(value) else value
        case dict():
            return {key: inside(item) for key, item in value.items()}
        case tuple() | Concat() | If():
            return rebuild(value, inside)
        case _:
            return value


def _pieces(text: str) -> Iterator[str | Symbol]:
    if in_doubt(text, IN_EXPRESSIONS) or run_in_doubt(text):
        yield _symbol(text)  # all of it is one: who says where one in it ends?
        return
    end = 0
    for match in IN_EXPRESSIONS.finditer(text):
        yield text[end : match.start()]
        yield _symbol(match[0])
        end = match.end()
    yield text[end:]


def _symbol(token: str) -> ParameterSymbol:
    return ParameterSymbol(token, secure=is_sensitive(token), is_placeholder=True)


def _texts(value: ArmValue) -> Iterator[str]:
    """The pieces of a text that are known, or all of it."""
    yield from (part for part in (value.parts if isinstance(value, Concat) else (value,)) if isinstance(part, str))


def _texts_inside(value: ArmValue, budget: Budget) -> Iterator[str]:
    """All texts that a value may be, or has in it. Lists and objects are paid for; what is chosen between is not yet."""
    waiting: list[ArmValue] = [value]
    chosen: set[int] = set()
    while waiting:
        match waiting.pop():
            case str() as text:
                yield text
            case tuple() as items:
                waiting += items
            case dict() as members:
                waiting += members.values()
            case Concat(parts):
                waiting += parts
            case If(_, then, otherwise) as choice if id(choice) not in chosen:
                budget.pay(1)
                chosen.add(id(choice))
                waiting += (then, otherwise)
            case _:
                pass
