"""How a gallery version is made: the security type of its image definition decides (docs/reference/azure-runtime.md 2).

Azure makes a version of a definition with `…Supported` of a managed image and of no VM, one of `TrustedLaunch` of a VM that has
Trusted Launch and of no managed image; where the definition has no type, both will do.
"""

from __future__ import annotations

import shlex
from enum import Enum
from typing import TYPE_CHECKING

from aib2packer.findings import codes
from aib2packer.hcl.printing import print_value
from aib2packer.hcl.values import HclCode, Local, Variable, VariableValidation
from aib2packer.lazy.models import dataclass
from aib2packer.options import SecurityType
from aib2packer.packer.distribution.kinds import kind_of_target
from aib2packer.packer.marketplace import Architecture, Generation
from aib2packer.packer.source.kinds import kind_of_source

if TYPE_CHECKING:
    from aib2packer.aib.model import GalleryTarget, ImageTemplate
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.findings.model import Report
    from aib2packer.hcl.values import Settings, Value
    from aib2packer.packer.distribution.plan import DistributionPlan

_TAKEN = tuple(one for one in SecurityType if one is not SecurityType.CONFIDENTIAL)
_LIST = print_value(tuple(one.value for one in _TAKEN))
DEFINITION_TYPE = Variable(
    "definition_security_type",
    "Security type of the image definition, as `az sig image-definition show` tells it. With TrustedLaunch the build VM has "
    "Trusted Launch; else the version is made of a managed image, which is deleted again.",
    default=HclCode("null"),
    validation=(
        VariableValidation(
            f"var.definition_security_type == null ? true : contains({_LIST}, var.definition_security_type)",
            f"The definition_security_type must be one of {', '.join(one.value for one in _TAKEN)}.",
        ),
    ),
)
_TRUSTED = Local(
    "trusted_launch", HclCode(f'var.{DEFINITION_TYPE.name} == "{SecurityType.TRUSTED_LAUNCH.value}"', (DEFINITION_TYPE,))
)


class Publishing(Enum):
    """What a gallery version is made of."""

    AS_IT_COMES = "of the managed image that the build makes, else of the VM"
    TRUSTED_VM = "of the VM, which has Trusted Launch"
    TEMPORARY_IMAGE = "of a managed image, which is deleted again"
    EITHER = "of a VM that has Trusted Launch, or of a managed image: a variable says"


@dataclass(frozen=True, slots=True)
class Security:
    """What the security type of the image definition asks for."""

    publishing: Publishing

    @property
    def makes_image(self) -> bool:
        """Whether the build makes, or may make, a managed image that goes with its resource group."""
        return self.publishing in {Publishing.TEMPORARY_IMAGE, Publishing.EITHER}

    @property
    def settings(self) -> Settings:
        """The settings of azure-arm for the build VM."""
        match self.publishing:
            case Publishing.TRUSTED_VM:
                return {"security_type": "TrustedLaunch", "secure_boot_enabled": True, "vtpm_enabled": True}
            case Publishing.EITHER:
                chosen = HclCode(f'local.{_TRUSTED.name} ? "TrustedLaunch" : null', (_TRUSTED,))
                return {"security_type": chosen, "secure_boot_enabled": _TRUSTED, "vtpm_enabled": _TRUSTED}
            case _:
                return {}

    def unless_trusted(self, local: Local) -> Value:
        """What holds where there is a managed image on the way, for a setting that azure-arm refuses beside Trusted Launch."""
        if self.publishing is not Publishing.EITHER:
            return local
        return HclCode(f"local.{_TRUSTED.name} ? null : local.{local.name}", (_TRUSTED, local))


def decide_security(  # noqa: PLR0913, PLR0917 - what the decision depends on
    template: ImageTemplate,
    plan: DistributionPlan,
    generation: Generation | None,
    architecture: Architecture | None,
    given: SecurityType | None,
    report: Report,
) -> Security:
    """Decide how the version is made; an image definition that azure-arm cannot publish to is an error."""
    target = plan.gallery
    if target is None:
        return Security(Publishing.AS_IT_COMES)
    known = given or _of_definition(template)
    if known is None and (generation is Generation.V1 or architecture is Architecture.ARM64):
        return Security(Publishing.AS_IT_COMES)  # such a definition has no security type
    can_be_trusted = kind_of_source(template.source).can_be_trusted
    can_be_trusted = can_be_trusted and all(kind_of_target(target).can_be_trusted for target in template.targets)
    if known is SecurityType.CONFIDENTIAL or (known is SecurityType.TRUSTED_LAUNCH and not can_be_trusted):
        _refuse(target.id.text, known, report)
    elif known is SecurityType.TRUSTED_LAUNCH:
        report.add(
            codes.TRUSTED_LAUNCH,
            template.source.span,
            "the image definition asks for Trusted Launch: the build VM has it",
            help="Start from an image of generation 2 that supports it.",
        )
        return Security(Publishing.TRUSTED_VM)
    elif known is not SecurityType.STANDARD and plan.image_group is None:
        if known is None and can_be_trusted:
            _report_unknown(target, report)
            return Security(Publishing.EITHER)
        _report_image(target.id.text, known, report)
        return Security(Publishing.TEMPORARY_IMAGE)
    return Security(Publishing.AS_IT_COMES)


def _of_definition(template: ImageTemplate) -> SecurityType | None:
    """What the definition says that is deployed beside the template."""
    said = (template.siblings.security_type or "").lower()
    return next((one for one in SecurityType if one.value.lower() == said), None)


def _refuse(place: TemplateText, known: SecurityType, report: Report) -> None:
    confidential = known is SecurityType.CONFIDENTIAL
    report.add(
        codes.SECURITY_TYPE,
        place.span,
        f"the image definition has the security type {known.value}, "
        + (
            "whose versions come from a confidential VM: the template says nothing of its size and encryption"
            if confidential
            else "whose versions come from a VM that has it: no build from or to a managed image or a VHD can"
        ),
        help="Publish to a definition without a type, or with one of "
        + ", ".join(one.value for one in _TAKEN[1:] if confidential or one is not SecurityType.TRUSTED_LAUNCH)
        + ("." if confidential else "; or leave the other targets to a template of their own."),
    )


def _report_image(place: TemplateText, known: SecurityType | None, report: Report) -> None:
    why = (
        f"the image definition has the security type {known.value}"
        if known
        else "the image definition may have a security type"
    )
    report.add(
        codes.EXTRA_MANAGED_IMAGE,
        place.span,
        f"{why}: its version is made of a managed image and not of the VM; that lies in the resource group of the build, and "
        "goes with it",
        help="Nothing to do.",
    )


def _report_unknown(target: GalleryTarget, report: Report) -> None:
    image = target.id
    flags = {"-g": image.resource_group, "-r": image["galleries"], "-i": image["images"]}
    words = " ".join(f"{flag} {shlex.quote(text.literal) if text.literal else '...'}" for flag, text in flags.items())
    report.add(
        codes.SECURITY_TYPE_UNKNOWN,
        image.text.span,
        "the security type of the image definition is not known: the version is made from a managed image, which suits a type "
        "that ends in Supported, and a definition without one",
        help=f"Look it up: `az sig image-definition show {words} --query \"features[?name=='SecurityType'].value\" "
        f"--output tsv`. If that says TrustedLaunch, build with `-var {DEFINITION_TYPE.name}=TrustedLaunch`, or convert with "
        "--security-type.",
    )
