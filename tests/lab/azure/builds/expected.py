"""What AIB would have left of the targets of a template (docs/reference/aib-behaviour.md), told from the template alone.

The names of what was made are those of the run outputs, so that placeholders and expressions need not be evaluated again here;
where the template is literal, a name must be what it says.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.lab.azure.arm.ids import plain_region
from tests.lab.azure.builds.after import AfterBuild

Json = Any

_LITERAL = re.compile(r"[^\[<{]*")
_PLACEHOLDER = re.compile(r"<(\w[\w ]*)>|\{(\w[\w-]*)\}|\[parameters\('(\w+)'\)\]")
_ONE_MORE = re.compile(r"\[concat\(parameters\('(\w+)'\), createArray\('([^']*)'\)\)\]")
_MAPPED = re.compile(
    r"\[map\(parameters\('(\w+)'\), lambda\('region', createObject\('name', lambdaVariables\('region'\)(.*)\)\)\)\]"
)
_MEMBER = re.compile(r", '(\w+)', (?:'([^']*)'|(\d+))")
_CONCAT = re.compile(r"\[concat\(parameters\('(\w+)'\), '([^']*)'\)\]")


@dataclass(frozen=True, slots=True)
class LeftImage:
    """A managed image."""

    path: str
    region: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LeftVersion:
    """A gallery version; `regions` with their replicas and type of storage. It may be in `home` too, however it is there."""

    path: str
    regions: Mapping[str, tuple[int, str]]
    tags: Mapping[str, str]
    hidden_from_latest: bool
    shallow: bool
    home: str = ""


@dataclass(frozen=True, slots=True)
class LeftVhd:
    """A VHD, as account/container/name; one that is named by the time replaces none."""

    blob: str
    by_time: bool = False


Left = LeftImage | LeftVersion | LeftVhd


def targets_of(template: Json) -> Sequence[Mapping[str, Json]]:
    """Find the targets wherever the image template lies in its document."""
    return next(_distributes(template))


def _distributes(value: Json) -> Iterator[Sequence[Mapping[str, Json]]]:
    if isinstance(value, dict):
        if isinstance(value.get("distribute"), list):
            yield value["distribute"]
        for inner in value.values():
            yield from _distributes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _distributes(inner)


def left_by(target: Mapping[str, Json], after: AfterBuild, variables: Mapping[str, str]) -> Left:
    """Say what one target leaves."""
    known = _Values(variables)
    name = known.text(target["runOutputName"])
    path = after.outputs[name]
    told = target.get("artifactTags") or {}
    told = json.loads(known.text(told)) if isinstance(told, str) else told
    tags = {name: known.text(value) for name, value in told.items() if not _PLACEHOLDER.fullmatch(name)}  # that is AIB2P217
    match target["type"].lower():
        case "managedimage":
            _check_name(path, target["imageId"])
            return LeftImage(path, plain_region(known.text(target["location"])), tags)
        case "sharedimage":
            _check_name(path, target["galleryImageId"])
            exclude = known.text(str(target.get("excludeFromLatest", False))).lower() == "true"
            return LeftVersion(path, _regions(target, known), tags, exclude, target.get("replicationMode") == "Shallow")
        case _:
            if "uri" in target:
                _check_name(path, target["uri"])
            account, below = re.split(r"\.blob\.core\.[a-z.]+/", path.removeprefix("https://"))
            return LeftVhd(f"{account}/{below}", by_time=not known.text(target.get("uri", "")).endswith(".vhd"))


def with_home(one: Left, home: str) -> Left:
    """Add the region of the build to a version that has it only because it must."""
    return replace(one, home=home) if isinstance(one, LeftVersion) else one


def hidden(one: Left) -> Left:
    """Take a version from those that ask for the latest, until it is validated."""
    return replace(one, hidden_from_latest=True) if isinstance(one, LeftVersion) else one


def _regions(target: Mapping[str, Json], known: "_Values") -> dict[str, tuple[int, str]]:
    """Image Builder's defaults: one replica, Standard_LRS."""
    common = target.get("storageAccountType") or "Standard_LRS"
    if regions := target.get("targetRegions"):
        return {
            plain_region(known.text(region["name"])): (
                int(known.text(str(region.get("replicaCount") or 1))),
                region.get("storageAccountType") or "Standard_LRS",
            )
            for region in known.objects(regions)
        }
    regions = target.get("replicationRegions") or ()
    return {plain_region(known.text(name)): (1, common) for name in known.names(regions)}


def _check_name(path: str, told: str) -> None:
    """Fail where a name begins otherwise than the template says."""
    literal = _LITERAL.match(told)
    assert literal is not None
    assert path.startswith(literal[0]), f"{path} is not {told}"


@dataclass(frozen=True, slots=True)
class _Values:
    """What placeholders and parameters are in this run: the variables of the build."""

    variables: Mapping[str, str]

    def text(self, told: str) -> str:
        if found := _CONCAT.fullmatch(told):
            return self._value(found[1]) + found[2]
        return _PLACEHOLDER.sub(lambda found: self._value(next(filter(None, found.groups()))), told)

    def names(self, told: "str | Sequence[str]") -> Sequence[str]:
        """A list, which may be one parameter, or that and another name."""
        if not isinstance(told, str):
            return told
        if found := _ONE_MORE.fullmatch(told):
            return [*json.loads(self._value(found[1])), found[2]]
        found_names: list[str] = json.loads(self.text(told))
        return found_names

    def objects(self, told: "str | Sequence[Json]") -> Sequence[Json]:
        """Regions with what they have: objects or parameters, which may be one, or an object made for each name in one."""
        if not isinstance(told, str):
            return [json.loads(self.text(one)) if isinstance(one, str) else one for one in told]
        if found := _MAPPED.fullmatch(told):
            members = {name: text or int(number) for name, text, number in _MEMBER.findall(found[2])}
            return [{"name": name} | members for name in json.loads(self._value(found[1]))]
        given: list[Json] = json.loads(self.text(told))
        return given

    def _value(self, name: str) -> str:
        return self.variables[re.sub(r"(?<=[a-z0-9])(?=[A-Z])|-| ", "_", name).lower()]
