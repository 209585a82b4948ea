"""What there is in the simulated Azure after a build, or a part of one."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.lab.azure.arm.store import Stored
from tests.lab.azure.cli.real import Ended
from tests.lab.azure.cloud import SimulatedAzure

PROVIDED = (
    "microsoft.resources/resourcegroups",
    "microsoft.compute/galleries",
    "microsoft.compute/galleries/images",
    "microsoft.storage/storageaccounts",
)


@dataclass(frozen=True, slots=True)
class LabState:
    """What a build can leave: resources by their lower-case path, and blobs.

    What it needs (groups, galleries …) is left out.
    """

    resources: Mapping[str, Stored]
    blobs: frozenset[str]

    @classmethod
    def of(cls, azure: SimulatedAzure) -> "LabState":
        """Look at it when everything that was begun is over."""
        azure.clock.sleep(int(azure.arm.operations.seconds) + 1)
        found = {stored.id.lower(): stored for stored in azure.arm.store.all() if stored.type not in PROVIDED}
        return cls(found, frozenset(azure.blobs.blobs))

    @property
    def paths(self) -> frozenset[str]:
        """All of it, by path."""
        return frozenset(self.resources) | self.blobs


@dataclass(frozen=True, slots=True)
class Played:
    """How steps went: what there was before, and what there is now."""

    azure: SimulatedAzure
    ended: tuple[Ended, ...]
    before: frozenset[str]
    state: LabState

    @property
    def ok(self) -> bool:
        """Whether Packer would call it a success."""
        return all(ended.status == 0 for ended in self.ended)

    @property
    def output(self) -> str:
        """What was said, for people."""
        return "\n".join([*(ended.output for ended in self.ended), *self.azure.log[-40:], *self.azure.gaps])
