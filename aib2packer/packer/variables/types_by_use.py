"""The types of variables, as far as only their use tells: what is taken of an object, and what has no type."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from aib2packer.arm.language.symbolic import ALIKE, Access, Apply, If, Lambda, ParameterSymbol, Runtime, bare, parts_of
from aib2packer.arm.language.text import LateExpression, ListLines, Segment

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from aib2packer.arm.language.symbolic import ArmValue, Leaf, Symbol
    from aib2packer.arm.language.text import TemplateText, TextSymbol

    _Use: TypeAlias = "tuple[Leaf, tuple[str, ...], str]"
    # What stands at the keys of an object: a type, or an object in it.
    _Attributes: TypeAlias = "dict[str, str | _Attributes]"

OBJECTS = "list(map(string))"
"""The type of a list of objects: data disks, or regions of a version."""
_LIST = "list(string)"
_TYPES = {"int": "number", "bool": "bool", "array": _LIST, "object": "map(string)"}
_ANY = ""
_SCALARS = frozenset({_ANY, "number", "bool"})
# What the arguments of functions are, where that is more than text.
_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("join", "first", "last", "map", "filter", "flatten", "length", "sort"), (_LIST,)),
    **dict.fromkeys(("take", "skip"), (_LIST, "number")),
    **dict.fromkeys(("and", "or"), ("bool",) * 8),
    **dict.fromkeys(("add", "sub", "mul", "div", "mod", "less", "lessOrEquals", "greater", "greaterOrEquals"), ("number",) * 2),
    "not": ("bool",),
}


def types_by_use(texts: Iterable[TemplateText], objects: Collection[TextSymbol | Symbol]) -> dict[Leaf, str]:
    """The types of the leaves of expressions that are another than is declared; `objects` stand for lists of objects."""
    flat: dict[Leaf, str] = {}
    attributes: dict[Leaf, _Attributes] = {}
    seen: set[tuple[int, str]] = set()
    for late in (late for text in texts for symbol in text.symbols for late in _late(symbol)):
        wanted = OBJECTS if late.value in objects else _TYPES.get(late.kind, _ANY)
        for leaf, path, type_ in _uses(late.value, wanted, seen):
            if path:
                _enter(attributes.setdefault(leaf, {}), path, type_)
            elif type_ and (not isinstance(leaf, ParameterSymbol) or leaf.untyped or type_ == OBJECTS):
                flat[leaf] = type_
    whole = {leaf: _written(below) for leaf, below in attributes.items() if leaf not in flat and not _is_plain(below)}
    return {**whole, **flat}


def _late(symbol: TextSymbol) -> Iterator[LateExpression]:
    match symbol:
        case LateExpression():
            yield symbol
        case Segment(text) | ListLines(text):
            for inner in text.symbols:
                yield from _late(inner)


def _uses(value: ArmValue | Lambda, wanted: str, seen: set[tuple[int, str]]) -> Iterator[_Use]:
    """What is taken of which leaf, with its type where that is known."""
    if (id(value), wanted) in seen:
        return
    seen.add((id(value), wanted))
    plain = value if isinstance(value, Lambda) else bare(value)
    match plain:
        case ParameterSymbol() | Runtime():
            yield plain, (), wanted
        case If(condition, then, otherwise):
            yield from _uses(condition, "bool", seen)
            yield from _uses(then, wanted, seen)
            yield from _uses(otherwise, wanted, seen)
        case Access():
            yield from _taken(plain, wanted, seen)
        case Apply("shallowMerge", (tuple() as objects,)):
            for one in objects:
                yield from _uses(one, _TYPES["object"], seen)
        case Apply(name, arguments):
            kinds = (wanted,) * len(arguments) if name in ALIKE else _ARGUMENTS.get(name, ())
            for at, argument in enumerate(arguments):
                yield from _uses(argument, kinds[at] if at < len(kinds) else _ANY, seen)
        case _:
            for part in parts_of(plain):
                yield from _uses(part, _ANY, seen)


def _taken(access: Access, wanted: str, seen: set[tuple[int, str]]) -> Iterator[_Use]:
    path: tuple[str, ...] = ()
    whole: ArmValue = access
    while isinstance(whole, Access):
        if isinstance(whole.key, str):
            path = (whole.key, *path)
        else:  # an item
            path, wanted = (), (_LIST if isinstance(whole.key, int) and not path else _ANY)
            yield from _uses(whole.key, _ANY, seen)
        whole = bare(whole.target)
    if isinstance(whole, ParameterSymbol):
        yield whole, path, wanted
    else:
        yield from _uses(whole, _ANY, seen)


def _enter(attributes: _Attributes, path: tuple[str, ...], type_: str) -> None:
    key, *rest = path
    known = attributes.get(key, _ANY)
    if rest:
        inner = known if isinstance(known, dict) else {}
        attributes[key] = inner
        _enter(inner, tuple(rest), type_)
    elif not isinstance(known, dict):
        attributes[key] = known or type_


def _is_plain(attributes: _Attributes) -> bool:
    """Whether all that is taken is text, or comes from one: a map says it then."""
    return all(not isinstance(inner, dict) and inner in _SCALARS for inner in attributes.values())


def _written(attributes: _Attributes) -> str:
    inner = (f"{key} = {_written(one) if isinstance(one, dict) else one or 'string'}" for key, one in attributes.items())
    return f"object({{ {', '.join(inner)} }})"
