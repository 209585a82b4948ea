"""An image template as Azure has it, with what belongs to it: read once, and kept beside the output without its secrets."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from aib2packer.aib.api_versions import KNOWN
from aib2packer.aib.gallery_versions import parse_version
from aib2packer.app.azure.asking import AzureError, get, image_templates_of
from aib2packer.arm.documents.forms.from_azure import MARK
from aib2packer.findings import codes
from aib2packer.findings.model import about_file
from aib2packer.system.files import read_bytes
from aib2packer.text.secrets import find_secrets
from aib2packer.text.source import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from aib2packer.findings.model import Finding

_DEFINITION = re.compile(
    r"(/subscriptions/[\w-]+/resourceGroups/[\w.()-]+/providers/Microsoft\.Compute/galleries/[\w.]+/images/[\w.-]+)"
    r"(?:/versions/[\w.]+)?/?",
    re.IGNORECASE,
)
_IMAGE = re.compile(
    r"/subscriptions/[\w-]+/resourceGroups/[\w.()-]+/providers/Microsoft\.Compute/images/[\w.-]+", re.IGNORECASE
)
_GALLERIES, _IMAGES = "2023-07-03", "2024-03-01"  # API versions of Microsoft.Compute


def read_template(resource: str, kept: Path | None, *, refresh: bool, most: int) -> tuple[bytes, bytes, tuple[Finding, ...]]:
    """An image template and what belongs to it, as one JSON document.

    Args:
        resource: The id of the image template.
        kept: Where an earlier conversion has kept what was read; None: nowhere.
        refresh: Whether Azure is asked all the same.
        most: The most bytes that a file may have.

    Returns:
        The document, the same without its secrets, to be kept, and what is to be said of it.

    Raises:
        FileError: Azure does not tell.

    """
    found = None if kept is None or refresh else _kept(kept, resource, most)
    if kept is not None and found is not None:
        message = "Azure was not asked again: this is its earlier answer"
        return found, found, (about_file(codes.KEPT, str(kept), message, "To ask again, add --refresh."),)
    reading = _read(resource)
    return _written(reading), _written(_without_secrets(reading, {})), ()


def list_templates(
    subscription: str | None, resource_group: str | None, folder: Path | None, *, check: bool, most: int
) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """The ids of all image templates of a subscription, or of a resource group, and what is to be said of that list.

    Where Azure does not tell, or only what is there is to be checked, those that an earlier conversion has kept in a folder.

    Raises:
        FileError: Azure does not tell, or there is none.

    """
    before = () if folder is None else _kept_templates(folder, subscription, resource_group, most)
    if check and before:
        return before, ()
    try:
        found = image_templates_of(subscription, resource_group)
    except AzureError as error:
        if not before:
            raise
        message = f"its image templates could not be listed again, and are those of an earlier run: {error.reason}"
        return before, (about_file(codes.NOT_READ, error.file, message, error.help),)
    if not found:
        where = f"resource group {resource_group}" if resource_group else f"subscription {subscription}"
        raise FileError(where, "there is no image template in it, or none that may be seen", "Check the name, and the role.")
    return found, ()


def _kept_templates(folder: Path, subscription: str | None, resource_group: str | None, most: int) -> tuple[str, ...]:
    """The ids of the image templates that earlier conversions into a folder have kept, of those that are asked for."""
    from aib2packer.packer.layout import AZURE_FILE

    found = []
    for file in sorted(folder.glob(f"*/{AZURE_FILE}")):
        id_ = _id_of(file, most)
        parts = (id_ or "").lower().split("/")
        of_group = resource_group is None or resource_group.lower() in parts[4:5]
        if id_ is not None and of_group and (subscription is None or subscription.lower() in parts[2:3]):
            found.append(id_)
    return tuple(found)


def _id_of(file: Path, most: int) -> str | None:
    """The id of the image template that a reading is of; None for what is none."""
    try:
        known = json.loads(read_bytes(str(file), file, most)).get(MARK)
    except (FileError, ValueError, AttributeError, RecursionError):
        return None
    return known if isinstance(known, str) else None


def _kept(file: Path, resource: str, most: int) -> bytes | None:
    """What was kept of this image template, and not of another."""
    known = _id_of(file, most)
    if known is None or known.lower() != resource.rstrip("/").lower():
        return None
    return read_bytes(str(file), file, most)


def _written(reading: object) -> bytes:
    return (json.dumps(reading, indent=2, ensure_ascii=False) + "\n").encode(errors="replace")  # half a character is none


def _read(resource: str) -> dict[str, object]:
    resource = resource.rstrip("/")
    template, version = _newest(resource)
    missing: list[dict[str, str]] = []
    return {
        MARK: resource,
        "imageTemplate": {"apiVersion": version, **template},
        "triggers": _listed(f"{resource}/triggers", version, missing),
        "runOutputs": _listed(f"{resource}/runOutputs", version, missing),
        "imageDefinitions": [
            found for id_ in dict.fromkeys(_targets(template)) if (found := _optional(id_, _GALLERIES, missing)) is not None
        ],
        "source": _source(template, missing),
        "sourceVersion": _source_version(template, missing),
        "notRead": missing,
    }


def _newest(resource: str) -> tuple[Mapping[str, object], str]:
    """The image template by the newest API version that this Azure knows: an older one leaves settings out."""
    for version in reversed(KNOWN):
        try:
            template = get(resource, version)
        except AzureError as error:
            if error.is_about_version and version != KNOWN[0]:
                continue
            raise
        if isinstance(template, dict):
            return template, version
    raise AzureError(resource, "the Azure CLI did not answer as it should", "Update it: az upgrade")


def _listed(resource: str, version: str, missing: list[dict[str, str]]) -> list[object]:
    found = _at(_optional(resource, version, missing), "value")
    return found if isinstance(found, list) else []


def _optional(resource: str, version: str, missing: list[dict[str, str]]) -> Mapping[str, object] | None:
    """What belongs to the template; where it cannot be had, why."""
    try:
        answer = get(resource, version)
    except AzureError as error:
        missing.append({"id": resource, "reason": error.reason, "help": error.help})
        return None
    return answer if isinstance(answer, dict) else None


def _at(value: object, *keys: str) -> object:
    """What stands at a path of keys; None where there is nothing."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _definition(id_: object) -> re.Match[str] | None:
    return _DEFINITION.fullmatch(id_) if isinstance(id_, str) else None


