"""What passes `packer validate` and then fails, or surprises, when the build runs (docs/reference/azure-runtime.md 3).

Checks that concern one setting stand beside that setting; here are those that see the whole template.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from typing import TYPE_CHECKING

from aib2packer.aib.definitions import definition_of
from aib2packer.aib.model import ManagedImage
from aib2packer.arm.language.text import TemplateText
from aib2packer.findings import codes
from aib2packer.lazy.patterns import pattern
from aib2packer.options import OsType
from aib2packer.packer.distribution.kinds import kind_of_target
from aib2packer.packer.marketplace import Architecture, Generation, needs_plan, publisher_of
from aib2packer.packer.security import told_look_up
from aib2packer.packer.shell_words import shown_name, to_set
from aib2packer.packer.steps.restarts_within import restarts_windows
from aib2packer.packer.variables.shown import told
from aib2packer.packer.vm.machine import default_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aib2packer.aib.ids import ResourceId
    from aib2packer.aib.model import Customizer, ImageTemplate, Source
    from aib2packer.arm.documents.siblings import ImageDefinition
    from aib2packer.findings.model import Report
    from aib2packer.packer.decisions import Decisions
    from aib2packer.packer.variables.symbols import Symbols

LONGEST_HOSTED_JOB = 360
"""Minutes after which the machines of GitHub and of Azure DevOps end a job (docs/reference/azure-runtime.md 8)."""
TO_CLEAN_UP = 30
"""Minutes that a job gives Packer after the time limit of a build, to delete what it made."""

_WINDOWS_MINUTES = 60  # Microsoft advises as much for Windows: docs/reference/aib-behaviour.md 8
_DISKS_OF_DEFAULT_SIZES = 4  # https://learn.microsoft.com/azure/virtual-machines/sizes: D1_v2 and D2ds_v4 alike

_ANY_REGION = pattern(r"[A-Za-z0-9 ]+")  # a region of any cloud, by its name or as it is shown: West Europe
_GENERATIONS = {generation.value for generation in Generation}

# The first word of a command or line is found once, and kept (`(?>`): else many of them take time by the square.
_REMOVES_AGENT = pattern(
    r"(?:^|(?<=[;&|]))(?>[^\n;&|]*?\b(?:apt|apt-get|yum|dnf|zypper|tdnf)\b)(?>[^\n;&|]*?\b(?:remove|purge|erase|autoremove)\b)"
    r"[^\n;&|]*\bwa(?:linux)?agent\b"
    r"|(?:^|(?<=[;&|]))(?>[^\n;&|]*?\brm\b)[^\n;&|]*\bwaagent\b",
    re.IGNORECASE | re.MULTILINE,
)
_REMOVES_SCRIPT = pattern(
    r"(?:^|(?<=[;&|]))(?>[^\n;&|]*?\b(?:rm|del|ri|unlink|remove-item)\b)[^\n;&|]*deprovisioningscript\.(?:sh|ps1)",
    re.IGNORECASE | re.MULTILINE,
)
# What leaves Windows waiting for a restart as a rule.
_NEEDS_RESTART = pattern(
    r"\b(?:install-windowsfeature|add-windowsfeature|enable-windowsoptionalfeature|add-windowscapability|wusa(?:\.exe)?)\b"
    r"|^(?>[^\n]*?\bdism\b)[^\n]*/enable-feature",
    re.IGNORECASE | re.MULTILINE,
)
# A text in quotes that is all in angle brackets, of several words: a tag of XML has no words that are only names.
_TO_FILL_IN = pattern(r"""['"](<[A-Za-z][\w-]*(?: [\w-]+)+>)['"]""")
_ARM_SIZE = pattern(r"standard_[a-z]+\d+(?:-\d+)?[a-z]*p[a-z]*(?:_v\d+)?")


