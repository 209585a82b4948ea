"""Targets are features: a new kind is one file, one line, one case, and what is missing is named."""

from typing import Any

import pytest

from aib2packer import Conversion, Options
from aib2packer.aib.model import Target
from aib2packer.packer.distribution import kinds
from aib2packer.packer.distribution.kinds import TARGETS
from aib2packer.packer.distribution.target_kind import TargetKind
from tests.cases.templates import GALLERY_TARGET, convert_json, template
from tests.kinds import missing, models_of
from tests.packer.made_up_target import DiskKind, DiskTarget

DISK = "/subscriptions/33333333-3333-3333-3333-333333333333/resourceGroups/disks/providers/Microsoft.Compute/disks/data"


@pytest.fixture
def _disks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line that makes the made-up kind one of those that there are."""
    monkeypatch.setattr(kinds, "TARGETS", {**TARGETS, DiskKind.name: DiskKind()})


def with_a_disk(*, side_files: bool = False, facts: bool = False, **more: Any) -> Conversion:  # noqa: ANN401 - JSON
    disk = {"type": "ManagedDisk", "diskId": DISK, "runOutputName": "disk", **more}
    return convert_json(template(distribute=[GALLERY_TARGET, disk]), Options(side_files=side_files, facts=facts))


def test_each_target_has_a_kind_that_answers_all_and_a_case() -> None:
    assert missing(TARGETS, TargetKind, models_of(Target), "distribution") == []


def test_what_a_new_kind_of_target_lacks_is_named() -> None:
    class SilentKind(TargetKind[DiskTarget]):
        name = "Silent"
        tags_until = "2024-02-01"
        has_tags = can_be_trusted = copies_data_disks = True
        read = DiskKind.read
        translate = DiskKind.translate
        rights = DiskKind.rights

    registered = {**TARGETS, "Silent": SilentKind()}

    assert missing(registered, TargetKind, [DiskTarget], "distribution") == [
        "DiskTarget: no kind is registered as ManagedDisk",
        "Silent: SilentKind does not say azure_cli",
        "Silent: no case in tests/cases/distribution has it and golden HCL",
    ]


def test_a_kind_of_target_that_does_not_answer_is_none() -> None:
    class HalfAKind(TargetKind[DiskTarget]):
        name = "Half"
        read = DiskKind.read
        translate = DiskKind.translate

    with pytest.raises(TypeError, match="rights"):
        HalfAKind()  # type: ignore[abstract]


@pytest.mark.usefixtures("_disks")
def test_a_new_kind_of_target_is_made_by_one_file_and_one_line() -> None:
    hcl = with_a_disk().hcl

    assert hcl is not None
    chain = hcl.partition("# ManagedDisk, made of the gallery version.")[2].partition("\n  }\n")[0]
    assert f"az disk create --ids {DISK} --gallery-image-reference" in " ".join(chain.replace("\\\n", " ").split())
    assert f'disk = "{DISK}"' in chain
    assert "# For disks that takes a lot of room." in hcl
    assert "the gallery and the disk" in " ".join(hcl.replace("\n#", " ").split())


@pytest.mark.usefixtures("_disks")
def test_what_a_new_kind_of_target_asks_for_is_said_to_people() -> None:
    conversion = with_a_disk(side_files=True, facts=True)

    assert conversion.facts is not None
    page = conversion.files["MIGRATION.md"].decode()
    copied = next(finding for finding in conversion.findings if finding.code.id == "AIB2P437")
    assert "disks.example.com" in page
    assert f"disk {DISK}" in conversion.facts.targets
    assert "the disk" in {role.thing for role in conversion.facts.roles}
    assert "Azure CLI 2.80" in copied.help


@pytest.mark.usefixtures("_disks")
def test_a_setting_that_a_new_kind_of_target_does_not_read_is_told() -> None:
    conversion = with_a_disk(colour="red")

    assert any("distribute[1].colour" in finding.message for finding in conversion.findings)


@pytest.mark.usefixtures("_disks")
def test_placeholders_of_a_new_kind_of_target_become_variables() -> None:
    hcl = with_a_disk(diskId=DISK.replace("data", "<disk-name>")).hcl

    assert hcl is not None
    assert 'variable "disk_name"' in hcl


def test_a_kind_of_target_that_nobody_registered_is_refused_by_name() -> None:
    conversion = with_a_disk()

    assert conversion.hcl is None
    assert any("`ManagedDisk` is not a kind of distribution target" in finding.message for finding in conversion.findings)
