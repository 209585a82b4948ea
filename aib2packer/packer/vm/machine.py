"""The build VM: its size, disks, network and how Packer reaches it (docs/reference/packer-semantics.md 8.4 to 8.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.aib.definitions import known_of_image
from aib2packer.aib.model import Located
from aib2packer.arm.language.text import Placeholder, TemplateText, text_of
from aib2packer.findings import codes
from aib2packer.hcl.printing import print_value, references
from aib2packer.hcl.values import HclCode, Settings, Value, Variable, traced
from aib2packer.options import OsType
from aib2packer.packer.marketplace import Generation, usual_disk_gb
from aib2packer.packer.variables.declared import REGION
from aib2packer.packer.vm.resource_group import BUILD_GROUP, temporary_group, unless_there

if TYPE_CHECKING:
    from aib2packer.aib.model import ImageTemplate, Number
    from aib2packer.findings.model import Report
    from aib2packer.packer.decisions import Decisions
    from aib2packer.packer.variables.symbols import Symbols
    from aib2packer.text.source import Span

_MOST_OS_DISK_GB, _MOST_DATA_DISK_GB = 4095, 32767

_DEFAULT_SIZE = "Standard_D2ds_v4"
_DEFAULT_SIZE_GENERATION_1 = "Standard_D1_v2"

LOCATION = Variable("location", REGION)
_WHERE_NO_SUBNET = " where no subnet is given: it gets a public IP address then"

ALLOWED_ADDRESSES = Variable(
    "allowed_inbound_ip_addresses",
    "Who may reach the build VM, which has a public address. Empty: anybody.",
    "list(string)",
    default=(),
)


def build_vm(template: ImageTemplate, decisions: Decisions, symbols: Symbols, report: Report) -> Settings:
    """The settings of the build VM."""
    vm = template.vm
    settings = _place(template, decisions.plan.location, decisions.label, symbols, report)
    size = default_size(template, decisions.generation)
    settings["vm_size"] = size if vm.size is None else traced(symbols.value_or(vm.size, size), vm.size.span)
    settings["polling_duration_timeout"] = traced(timeout(template, symbols), template.build_timeout_span)
    if vm.os_disk_gb is not None:
        settings["os_disk_size_gb"] = traced(symbols.located(vm.os_disk_gb), vm.os_disk_gb.span)
    if vm.data_disks_gb:
        settings["disk_additional_size"] = traced(_disk_sizes(vm.data_disks_gb, symbols), *_spans(vm.data_disks_gb))
    disks = () if isinstance(vm.data_disks_gb, TemplateText) else vm.data_disks_gb
    for disk, most in ((vm.os_disk_gb, _MOST_OS_DISK_GB), *((disk, _MOST_DATA_DISK_GB) for disk in disks)):
        if isinstance(disk, Located) and not 0 < disk.value <= most:
            report.add(
                codes.OUT_OF_RANGE,
                disk.span,
                f"a disk of {disk.value} GB is not possible: Azure has disks of 1 to {most} GB for that",
                help="Write its size in GB.",
            )
    _warn_of_small_disk(template, decisions.os_type, report)
    if vm.identities:
        settings["user_assigned_managed_identities"] = traced(symbols.values(vm.identities), *_spans(vm.identities))
    if vm.subnet is not None:
        # All three, or azure-arm looks for them itself and may take another subnet.
        subnet = vm.subnet
        names = {
            "virtual_network_resource_group_name": subnet.resource_group,
            "virtual_network_name": subnet.virtual_network,
            "virtual_network_subnet_name": subnet.name,
        }
        for key, name in names.items():
            settings[key] = traced(symbols.choose("has_subnet", subnet.when, symbols.value(name), HclCode("null")), subnet.span)
    if vm.subnet is None or vm.subnet.when is not None:
        # azure-arm refuses it beside a subnet.
        when = None if vm.subnet is None else vm.subnet.when
        allowed: Value = (
            ALLOWED_ADDRESSES if when is None else symbols.choose("has_subnet", when, HclCode("null"), ALLOWED_ADDRESSES)
        )
        settings["allowed_inbound_ip_addresses"] = allowed
        listener = "WinRM" if decisions.os_type is OsType.WINDOWS else "SSH"
        report.add(
            codes.OPEN_TO_THE_INTERNET,
            vm.span,
            f"{listener} of the build VM is open to the internet"
            + (": no subnet is named, so it gets a public IP address" if when is None else _WHERE_NO_SUBNET)
            + "; Image Builder reached its VM in a private network",
            help="Set allowed_inbound_ip_addresses to the IP address of the machine that runs Packer, or "
            + ("add a vnetConfig to the template." if when is None else "give a subnet."),
        )
    return settings | decisions.security.settings


def timeout(template: ImageTemplate, symbols: Symbols) -> Value:
    """How long the build may take, as Packer has it."""
    minutes = template.build_timeout
    if minutes is None:
        return f"{template.build_timeout_minutes}m"
    return symbols.value(text_of((*minutes.parts, "m"), minutes.span))


def build_location(region: TemplateText | None, symbols: Symbols) -> Value:
    """The region of the build as HCL."""
    return LOCATION if region is None else symbols.value(region)


def _place(template: ImageTemplate, region: TemplateText | None, label: str, symbols: Symbols, report: Report) -> Settings:
    location = build_location(region, symbols)
    places = tuple(text.span for text in (region, template.location) if text is not None)
    if region is not None and template.location is not None and region.parts != template.location.parts:
        elsewhere = _own_place(region, template.location)
        report.add(
            codes.BUILD_REGION,
            region.span,
            f"Packer builds {_named_place(region)}where the image is to be, and not {elsewhere}: "
            "it makes managed images in the region of the build only, and Azure wants a gallery version there too",
            help="Check that the size of the build VM is available there.",
        )
    group, temporary = template.staging_resource_group, temporary_group(label)
    if group is None:
        return {"location": traced(location, *places), "temp_resource_group_name": temporary}
    report.add(
        codes.STAGING_GROUP,
        group.span,
        f"the staging resource group `{group}` is Image Builder's own: Packer makes a temporary one, or takes an existing one",
        help="To build in an existing resource group, pass -var build_resource_group_name=…; not the one of Image Builder.",
    )
    # azure-arm takes either of the two: an existing group has a location of its own.
    return {
        "location": traced(unless_there(location), *places),
        "build_resource_group_name": traced(BUILD_GROUP, group.span),
        "temp_resource_group_name": unless_there(temporary),
    }


def _named_place(region: TemplateText) -> str:
    return f"in {region.literal}, " if region.literal else ""


def _own_place(region: TemplateText, own: TemplateText) -> str:
    """The location of a template, which is another than the region of the build; only perhaps where one is not known."""
    if region.literal and own.literal:
        return f"in {own.literal}"
    is_written = all(isinstance(part, str | Placeholder) for part in own.parts)
    return f"in {own if is_written else 'the location of the template'}, if that is elsewhere"


def _warn_of_small_disk(template: ImageTemplate, os_type: OsType, report: Report) -> None:
    """A disk may not be smaller than the source image's."""
    disk, source, known = template.vm.os_disk_gb, template.source.marketplace, template.siblings.source
    if not isinstance(disk, Located):
        return
    usual = None if source is None else usual_disk_gb(os_type, str(source.offer), str(source.sku))
    if known is not None and known.os_disk_gb is not None:
        least, what = known.os_disk_gb, f"the disk of the source has {known.os_disk_gb} GB"
    elif usual is None:
        return
    else:
        least, what = usual, f"the disk of such an image usually has {usual} GB"
    if 0 < disk.value < least:
        report.add(
            codes.VM_DOES_NOT_FIT,
            disk.span,
            f"{what}, and cannot shrink: {disk.value} GB is too small",
            help="Leave osDiskSizeGB out, or write a larger size.",
        )


def default_size(template: ImageTemplate, of_source: Generation | None) -> str:
    """The service's own default: docs/reference/aib-behaviour.md 4. `of_source` is the generation of the source image."""
    said = known_of_image(template)[1].upper()
    is_first = said == Generation.V1.value or (not said and of_source is Generation.V1)
    # The default of the first API versions boots no generation 2.
    by_age = template.api.before("2020-01-01") and of_source is not Generation.V2 and said != Generation.V2.value
    return _DEFAULT_SIZE_GENERATION_1 if by_age or is_first else _DEFAULT_SIZE


def _disk_sizes(disks: tuple[Number, ...] | TemplateText, symbols: Symbols) -> Value:
    if not isinstance(disks, TemplateText):
        return tuple(symbols.located(disk) for disk in disks)
    objects = symbols.value(disks)
    return HclCode(f"[for disk in {print_value(objects)} : disk.sizeGB]", references(objects))


def _spans(values: tuple[Number, ...] | TemplateText) -> tuple[Span, ...]:
    return (values.span,) if isinstance(values, TemplateText) else tuple(value.span for value in values)
