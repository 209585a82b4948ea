"""A build's last third on the simulated Azure: set up what there is before, run the steps, look at what there is after."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.lab.azure.arm.ids import group_of, parent_of
from tests.lab.azure.arm.kinds import CopyEnd
from tests.lab.azure.builds.after import AfterBuild
from tests.lab.azure.builds.expected import Left, LeftImage, LeftVersion
from tests.lab.azure.builds.judgement import State
from tests.lab.azure.builds.made import HOME, azure_arm_makes
from tests.lab.azure.cli.real import Ended, RealAzureCli
from tests.lab.azure.cloud import SimulatedAzure
from tests.lab.azure.faults import Fault

Json = Any


@dataclass(frozen=True, slots=True)
class Scene:
    """What is run, and what should be left of it."""

    after: AfterBuild
    left: tuple[Left, ...]
    generation: str = "V2"


@dataclass(frozen=True, slots=True)
class Played:
    """How it went. `killed`: everything was, with its Packer."""

    azure: SimulatedAzure
    ended: tuple[Ended, ...]
    state: State
    killed: bool
    before: tuple[str, ...]  # old images that the build is to replace

    @property
    def ok(self) -> bool:
        """Whether Packer would call it a success."""
        return not self.killed and all(ended.status == 0 for ended in self.ended)

    @property
    def output(self) -> str:
        """What was said, for people."""
        return "\n".join([*(ended.output for ended in self.ended), *self.azure.log[-40:]])


def play(
    cli: RealAzureCli,
    azure: SimulatedAzure,
    scene: Scene,
    *,
    fault: Fault | None = None,
    copies: CopyEnd = CopyEnd.DONE,
    replaced: bool = True,
    prepare: Callable[[SimulatedAzure], None] = lambda _azure: None,
) -> Played:
    """Run the steps as Packer does: a chain stops where a step fails, and the others go on. `replaced`: old images are there."""
    made = [path.lower() for path in azure_arm_makes(azure, scene.after.source, scene.generation)]
    provide(azure, scene)
    old = tuple(one.path for one in scene.left if replaced and isinstance(one, LeftImage) and one.path.lower() not in made)
    for path in old:
        azure.put(path, location=HOME, properties={"sourceVirtualMachine": {"id": "/old"}, "hyperVGeneration": "V1"})
    prepare(azure)
    azure.arm.copies, azure.faults.planned = copies, fault
    ended: list[Ended] = []
    stopped: set[int] = set()
    for step in scene.after.steps:
        if step.chain in stopped:
            continue
        ended.append(cli.run(step.script, step.environment))
        if ended[-1].status:
            stopped.add(step.chain)
        if fault and fault.kill and azure.faults.happened:
            break
    azure.faults.planned = None
    return Played(azure, tuple(ended), State.of(azure), bool(fault and fault.kill and azure.faults.happened), old)


def provide(azure: SimulatedAzure, scene: Scene) -> None:
    """Let be there what AIB too needed: groups, galleries, definitions, accounts and containers."""
    for one in scene.left:
        match one:
            case LeftImage(path):
                azure.put(group_of(path), location=HOME)
            case LeftVersion(path):
                definition = parent_of(path)
                azure.put(group_of(path), location=HOME)
                azure.put(parent_of(definition), location=HOME)
                properties = {"osState": "Generalized", "osType": "Linux", "hyperVGeneration": scene.generation}
                azure.put(definition, location=HOME, properties=properties)
            case _:
                azure.blobs.containers.add("/".join(one.blob.split("/")[:2]))


def old_or_new(played: Played) -> Sequence[str]:
    """Give the old images that are gone although nothing has taken their place."""
    return [path for path in played.before if path.lower() not in played.state.resources]


def extra_tags(scene: Scene) -> Mapping[str, str]:
    """Tags that azure-arm puts on all that it makes."""
    return scene.after.source.get("azure_tags") or {}
