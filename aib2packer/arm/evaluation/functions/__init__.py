"""The pure functions of the ARM language, by family; this is their registry."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.arm.evaluation.functions.base import Pure, Structural


@cache
def registry() -> Mapping[str, Pure | Structural]:
    """Every function that depends on nothing but its arguments, by its name in lower case."""
    from aib2packer.arm.evaluation.functions import (
        arithmetic,
        containers,
        dates,
        encoding,
        hashes,
        logic,
        network,
        strings,
        terraform,
    )

    families = (arithmetic, containers, dates, encoding, hashes, logic, network, strings, terraform)
    return {function.name.lower(): function for family in families for function in family.FUNCTIONS}
