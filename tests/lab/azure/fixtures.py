"""Fixtures of the tests on the simulated Azure."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab.judge import Packer, home
from tests.lab.requirements import UnavailableError

if TYPE_CHECKING:
    from tests.lab.azure.builds.scene import Rehearsal, Scene
    from tests.lab.azure.cli.real import RealAzureCli
    from tests.lab.azure.cloud import SimulatedAzure

SUBSCRIPTIONS = (
    "11111111-1111-1111-1111-111111111111",
    "22222222-2222-2222-2222-222222222222",
    "33333333-2222-2222-2222-222222222222",
    "33333333-3333-3333-3333-333333333333",
    "00000000-0000-0000-0000-000000000001",
)


@dataclass(slots=True)
class AzureLab:
    """The real Azure CLI, signed in to a simulated Azure that is new for each test."""

    cli: "RealAzureCli"
    folder: Path
    rehearsals: "dict[str, tuple[Scene, Rehearsal]]" = field(default_factory=dict)

    def new(self) -> "SimulatedAzure":
        """Put a new, empty Azure behind the names."""
        from tests.lab.azure.cloud import SimulatedAzure

        azure = SimulatedAzure.make(self.folder / "clock", SUBSCRIPTIONS)
        azure.clock.reset()
        return self.again(azure)

    def again(self, azure: "SimulatedAzure") -> "SimulatedAzure":
        """Go on with an Azure that was there before."""
        self.cli.front.azure = azure
        self.cli.reset()
        return azure


@contextmanager
def azure_lab_in(folder: Path) -> Iterator[AzureLab]:
    """Start one that keeps its files in the folder.

    Raises:
        UnavailableError: there is no Azure CLI.

    """
    from tests.lab.azure.cli.real import RealAzureCli
    from tests.lab.azure.cloud import SimulatedAzure
    from tests.lab.azure.server import Front, certificates

    python = home() / "azure-cli/bin/python"
    if not python.exists():
        message = f"no Azure CLI in {python.parent.parent}: run tests/lab/install-azure-cli"
        raise UnavailableError(message)
    authority, tls = certificates(folder)
    cli_folder = folder / "cli"
    cli_folder.mkdir()
    front = Front(SimulatedAzure.make(folder / "clock", SUBSCRIPTIONS))
    with front.served(tls), RealAzureCli.start(cli_folder, front, authority, python) as cli:
        cli.sign_in()
        yield AzureLab(cli, folder)


@pytest.fixture(scope="session")
def azure_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AzureLab]:
    """The real Azure CLI on a simulated Azure."""
    folder = tmp_path_factory.mktemp("azure")
    try:
        with azure_lab_in(folder) as lab:
            yield lab
    except UnavailableError as reason:
        if os.environ.get("AIB2PACKER_REQUIRE_PACKER") == "1":
            pytest.fail(str(reason))
        pytest.skip(str(reason))


def rehearsed(lab: AzureLab, packer: Packer, case: str) -> "tuple[Scene, Rehearsal]":
    """Give what a case's build does after azure-arm, and how that went: once a case."""
    from tests.lab.azure.builds.cases import scene_of
    from tests.lab.azure.builds.scene import rehearse, set_up

    if case not in lab.rehearsals:
        folder = lab.folder / case
        folder.mkdir()
        scene = scene_of(packer, case, folder)
        azure = lab.new()
        set_up(azure, scene)
        lab.rehearsals[case] = scene, rehearse(lab.cli, azure, scene)
    return lab.rehearsals[case]
