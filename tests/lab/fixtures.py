"""Fixtures of the tests that run the real Packer.

What they need comes from tests/lab/install-packer and, for the VMs, from the packages openssh-server and sudo. A test is
skipped where something is missing; with AIB2PACKER_REQUIRE_PACKER=1 it fails, unless the real plugins are what is missing.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import pytest

from tests.lab.azure_cli import AzureCliParser, RecordedAzureCli
from tests.lab.file_server import FileServer
from tests.lab.judge import Packer, Plugins, home
from tests.lab.requirements import UnavailableError, require_programs
from tests.lab.vm import LinuxVM, WindowsVM


@pytest.fixture(scope="session")
def packer() -> Packer:
    """Packer with the stand-in for Azure: validates against the schema, and builds on a VM."""
    with _skipping():
        return Packer.find(Plugins.STAND_IN)


@pytest.fixture(scope="session")
def packer_with_real_plugins() -> Packer:
    """Packer with the real plugins: validates as a user's own does."""
    try:
        return Packer.find(Plugins.REAL)
    except UnavailableError as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def whole_builds(packer_with_real_plugins: Packer) -> Packer:
    """Packer with the real plugins, where a world of its own can be made (tests/lab/azure/builds/world.py)."""
    if os.geteuid() != 0 or not (home() / "azure-cli/bin/python").exists():
        pytest.skip("takes root and the Azure CLI")
    try:
        require_programs("unshare", "mount", "sshd", "ssh-keygen", "sudo", "setpriv", "userdel")
    except UnavailableError as reason:
        pytest.skip(str(reason))
    return packer_with_real_plugins


@pytest.fixture
def linux_vm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LinuxVM]:
    """A fresh Linux machine."""
    with _skipping(), LinuxVM.start(tmp_path_factory.mktemp("linux-vm")) as vm:
        yield vm


@pytest.fixture
def windows_vm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WindowsVM]:
    """A fresh machine that records a Windows build."""
    with _skipping(), WindowsVM.start(tmp_path_factory.mktemp("windows-vm")) as vm:
        yield vm


@pytest.fixture
def az(tmp_path_factory: pytest.TempPathFactory) -> RecordedAzureCli:
    """An `az` that records."""
    return RecordedAzureCli.make(tmp_path_factory.mktemp("az"))


@pytest.fixture(scope="session")
def az_parser() -> AzureCliParser:
    """The parser of the real `az`."""
    try:
        return AzureCliParser.find()
    except UnavailableError as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def file_server() -> Iterator[FileServer]:
    """A web server on loopback, which the VMs reach too."""
    with FileServer.start() as server:
        yield server


@contextmanager
def _skipping() -> Iterator[None]:
    try:
        yield
    except UnavailableError as reason:
        _unavailable(str(reason))


def _unavailable(reason: str) -> NoReturn:
    if os.environ.get("AIB2PACKER_REQUIRE_PACKER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
