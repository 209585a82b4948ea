"""Runs of many templates: by all processors where that pays, with the results in the order of the templates."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from aib2packer.app.run import at_rest, run
from aib2packer.lazy.models import replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aib2packer.app.inputs import Template
    from aib2packer.app.run import Request, Result

    Job = tuple[Template, Request]

ALL_PROCESSORS_FROM = 200
"""How many templates there are where starting processes for them begins to pay: each takes a tenth of a second to be ready."""
_AT_ONCE = 8  # templates that a process is given at a time


def run_all(jobs: Sequence[Job], *, with_account: bool) -> Iterator[tuple[Result, ...]]:
    """The results of each job, in the order of the jobs, whatever the number of processors.

    Args:
        jobs: Templates, each with what the user asked for.
        with_account: Whether the account of each template's settings is wanted.

    """
    done = partial(_run, with_account=with_account)
    processes = _processors()
    if processes == 1 or len(jobs) < ALL_PROCESSORS_FROM or not all(map(_stands_alone, jobs)):
        yield from map(done, jobs)
        return
    from concurrent.futures import ProcessPoolExecutor

    pool = ProcessPoolExecutor(processes, initializer=_begin)
    try:
        yield from pool.map(done, map(_sent, jobs), chunksize=_AT_ONCE)
    finally:
        pool.shutdown(cancel_futures=True)  # what is being written is written whole


def _processors() -> int:
    """How many this process may use, which in a container may be fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _run(job: Job, *, with_account: bool) -> tuple[Result, ...]:
    return tuple(at_rest(result, with_account=with_account) for result in run(*job))


def _stands_alone(job: Job) -> bool:
    """Whether nothing is shared with other jobs: what has been fetched, or a program that would be started many times over."""
    template, request = job
    is_file = template.path is not None and template.path.suffix.lower() != ".bicep"
    return is_file and not (request.fetch or request.verify)


def _sent(job: Job) -> Job:
    """The job without what cannot be sent to another process, and is not needed there."""
    template, request = job
    return template, replace(request, fetcher=None)


def _begin() -> None:
    """Have a process end with its parent, and leave ctrl-C to that: it lets what was begun be finished."""
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
