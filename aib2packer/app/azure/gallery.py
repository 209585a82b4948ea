"""Which versions of an image a gallery holds: the Azure CLI tells."""

from __future__ import annotations

import json
import re

from aib2packer.aib.gallery_versions import Version, parse_version
from aib2packer.lazy.models import dataclass
from aib2packer.lazy.patterns import pattern
from aib2packer.text.source import InputError

_SECONDS = 300  # a token may have to be fetched, and pages of versions
_MOST = 4 << 20  # bytes of an answer
_IMAGE_ID = pattern(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<resource_group>[^/]+)/providers/Microsoft\.Compute"
    r"/galleries/(?P<gallery>[^/]+)/images/(?P<image>[^/]+)(?:/versions/(?P<version>[^/]+))?/?",
    re.IGNORECASE,
)
_NAME = pattern(r"\w[\w.()-]*")  # wide enough for all of them, too narrow for a placeholder or an option
_SHAPE = "/subscriptions/…/resourceGroups/…/providers/Microsoft.Compute/galleries/…/images/…"


@dataclass(frozen=True, slots=True)
class GalleryImageName:
    """An image definition in a gallery, and the version that its id named besides, if any."""

    subscription: str
    resource_group: str
    gallery: str
    image: str
    version: str | None = None


def parse_image(text: str) -> GalleryImageName:
    """Read the resource id of an image definition, or of a version of it; the names of segments are known in any case.

    Raises:
        InputError: It is none, or a part of it is not filled in.

    """
    match = _IMAGE_ID.fullmatch(text.strip())
    if match is None:
        message = f"`{text}` is not the resource id of an image definition; write {_SHAPE}"
        raise InputError(message)
    for name in match.groups():
        if name is not None and not _NAME.fullmatch(name):
            message = f"`{name}` in `{text}` is not a name; write {_SHAPE}, each … filled in"
            raise InputError(message)
    return GalleryImageName(**match.groupdict())


def list_versions(image: GalleryImageName) -> tuple[Version, ...]:
    """Ask the Azure CLI for the versions there are; those that are being made or failed are among them.

    Raises:
        InputError: There is no Azure CLI, it is not signed in, or it cannot tell.

    """
    from aib2packer.system.programs import EndlessError, find_program, run_program

    program = find_program("az")
    if program is None:
        message = "there is no Azure CLI (az) on PATH; install it: https://aka.ms/azure-cli"
        raise InputError(message)
    command = [
        *(program, "sig", "image-version", "list", "--subscription", image.subscription),
        *("--resource-group", image.resource_group, "--gallery-name", image.gallery),
        *("--gallery-image-definition", image.image, "--query", "[].name", "--output", "json", "--only-show-errors"),
    ]
    try:
        done = run_program(command, seconds=_SECONDS, most=_MOST)
    except EndlessError as error:
        message = f"az sig image-version list {error}; try again, or pass the version yourself"
        raise InputError(message) from error
    except OSError as error:
        message = f"{program} cannot be run ({error.strerror}); reinstall the Azure CLI"
        raise InputError(message) from error
    if done.status != 0:
        raise InputError(_reason(done.errors.decode("utf-8", "replace").strip(), image, done.status))
    return _versions(done.output)


def _versions(answer: bytes) -> tuple[Version, ...]:
    try:
        names = json.loads(answer)
    except (ValueError, RecursionError):
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        message = "az sig image-version list did not answer with a list of versions; update the Azure CLI: az upgrade"
        raise InputError(message)
    return tuple(version for name in names if (version := parse_version(name)) is not None)


def _reason(said: str, image: GalleryImageName, status: int) -> str:
    """Why the Azure CLI failed, in a sentence, and what to do."""
    where = f"gallery {image.gallery}, resource group {image.resource_group}, subscription {image.subscription}"
    if "az login" in said:
        return f"the Azure CLI is not signed in; run: az login. It said: {said}"
    if re.search(r"NotFound\b", said):
        return f"there is no image definition {image.image} ({where}); make it first, or correct the id. az said: {said}"
    if "AuthorizationFailed" in said:
        return f"the account may not list versions of {image.image} ({where}); give it Reader there. az said: {said}"
    return f"az sig image-version list failed: {said or f'exit status {status}'}"
