"""Compares what there is in the simulated Azure with what AIB would have left."""

import re
from collections.abc import Mapping, Sequence

from tests.lab.azure.arm.ids import name_of, plain_region
from tests.lab.azure.arm.store import Stored
from tests.lab.azure.builds.expected import Left, LeftImage, LeftVersion, LeftVhd
from tests.lab.azure.builds.state import Played

# In the name, or a tag: by it the next build, or its engineer, knows what a build that did not end has left.
MARK = re.compile(r"packer.temporary")
REPLACES = "packer-replaces"  # the tag of a new image by another name, with that of the image whose place it is to take


def differences(played: Played, left: Sequence[Left], extra_tags: Mapping[str, str]) -> list[str]:
    """Say how the state differs from what AIB would have left; nothing where it is that."""
    found = [trouble for one in left for trouble in _trouble(played, one, extra_tags)]
    over = sorted(played.state.paths - {_path(one) for one in left})
    return found + [f"left over: {path}" for path in over] + [f"gap: {gap}" for gap in played.azure.gaps]


def trouble_after_fault(played: Played, left: Sequence[Left]) -> list[str]:
    """Say what is wrong after a step in which something failed: left-overs that nobody knows, images gone for nothing."""
    resources = played.state.resources
    marked = {path for path in left_over(played, left) if path in resources and is_marked(resources[path])}
    marked |= {path for path in left_over(played, left) if path not in resources and MARK.match(path.rpartition("/")[2])}
    unknown = [path for path in left_over(played, left) if path not in marked]
    return [
        *(f"left over, and not marked: {path}" for path in unknown),
        *(f"gone, and nothing has taken its place: {path}" for path in gone(played, left) if not replacing(played, path)),
        *(f"gap: {gap}" for gap in played.azure.gaps),
    ]


def gone(played: Played, left: Sequence[Left]) -> list[str]:
    """Say which images are no more that were there before, and would be in the end; a copy under way goes on by itself."""
    images = [_path(one) for one in left if isinstance(one, LeftImage) and _path(one) in played.before - played.state.paths]
    vhds = [one.blob for one in left if isinstance(one, LeftVhd) and one.blob in played.before]
    return images + [blob for blob in vhds if _copied(played, blob) in {"failed", "aborted", "gone"}]


def untouched(played: Played, left: Sequence[Left], old: str) -> bool:
    """Tell whether each image that was there before is still the old one, which was made of `old`."""
    images = [_path(one) for one in left if isinstance(one, LeftImage) and _path(one) in played.before]
    found = [played.state.resources[path].properties for path in images if path in played.state.resources]
    sources = [(properties.get("sourceVirtualMachine") or {}).get("id") for properties in found]
    vhds = [one.blob for one in left if isinstance(one, LeftVhd) and one.blob in played.before]
    return sources == [old] * len(images) and all(_copied(played, blob) == "not copied" for blob in vhds)


def replacing(played: Played, image: str) -> list[str]:
    """Say where the new image is that was to take the place of this one, by other names: a VHD in the same account."""
    if not image.startswith("/"):
        account = image.split("/", maxsplit=1)[0]
        others = (blob for blob in played.azure.blobs.blobs if blob.startswith(f"{account}/") and blob != image)
        return [blob for blob in others if _copied(played, blob) in {"success", "not copied"}]
    tagged = {path: (stored.body.get("tags") or {}).get(REPLACES, "") for path, stored in played.state.resources.items()}
    return [path for path, name in tagged.items() if name and f"{path.rpartition('/')[0]}/{name.lower()}" == image]


def _copied(played: Played, blob: str) -> str:
    found = played.azure.blobs.blobs.get(blob)
    if found is None:
        return "gone"
    return played.azure.blobs.copy_status(found) if found.copied_from else "not copied"


def left_over(played: Played, left: Sequence[Left]) -> list[str]:
    """Say what a step has left beside its target."""
    return sorted(played.state.paths - played.before - {_path(one) for one in left})


def is_marked(stored: Stored) -> bool:
    """Tell whether something can be known as left over."""
    tags = stored.body.get("tags") or {}
    return bool(MARK.match(name_of(stored.id)) or REPLACES in tags or any(map(MARK.fullmatch, tags)))


def _path(one: Left) -> str:
    return one.blob if isinstance(one, LeftVhd) else one.path.lower()


def _trouble(played: Played, one: Left, extra: Mapping[str, str]) -> list[str]:
    if _path(one) not in played.state.paths:
        return [f"not there: {_path(one)}"]
    if isinstance(one, LeftVhd):
        blob = played.azure.blobs.blobs[one.blob]
        status = played.azure.blobs.copy_status(blob) if blob.copied_from else "old" if blob.data else "success"
        return _compare(one.blob, "copy", status, "success")
    stored = played.state.resources[one.path.lower()]
    tags = stored.body.get("tags") or {}
    own = {name: value for name, value in tags.items() if name in one.tags or extra.get(name) != value}
    return [*_compare(one.path, "tags", own, dict(one.tags)), *_own_trouble(stored, one)]


def _own_trouble(stored: Stored, one: LeftImage | LeftVersion) -> list[str]:
    if isinstance(one, LeftImage):
        return _compare(one.path, "region", plain_region(stored.body["location"]), one.region)
    profile = stored.properties["publishingProfile"]
    regions = {
        plain_region(region["name"]): (region["regionalReplicaCount"], region["storageAccountType"])
        for region in profile["targetRegions"]
        if plain_region(region["name"]) != one.home or one.home in one.regions
    }
    blocked = bool((stored.properties.get("safetyProfile") or {}).get("blockDeletionBeforeEndOfLife"))
    return [
        *_compare(one.path, "regions", regions, dict(one.regions)),
        *_compare(one.path, "excludeFromLatest", bool(profile.get("excludeFromLatest")), one.hidden_from_latest),
        *_compare(one.path, "shallow", profile.get("replicationMode") == "Shallow", one.shallow),
        *_compare(one.path, "end of life", profile.get("endOfLifeDate"), None),
        *_compare(one.path, "deletion blocked", blocked, wanted=False),
    ]


def _compare(path: str, what: str, found: object, wanted: object) -> list[str]:
    return [] if found == wanted else [f"{path}: {what} is {found!r}, and not {wanted!r}"]
