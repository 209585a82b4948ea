"""Checks of what is taken apart, as resource ids are: else a value with too few pieces fails by an index, without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.arm.language.symbolic import (
    MAY_SKIP,
    Access,
    Apply,
    DeploymentFact,
    If,
    Lambda,
    ParameterSymbol,
    Runtime,
    bare,
    parts_of,
)
from aib2packer.findings.text import in_a_sentence
from aib2packer.hcl.printing import names_in, print_value
from aib2packer.hcl.values import HclCode, Variable, VariableValidation
from aib2packer.lazy.models import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aib2packer.arm.language.symbolic import ArmValue, Leaf
    from aib2packer.hcl.values import Value

TOLD_BY_FILE = "A validation sees one variable only: where this is something else, file() fails with what is expected."
_GROUP, _IN_GROUP = 4, 8  # where an id has its resource group, and the name of what lies in one


def pieces_needed(values: Iterable[ArmValue]) -> dict[Leaf, dict[str, int]]:
    """How many separators each leaf must have, by separator, for it is taken apart wherever the build is run."""
    needed: dict[Leaf, dict[str, int]] = {}
    seen: set[int] = set()
    for value in values:
        for leaf, separator, index in _taken_apart(value, seen):
            by_separator = needed.setdefault(leaf, {})
            by_separator[separator] = max(index, by_separator.get(separator, 0))
    return needed


def with_pieces(variable: Variable, needed: dict[str, int], *, may_be_empty: bool) -> Variable:
    """A variable that must have so many separators. One whose default has less stays as it was: it fails by itself."""
    rules = []
    for separator, count in needed.items():
        if isinstance(variable.default, str) and variable.default.count(separator) < count and not may_be_empty:
            continue
        own = f"var.{variable.name}"
        enough = f"length(split({print_value(separator)}, {own})) > {count}"
        enough = f'{own} == "" || {enough}' if may_be_empty else enough
        rules.append(
            VariableValidation(
                f"{own} == null ? true : {enough}" if variable.default == HclCode("null") else enough,
                f"The {variable.name} {_expected(separator, count)}",
            )
        )
    return replace(variable, validation=(*variable.validation, *rules)) if rules else variable


def matching(value: Value, pattern: str, expected: str) -> str:
    """A text that matches, without groups; else an error that names the variables that it is made of, and what is expected."""
    names = list(dict.fromkeys(_variables_in(value)))
    made = f"What comes of {names[0]}" if names else "What the template computes"
    subject = f"{in_a_sentence(names)} together" if len(names) > 1 else made
    return f'try(\n  regex("{pattern}", {print_value(value)}),\n  file("{subject} must {expected}"),\n)'


def _variables_in(value: Value) -> Iterator[str]:
    for one in names_in(value):
        if isinstance(one, Variable):
            yield one.name
        else:
            yield from _variables_in(one.value)


def _expected(separator: str, count: int) -> str:
    if separator != "/" or count < _GROUP:
        return f"must have {'a' if count == 1 else count} `{separator}`: the template takes it apart there."
    rest = "/.../..." * max(0, (count - _IN_GROUP + 2) // 2)
    behind = f"/providers/...{rest}" if count > _GROUP else ""
    return f"must be a resource id: /subscriptions/.../resourceGroups/...{behind}"


def _taken_apart(value: ArmValue | Lambda, seen: set[int]) -> Iterator[tuple[Leaf, str, int]]:
    """The leaves that are split, each with its separator and the index of a piece: only what is evaluated in any case."""
    if id(value) in seen or isinstance(value, Lambda):
        return
    seen.add(id(value))
    match bare(value):
        case If(condition):
            yield from _taken_apart(condition, seen)
        case Apply(function) if function in MAY_SKIP:
            return
        case Access(target, int() as index, safe=False) if index:
            match bare(target):
                case Apply("split", (text, str() as separator)) if not isinstance(text, Lambda):
                    leaf = bare(text)
                    if isinstance(leaf, ParameterSymbol | DeploymentFact | Runtime):
                        yield leaf, separator, index
            yield from _taken_apart(target, seen)
        case plain:
            for part in parts_of(plain):
                yield from _taken_apart(part, seen)
