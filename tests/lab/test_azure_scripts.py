"""The real Azure CLI runs what converted builds run after azure-arm, on a simulated Azure: what is there afterwards?

The calls of one script are also refused one after the other, and the build killed at each. Time is the simulated Azure's.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import replace

import pytest

from tests.cases import CASES
from tests.lab.azure.arm.kinds import CopyEnd
from tests.lab.azure.builds.cases import (
    cases_with_steps,
    commands_after_a_cancelled_build,
    release_of,
    steps_that_ask,
    steps_to_break,
    validates,
)
from tests.lab.azure.builds.expected import LeftVersion, LeftVhd
from tests.lab.azure.builds.judgement import differences, gone, left_over, replacing, trouble_after_fault, untouched
from tests.lab.azure.builds.scene import OLD, OLD_VHD, Checkpoint, extra_tags, replay
from tests.lab.azure.builds.state import LabState, Played
from tests.lab.azure.faults import Fault, Harm
from tests.lab.azure.fixtures import AzureLab, rehearsed
from tests.lab.judge import Packer
from tests.lab.tally import Tally

STEPS = steps_to_break()
_LIMIT = re.compile(r"(?<= -ge )\d+")


@pytest.mark.parametrize("case", cases_with_steps())
def test_a_build_leaves_in_azure_what_image_builder_would_have_left(case: str, azure_lab: AzureLab, packer: Packer) -> None:
    scene, rehearsal = rehearsed(azure_lab, packer, case)

    assert not any(ended.late for ended in rehearsal.played.ended), "it waits on and on, for what has long happened"
    assert rehearsal.played.ok, rehearsal.played.output
    assert differences(rehearsal.played, scene.left, extra_tags(scene)) == []


@pytest.mark.parametrize("case", [case for case in CASES if validates(case)])
def test_a_validated_version_is_given_to_those_who_ask_for_the_latest(case: str, azure_lab: AzureLab, packer: Packer) -> None:
    scene, rehearsal = rehearsed(azure_lab, packer, case)
    azure = azure_lab.again(rehearsal.played.azure)
    release = release_of(packer, azure_lab.folder / case)

    ended = [azure_lab.cli.execute(step.command) for step in release.steps]

    assert [done.status for done in ended] == [0], ended
    versions = [one for one in scene.left if isinstance(one, LeftVersion)]
    assert azure.arm.store.get(versions[0].path).properties["publishingProfile"]["excludeFromLatest"] is False
    after = replace(rehearsal.played, state=LabState.of(azure))
    assert [text for text in differences(after, scene.left, extra_tags(scene)) if "excludeFromLatest" not in text] == []


@pytest.mark.parametrize("harm", [Harm.REFUSED, Harm.DONE])
@pytest.mark.parametrize("step", STEPS, ids=[f"{case}-{number}" for case, number in STEPS])
def test_a_call_that_fails_leaves_nothing_behind_and_takes_nothing_away(
    step: tuple[str, int], harm: Harm, azure_lab: AzureLab, packer: Packer, tally: Tally
) -> None:
    case, number = step
    scene, rehearsal = rehearsed(azure_lab, packer, case)
    trouble = []

    for fault, played in _with_faults(azure_lab, rehearsal.checkpoints[number], harm):
        failed = played.azure.faults.happened
        found = trouble_after_fault(played, scene.left)
        # The new image by another name stays where the old one is gone or may be, and is named in the log; so is what could not
        # be deleted.
        allowed = [path for path in left_over(played, scene.left) if path.rpartition("/")[2] in played.ended[0].output]
        found += [f"left over: {path}" for path in left_over(played, scene.left) if path not in allowed]
        if not failed.startswith("DELETE"):
            found += [f"left over: {path}" for path in allowed if untouched(played, scene.left, OLD)]
            found += ["nobody notices"] if played.ok else []
        trouble += [f"call {fault.call}, {failed}: {what}" for what in found]
        tally(f"call of a script {harm.value}: {_outcome(allowed, played)}")

    assert trouble == []


@pytest.mark.parametrize(("case", "number"), steps_that_ask())
def test_a_question_that_is_refused_is_noticed_or_does_not_matter(
    case: str, number: int, azure_lab: AzureLab, packer: Packer, tally: Tally
) -> None:
    scene, rehearsal = rehearsed(azure_lab, packer, case)
    wanted = replay(azure_lab.cli, rehearsal.checkpoints[number]).state
    trouble = []

    for fault, played in _with_faults(azure_lab, rehearsal.checkpoints[number], Harm.REFUSED, status=403, only_asks=True):
        found = trouble_after_fault(played, scene.left)
        over = set(left_over(played, scene.left))
        named = {path for path in over if path.rpartition("/")[2] in played.ended[0].output}
        found += [f"left over: {path}" for path in over - named]
        found += [f"nobody notices: {path}" for path in (played.state.paths - named) ^ wanted.paths if played.ok]
        tally(f"question of a script is refused: {_outcome(named, played)}")
        trouble += [f"question {fault.call}, {played.azure.faults.happened}: {what}" for what in found]

    assert trouble == []


@pytest.mark.parametrize(("case", "number"), STEPS)
def test_what_a_killed_build_leaves_is_deleted_by_the_commands_of_the_page(
    case: str, number: int, azure_lab: AzureLab, packer: Packer, tally: Tally
) -> None:
    scene, rehearsal = rehearsed(azure_lab, packer, case)
    removal = commands_after_a_cancelled_build(case)
    trouble = []

    for fault, played in _with_faults(azure_lab, rehearsal.checkpoints[number], Harm.KILLED):
        found = trouble_after_fault(played, scene.left)
        tally("build killed at a call, with nothing left over after the commands of the page")
        tally("things that the commands of the page deleted after a kill", len(left_over(played, scene.left)))
        played.azure.clock.sleep(int(played.azure.arm.copy_seconds) + 1)  # what Azure copies by itself is copied by then
        ended = azure_lab.cli.run(removal)
        after = replace(played, ended=(*played.ended, ended), state=LabState.of(played.azure))
        found += [] if ended.status == 0 else [ended.output]
        kept = [path for image in gone(after, scene.left) for path in replacing(after, image)]
        found += [f"not deleted: {path}" for path in left_over(after, scene.left) if path not in kept]
        found += [f"deleted: {path}" for path in gone(after, scene.left) if not replacing(after, path)]
        trouble += [f"call {fault.call}, {played.azure.faults.happened}: {what}" for what in found]

    assert trouble == []


def test_a_step_that_fails_spoils_its_own_target_and_no_other(azure_lab: AzureLab, packer: Packer) -> None:
    scene, rehearsal = rehearsed(azure_lab, packer, "distribute-everything")
    trouble = []

    for number, checkpoint in enumerate(rehearsal.checkpoints):
        played = replay(azure_lab.cli, checkpoint, fault=Fault(1, Harm.REFUSED))
        later = [one.step for one in rehearsal.checkpoints[number + 1 :] if one.step.chain != checkpoint.step.chain]
        ended = [azure_lab.cli.execute(step.command) for step in later]  # Packer goes on with the other chains
        after = replace(played, ended=(*played.ended, *ended), state=LabState.of(played.azure))
        spoilt = {text.partition(": ")[0] for text in differences(after, scene.left, extra_tags(scene))} - {"left over"}
        found = [f"ended with {one.status}: {one.output}" for one in ended if one.status]
        found += sorted(spoilt) if len(spoilt) > 1 else []
        found += trouble_after_fault(after, scene.left)
        vhds = {one.blob: played.azure.blobs.blobs.get(one.blob) for one in scene.left if isinstance(one, LeftVhd)}
        passed_on = [at for at, blob in vhds.items() if blob is not None and blob.data == OLD_VHD and at not in spoilt]
        found += [f"an old VHD passes for the new one: {at}" for at in passed_on]
        trouble += [f"step {number}, {played.azure.faults.happened}: {what}" for what in found]

    assert trouble == []


@pytest.mark.parametrize("copies", [CopyEnd.FAILED, CopyEnd.NEVER])
@pytest.mark.parametrize(("case", "number"), STEPS)
def test_a_copy_that_fails_or_never_ends_is_noticed(
    case: str, number: int, copies: CopyEnd, azure_lab: AzureLab, packer: Packer
) -> None:
    scene, rehearsal = rehearsed(azure_lab, packer, case)
    checkpoint = rehearsal.checkpoints[number]
    if not _copies_something(checkpoint):
        pytest.skip("copies nothing in the background")

    step = checkpoint.step.with_script(_LIMIT.sub(_sooner, checkpoint.step.script))
    played = replay(azure_lab.cli, replace(checkpoint, step=step), copies=copies, patience=2 * 86400)

    assert not played.ended[0].late, "it never gives up"
    assert not played.ok
    assert trouble_after_fault(played, scene.left) == []


def _outcome(left: Collection[str], played: Played) -> str:
    told = f"{len(left)} left over, and named in the log" if left else "nothing left over"
    return f"{told}, and the build {'goes on' if played.ok else 'fails'}"


def _with_faults(
    lab: AzureLab, checkpoint: Checkpoint, harm: Harm, *, status: int = 409, only_asks: bool = False
) -> Iterator[tuple[Fault, Played]]:
    """Do a step again and again, each time with a fault in another of its calls."""
    for call in range(1, (checkpoint.questions if only_asks else checkpoint.changes) + 1):
        fault = Fault(call, harm, status, only_asks)
        played = replay(lab.cli, checkpoint, fault=fault)
        assert played.azure.faults.happened, f"call {call} does not come again"
        yield fault, played


def _sooner(limit: re.Match[str]) -> str:
    """Give up after a sixtieth of the tries: each of them takes the Azure CLI."""
    return str(max(2, int(limit[0]) // 60))


def _copies_something(checkpoint: Checkpoint) -> bool:
    return "--copy-start true" in checkpoint.step.script or "blob copy start" in checkpoint.step.script
