"""MIGRATION.md of all builds: which there are, what to do in which order, and how Image Builder is switched off."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from aib2packer.app.run import Outcome
from aib2packer.audit.gather import gather
from aib2packer.audit.model import ONLY_THE_BUILD_KNOWS
from aib2packer.estate.values import commands, given
from aib2packer.findings.model import Asks, Severity
from aib2packer.findings.text import capitalized, safe
from aib2packer.guide import cut_over
from aib2packer.guide.migration import PIPELINES_USED
from aib2packer.lazy.models import dataclass, replace
from aib2packer.lazy.patterns import pattern
from aib2packer.packer.layout import (
    CONSUMERS,
    ESTATE_VALUES,
    EXAMPLE,
    INVENTORIES,
    MIGRATION_PAGE,
    SINGLE_PIPELINES,
)
from aib2packer.packer.shell_words import Word
from aib2packer.packer.validation.validation_build import SIDE_BY_SIDE
from aib2packer.provenance.accounting import State, in_words
from aib2packer.rendering.markdown import Markdown, cell, code, codes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from aib2packer.audit.model import Cause, Chapter, Need
    from aib2packer.estate.model import Estate, EstateBuild
    from aib2packer.findings.model import Finding

_VARIABLE = pattern(r"\$\{?([A-Za-z_]\w*)")
_COLUMNS = ("what", "for", "id", "builds")
_LINKED = pattern(r"[\w./-]+")


@dataclass(frozen=True, slots=True)
class EstateRow:
    """A build in the table; the path is Markdown."""

    path: Markdown
    system: str
    source: str
    targets: tuple[str, ...]
    values: tuple[str, ...]
    act: int
    decide: int
    lost: int


@dataclass(frozen=True, slots=True)
class Stage:
    """Commands for one or several builds, under a name."""

    name: str
    commands: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """The commands, below a comment that names what they are for."""
        return (f"# {safe(self.name)}", *self.commands)


@dataclass(frozen=True, slots=True)
class ByHand:
    """What people must see to: things of one kind, and the commands for all of them."""

    title: str
    sentence: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """What is in the columns; names of builds and ids are Markdown."""
    commands: tuple[str, ...]
    remarks: str
    """What is to be said of the commands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EstatePage:
    """What the page shows; nothing is Markdown yet but paths, and backticks around code in sentences of ours."""

    rows: tuple[EstateRow, ...]
    failed: tuple[tuple[str, str], ...]
    """Templates without a build, and why."""
    left_out: int
    """How many of them are left out, because their condition is false."""
    settings: str
    """How many settings are converted, and how many lost, those of templates that failed included."""
    to_act_on: tuple[Cause, ...]
    to_decide: tuple[Cause, ...]
    lost: tuple[Cause, ...]
    by_hand: tuple[ByHand, ...]
    shared: tuple[str, ...]
    """The names of the values in the file for all."""
    values_file: str
    values_in: tuple[str, str]
    """A build that takes it, and all files of values that its command names; "" for none."""
    filled: tuple[str, ...]
    """Paths of the files that show what single builds want."""
    environments: tuple[str, ...]
    """Paths of the files of environments, of builds in which something is open."""
    first: Stage | None
    """The first build, by hand."""
    pipelines: tuple[tuple[str, str], ...]
    """Paths, and what is to be done with each."""
    starts: bool
    """Whether the pipelines start any build by themselves."""
    single_pipelines: str
    """The folder of the pipelines of single builds; "" for none."""
    query: tuple[str, ...]
    inventories: tuple[str, ...]
    compare: tuple[str, ...]
    before: tuple[str, ...]
    keep: tuple[Stage, ...]
    stop: tuple[Stage, ...]
    auto_run: tuple[str, ...]
    versions: tuple[Stage, ...]
    numbers_by_time: tuple[str, ...]
    back: tuple[Stage, ...]
    held_back: tuple[Stage, ...]
    let_count: tuple[Stage, ...]
    aside: tuple[Stage, ...]
    """Old managed images are moved out of the way."""
    moved_back: tuple[Stage, ...]
    can_wait: tuple[str, ...]
    """Builds with a variable by which their versions are held back."""
    delete: tuple[Stage, ...]
    identities: tuple[Stage, ...]
    subnets: tuple[Stage, ...]
    unregister: tuple[str, ...]


