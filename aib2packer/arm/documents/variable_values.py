"""What a template gives names to: its variables, and the parameters whose values have become part of the output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aib2packer.arm.language.json_values import JsonSymbolic, value_of
from aib2packer.jsonc.tree import JsonArray, JsonObject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aib2packer.arm.evaluation.scope import Definition, Scope
    from aib2packer.arm.language.symbolic import ArmValue
    from aib2packer.jsonc.tree import Json


def named_values(scope: Scope) -> tuple[tuple[str, ArmValue], ...]:
    """The variables that have been evaluated in a scope and around it, outermost first, each scope's as they are declared.

    Before the variables of a scope stand its parameters of type array and object, as far as they have values. Only what the
    image template needs has been evaluated, so only that is found.
    """
    return tuple((name, value_of(node)) for name, node in _named(scope, set()))


def names_used(scope: Scope) -> frozenset[str]:
    """The names of these, in lower case."""
    return frozenset(name.lower() for name, _ in _named(scope, set()))


def _named(scope: Scope, seen: set[int]) -> Iterator[tuple[str, Json]]:
    # Rounds of a loop have scopes of their own, but share what has been worked out.
    if id(scope.memory) in seen:
        return
    seen.add(id(scope.memory))
    for definition in scope.parameters.values():
        if definition.scope is not None:
            yield from _named(definition.scope, seen)
    for kind, definitions in (("parameter", scope.parameters), ("variable", scope.variables)):
        for definition in definitions.values():
            node = _known(kind, definition, scope)
            if node is not None and (kind == "variable" or isinstance(node, JsonArray | JsonObject)):
                yield definition.name, node


def _known(kind: str, definition: Definition, scope: Scope) -> Json | None:
    if definition.literal:
        return None if isinstance(definition.value, JsonSymbolic) else definition.value
    return scope.memory.values.get((kind, definition.name.lower()))


def tables_in(name: str, value: ArmValue) -> Iterator[tuple[str, ArmValue]]:
    """A value and the arrays and objects within, each named by its path: `sizes`, `sizes_web`."""
    if isinstance(value, tuple | Mapping):
        yield name, value
    if isinstance(value, Mapping):
        for key, item in value.items():
            if isinstance(key, str):
                yield from tables_in(f"{name}_{key}", item)
