"""The operating system of the image. No field of the template says it: docs/reference/aib-behaviour.md 7."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from aib2packer.aib.definitions import known_of_image
from aib2packer.aib.model import Located
from aib2packer.aib.service_answers import error_code
from aib2packer.arm.language.text import LateExpression
from aib2packer.findings import codes
from aib2packer.findings.text import in_a_sentence
from aib2packer.lazy.patterns import pattern
from aib2packer.options import OsType
from aib2packer.packer.marketplace import os_type_of, publisher_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aib2packer.aib.model import Customizer, ImageTemplate
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.findings.model import Report

# In small letters.
_WINDOWS_NAME = pattern(r"(?<![a-z])(?:win|w10|w11|ws20|avd|wvd|vdi)|windows")
_LINUX_NAME = pattern(r"(?<![a-z])(?:rhel|centos|sles|suse|ol\d)|ubuntu|debian|linux|rocky|mariner")
_WINDOWS_DISK_GB = 127


class RunsOn(Protocol):
    """A kind of customizer, as far as it tells where it runs."""

    @property
    def os_type(self) -> OsType | None:
        """The operating system that it runs on; None: any."""


def find_os_type(
    template: ImageTemplate, asked_for: OsType | None, kinds: Mapping[str, RunsOn], report: Report
) -> OsType | None:
    """The operating system: as asked for, else by the first rule that decides; None after an error."""
    if asked_for is not None:
        steps = (*template.customize, *_validators(template))
        return asked_for if _fits(steps, asked_for, kinds, report) else None
    found = _found(template, kinds, report)
    return found if found is None or _can_validate(template, found, kinds, report) else None


def _found(template: ImageTemplate, kinds: Mapping[str, RunsOn], report: Report) -> OsType | None:
    needed = {os_type: customizer for customizer in template.customize if (os_type := kinds[customizer.kind].os_type)}
    if len(needed) > 1:
        first, second = sorted(needed.values(), key=lambda customizer: customizer.index)
        report.add(
            codes.OS_MISMATCH,
            second.span,
            f"{second.kind} and {first.kind} customizers cannot run on one VM" + error_code("UnsupportedCustomizerType"),
            help="Remove the one that is wrong; for PowerShell on Linux pass --os-type linux.",
        )
        return None
    if needed:
        os_type, customizer = next(iter(needed.items()))
        if not _can_customize(template, os_type, customizer, report):
            return None
        _tell_other_name(template, os_type, kinds, report)
        return os_type
    certain = (
        _by_validators(template, kinds) or _by_definition(template) or _by_destination(template) or _by_publisher(template)
    )
    if certain is not None:
        return certain
    guess = _by_offer(template) or _by_name(template)
    if guess is None:
        report.add(
            codes.OS_UNKNOWN,
            template.source.span,
            "nothing in the template says whether this is a Windows or a Linux image",
            help="Pass --os-type linux or windows; `az sig image-definition show --ids ... --query osType`, or `az image show "
            "--ids ... --query storageProfile.osDisk.osType`, tells.",
        )
        return None
    os_type, why = guess
    report.add(
        codes.OS_GUESSED,
        template.source.span,
        f"this is taken for a {os_type.value} image, {why}",
        help=f"If that is wrong, pass --os-type {'linux' if os_type is OsType.WINDOWS else 'windows'}.",
    )
    return os_type


def _fits(customizers: tuple[Customizer, ...], os_type: OsType, kinds: Mapping[str, RunsOn], report: Report) -> bool:
    """Whether every customizer can run there. PowerShell can on Linux too."""
    fits = True
    for customizer in customizers:
        needed = kinds[customizer.kind].os_type
        if needed not in {None, os_type} and not (customizer.kind == "PowerShell" and os_type is OsType.LINUX):
            report.add(
                codes.OS_MISMATCH,
                customizer.span,
                f"{customizer.path}, {customizer.kind}, does not run on {os_type.value}, which --os-type asks for",
                help="Remove it, or the option.",
            )
            fits = False
    return fits


def _can_customize(template: ImageTemplate, os_type: OsType, customizer: Customizer, report: Report) -> bool:
    """Whether the source image is for the operating system that a customizer needs, as far as its publisher tells."""
    source = template.source
    publisher = source.marketplace.publisher.literal or "" if source.marketplace else ""
    other = publisher_of(publisher).os_type
    if other is None or other is os_type:
        return True
    report.add(
        codes.OS_MISMATCH,
        customizer.span,
        f"a {customizer.kind} customizer does not run on an image of {publisher}, which is for {other.value}"
        + error_code("UnsupportedCustomizerType"),
        help="Remove the customizer, or start from another image"
        + ("; for PowerShell on Linux pass --os-type linux." if customizer.kind == "PowerShell" else "."),
    )
    return False


def _tell_other_name(template: ImageTemplate, os_type: OsType, kinds: Mapping[str, RunsOn], report: Report) -> None:
    """Say that the source image is called as one for another operating system than its customizers need."""
    for name in (text.literal or "" for text in template.source.names):
        said = _said_by(name)
        if said is not None and said is not os_type:
            needing = [one for one in template.customize if kinds[one.kind].os_type is os_type]
            report.add(
                codes.OTHER_SYSTEM,
                template.source.span,
                f"this is taken for a {os_type.value} image, because of {in_a_sentence(_with_kind(needing))}; "
                f"the name `{name}` of its source says {said.value}",
                help=f"If {os_type.value} is right, accept this. If {said.value} is, Image Builder could not build it: "
                f"{_way_out(needing, os_type)}.",
            )
            return


def _way_out(needing: list[Customizer], os_type: OsType) -> str:
    """How a template with customizers for one system becomes one for the other."""
    if any(one.kind != "PowerShell" for one in needing):
        return f"remove what only runs on {os_type.value}"
    return "pass --os-type linux for PowerShell on Linux, or remove the PowerShell"


def _with_kind(customizers: list[Customizer]) -> list[str]:
    """The customizers, those of one kind together, as in `customize[1] and customize[2] (PowerShell)`."""
    paths: dict[str, list[str]] = {}
    for one in customizers:
        paths.setdefault(one.kind, []).append(one.path)
    return [f"{in_a_sentence(places)} ({kind})" for kind, places in paths.items()]


def _can_validate(template: ImageTemplate, os_type: OsType, kinds: Mapping[str, RunsOn], report: Report) -> bool:
    """Whether the validators run on the operating system that the rest of the template is for."""
    wrong = next((one for one in _validators(template) if kinds[one.kind].os_type not in {None, os_type}), None)
    if wrong is not None:
        report.add(
            codes.OS_MISMATCH,
            wrong.span,
            f"a {wrong.kind} validator does not run on a {os_type.value} image" + error_code("UnsupportedValidatorType"),
            help="Remove the validator; for PowerShell on Linux pass --os-type linux.",
        )
    return wrong is None


def _by_validators(template: ImageTemplate, kinds: Mapping[str, RunsOn]) -> OsType | None:
    """What the validators run on: they are of the same kinds as customizers."""
    needed = {os_type for validator in _validators(template) if (os_type := kinds[validator.kind].os_type)}
    return needed.pop() if len(needed) == 1 else None


def _validators(template: ImageTemplate) -> tuple[Customizer, ...]:
    return template.validation.validators if template.validation is not None else ()


def _known(text: TemplateText, template: ImageTemplate) -> str:
    """A text with the values and defaults that parameters have, as far as these make it known."""
    parts = []
    for part in text.parts:
        value = template.resolve(part.value) if isinstance(part, LateExpression) else part
        parts.append(value if isinstance(value, str) else "")
    return "".join(parts)


def _by_definition(template: ImageTemplate) -> OsType | None:
    """What is known of the image by its definition, or by the source where Azure was asked."""
    said = known_of_image(template)[0].lower()
    return next((os_type for os_type in OsType if os_type.value.lower() == said), None)


def _by_destination(template: ImageTemplate) -> OsType | None:
    for step in (*template.customize, *_validators(template)):
        destination = getattr(step, "destination", None)
        if destination is not None and (os_type := _of_path(destination.visible)) is not None:
            return os_type
    return None


def _of_path(path: str) -> OsType | None:
    if re.match(r"[A-Za-z]:|.*\\", path):
        return OsType.WINDOWS
    return OsType.LINUX if path.startswith("/") else None


def _by_publisher(template: ImageTemplate) -> OsType | None:
    source = template.source.marketplace
    if source is None:
        return None
    publisher, offer, sku = (_known(text, template) for text in (source.publisher, source.offer, source.sku))
    return os_type_of(publisher, offer, sku)


def _by_offer(template: ImageTemplate) -> tuple[OsType, str] | None:
    """The Azure CLI's own rule for marketplace images."""
    source = template.source.marketplace
    if source is None or source.offer.literal is None or source.sku.literal is None:
        return None
    if "windows" in f"{source.offer} {source.sku}".lower():
        return OsType.WINDOWS, "because its offer or SKU says Windows"
    return OsType.LINUX, "because neither its offer nor its SKU says Windows"


def _by_name(template: ImageTemplate) -> tuple[OsType, str] | None:
    for name in _names(template):
        if (os_type := _said_by(name)) is not None:
            return os_type, f"because of the name `{name}`"
    disk = template.vm.os_disk_gb
    if isinstance(disk, Located) and disk.value >= _WINDOWS_DISK_GB:
        return OsType.WINDOWS, f"because its system disk has {disk.value} GB"
    return None


def _said_by(name: str) -> OsType | None:
    small = name.lower()
    windows, linux = _WINDOWS_NAME.search(small), _LINUX_NAME.search(small)
    if bool(windows) is bool(linux):
        return None
    return OsType.WINDOWS if windows else OsType.LINUX


def _names(template: ImageTemplate) -> Iterator[str]:
    """The names that may tell, those of the source first."""
    texts = [*template.source.names]
    texts += [target.image["images"] for target in template.targets if target.image is not None]
    if template.name is not None:
        texts.append(template.name)
    for text in texts:
        yield text.visible
