"""The comment at the top of the file: what to run, from where, with which rights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.aib.model import GalleryImage, GalleryTarget, ManagedImage, ManagedImageTarget, VhdTarget
from aib2packer.conversion import VALIDATION_FOLDER, Auth, ValidateIn
from aib2packer.findings.model import Severity
from aib2packer.packer.download import SHA256SUMS, needs_azure_cli
from aib2packer.packer.versions import counting_option, is_explicit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aib2packer.aib.model import DistributeTarget, ImageTemplate
    from aib2packer.conversion import Options
    from aib2packer.findings.model import Report
    from aib2packer.packer.model import Build, Download
    from aib2packer.packer.variables import Symbols


def header(template: ImageTemplate, build: Build, symbols: Symbols, options: Options, report: Report) -> tuple[str, ...]:
    """The lines of the comment; those that begin with spaces are commands, the others are wrapped when printed."""
    name = None if template.name is None else template.name.literal
    uses_cli = any(step.kind == "shell-local" for chain in build.post_processors for step in chain.steps)
    lines = [f"VM image {name}, converted from an Azure Image Builder template." if name else _NO_NAME, ""]
    abort = template.abort_on_customizer_error or (
        options.validation is ValidateIn.INLINE and template.abort_on_validation_error.value
    )
    lines += _commands(template, build, options.file_name, abort=abort)
    if build.validation is not None and options.side_files:
        # The plugins are the same.
        _, *others = _commands(template, build.validation, VALIDATION_FOLDER, abort=template.abort_on_validation_error.value)
        lines += others
    where = _where(template, build.downloads, options, uses_cli=uses_cli)
    lines += ["", f"{where} {_rights(template, template.targets)}"]
    if uses_cli:
        lines.append(_CLI)
        if any(isinstance(target, VhdTarget) for target in template.targets):
            lines.append("For VHDs that takes Storage Blob Data Contributor on the storage account.")
    if build.validation is not None:
        how = "The last command" if options.side_files else "The build that `aib2packer convert --emit validation` prints"
        lines.append(f"{how} boots the image and validates it, which Image Builder does before it distributes.")
    if needs_azure_cli(build.downloads):
        lines.append(_PRIVATE_BLOBS)
    if SHA256SUMS in build.files:
        lines.append(
            f"Scripts and files were fetched when the template was converted; `sha256sum --check {SHA256SUMS}` compares."
        )
    if (option := _counting_option(template, symbols)) is not None:
        lines += ["Image Builder counts on from the highest version in the gallery. To do so, add:", "", f"  {option}", ""]
    if template.auto_run.value:
        lines.append("Image Builder built by itself when the template was submitted (autoRun): run this when the file changes.")
    return (*lines, *deviations(report))


def validation_header(template: ImageTemplate, build: Build, file: str, options: Options) -> tuple[str, ...]:
    """The same for a build that validates; `file` is what Packer is given."""
    name = None if template.name is None else template.name.literal
    of = f"of the Azure Image Builder template {name}" if name else "of an Azure Image Builder template"
    source_only = template.validation is not None and template.validation.source_only
    where = _where(template, build.downloads, options, uses_cli=False)
    lines = [
        f"Boots the source image {of}, runs the validators there, and makes no image."
        if source_only
        else f"Boots the image that the build {of} made last, runs the validators there, and makes no image.",
        "",
        *_commands(template, build, file, abort=template.abort_on_validation_error.value),
        "",
        f"{where} {_rights(template, () if source_only else template.targets)}",
    ]
    if needs_azure_cli(build.downloads):
        lines.append(_PRIVATE_BLOBS)
    if any(step.settings.get("name") == "release" for step in build.provisioners):
        lines.append("The Azure CLI releases the version when the validators have passed: it must be signed in.")
    return tuple(lines)


def _commands(template: ImageTemplate, build: Build, file: str, *, abort: bool) -> list[str]:
    required = [variable for variable in build.variables if variable.default is None]
    words = [f"timeout {template.build_timeout_minutes}m packer build", *(("-on-error=abort",) if abort else ())]
    words += [f"-var {variable.name}=..." for variable in required if not variable.sensitive]
    exports = [f"  export PKR_VAR_{variable.name}=..." for variable in required if variable.sensitive]
    return [f"  packer init {file}", *exports, f"  {' '.join([*words, file])}"]


def deviations(report: Report) -> Iterator[str]:
    """What was lost, and what is otherwise than in the service."""
    for severity, words in ((Severity.LOSS, "Not carried over"), (Severity.CHANGE, "Otherwise than in Image Builder")):
        kinds = sorted({finding.code for finding in report.findings if finding.severity is severity}, key=lambda code: code.id)
        if kinds:
            yield f"{words}: {', '.join(f'{code.title} ({code.id})' for code in kinds)}."


_CLI = "Post-processors run the Azure CLI, which must be signed in there, with the right to write what they make."
_NO_NAME = "VM image, converted from an Azure Image Builder template."
_PRIVATE_BLOBS = "Private blobs are fetched with the Azure CLI, which must be signed in with the right to read them."


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


def _rights(template: ImageTemplate, targets: Sequence[DistributeTarget]) -> str:
    """Source: reference/azure-runtime.md 4."""
    words = "The account needs Contributor on the subscription, which Image Builder's own service took care of"
    had = []
    if template.vm.subnet is not None:
        had.append("the subnet")
    if isinstance(template.source, GalleryImage | ManagedImage):
        had.append("the source image")
    if any(isinstance(target, GalleryTarget) for target in targets):
        had.append("the gallery")
    if any(isinstance(target, ManagedImageTarget) for target in targets):
        had.append("the managed image's resource group")
    if any(isinstance(target, VhdTarget) for target in targets):
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
