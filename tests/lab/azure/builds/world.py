"""A whole build in a world of its own: Azure's names lead to a simulated one, and there is nothing else.

    unshare --net --mount python -m tests.lab.azure.builds.world FOLDER

Reads FOLDER/world.json: what there is in Azure, and the commands to run. Writes FOLDER/outcome.json: how that ended, and what
there
is in Azure then. Everything runs in namespaces of its own (network: loopback alone; mounts: a hosts file), so that an output
need not be changed, and nothing leaves the machine.
"""

import fcntl
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.lab.azure.arm.machines import EXTENSIONS, Running, machines
from tests.lab.azure.builds.guest import Guests
from tests.lab.azure.cloud import SimulatedAzure
from tests.lab.azure.server import NAMES, Front, certificates

Json = Any

ADDRESS = "127.78.0.1"
SECONDS = 300


def main(folder: Path) -> None:
    """Set up the world, run the commands, and tell."""
    world = json.loads((folder / "world.json").read_text())
    _loopback_up()
    names = [name for name in NAMES if "*" not in name] + [f"{account}.{world['blob_host']}" for account in world["accounts"]]
    hosts = folder / "hosts"
    hosts.write_text(f"127.0.0.1 localhost\n{ADDRESS} {' '.join(names)}\n")
    subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)
    azure = SimulatedAzure.make(folder / "clock", tuple(world["subscriptions"]))
    azure.arm.operations.seconds, azure.arm.operations.pause, azure.arm.copy_seconds = 0, 1, 1
    authority, tls = certificates(folder)
    guests = Guests(folder / "machines", tls, world["updates"])
    azure.entra.token_seconds = world["token_seconds"]
    azure.entra.assertion_seconds |= world["assertion_seconds"]

    def boot(properties: Mapping[str, Json]) -> Running:
        azure.clock.sleep(world["hours"] * 3600)
        return guests.boot(properties)

    azure.arm.kinds["microsoft.compute/virtualmachines"] = machines(boot)
    azure.arm.kinds["microsoft.compute/virtualmachines/extensions"] = EXTENSIONS
    for path, body in world["resources"].items():
        azure.put(path, **body)
    azure.blobs.containers |= set(world["containers"])
    for blob, text in world["files"].items():
        azure.put_blob(blob, text.encode())
    environment = {**world["environment"], "SSL_CERT_FILE": str(authority), "REQUESTS_CA_BUNDLE": str(authority)}
    commands: list[dict[str, Json]] = []
    with Front(azure).served(tls, ADDRESS, 443):
        for command in world["commands"]:
            commands.append(_run(command, environment, folder))
            if commands[-1]["status"]:
                break
    outcome = {
        "commands": commands,
        "resources": {stored.id: stored.body for stored in azure.arm.store.all()},
        "blobs": sorted(azure.blobs.blobs),
        "log": azure.log,
        "gaps": azure.gaps,
        "records": guests.records(),
    }
    (folder / "outcome.json").write_text(json.dumps(outcome))


def _run(command: list[str], environment: dict[str, str], folder: Path) -> dict[str, Json]:
    log = folder / "command.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder, start_new_session=True
        ) as process,
    ):
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
    return {"status": process.returncode, "output": log.read_text(errors="replace")}


def _loopback_up() -> None:
    get_flags, set_flags, up = 0x8913, 0x8914, 1  # SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        name, flags = struct.unpack("16sh", fcntl.ioctl(any_socket, get_flags, struct.pack("16sh", b"lo", 0)))
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sh", name, flags | up))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
