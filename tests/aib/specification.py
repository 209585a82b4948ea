"""What the official definitions say of image templates, version by version, and documents made of it.

`aib-types.json` says where each fact comes from. A path such as `properties.customize[File].name` names a property of the
elements whose discriminator is `File`; `[]` are the elements of a plain array and `*` the values of a map.
"""

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cases.templates import IDENTITY, LINUX, WINDOWS

Json = Any
Property = dict[str, Any]

TYPES = json.loads((Path(__file__).parent / "aib-types.json").read_text())
SPECIFICATION: dict[str, dict[str, Property]] = {
    version: block["resources"]["imageTemplates"]["properties"] for version, block in TYPES["versions"].items()
}
"""The properties of an image template by version, oldest first, and path."""

_SUBSCRIPTION = "/subscriptions/11111111-1111-1111-1111-111111111111"
_COMPUTE = f"{_SUBSCRIPTION}/resourceGroups/images/providers/Microsoft.Compute"
_SUBNETS = f"{_SUBSCRIPTION}/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/hub/subnets"
_IDENTITY_ID = next(iter(IDENTITY["userAssignedIdentities"]))
_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
# What a property takes that its type does not tell; none is what holds without it.
_SAMPLES: dict[str, Json] = {
    "location": "westeurope",
    "name": "web",
    "source.imageId": f"{_COMPUTE}/images/base",
    "imageVersionId": f"{_COMPUTE}/galleries/golden/images/base/versions/1.0.0",
    "imageId": f"{_COMPUTE}/images/made",
    "galleryImageId": f"{_COMPUTE}/galleries/golden/images/web",
    "replicationRegions": ["westeurope", "northeurope"],
    "targetRegions.name": "northeurope",
    "replicaCount": 3,
    "storageAccountType": "Standard_ZRS",
    "runOutputName": "out",
    "uri": "https://account.blob.core.windows.net/vhds/web.vhd",
    "script": "https://example.com/a.sh",
    "scriptUri": "https://example.com/a.sh",
    "sourceUri": "https://example.com/a.zip",
    "sourceURI": "https://example.com/a.iso",
    "sha256Checksum": _SHA256,
    "destination": "/tmp/a.zip",
    "inline": ["echo hello"],
    "validExitCodes": [0, 3010],
    "restartTimeout": "10m",
    "searchCriteria": "IsInstalled=0",
    "filters": ["include:$true"],
    "updateLimit": 20,
    "buildTimeoutInMinutes": 90,
    "vmSize": "Standard_D4s_v5",
    "proxyVmSize": "Standard_A2_v2",
    "osDiskSizeGB": 256,
    "sizeGB": 64,
    "vmProfile.userAssignedIdentities": [_IDENTITY_ID],
    "subnetId": f"{_SUBNETS}/builds",
    "containerInstanceSubnetId": f"{_SUBNETS}/containers",
    "stagingResourceGroup": f"{_SUBSCRIPTION}/resourceGroups/staging",
    "identity.type": "UserAssigned",
    "identity.userAssignedIdentities": IDENTITY["userAssignedIdentities"],
    "major": 3,
    "onCustomizerError": "abort",
    "onValidationError": "abort",
    "replicationMode": "Shallow",
    "version": "22.04.202401010",
}
_OF_WINDOWS = {"PowerShell", "WindowsRestart", "WindowsUpdate"}
# What else must be there, or must not, for a setting to mean something.
_BESIDE: dict[str, dict[str, Json]] = {
    "runAsSystem": {"runElevated": True},
    "proxyVmSize": {"subnetId": _SAMPLES["subnetId"]},
    "containerInstanceSubnetId": {"subnetId": _SAMPLES["subnetId"]},
    "storageAccountType": {"replicationRegions": ["westeurope"]},
    "targetRegions.storageAccountType": {},
    "targetRegions": {"replicationRegions": None},
    "versioning": {"replicationRegions": None},
    "versioning.scheme": {"major": 3},
    "replicationMode": {"replicationRegions": ["westeurope"]},
    "workload.scriptUri": {"state": "Enabled"},
    "workload.sha256Checksum": {"state": "Enabled", "scriptUri": _SAMPLES["scriptUri"]},
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: a key, and below it the kind of element, "" of a plain array, or None."""

    key: str
    kind: str | None


def steps(path: str) -> tuple[Step, ...]:
    """The steps of a path."""
    return tuple(Step(match[1], match[2]) for match in re.finditer(r"([\w*]+)(?:\[(\w*)\])?(?:\.|$)", path))


def settings(version: str, *, read_only: bool = False) -> dict[str, Property]:
    """The leaves of a version's image template that can be set, or those that only the service writes."""
    found = SPECIFICATION[version]
    return {
        path: prop
        for path, prop in found.items()
        if _is_leaf(path, found) and (prop.get("readOnly", False) or _below_read_only(path, found)) == read_only
    }


def settable(version: str) -> dict[str, str]:
    """The types of all that can be set in a version's image template, objects and lists of objects included, by path."""
    found = SPECIFICATION[version]
    return {
        path: prop["type"]
        for path, prop in found.items()
        if path not in {"type", "apiVersion", "id"} and not prop.get("readOnly") and not _below_read_only(path, found)
    }


def document(version: str, path: str = "name", value: Json = None, *, api: str | None = None) -> dict[str, Json]:
    """A valid image template of a version in which the property at `path` is set; `api` is the version that it names."""
    found = SPECIFICATION[version]
    made: dict[str, Json] = {
        "type": "Microsoft.VirtualMachineImages/imageTemplates",
        "apiVersion": api or version,
        "name": "web",
        "location": "westeurope",
        "properties": {"source": _source(path), "distribute": [_element(found, "properties.distribute", _managed(version))]},
    }
    if "identity" in found:
        made["identity"] = copy.deepcopy(IDENTITY)
    _put(made, steps(path), _sample(path, found[path]) if value is None else value, found)
    if path == "properties.validate.continueDistributeOnFailure":
        made["properties"]["validate"]["inVMValidations"] = [{"type": "Shell", "inline": ["true"]}]
    return made


def newer(version: str) -> Iterator[tuple[str, dict[str, Json]]]:
    """Each setting that a later version brought: its path, and a document of this version that has it all the same."""
    ours = {_folded(path) for path in settings(version)}
    later = list(SPECIFICATION)[list(SPECIFICATION).index(version) + 1 :]
    for path in dict.fromkeys(path for other in later for path in settings(other)):
        if _folded(path) not in ours and steps(path)[-1].key not in {"type", "scheme"}:
            first = next(other for other in later if path in SPECIFICATION[other])
            yield path, document(first, path, api=version)


def violations(version: str) -> Iterator[tuple[str, str, dict[str, Json]]]:
    """Each enum, limit, pattern and required key of a version: its path, what is broken, and a document that breaks it."""
    for path, prop in SPECIFICATION[version].items():
        if (
            prop.get("readOnly")
            or path in {"type", "apiVersion"}
            or "*" in path
            or _below_read_only(path, SPECIFICATION[version])
        ):
            continue
        wrong = {
            "enum": "none-such" if "enum" in prop else None,
            "minimum": prop["minimum"] - 1 if "minimum" in prop else None,
            "maximum": prop["maximum"] + 1 if "maximum" in prop else None,
            "pattern": "a b!" if "pattern" in prop else None,
        }
        for what, value in wrong.items():
            if value is not None:
                yield path, what, document(version, path, value)
        newest = [value for other in SPECIFICATION.values() for value in other.get(path, {}).get("enum", ())]
        if later := [value for value in newest if value not in prop.get("enum", newest)]:
            yield path, "enum of a later version", document(version, path, later[0])
        # A REST body has no name: that is in its address. An empty object is what the service shows for one that is unset.
        if prop.get("required") and path != "name" and not path.endswith("versioning[Source].scheme"):
            given = document(version, path if _is_leaf(path, SPECIFICATION[version]) else "location")
            yield path, "required", without(given, path)


def without(document: dict[str, Json], path: str) -> dict[str, Json]:
    """The document without the property at `path`."""
    made = copy.deepcopy(document)
    parent, key = _parent(made, steps(path))
    del parent[key]
    return made


def place(document: dict[str, Json], path: str) -> str:
    """The JSON pointer of a path in a document that `document` made for it."""
    pointer, node = "", document
    for step in steps(path):
        key = next(iter(node)) if step.key == "*" else step.key
        pointer, node = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}", node[key]
        if isinstance(node, list) and step.kind is not None:
            pointer, node = f"{pointer}/0", node[0]
    return pointer


