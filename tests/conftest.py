"""What all tests share: the fixtures of the real Packer, the golden files, and how hypothesis searches."""

import os
from pathlib import Path

import pytest
from hypothesis import settings
from syrupy.assertion import SnapshotAssertion
from syrupy.data import Snapshot, SnapshotCollection, SnapshotCollections
from syrupy.extensions.single_file import SingleFileSnapshotExtension
from syrupy.location import PyTestLocation
from syrupy.types import SnapshotIndex

from tests.cases import GOLDEN

pytest_plugins = ["tests.lab.fixtures", "tests.lab.azure.fixtures", "tests.lab.tally"]

# Deterministic, so that a run of CI tells about the change it runs for; AIB2PACKER_EXPLORE=1 looks further.
settings.register_profile("deterministic", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, max_examples=2000)
settings.load_profile("explore" if os.environ.get("AIB2PACKER_EXPLORE") == "1" else "deterministic")


# What a test asks for that is in the laboratory: Packer, its plugins, a VM, the Azure CLI.
_LABORATORY = {"packer", "packer_with_real_plugins", "linux_vm", "windows_vm", "az", "az_parser"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need the laboratory, by their fixtures and where they lie: `-m lab` runs just these."""
    for item in items:
        if _LABORATORY & set(getattr(item, "fixturenames", ())) or "lab" in item.path.relative_to(Path(__file__).parent).parts:
            item.add_marker(pytest.mark.lab)


class GoldenFile(SingleFileSnapshotExtension):
    """A golden file is named by the test, relative to golden/, and holds the bytes as they are."""

    @classmethod
    def get_location(cls, *, test_location: PyTestLocation, index: SnapshotIndex) -> str:
        """Where the file lies."""
        del test_location
        return str(GOLDEN / str(index))

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: SnapshotIndex = 0) -> str:
        """The name of the one snapshot in a file."""
        del test_location
        return str(index)

    def read_snapshot_collection(self, *, snapshot_location: str) -> SnapshotCollection:
        """The snapshot of a file that is there."""
        name = Path(snapshot_location).relative_to(GOLDEN).as_posix()
        collection = SnapshotCollection(location=snapshot_location)
        collection.add(Snapshot(name=name))
        return collection

    def discover_snapshots(
        self, *, test_location: PyTestLocation, ignore_extensions: list[str] | None = None
    ) -> SnapshotCollections:
        """Find the files that `--snapshot-update` may delete: those that a case made, and nothing else."""
        del test_location, ignore_extensions
        found = SnapshotCollections()
        for file in golden_files():
            found.add(self.read_snapshot_collection(snapshot_location=str(file)))
        return found

    @classmethod
    def matches_test_location(cls, *, test_location: PyTestLocation, snapshot_location: str) -> bool:
        """Whether the test is one that makes such a file: which of them, its name says."""
        del snapshot_location
        return test_location.basename == "test_golden"


def golden_files() -> list[Path]:
    """All golden files: HCL, findings, and the side files in a folder of each case."""
    return sorted(file for file in GOLDEN.glob("*/**/*") if file.is_file())


@pytest.fixture
def golden(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Golden files, which bytes are compared with; a test gives each its name."""
    return snapshot.use_extension(GoldenFile)
