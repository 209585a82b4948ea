"""How a gallery version is made: the security type of its image definition decides (docs/reference/azure-runtime.md 2).

Azure makes a version of a definition with `…Supported` of a managed image and of no VM, one of `TrustedLaunch` of a VM that has
Trusted Launch and of no managed image; where the definition has no type, both will do.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from aib2packer.aib.definitions import definition_of
from aib2packer.findings import codes
from aib2packer.hcl.printing import print_value
from aib2packer.hcl.values import HclCode, Local, Variable, VariableValidation
from aib2packer.lazy.models import dataclass
from aib2packer.options import SecurityType
from aib2packer.packer.distribution.kinds import kind_of_target
from aib2packer.packer.marketplace import Generation
from aib2packer.packer.shell_words import assignments, to_set
from aib2packer.packer.source.kinds import kind_of_source
from aib2packer.packer.variables.shown import definition_id, told_definition

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aib2packer.aib.ids import ResourceId
    from aib2packer.aib.model import GalleryTarget, ImageTemplate
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.findings.model import Report
    from aib2packer.hcl.values import Settings, Value
    from aib2packer.packer.distribution.plan import DistributionPlan
    from aib2packer.packer.shell_words import Word
    from aib2packer.packer.variables.symbols import Symbols

_TAKEN = tuple(one for one in SecurityType if one is not SecurityType.CONFIDENTIAL)
_LIST = print_value(tuple(one.value for one in _TAKEN))
_ANSWER = 'var.definition_security_type == "" ? "Standard" : var.definition_security_type'  # "": Azure says that there is none
_TYPE = "\"features[?name=='SecurityType'].value\" --output tsv"
IF_TRUSTED = "If that says TrustedLaunch"
"""What the help of an unknown security type goes on with, behind the command that looks it up."""
DEFINITION_TYPE = Variable(
    "definition_security_type",
    "Security type of the image definition, as `az sig image-definition show` tells it. With TrustedLaunch the build VM has "
    "Trusted Launch; else it has not, and a version is made of a managed image, which is deleted again.",
    default=HclCode("null"),
    validation=(
        VariableValidation(
            f"var.definition_security_type == null ? true : contains({_LIST}, {_ANSWER})",
            f"The definition_security_type must be one of {', '.join(one.value for one in _TAKEN)}.",
        ),
    ),
)
_TRUSTED = Local(
    "trusted_launch", HclCode(f'var.{DEFINITION_TYPE.name} == "{SecurityType.TRUSTED_LAUNCH.value}"', (DEFINITION_TYPE,))
)

_OTHER_TARGETS = ", or move the other targets to a template of their own."
_CONFIDENTIAL = (
    '; or complete the source block yourself: azure-arm 2.6.3 publishes from a VM with security_type = "ConfidentialVM", but '
    "to no managed image or VHD."
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
    if_trusted: str = ""
    """What to do where the type, which nobody tells, is TrustedLaunch; "" where it is known, or does not matter."""

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


def decide_security(
    template: ImageTemplate,
    plan: DistributionPlan,
    generation: Generation | None,
    given: SecurityType | None,
    report: Report,
) -> Security:
    """Decide how the version is made; an image definition that azure-arm cannot publish to is an error."""
    target = plan.gallery
    if target is None:
        return Security(Publishing.AS_IT_COMES)
    of_copies = tuple((other, _of_definition(template, other)) for other in plan.galleries[1:])
    known = given or _of_definition(template, target)
    if known is None and any(one is SecurityType.TRUSTED_LAUNCH for _, one in of_copies):
        known = SecurityType.TRUSTED_LAUNCH  # what is copied from a version has the type of that
    can_be_trusted = kind_of_source(template.source).can_be_trusted
    can_be_trusted = can_be_trusted and all(kind_of_target(target).can_be_trusted for target in template.targets)
    _refuse_copies(of_copies, known, report)
    if known is None and generation is Generation.V1:
        return Security(Publishing.AS_IT_COMES)  # such a definition has no security type
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
    elif known is not SecurityType.STANDARD:
        unknown = "" if known else _if_trusted(can_be_trusted=can_be_trusted, validated=template.validation is not None)
        if plan.image_group is not None:
            return Security(Publishing.AS_IT_COMES, unknown)
        if known is None and can_be_trusted:
            return Security(Publishing.EITHER, unknown)
        _report_image(target.id.text, known, report)
        return Security(Publishing.TEMPORARY_IMAGE, unknown)
    return Security(Publishing.AS_IT_COMES)


def told_look_up(image: ResourceId, symbols: Symbols, query: str = _TYPE) -> str:
    """The command that asks for the security type, or what `query` says, for a message: with what is to be set in the shell."""
    known = told_definition(image, symbols.without_findings())
    return f"`{_look_up(known, query)}`{to_set((known,))}"


def ask_for_type(target: GalleryTarget, name: str, symbols: Symbols) -> tuple[str, ...]:
    """The commands that put the answer into the environment, where all builds find the variable `name`."""
    image = definition_id(target.id, symbols)
    # Two commands: `export X=$(…)` would hide that the question fails.
    return (*assignments((image,), symbols.now), f"PKR_VAR_{name}=$({_look_up(image, _TYPE)})", f"export PKR_VAR_{name}")


def _look_up(image: Word, query: str) -> str:
    """The command that asks Azure for what `query` says of an image definition, with further options."""
    return f"az sig image-definition show --ids {image} --query {query}"


def _of_definition(template: ImageTemplate, target: GalleryTarget) -> SecurityType | None:
    """What the definition of a target says that is deployed beside the template."""
    said = (definition_of(template, target.id).security_type or "").lower()
    return next((one for one in SecurityType if one.value.lower() == said), None)


def _refuse_copies(
    copies: Iterable[tuple[GalleryTarget, SecurityType | None]], made: SecurityType | None, report: Report
) -> None:
    """Refuse what cannot be copied from a version of the type `made`."""
    for other, known in copies:
        if known is SecurityType.CONFIDENTIAL and made is not known:
            _refuse(other.id.text, known, report)
        elif known is SecurityType.TRUSTED_LAUNCH and made not in {known, SecurityType.CONFIDENTIAL}:
            report.add(
                codes.SECURITY_TYPE,
                other.id.text.span,
                "the image definition has the security type TrustedLaunch, but the version that it is copied from does not",
                help="Publish to definitions of one security type, or leave this target to a template of its own.",
            )


def _refuse(place: TemplateText, known: SecurityType, report: Report) -> None:
    confidential = known is SecurityType.CONFIDENTIAL
    report.add(
        codes.SECURITY_TYPE,
        place.span,
        f"the image definition has the security type {known.value}, "
        + (
            "whose versions come from a confidential VM: the template says nothing of its encryption"
            if confidential
            else "whose versions come from a VM that has it: no build from or to a managed image or a VHD can"
        ),
        help="Publish to a definition without a type, or with one of "
        + ", ".join(one.value for one in _TAKEN[1:] if confidential or one is not SecurityType.TRUSTED_LAUNCH)
        + (_CONFIDENTIAL if confidential else _OTHER_TARGETS),
    )


def _report_image(place: TemplateText, known: SecurityType | None, report: Report) -> None:
    has = f"has the security type {known.value}" if known else "may have a security type"
    report.add(
        codes.EXTRA_MANAGED_IMAGE,
        place.span,
        f"the image definition {has}: its version is made from a managed image, not from the VM; that image is in the "
        "resource group of the build, and is deleted with it",
        help="Nothing to do.",
    )


def _if_trusted(*, can_be_trusted: bool, validated: bool) -> str:
    if can_be_trusted:
        both = ", and validate with it too" if validated else ""
        return f"build with `-var {DEFINITION_TYPE.name}=TrustedLaunch`{both}, or convert with --security-type."
    both = "no build can make both the version and a managed image or a VHD, or start from one: publish to another definition"
    return both + _OTHER_TARGETS


def report_unknown_type(plan: DistributionPlan, security: Security, symbols: Symbols, report: Report) -> None:
    """Report that nobody tells the security type of the image definition, where it matters."""
    target = plan.gallery
    if target is None or not security.if_trusted:
        return
    report.add(
        codes.SECURITY_TYPE_UNKNOWN,
        target.id.text.span,
        "the security type of the image definition is not known: the version is made from a managed image, which "
        "suits only a definition without a type, or with one that ends in Supported",
        help=f"Look it up: {told_look_up(target.id, symbols)}. {IF_TRUSTED}, {security.if_trusted}",
    )
