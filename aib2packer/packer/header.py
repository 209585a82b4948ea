"""The comment at the top of the file: what to run, from where, with which rights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.aib.model import GalleryImage, GalleryTarget, ManagedImage, ManagedImageTarget, VhdTarget
from aib2packer.conversion import Auth
from aib2packer.findings.model import Severity
from aib2packer.packer.download import SHA256SUMS, needs_azure_cli
from aib2packer.packer.versions import counting_option, is_explicit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aib2packer.aib.model import ImageTemplate
    from aib2packer.conversion import Options
    from aib2packer.findings.model import Report
    from aib2packer.packer.model import Build, Download
    from aib2packer.packer.values import Variable
    from aib2packer.packer.variables import Symbols


def header(template: ImageTemplate, build: Build, symbols: Symbols, options: Options, report: Report) -> tuple[str, ...]:
    """The lines of the comment; those that begin with spaces are commands, the others are wrapped when printed."""
    name = None if template.name is None else template.name.literal
    required = [variable for variable in build.variables if variable.default is None]
    uses_cli = any(step.kind == "shell-local" for chain in build.post_processors for step in chain.steps)
    lines = [f"VM image {name}, converted from an Azure Image Builder template." if name else _NO_NAME, ""]
    lines.append(f"  packer init {options.file_name}")
    lines += [f"  export PKR_VAR_{variable.name}=..." for variable in required if variable.sensitive]
    lines.append(f"  {_build_command(template, required, options)}")
    lines += ["", f"{_where(template, build.downloads, options, uses_cli=uses_cli)} {_rights(template)}"]
    if uses_cli:
        lines.append(_CLI)
        if any(isinstance(target, VhdTarget) for target in template.targets):
            lines.append("For VHDs that takes Storage Blob Data Contributor on the storage account.")
    if needs_azure_cli(build.downloads):
        lines.append("Private blobs are fetched with the Azure CLI, which must be signed in with the right to read them.")
    if SHA256SUMS in build.files:
        lines.append(
            f"Scripts and files were fetched when the template was converted; `sha256sum --check {SHA256SUMS}` compares."
        )
    if (option := _counting_option(template, symbols)) is not None:
        lines += ["Image Builder counts on from the highest version in the gallery. To do so, add:", "", f"  {option}", ""]
    if template.auto_run.value:
        lines.append("Image Builder built by itself when the template was submitted (autoRun): run this when the file changes.")
    for severity, words in ((Severity.LOSS, "Not carried over"), (Severity.CHANGE, "Otherwise than in Image Builder")):
        kinds = sorted({finding.code for finding in report.findings if finding.severity is severity}, key=lambda code: code.id)
        if kinds:
            lines.append(f"{words}: {', '.join(f'{code.title} ({code.id})' for code in kinds)}.")
    return tuple(lines)


_CLI = "Post-processors run the Azure CLI, which must be signed in there, with the right to write what they make."
_NO_NAME = "VM image, converted from an Azure Image Builder template."


def _build_command(template: ImageTemplate, required: Sequence[Variable], options: Options) -> str:
    words = [f"timeout {template.build_timeout_minutes}m packer build"]
    if template.abort_on_customizer_error:
        words.append("-on-error=abort")
    words += [f"-var {variable.name}=..." for variable in required if not variable.sensitive]
    return " ".join([*words, options.file_name])


def _counting_option(template: ImageTemplate, symbols: Symbols) -> str | None:
    target = next((target for target in template.targets if isinstance(target, GalleryTarget)), None)
    return None if target is None or is_explicit(target) else counting_option(target, symbols)


def _where(template: ImageTemplate, downloads: Sequence[Download], options: Options, *, uses_cli: bool) -> str:
    where = []
    if downloads:
        where.append("on Linux")
    elif uses_cli:
        where.append("on Linux or macOS")
    if template.vm.subnet is not None:
        network = template.vm.subnet.virtual_network.literal
        subnet = (
            "the subnet of the build VM" if template.vm.subnet.when is None else "the subnet of the build VM, if it has one"
        )
        where.append(f"where it can reach the network {network}" if network else f"where it can reach {subnet}")
    if options.auth is Auth.MSI:
        where.append("on an Azure VM that has a managed identity")
    return f"Run it {', '.join(where)}." if where else "It runs wherever Packer does; only timeout is a Linux program."


def _rights(template: ImageTemplate) -> str:
    """Source: reference/azure-runtime.md 4."""
    words = "The account needs Contributor on the subscription, which Image Builder's own service took care of"
    had = []
    if template.vm.subnet is not None:
        had.append("the subnet")
    if isinstance(template.source, GalleryImage | ManagedImage):
        had.append("the source image")
    if any(isinstance(target, GalleryTarget) for target in template.targets):
        had.append("the gallery")
    if any(isinstance(target, ManagedImageTarget) for target in template.targets):
        had.append("the managed image's resource group")
    if any(isinstance(target, VhdTarget) for target in template.targets):
        had.append("the storage account")
    whole = f"{', '.join(had[:-1])} and {had[-1]}" if len(had) > 1 else "".join(had)
    if had and template.identities:
        identity = template.identities[0].split("/")[-1].literal
        words += f", and what the identity{f' {identity}' if identity else ' of the template'} had: {whole}"
    elif had:
        words += f", and may use {whole}"
    if template.vm.identities:
        words += ", and Managed Identity Operator on the identities of the build VM"
    return f"{words}."
