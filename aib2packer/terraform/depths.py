"""Which values lead through so many others, or back to themselves, that following them would not end: found before that."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from aib2packer.terraform.syntax import (
    TfAccess,
    TfCall,
    TfChoice,
    TfExpression,
    TfFor,
    TfList,
    TfObject,
    TfOperation,
    TfSplat,
    TfText,
    path_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Path: TypeAlias = tuple[str, ...]

_DEEPEST = 100
"""How many expressions may stand in each other, with what they name filled in: some Python calls each."""
_LARGEST = 10_000
"""How many expressions a value may be made of; an attribute of a resource is written wherever it is named."""


class Extent(NamedTuple):
    """How deep and how large a value is, and what it names, each as often as it stands there."""

    depth: int
    size: int
    named: tuple[Path, ...]


def endless(values: Mapping[Path, TfExpression]) -> set[Path]:
    """The paths of the values that are too deep or too large with what they name, or name themselves."""
    own = {path: _extent(expression, values) for path, expression in values.items()}
    whole: dict[Path, tuple[int, int] | None] = {}
    for path in own:
        waiting = [path]
        while waiting:
            one = waiting[-1]
            if whole.get(one) is not None:
                waiting.pop()
                continue
            if one in whole:  # all that it names has been looked at, but for what leads back to it
                known = [whole[name] or (_DEEPEST + 1, 0) for name in own[one].named]
                inlined = sum(size for name, (_, size) in zip(own[one].named, known, strict=True) if name[0] != "local")
                depth = own[one].depth + max((depth for depth, _ in known), default=0)
                whole[one] = (min(depth, _DEEPEST + 1), min(own[one].size + inlined, _LARGEST + 1))
                waiting.pop()
                continue
            whole[one] = None
            waiting += (name for name in dict.fromkeys(own[one].named) if name not in whole)
    return {path for path, extent in whole.items() if extent and (extent[0] > _DEEPEST or extent[1] > _LARGEST)}


def _extent(expression: TfExpression, values: Mapping[Path, TfExpression]) -> Extent:
    deepest = size = 0
    named: list[Path] = []
    waiting: list[tuple[TfExpression, int]] = [(expression, 1)]
    while waiting:
        one, depth = waiting.pop()
        deepest, size = max(deepest, depth), size + 1
        if isinstance(one, TfAccess):
            path = path_of(one) or ()
            named += [path[:count] for count in (2, 3, 4) if path[:count] in values and len(path) >= count]
        waiting += ((part, depth + 1) for part in _parts(one))
    return Extent(deepest, size, tuple(dict.fromkeys(named)) if len(named) > _LARGEST else tuple(named))


def _parts(expression: TfExpression) -> Iterator[TfExpression]:
    match expression:
        case TfText(parts):
            yield from (part for part in parts if not isinstance(part, str))
        case TfList(items) | TfCall(_, items) | TfOperation(_, items):
            yield from items
        case TfObject(items):
            yield from (part for item in items for part in item)
        case TfAccess() if path_of(expression) is not None:  # one reference, with what may stand in its brackets
            while isinstance(expression, TfAccess):
                yield expression.key
                expression = expression.target
        case TfAccess(target, key):
            yield from (target, key)
        case TfSplat(target, path):
            yield from (target, *path)
        case TfChoice(condition, then, otherwise):
            yield from (condition, then, otherwise)
        case TfFor(_, _, collection, result_key, result, condition):
            yield from (part for part in (collection, result_key, result, condition) if part is not None)
        case _:
            return
