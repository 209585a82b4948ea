"""Values of partial evaluation: JSON as Python has it where it is known, a tree of symbols where it is not.

A `Value` is None, bool, int, float, str, a tuple of values, a dict of values, or a symbol. A dict may have symbols as keys. The
symbols are in a normal form: whatever joins text (`concat`, `format`, `resourceId`) is one `Concat`.
Source: docs/reference/arm-expressions.md 3.2.
"""

from __future__ import annotations

from itertools import chain
from operator import attrgetter, is_
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeGuard, TypeVar

from aib2packer.lazy.models import dataclass, field
from aib2packer.text.placeholders import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping

A = TypeVar("A")
B = TypeVar("B")
P = TypeVar("P")
Type: TypeAlias = Literal["string", "int", "bool", "float", "array", "object", "null", "any"]


@dataclass(frozen=True, slots=True)
class ParameterSymbol:
    """A parameter of the template without a value; `name` as it is declared, `secure` for securestring and secureObject.

    `untyped`: nobody says of which type it is, so that it is of the one that belongs where it stands, and text where any does.
    `is_placeholder`: nobody declares it, and `name` is what stood in a text to be filled in, such as `#{env}#`.
    """

    name: str
    type: Type = "string"
    secure: bool = False
    nullable: bool = False
    untyped: bool = False
    is_placeholder: bool = False

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def setting(self) -> str:
        """What `--set` calls it."""
        return plain(self.name) if self.is_placeholder else self.name


@dataclass(frozen=True, slots=True)
class DeploymentFact:
    """What only the deployment knows: `Context("resourceGroup", ("location",))`; a path of names and indexes."""

    function: str
    path: tuple[str | int, ...] = ()


class Composite:
    """A symbol made of values. What it is made of may stand in it many times, so comparing looks at each pair once.

    `digest` is a hash of all that is in it, made of those of its parts.
    """

    __slots__ = ()
    digest: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", hash((_head(self), *map(_digest, _contents(self)))))

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Composite) and identical(self, other))

    def __hash__(self) -> int:
        return self.digest


def _digest(value: object) -> int:
    match value:
        case tuple():
            return hash(tuple(map(_digest, value)))
        case dict():
            return hash(frozenset((_digest(key), _digest(item)) for key, item in value.items()))
        case _:
            return hash(value)


