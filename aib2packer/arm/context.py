"""What the user says about the deployment of a template."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aib2packer.arm.parameters import Given, Setting
    from aib2packer.findings.model import Report
    from aib2packer.text.tree import Json


def _read_nothing(_path: str, _report: Report) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Context:
    """What the user says about the deployment.

    `values` are those of parameters, by the names as written. `fold` uses them, and the defaults, in place of variables.
    `shape` are the parameters, in lower case, that decide what is built: their values are used in any case. `read_linked`
    reads a template by its path beside this one.
    """

    values: Mapping[str, Given | Setting] = field(default_factory=dict)
    subscription_id: str | None = None
    resource_group: str | None = None
    location: str | None = None
    fold: bool = False
    shape: frozenset[str] = frozenset()
    read_linked: Callable[[str, Report], Json | None] = _read_nothing
