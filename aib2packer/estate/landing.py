"""Lays down what a run of several templates leaves for all of them, and sees to what earlier runs have left."""

from __future__ import annotations

from contextlib import suppress
from heapq import merge
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, cast

from aib2packer.app.interrupts import deferred
from aib2packer.app.output import OutputError, write
from aib2packer.app.run import Outcome, Result, check_files, not_written, without_own
from aib2packer.estate import record
from aib2packer.estate.files import estate_files
from aib2packer.estate.model import Estate, EstateBuild
from aib2packer.estate.pipelines import lacks, pipeline_builds
from aib2packer.estate.record import Record
from aib2packer.findings.codes import LEFT_OVER, NOT_OF_ALL, OTHER_BUILDS
from aib2packer.findings.model import about_file
from aib2packer.findings.text import listed
from aib2packer.lazy.models import dataclass, replace
from aib2packer.packer.layout import AT_TOP, BUILD_ENDING, RECORD
from aib2packer.system.digests import Digests
from aib2packer.system.packed import PackedText, Picked, digest_of

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from aib2packer.app.estate import Remit
    from aib2packer.app.run import Request
    from aib2packer.estate.kept import Kept
    from aib2packer.estate.record import Stale
    from aib2packer.findings.model import Finding
    from aib2packer.packer.facts import Facts
    from aib2packer.system.packed import Content

_PATHS = 10


@dataclass(frozen=True, slots=True)
class Landing:
    """What is left to do when the files of a run have taken their places, and what there is to say, as a result of its own."""

    folder: Path
    result: Result
    to_remove: tuple[str, ...] = ()

    @property
    def says_something(self) -> bool:
        """Whether the result says anything but that all went well."""
        return bool(self.result.findings or self.result.exit_code)

    def prune(self) -> tuple[Result, ...]:
        """Remove the files of earlier runs that nobody has changed; gives what was removed, and what the system refuses."""
        return pruned(self.folder, self.to_remove, self.result)


def pruned(folder: Path, paths: Sequence[str], result: Result) -> tuple[Result, ...]:
    """Remove files; gives what was removed, and what the system refuses, as a result.

    They stay on record until they are gone: what a killed run has left, the next one knows.
    """
    findings = []
    removed: list[str] = []
    with deferred():
        for path in paths:
            try:
                record.remove(folder, path)
                removed.append(path)
            except OSError as error:
                message = f"an earlier run has made this file, and it cannot be removed ({error.strerror or error})"
                findings.append(about_file(LEFT_OVER, str(folder / path), message, "Delete it."))
        if removed:
            _forget(folder, set(removed))
    return (replace(result, findings=tuple(findings), removed=tuple(removed)),) if findings or removed else ()


def _forget(folder: Path, removed: Container[str]) -> None:
    """Take files off the record. Where that cannot be written, the next run sees for itself that they are gone."""
    before = record.read(folder)
    if not before.files:  # the folder of one build, which has no record of its own
        return
    files = ((path, digest) for path, digest in before.files.items() if path not in removed)
    with suppress(OutputError):
        write(folder, {RECORD: record.text(files, before.builds)}, force=True)


def estate_of(kept: Kept) -> Estate:
    """The builds of a run, in the order of their folders, and what they have in common."""
    places = sorted(kept.builds)
    shared = kept.values.shared(places)
    return Estate(
        _Builds(kept.results, places),
        Picked(kept.results, kept.failed),
        shared,
        frozenset(value.name for value in shared),
    )


class _Builds:
    """Builds by their folders and the numbers of their results, each made anew whenever they are gone through."""

    def __init__(self, results: Sequence[Result], places: Sequence[tuple[str, int]]) -> None:
        self._results = results
        self._places = places

    def __iter__(self) -> Iterator[EstateBuild]:
        for path, number in self._places:
            result = self._results[number]
            yield EstateBuild(path, result, cast("Facts", result.facts))


def land(kept: Kept, folder: Path, request: Request, remit: Remit) -> Landing:
    """Write, or check, what a run leaves for all of its templates.

    Args:
        kept: What became of each.
        folder: The folder of all.
        request: What the user asked for.
        remit: What the run speaks for. What earlier runs made of other templates stays, and so does what is about all.

    """
    estate = estate_of(kept)
    every = estate_files(estate)
    before = Record(request.written or Digests(), request.placed)
    recorded = before.files
    ours = without_own(folder, every, check=request.check)
    files = {path: one for path, one in every.items() if path in ours or record.is_as_written(folder, path, recorded)}
    others = _of_others(folder, before, kept.homes, remit)
    not_made = _not_made(recorded, kept) if recorded else {}
    of_builds = {path: digest for path, digest in not_made.items() if path not in every and path != RECORD}
    left = record.stale(folder, of_builds, (*_untouched(kept, folder), *others)) if of_builds else ()
    if others:
        files, left = {}, tuple(one for one in left if one.path.partition("/")[0] not in AT_TOP)
    homes = {path for path, _ in kept.builds} if request.force else set()
    gone = tuple(one.path for one in left if not one.edited and (request.prune or _is_part(one.path, homes)))
    findings = (
        *_findings(folder, [one for one in left if one.path not in gone]),
        *(_told_of_others(folder, others) if others else _incomplete(folder, estate, every.keys() - files.keys())),
    )
    result = Result(name=str(folder), outcome=Outcome.FOR_ALL, exit_code=0, findings=findings, folder=folder)
    if request.check:
        checked = check_files(replace(result, findings=()), folder, files, request.written)
        return Landing(folder, replace(checked, outcome=Outcome.FOR_ALL, findings=(*checked.findings, *findings)))
    files[RECORD] = _record(before, not_made, kept, folder, files)
    try:
        as_written = {path for path in files if path == RECORD or record.is_as_written(folder, path, recorded)}
        request.write(folder, {path: content for path, content in files.items() if path in as_written}, force=True)
        others_own = {path: content for path, content in files.items() if path not in as_written}
        request.write(folder, others_own, force=request.force)
    except OutputError as error:
        return Landing(folder, replace(not_written(result, error), outcome=Outcome.FOR_ALL))
    return Landing(folder, result, gone)