def foresee(template: ImageTemplate, decisions: Decisions, symbols: Symbols, report: Report) -> None:
    """Report what the template gives reason to expect of the build that makes its image."""
    os_type = decisions.os_type
    _check_plan(template, report)
    _check_own_image(template, symbols, report)
    _check_definitions(template, decisions, report)
    _check_processor(template, decisions, report)
    _check_disks(template, decisions, report)
    _check_generalizing(template.customize, report)
    _check_placeholders(template.customize, report)
    _check_job(template, decisions, report)
    _check_regions(template, report)
    for target in decisions.plan.made:
        kind_of_target(target).foresee(target, report)
        if os_type is OsType.WINDOWS and target.image is not None:
            _check_own_source(template, target.image, report)
    if os_type is OsType.WINDOWS:
        _check_time(template, report)
        _check_pending_restarts(template.customize, report)
    else:
        _check_folders(template.customize, report)


def _check_job(template: ImageTemplate, decisions: Decisions, report: Report) -> None:
    """Tell of a build that is to run by itself, and for longer than a job on a machine that is lent."""
    minutes, span = template.build_timeout_minutes, template.build_timeout_span
    by_itself = template.auto_run.value or template.siblings.triggers
    builds = 1 if decisions.validation.build is None else 2
    if span is not None and by_itself and builds * minutes + TO_CLEAN_UP > LONGEST_HOSTED_JOB:
        what = "the build" if builds == 1 else "each of the build and the one that validates its image"
        report.add(
            codes.LONG_JOB,
            span,
            f"{what} may take {minutes} minutes: hosted runners of GitHub and Azure DevOps end a job after "
            f"{LONGEST_HOSTED_JOB}",
            help="Run the pipeline on a machine of your own, or lower buildTimeoutInMinutes to "
            f"{(LONGEST_HOSTED_JOB - TO_CLEAN_UP) // builds}: Packer needs time to clean up.",
        )


def _check_regions(template: ImageTemplate, report: Report) -> None:
    """Tell of regions that another cloud has: nothing reaches from one into the other."""
    regions = [template.location, *(region for target in template.targets for region in target.places)]
    for region in dict.fromkeys(region for region in regions if region is not None and region.literal):
        if template.cloud.facts.has_region(str(region)):
            continue
        if _ANY_REGION.fullmatch(str(region)):
            code, message = (
                codes.OTHER_CLOUD,
                f"`{region}` is not a region of {template.cloud.facts.title}, which the build is for",
            )
            remedy = "Leave it out, or say with --cloud which cloud is meant."
        else:
            code = codes.REFUSED_BY_AZURE
            message = f"`{region}` cannot be the name of a region: it looks like a placeholder that is not filled in"
            remedy = "Write the name of a region, such as westeurope."
        report.add(code, region.span, message, help=remedy)


def _check_plan(template: ImageTemplate, report: Report) -> None:
    source = template.source.marketplace
    if source is not None and source.plan is None and needs_plan(str(source.publisher), str(source.offer)):
        names = (source.publisher, source.offer, source.sku)
        urn = ":".join(map(shown_name, names)) + ":latest"
        what = f"images of {source.publisher}"
        if not publisher_of(str(source.publisher)).needs_plan:
            what = f"{source.offer} images"
        report.add(
            codes.NO_PLAN,
            source.span,
            f"{what} come with a purchase plan, and there is no planInfo: Azure refuses to make the VM",
            help=f"Add a planInfo; `az vm image show --urn {urn} --query plan` shows its values.",
        )


def _check_definitions(template: ImageTemplate, decisions: Decisions, report: Report) -> None:
    """What image definitions beside the template say, against what the build makes."""
    for definition in dict.fromkeys(definition_of(template, target.id) for target in decisions.plan.galleries):
        _check_definition(definition, template, decisions, report)


def _check_definition(definition: ImageDefinition, template: ImageTemplate, decisions: Decisions, report: Report) -> None:
    os_type = decisions.os_type
    said = (definition.os_type or os_type.value).lower()
    if said in {known.value.lower() for known in OsType} and said != os_type.value.lower():
        report.add(
            codes.OTHER_DEFINITION,
            template.source.span,
            f"the image definition is for {definition.os_type}, but this makes a "
            f"{os_type.value} image: Azure refuses to publish it",
            help="Change the definition's osType, or the source.",
        )
    source, generation = template.source.marketplace, (definition.generation or "").upper()
    if source is None or source.sku.literal is None:
        return
    made = decisions.generation
    if made is not None and generation in _GENERATIONS and made.value != generation:
        report.add(
            codes.OTHER_DEFINITION,
            source.sku.span,
            f"the image definition is of generation {generation}, but this source is of "
            f"{made.value}: Azure refuses to publish it",
            help="Change the definition's hyperVGeneration, or take the source's other SKU.",
        )


