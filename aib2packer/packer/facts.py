"""What there is to know of a build beside the build itself, in plain words: for the overview of many."""

from __future__ import annotations

from aib2packer.lazy.models import dataclass


@dataclass(frozen=True, slots=True)
class Role:
    """A role that the account of Packer needs: on what, whose id is `scope` as a word of a shell, and what for."""

    role: str
    thing: str
    scope: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection that a build makes."""

    source: str
    target: str
    port: int
    why: str


@dataclass(frozen=True, slots=True)
class LastRun:
    """The last run in the service, as the template tells it: how it ended, and the minutes that it took."""

    state: str
    minutes: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What there is to know of one build. Ids and addresses are as the template writes them, without secrets."""

    name: str | None
    system: str
    source: str
    targets: tuple[str, ...]
    definitions: tuple[str, ...]
    """Image definitions that must be there: ids, as words of a shell."""
    scripts: tuple[str, ...]
    """Scripts and files that the build fetches."""
    identities: tuple[str, ...]
    subnets: tuple[str, ...]
    roles: tuple[Role, ...]
    connections: tuple[Connection, ...]
    secrets: tuple[str, ...]
    """Variables of the build that are secret."""
    values: tuple[str, ...]
    """Variables of the build that have no value."""
    minutes: int
    """The time limit of the build, and of the one that validates."""
    last_run: LastRun | None
