"""The build that validates: it boots the finished image and runs the validators there (docs/reference/aib-behaviour.md 3).

Image Builder does this before it distributes. Here the image is there before: a gallery version is held back from those who ask
for the latest one, until the validation build releases it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.aib.model import Located
from aib2packer.findings import codes
from aib2packer.hcl.code import Binding, infix, negated, of_value
from aib2packer.hcl.values import Attribute, Block, HclCode, Interpolation, Local, Variable, traced
from aib2packer.lazy.models import dataclass, replace
from aib2packer.options import Emit, ValidateIn
from aib2packer.packer.assemble import assemble
from aib2packer.packer.distribution.distribute import ForValidation
from aib2packer.packer.distribution.image_version import VERSION, fixed_variable
from aib2packer.packer.distribution.kinds import TARGETS
from aib2packer.packer.distribution.made_ids import BUILD_SUBSCRIPTION
from aib2packer.packer.distribution.tags import tags_value
from aib2packer.packer.layout import beside_template, downloads_folder, manifest_file
from aib2packer.packer.model import Provisioner, Steps
from aib2packer.packer.source.kinds import kind_of_source
from aib2packer.packer.source.managed_image import name_of_no_image
from aib2packer.packer.source.purchase_plan import plan_info
from aib2packer.packer.steps.cli_session import SIGN_IN
from aib2packer.packer.steps.download import download
from aib2packer.packer.steps.shell_local import Environment
from aib2packer.packer.subscription import with_subscription
from aib2packer.packer.validation.validation_plan import bootable_of
from aib2packer.packer.variables.ours import SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aib2packer.aib.ids import ResourceId
    from aib2packer.aib.model import Customizer, GalleryTarget, ImageTemplate, Validation
    from aib2packer.findings.model import Report
    from aib2packer.hcl.values import Settings, Value
    from aib2packer.options import Options
    from aib2packer.packer.decisions import Decisions
    from aib2packer.packer.model import Build, Download
    from aib2packer.packer.steps.build_context import BuildContext
    from aib2packer.packer.steps.customizer_kind import CustomizerKind
    from aib2packer.packer.validation.validation_plan import ValidationPlan
    from aib2packer.packer.variables.symbols import Symbols

HELD_BACK = Variable(
    "exclude_from_latest",
    "Whether consumers that ask for the latest version skip this one. The validation build sets it to false.",
    "bool",
    default=True,
)
SIDE_BY_SIDE = Variable(
    "side_by_side",
    "Whether Image Builder still builds, too: those who ask for the latest version then pass this one over.",
    "bool",
    default=False,
)

_SUBSCRIPTION = "gallery_subscription_id"
_OPEN = Attribute("subscription", SUBSCRIPTION)  # of a gallery
_NO_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
_SETTING = "continueDistributeOnFailure"
_NOT_SET = f"{_SETTING} is false"


@dataclass(frozen=True, slots=True)
class Base:
    """What the builds of a template have in common, whatever they boot: a name, the settings of the VM, and files for these."""

    name: str
    settings: Settings
    files: Mapping[str, bytes]


def stand_ins() -> dict[str, str]:
    """What a build is checked with while there is no manifest that names its image, by variable."""
    known = (kind.bootable for kind in TARGETS.values())
    return {bootable.variable: bootable.stand_in for bootable in known if bootable is not None} | {
        _SUBSCRIPTION: _NO_SUBSCRIPTION
    }


def report_validation(template: ImageTemplate, plan: ValidationPlan, options: Options, report: Report) -> None:
    """Say how the validation differs from that of the service, or that there is none."""
    validation = template.validation
    if options.emit is Emit.VALIDATION and plan.build is None:
        report.add(
            codes.NOTHING_TO_VALIDATE,
            template.source.span if validation is None else validation.span,
            "there is no validation build for this template: it has no validators"
            if validation is None
            else "there is no validation build for this template: "
            + ("its validators run inline" if options.validation is ValidateIn.INLINE else "nothing can boot a VHD"),
            help="Convert without --emit validation.",
        )
    elif validation is None:
        return
    elif options.validation is ValidateIn.INLINE:
        report.add(
            codes.VALIDATED_INLINE,
            validation.span,
            "the validators run on the build VM before it is generalized; Image Builder's run on a VM made from the finished "
            f"image: what generalizing does is not seen{_anyway(validation)}",
            help="Without --validation inline they run in a build of their own, on the finished image.",
        )
    elif plan.build is not None:
        _report_order(template, validation, plan.held_back, report)
    else:
        _report_loss(template, validation, plan, report)


def _anyway(validation: Validation) -> str:
    goes_on = "a validator that fails does not end the build, which then ends as a success"
    if validation.is_decided_late:
        return f"; where {_SETTING} is true, {goes_on}"
    return f"; {goes_on}" if validation.surely_distributed else ""


def _report_order(template: ImageTemplate, validation: Validation, held: Sequence[GalleryTarget], report: Report) -> None:
    where, fails = "", "if it fails"
    if validation.is_decided_late:
        where, fails = f"where {_NOT_SET}, ", f"{fails} and {_NOT_SET}"
    if held:
        others = ", and the other targets are not held back" if len(template.targets) > len(held) else ""
        versions, it = ("the version is", "it") if len(held) == 1 else ("the versions are", "them")
        passes = f"`latest` passes {it} over until the validation build releases {it}{others}"
        what = f"{versions} published first, and {where}{passes}"
        remedy = f"Run the validation build after each build; {fails}, delete {versions.rpartition(' ')[0]}."
    elif validation.surely_distributed:
        what = f"the image is there before, which {_SETTING} asks for anyway"
        remedy = "Run the validation build after each build."
    else:
        what = "the image is there before"
        remedy = f"Run the validation build after each build; {fails}, delete the image."
    report.add(
        codes.VALIDATED_AFTER, validation.span, f"Image Builder validates before it distributes; here {what}", help=remedy
    )


def _report_loss(template: ImageTemplate, validation: Validation, plan: ValidationPlan, report: Report) -> None:
    if plan.booted is None:
        message = "nothing validates the image: Packer makes no VM from a VHD, or from an image in another region"
        help_text = "Add a gallery or a managed image as a target, or pass --validation inline."
    else:
        message = "nothing validates the image: that takes a build of its own, which boots it"
        help_text = "Convert with -o DIR, or once more with --emit validation; then pass --emit build here."
    report.add(codes.VALIDATION, validation.span, message, help=help_text)
    abort = template.abort_on_validation_error
    if abort.value:
        report.add(codes.VALIDATION, abort.span, message, help=help_text)


def for_validation(decisions: Decisions, symbols: Symbols) -> ForValidation:
    """What the build must do for the one that validates."""
    plan = decisions.validation
    held: dict[int, Value] = {target.index: SIDE_BY_SIDE for target in plan.can_wait}
    held |= {target.index: _until_validated(plan.build, symbols) for target in plan.held_back}
    return ForValidation(_recorded(decisions, symbols), held)


def _until_validated(validation: Validation | None, symbols: Symbols) -> Value:
    """Whether a version is held back: as the user says, unless it is distributed whatever the validators say."""
    if validation is None or isinstance(validation.distribute_on_failure, Located):
        return HELD_BACK
    anyway = of_value(symbols.value(validation.distribute_on_failure))
    return infix(Binding.AND, "&&", of_value(HELD_BACK), negated(anyway)).code


def _recorded(decisions: Decisions, symbols: Symbols) -> dict[str, Value]:
    """What the manifest must hold, for the validation build to find the image."""
    plan = decisions.validation
    if plan.build is None or plan.booted is None:
        return {}
    bootable = bootable_of(plan.booted)
    found: dict[str, Value] = {bootable.variable: bootable.recorded(plan.booted, decisions.plan, symbols)}
    found |= {own.name: own for one in plan.held_back if (own := _own_variable(one, decisions)) is not None}
    source = bootable.settings(plan.booted, "", "", symbols)
    if any(_is_open(block) for block in source.values()):
        found[_SUBSCRIPTION] = BUILD_SUBSCRIPTION
    return found


def validation_build(
    template: ImageTemplate, kinds: Mapping[str, CustomizerKind], base: Base, context: BuildContext, options: Options
) -> Build | None:
    """The build that boots the image that the other one made last; None where there is nothing to validate."""
    plan = context.decisions.validation
    target = plan.booted
    if plan.build is None or target is None:
        return None
    manifest = f"{'../' if options.side_files else ''}{manifest_file(base.name)}"
    bootable = bootable_of(target)
    name = _from_manifest(bootable.variable, bootable.described, manifest)
    subscription = _from_manifest(_SUBSCRIPTION, "Subscription of the gallery.", manifest)
    source = _with_subscription(bootable.settings(target, name, base.name, context.symbols), subscription)
    released = [(other.id, _version_of(other, name, manifest, context)) for other in plan.held_back]
    after = (_release(released, subscription, context.symbols),) if released else ()
    source |= plan_info(template.source.purchase_plan, context.symbols, context.report)
    settings = base.settings | source
    settings.pop("disk_additional_size", None)  # the image has its data disks
    built = _validation(template, kinds, replace(base, settings=settings), context, after)
    return replace(built, origin=template.span)


def _version_of(target: GalleryTarget, booted: Local, manifest: str, context: BuildContext) -> Local:
    """The version of a target that is released: that of the one which is `booted`, unless it has a variable of its own."""
    own = _own_variable(target, context.decisions)
    return booted if own is None else _from_manifest(own.name, "Gallery version to release.", manifest)


def _own_variable(target: GalleryTarget, decisions: Decisions) -> Variable | None:
    """The variable of a version that the template names, where the target that is booted has another."""
    variable = fixed_variable(target, decisions.plan.galleries)
    return None if variable is None or variable.name == VERSION or target == decisions.validation.booted else variable


def source_validation_build(
    template: ImageTemplate, kinds: Mapping[str, CustomizerKind], base: Base, context: BuildContext
) -> Build:
    """The build that boots the source image, where nothing else is asked for."""
    kind = kind_of_source(template.source)
    source = kind.settings(template.source, context.symbols, context.report)
    if (group := kind.image_group(template.source)) is not None:
        source |= name_of_no_image(base.name, context.symbols.value(group))
    return _validation(template, kinds, replace(base, settings=base.settings | source), context)


def _validation(
    template: ImageTemplate,
    kinds: Mapping[str, CustomizerKind],
    base: Base,
    context: BuildContext,
    after: tuple[Provisioner, ...] = (),
) -> Build:
    """A build that boots what `base` says, runs the validators, then the steps `after` them, and makes no image."""
    name = f"{base.name}-validation"
    own_context = replace(
        context,
        downloads=Local("downloads", beside_template(downloads_folder(name))),
        signs_in_by_file=False,
        shares_downloads=False,
    )
    settings: Settings = {**base.settings, "skip_create_image": True}
    tags = context.decisions.tags
    if tags.of_resources:
        settings["azure_tags"] = traced(tags_value(tags.of_resources, context.symbols), *tags.of_resources_origins)
    validators = template.validation.validators if template.validation is not None else ()
    steps = _run_validators(validators, kinds, own_context)
    first = (download(steps.downloads, own_context),) if steps.downloads else ()
    provisioners = (*first, *steps.provisioners, *after)
    steps = replace(steps, provisioners=provisioners, files={**base.files, **steps.files})
    return assemble(name, settings, steps, (), context)


def inline_validators(template: ImageTemplate, plan: ValidationPlan) -> tuple[Customizer, ...]:
    """The validators that run among the customizers, and count on from these: their files lie side by side."""
    if plan.inline is None:
        return ()
    first = 1 + max((customizer.index for customizer in template.customize), default=-1)
    return tuple(replace(validator, index=first + validator.index) for validator in plan.inline.validators)


def tolerate_failure(steps: Steps, template: ImageTemplate, symbols: Symbols) -> Steps:
    """The steps of an inline validator, which do not end the build where the image is distributed all the same."""
    anyway = False if template.validation is None else symbols.located(template.validation.distribute_on_failure)
    if anyway is False:
        return steps
    provisioners = []
    for step in steps.provisioners:
        name = {key: value for key, value in step.settings.items() if key == "name"}
        provisioners.append(replace(step, settings={**name, "continue_on_error": anyway, **step.settings}))
    return replace(steps, provisioners=tuple(provisioners))


def _run_validators(validators: Sequence[Customizer], kinds: Mapping[str, CustomizerKind], context: BuildContext) -> Steps:
    """The validators as provisioners, which run as customizers do."""
    provisioners: list[Provisioner] = []
    downloads: list[Download] = []
    files: dict[str, bytes] = {}
    assets: dict[str, bytes] = {}
    for validator in validators:
        done = kinds[validator.kind].translate(validator, context)
        provisioners += (replace(step, origins=(validator.span,)) for step in done.provisioners)
        downloads += done.downloads
        files |= done.files
        assets |= done.assets
    return Steps(tuple(provisioners), tuple(downloads), files, assets)


def _from_manifest(key: str, description: str, manifest: str) -> Local:
    """What the last build wrote down, unless the user says otherwise. `manifest` is its path from this file on."""
    variable = Variable(key, f"{description} Null: that of the last build, as {manifest} says.", default=HclCode("null"))
    last = f'reverse(jsondecode(file("{manifest}")).builds)[0].custom_data.{key}'
    return Local(
        key, HclCode(f"var.{key} != null ? var.{key} : {last}", (variable,)), "file() takes the path from this folder on."
    )


def _with_subscription(source: Settings, subscription: Local) -> Settings:
    """A source whose gallery lies in a subscription that the template leaves to the build which made the image."""
    return {
        name: with_subscription(block, subscription) if isinstance(block, Block) else block for name, block in source.items()
    }


def _is_open(block: object) -> bool:
    return isinstance(block, Block) and _OPEN in block.body


def _release(versions: Sequence[tuple[ResourceId, Local]], subscription: Local, symbols: Symbols) -> Provisioner:
    """Let versions be the latest: the image has passed."""
    environment = Environment(for_cli=True)
    commands = [
        Interpolation((_released(image, version, subscription, environment, symbols),), multiline=True)
        for image, version in versions
    ]
    return Provisioner(
        "shell-local",
        environment.settings("release", (SIGN_IN, *commands)),
        f"It has passed: those who ask for the latest version may have {'it' if len(versions) == 1 else 'each of these'}.",
    )


def _released(image: ResourceId, version: Local, subscription: Local, environment: Environment, symbols: Symbols) -> str:
    named = symbols.value(image.subscription)
    options = {
        "--subscription": subscription if named == SUBSCRIPTION else named,
        "--resource-group": symbols.value(image.resource_group),
        "--gallery-name": symbols.value(image["galleries"]),
        "--gallery-image-definition": symbols.value(image["images"]),
        "--gallery-image-version": version,
    }
    words = [f"{flag} {environment.word(flag, value)}" for flag, value in options.items()]
    words += ["--set publishingProfile.excludeFromLatest=false", "--output none"]
    return " \\\n  ".join(("az sig image-version update", *words)) + "\n"
