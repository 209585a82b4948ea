"""From what a template says to what a Packer build says."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from aib2packer.aib.model import GalleryTarget, ManagedImageTarget
from aib2packer.arm.language.symbolic import ParameterSymbol
from aib2packer.findings import codes
from aib2packer.guide.header import deviations, header, validation_header
from aib2packer.guide.instructions import guide, validation_guide
from aib2packer.hcl.values import Local
from aib2packer.options import WinrmBootstrap
from aib2packer.packer.assemble import assemble
from aib2packer.packer.distribution.distribute import distribute
from aib2packer.packer.distribution.plan import plan_distribution
from aib2packer.packer.layout import downloads_folder
from aib2packer.packer.model import Steps
from aib2packer.packer.os_type import find_os_type
from aib2packer.packer.source.image import source_image
from aib2packer.packer.steps.download import download
from aib2packer.packer.steps.generalize import generalize, lay_script, may_change_script, run_script
from aib2packer.packer.steps.site import Site, beside_template
from aib2packer.packer.validation import (
    Base,
    for_validation,
    inline_validators,
    report_validation,
    source_validation_build,
    tolerate_failure,
    validation_build,
)
from aib2packer.packer.variables.claims import claim_names
from aib2packer.packer.variables.declared import is_secret
from aib2packer.packer.vm.machine import build_vm
from aib2packer.packer.vm.sign_in import sign_in, subscription_of
from aib2packer.packer.vm.winrm import winrm
from aib2packer.packer.warnings import foresee

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.aib.model import Customizer, ImageTemplate
    from aib2packer.findings.model import Report
    from aib2packer.hcl.values import Settings, Value
    from aib2packer.options import Options
    from aib2packer.packer.model import Build, Download, Provisioner
    from aib2packer.packer.steps.site import CustomizerKind
    from aib2packer.packer.variables.symbols import Symbols

_LONGEST_NAME = 64  # of a template in Azure, and short enough for a file name
_LAID_FIRST = "Image Builder lays its deprovisioning script down first and runs it last, so that a customizer can change it."
_LAID_AGAIN = "The restart may have emptied /tmp: lay the deprovisioning script down again."


def translate(template: ImageTemplate, kinds: Mapping[str, CustomizerKind], options: Options, report: Report) -> Build | None:
    """Translate a template; None after an error. `kinds` are the kinds of customizers there are."""
    symbols = claim_names(template, report, values_apart=options.side_files)
    os_type = find_os_type(template, options.os_type, kinds, report)
    if os_type is None:
        return None
    name = name_build(template)
    site = Site(
        os_type=os_type,
        side_files=options.side_files,
        downloads=Local("downloads", beside_template(downloads_folder(name))),
        symbols=symbols,
        report=report,
    )
    base = _base(template, name, site, options)
    _report_secret_values(template, symbols, report)
    if template.validation is not None and template.validation.source_only:
        build = source_validation_build(template, kinds, base, site)
        about = validation_guide(template, build, base, site, options)
        lines = (*validation_header(about), *deviations(report))
        instructions = template.settled.instructions
        return replace(build, header=lines, header_origins=instructions, origin=template.span, guide=about)
    plan = plan_distribution(template)
    distribution = distribute(template, plan, name, site, for_validation(template, options, symbols))
    settings = {**base.settings, **source_image(template.source, symbols, report), **distribution.settings}
    steps = _provision(template, kinds, site, inline_validators(template, options))
    steps = replace(steps, files={**steps.files, **base.files})
    foresee(template, plan.made, os_type, report)
    report_validation(template, options, report)
    build = assemble(name, settings, steps, distribution.post_processors, symbols)
    validation = validation_build(template, kinds, base, site, options)
    if validation is not None:
        about = validation_guide(template, validation, base, site, options)
        validation = replace(validation, header=validation_header(about), origin=template.span, guide=about)
        build = replace(build, validation=validation)
    about = guide(template, build, base, site, options)
    return replace(
        build,
        header=header(about, report),
        header_origins=template.settled.instructions,
        origin=template.span,
        guide=about,
    )


def _report_secret_values(template: ImageTemplate, symbols: Symbols, report: Report) -> None:
    """A secret that the user gave stands in no file that is written: the variable must be set when Packer runs."""
    for leaf, variable in symbols.leaves.items():
        fact = template.parameters.get(leaf.name.lower()) if isinstance(leaf, ParameterSymbol) else None
        if fact is not None and fact.given is not None and is_secret(fact):
            report.add(
                codes.SECRET,
                fact.given.span,
                f"the value of {fact.parameter.name} is a secret: it does not stand in the output",
                help=f"Set PKR_VAR_{variable.name} when Packer runs.",
            )


def name_build(template: ImageTemplate) -> str:
    """A name for the build: the template's own, else that of the image, else of the run output."""
    candidates = [template.name]
    for kind in (GalleryTarget, ManagedImageTarget):
        candidates += [target.id["images"] for target in template.targets if isinstance(target, kind)]
    candidates += [target.run_output_name for target in template.targets]
    known = (text.literal for text in candidates if text is not None and text.literal)
    return next(
        (name for text in known if (name := re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-._")[:_LONGEST_NAME])), "image"
    )


def _communicator(template: ImageTemplate, options: Options, site: Site) -> tuple[dict[str, Value], dict[str, bytes]]:
    """How Packer reaches the VM, and the side files for it. On Linux it is what Packer does by itself."""
    if site.is_windows:
        return winrm(options.winrm_bootstrap, site)
    if options.winrm_bootstrap is not WinrmBootstrap.KEY_VAULT:
        site.report.add(
            codes.NO_WINRM,
            template.source.span,
            "--winrm-bootstrap has no effect: Packer reaches a Linux VM by SSH, which needs no Key Vault",
            help="Leave it out for this template.",
        )
    return {}, {}


def _base(template: ImageTemplate, name: str, site: Site, options: Options) -> Base:
    """What the build has in common with the one that validates."""
    communicator, files = _communicator(template, options, site)
    subscription = subscription_of(template, options.subscription_id, site.symbols, site.report)
    settings: Settings = {
        **sign_in(options.auth),
        "subscription_id": subscription,
        "os_type": site.os_type.value,
        **build_vm(template, site.os_type, site.symbols, site.report),
        **communicator,
    }
    return Base(name, subscription, settings, files)


def _provision(
    template: ImageTemplate, kinds: Mapping[str, CustomizerKind], site: Site, validators: tuple[Customizer, ...]
) -> Steps:
    """The provisioners in order, what they download, and their side files. `validators` run before the image is generalized."""
    laid = any(may_change_script(customizer) for customizer in template.customize)
    steps: list[Provisioner] = []
    downloads: list[Download] = []
    files: dict[str, bytes] = {}
    assets: dict[str, bytes] = {}
    changed = False
    for customizer in (*template.customize, *validators):
        done = kinds[customizer.kind].translate(customizer, site)
        if customizer in validators:
            done = tolerate_failure(done, template)
        steps += (replace(step, origins=(customizer.span,)) for step in done.provisioners)
        downloads += done.downloads
        files |= done.files
        assets |= done.assets
        changed = changed or may_change_script(customizer)
        if done.restarts and laid and not changed:
            steps.append(lay_script(site, _LAID_AGAIN))
        elif done.restarts and laid:
            site.report.add(
                codes.SCRIPT_AFTER_RESTART,
                customizer.span,
                "the restart may empty /tmp, and with it go the deprovisioning script and what a customizer changed in it: "
                "the image would not be generalized",
                help="Restart before the customizers that may change the script, or keep a copy outside /tmp over the restart.",
            )
    first = [lay_script(site, _LAID_FIRST)] if laid else []
    if downloads:
        first.append(download(downloads, site))
    last = run_script(site) if laid else generalize(site)
    return Steps((*first, *steps, last), tuple(downloads), files, assets)
