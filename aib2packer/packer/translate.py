"""From what a template says to what a Packer build says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.arm.language.symbolic import ParameterSymbol
from aib2packer.findings import codes
from aib2packer.hcl.values import Local
from aib2packer.lazy.models import replace
from aib2packer.options import WinrmBootstrap
from aib2packer.packer.assemble import assemble
from aib2packer.packer.distribution.distribute import distribute
from aib2packer.packer.layout import DOWNLOADS, beside_template, downloads_folder
from aib2packer.packer.model import Provisioner, Steps
from aib2packer.packer.security import report_unknown_type
from aib2packer.packer.source.kinds import kind_of_source
from aib2packer.packer.steps.build_context import BuildContext
from aib2packer.packer.steps.cli_session import SIGN_IN_FILES
from aib2packer.packer.steps.download import download, needs_azure_cli
from aib2packer.packer.steps.generalize import generalize, lay_script, may_change_script, run_script
from aib2packer.packer.steps.restarts_within import check_restarts_within
from aib2packer.packer.subscription import left_open, subscription_value
from aib2packer.packer.validation.validation_build import (
    Base,
    for_validation,
    inline_validators,
    report_validation,
    source_validation_build,
    tolerate_failure,
    validation_build,
)
from aib2packer.packer.vm.machine import build_vm
from aib2packer.packer.vm.sign_in import NEEDS_SUBSCRIPTION, cloud_settings, sign_in
from aib2packer.packer.vm.winrm import winrm
from aib2packer.packer.warnings import foresee

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aib2packer.aib.model import Customizer, ImageTemplate
    from aib2packer.findings.model import Report
    from aib2packer.hcl.values import Settings, Value
    from aib2packer.options import Options
    from aib2packer.packer.decisions import Decisions
    from aib2packer.packer.model import Build, Download
    from aib2packer.packer.steps.customizer_kind import CustomizerKind
    from aib2packer.packer.variables.symbols import Symbols

_LAID_FIRST = "Image Builder lays its deprovisioning script down first and runs it last, so that a customizer can change it."
_LAID_WHERE_MISSING = "The restart may have emptied /tmp: lay the deprovisioning script down again, if it is missing."
_LAID_AGAIN = "The restart may have emptied /tmp: lay the deprovisioning script down again."


def translate(  # noqa: PLR0913, PLR0917 - the stage that needs all that those before it made
    template: ImageTemplate,
    decisions: Decisions,
    symbols: Symbols,
    kinds: Mapping[str, CustomizerKind],
    options: Options,
    report: Report,
) -> Build:
    """Translate a template: into the build of its image, with the one that validates it, or into one that validates alone.

    Args:
        template: What the template says.
        decisions: What was decided about it.
        symbols: What stands in HCL for what is only known when Packer runs.
        kinds: The kinds of customizers, by their names.
        options: What the user decided.
        report: Gets what there is to say; with an error in it the build is not to be used.

    """
    name = decisions.name
    shares = options.into is not None
    downloads = Local("downloads", beside_template(DOWNLOADS if shares else downloads_folder(name)))
    context = BuildContext(
        decisions,
        options.side_files,
        downloads,
        symbols,
        report,
        signs_in_by_file=options.side_files,
        shares_downloads=shares,
        declares_ids=options.in_estate,
    )
    base = _base(template, context, options)
    _report_secret_values(template, symbols, report)
    report_unknown_type(decisions.plan, decisions.security, symbols, report)
    if template.validation is not None and template.validation.source_only:
        build = source_validation_build(template, kinds, base, context)
        if context.is_windows:
            check_restarts_within(template, build, report)
        return replace(build, header_origins=template.settled.instructions, origin=template.span)
    distribution = distribute(template, context, for_validation(decisions, symbols))
    source = kind_of_source(template.source).settings(template.source, symbols, report)
    validators = inline_validators(template, decisions.validation)
    steps = _provision(template, kinds, context, validators, base.files)
    own = {**base.settings, **source, **distribution.settings}
    settings, chains = left_open(own, distribution.post_processors, steps.provisioners, symbols)
    foresee(template, decisions, symbols, report)
    report_validation(template, decisions.validation, options, report)
    build = replace(
        assemble(name, settings, steps, chains, context),
        header_origins=template.settled.instructions,
        origin=template.span,
        validation=validation_build(template, kinds, base, context, options),
    )
    if context.is_windows:
        check_restarts_within(template, build, report)
    return build


def _report_secret_values(template: ImageTemplate, symbols: Symbols, report: Report) -> None:
    """A secret that the user gave stands in no file that is written: the variable must be set when Packer runs."""
    for leaf, variable in symbols.leaves.items():
        fact = template.parameters.get(leaf.name.lower()) if isinstance(leaf, ParameterSymbol) else None
        if fact is not None and fact.given is not None and fact.secret:
            report.add(
                codes.SECRET,
                fact.given.span,
                f"the value of {fact.parameter.name} is a secret, and is left out of the output",
                help=f"Set PKR_VAR_{variable.name} when Packer runs.",
            )


def _communicator(
    template: ImageTemplate, options: Options, context: BuildContext
) -> tuple[dict[str, Value], dict[str, bytes]]:
    """How Packer reaches the VM, and the side files for it. On Linux it is what Packer does by itself."""
    if context.is_windows:
        return winrm(options.winrm_bootstrap, context)
    if options.winrm_bootstrap is not WinrmBootstrap.KEY_VAULT:
        context.report.add(
            codes.NO_EFFECT,
            template.source.span,
            "--winrm-bootstrap has no effect: Packer reaches a Linux VM by SSH, which needs no Key Vault",
            help="Leave it out for this template.",
        )
    return {}, {}


def _after_restart(restart: Customizer, before: Sequence[Customizer], context: BuildContext) -> Iterator[Steps]:
    """Lay the script down again after a restart, where none of the customizers before may have meant to change or remove it."""
    if not before:
        yield lay_script(context, _LAID_AGAIN)
        return
    unseen = all(customizer.visible_text is None for customizer in before)
    if unseen:
        yield lay_script(context, _LAID_WHERE_MISSING, only_if_missing=True)
    context.report.add(
        codes.SCRIPT_AFTER_RESTART,
        restart.span,
        "the restart may empty /tmp and so remove the deprovisioning script, with what a customizer changed in it: "
        + (
            "the build writes a missing script again, but not what a customizer that cannot be seen may have changed"
            if unseen
            else "the image would not be generalized"
        ),
        help="Restart before the customizers that may change the script, or keep a copy outside /tmp during the restart.",
    )


def _base(template: ImageTemplate, context: BuildContext, options: Options) -> Base:
    """What the build has in common with the one that validates."""
    communicator, files = _communicator(template, options, context)
    settings: Settings = {
        **sign_in(options.auth),
        "subscription_id": subscription_value(
            context.decisions.subscription, context.symbols, needed=options.auth in NEEDS_SUBSCRIPTION
        ),
        **cloud_settings(template.cloud),
        "os_type": context.os_type.value,
        **build_vm(template, context.decisions, context.symbols, context.report),
        **communicator,
    }
    return Base(context.decisions.name, settings, files)


def _provision(
    template: ImageTemplate,
    kinds: Mapping[str, CustomizerKind],
    context: BuildContext,
    validators: tuple[Customizer, ...],
    files_of_base: Mapping[str, bytes],
) -> Steps:
    """The provisioners in order, what they download, and the side files. `validators` run before the image is generalized."""
    laid = any(may_change_script(customizer) for customizer in template.customize)
    steps: list[Provisioner] = []
    downloads: list[Download] = []
    files: dict[str, bytes] = {}
    assets: dict[str, bytes] = {}
    before: list[Customizer] = []  # that may have changed the deprovisioning script
    for customizer in (*template.customize, *validators):
        done = kinds[customizer.kind].translate(customizer, context)
        if customizer in validators:
            done = tolerate_failure(done, template, context.symbols)
        steps += [Provisioner(step.kind, step.settings, step.comment, (customizer.span,)) for step in done.provisioners]
        downloads += done.downloads
        files |= done.files
        assets |= done.assets
        before += [customizer] if may_change_script(customizer) else []
        if done.restarts and laid:
            for again in _after_restart(customizer, before, context):
                steps += again.provisioners
                files |= again.files
    first = lay_script(context, _LAID_FIRST) if laid else Steps(())
    fetch = (download(downloads, context),) if downloads else ()
    last = run_script(context) if laid else generalize(context)
    if context.signs_in_by_file and needs_azure_cli(downloads):
        files |= SIGN_IN_FILES
    provisioners = (*first.provisioners, *fetch, *steps, *last.provisioners)
    return Steps(provisioners, tuple(downloads), {**files, **first.files, **last.files, **files_of_base}, assets)
