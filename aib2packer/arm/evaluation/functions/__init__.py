"""The pure functions of the ARM language, by family, and those of Terraform; these are their registries."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.arm.evaluation.functions.base import Pure, Structural


@cache
def registry() -> Mapping[str, Pure | Structural]:
    """Every function that depends on nothing but its arguments, by its name in lower case."""
    from aib2packer.arm.evaluation.functions import arithmetic, containers, dates, encoding, hashes, logic, network, strings

    families = (arithmetic, containers, dates, encoding, hashes, logic, network, strings)
    return {function.name.lower(): function for family in families for function in family.FUNCTIONS}


@cache
def of_terraform() -> Mapping[str, Pure | Structural]:
    """The functions of Terraform, which no template of ARM has: their names begin with `$`."""
    from aib2packer.arm.evaluation.functions.terraform import FUNCTIONS

    return {function.name: function for function in FUNCTIONS}


def function_of(name: str) -> Pure | Structural | None:
    """A function by its name in lower case; None for what is none."""
    return (of_terraform() if name.startswith("$") else registry()).get(name)
