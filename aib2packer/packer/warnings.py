"""What passes `packer validate` and then fails, or surprises, when the build runs (reference/azure-runtime.md 3).

Checks that concern one setting stand beside that setting; here are those that see the whole template.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from typing import TYPE_CHECKING

from aib2packer.aib.model import GalleryImage, GalleryTarget, ManagedImage, ManagedImageTarget, PlatformImage, VhdTarget
from aib2packer.findings import codes
from aib2packer.options import OsType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aib2packer.aib.ids import ResourceId
    from aib2packer.aib.model import Customizer, DistributeTarget, ImageTemplate
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.findings.model import Report

_WINDOWS_MINUTES = 60  # Microsoft advises as much for Windows: reference/aib-behaviour.md 8
_DISKS_OF_DEFAULT_SIZES = 4  # https://learn.microsoft.com/azure/virtual-machines/sizes: D1_v2 and D2ds_v4 alike

# Publishers all of whose marketplace images come with a purchase plan.
_WITH_PLAN = {
    *("center-for-internet-security-inc", "cognosys", "kali-linux", "openvpn", "paloaltonetworks", "fortinet", "checkpoint"),
    *("f5-networks", "cisco", "barracudanetworks", "juniper-networks"),
}
_GENERATION_2 = re.compile(r"(?:^|[-_.])(?:gen2|g2|gensecond)(?:$|[-_.])", re.IGNORECASE)
_GENERATION_1 = re.compile(r"(?:^|[-_.])gen1(?:$|[-_.])", re.IGNORECASE)

_REMOVES_AGENT = re.compile(
    r"\b(?:apt|apt-get|yum|dnf|zypper|tdnf)\b[^\n;&|]*\b(?:remove|purge|erase|autoremove)\b[^\n;&|]*\bwa(?:linux)?agent\b"
    r"|\brm\b[^\n;&|]*\bwaagent\b",
    re.IGNORECASE,
)
_REMOVES_SCRIPT = re.compile(r"\b(?:rm|del|ri|unlink|remove-item)\b[^\n;&|]*deprovisioningscript\.(?:sh|ps1)", re.IGNORECASE)
# What leaves Windows waiting for a restart as a rule.
_NEEDS_RESTART = re.compile(
    r"\b(?:install-windowsfeature|add-windowsfeature|enable-windowsoptionalfeature|add-windowscapability|wusa(?:\.exe)?)\b"
    r"|\bdism\b[^\n]*/enable-feature",
    re.IGNORECASE,
)
_RESTARTS = re.compile(r"\brestart-computer\b|\bshutdown(?:\.exe)?\b[^\n]*[/-]r\b", re.IGNORECASE)


def foresee(template: ImageTemplate, targets: Sequence[DistributeTarget], os_type: OsType, report: Report) -> None:
    """Report what the template gives reason to expect. `targets` are those that are made."""
    _check_plan(template, report)
    _check_definition(template, os_type, report)
    _check_disks(template, report)
    _check_generalizing(template.customize, report)
    for target in targets:
        if isinstance(target, VhdTarget) and target.uri is not None and ".blob." in target.uri.visible:
            _tell_of_account(target.uri, report)
        if os_type is OsType.WINDOWS and isinstance(target, GalleryTarget | ManagedImageTarget):
            _check_own_source(template, target.id, report)
    if os_type is OsType.WINDOWS:
        _check_time(template, report)
        _check_pending_restarts(template.customize, report)
    else:
        _check_folders(template.customize, report)


def _check_plan(template: ImageTemplate, report: Report) -> None:
    source = template.source
    if isinstance(source, PlatformImage) and source.plan is None and str(source.publisher).lower() in _WITH_PLAN:
        report.add(
            codes.FAILS_WHEN_RUN,
            source.span,
            f"images of {source.publisher} come with a purchase plan, and there is no planInfo: Azure refuses to make the VM",
            help="Add a planInfo; `az vm image show --query plan` shows what belongs into it.",
        )


def _check_definition(template: ImageTemplate, os_type: OsType, report: Report) -> None:
    """What the image definition beside the template says, against what the build makes."""
    said = (template.siblings.os_type or os_type.value).lower()
    if said in {known.value.lower() for known in OsType} and said != os_type.value.lower():
        report.add(
            codes.FAILS_WHEN_RUN,
            template.source.span,
            f"the image definition deployed beside the template is for {template.siblings.os_type}, but this makes a "
            f"{os_type.value} image: Azure refuses to publish it",
            help="Change the definition's osType, or the source.",
        )
    source, generation = template.source, (template.siblings.generation or "").upper()
    if not isinstance(source, PlatformImage) or source.sku.literal is None:
        return
    names = f"{source.offer}.{source.sku}"
    made = "V2" if _GENERATION_2.search(names) else "V1" if _GENERATION_1.search(names) else generation
    if generation in {"V1", "V2"} and made != generation:
        report.add(
            codes.FAILS_WHEN_RUN,
            source.sku.span,
            f"the image definition deployed beside the template is of generation {generation}, but this source is of {made}: "
            "Azure refuses to publish it",
            help="Change the definition's hyperVGeneration, or take the source's other SKU.",
        )


def _check_disks(template: ImageTemplate, report: Report) -> None:
    if template.vm.size is None and len(template.vm.data_disks_gb) > _DISKS_OF_DEFAULT_SIZES:
        report.add(
            codes.FAILS_WHEN_RUN,
            template.vm.span,
            f"the default size of the build VM takes {_DISKS_OF_DEFAULT_SIZES} data disks, and there are "
            f"{len(template.vm.data_disks_gb)}",
            help="Set vmProfile.vmSize to a size that takes as many.",
        )


def _check_generalizing(customizers: Sequence[Customizer], report: Report) -> None:
    """A customizer that takes away what generalizes the VM."""
    for customizer in customizers:
        text = customizer.visible_text or ""
        if _REMOVES_AGENT.search(text):
            report.add(
                codes.NOT_GENERALIZED,
                customizer.span,
                "these commands remove the Azure Linux agent, which the generalize step at the end calls: the image would keep "
                "its user and keys",
                help="Keep the agent, or generalize in a customizer of your own.",
            )
        if _REMOVES_SCRIPT.search(text):
            report.add(
                codes.NOT_GENERALIZED,
                customizer.span,
                "these commands remove the deprovisioning script: as in the service, the image is not generalized then, and "
                "nothing fails",
                help="Leave the script in its place, unless the image is generalized already.",
            )


def _check_own_source(template: ImageTemplate, image: ResourceId, report: Report) -> None:
    """The same installation of Windows, generalized again and again."""
    source = template.source
    if not isinstance(source, GalleryImage | ManagedImage):
        return
    names = [{name: part for name, part in found.segments.items() if name != "versions"} for found in (source.id, image)]
    if _folded(names[0]) == _folded(names[1]):
        report.add(
            codes.OWN_SOURCE,
            source.span,
            "the image is built from itself: Sysprep generalizes one installation of Windows 1001 times at most",
            help="Start from a fresh image now and then; `slmgr /dlv` shows how many rearms are left.",
        )


def _folded(segments: dict[str, TemplateText]) -> dict[str, tuple[object, ...]]:
    return {
        name: tuple(part.lower() if isinstance(part, str) else part for part in text.parts) for name, text in segments.items()
    }


def _tell_of_account(uri: TemplateText, report: Report) -> None:
    report.add(
        codes.FAILS_WHEN_RUN,
        uri.span,
        "the VHD is copied when all else is done: its storage account must be in the subscription of the build, and the "
        "container must exist by then",
        help="Create the container before the build: `az storage container create`.",
    )


def _check_time(template: ImageTemplate, report: Report) -> None:
    if template.build_timeout_span is not None and template.build_timeout_minutes < _WINDOWS_MINUTES:
        report.add(
            codes.SHORT_TIMEOUT,
            template.build_timeout_span,
            f"a Windows image takes {_WINDOWS_MINUTES} minutes or more as a rule; allowed are {template.build_timeout_minutes}",
            help=f"Allow {_WINDOWS_MINUTES} minutes at least.",
        )


def _check_pending_restarts(customizers: Sequence[Customizer], report: Report) -> None:
    pending: Customizer | None = None
    for customizer in customizers:
        text = customizer.visible_text or ""
        if customizer.kind == "WindowsRestart" or _RESTARTS.search(text):
            pending = None
        elif customizer.kind == "WindowsUpdate" and pending is not None:
            report.add(
                codes.RESTART_PENDING,
                customizer.span,
                f"customize[{pending.index}] leaves a restart pending, and updates do not install then (0x80240016)",
                help="Put a WindowsRestart customizer before this one.",
            )
        elif _NEEDS_RESTART.search(text):
            pending = customizer


def _check_folders(customizers: Sequence[Customizer], report: Report) -> None:
    """Files on Linux: where the folder is missing, the file is written in the folder's place, and nothing fails."""
    seen = ""
    for customizer in customizers:
        destination: TemplateText | None = getattr(customizer, "destination", None)
        if destination is None:
            seen += f"{customizer.visible_text or ''}\n"
            continue
        path = destination.literal or ""
        folder = posixpath.dirname(path)
        if path.endswith("/") or path in {"/tmp", "."}:  # noqa: S108 - on the VM
            report.add(
                codes.FILE_DESTINATION,
                destination.span,
                f"`{path}` is a folder: the file gets a name in it that nobody chose",
                help="Write the whole path of the file.",
            )
        elif path.startswith("/tmp/") and folder != "/tmp" and folder not in seen:  # noqa: S108
            report.add(
                codes.FILE_DESTINATION,
                destination.span,
                f"the folder {folder} must be there: else the file itself is written as {folder}, and nothing fails",
                help=f"Make it in a Shell customizer before this one: mkdir -p {shlex.quote(folder)}",
            )
