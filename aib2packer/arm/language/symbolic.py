"""Values of partial evaluation: JSON as Python has it where it is known, a tree of symbols where it is not.

A `Value` is None, bool, int, float, str, a tuple of values, a dict of values, or a symbol. A dict may have symbols as keys. The
symbols are in a normal form: whatever joins text (`concat`, `format`, `resourceId`) is one `Concat`.
Source: docs/reference/arm-expressions.md 3.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeGuard

from aib2packer.frozen import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Type: TypeAlias = Literal["string", "int", "bool", "float", "array", "object", "null", "any"]


@dataclass(frozen=True, slots=True)
class ParameterSymbol:
    """A parameter of the template without a value; `name` as it is declared, `secure` for securestring and secureObject."""

    name: str
    type: Type = "string"
    secure: bool = False
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class DeploymentFact:
    """What only the deployment knows: `Context("resourceGroup", ("location",))`; a path of names and indexes."""

    function: str
    path: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Deferred:
    """A value that each deployment makes anew: `utcNow` and `newGuid`, in the default of `parameter` ("" elsewhere)."""

    function: str
    arguments: tuple[ArmValue, ...] = ()
    parameter: str = ""

    def __hash__(self) -> int:
        return hash((self.function, self.parameter))


@dataclass(frozen=True, slots=True)
class Runtime:
    """What Azure answers: `reference`, `listKeys`, …; `path` leads into the answer. The answers of `list*` are secret."""

    function: str
    arguments: tuple[ArmValue, ...] = ()
    path: tuple[str | int, ...] = ()
    secure: bool = False

    def __hash__(self) -> int:
        return hash((self.function, self.path))


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


@dataclass(frozen=True, slots=True)
class Concat:
    """Text made of pieces. A symbol stands for the text that `format('{0}', …)` makes of it.

    No two literals stand together, none is empty, and a lone piece is a symbol that is not known to be text.
    """

    parts: tuple[str | Symbol, ...]


@dataclass(frozen=True, slots=True)
class If:
    """One of two values; the condition is a symbol."""

    condition: Symbol
    then: ArmValue
    otherwise: ArmValue

    def __hash__(self) -> int:
        return hash(self.condition)


@dataclass(frozen=True, slots=True)
class Access:
    """A property (`key` is a str) or an item (int) of something not known, or by a key not known.

    `safe` is `tryGet`: null where there is none.
    """

    target: ArmValue
    key: str | int | Symbol
    safe: bool = False

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(frozen=True, slots=True)
class VariableSymbol:
    """A variable of the template, in place of its value. Evaluation sees values only: the name is put back for printing."""

    name: str
    value: ArmValue

    def __hash__(self) -> int:
        return hash(self.name)


@dataclass(frozen=True, slots=True)
class Lambda:
    """The function that `map` and its like apply; `body` says `LambdaVariable` for its parameters."""

    parameters: tuple[str, ...]
    body: ArmValue

    def __hash__(self) -> int:
        return hash(self.parameters)


@dataclass(frozen=True, slots=True)
class Apply:
    """A pure function, spelled as ARM documents it, over arguments of which one at least is not known."""

    function: str
    arguments: tuple[ArmValue | Lambda, ...]

    def __hash__(self) -> int:
        return hash((self.function, len(self.arguments)))


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
    **dict.fromkeys(("array", "split", "range", "map", "filter", "sort", "flatten", "items", "objectKeys"), "array"),
    **dict.fromkeys(("shallowMerge", "toObject", "groupBy", "mapValues", "parseCidr", "parseUri"), "object"),
    "float": "float",
}


def is_symbol(value: ArmValue | Lambda) -> TypeGuard[Symbol]:
    """Whether a value is a symbol itself."""
    return isinstance(value, SYMBOLS)


def is_known(value: ArmValue | Lambda) -> bool:
    """Whether there is no symbol in a value, however deep."""
    match value:
        case tuple():
            return all(map(is_known, value))
        case Mapping():
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
        case Mapping():
            return "object"
        case ParameterSymbol():
            return "any" if value.nullable else value.type
        case LambdaVariable():
            return value.type
        case Deferred() | Secret():
            return "string"
        case DeploymentFact(path=() | ("tags",)):
            return "object"
        case DeploymentFact(path=(str() as name,)) if name in _TEXTS:
            return "string"
        case If(_, then, otherwise):
            return type_of(then) if type_of(then) == type_of(otherwise) else "any"
        case Access(target, _, safe) if _is_split(target):
            return "any" if safe else "string"
        case VariableSymbol():
            return type_of(value.value)
        case Apply("last" | "first" | "take" | "skip" | "concat" | "union" | "intersection" as name, arguments):
            return _type_as_argument(name, arguments)
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
        case If(_, then, otherwise):
            return may_be_null(then) or may_be_null(otherwise)
        case DeploymentFact(path=("tags",)):
            return True
        case Apply("coalesce", arguments):
            return all(map(may_be_null, arguments))
        case VariableSymbol():
            return may_be_null(value.value)
        case _:
            return type_of(value) == "any"


def leaves(value: ArmValue | Lambda) -> tuple[ParameterSymbol | DeploymentFact | Deferred | Runtime | Secret, ...]:
    """The parameters, and all else that a value depends on, each once, in order of appearance."""
    return tuple(
        dict.fromkeys(
            part for part in walk(value) if isinstance(part, ParameterSymbol | DeploymentFact | Deferred | Runtime | Secret)
        )
    )


def parameters_of(value: ArmValue | Lambda) -> tuple[ParameterSymbol, ...]:
    """The parameters that a value depends on, each once, in order of appearance."""
    return tuple(leaf for leaf in leaves(value) if isinstance(leaf, ParameterSymbol))


def deciding_parameters(value: ArmValue | Lambda) -> tuple[ParameterSymbol, ...]:
    """The parameters that decide which shape a value has: of `if` those of the condition, not of what is chosen between."""
    return tuple(dict.fromkeys(_deciding(value)))


def _deciding(value: ArmValue | Lambda) -> Iterator[ParameterSymbol]:
    match value:
        case If(condition, then, otherwise):
            yield from parameters_of(condition)
            yield from _deciding(then)
            yield from _deciding(otherwise)
        case tuple():
            for item in value:
                if _has_choice(item):
                    yield from _deciding(item)
        case Mapping() | None | bool() | int() | float() | str():
            return
        case Apply(_, arguments) if any(map(_has_choice, arguments)):
            for argument in arguments:
                yield from _deciding(argument)
        case _:
            yield from parameters_of(value)


def _has_choice(value: ArmValue | Lambda) -> bool:
    return isinstance(value, If) or (isinstance(value, tuple | Apply) and any(map(_has_choice, _parts(value))))


def walk(value: ArmValue | Lambda) -> Iterator[ArmValue | Lambda]:
    """A value and all that it is made of."""
    yield value
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from walk(key)
            yield from walk(item)
    else:
        for part in _parts(value):
            yield from walk(part)


def _parts(value: ArmValue | Lambda) -> Iterable[ArmValue | Lambda]:
    match value:
        case tuple() | Concat(parts=_):
            return value if isinstance(value, tuple) else value.parts
        case If(condition, then, otherwise):
            return (condition, then, otherwise)
        case Access(target, key):
            return (target, key)
        case Lambda(_, body) | VariableSymbol(_, body):
            return (body,)
        case Apply(_, arguments):
            return arguments
        case _:
            return ()


def rebuild(value: ArmValue, change: Callable[[ArmValue], ArmValue]) -> ArmValue:
    """A value with each of the values that it is made of changed."""

    def symbol(part: Symbol) -> Symbol:
        changed = change(part)
        return changed if is_symbol(changed) else part

    def text(part: str | Symbol) -> str | Symbol:
        changed = change(part)
        return changed if isinstance(changed, str) or is_symbol(changed) else part

    def argument(part: ArmValue | Lambda) -> ArmValue | Lambda:
        return Lambda(part.parameters, change(part.body)) if isinstance(part, Lambda) else change(part)

    match value:
        case tuple():
            return tuple(map(change, value))
        case Mapping():
            return {key if isinstance(key, str) else symbol(key): change(item) for key, item in value.items()}
        case Concat(parts):
            return concat(map(text, parts))
        case If(condition, then, otherwise):
            return If(symbol(condition), change(then), change(otherwise))
        case Access(target, key, safe):
            return Access(change(target), key if isinstance(key, str | int) else symbol(key), safe)
        case Apply(function, arguments):
            return Apply(function, tuple(map(argument, arguments)))
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
    return without_names(value.value) if isinstance(value, VariableSymbol) else rebuild(value, without_names)


def concat(parts: Iterable[str | Symbol]) -> str | Symbol:
    """Join text: a plain string where all of it is known, the symbol itself for a lone one that is text."""
    merged: list[str | Symbol] = []
    for part in parts:
        for piece in part.parts if isinstance(part, Concat) else (part,):
            if isinstance(piece, str) and merged and isinstance(merged[-1], str):
                merged[-1] += piece
            elif piece != "":
                merged.append(piece)
    if not merged:
        return ""
    if len(merged) == 1 and type_of(merged[0]) == "string":
        return merged[0]
    return Concat(tuple(merged))


def same(one: ArmValue, other: ArmValue) -> bool | None:
    """What `equals` says of two values: None where that depends on what is not known.

    Text minds case, types differ, objects do not mind the order of their properties (docs/reference/arm-expressions.md 2.3).
    """
    if is_symbol(one) or is_symbol(other):
        return _same_symbols(one, other)
    match one, other:
        case tuple(), tuple():
            return len(one) == len(other) and _all(same(a, b) for a, b in zip(one, other, strict=True))
        case Mapping(), Mapping():
            return _same_objects(one, other)
        case _:
            return type_of(one) == type_of(other) and one == other


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
