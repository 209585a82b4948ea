"""Converts many mutated inputs and counts what becomes of them.

Usage: python -m tests.fuzz.campaign [--count 100000] [--seed 1] [--processes 2] [--kind KIND] [--only NUMBER]

The inputs are the cases of the project and, where ../shared/corpus is, the public templates in it; every tenth is a template
that tries to run away, and every tenth of another kind (`tests/fuzz/trials.py`); with `--kind`, all are. Memory is limited.
Each is made from the seed and its number, so that `--only NUMBER` makes it again, prints what it makes and what comes of it.
Ends with 1 where a conversion raised, took too long, or gave something else the second time.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NoReturn

from aib2packer import Conversion, InputError, Options, OsType, Severity
from aib2packer.findings import text
from aib2packer.text.source import decode
from tests.cases import CASES, folder_of, read_case
from tests.fuzz.growth import grown
from tests.fuzz.mutations import mutate
from tests.fuzz.trials import KINDS, Trial, converted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CORPUS = Path(os.environ.get("AIB2PACKER_CORPUS") or Path(__file__).parent.parent.parent.parent / "shared/corpus") / "files"
SLOW_SECONDS = 2.0
ENDLESS_SECONDS = 60
TWICE = 20
"""Every so many inputs are converted a second time."""
GROWING = 10
"""Every so many inputs are made to run away."""
MEMORY = 1 << 30
"""The address space that a process of the campaign may have."""
_LARGEST = 60_000  # bytes: a few larger files would take most of the time
_CHUNK = 500

_VALUES = decode((folder_of("arm-values-defaults") / "arm-values.parameters.json").read_bytes(), "arm-values.parameters.json")
OPTIONS = (
    Options(),
    Options(side_files=True),
    Options(side_files=True, os_type=OsType.LINUX, resolve=True, location="westeurope"),
    Options(os_type=OsType.WINDOWS, settings=("imageName=web", "location=west us 2", "x=[1, 2]"), parameter_files=(_VALUES,)),
    Options(replace_iso="RedHat:RHEL:7_9", subscription_id="33333333-3333-3333-3333-333333333333", resource_group="g"),
)


@dataclass
class Outcome:
    """What became of some inputs: how many of each kind, and those that need a look, by number."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[int, str, str]] = field(default_factory=list)
    """Number, kind, and what is known about it."""
    slowest: tuple[float, int] = (0, -1)
    """Seconds of CPU, and number."""
    peak: int = 0
    """The most memory that a process had, in MB."""

    def add(self, other: Outcome) -> None:
        """Take in what became of others."""
        self.counts += other.counts
        self.failures += other.failures
        self.slowest = max(self.slowest, other.slowest)
        self.peak = max(self.peak, other.peak)


@cache
def inputs(*, with_corpus: bool = True) -> tuple[tuple[str, bytes], ...]:
    """The files to start from: name and contents."""
    own = [(f"{case}.json", read_case(case)[0]) for case in CASES]
    corpus = sorted(CORPUS.rglob("*.json")) if with_corpus else []
    public = [(file.relative_to(CORPUS).as_posix(), file.read_bytes()) for file in corpus if file.stat().st_size < _LARGEST]
    return (*own, *public)


@cache
def _parsed(name: str, *, with_corpus: bool) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(dict(inputs(with_corpus=with_corpus))[name].decode("utf-8-sig"))
    except ValueError:
        return None


