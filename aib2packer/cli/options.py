"""The options of commands that convert, a section a concern.

An option of the conversion has the name of a field of `Options`, or a callback that makes it so, and gets there by itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aib2packer.app.inputs import read_values
from aib2packer.azure.clouds import Cloud, cloud_named
from aib2packer.cli.reporting import FORMATS_BY_ENDING, format_of
from aib2packer.cli.sections import OptionSection
from aib2packer.cli.standard import FILE_NAME
from aib2packer.findings.formats import Format
from aib2packer.findings.model import Asks, Level, Severity
from aib2packer.lazy.patterns import pattern
from aib2packer.options import Auth, Emit, Layout, OsType, SecurityType, ValidateIn, WinrmBootstrap
from aib2packer.packer.layout import BUILD_ENDING
from aib2packer.system.files import MOST
from aib2packer.text.secrets import mask

if TYPE_CHECKING:
    from aib2packer.text.source import SourceText

_BUILD_NAME = pattern(r"[A-Za-z][A-Za-z0-9._-]{0,62}")
_MARKETPLACE_IMAGE = pattern(r"[\w.-]+(?::[\w.-]+){2,3}")


def _os_type(_context: click.Context, _parameter: click.Parameter, value: str | None) -> OsType | None:
    return OsType[value.upper()] if value else None


def _auth(_context: click.Context, _parameter: click.Parameter, value: str) -> Auth:
    return Auth(value)


def _cloud(_context: click.Context, _parameter: click.Parameter, value: str | None) -> Cloud | None:
    cloud = None if value is None else cloud_named(value)
    if value is not None and cloud is None:
        message = f"{value!r} is none of {', '.join(one.value for one in Cloud)}, nor the name of one in the Azure CLI."
        raise click.BadParameter(message)
    return cloud


def _winrm_bootstrap(_context: click.Context, _parameter: click.Parameter, value: str) -> WinrmBootstrap:
    return WinrmBootstrap(value)


def _security_type(_context: click.Context, _parameter: click.Parameter, value: str | None) -> SecurityType | None:
    return SecurityType(value) if value else None


def _validation(_context: click.Context, _parameter: click.Parameter, value: str) -> ValidateIn:
    return ValidateIn(value)


def _layout(_context: click.Context, _parameter: click.Parameter, value: str) -> Layout:
    return Layout(value)


def _emit(_context: click.Context, _parameter: click.Parameter, value: str | None) -> Emit | None:
    return Emit(value) if value else None


def _marketplace_image(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not _MARKETPLACE_IMAGE.fullmatch(value):
        message = f"{value!r} is not PUBLISHER:OFFER:SKU or PUBLISHER:OFFER:SKU:VERSION."
        raise click.BadParameter(message)
    return value


def _build_name(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not _BUILD_NAME.fullmatch(value):
        message = f"{value!r} is no name for a build: letters, digits, '.', '_' and '-', beginning with a letter."
        raise click.BadParameter(message)
    return value


def _settings(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        name, equals, _ = value.partition("=")
        if not equals or not name.strip():
            message = f"{mask(value)!r} is not NAME=VALUE."
            raise click.BadParameter(message)
    return values


def _format(_context: click.Context, _parameter: click.Parameter, value: str) -> Format:
    return Format(value)


def _bytes(_context: click.Context, _parameter: click.Parameter, value: int) -> int:
    return value << 20


def _findings_files(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if format_of(value) is None:
            message = f"the name does not tell the format; it must end in one of {', '.join(FORMATS_BY_ENDING)}."
            raise click.BadParameter(message)
    return values


def _reports(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not value.lower().endswith((".json", ".md")):
            message = "the name does not tell the format; it must end in .json or .md."
            raise click.BadParameter(message)
    return values


def _load(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    from aib2packer.cli.configured import load

    return load(context, parameter, value)


def _audit_reports(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not value.lower().endswith((".html", ".md", ".json")):
            message = "the name does not tell the format; it must end in .html, .md or .json."
            raise click.BadParameter(message)
    return values


def _level_or_none(context: click.Context, parameter: click.Parameter, value: str | None) -> Level | None:
    return None if value is None else _level(context, parameter, value)


def read_parameters(files: tuple[str, ...], most: int) -> tuple[SourceText, ...]:
    """Parameters files, read.

    Raises:
        FileError: One cannot be read.

    """
    return tuple(read_values(file, Path(file), most) for file in files)


def _level(_context: click.Context, _parameter: click.Parameter, value: str) -> Level:
    return Asks.ACT if value == Asks.ACT.value else Severity(value)


def _add_baseline(section: OptionSection) -> None:
    section.option(
        "--baseline",
        type=FILE_NAME,
        metavar="FILE",
        help="A file of accepted findings, with reasons (TOML): they do not fail.",
    )
    section.option(
        "--write-baseline", type=FILE_NAME, metavar="FILE", help="Write a baseline of what fails now; add the reasons to it."
    )


inputs = OptionSection("Input")
inputs.option(
    "--config",
    metavar="FILE",
    is_eager=True,
    expose_value=False,
    callback=_load,
    help="A file of options, in place of the nearest aib2packer.toml or pyproject.toml; `--config ''` for none.",
)
inputs.option(
    "--exclude",
    metavar="PATTERN",
    multiple=True,
    help="Skip files and folders with this name or relative path when searching a folder, such as `*.dev.json`.",
)
inputs.option("--subscription", metavar="ID", help="All image templates of this Azure subscription, in place of files.")
inputs.option("--refresh", is_flag=True, help="Ask Azure again, even where its earlier answer lies beside the output.")

reports = OptionSection("Report")
reports.option(
    "-o",
    "--output",
    "reports",
    type=FILE_NAME,
    metavar="FILE",
    multiple=True,
    callback=_audit_reports,
    help="Write the report to FILE too: a page (*.html), Markdown (*.md) or JSON (*.json). May be given several times.",
)
reports.option(
    "--fail-under",
    type=click.FloatRange(0, 100),
    default=0,
    metavar="N",
    help="Exit with 1 if fewer than N percent of the templates convert.",
)
reports.option(
    "--fail-on",
    type=click.Choice([*(severity.value for severity in Severity), Asks.ACT.value]),
    callback=_level_or_none,
    help="Exit with 1 for findings of this severity or a heavier one; act: for what somebody must act on.",
)
_add_baseline(reports)
reports.option("--force", is_flag=True, help="Replace files with other contents; earlier reports are replaced without it.")
reports.option("-q", "--quiet", is_flag=True, help="Print errors only.")

output = OptionSection("Output")
output.option(
    "-o", "--output", type=FILE_NAME, metavar="PATH", help=f"A file (PATH ends in {BUILD_ENDING}) or a folder to write to."
)
output.option(
    "--into",
    type=FILE_NAME,
    metavar="DIR",
    help="Put the build into a folder that has builds: what they declare and mean alike is shared, the rest gets its name.",
)
output.option(
    "--layout",
    type=click.Choice([layout.value for layout in Layout]),
    default=Layout.SINGLE.value,
    show_default=True,
    callback=_layout,
    help="How a build in a folder is spread over files: split writes versions, variables, locals and sources apart.",
)
output.option(
    "--emit",
    type=click.Choice([emit.value for emit in Emit]),
    callback=_emit,
    help="Which build goes to standard output or a file: that of the image, or that which validates it. A folder gets both.",
)
output.option("--force", is_flag=True, help="Replace files with other contents.")
output.option(
    "--check", is_flag=True, help="Write nothing; show what would change in the files at -o, and exit with 1 if anything would."
)
output.option(
    "--fetch",
    is_flag=True,
    help="Fetch scripts and files now, and put them beside the HCL; without it, the build fetches them.",
)

output.option(
    "--prune",
    is_flag=True,
    help="Remove what an earlier run made and this one does not; of several templates, if nobody has changed it since.",
)
output.option("--annotate", is_flag=True, help="Name above each block the line of the template that it comes from.")
output.option("--verify", is_flag=True, help="Have the Packer on PATH validate the output, with made-up values for variables.")

conversion = OptionSection("Conversion")
conversion.option("--name", metavar="NAME", help="The image template to convert, where the input holds several.")
conversion.option(
    "--build-name", metavar="NAME", callback=_build_name, help="The name of the build, instead of that of the template."
)
conversion.option(
    "--os-type",
    type=click.Choice(["linux", "windows"]),
    callback=_os_type,
    help="The operating system, where the template does not tell it.",
)
conversion.option(
    "--auth",
    type=click.Choice([auth.value for auth in Auth]),
    default=Auth.CLI.value,
    show_default=True,
    callback=_auth,
    help="How Packer signs in to Azure.",
)
conversion.option(
    "--cloud",
    metavar=f"[{'|'.join(cloud.value for cloud in Cloud)}]",
    callback=_cloud,
    help="The cloud of Azure, where regions and hosts in the template do not tell it.",
)
conversion.option(
    "--winrm-bootstrap",
    type=click.Choice([bootstrap.value for bootstrap in WinrmBootstrap]),
    default=WinrmBootstrap.KEY_VAULT.value,
    show_default=True,
    callback=_winrm_bootstrap,
    help="How a Windows VM gets its certificate: user-data needs no Key Vault.",
)
conversion.option(
    "--security-type",
    type=click.Choice([one.value for one in SecurityType], case_sensitive=False),
    callback=_security_type,
    help="The security type of the image definition, which decides how its version is made; without it, a variable does.",
)
conversion.option(
    "--validation",
    type=click.Choice([where.value for where in ValidateIn]),
    default=ValidateIn.BUILD.value,
    show_default=True,
    callback=_validation,
    help="Where validators run: in a build of their own on the finished image, or inline before it is generalized.",
)
conversion.option(
    "--replace-iso",
    metavar="PUBLISHER:OFFER:SKU[:VERSION]",
    callback=_marketplace_image,
    help="The marketplace image to use instead of an ISO source.",
)
conversion.option(
    "--max-size",
    "most",
    type=click.IntRange(min=1, max=4096),
    default=MOST >> 20,
    show_default=True,
    metavar="MIB",
    callback=_bytes,
    help="The largest file to read.",
)

parameters = OptionSection("Deployment templates")
parameters.option(
    "-p",
    "--parameters",
    "parameter_files",
    type=FILE_NAME,
    metavar="FILE",
    multiple=True,
    help="A parameters file of the deployment template. May be given several times; later files win.",
)
parameters.option(
    "--parameters-beside",
    is_flag=True,
    help="Use the parameters files beside each template, such as web.parameters.json; several become a file of values each.",
)
parameters.option(
    "--set",
    "settings",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_settings,
    help="The value of a parameter, JSON or text. May be given several times.",
)
parameters.option("--subscription-id", metavar="ID", help="The value of subscription().subscriptionId, instead of a variable.")
parameters.option(
    "--resource-group",
    metavar="NAME",
    help="The value of resourceGroup().name, instead of a variable. Without files: all image templates of this group in Azure.",
)
parameters.option("--location", metavar="REGION", help="The value of resourceGroup().location, instead of a variable.")
parameters.option(
    "--resolve", is_flag=True, help="Fold parameters that have a value into the output, instead of declaring variables."
)

findings = OptionSection("Findings")
findings.option(
    "--findings",
    type=click.Choice([form.value for form in Format]),
    default=Format.TEXT.value,
    show_default=True,
    callback=_format,
    help="How findings are printed.",
)
findings.option(
    "--findings-file",
    "findings_files",
    type=FILE_NAME,
    metavar="FILE",
    multiple=True,
    callback=_findings_files,
    help="Write all findings to FILE too: as SARIF (*.sarif), JSON (*.json) or text (*.txt).",
)
findings.option(
    "--report",
    "reports",
    type=FILE_NAME,
    metavar="FILE",
    multiple=True,
    callback=_reports,
    help="Write to FILE what became of every setting, and where each line comes from: JSON (*.json) or Markdown (*.md).",
)
findings.option(
    "--fail-on",
    type=click.Choice([*(severity.value for severity in Severity), Asks.ACT.value]),
    default=Severity.ERROR.value,
    show_default=True,
    callback=_level,
    help="Exit with 1 for findings of this severity or a heavier one; act: for all that somebody must act on.",
)
_add_baseline(findings)
findings.option("--strict", is_flag=True, help="Short for --fail-on loss.")
findings.option("-q", "--quiet", is_flag=True, help="Print errors only.")
findings.option("-v", "--verbose", is_flag=True, help="Print every finding in full, even for many templates.")
