"""azure-arm's settings: which are blocks, and the order in which a person thinks of them.

Source of the names: packer-plugin-azure 2.6.3, builder/azure/arm/config.hcl2spec.go.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from aib2packer.hcl.printing import escape_templates
from aib2packer.hcl.values import Attribute, Blank, Block, Comment, Traced
from aib2packer.lazy.models import replace
from aib2packer.packer.model import Section

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.hcl.values import Settings, Value

SOURCE_IMAGE = "Source image"
BUILD_VM = "Build VM"
DISTRIBUTION = "Distribution"

_BLOCKS = {"plan_info", "shared_image_gallery", "shared_image_gallery_destination"}

# A section is groups of settings, with an empty line between them.
_SECTIONS: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...] = (
    (
        "",
        (
            (
                "use_azure_cli_auth",
                "tenant_id",
                "client_id",
                "client_secret",
                "oidc_request_url",
                "oidc_request_token",
                "subscription_id",
                "cloud_environment_name",
            ),
        ),
    ),
    (
        SOURCE_IMAGE,
        (
            (
                "os_type",
                "image_publisher",
                "image_offer",
                "image_sku",
                "image_version",
                "custom_managed_image_name",
                "custom_managed_image_resource_group_name",
            ),
            ("shared_image_gallery",),
            ("plan_info",),
        ),
    ),
    (
        BUILD_VM,
        (
            (
                "location",
                "build_resource_group_name",
                "temp_resource_group_name",
                "vm_size",
                "os_disk_size_gb",
                "disk_additional_size",
                "security_type",
                "secure_boot_enabled",
                "vtpm_enabled",
                "user_assigned_managed_identities",
                "virtual_network_resource_group_name",
                "virtual_network_name",
                "virtual_network_subnet_name",
                "allowed_inbound_ip_addresses",
            ),
            ("communicator", "winrm_use_ssl", "winrm_insecure", "winrm_username"),
            ("polling_duration_timeout",),
            ("skip_create_build_key_vault", "user_data", "user_data_file", "custom_script"),
        ),
    ),
    (
        DISTRIBUTION,
        (
            (
                "skip_create_image",
                "managed_image_name",
                "managed_image_resource_group_name",
                "managed_image_os_disk_snapshot_name",
            ),
            (
                "storage_account",
                "resource_group_name",
                "capture_container_name",
                "capture_name_prefix",
            ),
            (
                "shared_image_gallery_destination",
                "shared_gallery_image_version_exclude_from_latest",
                "shared_image_gallery_timeout",
            ),
            ("azure_tags",),
        ),
    ),
)


def arrange(settings: Settings, notes: Mapping[str, str]) -> tuple[Section, ...]:
    """Put settings into sections, as azure-arm must be given them, which evaluates `{{` in every string.

    `notes` say more in the comment above a section, or stand above a group of settings, by the name of its first one.

    Raises:
        KeyError: A setting has no place in the table.
        TypeError: A block is given as an attribute, or the other way round: Packer would refuse it.

    """
    bodies: dict[str, list[Attribute | Block | Comment | Blank]] = {}
    body: list[Attribute | Block | Comment | Blank] = []
    places, last = _places(), -1
    for name in sorted(settings, key=places.__getitem__):
        _, comment, group = places[name]
        if group != last:
            body, last = bodies.setdefault(comment, []), group
            if body:
                body.append(Blank())
            if name in notes:
                body.append(Comment(notes[name]))
        body.append(_item(name, settings[name]))
    return tuple([Section(f"{one}. {notes[one]}" if one in notes else one, tuple(body)) for one, body in bodies.items()])


@cache
def _places() -> Mapping[str, tuple[int, str, int]]:
    """Where each setting has its place: its rank among all, the comment above its section, the number of its group."""
    groups = [(comment, names) for comment, groups in _SECTIONS for names in groups]
    places = ((name, comment, group) for group, (comment, names) in enumerate(groups) for name in names)
    return {name: (rank, comment, group) for rank, (name, comment, group) in enumerate(places)}


def _item(name: str, value: Value | Traced | Block) -> Attribute | Block:
    if isinstance(value, Block) != (name in _BLOCKS):
        raise TypeError(name)
    match value:
        case Block():
            return _escaped_block(value)
        case Traced(inner, origins):
            return Attribute(name, escape_templates(inner), origins)
        case _:
            return Attribute(name, escape_templates(value))


def _escaped_block(block: Block) -> Block:
    body = tuple([_escaped_item(item) for item in block.body])
    return block if body == block.body else replace(block, body=body)


def _escaped_item(item: Attribute | Block | Comment | Blank) -> Attribute | Block | Comment | Blank:
    match item:
        case Attribute(name, value, origins):
            escaped = escape_templates(value)
            return item if escaped is value else Attribute(name, escaped, origins)
        case Block():
            return _escaped_block(item)
        case _:
            return item
