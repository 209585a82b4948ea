"""`aib2packer convert`."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, cast

import click

from aib2packer.app.azure.template_ids import is_image_template, is_in_azure
from aib2packer.app.inputs import STDIN, collect, is_folder
from aib2packer.app.output import OutputError, Writing
from aib2packer.app.run import Outcome, Request, Result, at_rest, check_leftovers, deliver, make, unreadable
from aib2packer.cli import options
from aib2packer.cli.configured import about_all, about_replacements, configured, meant_for_one
from aib2packer.cli.printing import doing, echo, fetching, print_error, print_waiting, progress, said_if_ended
from aib2packer.cli.reporting import Reporting, Telling
from aib2packer.cli.sections import SectionedCommand, picked
from aib2packer.cli.standard import FILE_NAME
from aib2packer.findings.codes import NO_IMAGE_TEMPLATE, NOT_WRITTEN
from aib2packer.findings.failing import Failing
from aib2packer.findings.model import Severity, about_file
from aib2packer.findings.text import safe
from aib2packer.lazy.models import replace
from aib2packer.options import Layout, Options
from aib2packer.packer.layout import BUILD_ENDING, RECORD
from aib2packer.text.source import FileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from aib2packer.app.estate import Remit
    from aib2packer.app.inputs import Template
    from aib2packer.app.into import SharedFolder
    from aib2packer.app.run import Fetch
    from aib2packer.audit.baseline import Baseline
    from aib2packer.cli.baselines import Accepting
    from aib2packer.estate.kept import Kept
    from aib2packer.estate.landing import Landing
    from aib2packer.fetch import Fetcher
    from aib2packer.findings.model import Finding


# Endings that nobody gives a folder; a file of one is nothing that Packer reads.
_DEEPEST = 8  # folders between a build and the record above it
_NO_FOLDERS = {".hcl", ".hcl2", ".tf", ".tfvars", ".json", ".jsonc", ".bicep"}
_NO_FOLDERS |= {".txt", ".md", ".yml", ".yaml", ".toml", ".sh", ".ps1"}


@click.command("convert", cls=SectionedCommand)
@click.argument("templates", metavar="[TEMPLATE]...", nargs=-1, is_eager=True, type=FILE_NAME)
@options.inputs
@options.output
@options.conversion
@options.parameters
@options.findings
def convert_command(  # noqa: PLR0913 - what is named here is not for a dataclass
    templates: tuple[str, ...],
    output: str | None,
    into: str | None,
    parameter_files: tuple[str, ...],
    *,
    subscription: str | None,
    baseline: str | None,
    write_baseline: str | None,
    most: int,
    strict: bool,
    **given: object,
) -> None:
    """Convert image templates to Packer builds.

    TEMPLATE is a JSON, Bicep or Terraform file, a folder that is searched for them, the id of an image template in Azure, or -
    for standard input, which is also read if there is none. Several templates, or a folder, need -o DIR: each gets a folder of
    its own there. What is in Azure is read by the Azure CLI (az), and kept beside the output.

    \b
      aib2packer convert web.json > web.pkr.hcl
      aib2packer convert web.json -o builds/web -p web.parameters.json
      aib2packer convert images/ -o builds/ --exclude 'lab/**'
      aib2packer convert web.json --into packer/
      aib2packer convert /subscriptions/ID/.../imageTemplates/web -o web
      az rest --url "$ID?api-version=2025-10-01" | aib2packer convert -o web

    Exit status: 0 converted; 1 an error, and no HCL, or findings at the level of --fail-on, or --check found a difference;
    2 wrong usage, or files that cannot be read or written.
    """  # noqa: D301 - click's mark for lines that stay as they are
    in_azure = not templates and (subscription is not None or given["resource_group"] is not None)
    context, arguments = click.get_current_context(), templates or (STDIN,)
    many = in_azure or len(arguments) > 1 or any(is_folder(Path(argument)) for argument in arguments)
    file, folder = _target(output, many=many) if into is None else (None, Path(into))
    for wrong, message in (
        (
            not templates and not in_azure and sys.stdin is not None and sys.stdin.isatty(),
            "No template given. Name a file or a folder, or pipe a template in.",
        ),
        (into is not None and output is not None, "Give either --into DIR or -o, not both."),
        ("" in {*templates, output, into}, "The name of a file is empty."),
        (bool(templates) and subscription is not None, "Give either TEMPLATE or --subscription, not both."),
        (
            any(is_in_azure(argument) and not is_image_template(argument) for argument in templates),
            "The id of an image template ends in /providers/Microsoft.VirtualMachineImages/imageTemplates/NAME.",
        ),
        (
            given["fetch"] and folder is None,
            "--fetch lays files beside the HCL, and needs a folder to write to: -o DIR.",
        ),
        (many and folder is None, "A folder or several templates need a folder to write to: -o DIR."),
        (
            given["emit"] is not None and folder is not None,
            "--emit chooses what goes to standard output or to one file: a folder gets both builds.",
        ),
        (
            given["layout"] is not Layout.SINGLE and folder is None,
            "--layout split writes several files, and needs a folder to write to: -o DIR.",
        ),
        (
            given["check"] and file is None and folder is None,
            "--check compares with the files that an earlier run has written: give -o PATH.",
        ),
        (given["check"] and given["prune"], "--check writes nothing, and --prune removes files: give one of them."),
        (given["quiet"] and given["verbose"], "-q and -v exclude each other."),
        *meant_for_one(given, many=many),
    ):
        if wrong:
            raise click.UsageError(message)
    if strict and given["fail_on"] is Severity.ERROR:
        given["fail_on"] = Severity.LOSS
    reporting = picked(Reporting, given)
    listed: tuple[Finding, ...] = ()
    links: list[Path] = []
    try:
        accepted = _baseline(baseline, most)
        given["parameter_files"] = options.read_parameters(parameter_files, most)
        if in_azure:
            from aib2packer.app.azure.template_reading import list_templates

            group = cast("str | None", given["resource_group"])
            print_waiting("Waiting for az, which lists the image templates.", quiet=reporting.quiet)
            arguments, listed = list_templates(subscription, group, folder, check=bool(given["check"]), most=most)
        inputs = collect(arguments, folder, cast("tuple[str, ...]", given["exclude"]), links.append)
        _require_kept(inputs, (*parameter_files, baseline or ""), reporting)
    except FileError as error:
        sys.exit(_refuse(error, reporting))
    of_run: dict[str, object] = {"file": file, "folder": folder, "into": _shared(into), "most": most, "fetcher": _fetcher()}
    of_run |= {
        "estate": many and into is None,
        **_in_estate(folder),
        **_recorded(folder),
        **_accepting(accepted),
    }
    request = picked(Request, given | {"options": picked(Options, given)} | of_run)
    try:
        jobs = configured(context, inputs, request, quiet=reporting.quiet)
        _require_places(jobs)
    except FileError as error:
        sys.exit(_refuse(error, reporting))
    if many and not reporting.quiet:
        echo(about_all(context, len(inputs)))
    with Writing(folder) as writing:
        if many:
            results, telling = _run(jobs, writing, reporting), Telling(reporting, many=True, links=links, templates=inputs)
        else:
            few = [*_run_one(*jobs[0], writing, reporting)]
            results, telling = iter(few), Telling(reporting, many=len(few) > 1)
        _tell(telling, listed, request)
        accepting, whole = _marking(accepted, request, new=write_baseline), any(one.found for one in inputs)
        remit = _remit(None if in_azure else inputs, folder)
        del inputs, jobs  # of an estate they are large, and not needed any more when the results are there
        kept, failing = _keep(results, accepting, telling, writing, request)
        asked = replace(request, write=writing.write)
        status = (
            accepting.end(write_baseline, asked, telling.say, whole=whole, quiet=reporting.quiet)
            if accepting is not None
            else 0
        )
        landing = _land(kept, asked, telling, remit)
        telling.say(safe("" if reporting.quiet else about_replacements(context, telling.renamed)))
        sys.exit(max(status, _finish(telling, writing, landing, kept), _say_why(failing, reporting)))


def _recorded(folder: Path | None) -> dict[str, object]:
    """What earlier runs have written below a folder, and where they have put what, as far as that is on record."""
    if folder is None or not os.path.lexists(folder / RECORD):
        return {}
    from aib2packer.estate.record import read

    record = read(folder)
    return {"written": record.files, "placed": record.builds}


def _in_estate(folder: Path | None) -> dict[str, object]:
    """The folder of all outputs that an earlier run has put this one into, as its record says; nothing for one by itself."""
    if folder is None:
        return {}
    from aib2packer.estate.record import read

    whole = folder.resolve()
    tops = (top for top in [*whole.parents][:_DEEPEST] if os.path.lexists(top / RECORD))
    found = next((top for top in tops if whole.relative_to(top).as_posix() in read(top).builds), None)
    return {} if found is None else {"in_estate": True, "top": found}


def _tell(telling: Telling, findings: Iterable[Finding], request: Request) -> None:
    """Tell findings that are about no template."""
    for finding in findings:
        exit_code, name = int(finding.reaches(request.fail_on)), finding.span.source.name
        telling.add(Result(name=name, outcome=Outcome.FOR_ALL, exit_code=exit_code, findings=(finding,)))


def _remit(inputs: Sequence[Template] | None, folder: Path | None) -> Remit | None:
    """What a run speaks for, by its inputs, or None for all that there is; None where there is no folder for all."""
    if folder is None:
        return None
    from aib2packer.app.estate import EVERYTHING, remit_of

    return EVERYTHING if inputs is None else remit_of(inputs, folder)


def _land(kept: Kept | None, request: Request, telling: Telling, remit: Remit | None) -> Landing | None:
    """Lay down what a run leaves for all of its templates; nothing where none became a build, or there is no folder for all."""
    if kept is None or remit is None or not kept.builds:
        return None
    from aib2packer.estate.landing import land

    with said_if_ended("Nothing was written."):
        landing = land(kept, kept.folder, request, remit)
    if landing.says_something:
        telling.add(landing.result)
    return landing


def _keep(
    results: Iterable[Result], accepting: Accepting | None, telling: Telling, writing: Writing, request: Request
) -> tuple[Kept | None, Failing]:
    """Put what belongs there on standard output, and have each told.

    Gives what is needed of them for all, if there is a folder for that, and what fails.
    """
    kept, failing = _for_all(request.folder), Failing(request.fail_on)
    with said_if_ended("" if request.folder is None else "Nothing was written."):
        for result in results if accepting is None else accepting.of(results):
            try:
                telling.add(_print_hcl(result))
            except BrokenPipeError:  # the reader has seen enough; click ends without a word
                telling.add(result)
                _finish(telling, writing)
                raise
            failing.add(result.findings)
            if kept is not None:
                kept.add(result)
    return kept, failing


def _for_all(folder: Path | None) -> Kept | None:
    """What keeps what is needed for all builds together; nothing is without a folder."""
    if folder is None:
        return None
    from aib2packer.estate.kept import Kept

    return Kept(folder)


def _finish(telling: Telling, writing: Writing, landing: Landing | None = None, kept: Kept | None = None) -> int:
    """Have all files take their places, those of the reports too, and say what there is to say; gives the exit status.

    What is stale of single results goes then.
    """
    telling.write_documents(writing.write)
    try:
        writing.commit()
    except OutputError as error:
        telling.none_written(error)
        telling.write_documents()
    else:
        for result in (*_pruned(() if kept is None else kept.stale), *(() if landing is None else landing.prune())):
            telling.add(result)
    return telling.end()


def _say_why(failing: Failing, reporting: Reporting) -> int:
    """Say how many findings fail, if that is only because the user wants it; gives the exit status that they make."""
    if failing.by_level and not reporting.findings.is_document:
        from aib2packer.cli.baselines import count_failing

        print_error(count_failing(failing.count))
    return int(bool(failing.count))


def _pruned(stale: Sequence[Result]) -> Iterator[Result]:
    """What the system refuses to remove of what single results had once."""
    if stale:
        from aib2packer.estate.landing import pruned

        for result in stale:
            if result.folder is not None:
                left = Result(name=result.name, outcome=Outcome.LEFT_OVER, exit_code=0, folder=result.folder)
                yield from pruned(result.folder, result.stale, left)


def _refuse(error: FileError, reporting: Reporting) -> int:
    """Say that an input cannot be read; gives the exit status."""
    telling = Telling(reporting, many=False)
    telling.add(at_rest(unreadable(error), with_account=True))
    telling.write_documents()
    return telling.end()


def _require_kept(inputs: Sequence[Template], others: Sequence[str], reporting: Reporting) -> None:
    """Refuse a file of what is reported that would replace an input, or another file that the run reads."""
    reports = [("--report", file) for file in reporting.reports]
    reports += [("--findings-file", file) for file in reporting.findings_files]
    read = {os.path.realpath(one) for one in (*(str(one.path or "") for one in inputs), *others) if one} if reports else set()
    for option, file in reports:
        if os.path.realpath(file) in read:
            message = f"{option} {file} would replace a file that this run reads. Give another file."
            raise click.UsageError(message)


def _baseline(file: str | None, most: int) -> Baseline | None:
    """What a baseline accepts; None where none is given.

    Raises:
        FileError: It cannot be read.

    """
    if file is None:
        return None
    from aib2packer.cli import baselines

    return baselines.read(file, most)


def _accepting(baseline: Baseline | None) -> dict[str, object]:
    """What a request has of a baseline."""
    return {} if baseline is None else {"accepted_in": baseline.reasons}


def _marking(baseline: Baseline | None, request: Request, *, new: str | None) -> Accepting | None:
    """What marks findings that a baseline accepts, and finds those for a new one; None where there is neither."""
    if baseline is None and new is None:
        return None
    from aib2packer.cli.baselines import Accepting

    return Accepting(baseline, request.fail_on)


def _shared(folder: str | None) -> SharedFolder | None:
    """The folder with builds that `--into` names."""
    if folder is None:
        return None
    from aib2packer.app.into import SharedFolder

    return SharedFolder(Path(folder))


def _fetcher() -> Fetch:
    """What fetches for the whole run; made when it is first needed."""
    from functools import cache

    @cache
    def fetcher() -> Fetcher:
        from aib2packer.fetch import Fetcher

        return Fetcher()

    return lambda assets, advance: fetcher().fetch(assets, advance)


def _run_one(template: Template, request: Request, writing: Writing, reporting: Reporting) -> Iterator[Result]:
    """The results of one input."""
    quiet = reporting.quiet or reporting.findings.is_document
    if (what := doing(template)) != template.name:
        print_waiting(f"{what[0].upper()}{what[1:]}", quiet=quiet)
    asked = replace(request, write=writing.write)
    for result in make(replace(template, folder=PurePosixPath()), asked, partial(fetching, quiet=quiet)):
        if request.written and result.contents and result.folder == request.folder:  # which has what is about several builds
            from aib2packer.app.estate import refused_at_top

            yield refused_at_top(template, request)
        else:
            yield at_rest(deliver(result, asked), with_account=bool(reporting.reports))


def _run(jobs: Sequence[tuple[Template, Request]], writing: Writing, reporting: Reporting) -> Iterator[Result]:
    """The results of several templates, and of what lies in the folder that belongs to none of them."""
    from aib2packer.app.estate import run_all

    first, request = jobs[0]
    held_back, all_silent, folders = None, True, set()
    with progress(jobs, _named, quiet=reporting.quiet or reporting.findings.is_document, label="Converting") as running:
        made = run_all(jobs, writing.write, with_account=bool(reporting.reports))
        for _, results in zip(running, made, strict=True):
            for result in results:
                all_silent &= result.outcome is Outcome.NO_TEMPLATE
                if request.check:
                    folders.add(result.folder)
                if held_back is None and all_silent:
                    held_back = result  # which is told more, if there is no image template at all
                else:
                    yield result
    if held_back is not None and all_silent:
        message = "neither this file nor any other that was found holds an image template"
        finding = about_file(NO_IMAGE_TEMPLATE, first.name, message, help="Give other files or folders.")
        held_back = replace(held_back, exit_code=2, findings=(finding,))
    elif request.check and request.folder and not request.into and any(template.found for template, _ in jobs):
        yield from check_leftovers(request.folder, folders)
    if held_back is not None:
        yield held_back


def _require_places(jobs: Sequence[tuple[Template, Request]]) -> None:
    """Refuse folders that a configuration gives to more than one template."""
    taken: dict[str, str] = {}
    for template, _ in jobs:
        other = taken.setdefault(str(template.folder).casefold(), template.name)
        if other != template.name:
            reason = f"goes to the folder {template.folder}, as {other} does"
            raise FileError(template.name, reason, "Write a folder with {stem} or {folder} in it.")


def _named(job: tuple[Template, Request] | None) -> str:
    if job is None:
        return ""
    what, is_fetched = doing(job[0]), job[1].fetch
    return f"{what}, and what it fetches" if is_fetched else what


def _target(output: str | None, *, many: bool) -> tuple[Path | None, Path | None]:
    """The file or the folder that `-o` names; neither for standard output."""
    if output is None or output == "-":
        return None, None
    path = Path(output)
    if output.endswith(("/", os.sep)) or is_folder(path):
        return None, path
    if path.name.endswith(BUILD_ENDING):
        return path, None
    if path.suffix.lower() in _NO_FOLDERS and not path.exists():
        meant = path.with_name(f"{path.stem.removesuffix('.hcl').removesuffix('.pkr')}{BUILD_ENDING}")
        message = f"{output} is not the name of an HCL file that Packer reads. Did you mean {meant}, or the folder {output}/?"
        if many:
            message = f"A folder or several templates need a folder to write to. Did you mean the folder {output}/?"
        raise click.BadParameter(message, param_hint="-o")
    return None, path


def _print_hcl(result: Result) -> Result:
    """Put HCL on standard output, as bytes: UTF-8 and LF, whatever the system would make of text. Gives what became of it."""
    if result.hcl is None:
        return result
    reason: str | None = "closed"
    if sys.stdout is not None:
        try:
            click.echo(result.hcl, nl=False)
        except BrokenPipeError:
            raise
        except OSError as error:
            reason = error.strerror
        else:
            return result
    finding = about_file(NOT_WRITTEN, "<stdout>", f"standard output cannot be written ({reason})", help="Give -o FILE.")
    return replace(result, outcome=Outcome.NOT_WRITTEN, exit_code=2, findings=(*result.findings, finding))
