"""Runs of many templates: by all processors where that pays, with the results in the order of the templates."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from aib2packer.app.output import OutputError
from aib2packer.app.run import at_rest, not_written, run
from aib2packer.lazy.models import replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from aib2packer.app.inputs import Template
    from aib2packer.app.run import Request, Result, Write

    Job = tuple[Template, Request]
    # A folder, the files that belong in it, and whether they may replace others.
    Files = tuple[Path, Mapping[str, bytes], bool]

ALL_PROCESSORS_FROM = 200
"""How many templates there are where starting processes for them begins to pay: each takes a tenth of a second to be ready."""
_AT_ONCE = 8  # templates that a process is given at a time
_WAITING = 2_000  # templates that wait for a process, each of which takes room


def run_all(jobs: Sequence[Job], write: Write, *, with_account: bool) -> Iterator[tuple[Result, ...]]:
    """The results of each job, in the order of the jobs, whatever the number of processors.

    Args:
        jobs: Templates, each with what the user asked for.
        write: Writes the files of all of them, here in this process.
        with_account: Whether the account of each template's settings is wanted.

    """
    processes = _processors()
    if processes == 1 or len(jobs) < ALL_PROCESSORS_FROM or not all(map(_stands_alone, jobs)):
        for template, request in jobs:
            done = run(template, replace(request, write=write))
            yield tuple(at_rest(result, with_account=with_account) for result in done)
        return
    from concurrent.futures import ProcessPoolExecutor

    # What cannot be sent to another process is not needed there. Most jobs have one request in common.
    requests = {id(request): replace(request, fetcher=None) for _, request in jobs}
    make = partial(_make, with_account=with_account)
    pool = ProcessPoolExecutor(processes, initializer=_begin)
    try:
        for start in range(0, len(jobs), _WAITING):
            sent = [(template, requests[id(request)]) for template, request in jobs[start : start + _WAITING]]
            for made in pool.map(make, sent, chunksize=_AT_ONCE):
                yield tuple(_written(result, files, write) for result, files in made)
    finally:
        pool.shutdown(cancel_futures=True)


def _processors() -> int:
    """How many this process may use, which in a container may be fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _make(job: Job, *, with_account: bool) -> list[tuple[Result, Files | None]]:
    """The results of a job, each with the files that are to be written for it."""
    made: list[Files] = []

    def keep(folder: Path, files: Mapping[str, bytes], *, force: bool) -> None:
        made.append((folder, files, force))

    template, request = job
    results = [at_rest(result, with_account=with_account) for result in run(template, replace(request, write=keep))]
    files = iter(made)
    return [(result, next(files) if result.waits and made else None) for result in results]


def _written(result: Result, files: Files | None, write: Write) -> Result:
    if files is None:
        return result
    folder, contents, force = files
    try:
        write(folder, contents, force=force)
    except OutputError as error:
        return not_written(result, error)
    return result


def _stands_alone(job: Job) -> bool:
    """Whether nothing is shared with other jobs: what has been fetched, a folder, a program that would be started each time."""
    template, request = job
    is_file = template.path is not None and template.path.suffix.lower() != ".bicep"
    return is_file and not (request.fetch or request.verify or request.into)


def _begin() -> None:
    """Have a process end with its parent, and leave ctrl-C to that."""
    import gc
    import signal
    from multiprocessing import parent_process
    from threading import Thread

    from aib2packer.app.interrupts import end_in_order

    def end() -> None:
        if parent := parent_process():
            parent.join()
            os.kill(os.getpid(), signal.SIGTERM)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_in_order()
    gc.freeze()
    Thread(target=end, daemon=True).start()