def _is_part(path: str, homes: Collection[str]) -> bool:
    """Whether Packer would read a file beside those of a build in one of these folders."""
    return path.endswith(BUILD_ENDING) and path.rpartition("/")[0] in homes


def _of_others(folder: Path, before: Record, homes: Container[str], remit: Remit) -> tuple[str, ...]:
    """The folders that earlier runs gave to templates which this one knows nothing of."""
    return tuple(
        place
        for place, source in before.builds.items()
        if place not in homes and not remit.has(source) and (folder / place).is_dir()
    )


def _told_of_others(folder: Path, others: Sequence[str]) -> Iterator[Finding]:
    message = f"the files for all builds stay as they are: this run was not given the templates of {_some(others)}"
    yield about_file(NOT_OF_ALL, str(folder), message, "Convert all templates together to bring them up to date.")


def _incomplete(folder: Path, estate: Estate, kept: Collection[str]) -> Iterator[Finding]:
    """What pipelines lack that somebody has changed."""
    builds = pipeline_builds(estate) if kept else ()
    for path in sorted(kept):
        there = record.content(folder, path)
        if there is not None and (said := lacks(builds, path, there)):
            message = f"somebody has changed this file, so it stays as it is: it {said}"
            yield about_file(OTHER_BUILDS, str(folder / path), message, "Change it by hand, or delete it and convert again.")


def _some(paths: Sequence[str]) -> str:
    return listed(paths[:_PATHS], len(paths))


def _findings(folder: Path, left: Sequence[Stale]) -> tuple[Finding, ...]:
    """What is said of files that earlier runs have made, and this one did not."""
    as_written, edited = ([one.path for one in left if one.edited is wanted] for wanted in (False, True))
    first = [_some(paths) for paths in (as_written, edited)]
    said = [f"earlier runs made files that this one does not make: {first[0]}"] if as_written else []
    said += [f"somebody has changed files that earlier runs made and this one does not make: {first[1]}"] if edited else []
    remedy = (
        "--prune removes them, and keeps what somebody has changed." if as_written else "Delete them if they are not needed."
    )
    return (about_file(LEFT_OVER, str(folder), "; ".join(said), remedy),) if said else ()


def _not_made(recorded: Digests, kept: Kept) -> dict[str, str]:
    """What earlier runs have written and no build of this one has."""
    made = bytearray(len(recorded))
    for result in kept.results:
        for path in _below(result, kept.folder, result.files):
            if (number := recorded.number(path)) is not None:
                made[number] = True
    return {path: digest for (path, digest), is_made in zip(recorded.items(), made, strict=True) if not is_made}


def _untouched(kept: Kept, folder: Path) -> Iterator[str]:
    """The folders of the templates that became no build this time."""
    for one in kept.results:
        if one.folder is not None and not one.files:
            yield one.folder.relative_to(folder).as_posix()


def _record(before: Record, left: Mapping[str, str], kept: Kept, folder: Path, files: Mapping[str, Content]) -> PackedText:
    """What there is to remember: what this run writes, what it let be, and what is still there of earlier ones.

    Args:
        before: What earlier runs have written.
        left: That of it which no build has.
        kept: What became of the templates.
        folder: The folder of all.
        files: What is written for all of them.

    """
    there = ((path, digest) for path, digest in sorted(left.items()) if path not in files and (folder / path).is_file())
    for_all = sorted((path, digest_of(content)) for path, content in files.items())
    made = merge(_made(before, kept, folder), there, for_all)
    return record.text(made, {**before.builds, **kept.homes}, files)


def _made(before: Record, kept: Kept, folder: Path) -> Iterator[tuple[str, str]]:
    """The files of the builds, with their digests; of those that are not written, those of earlier runs."""
    for path, number in sorted(kept.builds, key=lambda one: f"{one[0]}/"):
        result = kept.results[number]
        is_written = result.outcome is Outcome.CONVERTED
        for name, digest in sorted(result.files.items()):
            own = f"{path}/{name}"
            if is_written and digest:
                yield own, digest
            elif (earlier := before.files.get(own)) is not None and (folder / own).is_file():
                yield own, earlier


def _below(result: Result, folder: Path | None, files: Iterable[str]) -> Iterator[str]:
    """The files of a build, by path from the folder of all."""
    if result.folder is not None and folder is not None:
        place = PurePosixPath(result.folder.relative_to(folder).as_posix())
        yield from (str(place / path) for path in files)