def page(estate: Estate, files: Sequence[str]) -> EstatePage:
    """The page of all builds; `files` are the paths of what lies beside it."""
    builds = estate.builds
    audit = gather([replace(build.result, name=build.path) for build in builds], short_names=False)
    services = [(build.path, build.facts.service) for build in builds]
    known = [build.facts.service for build in builds]
    return EstatePage(
        rows=tuple(map(_row, builds)),
        failed=tuple((one.source or safe(one.name), _why(one.findings)) for one in estate.failed),
        left_out=sum(one.outcome is Outcome.LEFT_OUT for one in estate.failed),
        settings=_settings(estate),
        to_act_on=audit.asked[Asks.ACT],
        to_decide=audit.decisions,
        lost=audit.lost,
        by_hand=tuple(_by_hand(chapter) for chapter in audit.by_hand if chapter.title != "Values"),
        shared=tuple(value.name for value in estate.shared),
        values_file=ESTATE_VALUES if ESTATE_VALUES in files else "",
        values_in=_values_in(estate),
        filled=tuple(
            f"{one.path}/{EXAMPLE}"
            for one in builds
            if EXAMPLE in one.result.files and not one.facts.launch.environments and not estate.has_all_of(one)
        ),
        environments=tuple(
            f"{one.path}/{file}" for one in builds if one.facts.values for file in one.facts.launch.environments
        ),
        first=None if not builds else _first(estate),
        pipelines=tuple(
            (path, words) for start, words in PIPELINES_USED.items() for path in files if path.startswith(start[:-4])
        ),
        starts=any(one.auto_run or one.triggers for one in known),
        single_pipelines=SINGLE_PIPELINES if any(path.startswith(f"{SINGLE_PIPELINES}/") for path in files) else "",
        query=(cut_over.run_consumers(CONSUMERS),) if CONSUMERS in files else (),
        inventories=tuple(name for name in INVENTORIES if name in files),
        compare=_compare([name for name in INVENTORIES if name in files]),
        before=cut_over.values(known),
        keep=_stages((path, (*cut_over.name(one), *cut_over.keep(one, path))) for path, one in services),
        stop=_stages((path, (*cut_over.name(one), *cut_over.stop(one))) for path, one in services),
        auto_run=tuple(path for path, one in services if one.auto_run),
        versions=_stages((path, cut_over.list_versions(one)) for path, one in services),
        numbers_by_time=tuple(path for path, one in services if one.counts and one.numbers_by_time),
        back=_stages((path, (*cut_over.name(one), *cut_over.start_again(one))) for path, one in services),
        held_back=_stages((path, cut_over.hold_back(one)) for path, one in services),
        let_count=_stages((path, cut_over.let_count(one)) for path, one in services),
        aside=_stages((path, cut_over.move_aside(one)) for path, one in services),
        moved_back=_stages((path, (*cut_over.move_back(one), *cut_over.renew(one))) for path, one in services),
        can_wait=tuple(one.path for one in builds if _can_wait(one)),
        delete=_stages(
            (path, (*cut_over.name(one), *cut_over.delete(one), *cut_over.delete_aside(one))) for path, one in services
        ),
        identities=_of_several(((path, one.identities) for path, one in services), cut_over.delete_identity),
        subnets=_of_several(((path, one.subnets) for path, one in services), cut_over.restore_subnet),
        unregister=cut_over.unregister(known),
    )


def _can_wait(build: EstateBuild) -> bool:
    return any(entry.name == SIDE_BY_SIDE.name for entry in build.facts.entries)


def _settings(estate: Estate) -> str:
    """How many settings are converted, and how many are lost in builds and in templates that failed."""
    failed = sum((one.states for one in estate.failed), Counter())
    built = sum((build.result.states for build in estate.builds), Counter())
    return in_words(failed + built, failed[State.LOST])