def _is_leaf(path: str, found: dict[str, Property]) -> bool:
    below = (f"{path}.", f"{path}[")
    return path not in {"type", "apiVersion"} and not any(other.startswith(below) for other in found)


def _below_read_only(path: str, found: dict[str, Property]) -> bool:
    return any(prop.get("readOnly") and path.startswith(f"{other}.") for other, prop in found.items())


def _managed(version: str) -> str:
    kinds: list[str] = SPECIFICATION[version]["properties.distribute"]["kinds"]
    return next(kind for kind in kinds if kind.lower() == "managedimage")


def _source(path: str) -> dict[str, Json]:
    on_windows = any(step.kind in _OF_WINDOWS for step in steps(path))
    return {**(WINDOWS if on_windows else LINUX)}


def _put(node: dict[str, Json], way: tuple[Step, ...], value: Json, found: dict[str, Property], at: str = "") -> None:
    step, *rest = way
    here = f"{at}.{step.key}" if at else step.key
    below = here if step.kind is None else f"{here}[{step.kind}]"
    if not rest:
        node.update(next((others for name, others in _by_length(_BESIDE) if _plain(below).endswith(f".{name}")), {}))
        node[step.key] = value
        return
    if step.key == "*":  # each value of a map is alike
        _put(next(iter(node.values())), tuple(rest), value, found, below)
        return
    for name in ("targetRegions", "versioning"):
        if step.key == name:
            node.update(_BESIDE[name])
    prop = found[here]
    if prop["type"] == "array":
        element = _element(found, here, step.kind or "")
        node[step.key] = [element]
        _put(element, tuple(rest), value, found, below)
    elif prop["type"] == "object" and step.kind:
        node[step.key] = node[step.key] if node.get(step.key, {}).get("type") == step.kind else _element(found, here, step.kind)
        _put(node[step.key], tuple(rest), value, found, below)
    else:
        child = node.setdefault(step.key, {})
        _require(child, found, below)
        _put(child, tuple(rest), value, found, below)
    _settle(node[step.key], rest[0].key)


