"""What the rules of a type of resource are made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from tests.lab.azure.answer import Answer
from tests.lab.azure.arm.operations import Operations
from tests.lab.azure.arm.store import Store, Stored
from tests.lab.azure.clock import LabClock

Json = Any


class CopyEnd(Enum):
    """How copies of snapshots and blobs end."""

    DONE = "done"
    FAILED = "failed"
    NEVER = "never"


@dataclass(slots=True)
class Arm:
    """The state of Azure Resource Manager. `copy_seconds` is how long a copy takes, of a snapshot or a blob."""

    clock: LabClock
    store: Store
    operations: Operations
    copies: CopyEnd = CopyEnd.DONE
    copy_seconds: float = 45
    kinds: "dict[str, Kind]" = field(default_factory=dict)  # of types that take more than rules: VMs
    access: dict[str, str] = field(default_factory=dict)  # disk or snapshot with a SAS -> path of the blob that shows it


# Looks at what is to be stored, refuses it or completes it, and tells what Azure knows besides.
Check = Callable[[Arm, str, dict[str, Json]], dict[str, Json]]
# What a GET shows beyond what was stored.
Show = Callable[[Arm, Stored, Mapping[str, str]], dict[str, Json]]
# POST .../ACTION
Action = Callable[[Arm, Stored, Json], Answer]


def no_check(_arm: Arm, _path: str, _body: dict[str, Json]) -> dict[str, Json]:
    """Take anything."""
    return {}


def show_all(_arm: Arm, stored: Stored, _query: Mapping[str, str]) -> dict[str, Json]:
    """Show what was stored."""
    return stored.body


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of resource.

    `created`, `updated` and `deleted` are the statuses of the answers. `operations` is the last part of the path at which its
    long
    operations are asked about; None where everything is done at once. `with_output`: whether such an operation tells what it
    made.
    """

    created: int = 201
    updated: int = 200
    deleted: int = 202
    operations: str | None = None
    with_output: bool = False
    check: Check = no_check
    before_delete: Callable[[Arm, Stored], None] = lambda _arm, _stored: None
    show: Show = show_all
    actions: Mapping[str, Action] = field(default_factory=dict)
