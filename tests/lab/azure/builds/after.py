"""What a build does when its VM is an image: its post-processors, as Packer evaluates them."""

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.azure.builds.values import SUBSCRIPTION
from tests.lab.judge import Packer

Json = Any

OS_DISK = "pkroslab"
NOW = "2026-01-02T03:04:05Z"
CAPTURE = Path(__file__).parent / "capture.py"
_BUILD = re.compile(r"^build \{\n(.*?)^\}$", re.MULTILINE | re.DOTALL)
_SHELL_LOCAL = re.compile(r'^( +)post-processor "shell-local" \{\n', re.MULTILINE)
_EXECUTE = re.compile(r"^ +execute_command +=(.*)\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class LabStep:
    """What Packer would execute for a script, with its variables, and the script itself.

    Steps of one `chain` stop at the first that fails; other chains go on.
    """

    chain: int
    command: tuple[str, ...]
    file: Path

    @property
    def script(self) -> str:
        """Its text."""
        return self.file.read_text()

    def with_script(self, text: str) -> "LabStep":
        """Change the text, in a file beside the one that it has: scripts find their neighbours by their own path."""
        file = self.file.with_name(f"changed-{self.file.name}")
        file.write_text(text)
        file.chmod(0o755)
        return LabStep(self.chain, tuple(word.replace(str(self.file), str(file)) for word in self.command), file)


@dataclass(frozen=True, slots=True)
class AfterBuild:
    """The steps in their order, the evaluated source of azure-arm, and what the manifest would tell."""

    steps: tuple[LabStep, ...]
    source: Mapping[str, Json]
    outputs: Mapping[str, str]


def after_build(packer: Packer, build: Path, variables: Mapping[str, str]) -> AfterBuild:
    """Have Packer evaluate the build in `build`, which lies in a folder of its own, without a VM and without running a script.

    The source becomes one that makes nothing, provisioners go (but for one that runs `az sig`, as the release of a validated
    version), and each script is written down in place of being run.
    """
    text = build.read_text().replace("timestamp()", f'"{NOW}"')  # one time for both runs of Packer
    build.write_text(text)
    verdict = packer.validate(build, variables)
    assert verdict.ok, verdict.output
    # With none of its own, azure-arm takes that of the Azure CLI.
    source = {**(verdict.source or {}), "subscription_id": (verdict.source or {}).get("subscription_id") or SUBSCRIPTION}
    captured = build.parent / "captured"
    captured.mkdir()
    build.write_text(_without_vm(text, str(source["subscription_id"]), captured))
    run = packer.build_without_vm(build, variables, environment={})
    assert run.ok, run.output
    steps = [json.loads(file.read_text()) for file in sorted(captured.glob("*.json"))]
    return AfterBuild(
        tuple(LabStep(step["chain"], tuple(step["command"]), Path(step["file"])) for step in steps),
        source,
        _outputs(build.parent),
    )


def _without_vm(text: str, subscription: str, captured: Path) -> str:
    found = _BUILD.search(text)
    assert found is not None, text
    body = re.sub(r"^  sources = .*$", '  sources = ["source.null.lab"]', found[1], count=1, flags=re.MULTILINE)
    body = "".join(_kept(block) for block in _blocks(body))
    body = body.replace("build.SubscriptionID", json.dumps(subscription)).replace("build.TempOSDiskName", json.dumps(OS_DISK))
    chains = iter(range(1000))
    body = "".join(_captured(block, next(chains), captured) for block in _blocks(body))
    return f'{text[: found.start(1)]}{body}{text[found.end(1) :]}\nsource "null" "lab" {{\n  communicator = "none"\n}}\n'


def _blocks(body: str) -> list[str]:
    """Cut the body of a build into its blocks, each with what stands before it."""
    return re.split(r"(?<=^  \}\n)", body, flags=re.MULTILINE)


def _kept(block: str) -> str:
    start = re.search(r'^  provisioner "([\w-]+)" \{$', block, re.MULTILINE)
    if start is None:
        return block
    if start[1] == "shell-local" and "az sig" in block:
        return block.replace('  provisioner "shell-local"', '  post-processor "shell-local"', 1)
    return block[: start.start()]


def _captured(block: str, chain: int, captured: Path) -> str:
    """Hand each command to capture.py: the one that the block says, else that of Packer's shell-local."""
    told = _EXECUTE.search(block)
    command = told[1].strip()[1:-1] if told else r'"/bin/sh", "-c", "{{.Vars}} {{.Script}}"'
    capture = json.dumps([sys.executable, str(CAPTURE), str(captured), str(chain), "{{.Script}}"])[1:-1]
    line = f"execute_command = [{capture}, {command}]"
    return _SHELL_LOCAL.sub(lambda found: f"{found[0]}{found[1]}  {line}\n", _EXECUTE.sub("", block))


def _outputs(folder: Path) -> dict[str, str]:
    outputs: dict[str, str] = {}
    for file in folder.rglob("*.manifest.json"):
        for made in json.loads(file.read_text())["builds"]:
            outputs |= made.get("custom_data") or {}
    return outputs
