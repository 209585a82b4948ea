"""Parameters whose defaults go round in a circle."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from aib2packer.arm.language.symbolic import parameters_of
from aib2packer.findings import codes
from aib2packer.lazy.models import replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.arm.documents.parameters import ParameterFact
    from aib2packer.arm.language.symbolic import ParameterSymbol
    from aib2packer.findings.model import Report


def without_cycles(facts: Mapping[str, ParameterFact], report: Report) -> dict[str, ParameterFact]:
    """The parameters, by names in lower case; those whose default comes back to itself are reported and have none."""
    found: dict[str, ParameterFact] = {}
    settled = _settled(facts)
    for name, fact in facts.items():
        if name in settled or (circle := _circle(name, facts)) is None:
            found[name] = fact
            continue
        report.add(
            codes.PARAMETER,
            fact.parameter.span,
            f"the default of the parameter {fact.parameter.name} depends on itself: "
            f"{' -> '.join(facts[step].parameter.name for step in circle)}",
            help=f"Give it another default, or a value: --set {shlex.quote(fact.parameter.name)}=…",
        )
        found[name] = replace(fact, default=None)
    return found


def _settled(facts: Mapping[str, ParameterFact]) -> set[str]:
    """The parameters from which defaults lead to no circle: most, or all, which are then not looked at one by one."""
    needs = {name: {one.name.lower() for one in _named_by(fact)} & facts.keys() for name, fact in facts.items()}
    needed_by: dict[str, list[str]] = {name: [] for name in facts}
    for name, others in needs.items():
        for other in others:
            needed_by[other].append(name)
    settled = [name for name, others in needs.items() if not others]
    for name in settled:  # which grows
        for other in needed_by[name]:
            needs[other].discard(name)
            if not needs[other]:
                settled.append(other)
    return set(settled)


def _named_by(fact: ParameterFact) -> tuple[ParameterSymbol, ...]:
    """The parameters in a default, which counts for nothing where there is a value."""
    return parameters_of(fact.default) if fact.given is None else ()


def _circle(name: str, facts: Mapping[str, ParameterFact]) -> tuple[str, ...] | None:
    """The way from a parameter through defaults back to it; None where there is none."""
    seen: set[str] = set()
    waiting: list[tuple[str, ...]] = [(name,)]
    while waiting:
        way = waiting.pop()
        fact = facts.get(way[-1])
        for parameter in () if fact is None else _named_by(fact):
            step = parameter.name.lower()
            if step == name:
                return (*way, step)
            if step not in seen:
                seen.add(step)
                waiting.append((*way, step))
    return None
