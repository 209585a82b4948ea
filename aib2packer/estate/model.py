"""The builds of a run, together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.findings.model import Asks, count_decisions
from aib2packer.lazy.models import dataclass
from aib2packer.provenance.accounting import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aib2packer.app.run import Result
    from aib2packer.findings.model import Finding
    from aib2packer.packer.facts import Facts


@dataclass(frozen=True, slots=True)
class EstateBuild:
    """A build: its folder below that of all, what it was made of, and what is known of it."""

    path: str
    result: Result
    facts: Facts

    @property
    def up(self) -> str:
        """The way from its folder to that of all."""
        return "/".join(".." for _ in self.path.split("/"))

    @property
    def open_values(self) -> tuple[str, ...]:
        """Variables that somebody must give a value."""
        return tuple(dict.fromkeys((*self.facts.values, *self.facts.secrets)))

    @property
    def _open(self) -> tuple[Finding, ...]:
        """The findings that no baseline has."""
        return tuple(one for one in self.result.findings if not one.accepted)

    @property
    def decisions(self) -> int:
        """How many decisions there are to make: kinds of findings, of which it may have several of each."""
        return count_decisions(self._open)

    @property
    def to_act_on(self) -> int:
        """How many findings must be acted on."""
        return sum(one.asks is Asks.ACT for one in self._open)

    @property
    def lost(self) -> int:
        """How many settings are lost."""
        return self.result.states[State.LOST]


@dataclass(frozen=True, slots=True)
class SharedValue:
    """A value that several builds have: how a file of values shows it, and their folders."""

    name: str
    text: str
    paths: tuple[str, ...]
    is_open: bool


@dataclass(frozen=True, slots=True)
class Estate:
    """All builds of a run, and what they have in common."""

    builds: Iterable[EstateBuild]
    failed: Sequence[Result]
    """The templates that became no build."""
    shared: tuple[SharedValue, ...]
    shared_names: frozenset[str]
    """What these are called: a build that has a variable of such a name takes its value from the file for all."""

    def has_all_of(self, build: EstateBuild) -> bool:
        """Whether the file for all has each value that a build wants, beside secrets."""
        return bool(build.facts.values) and self._of(build).issuperset(build.facts.values)

    def shares(self, build: EstateBuild) -> bool:
        """Whether a build takes a value from the file for all."""
        return bool(self._of(build))

    def has_others(self, build: EstateBuild) -> bool:
        """Whether the file for all has values that a build does not take."""
        return len(self._of(build)) < len(self.shared_names)

    def _of(self, build: EstateBuild) -> set[str]:
        return {entry.name for entry in build.facts.entries if entry.name in self.shared_names}
