"""Ids of image templates, as arguments of the command line."""

from __future__ import annotations

import re

from aib2packer.lazy.patterns import pattern

_TEMPLATE = pattern(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.VirtualMachineImages/imageTemplates/([^/]+)/?",
    re.IGNORECASE,
)


def name_of_template(argument: str) -> str | None:
    """The name in the id of an image template; None for what is none."""
    found = _TEMPLATE.fullmatch(argument) if is_in_azure(argument) else None
    return None if found is None else found[1]


def is_in_azure(argument: str) -> bool:
    """Whether an argument begins as the ids of Azure do, and no path on this machine."""
    return argument.lower().startswith("/subscriptions/")


def is_image_template(argument: str) -> bool:
    """Whether an argument is the id of an image template."""
    return name_of_template(argument) is not None