def _check_own_image(template: ImageTemplate, symbols: Symbols, report: Report) -> None:
    """What an image of one's own brings, and no template tells (docs/reference/packer-semantics.md 8.3)."""
    if template.source.marketplace is not None:
        return
    known = template.siblings.source
    if known is not None and known.data_disks is not None:
        if known.data_disks:
            count = len(known.data_disks)
            many = f"{count} data disks" if count > 1 else "a data disk"
            sizes = ", ".join(f"{size} GB" if size else "of a size that Azure does not tell" for size in known.data_disks)
            there = "in the new image too" if template.vm.data_disks_gb else "not in the new image"
            report.add(
                codes.OWN_IMAGE,
                template.source.span,
                f"the source has {many} ({sizes}), which {'are' if count > 1 else 'is'} {there}: azure-arm keeps data disks "
                "only where the template adds disks",
                help="See what is on it; additionalDataDisks in the template takes it along.",
            )
        return
    disks = "" if template.vm.data_disks_gb else "data disks, which are not in the new image, or "
    report.add(
        codes.OWN_IMAGE,
        template.source.span,
        f"the source may have what the template does not show: {disks}a purchase plan, without which Azure refuses to make "
        "the VM",
        help=f"See {_where_to_see(template.source, symbols)}: a plan goes into the source as plan_info.",
    )


def _where_to_see(source: Source, symbols: Symbols) -> str:
    """Where data disks and the purchase plan of an image of one's own stand: a managed image has no plan that Azure tells."""
    definition = source.definition
    if definition is not None:
        return f"the dataDisks of the image, and {told_look_up(definition, symbols, 'purchasePlan')}"
    if source.kind == ManagedImage.kind and source.image is not None:
        image = told(source.image.text, symbols)
        asking = f"`az image show --ids {image} --query storageProfile.dataDisks`{to_set((image,))}"
        return f"{asking}, and which marketplace image this was made of"
    return "what its publisher says of data disks and a purchase plan"


def _check_processor(template: ImageTemplate, decisions: Decisions, report: Report) -> None:
    """A size of the processor that the source is for: those for Arm have a `p` behind their number."""
    size = template.vm.size
    named = default_size(template, decisions.generation) if size is None else size.literal
    if decisions.architecture is None or not named:
        return
    of_size = Architecture.ARM64 if _ARM_SIZE.fullmatch(named.lower()) else Architecture.X64
    if of_size is not decisions.architecture:
        report.add(
            codes.VM_DOES_NOT_FIT,
            template.source.span if size is None else size.span,
            f"the source is for {decisions.architecture.value}, and {'the default size ' if size is None else ''}{named} "
            f"for {of_size.value}: Azure refuses to make the VM",
            help="Set vmProfile.vmSize to a size for the source's processor"
            + (", such as Standard_D2ps_v5." if of_size is Architecture.X64 else "."),
        )


def _check_disks(template: ImageTemplate, decisions: Decisions, report: Report) -> None:
    disks = template.vm.data_disks_gb
    span = disks.span if isinstance(disks, TemplateText) else disks[0].span if disks else template.vm.span
    for target in decisions.plan.copied if disks else ():
        if not kind_of_target(target).copies_data_disks:
            many = "data disks are" if isinstance(disks, TemplateText) else _many(len(disks))
            report.add(
                codes.COPY_WITHOUT_DISKS,
                span,
                f"distribute[{target.index}] is made of the OS disk alone: {many} not in it",
                help="Publish to a gallery, or give the target a build of its own.",
            )
    if template.vm.size is None and not isinstance(disks, TemplateText) and len(disks) > _DISKS_OF_DEFAULT_SIZES:
        report.add(
            codes.VM_DOES_NOT_FIT,
            span,
            f"the default size of the build VM takes {_DISKS_OF_DEFAULT_SIZES} data disks, and there are {len(disks)}",
            help="Set vmProfile.vmSize to a size that takes as many.",
        )


