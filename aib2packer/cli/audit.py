"""`aib2packer audit`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, cast

import click

from aib2packer import __version__
from aib2packer.app.inputs import collect, is_folder, require_there
from aib2packer.app.output import OutputError, Writing
from aib2packer.app.run import Outcome, Request, run, unreadable
from aib2packer.cli import baselines, options
from aib2packer.cli.configured import about_all, about_replacements, configured, meant_for_one
from aib2packer.cli.printing import colored, doing, echo, print_error, print_waiting, progress
from aib2packer.cli.sections import SectionedCommand, picked
from aib2packer.cli.standard import FILE_NAME
from aib2packer.findings.text import render, safe
from aib2packer.lazy.models import replace
from aib2packer.lazy.patterns import pattern
from aib2packer.options import Options
from aib2packer.system.files import open_file
from aib2packer.text.source import FileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from aib2packer.app.inputs import Template
    from aib2packer.app.run import Result
    from aib2packer.audit.model import Audit
    from aib2packer.findings.model import Finding, Level

_START = 2048  # bytes
# How reports begin.
_REPORTS = {
    ".md": pattern(rb"\A# From Azure Image Builder to Packer\r?\n"),
    ".html": pattern(rb"(?s)\A<!DOCTYPE html>.*<title>From Azure Image Builder to Packer: "),
    ".json": pattern(rb'\A\{\s*"formatVersion": \d+,\s*"tool": \{\s*"name": "aib2packer"'),
}
_NOWHERE = Path()  # what is only looked at is written nowhere


@click.command("audit", cls=SectionedCommand)
@click.argument("paths", metavar="[PATH]...", nargs=-1, is_eager=True, type=FILE_NAME)
@options.inputs
@options.reports
@options.conversion
@options.parameters
def audit_command(
    paths: tuple[str, ...], reports: tuple[str, ...], fail_under: float, *, force: bool, quiet: bool, **given: object
) -> None:
    """Look at many templates, and say what moving them takes.

    PATH is a file, a folder that is searched, or the id of an image template in Azure. Without any, --subscription or
    --resource-group say where in Azure to look. Nothing is written but the report: what converts and what not, what to act on
    and to decide, which roles, hosts, secrets and image definitions the builds need, and what several templates share.

    \b
      aib2packer audit images/
      aib2packer audit images/ --output report.html --fail-under 95

    Exit status: 0 looked; 1 fewer templates convert than --fail-under, or findings at the level of --fail-on; 2 wrong usage, or
    something that cannot be read or written.
    """  # noqa: D301 - click's mark for lines that stay as they are
    _refuse_wrong(paths, given)
    level, new_baseline = cast("Level | None", given.pop("fail_on")), cast("str | None", given["write_baseline"])
    most = cast("int", given["most"])
    links: list[Path] = []
    try:
        given["parameter_files"] = options.read_parameters(cast("tuple[str, ...]", given["parameter_files"]), most)
        baseline = baselines.read(cast("str | None", given["baseline"]), most)
        arguments = paths or _in_azure(given | {"quiet": quiet}, most)
        templates = collect(arguments, None, cast("tuple[str, ...]", given["exclude"]), links.append)
        require_there(templates)
    except FileError as error:
        _refuse(error)
    request = replace(picked(Request, given | {"options": picked(Options, given)}), folder=_NOWHERE, look=True)
    try:
        context = click.get_current_context()
        jobs = configured(context, templates, request, quiet=quiet)
    except FileError as error:
        _refuse(error)
    if not quiet:
        echo(about_all(context, len(templates)))
    accepting = baselines.Accepting(baseline, level)
    audit, renamed, unread = _gathered(accepting.of(_look(jobs, quiet=quiet)), links)
    echo(safe(about_replacements(context, renamed)))
    accepting.tell_gone(whole=not paths or any(one.found for one in templates))
    if not audit.rows:
        print_error("no file here holds an image template: give other files or folders")
        sys.exit(2)
    if not quiet:
        from aib2packer.audit import as_text

        click.echo(as_text.render(audit, color=colored(sys.stdout)), color=colored(sys.stdout))
    echo(render(unread, color=colored(sys.stderr)) if unread else "")
    files = _rendered(reports, audit, paths, given)
    if new_baseline:
        files[new_baseline] = accepting.new(Path(new_baseline).parent)
    written = _write(files, force=force)
    if written and not quiet:
        echo("\n".join(accepting.wrote(file) if file == new_baseline else f"Wrote {Path(file)}." for file in files))
    if accepting.count:
        print_error(f"{baselines.count_failing(accepting.count)}, and not in a baseline")
    failed = audit.share < fail_under or bool(accepting.count)
    if audit.share < fail_under:
        print_error(f"{audit.converted} of {audit.total} templates convert, less than the {fail_under:g} % of --fail-under")
    sys.exit(2 if unread or not written else int(failed))


def _refuse_wrong(paths: Sequence[str], given: Mapping[str, object]) -> None:
    beside = bool(paths) and given["subscription"] is not None
    many = len(paths) != 1 or is_folder(Path(paths[0]))
    for wrong, message in (
        (beside, "Give either PATH or --subscription, not both."),
        *meant_for_one(given, many=many),
    ):
        if wrong:
            raise click.UsageError(message)


def _refuse(error: FileError) -> NoReturn:
    """Say what cannot be read, as `convert` does."""
    echo(render(unreadable(error).findings, color=colored(sys.stderr)))
    sys.exit(2)


def _in_azure(given: Mapping[str, object], most: int) -> tuple[str, ...]:
    """The ids of the image templates in the subscription or resource group that is given."""
    from aib2packer.app.azure.template_reading import list_templates

    subscription, group = cast("str | None", given["subscription"]), cast("str | None", given["resource_group"])
    if subscription is None and group is None:
        message = "No PATH given. Name a file or a folder, or give --subscription or --resource-group to look in Azure."
        raise click.UsageError(message)
    print_waiting("Waiting for az, which lists the image templates.", quiet=bool(given.get("quiet")))
    return list_templates(subscription, group, None, check=False, most=most)[0]  # nothing is kept, so nothing is to be said


def _gathered(results: Iterable[Result], links: Sequence[Path]) -> tuple[Audit, set[str], list[Finding]]:
    """What there is to say of all results, the old names in the inputs, and what is said of files that cannot be read."""
    from aib2packer.audit.gather import Gathering

    gathering = Gathering()
    renamed: set[str] = set()
    unread: list[Finding] = []
    for result in results:
        gathering.add(result)
        renamed |= result.renamed
        unread += result.findings if result.outcome is Outcome.UNREADABLE else ()
    return gathering.audit([*map(str, links)]), renamed, unread


def _look(jobs: Sequence[tuple[Template, Request]], *, quiet: bool) -> Iterator[Result]:
    with progress(jobs, lambda job: "" if job is None else doing(job[0]), quiet=quiet, label="Looking") as running:
        for template, own in running:
            yield from run(template, own)


def _write(files: Mapping[str, str], *, force: bool) -> bool:
    """Write what there is to write, all of it or nothing; whether that was possible."""
    with Writing() as writing:
        try:
            for file, text in files.items():
                baselines.write_file(file, text, writing.write, force=force or _is_report(Path(file)))
            writing.commit()
        except OutputError as error:
            print_error(str(error))
        else:
            return True
    return False


def _is_report(file: Path) -> bool:
    """Whether a file is a report of an earlier run."""
    begins = _REPORTS.get(file.suffix.lower())
    if begins is None or not file.is_file():
        return False
    with open_file(file) as opened:
        start: bytes = opened.read(_START)
    return begins.search(start) is not None


def _rendered(reports: Sequence[str], audit: Audit, paths: Sequence[str], given: Mapping[str, object]) -> dict[str, str]:
    """The text of each report."""
    if not reports:
        return {}
    from aib2packer.audit import as_json, as_page
    from aib2packer.cli import audited

    of = audited.what(paths, cast("str | None", given["subscription"]), cast("str | None", given["resource_group"]))
    date = audited.today()
    renderers: dict[str, Callable[..., str]] = {".md": as_page.markdown, ".html": as_page.html, ".json": as_json.render}
    return {one: renderers[Path(one).suffix.lower()](audit, version=__version__, of=of, date=date) for one in reports}
