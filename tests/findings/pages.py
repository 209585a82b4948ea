"""Reads the pages about codes, and runs the examples in them.

A block of JSON is a part of a template: it is merged into a plain one (RFC 7396; an object with a type of its own replaces the
one that is there), of `resources` the first into the image template. A block with a file name beside its language is that file.
A block of sh is the command, `convert template.json` where there is none.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

Json = Any

GALLERY = (
    "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.Compute/galleries/golden"
)
IMAGE_TEMPLATE: dict[str, Json] = {
    "type": "Microsoft.VirtualMachineImages/imageTemplates",
    "apiVersion": "2024-02-01",
    "name": "web",
    "location": "westeurope",
    "properties": {
        "source": {
            "type": "PlatformImage",
            "publisher": "Canonical",
            "offer": "0001-com-ubuntu-server-jammy",
            "sku": "22_04-lts-gen2",
            "version": "latest",
        },
        "customize": [{"type": "Shell", "name": "hello", "inline": ["echo hello"]}],
        "distribute": [
            {
                "type": "SharedImage",
                "galleryImageId": f"{GALLERY}/images/web/versions/1.0.0",
                "runOutputName": "web",
                "targetRegions": [{"name": "westeurope"}],
            }
        ],
    },
}
DEPLOYMENT: dict[str, Json] = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "resources": [],
}

_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the name of the file that it is, and what stands in it."""

    language: str
    file: str | None
    text: str


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page."""
    return [Block(language, file or None, text) for language, file, text in _BLOCK.findall(page)]


def write_example(page: str, folder: Path) -> list[str]:
    """Lay the files of a page's example into a folder; gives the arguments of the command to run there."""
    found = blocks(page)
    (folder / "template.json").write_text(json.dumps(IMAGE_TEMPLATE), encoding="utf-8")
    for block in found:
        if block.file is not None:
            (folder / block.file).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "json":
            (folder / "template.json").write_text(json.dumps(complete(json.loads(block.text)), indent=2), encoding="utf-8")
    command = next((block.text for block in found if block.language == "sh"), "aib2packer convert template.json")
    program, *arguments = shlex.split(command)
    assert program == "aib2packer"
    return arguments


def complete(part: dict[str, Json]) -> dict[str, Json]:
    """The whole template that a part stands for."""
    if part.keys() & {"resources", "parameters", "variables"}:
        image, *others = part.get("resources", [{}])
        resources = [merged(IMAGE_TEMPLATE, image), *others]
        return DEPLOYMENT | part | {"resources": resources}
    return dict(merged(IMAGE_TEMPLATE, part))


def merged(value: Json, patch: Json) -> Json:
    """A JSON merge patch (RFC 7396) applied, but that an object with a type of its own is whole."""
    if not isinstance(patch, dict) or "type" in patch:
        return patch
    result = dict(value) if isinstance(value, dict) else {}
    for key, item in patch.items():
        if item is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), item)
    return result


def missing_lines(excerpt: str, hcl: str) -> list[str]:
    """Lines of an excerpt that the HCL does not have, in that order; `…` stands for the rest of a line, or for any lines."""
    lines = iter([_plain(line) for line in hcl.splitlines()])
    wanted = [_plain(line) for line in excerpt.splitlines()]
    return [line for line in wanted if line not in {"", "…"} and not any(_matches(line, other) for other in lines)]


def _plain(line: str) -> str:
    return " ".join(line.split())


def _matches(wanted: str, line: str) -> bool:
    return line.startswith(wanted.removesuffix("…").rstrip()) if wanted.endswith("…") else line == wanted
