"""The command line: reads options, runs conversions, prints. Standard output carries HCL only."""

from __future__ import annotations

import os
import re
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aib2packer import __version__
from aib2packer.conversion import Auth, Options, OsType
from aib2packer.findings.model import Severity
from aib2packer.findings.text import printable, render, summary
from aib2packer.inputs import STDIN, collect, is_folder, read_file
from aib2packer.run import Outcome, Request, Result, run, table
from aib2packer.text.secrets import mask
from aib2packer.text.source import InputError, decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager

    from aib2packer.inputs import Template

_MARKETPLACE_IMAGE = re.compile(r"[\w.-]+(?::[\w.-]+){2,3}")


@click.group()
@click.version_option(__version__, prog_name="aib2packer", message="%(prog)s %(version)s")
def main() -> None:
    """Convert Azure Image Builder templates to Packer HCL2 builds."""


def _marketplace_image(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not _MARKETPLACE_IMAGE.fullmatch(value):
        message = f"{value!r} is not PUBLISHER:OFFER:SKU or PUBLISHER:OFFER:SKU:VERSION."
        raise click.BadParameter(message)
    return value


def _settings(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        name, equals, _ = value.partition("=")
        if not equals or not name.strip():
            message = f"{mask(value)!r} is not NAME=VALUE."
            raise click.BadParameter(message)
    return values


@main.command("convert")
@click.argument("templates", metavar="[TEMPLATE]...", nargs=-1)
@click.option("-o", "--output", metavar="PATH", help="A file (PATH ends in .hcl) or a folder to write to.")
@click.option("--force", is_flag=True, help="Replace files with other contents.")
@click.option("--strict", is_flag=True, help="Exit with 1 if anything is lost.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@click.option("--name", metavar="NAME", help="The image template to convert, where the input holds several.")
@click.option(
    "--os-type", type=click.Choice(["linux", "windows"]), help="The operating system, where the template does not tell."
)
@click.option(
    "--auth",
    type=click.Choice([auth.value for auth in Auth]),
    default=Auth.CLI.value,
    show_default=True,
    help="How Packer signs in to Azure.",
)
@click.option(
    "--replace-iso",
    metavar="PUBLISHER:OFFER:SKU[:VERSION]",
    callback=_marketplace_image,
    help="The marketplace image to use instead of an ISO source.",
)
@click.option(
    "-p",
    "--parameters",
    "parameter_files",
    metavar="FILE",
    multiple=True,
    help="A parameters file of the deployment template. May be given several times; the later win.",
)
@click.option(
    "--set",
    "settings",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_settings,
    help="The value of a parameter, JSON or text. May be given several times.",
)
@click.option("--subscription-id", metavar="ID", help="What subscription().subscriptionId is, instead of a variable.")
@click.option("--resource-group", metavar="NAME", help="What resourceGroup().name is, instead of a variable.")
@click.option("--location", metavar="REGION", help="What resourceGroup().location is, instead of a variable.")
@click.option("--resolve", is_flag=True, help="Fold parameters that have a value into the output, instead of variables.")
def convert_command(  # noqa: PLR0913, PLR0917 - click passes each option
    templates: tuple[str, ...],
    output: str | None,
    name: str | None,
    os_type: str | None,
    auth: str,
    replace_iso: str | None,
    parameter_files: tuple[str, ...],
    settings: tuple[str, ...],
    subscription_id: str | None,
    resource_group: str | None,
    location: str | None,
    *,
    resolve: bool,
    force: bool,
    strict: bool,
    quiet: bool,
) -> None:
    """Convert image templates to Packer builds.

    TEMPLATE is a JSON file, a folder that is searched for them, or - for standard input, which is also read if there is none.
    Several templates, or a folder, need -o DIR: each gets a folder of its own there.

    Exit status: 0 converted; 1 an error, and no HCL, or with --strict a loss; 2 wrong usage, or input that cannot be read.
    """
    if not templates and sys.stdin is not None and sys.stdin.isatty():
        message = "No template given. Name a file or a folder, or pipe a template in."
        raise click.UsageError(message)
    if "" in {*templates, output}:
        message = "The name of a file is empty."
        raise click.UsageError(message)
    arguments = templates or (STDIN,)
    try:
        options = Options(
            name=name,
            os_type=OsType[os_type.upper()] if os_type else None,
            auth=Auth(auth),
            replace_iso=replace_iso,
            parameter_files=tuple(decode(read_file(file, Path(file)), file) for file in parameter_files),
            settings=settings,
            subscription_id=subscription_id,
            resource_group=resource_group,
            location=location,
            resolve=resolve,
        )
    except InputError as error:
        _print_error(str(error))
        sys.exit(2)
    file, folder = _target(output)
    request = Request(options=options, file=file, folder=folder, force=force, strict=strict)
    many = len(arguments) > 1 or is_folder(Path(arguments[0]))
    if many and folder is None:
        message = "A folder or several templates need a folder to write to: -o DIR."
        raise click.UsageError(message)
    try:
        inputs = collect(arguments, folder)
    except InputError as error:
        _print_error(str(error))
        sys.exit(2)
    sys.exit(_run_many(inputs, request, quiet=quiet) if many else _run_one(inputs[0], request, quiet=quiet))


def _target(output: str | None) -> tuple[Path | None, Path | None]:
    """The file or the folder that `-o` names; neither for standard output."""
    if output is None or output == "-":
        return None, None
    path = Path(output)
    if path.suffix == ".hcl" and not output.endswith(("/", os.sep)) and not is_folder(path):
        return path, None
    return None, path


def _run_one(template: Template, request: Request, *, quiet: bool) -> int:
    result = run(template, request)
    _echo(_findings(result, quiet=quiet))
    if result.error is not None:
        _print_error(result.error)
    elif not quiet:
        _echo(summary(result.findings, converted=result.outcome is Outcome.CONVERTED))
    return _print_hcl(result.hcl) or result.exit_code


def _print_hcl(hcl: bytes | None) -> int:
    """Put HCL on standard output, as bytes: UTF-8 and LF, whatever the system would make of text. Gives the exit status."""
    if hcl is None:
        return 0
    reason: str | None = "closed"
    if sys.stdout is not None:
        try:
            click.echo(hcl, nl=False)
        except BrokenPipeError:  # the reader has seen enough; click ends without a word
            raise
        except OSError as error:
            reason = error.strerror
        else:
            return 0
    _print_error(f"standard output cannot be written ({reason}); give -o FILE")
    return 2


def _run_many(templates: Sequence[Template], request: Request, *, quiet: bool) -> int:
    rows = []
    reports = []
    with _progress(templates, shown=_on_terminal() and not quiet) as progress:
        for template in progress:
            result = run(template, request.below(template))
            rows.append(result.row)
            reports.append((_findings(result, quiet=quiet), result.error))
    for findings, error in reports:
        _echo(findings)
        if error is not None:
            _print_error(error)
    if all(row.outcome is Outcome.NO_TEMPLATE for row in rows):
        _print_error("none of the files holds an image template; give others")
        return 2
    if not quiet:
        _echo(table(rows))
    return max(row.exit_code for row in rows)


def _progress(templates: Sequence[Template], *, shown: bool) -> AbstractContextManager[Iterable[Template]]:
    return click.progressbar(templates, label="Converting", file=sys.stderr) if shown else nullcontext(templates)


def _findings(result: Result, *, quiet: bool) -> str:
    findings = [finding for finding in result.findings if finding.severity is Severity.ERROR or not quiet]
    return render(findings, color=_colored()) + "\n" if findings else ""


def _echo(text: str) -> None:
    if text:
        click.echo(text, err=True)


def _print_error(message: str) -> None:
    label = click.style("error:", fg="red", bold=True) if _colored() else "error:"
    _echo(f"{label} {printable(mask(message))}")


def _on_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


def _colored() -> bool:
    return _on_terminal() and not os.environ.get("NO_COLOR")  # https://no-color.org
