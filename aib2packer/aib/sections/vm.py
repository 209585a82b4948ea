"""The build VM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.aib.fields import Spelling
from aib2packer.aib.ids import IDENTITY, SUBNET, parse_id
from aib2packer.aib.model import Subnet, VmProfile
from aib2packer.arm.language.symbolic import Apply
from aib2packer.arm.language.text import LateExpression, TemplateText
from aib2packer.findings import codes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aib2packer.aib.fields import Condition, Fields
    from aib2packer.aib.model import Number
    from aib2packer.text.source import Span

_SPLIT_UNTIL = "2020-02-14"
_TAKEN = dict.fromkeys(("vmSize", "osDiskSizeGB", "userAssignedIdentities", "vnetConfig"))  # of it, by Packer


def read_vm(properties: Fields) -> VmProfile:
    """Read `vmProfile`, and the data disks, which stand beside it; all of it is optional."""
    fields, disks = properties.fields_or_late("vmProfile", (), _TAKEN), _data_disks(properties)
    if fields is None:
        return VmProfile(data_disks_gb=disks, span=properties.key_span("source"))
    profile = VmProfile(
        size=fields.text("vmSize"),
        os_disk_gb=fields.number("osDiskSizeGB", Spelling("osDiskSize", "2020-02-14")),
        data_disks_gb=disks,
        identities=_identities(fields),
        subnet=_subnet(fields),
        span=properties.key_span("vmProfile"),
    )
    _dropped_proxy(fields)
    fields.close({"additionaldatadisks": "beside vmProfile, not inside it"})
    return profile


def _data_disks(properties: Fields) -> tuple[Number, ...] | TemplateText:
    late = properties.late_objects(
        "additionalDataDisks", as_known=lambda one: (size for size in _disk_sizes(one) if isinstance(size, TemplateText))
    )
    if late is not None:
        properties.unknown_keys("additionalDataDisks", late, ("sizeGB",))
        return late
    return tuple(_disk_sizes(properties))


def _disk_sizes(properties: Fields) -> Iterator[Number]:
    for _, disk in properties.each("additionalDataDisks", attributes=("sizeGB",)):
        size = disk.number("sizeGB")
        if size is None:
            disk.missing("sizeGB", "Say how large the data disk is, in GiB.")
        else:
            yield size
        disk.close()


def _identities(fields: Fields) -> tuple[TemplateText, ...] | TemplateText:
    if (late := fields.late("userAssignedIdentities", "array")) is not None:
        return late
    identities = fields.strings("userAssignedIdentities")
    for identity in identities:
        if parse_id(identity, IDENTITY) is None:
            fields.report.add(
                codes.BAD_ID,
                identity.span,
                f"`{identity}` is not the id of a user-assigned identity",
                help="Write /subscriptions/…/resourceGroups/…/providers/Microsoft.ManagedIdentity/userAssignedIdentities/…",
            )
    return identities


def _subnet(profile: Fields) -> Subnet | None:
    fields, there = profile.optional_fields("vnetConfig", "subnetId")
    if fields is None:
        return None
    _dropped_proxy(fields)
    if (own := fields.text("containerInstanceSubnetId")) is not None:
        fields.report.add(
            codes.CONTAINER_SUBNET,
            own.span,
            "containerInstanceSubnetId is the subnet where the service ran Packer; now you run it",
            help="Run Packer on a machine that reaches the build subnet, such as one in this network.",
        )
    text, given = fields.optional_text("subnetId")
    _check_network(fields, text, own)
    name, subnet, group = fields.text("name"), fields.text("subnetName"), fields.text("resourceGroupName")
    fields.close()
    if text is not None:
        found = parse_id(text, SUBNET)
        if found is None:
            fields.report.add(
                codes.BAD_ID,
                text.span,
                f"`{text}` is not the id of a subnet",
                help="Write /subscriptions/…/resourceGroups/…/providers/Microsoft.Network/virtualNetworks/…/subnets/…",
            )
            return None
        when = _both(there, given, text.span)
        network, name, group = found["virtualnetworks"], found["subnets"], found.resource_group
        # A subscription that is only there at times cannot be the one of the build.
        return Subnet(network, name, group, found.subscription if when is None else None, text, text.span, when)
    if name is None and subnet is None and group is None:
        return None
    if name is None or subnet is None or group is None:
        keys = {"name": name, "subnetName": subnet, "resourceGroupName": group}
        missing = next(key for key, value in keys.items() if value is None)
        fields.missing(missing, "A subnet is named by name (of the network), subnetName and resourceGroupName, or by subnetId.")
        return None
    if not fields.api.before(_SPLIT_UNTIL):
        fields.report.add(
            codes.OLD_SPELLING,
            fields.key_span("name"),
            f"vnetConfig has taken one subnetId since API version {_SPLIT_UNTIL}; name, subnetName and resourceGroupName are "
            "read as that",
            help="Write subnetId.",
        )
    return Subnet(name, subnet, group, None, None, fields.span, _both(there, None, fields.span))


def _both(one: Condition, other: Condition, span: Span) -> TemplateText | None:
    conditions = tuple(dict.fromkeys(condition for condition in (one, other) if condition is not None))
    if not conditions:
        return None
    return TemplateText((LateExpression(conditions[0] if len(conditions) == 1 else Apply("and", conditions)),), span)


def _check_network(fields: Fields, subnet: TemplateText | None, own: TemplateText | None) -> None:
    """What goes with which subnet (docs/reference/aib-behaviour.md 8)."""
    proxy = fields.has("proxyVmSize") and fields.value("proxyVmSize") is not None
    wrong: list[tuple[str, str]] = []
    if proxy and subnet is None:
        wrong.append(("proxyVmSize", "proxyVmSize goes with a subnetId"))
    if proxy and own is not None:
        wrong.append(("proxyVmSize", "proxyVmSize and containerInstanceSubnetId exclude each other"))
    if own is not None and subnet is None:
        wrong.append(("containerInstanceSubnetId", "containerInstanceSubnetId goes with a subnetId"))
    both = [parse_id(text, SUBNET) if text is not None and text.literal else None for text in (subnet, own)]
    if both[0] is not None and both[1] is not None:
        ours, theirs = (
            [str(found[segment]).lower() for segment in ("subscriptions", "resourcegroups", "virtualnetworks", "subnets")]
            for found in both
            if found is not None
        )
        if ours[:-1] != theirs[:-1]:
            wrong.append(("containerInstanceSubnetId", "containerInstanceSubnetId must be in the network of subnetId"))
        elif ours == theirs:
            wrong.append(("containerInstanceSubnetId", "containerInstanceSubnetId must be another subnet than subnetId"))
    for key, what in wrong:
        fields.report.add(
            codes.REFUSED_SUBNET,
            fields.key_span(key),
            f"{what}: the service refuses this; it makes no difference to Packer",
            help="Nothing to do, unless you submit the template again.",
        )


def _dropped_proxy(fields: Fields) -> None:
    if (size := fields.text("proxyVmSize")) is not None:
        fields.report.add(
            codes.PROXY_VM,
            fields.key_span("proxyVmSize"),
            f"{fields.path}.proxyVmSize sizes a proxy VM ({size}) that only Image Builder needs to reach the subnet",
            help="Run Packer on a machine that reaches the subnet.",
        )
