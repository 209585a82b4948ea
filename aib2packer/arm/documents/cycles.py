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
    from aib2packer.findings.model import Report


def without_cycles(facts: Mapping[str, ParameterFact], report: Report) -> dict[str, ParameterFact]:
    """The parameters, by names in lower case; those whose default comes back to itself are reported and have none."""
    found: dict[str, ParameterFact] = {}
    for name, fact in facts.items():
        if (circle := _circle(name, facts)) is None:
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


def _circle(name: str, facts: Mapping[str, ParameterFact]) -> tuple[str, ...] | None:
    """The way from a parameter through defaults back to it; None where there is none."""
    seen: set[str] = set()
    waiting: list[tuple[str, ...]] = [(name,)]
    while waiting:
        way = waiting.pop()
        fact = facts.get(way[-1])
        if fact is None or fact.given is not None:  # the default of one that has a value counts for nothing
            continue
        for parameter in parameters_of(fact.default):
            step = parameter.name.lower()
            if step == name:
                return (*way, step)
            if step not in seen:
                seen.add(step)
                waiting.append((*way, step))
    return None
