"""Compares what there is in the simulated Azure with what AIB would have left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.lab.azure.arm.store import Stored
from tests.lab.azure.builds.expected import Left, LeftImage, LeftVersion, LeftVhd
from tests.lab.azure.cloud import SimulatedAzure

PROVIDED = (
    "microsoft.resources/resourcegroups",
    "microsoft.compute/galleries",
    "microsoft.compute/galleries/images",
    "microsoft.storage/storageaccounts",
)


@dataclass(frozen=True, slots=True)
class State:
    """What a build can leave: resources by their lower-case path, and blobs. What it needs (groups, galleries …) is left out."""

    resources: Mapping[str, Stored]
    blobs: frozenset[str]

    @classmethod
    def of(cls, azure: SimulatedAzure) -> "State":
        """Look at it when everything that was begun is over."""
        azure.clock.sleep(int(azure.arm.operations.seconds) + 1)
        found = {stored.id.lower(): stored for stored in azure.arm.store.all() if stored.type not in PROVIDED}
        return cls(found, frozenset(azure.blobs.blobs))


def differences(azure: SimulatedAzure, state: State, left: Sequence[Left], extra_tags: Mapping[str, str]) -> list[str]:
    """Say how the state differs from what AIB would have left; nothing where it is that."""
    found = [trouble for one in left for trouble in _trouble(azure, state, one, extra_tags)]
    return found + [f"left over: {what}" for what in left_over(state, left)]


def left_over(state: State, left: Sequence[Left]) -> list[str]:
    """Say what is there that no target asked for."""
    wanted = {one.path.lower() for one in left if not isinstance(one, LeftVhd)}
    blobs = {one.blob for one in left if isinstance(one, LeftVhd)}
    return [stored.id for path, stored in state.resources.items() if path not in wanted] + sorted(state.blobs - blobs)


def missing(state: State, left: Sequence[Left]) -> list[str]:
    """Say which targets are not there at all."""
    return [
        one.blob if isinstance(one, LeftVhd) else one.path
        for one in left
        if (one.blob not in state.blobs if isinstance(one, LeftVhd) else one.path.lower() not in state.resources)
    ]


def _trouble(azure: SimulatedAzure, state: State, one: Left, extra: Mapping[str, str]) -> list[str]:
    match one:
        case LeftVhd(blob):
            if blob not in state.blobs:
                return [f"no VHD {blob}"]
            status = azure.blobs.copy_status(azure.blobs.blobs[blob]) if azure.blobs.blobs[blob].copied_from else "success"
            return [] if status == "success" else [f"the copy of {blob} is {status}"]
        case LeftImage(path, region, tags):
            stored = state.resources.get(path.lower())
            if stored is None:
                return [f"no image {path}"]
            return _compare(path, "region", stored.body["location"], region) + _compare_tags(stored, tags, extra)
        case LeftVersion(path):
            stored = state.resources.get(path.lower())
            return [f"no version {path}"] if stored is None else _version_trouble(stored, one, extra)


def _version_trouble(stored: Stored, one: LeftVersion, extra: Mapping[str, str]) -> list[str]:
    profile = stored.properties["publishingProfile"]
    regions = {
        region["name"].replace(" ", "").lower(): (region["regionalReplicaCount"], region["storageAccountType"])
        for region in profile["targetRegions"]
    }
    blocked = (stored.properties.get("safetyProfile") or {}).get("blockDeletionBeforeEndOfLife")
    return [
        *_compare(one.path, "regions", regions, dict(one.regions)),
        *_compare(one.path, "excludeFromLatest", bool(profile.get("excludeFromLatest")), one.hidden_from_latest),
        *_compare(one.path, "shallow", profile.get("replicationMode") == "Shallow", one.shallow),
        *_compare(one.path, "end of life", profile.get("endOfLifeDate"), None),
        *_compare(one.path, "deletion blocked", bool(blocked), False),
        *_compare_tags(stored, one.tags, extra),
    ]


def _compare(path: str, what: str, found: object, wanted: object) -> list[str]:
    return [] if found == wanted else [f"{path}: {what} is {found!r}, and not {wanted!r}"]


def _compare_tags(stored: Stored, wanted: Mapping[str, str], extra: Mapping[str, str]) -> list[str]:
    tags = stored.body.get("tags") or {}
    own = {name: value for name, value in tags.items() if name in wanted or extra.get(name) != value}
    return _compare(stored.id, "tags", own, dict(wanted))
