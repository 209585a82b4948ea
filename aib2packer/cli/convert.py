"""`aib2packer convert`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aib2packer.cli import options
from aib2packer.cli.printing import colored, echo, print_error, progress
from aib2packer.cli.sections import SectionedCommand, picked
from aib2packer.conversion import Options
from aib2packer.findings.model import Severity
from aib2packer.findings.text import render, summary
from aib2packer.inputs import STDIN, collect, is_folder, read_file
from aib2packer.run import Outcome, Request, Result, run, table
from aib2packer.text.source import InputError, decode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aib2packer.inputs import Template
    from aib2packer.text.source import SourceText


@click.command("convert", cls=SectionedCommand)
@click.argument("templates", metavar="[TEMPLATE]...", nargs=-1)
@options.output
@options.conversion
@options.parameters
@options.findings
def convert_command(
    templates: tuple[str, ...], output: str | None, parameter_files: tuple[str, ...], *, quiet: bool, **given: object
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
    file, folder = _target(output)
    many = len(arguments) > 1 or is_folder(Path(arguments[0]))
    if many and folder is None:
        message = "A folder or several templates need a folder to write to: -o DIR."
        raise click.UsageError(message)
    try:
        given["parameter_files"] = tuple(map(_read, parameter_files))
        inputs = collect(arguments, folder)
    except InputError as error:
        print_error(str(error))
        sys.exit(2)
    given |= {"options": picked(Options, given), "file": file, "folder": folder}
    request = picked(Request, given)
    sys.exit(_run_many(inputs, request, quiet=quiet) if many else _run_one(inputs[0], request, quiet=quiet))


def _read(file: str) -> SourceText:
    return decode(read_file(file, Path(file)), file)


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
    echo(_findings(result, quiet=quiet))
    if result.error is not None:
        print_error(result.error)
    elif not quiet:
        echo(summary(result.findings, converted=result.outcome is Outcome.CONVERTED))
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
    print_error(f"standard output cannot be written ({reason}); give -o FILE")
    return 2


def _run_many(templates: Sequence[Template], request: Request, *, quiet: bool) -> int:
    rows = []
    reports = []
    with progress(templates, quiet=quiet) as running:
        for template in running:
            result = run(template, request.below(template))
            rows.append(result.row)
            reports.append((_findings(result, quiet=quiet), result.error))
    for findings, error in reports:
        echo(findings)
        if error is not None:
            print_error(error)
    if all(row.outcome is Outcome.NO_TEMPLATE for row in rows):
        print_error("none of the files holds an image template; give others")
        return 2
    if not quiet:
        echo(table(rows))
    return max(row.exit_code for row in rows)


def _findings(result: Result, *, quiet: bool) -> str:
    findings = [finding for finding in result.findings if finding.severity is Severity.ERROR or not quiet]
    return render(findings, color=colored()) + "\n" if findings else ""