def _targets(template: Mapping[str, object]) -> Iterator[str]:
    """The ids of the image definitions that a template distributes to."""
    targets = _at(template, "properties", "distribute")
    for target in targets if isinstance(targets, list) else ():
        if (found := _definition(_at(target, "galleryImageId"))) is not None:
            yield found[1]


def _source(template: Mapping[str, object], missing: list[dict[str, str]]) -> object:
    """The image definition, or the managed image, that a template starts from; None for an image of the marketplace."""
    image = _at(template, "properties", "source", "imageId")
    if (found := _definition(_at(template, "properties", "source", "imageVersionId"))) is not None:
        return _optional(found[1], _GALLERIES, missing)
    return _optional(image, _IMAGES, missing) if isinstance(image, str) and _IMAGE.fullmatch(image) else None


def _source_version(template: Mapping[str, object], missing: list[dict[str, str]]) -> object:
    """The version of a gallery image that a template starts from; None for others. The latest is the highest there is."""
    found = _definition(_at(template, "properties", "source", "imageVersionId"))
    if found is None:
        return None
    version = found[0].rstrip("/")[len(found[1]) :].rpartition("/")[2]
    if version.lower() not in {"", "latest"}:
        return _optional(found[0].rstrip("/"), _GALLERIES, missing)
    listed = _listed(f"{found[1]}/versions", _GALLERIES, missing)
    numbered = [(number, one) for one in listed if (number := parse_version(str(_at(one, "name")))) is not None]
    may_be_latest = [
        pair for pair in numbered if _at(pair[1], "properties", "publishingProfile", "excludeFromLatest") is not True
    ]
    return max(may_be_latest, key=lambda pair: pair[0], default=(None, None))[1]


def _without_secrets(value: object, seen: dict[str, str]) -> object:
    """A reading with something else in place of each secret, that is known for one all the same: the build is equal then."""
    if isinstance(value, dict):
        return {key: _without_secrets(item, seen) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_secrets(item, seen) for item in value]
    return _replaced(value, seen) if isinstance(value, str) else value


def _replaced(text: str, seen: dict[str, str]) -> str:
    pieces: list[str] = []
    at = 0
    for start, end in find_secrets(text):
        secret = text[start:end]
        number = seen.setdefault(secret, f"removed-secret-{len(seen) + 1}")
        forms = (number, f"user:{number}", number.replace("-", "").ljust(44, "0"))
        head = "".join(pieces) + text[at:start]
        fitting = next((form for form in forms if find_secrets(head + form + text[end:])[-1:] != ()), number)
        pieces += [text[at:start], f"user:{number}" if ":" in secret and text[end : end + 1] == "@" else fitting]
        at = end
    return "".join([*pieces, text[at:]])