def _many(disks: int) -> str:
    return "the data disk is" if disks == 1 else f"the {disks} data disks are"


def _check_generalizing(customizers: Sequence[Customizer], report: Report) -> None:
    """A customizer that takes away what generalizes the VM."""
    for customizer in customizers:
        text = (customizer.visible_text or "").lower()
        if "agent" in text and _REMOVES_AGENT.search(text):
            report.add(
                codes.NOT_GENERALIZED,
                customizer.span,
                "these commands remove the Azure Linux agent, which the generalize step at the end calls: the image would keep "
                "its user and keys",
                help="Keep the agent, or generalize in a customizer of your own.",
            )
        if "deprovisioningscript" in text and _REMOVES_SCRIPT.search(text):
            report.add(
                codes.NOT_GENERALIZED,
                customizer.span,
                "these commands remove the deprovisioning script: as in the service, the image is not generalized then, and "
                "nothing fails",
                help="Leave the script in its place, unless the image is generalized already.",
            )


def _check_placeholders(customizers: Sequence[Customizer], report: Report) -> None:
    """Tell of commands with words to be filled in: they run, and what they do is another thing."""
    for customizer in customizers:
        text = customizer.visible_text or ""
        if "<" in text and (found := _TO_FILL_IN.search(text)):
            report.add(
                codes.UNFILLED_COMMAND,
                customizer.span,
                f"the commands of {customizer.called} have a placeholder that is not filled in: {found[1]}",
                help="Write what it stands for.",
            )


def _check_own_source(template: ImageTemplate, image: ResourceId, report: Report) -> None:
    """Report an image that is built from itself: Windows can be generalized so many times only."""
    source = template.source
    if source.image is None:
        return
    names = [{name: part for name, part in found.segments.items() if name != "versions"} for found in (source.image, image)]
    if _folded(names[0]) == _folded(names[1]):
        report.add(
            codes.OWN_SOURCE,
            source.span,
            "the image is built from itself: Sysprep generalizes one installation of Windows 1001 times at most",
            help="Start from a fresh image now and then; `slmgr /dlv` shows how often it can still be generalized.",
        )


def _folded(segments: dict[str, TemplateText]) -> dict[str, tuple[object, ...]]:
    return {
        name: tuple(part.lower() if isinstance(part, str) else part for part in text.parts) for name, text in segments.items()
    }


def _check_time(template: ImageTemplate, report: Report) -> None:
    if template.build_timeout_span is not None and template.build_timeout_minutes < _WINDOWS_MINUTES:
        report.add(
            codes.SHORT_TIMEOUT,
            template.build_timeout_span,
            f"a Windows image takes {_WINDOWS_MINUTES} minutes or more as a rule; the template allows "
            f"{template.build_timeout_minutes}",
            help=f"Allow {_WINDOWS_MINUTES} minutes at least.",
        )


def _check_pending_restarts(customizers: Sequence[Customizer], report: Report) -> None:
    pending: Customizer | None = None
    for customizer in customizers:
        text = customizer.visible_text or ""
        if customizer.kind == "WindowsRestart" or restarts_windows(text):
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
        told = None
        if path in {"/tmp", "."}:  # noqa: S108 - on the VM
            told = f"`{path}` is a folder that is there: no file can take its place, and the upload fails"
        elif path.endswith("/"):
            told = f"`{path}` is a folder: the file gets the name of the URI in it, and in Image Builder one that nobody chose"
        if told is not None:
            report.add(codes.FILE_DESTINATION, destination.span, told, help="Write the whole path of the file.")
        elif path.startswith("/tmp/") and folder != "/tmp" and folder not in seen:  # noqa: S108
            report.add(
                codes.FILE_DESTINATION,
                destination.span,
                f"the folder {folder} must exist: otherwise the file itself is written as {folder}, and nothing fails",
                help=f"Make it in a Shell customizer before this one: mkdir -p {shlex.quote(folder)}",
            )