def trial(seed: int, number: int, *, with_corpus: bool = True, kind: str | None = None) -> Trial:
    """What to try that has this number."""
    random = Random(f"{seed}-{number}")  # noqa: S311 - no secret
    if kind is not None:
        return KINDS[kind](random)
    if number % GROWING == 0:
        return Trial("grown.json", json.dumps(grown(random)).encode(), random.choice(OPTIONS))
    if number % GROWING == 1:
        return list(KINDS.values())[number // GROWING % len(KINDS)](random)
    name, data = random.choice(inputs(with_corpus=with_corpus))
    options = random.choice(OPTIONS)
    return Trial(name, mutate(data, _parsed(name, with_corpus=with_corpus), random), options)


def try_inputs(seed: int, numbers: Sequence[int], *, with_corpus: bool = True, kind: str | None = None) -> Outcome:
    """Convert the inputs with those numbers."""
    outcome = Outcome()
    signal.signal(signal.SIGVTALRM, _endless)
    for number in numbers:
        tried = trial(seed, number, with_corpus=with_corpus, kind=kind)
        start = time.process_time()  # of this process: what else the machine does is not counted
        signal.setitimer(signal.ITIMER_VIRTUAL, ENDLESS_SECONDS)
        try:
            came, wrong = _try(tried, twice=number % TWICE == 0)
        except Exception as error:  # noqa: BLE001 - this is what we are looking for
            came, wrong = "traceback", f"{_where(error)}: {type(error).__name__}: {str(error)[:200]}"
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        took = (time.process_time() - start) / (2 if number % TWICE == 0 else 1)
        outcome.peak = max(outcome.peak, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
        outcome.slowest = max(outcome.slowest, (took, number))
        if not wrong and took > SLOW_SECONDS:
            came, wrong = "slow", f"{took:.1f} s"
        outcome.counts[came] += 1
        if wrong:
            outcome.failures.append((number, came, f"{tried.name}: {wrong}"))
    return outcome


def _try(tried: Trial, *, twice: bool) -> tuple[str, str]:
    """Try one; the kind of what comes of it, and what is wrong with it."""
    try:
        first = converted(tried)
        again = converted(tried) if twice else first
    except InputError:
        return "no text", ""
    if not isinstance(first, Conversion):
        return ("a run that converts all", "a run with errors", "a run that fails")[first[0]], _difference(first, again)
    failed = any(finding.severity is Severity.ERROR for finding in first.findings)
    if (first.hcl is None) != failed:
        return "neither HCL nor an error", f"HCL: {first.hcl is not None}, error: {failed}"
    return ("errors" if failed else "converted"), _difference(_shown(first), _shown(again) if twice else _shown(first))


def _difference(first: object, again: object) -> str:
    return "" if first == again else "the second conversion differs"


def _shown(conversion: Conversion) -> tuple[bytes, ...]:
    """All that a conversion gives, as it is written."""
    files = (piece for path, data in conversion.files.items() for piece in (path.encode(), data))
    return (conversion.hcl or "").encode(), text.render(conversion.findings, color=True).encode(), *files


def _endless(_signal: int, _frame: object) -> NoReturn:
    message = f"no end after {ENDLESS_SECONDS} seconds"
    raise TimeoutError(message)


def _where(error: Exception) -> str:
    """The innermost place in the package."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "aib2packer/" in frame.filename]
    last = frames[-1] if frames else traceback.extract_tb(error.__traceback__)[-1]
    return f"{last.filename.rpartition('aib2packer/')[2]}:{last.lineno}"


def run(seed: int, count: int, processes: int, kind: str | None) -> Outcome:
    """Try `count` inputs, in several processes."""
    chunks = [range(start, min(start + _CHUNK, count)) for start in range(0, count, _CHUNK)]
    total = Outcome()
    with ProcessPoolExecutor(processes, initializer=_as_on_the_command_line) as pool:
        for done, outcome in enumerate(pool.map(partial(try_inputs, seed, kind=kind), chunks), start=1):
            total.add(outcome)
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{done * _CHUNK:,}")
    return total


def _as_on_the_command_line() -> None:
    """Collect garbage as seldom, and take as much memory."""
    gc.set_threshold(50_000)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def report(outcome: Outcome) -> Iterable[str]:
    """The figures, and each failure."""
    seconds, slowest = outcome.slowest
    yield f"{sum(outcome.counts.values()):,} inputs, {outcome.peak} MB at most, {seconds:.2f} s at most (number {slowest})"
    for kind, number in outcome.counts.most_common():
        yield f"{number:10,} {kind}"
    for number, kind, what in sorted(outcome.failures):
        yield f"{number}: {kind}: {what}"


def main() -> int:
    """Run it from the command line; gives the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--kind", choices=KINDS)
    parser.add_argument("--only", type=int, metavar="NUMBER")
    arguments = parser.parse_args()
    if arguments.only is not None:
        tried = trial(arguments.seed, arguments.only, kind=arguments.kind)
        sys.stdout.buffer.write(tried.data or b"".join(tried.files.values()))
        sys.stderr.write(f"\n{tried.name} with {tried.options}\n")
        came = converted(tried)
        shown = text.render(came.findings, color=False) if isinstance(came, Conversion) else came[1].decode()
        sys.stderr.write(f"{shown}\n")
        return 0
    start = time.perf_counter()
    outcome = run(arguments.seed, arguments.count, arguments.processes, arguments.kind)
    print(*report(outcome), f"in {time.perf_counter() - start:.0f} s, seed {arguments.seed}", sep="\n")  # noqa: T201 - figures
    return 1 if outcome.failures else 0


if __name__ == "__main__":
    sys.exit(main())