def _values_in(estate: Estate) -> tuple[str, str]:
    """The build with the most files of values that takes those for all, and how its command names them."""
    found = [(one.path, given(estate, one, one.facts.launch.builds[0])) for one in estate.builds if estate.shares(one)]
    path, options = max(found, key=lambda pair: len(pair[1]), default=("", ()))
    return path, " ".join(options)


def _row(build: EstateBuild) -> EstateRow:
    facts = build.facts
    counts = (build.to_act_on, build.decisions, build.lost)
    return EstateRow(_link(build.path), facts.system, facts.source, facts.targets, build.open_values, *counts)


def _link(path: str) -> Markdown:
    """The name of a build that leads to its page; only its name where a link would need escapes."""
    shown = cell(code(path))
    return Markdown(f"[{shown}]({path}/{MIGRATION_PAGE})") if _LINKED.fullmatch(path) and path.isascii() else shown


def _why(findings: Sequence[Finding]) -> str:
    errors = [one for one in findings if one.severity is Severity.ERROR]
    told = errors or findings
    return f"{capitalized(told[0].message)}. {told[0].help}" if told else "See what the run said."


def _by_hand(chapter: Chapter) -> ByHand:
    lines = tuple(dict.fromkeys(need.command for need in chapter.needs if need.command))
    variables = dict.fromkeys(name for line in lines for name in _VARIABLE.findall(line))
    remarks = []
    if any(len(need.templates) > 1 and _VARIABLE.search(need.scope) for need in chapter.needs):
        remarks.append("Builds may have different values for a variable: run its commands again with each.")
    if any(need.scope == ONLY_THE_BUILD_KNOWS for need in chapter.needs):
        remarks.append("A scope that only the build knows has no command: give the role where the page of the build says.")
    kept, rows = _table(chapter.needs)
    commands = (*(f"{name}=..." for name in variables), *lines)
    return ByHand(chapter.title, chapter.sentence, kept, rows, commands, " ".join(remarks))


def _table(needs: Sequence[Need]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The columns in which there is anything, and the rows."""
    rows = [
        (need.what, need.about, code(need.scope) if _is_id(need.scope) else need.scope, codes(need.templates)) for need in needs
    ]
    kept = [number for number, column in enumerate(zip(*rows, strict=True)) if any(column)]
    return tuple(_COLUMNS[number] for number in kept), tuple(tuple(row[number] for number in kept) for row in rows)


def _is_id(scope: str) -> bool:
    return "/" in scope or "$" in scope


def _compare(inventories: Sequence[str]) -> tuple[str, ...]:
    """How the scripts are run on two VMs, whose output the Azure CLI would cut."""
    for_linux, for_windows = INVENTORIES
    commands = {
        for_linux: (
            f"for vm in OLD NEW; do ssh $vm sudo sh -s < {for_linux} > $vm.txt; done",
            "diff OLD.txt NEW.txt",
        ),
        for_windows: (
            f"# on each VM, in PowerShell: ./{for_windows} > OLD.txt, and > NEW.txt on the other; then",
            "# Compare-Object (Get-Content OLD.txt) (Get-Content NEW.txt)",
        ),
    }
    return tuple(line for name in inventories for line in commands[name])


def _first(estate: Estate) -> Stage:
    """How to build the first one, which has the least open."""
    build = min(estate.builds, key=lambda one: (one.to_act_on + one.decisions + one.lost, len(one.open_values), one.path))
    return Stage(build.path, (f"cd {Word((build.path,))}", *commands(estate, build)))


def _stages(pairs: Iterable[tuple[str, tuple[str, ...]]]) -> tuple[Stage, ...]:
    return tuple(Stage(path, commands) for path, commands in pairs if commands)


def _of_several(pairs: Iterable[tuple[str, tuple[str, ...]]], commands: Callable[[str], tuple[str, ...]]) -> tuple[Stage, ...]:
    """The commands for each thing that several templates may have, once, under the names of these."""
    paths: dict[str, list[str]] = {}
    for path, things in pairs:
        for thing in things:
            paths.setdefault(thing, []).append(path)
    return tuple(Stage(", ".join(users), commands(thing)) for thing, users in paths.items())