def _settle(node: Json, key: str) -> None:
    """Commands are inline or a script, never both."""
    element = node[0] if isinstance(node, list) else node
    if isinstance(element, dict) and key == "sha256Checksum" and "inline" in element:
        element["scriptUri"] = _SAMPLES["scriptUri"]
    if isinstance(element, dict) and key in {"script", "scriptUri", "sha256Checksum"}:
        element.pop("inline", None)


def _element(found: dict[str, Property], array: str, kind: str) -> dict[str, Json]:
    """The least that an element of that kind must have."""
    base, discriminator = f"{array}[{kind}]", found[array].get("discriminator")
    element: dict[str, Json] = {discriminator: kind} if discriminator else {}
    _require(element, found, base)
    plain = kind.lower()
    if plain in {"shell", "powershell"}:
        element |= {"inline": ["true"]} if f"{base}.inline" in found else {"script": _SAMPLES["script"]}
    elif plain == "file":
        element |= {"sourceUri": _SAMPLES["sourceUri"], "destination": _SAMPLES["destination"]}
    elif plain == "platformimage":
        element |= {key: value for key, value in LINUX.items() if key != "type"}
    return element


def _require(node: dict[str, Json], found: dict[str, Property], base: str) -> None:
    for path, prop in found.items():
        name = path.removeprefix(f"{base}.")
        if path.startswith(f"{base}.") and prop.get("required") and "." not in name and "[" not in name and name not in node:
            node[name] = _sample(path, prop)


def _sample(path: str, prop: Property) -> Json:
    plain = _plain(path)
    for name, sample in _by_length(_SAMPLES):
        if plain.endswith(f".{name}") or plain == name:
            return copy.deepcopy(sample)
    if "enum" in prop:
        return prop["enum"][0]
    match prop["type"]:
        case "integer":
            return max(prop.get("minimum", 0), 1)
        case "boolean":
            return True
        case "array":
            return ["x"] if prop.get("items", {}) != "object" else [{}]
        case "map":
            return {"a": "b"}
        case "object":
            return {}
    return "x"


def _folded(path: str) -> str:
    """A path with the kinds of 2018-02-01-preview, which began with a small letter, spelt as since then."""
    return re.sub(r"\[\w", lambda match: match[0].upper(), path)


def _plain(path: str) -> str:
    return re.sub(r"\[\w*\]", "", path)


def _by_length(table: dict[str, Json]) -> list[tuple[str, Json]]:
    """The entries of a table, the most exact first."""
    return sorted(table.items(), key=lambda entry: len(entry[0]), reverse=True)


def _parent(document: dict[str, Json], way: tuple[Step, ...]) -> tuple[dict[str, Json], str]:
    node: Json = document
    for step in way[:-1]:
        node = node[step.key]
        if isinstance(node, list):
            node = node[0]
    return node, way[-1].key
