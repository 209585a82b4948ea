"""From what a template says to what a Packer build says."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from aib2packer.aib.model import GalleryTarget, ManagedImageTarget, VhdTarget
from aib2packer.arm.symbolic import Parameter
from aib2packer.conversion import WinrmBootstrap
from aib2packer.findings import codes
from aib2packer.packer.build_vm import build_location, build_vm
from aib2packer.packer.distribute import distribution, made_targets
from aib2packer.packer.download import download
from aib2packer.packer.generalize import generalize, lay_script, may_change_script, run_script
from aib2packer.packer.hcl import escape_templates, print_body, references
from aib2packer.packer.header import header
from aib2packer.packer.model import Build, Download, Plugin, Provisioner, Section
from aib2packer.packer.names import identifier
from aib2packer.packer.os_type import find_os_type
from aib2packer.packer.parameters import is_secret
from aib2packer.packer.schema import BUILD_VM, arrange
from aib2packer.packer.sign_in import sign_in, subscription_of
from aib2packer.packer.site import Site, beside_template
from aib2packer.packer.source_image import source_image
from aib2packer.packer.tags import azure_tags, tag_places
from aib2packer.packer.values import Attribute, Block, Local, Variable, traced
from aib2packer.packer.variables import SUBSCRIPTION, claim_names
from aib2packer.packer.winrm import NOTE, winrm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aib2packer.aib.model import DistributeTarget, ImageTemplate
    from aib2packer.conversion import Options
    from aib2packer.findings.model import Report
    from aib2packer.packer.site import CustomizerKind
    from aib2packer.packer.values import Body, Settings, Value
    from aib2packer.packer.variables import Symbols

_AZURE = Plugin("azure", "github.com/hashicorp/azure", "~> 2.6")
_WINDOWS_UPDATE = Plugin("windows-update", "github.com/rgl/windows-update", "~> 0.18")

_LONGEST_NAME = 64  # of a template in Azure, and short enough for a file name
_LAID_FIRST = "Image Builder lays its deprovisioning script down first and runs it last, so that a customizer can change it."
_LAID_AGAIN = "The restart may have emptied /tmp: lay the deprovisioning script down again."
_RUN_OUTPUT_KEYS: dict[type, str] = {
    ManagedImageTarget: "managed_image_run_output_name",
    GalleryTarget: "gallery_run_output_name",
    VhdTarget: "vhd_run_output_name",
}
# Variables are declared in the order in which a person fills them in: who, what the template leaves open, what may be changed.
_LAST_VARIABLES = (
    *("allowed_inbound_ip_addresses", "build_resource_group_name"),
    *("vhd_storage_account", "vhd_resource_group_name", "vhd_container", "image_version"),
)


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
        downloads=Local("downloads", beside_template(f"downloads/{name}")),
        symbols=symbols,
        report=report,
    )
    targets = made_targets(template)
    reach, reach_files = _communicator(template, options, site)
    sections = _source(template, name, reach, site, options)
    provisioners, downloads, files = _provision(template, kinds, site)
    files |= reach_files
    manifest = _manifest(name, targets, symbols, report)
    _report_secret_values(template, symbols, report)
    order = (*sign_in(options.auth), SUBSCRIPTION.name, *symbols.order)
    variables, values = _declared(sections, provisioners, manifest, order)
    given = tuple(Attribute(item.name, symbols.given[item.name]) for item in variables if item.name in symbols.given)
    if given:
        files[f"{name}.auto.pkrvars.hcl"] = f"{print_body(given)}\n".encode()
    return Build(
        name=name,
        label=identifier(name, "image"),
        header=header(template, variables, downloads, options, report),
        packer_version=symbols.packer_version,
        plugins=(_AZURE, *((_WINDOWS_UPDATE,) if any(step.kind == "windows-update" for step in provisioners) else ())),
        variables=variables,
        locals=values,
        sections=sections,
        provisioners=provisioners,
        manifest=manifest,
        files=files,
    )


def _report_secret_values(template: ImageTemplate, symbols: Symbols, report: Report) -> None:
    """A secret that the user gave stands in no file that is written: the variable must be set when Packer runs."""
    for leaf, variable in symbols.leaves.items():
        fact = template.parameters.get(leaf.name.lower()) if isinstance(leaf, Parameter) else None
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


def _source(
    template: ImageTemplate, name: str, communicator: Mapping[str, Value], site: Site, options: Options
) -> tuple[Section, ...]:
    """The source block, in sections."""
    symbols, report = site.symbols, site.report
    vm = build_vm(template, site.os_type, symbols, report)
    settings: Settings = {
        **sign_in(options.auth),
        "subscription_id": subscription_of(template, options.subscription_id, symbols, report),
        "os_type": site.os_type.value,
        **source_image(template.source, symbols, report),
        **vm,
        **communicator,
        **distribution(template, build_location(template, symbols), name, symbols, report),
    }
    if tags := azure_tags(template, made_targets(template), symbols, report):
        settings["azure_tags"] = traced(tags, *tag_places(template, made_targets(template)))
    notes = {}
    if template.vm.subnet is not None:
        notes[BUILD_VM] = "Packer reaches it by its private address: run Packer inside this network."
    if "skip_create_build_key_vault" in settings:
        notes["skip_create_build_key_vault"] = NOTE
    return tuple(Section(section.comment, _escaped(section.body)) for section in arrange(settings, notes))


def _provision(
    template: ImageTemplate, kinds: Mapping[str, CustomizerKind], site: Site
) -> tuple[tuple[Provisioner, ...], tuple[Download, ...], dict[str, bytes]]:
    """The provisioners in order, what they download, and their side files."""
    laid = any(may_change_script(customizer) for customizer in template.customize)
    steps: list[Provisioner] = []
    downloads: list[Download] = []
    files: dict[str, bytes] = {}
    changed = False
    for customizer in template.customize:
        done = kinds[customizer.kind].translate(customizer, site)
        steps += (replace(step, origins=(customizer.span,)) for step in done.provisioners)
        downloads += done.downloads
        files |= done.files
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
    return tuple(_escaped_step(step) for step in (*first, *steps, last)), tuple(downloads), files


def _manifest(name: str, targets: tuple[DistributeTarget, ...], symbols: Symbols, report: Report) -> dict[str, Value]:
    for target in targets:
        if target.run_output_name is not None and "{{" in target.run_output_name.visible:
            report.add(
                codes.NOT_EXACT,
                target.run_output_name.span,
                "Packer evaluates `{{` in what the manifest holds, and nothing escapes it there",
                help="Choose a runOutputName of letters, digits, `-`, `_` and `.`, as the service wants it.",
            )
    named = {type(target): symbols.value(target.run_output_name) for target in targets if target.run_output_name is not None}
    data = {_RUN_OUTPUT_KEYS[kind]: value for kind, value in named.items()}
    if len(data) == 1:
        data = {"run_output_name": next(iter(data.values()))}
    settings: dict[str, Value] = {"output": beside_template(f"{name}.manifest.json")}
    return settings | {"custom_data": escape_templates(data)} if data else settings


def _declared(
    sections: Sequence[Section],
    provisioners: Sequence[Provisioner],
    manifest: Mapping[str, Value],
    order: Sequence[str],
) -> tuple[tuple[Variable, ...], tuple[Local, ...]]:
    """The variables and locals that the build names. `order` is that of variables; those of every build come last."""
    in_source = [named for section in sections for named in references(section.body)]
    in_build = [named for settings in (*(step.settings for step in provisioners), manifest) for named in references(settings)]
    variables: dict[str, Variable] = {}
    for item in (*in_source, *in_build):
        # A name that is used twice is declared once: by the use that knows a default.
        if isinstance(item, Variable) and (item.name not in variables or item.default is not None):
            variables[item.name] = item
    ranks = {name: rank for rank, name in reversed(tuple(enumerate(order)))}
    declared = sorted(variables.values(), key=lambda item: (item.name in _LAST_VARIABLES, ranks.get(item.name, len(ranks))))
    return tuple(declared), tuple(dict.fromkeys(item for item in (*in_build, *in_source) if isinstance(item, Local)))


def _escaped(body: Body) -> Body:
    """The body as azure-arm must be given it, which evaluates `{{` in every string."""
    return tuple(
        replace(item, value=escape_templates(item.value))
        if isinstance(item, Attribute)
        else replace(item, body=_escaped(item.body))
        if isinstance(item, Block)
        else item
        for item in body
    )


def _escaped_step(step: Provisioner) -> Provisioner:
    """The same for a provisioner, whose name is Packer's own."""
    settings = {key: value if key == "name" else escape_templates(value) for key, value in step.settings.items()}
    return replace(step, settings=settings)
