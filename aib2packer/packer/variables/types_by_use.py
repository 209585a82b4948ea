"""The types of variables, as far as only their use tells: what is taken of an object or a list, and what has no type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.arm.language.symbolic import (
    ALIKE,
    UNSET_OR,
    Access,
    Apply,
    DeploymentFact,
    If,
    Lambda,
    LambdaVariable,
    ParameterSymbol,
    Runtime,
    bare,
    parts_of,
    type_of,
)
from aib2packer.arm.language.text import LateExpression, ListLines, Segment

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from aib2packer.arm.language.symbolic import ArmValue, Leaf, Symbol
    from aib2packer.arm.language.text import TemplateText, TextSymbol

OPTIONAL = "optional("
"""Begins the type of an attribute that an object may lack; Packer knows it from 1.16.0 on."""
OBJECTS = "list(map(string))"
"""The type of a list of objects: data disks, or regions of a version."""
_SINGLE = {"string", "int", "bool", "float"}  # what is declared with these says all
_LIST, _MAP, _STRING, _ANY = "list(string)", "map(string)", "string", ""
_TYPES = {"int": "number", "bool": "bool", "array": _LIST, "object": _MAP}
_LISTS, _NUMBERS = (_LIST,) * 8, ("number",) * 8
# What the arguments of functions are, where that is more than text.
_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("join", "first", "last", "map", "filter", "flatten", "length", "sort"), (_LIST,)),
    **dict.fromkeys(("take", "skip"), (_LIST, "number")),
    **dict.fromkeys(("and", "or"), ("bool",) * 8),
    **dict.fromkeys(("add", "sub", "mul", "div", "mod", "less", "lessOrEquals", "greater", "greaterOrEquals"), ("number",) * 2),
    "not": ("bool",),
    "contains": (_LIST,),
    # Terraform's
    **dict.fromkeys(("$chunklist", "$distinct", "$index", "$reverse", "$sort", "$toset"), (_LIST,)),
    **dict.fromkeys(("$setintersection", "$setproduct", "$setsubtract", "$setunion", "$zipmap"), _LISTS),
    **dict.fromkeys(("$add", "$divide", "$max", "$min", "$modulo", "$multiply", "$pow", "$range", "$subtract"), _NUMBERS),
    **dict.fromkeys(("$element", "$slice"), (_LIST, "number", "number")),
    **dict.fromkeys(("$formatlist", "$join"), (_STRING, *_LISTS)),
    "$sum": ("list(number)",),
}
_SAME_ITEMS = ALIKE | {
    "$coalescelist",
    "$distinct",
    "$reverse",
    "$setunion",
    "$slice",
    "$sort",
    "$toset",
    "filter",
    "skip",
    "sort",
    "take",
}
# What they are given is alike, so that each says what the others are.
_AMONG = ALIKE | {UNSET_OR, "$coalescelist", "equals"}
_ENTRIES = {"items", "$entries"}


class _Use:
    """What a build takes of a value: attributes, items of a list, values of a map, or all of it as a type."""

    def __init__(self) -> None:
        self.attributes: dict[str, _Use] = {}
        self.items: _Use | None = None
        self.values: _Use | None = None
        self.type = _ANY
        self.may_lack = False  # it is an attribute that an object need not have

    def attribute(self, name: str) -> _Use:
        return self.attributes.setdefault(name, _Use())

    def item(self) -> _Use:
        self.items = self.items or _Use()
        return self.items

    def value(self) -> _Use:
        self.values = self.values or _Use()
        return self.values

    def written(self) -> str:
        """The type that fits all uses."""
        if sum((bool(self.attributes), self.items is not None, self.values is not None)) > 1:
            return "any"
        if self.attributes:
            return f"object({{ {', '.join(f'{key} = {use.as_attribute()}' for key, use in self.attributes.items())} }})"
        if self.items is not None:
            return f"list({self.items.written()})"
        return f"map({self.values.written()})" if self.values is not None else self.type or _STRING

    def as_attribute(self) -> str:
        """The type as that of an attribute, which an object may lack."""
        return f"{OPTIONAL}{self.written()})" if self.may_lack else self.written()

    @property
    def is_plain(self) -> bool:
        """Whether all that is taken is text, or comes from one: a map of texts says it then."""
        inner = self.attributes.values()
        return all(not (one.attributes or one.items or one.values) and one.type in {_ANY, "number", "bool"} for one in inner)


def types_by_use(texts: Iterable[TemplateText], objects: Collection[TextSymbol | Symbol]) -> dict[Leaf, str]:
    """The types of the leaves of expressions that are another than is declared; `objects` stand for lists of objects."""
    uses = _Uses()
    for late in (late for text in texts for symbol in text.symbols for late in _late(symbol)):
        uses.enter(late.value, OBJECTS if late.value in objects else _TYPES.get(late.kind, _ANY), {})
    return {leaf: type_ for leaf, use in uses.of_leaves.items() if (type_ := _type_of(leaf, use)) is not None}


def _type_of(leaf: Leaf, use: _Use) -> str | None:
    """The type of a leaf; None where what is declared says it."""
    untyped = not isinstance(leaf, ParameterSymbol) or leaf.untyped
    if isinstance(leaf, ParameterSymbol) and not untyped and leaf.type in _SINGLE:
        return None
    if use.type == OBJECTS and use.items is None:
        return OBJECTS
    if use.attributes and use.values is None and use.items is None and use.is_plain:
        return _MAP if untyped else None
    if use.attributes or use.items is not None or use.values is not None:
        return None if use.type == _MAP else use.written()
    return use.type if untyped and use.type else None


def _late(symbol: TextSymbol) -> Iterator[LateExpression]:
    match symbol:
        case LateExpression():
            yield symbol
        case Segment(text) | ListLines(text):
            for inner in text.symbols:
                yield from _late(inner)


class _Uses:
    """Collects the uses of leaves. `around` are the uses of the variables of lambdas."""

    def __init__(self) -> None:
        self.of_leaves: dict[Leaf, _Use] = {}
        self._seen: set[tuple[int, str, int]] = set()
        self._kept: list[Mapping[str, _Use]] = []  # so that no id is had twice

    def enter(self, value: ArmValue | Lambda, wanted: str, around: Mapping[str, _Use]) -> None:
        """Enter all that is used in a value of which a type is wanted, "" for any."""
        if (id(value), wanted, id(around)) in self._seen:
            return
        self._seen.add((id(value), wanted, id(around)))
        plain = value if isinstance(value, Lambda) else bare(value)
        if not isinstance(plain, Lambda) and (use := self._use(plain, around)) is not None:
            use.type = use.type or wanted
            return
        match plain:
            case If(condition, then, otherwise):
                self.enter(condition, "bool", around)
                self._alike((then, otherwise), wanted, around)
            case Apply("shallowMerge", (tuple() as objects,)):
                for one in objects:
                    self.enter(one, _MAP, around)
            case Apply("$flatten", (value,)) if not isinstance(value, Lambda):
                self._flattened(bare(value), around)
            case Apply(name, arguments) if name in _AMONG:
                self._alike(arguments, _ANY if name == "equals" else wanted, around)
            case Apply(name, arguments):
                self._function(name, arguments, around)
            case _:
                for part in parts_of(plain):
                    self.enter(part, _ANY, around)

    def _alike(self, values: tuple[ArmValue | Lambda, ...], wanted: str, around: Mapping[str, _Use]) -> None:
        """Values of one type: what is wanted, or what one of them is known to be."""
        kinds = (_TYPES.get(type_of(value), _ANY) for value in values if not isinstance(value, Lambda))
        told = wanted or next(filter(None, kinds), _ANY)
        for value in values:
            self.enter(value, told, around)

    def _flattened(self, value: ArmValue, around: Mapping[str, _Use]) -> None:
        """What `flatten` is given: a list of lists."""
        items = self._item(value, around)
        if items is not None:
            items.type = items.type or _LIST
        for part in value if isinstance(value, tuple) else (value,):
            self.enter(part, _LIST if isinstance(value, tuple) else _ANY, around)

    def _function(self, name: str, arguments: tuple[ArmValue | Lambda, ...], around: Mapping[str, _Use]) -> None:
        loops = any(isinstance(argument, Lambda) for argument in arguments) and not isinstance(arguments[0], Lambda)
        item = self._item(arguments[0], around) if loops and not isinstance(arguments[0], Lambda) else None
        kinds = _ARGUMENTS.get(name, ())
        for at, argument in enumerate(arguments):
            if isinstance(argument, Lambda):
                inner = dict(around) if item is None else {**around, argument.parameters[0].lower(): item}
                self._kept.append(inner)
                self.enter(argument.body, "bool" if name == "filter" else _ANY, inner)
            elif at or item is None or isinstance(bare(argument), Apply):
                self.enter(argument, kinds[at] if at < len(kinds) else _ANY, around)

    def _use(self, value: ArmValue, around: Mapping[str, _Use]) -> _Use | None:
        """The use of what a value is or is taken of: a leaf, or the variable of a lambda. None for what is computed."""
        match bare(value):
            case (ParameterSymbol() | Runtime() | DeploymentFact()) as leaf:
                return self.of_leaves.setdefault(leaf, _Use())
            case LambdaVariable(name):
                return around.get(name.lower())
            case Access(target, key, safe):
                whole = self._use(target, around)
                if not isinstance(key, str | int):
                    self.enter(key, _ANY, around)
                if whole is None:
                    return None
                if isinstance(key, str):
                    attribute = whole.attribute(key)
                    attribute.may_lack = attribute.may_lack or safe
                    return attribute
                root = bare(target)
                of_object = type_of(key) == "string" or (isinstance(root, ParameterSymbol) and root.type == "object")
                return whole.value() if of_object and not isinstance(key, int) else whole.item()
            case Apply("$lookup", (target, key, default)) if not isinstance(target, Lambda):
                self.enter(key, _ANY, around)
                self.enter(default, _ANY, around)
                whole = self._use(target, around)
                return None if whole is None else whole.value()
            case Apply("$element", (collection, at)) if not isinstance(collection, Lambda):
                self.enter(at, "number", around)
                return self._item(collection, around)
            case Apply("first" | "last", (collection,)) if not isinstance(collection, Lambda):
                return self._item(collection, around)
            case _:
                return None

    def _item(self, collection: ArmValue, around: Mapping[str, _Use]) -> _Use | None:
        """The use of each item of a collection."""
        match bare(collection):
            case Apply(name, (inner, *_)) if name in _SAME_ITEMS and not isinstance(inner, Lambda):
                return self._item(inner, around)
            case Apply("$splat", (inner,)) if not isinstance(inner, Lambda):
                return self._use(inner, around)
            case Apply(name, (inner, *_)) if name in _ENTRIES and not isinstance(inner, Lambda):
                whole = self._use(inner, around)
                entry = _Use()
                if whole is not None:
                    entry.attributes["value"] = whole.value()
                return entry
            case plain:
                whole = self._use(plain, around)
                return None if whole is None else whole.item()
