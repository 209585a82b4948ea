"""The VM of a whole build: the lab's Linux machine, at port 22, with the key that azure-arm put into its deployment."""

import itertools
import ssl
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from tests.lab.azure.arm.machines import Running
from tests.lab.azure.windows.guest import WindowsGuest, listens_from_the_start
from tests.lab.vm import LinuxVM

Json = Any

KEYS = "keys-of-the-deployment"


@dataclass(frozen=True)
class AzureLinuxVM(LinuxVM):
    """A Linux machine that also takes the keys in a file beside its root."""

    port: ClassVar[int] = 22

    def _furnish(self, host: str) -> None:
        super()._furnish(host)
        with (self.root / "etc/ssh/authorized_keys").open("a") as keys:
            keys.write((self.root.parent / KEYS).read_text())


@dataclass(slots=True)
class LinuxGuest:
    """A running machine, which ends when Azure stops it."""

    vm: AzureLinuxVM
    life: ExitStack

    @property
    def host(self) -> str:
        """Its address on loopback."""
        return self.vm.address.split(":")[0]

    def stop(self) -> None:
        """End it."""
        self.life.close()

    def extension(self, command: str, user_data: str) -> None:
        """Nothing: no build has one on Linux."""


@dataclass(slots=True)
class Guests:
    """Starts machines, each in a folder of its own."""

    folder: Path
    tls: ssl.SSLContext
    updates: Mapping[str, int] = field(default_factory=dict)
    windows: list[WindowsGuest] = field(default_factory=list)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def records(self) -> dict[str, list[Json]]:
        """Tell, by machine, what was done there as far as it is recorded."""
        logs = sorted(self.folder.glob("vm-*/root/var/log/recorded/waagent"))
        linux = {log.parts[-6]: log.read_text().splitlines() for log in logs}
        return linux | {f"windows-{number}": guest.record for number, guest in enumerate(self.windows)}

    def boot(self, properties: Mapping[str, Json]) -> Running:
        """Start one for the properties of a VM."""
        profile = properties["osProfile"]
        if "windowsConfiguration" in profile:
            guest = WindowsGuest(profile["adminUsername"], self.tls, dict(self.updates))
            self.windows.append(guest)
            if listens_from_the_start(profile):
                guest.listen()
            return guest
        folder = self.folder / f"vm-{next(self.numbers)}"
        folder.mkdir(parents=True)
        linux = profile["linuxConfiguration"]
        keys = [key["keyData"].strip() for key in linux["ssh"]["publicKeys"]]
        (folder / KEYS).write_text("".join(f"{key}\n" for key in keys))
        life = ExitStack()
        return LinuxGuest(life.enter_context(AzureLinuxVM.start(folder)), life)
