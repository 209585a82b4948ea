"""A build's last third on the simulated Azure: set up what there is before, run the steps, look at what there is after."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from tests.lab.azure.arm.ids import group_of, parent_of
from tests.lab.azure.arm.kinds import CopyEnd
from tests.lab.azure.builds.after import AfterBuild, LabStep
from tests.lab.azure.builds.expected import Left, LeftImage, LeftVersion, LeftVhd
from tests.lab.azure.builds.made import HOME, azure_arm_makes
from tests.lab.azure.builds.state import LabState, Played
from tests.lab.azure.cli.real import PATIENCE, Ended, RealAzureCli
from tests.lab.azure.cloud import SimulatedAzure
from tests.lab.azure.faults import Fault, Faults

Json = Any

OLD = "/of/an/old/image"
OLD_VHD = b"an old VHD"


@dataclass(frozen=True, slots=True)
class Scene:
    """What is run, and what should be left of it."""

    after: AfterBuild
    left: tuple[Left, ...]
    generation: str = "V2"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A step, what there is before it, and how often it changes something and asks for something where all goes well."""

    step: LabStep
    azure: SimulatedAzure
    slept: int
    changes: int
    questions: int


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A build that went well, and each of its steps to be done again from where it began."""

    played: Played
    checkpoints: tuple[Checkpoint, ...]


def set_up(azure: SimulatedAzure, scene: Scene, *, replaced: bool = True) -> None:
    """Let be there what azure-arm has made, what AIB too needed, and, if `replaced`, old images where new ones will be."""
    made = [path.lower() for path in azure_arm_makes(azure, scene.after.source, scene.generation)]
    provide(azure, scene)
    for one in scene.left:
        if replaced and isinstance(one, LeftImage) and one.path.lower() not in made:
            properties = {"sourceVirtualMachine": {"id": OLD}, "hyperVGeneration": "V1"}
            azure.put(one.path, location=HOME, properties=properties)
        if replaced and isinstance(one, LeftVhd) and not one.by_time and one.blob not in azure.blobs.blobs:
            azure.put_blob(one.blob, OLD_VHD)


def rehearse(cli: RealAzureCli, azure: SimulatedAzure, scene: Scene, around: Mapping[str, str] | None = None) -> Rehearsal:
    """Run the steps as Packer does: a chain stops where a step fails, and the others go on.

    `around`: the job's own environment.
    """
    before = LabState.of(azure).paths
    ended: list[Ended] = []
    stopped: set[int] = set()
    checkpoints: list[Checkpoint] = []
    for step in scene.after.steps:
        if step.chain in stopped:
            continue
        there, slept = deepcopy(azure), azure.clock.slept()
        azure.faults = Faults()
        ended.append(cli.execute(step.command, around))
        checkpoints.append(Checkpoint(step, there, slept, azure.faults.changes, len(azure.faults.asked)))
        if ended[-1].status:
            stopped.add(step.chain)
    return Rehearsal(Played(azure, tuple(ended), before, LabState.of(azure)), tuple(checkpoints))


def replay(
    cli: RealAzureCli,
    checkpoint: Checkpoint,
    *,
    fault: Fault | None = None,
    copies: CopyEnd = CopyEnd.DONE,
    patience: int = PATIENCE,
) -> Played:
    """Do one step again, with something that goes wrong in it."""
    azure = deepcopy(checkpoint.azure)
    azure.clock.reset()
    azure.clock.sleep(checkpoint.slept)
    azure.blobs.settle()
    azure.arm.copies, azure.faults = copies, Faults(fault)
    before = LabState.of(azure).paths
    cli.front.azure = azure
    ended = cli.execute(checkpoint.step.command, patience=patience)
    return Played(azure, (ended,), before, LabState.of(azure))


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


def extra_tags(scene: Scene) -> Mapping[str, str]:
    """Tags that azure-arm puts on all that it makes."""
    return scene.after.source.get("azure_tags") or {}
