"""Whole builds with the real plugins: `packer build` of an output as it is, in a world of its own (see world.py)."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aib2packer import Cloud, Conversion
from tests.lab.azure.blobs import StoredBlob
from tests.lab.azure.builds.after import AfterBuild
from tests.lab.azure.builds.expected import Left, left_by
from tests.lab.azure.builds.state import LabState, Played
from tests.lab.azure.builds.values import SUBSCRIPTION, values_for
from tests.lab.azure.cloud import SimulatedAzure
from tests.lab.azure.entra import CLIENT, SECRET, TENANT
from tests.lab.azure.fixtures import SUBSCRIPTIONS
from tests.lab.judge import Packer, home

Json = Any

WORLD_SECONDS = 400
ACCOUNTS = "madeup"  # the group of storage accounts, which a template does not name
_RESOURCE = re.compile(r"/subscriptions/[^/\s]+/resourceGroups/[^/\s]+(?:/providers/[\w.]+(?:/[^/\s]+/[^/\s]+)+)?")
_BLOB = re.compile(r"https://([^./]+)\.(blob\.core\.[a-z.]+)/([^/?]+)")
DEFINITION = {"osState": "Generalized", "osType": "Linux", "hyperVGeneration": "V2"}


@dataclass(frozen=True, slots=True)
class Command:
    """One command in a world, and how it ended."""

    status: int
    output: str


@dataclass(frozen=True, slots=True)
class WorldEnd:
    """How a world ended: its commands, what there is, what was asked, and what could not be answered."""

    commands: tuple[Command, ...]
    resources: Mapping[str, Json]
    blobs: tuple[str, ...]
    log: tuple[str, ...]
    gaps: tuple[str, ...]
    records: Mapping[str, Sequence[Json]] = field(default_factory=dict)

    @property
    def output(self) -> str:
        """What was said and asked, for people."""
        return "\n".join([*(command.output[-4000:] for command in self.commands), *self.log[-30:], *self.gaps])

    def played(self, world: "World") -> Played:
        """Give it as the judge of scripts takes it, without what was there before."""
        azure = SimulatedAzure.make(world.folder / "judge", SUBSCRIPTIONS)
        for path, body in self.resources.items():
            if path not in world.resources:
                azure.put(path, **{name: value for name, value in body.items() if name not in ("id", "name", "type")})
        azure.blobs.blobs = {blob: StoredBlob() for blob in self.blobs if blob not in world.files}
        azure.gaps = list(self.gaps)
        return Played(azure, (), frozenset(), LabState.of(azure))


@dataclass(frozen=True, slots=True)
class World:
    """What there is before a build, and its folder."""

    folder: Path
    resources: Mapping[str, Json]
    containers: tuple[str, ...]
    updates: Mapping[str, int] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)  # texts in private blobs, by account/container/name
    cloud: Cloud = Cloud.PUBLIC
    hours: int = 0  # how long it is from the start of the first machine until it answers
    token_seconds: int = 3600
    assertion_seconds: Mapping[str, int] = field(default_factory=dict)

    def run(self, packer: Packer, *commands: Sequence[str]) -> WorldEnd:
        """Sign in with the Azure CLI, and run the commands one after the other, as far as they end well."""
        python = home() / "azure-cli/bin/python"
        for name in ("bin", "tmp", "azure"):
            (self.folder / name).mkdir()
        az = self.folder / "bin/az"
        az.write_text(f'#!/bin/sh\nexec {python} -m azure.cli "$@"\n')
        sleep = self.folder / "bin/sleep"  # scripts look every half a minute: a simulated Azure is done sooner
        sleep.write_text("#!/bin/sh\nexec /bin/sleep 0.3\n")
        for program in (az, sleep):
            program.chmod(0o755)
        sign_in = f"az login --service-principal -u {CLIENT} -p {SECRET} --tenant {TENANT} --output none"
        set_cloud = [] if self.cloud is Cloud.PUBLIC else [["az", "cloud", "set", "--name", self.cloud.facts.cli_name]]
        world = {
            "accounts": sorted({container.split("/")[0] for container in self.containers}),
            "subscriptions": SUBSCRIPTIONS,
            "resources": self.resources,
            "containers": self.containers,
            "updates": self.updates,
            "files": self.files,
            "hours": self.hours,
            "token_seconds": self.token_seconds,
            "assertion_seconds": self.assertion_seconds,
            "commands": [*set_cloud, sign_in.split(), *commands],
            "blob_host": self.cloud.facts.blob_host,
            "environment": {
                "PATH": f"{self.folder / 'bin'}:{packer.program.parent}:{os.environ['PATH']}:/usr/sbin:/sbin",
                "HOME": str(self.folder),
                "TMPDIR": str(self.folder / "tmp"),
                "LANG": "C.UTF-8",
                "AZURE_CONFIG_DIR": str(self.folder / "azure"),
                "AZURE_CORE_COLLECT_TELEMETRY": "no",
                "CHECKPOINT_DISABLE": "1",
                "PACKER_CONFIG_DIR": str(self.folder),
                "PACKER_NO_COLOR": "1",
                "PACKER_PLUGIN_PATH": str(packer.plugins),
                "GO_AZURE_SDK_SKIP_POLLING_DELAY": "true",
            },
        }
        (self.folder / "world.json").write_text(json.dumps(world))
        done = subprocess.run(
            ["unshare", "--net", "--mount", sys.executable, "-m", "tests.lab.azure.builds.world", self.folder],
            capture_output=True,
            check=False,
            timeout=WORLD_SECONDS,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        told = json.loads((self.folder / "outcome.json").read_text())
        commands_ended = tuple(Command(**command) for command in told["commands"])
        return WorldEnd(
            commands_ended, told["resources"], tuple(told["blobs"]), tuple(told["log"]), tuple(told["gaps"]), told["records"]
        )


def world_of(template: Json, folder: Path, *, security: str = "") -> World:
    """Let be there what a template names: groups, galleries, definitions (of a security type), networks and containers."""
    text = json.dumps(template)
    resources: dict[str, Json] = {}
    for found in _RESOURCE.findall(text.replace('"', " ")):
        resources |= _provided(found, security)
    blobs = _BLOB.findall(text)
    for account, host, _ in blobs:
        group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{ACCOUNTS}"
        endpoints = {"primaryEndpoints": {"blob": f"https://{account}.{host}/"}}
        resources[group] = {"location": "westeurope"}
        resources[f"{group}/providers/Microsoft.Storage/storageAccounts/{account}"] = {
            "location": "westeurope",
            "kind": "StorageV2",
            "sku": {"name": "Standard_LRS", "tier": "Standard"},
            "properties": endpoints,
        }
    return World(folder, resources, tuple({f"{account}/{container}" for account, _, container in blobs}))


def _provided(path: str, security: str) -> dict[str, Json]:
    parts = path.split("/")
    group, below = "/".join(parts[:5]), path.lower()
    made: dict[str, Json] = {group: {"location": "westeurope"}}
    if "/galleries/" in below:
        made["/".join(parts[:9])] = {"location": "westeurope"}
        features = {"features": [{"name": "SecurityType", "value": security}]} if security else {}
        made["/".join(parts[:11])] = {"location": "westeurope", "properties": {**DEFINITION, **features}}
    if "/virtualnetworks/" in below:
        subnets = {"subnets": [{"name": parts[10]}]}
        made["/".join(parts[:9])] = {"location": "westeurope", "properties": subnets}
    return made


def write(conversion: Conversion, folder: Path) -> tuple[Path, list[str]]:
    """Write an output into a folder; give the build file, and the variables as arguments for Packer."""
    assert conversion.hcl is not None
    for path, data in {**conversion.files, "build.pkr.hcl": conversion.hcl.encode()}.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return folder / "build.pkr.hcl", variables_of(folder / "build.pkr.hcl")


def variables_of(build: Path) -> list[str]:
    """Give values for the variables of a build that have no default, as arguments for Packer."""
    return [f"-var={name}={value}" for name, value in values_for(build.read_text()).items()]


def left_after(targets: Sequence[Mapping[str, Json]], build: Path) -> tuple[Left, ...]:
    """Say what AIB would have left, by the names in the manifest of a build that has ended."""
    manifest = json.loads(next(build.parent.glob("*.manifest.json")).read_text())
    outputs: dict[str, str] = {}
    for made in manifest["builds"]:
        outputs |= made.get("custom_data") or {}
    artifact = manifest["builds"][-1]["artifact_id"]
    return tuple(left_by(target, AfterBuild((), {}, outputs), artifact, {}) for target in targets)