@dataclass(frozen=True, slots=True, eq=False)
class Deferred(Composite):
    """A value that each deployment makes anew: `utcNow` and `newGuid`, in the default of `parameter` ("" elsewhere)."""

    function: str
    arguments: tuple[ArmValue, ...] = ()
    parameter: str = ""
    digest: int = field(init=False, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Runtime(Composite):
    """What Azure answers: `reference`, `listKeys`, …; `path` leads into the answer. The answers of `list*` are secret."""

    function: str
    arguments: tuple[ArmValue, ...] = ()
    path: tuple[str | int, ...] = ()
    secure: bool = False
    digest: int = field(init=False, repr=False)


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that must not stand in the output, such as the signed query of a SAS URL.

    `host` is what it is for ("" where that is not known), `query` whether it is the whole query of a URL; `digest` tells
    secrets apart.
    """

    host: str
    query: bool
    digest: str


@dataclass(frozen=True, slots=True)
class LambdaVariable:
    """The variable of a lambda, or of a loop, that runs over a list which is not known."""

    name: str
    type: Type = "any"


@dataclass(frozen=True, slots=True, eq=False)
class Concat(Composite):
    """Text made of pieces. A symbol stands for the text that `format('{0}', …)` makes of it.

    No two literals stand together, none is empty, and a lone piece is a symbol that is not known to be text.
    """

    parts: tuple[str | Symbol, ...]
    digest: int = field(init=False, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class If(Composite):
    """One of two values; the condition is a symbol. `type` and `nullable` are what `type_of` and `may_be_null` say of it."""

    condition: Symbol
    then: ArmValue
    otherwise: ArmValue
    type: Type = field(init=False, repr=False)
    nullable: bool = field(init=False, repr=False)
    digest: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        Composite.__post_init__(self)
        kind = type_of(self.then)
        object.__setattr__(self, "type", kind if kind == type_of(self.otherwise) else "any")
        object.__setattr__(self, "nullable", may_be_null(self.then) or may_be_null(self.otherwise))


@dataclass(frozen=True, slots=True, eq=False)
class Access(Composite):
    """A property (`key` is a str) or an item (int) of something not known, or by a key not known.

    `safe` is `tryGet`: null where there is none.
    """

    target: ArmValue
    key: str | int | Symbol
    safe: bool = False
    digest: int = field(init=False, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class VariableSymbol(Composite):
    """A variable of the template, in place of its value. Evaluation sees values only: the name is put back for printing."""

    name: str
    value: ArmValue
    digest: int = field(init=False, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Lambda(Composite):
    """The function that `map` and its like apply; `body` says `LambdaVariable` for its parameters."""

    parameters: tuple[str, ...]
    body: ArmValue
    digest: int = field(init=False, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Apply(Composite):
    """A pure function, spelled as ARM documents it, over arguments of which one at least is not known.

    `nullable` is what `may_be_null` says of it.
    """

    function: str
    arguments: tuple[ArmValue | Lambda, ...]
    nullable: bool = field(init=False, repr=False)
    digest: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        Composite.__post_init__(self)
        coalesces = self.function == "coalesce"
        nullable = all(map(may_be_null, self.arguments)) if coalesces else type_of(self) == "any"
        object.__setattr__(self, "nullable", nullable)


Leaf: TypeAlias = ParameterSymbol | DeploymentFact | Deferred | Runtime | Secret | VariableSymbol
Symbol: TypeAlias = Leaf | LambdaVariable | Concat | If | Access | Apply
ArmValue: TypeAlias = "bool | int | float | str | tuple[ArmValue, ...] | Mapping[str | Symbol, ArmValue] | Symbol | None"

SYMBOLS = (
    ParameterSymbol,
    DeploymentFact,
    Deferred,
    Runtime,
    Secret,
    LambdaVariable,
    Concat,
    If,
    Access,
    Apply,
    VariableSymbol,
)
_SYMBOLS = frozenset(SYMBOLS)
_LEAVES = frozenset({ParameterSymbol, DeploymentFact, Deferred, Runtime, Secret})
_BARE = frozenset({int, float, bool, type(None)})
_LITERALS = _BARE | {str}  # most of what a long list in an expression has

# Facts of a deployment that are always there.
_TEXTS = frozenset({"subscriptionId", "tenantId", "id", "name", "location", "type", "displayName"})

_RETURNS: Mapping[str, Type] = {
    **dict.fromkeys(("base64", "base64ToString", "dataUri", "dataUriToString", "uri", "uriComponent", "buildUri"), "string"),
    "folder": "string",  # no function of ARM: what is left of a URL that another is resolved against
    **dict.fromkeys(("uriComponentToString", "format", "guid", "join", "padLeft", "replace", "string"), "string"),
    **dict.fromkeys(("substring", "toLower", "toUpper", "trim", "uniqueString", "cidrSubnet", "cidrHost"), "string"),
    **dict.fromkeys(("dateTimeAdd", "dateTimeFromEpoch"), "string"),
    **dict.fromkeys(("add", "sub", "mul", "div", "mod", "int", "length", "indexOf", "lastIndexOf", "dateTimeToEpoch"), "int"),
    **dict.fromkeys(("and", "or", "not", "equals", "less", "lessOrEquals", "greater", "greaterOrEquals"), "bool"),
    **dict.fromkeys(("bool", "contains", "empty", "startsWith", "endsWith"), "bool"),
    **dict.fromkeys(
        ("array", "split", "range", "map", "filter", "sort", "flatten", "items", "objectKeys", "$entries"), "array"
    ),
    **dict.fromkeys(("$coalescelist", "$flatten", "$reverse", "$slice"), "array"),
    "$tostring": "string",
    **dict.fromkeys(("shallowMerge", "toObject", "groupBy", "mapValues", "parseCidr", "parseUri"), "object"),
    "float": "float",
}

UNSET_OR = "$coalesce"
"""The function that gives the first of its arguments that is neither null nor empty: Terraform's `coalesce`, and Packer's."""
MAY_SKIP = frozenset({"and", "or", "coalesce", "$try", "$can"})
"""Functions that need not evaluate all that they are given, or take a failure of it."""
ALIKE = frozenset({"coalesce", "concat", "intersection", "union"})
"""Functions whose arguments are all of the type that they give."""


def is_symbol(value: ArmValue | Lambda) -> TypeGuard[Symbol]:
    """Whether a value is a symbol itself."""
    return type(value) in _SYMBOLS


def is_known(value: ArmValue | Lambda) -> bool:
    """Whether there is no symbol in a value, however deep."""
    match value:
        case tuple():
            return all(map(is_known, value))
        case dict():
            return all(isinstance(key, str) and is_known(item) for key, item in value.items())
        case Lambda():
            return False
        case _:
            return not is_symbol(value)


def type_of(value: ArmValue | Lambda) -> Type:  # noqa: C901, PLR0912 - a case each kind of value
    """The JSON type of a value; "any" where it may have several, or be null."""
    match value:
        case None:
            return "null"
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float"
        case str() | Concat():
            return "string"
        case tuple():
            return "array"
        case dict():
            return "object"
        case ParameterSymbol():
            return "any" if value.nullable or value.untyped else value.type
        case LambdaVariable():
            return value.type
        case Deferred() | Secret():
            return "string"
        case DeploymentFact(path=() | ("tags",)):
            return "object"
        case DeploymentFact(path=(str() as name,)) if name in _TEXTS:
            return "string"
        case If():
            return value.type
        case Access(target, _, safe) if _is_split(target):
            return "any" if safe else "string"
        case VariableSymbol():
            return type_of(value.value)
        case Apply("last" | "first" | "take" | "skip" | "concat" | "union" | "intersection" as name, arguments):
            return _type_as_argument(name, arguments)
        case Apply(name) if name not in _RETURNS and name.startswith("$"):
            return _type_of_terraform(name)
        case Apply(name):
            return _RETURNS.get(name, "any")
        case _:
            return "any"


def _type_as_argument(function: str, arguments: tuple[ArmValue | Lambda, ...]) -> Type:
    """The type of a function that gives back what it is given: all of it, or one of its items."""
    given = type_of(arguments[0])
    if function not in {"first", "last"} or given == "string":
        return given
    return "string" if _is_split(arguments[0]) else "any"


def _type_of_terraform(name: str) -> Type:
    from aib2packer.terraform.library import FUNCTIONS

    function = FUNCTIONS.get(name.removeprefix("$"))
    return "any" if function is None else function.type


def _is_split(value: ArmValue | Lambda) -> bool:
    plain = value if isinstance(value, Lambda) else bare(value)
    return isinstance(plain, Apply) and plain.function == "split"


def bare(value: ArmValue) -> ArmValue:
    """What a value is, where it stands behind the name of a variable."""
    return bare(value.value) if isinstance(value, VariableSymbol) else value


def may_be_null(value: ArmValue | Lambda) -> bool:
    """Whether a value is null, or can turn out to be."""
    match value:
        case None:
            return True
        case If() | Apply():
            return value.nullable
        case DeploymentFact(path=("tags",)):
            return True
        case ParameterSymbol():
            return value.nullable
        case VariableSymbol():
            return may_be_null(value.value)
        case _:
            return type_of(value) == "any"


def leaves(value: ArmValue | Lambda) -> tuple[ParameterSymbol | DeploymentFact | Deferred | Runtime | Secret, ...]:
    """The parameters, and all else that a value depends on, each once, in order of appearance."""
    return tuple(dict.fromkeys([part for part in walk(value) if type(part) in _LEAVES]))  # type: ignore[misc]


def may_be(value: ArmValue, kind: Type) -> bool:
    """Whether a value is of a type, or can be: what is taken of an object, or made of such, and what has no type."""
    return _may_be(value, kind, {})


def _may_be(value: ArmValue | Lambda, kind: Type, known: dict[tuple[int, Type], bool]) -> bool:
    # Each value is looked at once: it may stand in others many times.
    if (found := known.get((id(value), kind))) is None:
        found = known[id(value), kind] = _is_or_gives(value, kind, known)
    return found


def _is_or_gives(value: ArmValue | Lambda, kind: Type, known: dict[tuple[int, Type], bool]) -> bool:
    match value:
        case VariableSymbol(_, inner):
            return _may_be(inner, kind, known)
        case Lambda():
            return False
        case ParameterSymbol():
            return value.untyped or value.type == kind
        case Runtime():
            return True
        case Access(target):
            return _may_be(target, "object", known) or _may_be(target, "array", known)
        case If(_, then, otherwise):
            return _may_be(then, kind, known) and _may_be(otherwise, kind, known)
        case Apply(name, arguments) if name in ALIKE:
            return all(_may_be(argument, kind, known) for argument in arguments)
        case _:
            return type_of(value) == kind


def is_untyped(value: ArmValue | Lambda) -> bool:
    """Whether a value is a variable of Terraform's that is declared without a type, or taken of one: its use tells the type."""
    match value if isinstance(value, Lambda) else bare(value):
        case ParameterSymbol() as parameter:
            return parameter.untyped
        case Access(target):
            return is_untyped(target)
        case _:
            return False


def parameters_of(value: ArmValue | Lambda) -> tuple[ParameterSymbol, ...]:
    """The parameters that a value depends on, each once, in order of appearance."""
    return tuple(leaf for leaf in leaves(value) if isinstance(leaf, ParameterSymbol))


def deciding_parameters(value: ArmValue | Lambda) -> tuple[ParameterSymbol, ...]:
    """The parameters that decide which shape a value has: of `if` those of the condition, not of what is chosen between."""
    return tuple(dict.fromkeys(_deciding(value, once(_has_choice), set())))


def _deciding(
    value: ArmValue | Lambda, has_choice: Callable[[ArmValue | Lambda], bool], seen: set[int]
) -> Iterator[ParameterSymbol]:
    if id(value) in seen:
        return
    seen.add(id(value))
    match value:
        case If(condition, then, otherwise):
            yield from parameters_of(condition)
            yield from _deciding(then, has_choice, seen)
            yield from _deciding(otherwise, has_choice, seen)
        case tuple():
            for item in value:
                if has_choice(item):
                    yield from _deciding(item, has_choice, seen)
        case dict() | None | bool() | int() | float() | str():
            return
        case Apply(_, arguments) if any(map(has_choice, arguments)):
            for argument in arguments:
                yield from _deciding(argument, has_choice, seen)
        case _:
            yield from parameters_of(value)


def _has_choice(value: ArmValue | Lambda, inside: Callable[[ArmValue | Lambda], bool]) -> bool:
    return isinstance(value, If) or (isinstance(value, tuple | Apply) and any(map(inside, parts_of(value))))


def once(work: Callable[[A, Callable[[A], B]], B]) -> Callable[[A], B]:
    """A function over values that works each out once, however often it stands in others.

    `work` gets a value, and this function for what the value is made of.
    """
    return _Once(work)


class _Once(Generic[A, B]):
    """A function that knows what it has worked out. One that named itself would wait for the garbage collector."""

    def __init__(self, work: Callable[[A, Callable[[A], B]], B]) -> None:
        self._work = work
        self._known: dict[int, tuple[A, B]] = {}

    def __call__(self, value: A) -> B:
        found = self._known.get(id(value))
        if found is None:
            found = self._known[id(value)] = (value, self._work(value, self))
        return found[1]


def walk(value: ArmValue | Lambda) -> Iterator[ArmValue | Lambda]:
    """A value and all that it is made of, in order; what stands in several places, as variables do, comes once."""
    seen: set[int] = set()
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if id(one) not in seen:
            seen.add(id(one))
            yield one
            parts = _PARTS.get(type(one))
            if parts is not None:
                waiting += reversed(parts(one))


def parts_of(value: object) -> tuple[ArmValue | Lambda, ...]:
    """What a value is made of."""
    parts = _PARTS.get(type(value))
    return () if parts is None else parts(value)


_PARTS: Mapping[type, Callable[[Any], tuple[ArmValue | Lambda, ...]]] = {
    tuple: tuple,
    dict: lambda value: tuple(chain.from_iterable(value.items())),
    Concat: attrgetter("parts"),
    If: attrgetter("condition", "then", "otherwise"),
    Access: attrgetter("target", "key"),
    Lambda: lambda value: (value.body,),
    VariableSymbol: lambda value: (value.value,),
    Apply: attrgetter("arguments"),
}


def identical(one: object, other: object) -> bool:
    """Whether two values are the same to the letter: for Python true is 1."""
    seen: set[tuple[int, int]] = set()
    waiting = [(one, other)]
    while waiting:
        left, right = waiting.pop()
        if left is right or (id(left), id(right)) in seen:
            continue
        seen.add((id(left), id(right)))
        if isinstance(left, dict) and isinstance(right, dict):
            if len(left) != len(right):
                return False
            # In one order for both: looking a key up would compare all that is in it, each time from the beginning.
            for member, other_member in zip(sorted(left.items(), key=_by_key), sorted(right.items(), key=_by_key), strict=True):
                waiting += zip(member, other_member, strict=True)
        elif isinstance(left, tuple | Composite) and isinstance(right, tuple | Composite):
            parts, others = _contents(left), _contents(right)
            if _head(left) != _head(right) or len(parts) != len(others) or _differ(left, right):
                return False
            waiting += zip(reversed(parts), reversed(others), strict=True)
        elif type(left) is not type(right) or left != right:
            return False
    return True


def _by_key(member: tuple[object, object]) -> int:
    return _digest(member[0])


def _contents(value: object) -> tuple[ArmValue | Lambda, ...]:
    """What is compared in a value: its parts, and what those were that Azure is to answer or a deployment makes."""
    return value.arguments if isinstance(value, Runtime | Deferred) else parts_of(value)


def _differ(left: object, right: object) -> bool:
    return isinstance(left, Composite) and isinstance(right, Composite) and left.digest != right.digest


def _head(value: object) -> tuple[object, ...]:
    """What a value is, but for its parts."""
    match value:
        case Deferred(function, _, parameter):
            return (Deferred, function, parameter)
        case Runtime(function, _, path, secure):
            return (Runtime, function, path, secure)
        case Access(_, _, safe):
            return (Access, safe)
        case Lambda(parameters):
            return (Lambda, parameters)
        case VariableSymbol(name):
            return (VariableSymbol, name)
        case Apply(function):
            return (Apply, function)
        case _:
            return (tuple if isinstance(value, tuple) else type(value),)


def rebuild(value: ArmValue, change: Callable[[ArmValue], ArmValue]) -> ArmValue:
    """A value with each text and symbol, and all that holds such, changed; itself where none is another then."""
    before = () if isinstance(value, VariableSymbol) else parts_of(value)  # a name stays one
    after = tuple([part if type(part) in _BARE else _changed(part, change) for part in before])
    return value if all(map(is_, before, after)) else _remade(value, after)


def _changed(part: ArmValue | Lambda, change: Callable[[ArmValue], ArmValue]) -> ArmValue | Lambda:
    if not isinstance(part, Lambda):
        return change(part)
    body = change(part.body)
    return part if body is part.body else Lambda(part.parameters, body)


def _remade(value: ArmValue, parts: tuple[ArmValue | Lambda, ...]) -> ArmValue:
    """A value with other parts; what must be a symbol, or text, stays what it was where its new value is none."""
    match value:
        case tuple():
            return parts  # type: ignore[return-value]  # no lambda stands in an array
        case dict():
            members = zip(value, parts[::2], parts[1::2], strict=True)
            return {new if isinstance(new, str) or is_symbol(new) else key: item for key, new, item in members}  # type: ignore[misc]
        case Concat(texts):
            kept = (new if isinstance(new, str) or is_symbol(new) else old for old, new in zip(texts, parts, strict=True))
            return concat(kept)
        case If(condition):
            decides, then, otherwise = parts
            return If(decides if is_symbol(decides) else condition, then, otherwise)  # type: ignore[arg-type]  # no lambda
        case Access(_, key, safe):
            target, new = parts
            return Access(target, new if isinstance(new, str | int) or is_symbol(new) else key, safe)  # type: ignore[arg-type]
        case Apply(function):
            return Apply(function, parts)
        case _:
            return value


def answer_of(value: Symbol) -> Runtime:
    """The symbol for the value of `uniqueString`, or of an `if` with one in it: as if only Azure could tell it."""
    named = without_names(value)
    secure = any(isinstance(leaf, ParameterSymbol | Runtime) and leaf.secure for leaf in leaves(named))
    return Runtime("uniqueString", (named,), secure=secure)


def with_fallback(value: ArmValue | Lambda) -> tuple[ParameterSymbol, ArmValue] | None:
    """The parameter and the other value of `if(empty(p), x, p)`, or of `if(not(empty(p)), p, x)`; None for another value."""
    match value:
        case If(Apply("empty", (ParameterSymbol() as own,)), otherwise, then) if without_names(then) == own:
            return own, otherwise
        case If(Apply("not", (Apply("empty", (ParameterSymbol() as own,)),)), then, otherwise) if without_names(then) == own:
            return own, otherwise
        case _:
            return None


def without_names(value: ArmValue) -> ArmValue:
    """A value with the values of variables in place of their names."""
    return once(_without_names)(value) if any(isinstance(part, VariableSymbol) for part in walk(value)) else value


def _without_names(value: ArmValue, inside: Callable[[ArmValue], ArmValue]) -> ArmValue:
    return inside(value.value) if isinstance(value, VariableSymbol) else rebuild(value, inside)


def concat(parts: Iterable[str | Symbol]) -> str | Symbol:
    """Join text: a plain string where all of it is known, the symbol itself for a lone one that is text."""
    pieces: Iterable[str | Symbol] = (
        piece for part in parts for piece in (part.parts if isinstance(part, Concat) else (part,))
    )
    merged = merge_texts(pieces)
    if not merged:
        return ""
    if len(merged) == 1 and type_of(merged[0]) == "string":
        return merged[0]
    return Concat(tuple(merged))


def merge_texts(pieces: Iterable[P]) -> list[P]:
    """Pieces of a text, with no two literals next to each other and none that is empty."""
    merged: list[P] = []
    literals: list[str] = []
    for piece in (*pieces, None):
        if isinstance(piece, str):
            literals.append(piece)
            continue
        if text := "".join(literals):
            merged.append(text)  # type: ignore[arg-type]  # where there was text, there may be
        literals = []
        if piece is not None:
            merged.append(piece)
    return merged


def same(one: ArmValue, other: ArmValue) -> bool | None:
    """What `equals` says of two values: None where that depends on what is not known.

    Text minds case, types differ, objects do not mind the order of their properties (docs/reference/arm-expressions.md 2.3).
    """
    if is_symbol(one) or is_symbol(other):
        return _same_symbols(one, other)
    match one, other:
        case tuple(), tuple():
            return len(one) == len(other) and _all(same(a, b) for a, b in zip(one, other, strict=True))
        case dict(), dict():
            return _same_objects(one, other)
        case _:
            return type_of(one) == type_of(other) and one == other


def identity_of(value: ArmValue) -> Hashable | None:
    """Something that is equal for two known values where `same` says so; None for a value that is not known."""
    if type(value) in _LITERALS:  # as the most are
        return (type(value), value)
    match value:
        case tuple():
            parts = [identity_of(item) for item in value]
            return None if None in parts else ("array", *parts)
        case dict():
            members = [(key, identity_of(item)) for key, item in value.items() if isinstance(key, str)]
            known = len(members) == len(value) and all(part is not None for _, part in members)
            return ("object", frozenset(members)) if known else None
        case _:
            return None if is_symbol(value) else (type_of(value), value)


def _same_objects(one: Mapping[str | Symbol, ArmValue], other: Mapping[str | Symbol, ArmValue]) -> bool | None:
    if all(isinstance(key, str) for key in (*one, *other)) and one.keys() != other.keys():
        return False
    return _all(same(item, other[key]) for key, item in one.items()) if one.keys() == other.keys() else None


def _same_symbols(one: ArmValue, other: ArmValue) -> bool | None:
    if type_of(one) == type_of(other) and one == other:
        return True
    types = {type_of(one), type_of(other)}
    if "any" not in types and len(types) > 1:
        return False
    if "null" in types and not (may_be_null(one) and may_be_null(other)):
        return False
    start, end = starts(one), starts(other)
    shared = min(len(start), len(end))
    if start[:shared] != end[:shared]:
        return False
    return None


def starts(value: ArmValue) -> str:
    """The known beginning of a text."""
    value = bare(value)
    if isinstance(value, Concat):
        return value.parts[0] if isinstance(value.parts[0], str) else ""
    return value if isinstance(value, str) else ""


def ends(value: ArmValue) -> str:
    """The known end of a text."""
    value = bare(value)
    if isinstance(value, Concat):
        return value.parts[-1] if isinstance(value.parts[-1], str) else ""
    return value if isinstance(value, str) else ""


def _all(answers: Iterable[bool | None]) -> bool | None:
    """False if one is; else None if one is; else True."""
    together: bool | None = True
    for answer in answers:
        if answer is False:
            return False
        together = together and answer
    return together
