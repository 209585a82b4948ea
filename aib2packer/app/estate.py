"""Runs of many templates: by all processors where that pays, with the results in the order of the templates."""

from __future__ import annotations

import os
from collections import deque
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from aib2packer.app.folders import Folders
from aib2packer.app.inputs import given_path, way
from aib2packer.app.output import OutputError
from aib2packer.app.run import Outcome, Result, at_rest, deliver, make, not_written
from aib2packer.lazy.models import dataclass, replace
from aib2packer.packer.layout import AZURE_FILE, RECORD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from aib2packer.app.inputs import Template
    from aib2packer.app.run import Request, Write

    Job = tuple[Template, Request]

ALL_PROCESSORS_FROM = 200
"""How many templates there are where starting processes for them begins to pay: each takes a tenth of a second to be ready."""
_AT_ONCE = 8  # templates that a process is given at a time
_AHEAD = 4  # times as much is given to a process before its turn to be written comes: what waits has its files with it


@dataclass(frozen=True, slots=True)
class Remit:
    """The templates of a run and the folders that it searches, by their ways from the folder of all outputs."""

    sources: frozenset[str] = frozenset()
    roots: frozenset[str] = frozenset()
    """"" is a folder that all may come from."""

    def has(self, source: str) -> bool:
        """Whether a run knows what has become of a source: it has that, or would have found it."""
        return source in self.sources or any(not root or source.startswith(f"{root}/") for root in self.roots)


EVERYTHING = Remit(roots=frozenset({""}))


def remit_of(templates: Iterable[Template], top: Path) -> Remit:
    """What the templates of a run, whose outputs lie below one folder, speak for."""
    found = tuple(templates)
    roots = {root: way(root, top) for root in {one.root for one in found} if root is not None}
    return Remit(
        frozenset(source_of(one, top) for one in found) - {AZURE_FILE},
        frozenset("" if way in {None, "."} else str(way) for way in roots.values()),
    )


def source_of(template: Template, top: Path) -> str:
    """Where a template stands, alike from whichever folder a run is started; nothing of the machine."""
    found = None if template.path is None or template.resource is not None else way(template.path, top)
    return given_path(template) if found is None else found


def refused_at_top(template: Template, request: Request) -> Result:
    """The result of a run that would lay single builds at the top of a folder which has what is about several."""
    top = request.folder or Path()
    source = source_of(template, top)
    own = next((place for place, one in request.placed.items() if one == source), None)
    alone = "give another folder" if own is None else f"name its folder: -o {top / own}"
    reason = f"holds the builds of {RECORD}, with files about all of them, and no single one at its top; nothing was written"
    error = OutputError(top, reason, f"Convert all templates together. For one alone, {alone}.")
    return not_written(Result(name=template.shown, outcome=Outcome.NOT_WRITTEN, exit_code=2), error)


def run_all(jobs: Sequence[Job], write: Write, *, with_account: bool) -> Iterator[tuple[Result, ...]]:
    """The results of each job, in the order of the jobs, whatever the number of processors.

    Args:
        jobs: Templates, each with what the user asked for.
        write: Writes the files of all of them, here in this process.
        with_account: Whether the account of each template's settings is wanted.

    """
    folders = _folders(jobs)
    for job, made in zip(jobs, _made(jobs, with_account=with_account), strict=True):
        request = replace(job[1], write=write)
        yield tuple(deliver(result, request) for result in _placed(made, *job, folders))


def _folders(jobs: Sequence[Job]) -> Folders:
    """The folders that there are to give. One whose template is gone is free; one of a template of other runs is not."""
    fixed = [template.folder for template, _ in jobs if template.is_placed]
    top, placed = (jobs[0][1].folder, jobs[0][1].placed) if jobs else (None, {})
    if top is None:
        return Folders(fixed, {})
    remit = remit_of((template for template, _ in jobs), top)
    fixed += [PurePosixPath(folder) for folder, source in placed.items() if not remit.has(source)]
    return Folders(fixed, {folder: source for folder, source in placed.items() if source in remit.sources})


def _placed(made: tuple[Result, ...], template: Template, request: Request, folders: Folders) -> tuple[Result, ...]:
    """The results of a job, with the folder that is called as a person would call it."""
    if request.folder is None or request.into or all(one.outcome is Outcome.NO_TEMPLATE for one in made):
        return made
    home, top = template.folder, request.folder
    source = source_of(template, top)
    if not template.is_placed:
        home = folders.of(source, template.folder, _called(made))
    before = top / template.folder
    return tuple(
        replace(
            one,
            home=home.as_posix(),
            on_record=source,
            folder=one.folder and top / home / one.folder.relative_to(before),
        )
        for one in made
    )


def _called(made: tuple[Result, ...]) -> str | None:
    """The name of the image template of a job; "" where it is not known, or there are several, None where nothing was read."""
    names = {one.facts.name for one in made if one.facts is not None}
    return None if not names else names.pop() if len(names) == 1 else ""


def _made(jobs: Sequence[Job], *, with_account: bool) -> Iterator[tuple[Result, ...]]:
    """The results of each job, before their files are delivered."""
    processes = _processors()
    if processes == 1 or len(jobs) < ALL_PROCESSORS_FROM or not all(map(_stands_alone, jobs)):
        yield from (_make(job, with_account=with_account) for job in jobs)
        return
    from concurrent.futures import ProcessPoolExecutor

    # What cannot be sent to another process, or is large, is not needed there. Most jobs have one request in common.
    requests = {id(request): replace(request, fetcher=None, written=None, placed={}) for _, request in jobs}
    pool = ProcessPoolExecutor(processes, initializer=_begin)
    try:
        waiting: deque[Future[list[tuple[Result, ...]]]] = deque()
        for start in range(0, len(jobs), _AT_ONCE):
            sent = [(template, requests[id(request)]) for template, request in jobs[start : start + _AT_ONCE]]
            waiting.append(pool.submit(_make_several, sent, with_account=with_account))
            if len(waiting) > _AHEAD * processes:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _make_several(jobs: Sequence[Job], *, with_account: bool) -> list[tuple[Result, ...]]:
    return [_make(job, with_account=with_account) for job in jobs]


def _make(job: Job, *, with_account: bool) -> tuple[Result, ...]:
    """The results of a job, as they wait for the others."""
    return tuple(at_rest(result, with_account=with_account) for result in make(*job))


def _processors() -> int:
    """How many this process may use, which in a container may be fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _stands_alone(job: Job) -> bool:
    """Whether nothing is shared with other jobs: what has been fetched, a folder, a program that would be started each time."""
    template, request = job
    is_file = template.path is not None and template.path.suffix.lower() != ".bicep"
    return is_file and not (request.fetch or request.verify or request.into)


def _begin() -> None:
    """Have a process end with its parent, and leave the signals to that: a terminal and a pipeline signal the whole group."""
    import gc
    from multiprocessing import parent_process
    from threading import Thread

    from aib2packer.app.interrupts import ignore

    def end() -> None:
        if parent := parent_process():
            parent.join()
            os._exit(1)  # has nothing open

    ignore()
    gc.freeze()
    Thread(target=end, daemon=True).start()
