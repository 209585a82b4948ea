"""Values of partial evaluation as HCL that means the same, with Packer's own functions only.

Source: docs/reference/arm-expressions.md 2 (column HCL) and 3.7; docs/reference/packer-semantics.md 7.4 for the functions that
there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aib2packer.arm.language.describe import describe
from aib2packer.arm.language.symbolic import (
    Access,
    Apply,
    Concat,
    Deferred,
    DeploymentFact,
    If,
    LambdaVariable,
    ParameterSymbol,
    Runtime,
    Secret,
    VariableSymbol,
    answer_of,
    bare,
    is_untyped,
    may_be_null,
    type_of,
)
from aib2packer.hcl.code import NULL, Binding, CannotPrintError, Piece, call, conditional, index, infix, of_text, of_value
from aib2packer.hcl.printing import is_identifier, print_value, quote
from aib2packer.hcl.values import HclCode, Interpolation, Variable
from aib2packer.lazy.models import dataclass, field
from aib2packer.packer.expressions.dates import date_format
from aib2packer.packer.expressions.urls import join_url, write_out_urls

if TYPE_CHECKING:
    from typing import TypeAlias

    from aib2packer.arm.language.symbolic import ArmValue, Leaf, Symbol
    from aib2packer.hcl.values import Local, Value

    Reference: TypeAlias = Variable | Local | HclCode
    References: TypeAlias = Mapping[Leaf, Reference]

_SCALARS = frozenset({"string", "int", "bool", "float"})
_LONGEST = 100_000  # characters of an expression; ARM takes 24,576
_TIMESTAMP = HclCode("timestamp()")


def to_hcl(value: ArmValue, references: References, now: Local | HclCode = _TIMESTAMP) -> Value:
    """A value as HCL.

    Args:
        value: What to print; known or not.
        references: What stands for each leaf in it (`symbolic.leaves` lists them), and for the names of variables. utcNow and
            newGuid need none.
        now: The time that `utcNow` formats, in RFC 3339.

    Raises:
        CannotPrintError: No function of Packer does what one of ARM's does, or a leaf has no reference.

    """
    return Printer(references, now).value(value)


@dataclass(frozen=True, slots=True)
class Printer:
    """Prints values with one set of references."""

    references: References
    now: Local | HclCode
    variables: Mapping[str, str] = field(default_factory=dict)
    _pieces: dict[int, tuple[ArmValue, Piece]] = field(default_factory=dict, compare=False, repr=False)
    """What was printed, by identity: text is looked at twice, and what stands in it would be four times, then eight."""

    def value(self, value: ArmValue) -> Value:
        """A value for an attribute."""
        match value:
            case None:
                return NULL.code
            case bool() | int() | float() | str():
                return value
            case tuple():
                return tuple(map(self.value, value))
            case Mapping() if all(isinstance(key, str) for key in value):
                return {str(key): self.value(item) for key, item in value.items()}
            case Concat():
                return self.text(value)
            case Apply("uri"):
                return self.value(join_url(value))
            case ParameterSymbol() | DeploymentFact() | Deferred() | Runtime() | Secret() | VariableSymbol() if (
                value in self.references
            ):
                return self.references[value]
            case _:
                return self.piece(value).code

    def piece(self, value: ArmValue) -> Piece:
        """A value inside of an expression."""
        if (known := self._pieces.get(id(value))) is not None:
            return known[1]
        piece = self._piece(value)
        if len(piece.text) > _LONGEST:
            reason = "the expression is too long with the values of its variables filled in"
            raise CannotPrintError(reason, "concat")
        self._pieces[id(value)] = (value, piece)
        return piece

    def _piece(self, value: ArmValue) -> Piece:  # noqa: C901 - a case each kind of value
        match value:
            case None:
                return NULL
            case tuple():
                items = tuple(map(self.piece, value))
                return of_text(print_value(self.value(value)), *items)
            case Mapping():
                return self._object(value)
            case Concat(parts):
                pieces = [self.text_piece(part) for part in parts if not isinstance(part, str)]
                return of_text(print_value(self.text(value)), *pieces)
            case ParameterSymbol() | DeploymentFact() | Deferred() | Runtime() | Secret() | VariableSymbol():
                return self._leaf(value)
            case LambdaVariable(name):
                return Piece(self.variables[name.lower()])
            case (If() | Apply("uniqueString")) as made if (own := self.references.get(answer_of(made))) is not None:
                return of_value(own)
            case If(condition, then, otherwise):
                return self._if(condition, then, otherwise)
            case Access():
                return self._access(value)
            case Apply():
                from aib2packer.packer.expressions.functions import print_function

                return print_function(self, value)
            case _:
                return of_value(value)

    def text(self, value: Concat) -> Interpolation | HclCode:
        """Joined text; a lone piece is no text yet, and HCL would leave it as it is."""
        if len(value.parts) == 1:
            return call("convert", self.text_piece(value.parts[0]), Piece("string")).code
        return Interpolation(tuple(part if isinstance(part, str) else self.part(part) for part in write_out_urls(value).parts))

    def text_piece(self, part: ArmValue) -> Piece:
        """What `format('{0}', …)` makes of a value, as something that HCL makes the same text of."""
        if isinstance(part, Apply) and part.function == "$tostring":
            return self.piece(part.arguments[0])  # type: ignore[arg-type]  # no lambda is text
        kind = type_of(part)
        if kind in {"array", "object"}:
            reason = "HCL writes arrays and objects into text in another way"
            raise CannotPrintError(reason, "string")
        piece = self.piece(part)
        if kind == "bool":
            return conditional(piece, Piece('"True"'), Piece('"False"'))
        if isinstance(part, ParameterSymbol) and part.nullable:
            return conditional(infix(Binding.EQUALITY, "==", piece, NULL), Piece('""'), piece)
        return piece

    def inside_lambda(self, names: tuple[str, ...]) -> Printer:
        """The printer for the body of a lambda."""
        for name in names:
            if not is_identifier(name):
                reason = f"`{name}` is not a name in HCL"
                raise CannotPrintError(reason, "lambda")
        taken = set(self.variables.values())
        added = {name.lower(): _free(name, taken) for name in names}
        return Printer(self.references, self.now, {**self.variables, **added})

    def part(self, part: Symbol) -> Reference | Variable:
        """A piece of a longer text."""
        plain = type_of(part) in {"string", "int", "float"}
        if isinstance(part, ParameterSymbol):
            plain = (plain or part.untyped) and not part.nullable
        if (
            plain
            and isinstance(part, ParameterSymbol | DeploymentFact | Deferred | Runtime | Secret | VariableSymbol)
            and part in self.references
        ):
            return self.references[part]
        return self.text_piece(part).code

    def _leaf(self, leaf: Leaf) -> Piece:
        reference = self.references.get(leaf)
        if reference is not None:
            return of_value(reference)
        match leaf:
            case Deferred("newGuid"):
                return call("uuidv4")
            case Deferred("utcNow", arguments):
                picture = arguments[0] if arguments else "yyyyMMddTHHmmssZ"
                printed = date_format(picture) if isinstance(picture, str) else None
                if printed is None:
                    reason = "Packer formats dates without fractions of seconds, and not in the standard formats of one letter"
                    raise CannotPrintError(reason, "utcNow")
                return call("formatdate", Piece(quote(printed)), of_value(self.now))
            case VariableSymbol(_, value):
                return self.piece(value)
            case _:
                reason = "nothing stands for it"
                raise CannotPrintError(reason, describe(leaf)[1:-1])

    def _object(self, value: Mapping[str | Symbol, ArmValue]) -> Piece:
        pieces = tuple(map(self.piece, value.values()))
        if all(isinstance(key, str) for key in value):
            return of_text(print_value(self.value(value)), *pieces)
        keys = tuple(map(self._member_key, value))
        members = ", ".join(f"{key.text} = {piece.text}" for key, piece in zip(keys, pieces, strict=True))
        return of_text(f"{{ {members} }}", *keys, *pieces)

    def _member_key(self, key: str | Symbol) -> Piece:
        if isinstance(key, str):
            return Piece(quote(key))
        piece = self.piece(key)
        return of_text(f"({piece.text})", piece)

    def _if(self, condition: Symbol, then: ArmValue, otherwise: ArmValue) -> Piece:
        if not _unifies(then, otherwise):
            reason = "the two values differ in type or shape, and HCL would make one of them like the other"
            raise CannotPrintError(reason, "if")
        return conditional(self.piece(condition), self.piece(then), self.piece(otherwise))

    def _access(self, access: Access) -> Piece:
        if not access.safe:
            return index(self.piece(access.target), *self._key(access))
        path: list[Access] = []
        target: ArmValue = access
        while isinstance(target, Access) and target.safe:
            path.insert(0, target)
            target = target.target
        piece = self.piece(target)
        for step in path:
            piece = index(piece, *self._key(step))
        return call("try", piece, NULL)

    def _key(self, access: Access) -> tuple[str, *tuple[Piece, ...]]:
        key = access.key
        if isinstance(key, int):
            return (f"[{key}]",)
        if isinstance(key, str):
            return (f".{key}" if is_identifier(key) else f"[{quote(key)}]",)
        piece = self.piece(key)
        return f"[{piece.text}]", piece


def _free(name: str, taken: set[str]) -> str:
    """A name that hides no other."""
    while name in taken or name in {"var", "local", "data", "source", "build", "path", "packer", "each", "for", "if", "in"}:
        name += "_"
    taken.add(name)
    return name


def _items_of(value: ArmValue) -> tuple[ArmValue, ...]:
    match value:
        case tuple():
            return value
        case Mapping():
            return tuple(value.values())
        case _:
            return ()


def _unifies(then: ArmValue, otherwise: ArmValue) -> bool:
    """Whether HCL leaves both arms of a conditional as they are (docs/reference/arm-expressions.md 2.0, trap 11)."""
    then, otherwise = bare(then), bare(otherwise)
    if then is None or otherwise is None:
        return True
    kinds = type_of(then), type_of(otherwise)
    if is_untyped(then) or is_untyped(otherwise):  # of a type that is told by the other one
        return all(type_of(item) in _SCALARS for one in (then, otherwise) for item in _items_of(one))
    if "any" in kinds:
        return not {"array", "object"} & set(kinds) or may_be_null(then) or may_be_null(otherwise)
    if kinds[0] != kinds[1]:
        return False
    if isinstance(then, Mapping) and isinstance(otherwise, Mapping):
        return then.keys() == otherwise.keys() and all(_unifies(item, otherwise[key]) for key, item in then.items())
    if isinstance(then, tuple) and isinstance(otherwise, tuple):
        types = {type_of(item) for item in (*then, *otherwise)}
        return len(types) < 2 and types <= _SCALARS  # noqa: PLR2004 - all of one type
    return True
