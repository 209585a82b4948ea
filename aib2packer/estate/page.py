"""MIGRATION.md of all builds: which there are, what to do in which order, and how Image Builder is switched off."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from aib2packer.app.run import Outcome
from aib2packer.audit.causes import Tellings
from aib2packer.audit.model import ONLY_THE_BUILD_KNOWS
from aib2packer.audit.needs import BY_HAND, Gathered
from aib2packer.estate.pipelines import schedule_of, watched
from aib2packer.estate.values import commands, needed
from aib2packer.findings.model import Asks, Severity, is_decision
from aib2packer.findings.text import capitalized, printable, safe
from aib2packer.guide import cut_over
from aib2packer.guide.migration import PIPELINES_USED
from aib2packer.lazy.models import dataclass, replace
from aib2packer.lazy.patterns import pattern
from aib2packer.packer.layout import (
    CONSUMERS,
    ENVIRONMENT_ENDING,
    ESTATE_VALUES,
    EXAMPLE,
    INVENTORIES,
    MIGRATION_PAGE,
    SINGLE_PIPELINES,
)
from aib2packer.packer.shell_words import Word, assignments_for
from aib2packer.packer.validation.validation_build import SIDE_BY_SIDE
from aib2packer.provenance.accounting import State, in_words
from aib2packer.rendering.markdown import Markdown, cell, code, codes, escape, fence_of, longest_run
from aib2packer.system.packed import Packed, PackedText

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from aib2packer.audit.model import Cause, Chapter, Need
    from aib2packer.estate.model import Estate, EstateBuild
    from aib2packer.findings.model import Finding
    from aib2packer.packer.facts import GalleryPlace, ImagePlace, Service

Place = TypeVar("Place", "GalleryPlace", "ImagePlace")
_VARIABLE = pattern(r"\$\{?[A-Za-z_]")
_COLUMNS = ("what", "for", "id", "builds")


@dataclass(frozen=True, slots=True)
class EstateRow:
    """A build in the table; what the template calls things is Markdown, which shows it as it is."""

    path: Markdown
    system: str
    source: Markdown
    targets: Markdown
    values: tuple[str, ...]
    act: int
    decide: int
    lost: int


class Stages:
    """Commands for one or several builds each, under names, as a block of code: in pieces, for an estate has many builds."""

    def __init__(self) -> None:
        self._text = PackedText()
        self._longest = 0  # run of backticks
        self._count = 0

    def add(self, name: str, commands: Iterable[str]) -> None:
        """Take in the commands for what has a name, if there are any."""
        if lines := [*map(printable, commands)]:
            block = "\n".join((f"# {safe(name)}", *lines))
            self._count += 1
            self._longest = max(self._longest, longest_run(block))
            self._text.add(f"{block}\n")

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Markdown]:
        if self:
            fence = fence_of(self._longest)
            yield Markdown(f"{fence}sh\n")
            yield from (Markdown(piece.decode()) for piece in self._text)
            yield Markdown(f"{fence}\n")


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

    rows: Sequence[EstateRow]
    failed: Sequence[tuple[str, str]]
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
    first: tuple[str, ...]
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
    keep: Stages
    stop: Stages
    auto_run: tuple[str, ...]
    asked: tuple[str, ...]
    """Builds that pipelines run when their source image has a newer version."""
    unasked: tuple[str, ...]
    """Builds that they run on a schedule, as nobody can tell."""
    fixed: tuple[str, ...]
    """Builds with a trigger whose source is one version."""
    versions: Stages
    named_late: tuple[str, ...]
    """Builds whose images are named by variables: their pages have the query for them."""
    numbers_by_time: tuple[str, ...]
    back: Stages
    held_back: Stages
    let_count: Stages
    managed: tuple[str, ...]
    """Builds that make managed images."""
    written_twice: tuple[tuple[str, ...], ...]
    """Builds that write the same managed image."""
    versioned: int
    """How many builds make versions of image definitions."""
    published_twice: tuple[tuple[str, ...], ...]
    """Builds that make versions of the same image definition."""
    aside: Stages
    """Old managed images are moved out of the way."""
    moved_back: Stages
    can_wait: tuple[str, ...]
    """Builds with a variable by which their versions are held back."""
    delete: Stages
    identities: Stages
    subnets: Stages
    unregister: tuple[str, ...]


_STAGES: Mapping[str, Callable[[Service, str], tuple[str, ...]]] = {
    "keep": lambda one, path: (*cut_over.name(one), *cut_over.keep(one, path)),
    "stop": lambda one, _: (*cut_over.name(one), *cut_over.stop(one)),
    "versions": lambda one, _: cut_over.list_versions(one),
    "back": lambda one, _: (*cut_over.name(one), *cut_over.start_again(one)),
    "held_back": lambda one, _: cut_over.hold_back(one),
    "let_count": lambda one, _: cut_over.let_count(one),
    "aside": lambda one, _: cut_over.move_aside(one),
    "moved_back": lambda one, _: (*cut_over.move_back(one), *cut_over.renew(one)),
    "delete": lambda one, _: (*cut_over.name(one), *cut_over.delete(one), *cut_over.delete_aside(one)),
}


def page(estate: Estate, files: Sequence[str]) -> EstatePage:
    """The page of all builds; `files` are the paths of what lies beside it."""
    about = _About(estate)
    causes = about.told.causes(about.names)
    failed = Packed((one.source or safe(one.name), _why(one.findings)) for one in estate.failed)
    return EstatePage(
        rows=about.rows,
        failed=failed,
        left_out=sum(one.outcome is Outcome.LEFT_OUT for one in estate.failed),
        settings=in_words(about.states, about.lost),
        to_act_on=tuple(one for one in causes if one.code.asks is Asks.ACT),
        to_decide=tuple(one for one in causes if is_decision(one.code)),
        lost=tuple(one for one in causes if one.code.severity is Severity.LOSS),
        by_hand=tuple(_by_hand(chapter) for one in about.by_hand if (chapter := one.chapter(about.names)).needs),
        shared=tuple(value.name for value in estate.shared),
        values_file=ESTATE_VALUES if ESTATE_VALUES in files else "",
        values_in=about.values_in,
        filled=tuple(about.filled),
        environments=tuple(about.environments),
        first=() if about.first is None else _first(estate, about.first),
        pipelines=tuple(
            (path, words) for start, words in PIPELINES_USED.items() for path in files if path.startswith(start[:-4])
        ),
        starts=about.starts,
        single_pipelines=SINGLE_PIPELINES if any(path.startswith(f"{SINGLE_PIPELINES}/") for path in files) else "",
        query=(cut_over.run_consumers(CONSUMERS),) if CONSUMERS in files else (),
        inventories=tuple(name for name in INVENTORIES if name in files),
        compare=_compare([name for name in INVENTORIES if name in files]),
        before=cut_over.values(about.services),
        auto_run=tuple(about.auto_run),
        asked=tuple(about.asked),
        unasked=tuple(about.unasked),
        fixed=tuple(about.fixed),
        named_late=tuple(about.named_late),
        numbers_by_time=tuple(about.numbers_by_time),
        can_wait=tuple(about.can_wait),
        managed=tuple(about.managed),
        written_twice=_of_two(about.writers),
        versioned=about.versioned,
        published_twice=_of_two(about.publishers),
        identities=_of_several(about.identities, cut_over.delete_identity),
        subnets=_of_several(about.subnets, cut_over.restore_subnet),
        unregister=cut_over.unregister(about.services),
        **about.stages,
    )


class _About:
    """What the page says of the builds, from one after another: to read each again for each chapter would take long."""

    def __init__(self, estate: Estate) -> None:
        self.names: list[str] = []
        self.told = Tellings()
        self.by_hand = [Gathered(topic) for topic in BY_HAND if topic.title != "Values"]
        self.rows: Packed[EstateRow] = Packed()
        self.stages = {name: Stages() for name in _STAGES}
        self.services: Packed[Service] = Packed()
        self.states: Counter[State] = sum((one.states for one in estate.failed), Counter())
        self.lost = self.states[State.LOST]
        self.values_in, self._most = ("", ""), 0
        self.filled, self.environments, self.can_wait = list[str](), list[str](), list[str]()
        self.first: EstateBuild | None = None
        self.starts = False
        self.named_late = list[str]()
        self.auto_run, self.numbers_by_time, self.managed = list[str](), list[str](), list[str]()
        self.asked, self.unasked, self.fixed = list[str](), list[str](), list[str]()
        self.versioned = 0
        self.writers: dict[str, list[str]] = defaultdict(list)
        self.publishers: dict[str, list[str]] = defaultdict(list)
        self.identities: dict[str, list[str]] = defaultdict(list)
        self.subnets: dict[str, list[str]] = defaultdict(list)
        for build in estate.builds:
            self._add(build, estate)

    def _add(self, build: EstateBuild, estate: Estate) -> None:
        path, files, launch = build.path, build.result.files, build.facts.launch
        number = len(self.names)
        self.names.append(safe(path))
        for finding in build.result.findings:
            if finding.asks is not Asks.KNOW and finding.severity is not Severity.ERROR and not finding.accepted:
                self.told.add(number, finding)
        for topic in self.by_hand:
            topic.add(number, build.facts)
        self.rows.append(_row(build))
        self.states.update(build.result.states)
        if self.first is None or _least(build) < _least(self.first):
            self.first = build
        if EXAMPLE in files and not launch.environments and not estate.has_all_of(build):
            self.filled.append(f"{path}/{EXAMPLE}")
        if build.facts.values:
            self.environments += (f"{path}/{file}" for file in launch.environments)
        if any(entry.name == SIDE_BY_SIDE.name for entry in build.facts.entries):
            self.can_wait.append(path)
        if estate.shares(build) and len(options := needed(estate, build, launch.builds[0])) > self._most:
            self.values_in, self._most = (path, " ".join(options)), len(options)
        self._add_service(build.facts.service, path)
        if build.facts.service.triggers:
            self._add_watches(build)

    def _add_watches(self, build: EstateBuild) -> None:
        """Take in how a change of the source image is noticed: of an environment under its own name, where they differ."""
        watches = tuple(watched(build))
        alike = len({schedule_of(watch) for _, watch in watches}) == 1
        for environment, watch in watches[:1] if alike else watches:
            name = build.path if alike else f"{build.path} ({environment.removesuffix(ENVIRONMENT_ENDING)})"
            (self.fixed if watch.is_fixed else self.asked if watch.newest else self.unasked).append(name)

    def _add_service(self, service: Service, path: str) -> None:
        self.services.append(service)
        images = _unseen(self.writers, ((one, one.id) for one in service.managed_images), path)
        definitions = _unseen(self.publishers, ((one, one.options) for one in service.definitions), path)
        first = replace(service, managed_images=tuple(images), definitions=tuple(definitions))
        for name, of in _STAGES.items():
            self.stages[name].add(path, of(first, path))
        self.starts |= service.auto_run or bool(service.triggers)
        self.auto_run += [path] if service.auto_run else []
        self.versioned += bool(service.definitions)
        self.managed += [path] if service.managed_images else []
        self.named_late += [path] if service.late_images else []
        self.numbers_by_time += [path] if service.counts and service.numbers_by_time else []
        for identity in service.identities:
            self.identities[identity].append(path)
        for subnet in service.subnets:
            self.subnets[subnet].append(path)


def _unseen(writers: dict[str, list[str]], places: Iterable[tuple[Place, str]], path: str) -> Iterator[Place]:
    """What no build before this one writes, of places with words that name each; what a variable names may be another one."""
    for one, words in places:
        before = writers[words.casefold() if not one.wants and "..." not in words else f"{words} {path}"]
        if not before:
            yield one
        if before[-1:] != [path]:
            before.append(path)


def _of_two(writers: Mapping[str, Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """The builds that write the same, for each that several write."""
    return tuple(dict.fromkeys(tuple(paths) for paths in writers.values() if len(paths) > 1))


def _least(build: EstateBuild) -> tuple[int, int, str]:
    """How much is open in a build."""
    open_ones = len(build.open_values)
    return (build.to_act_on + build.decisions + build.lost + open_ones, open_ones, build.path)


def _row(build: EstateBuild) -> EstateRow:
    facts = build.facts
    counts = (build.to_act_on, build.decisions, build.lost)
    source, targets = escape(facts.source), Markdown(", ".join(map(escape, facts.targets)))
    return EstateRow(_link(build.path), facts.system, source, targets, build.open_values, *counts)


def _link(path: str) -> Markdown:
    """The name of a build that leads to its page."""
    return Markdown(f"[{cell(code(path))}]({quote(path)}/{MIGRATION_PAGE})")


def _why(findings: Sequence[Finding]) -> str:
    errors = [one for one in findings if one.severity is Severity.ERROR]
    told = errors or findings
    return f"{capitalized(told[0].message)}. {told[0].help}" if told else "See what the run said."


def _by_hand(chapter: Chapter) -> ByHand:
    lines = tuple(dict.fromkeys(need.command for need in chapter.needs if need.command))
    remarks = []
    if any(len(need.templates) > 1 and _VARIABLE.search(need.scope) for need in chapter.needs):
        remarks.append("Builds may have different values for a variable: run its commands again with each.")
    if any(need.scope == ONLY_THE_BUILD_KNOWS for need in chapter.needs):
        remarks.append("A scope that only the build knows has no command: give the role where the page of the build says.")
    kept, rows = _table(chapter.needs)
    return ByHand(chapter.title, chapter.sentence, kept, rows, (*assignments_for(lines), *lines), " ".join(remarks))


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


def _first(estate: Estate, build: EstateBuild) -> tuple[str, ...]:
    """How to build the first one, which has the least open."""
    return (f"# {safe(build.path)}", f"cd {Word((build.path,))}", *commands(estate, build))


def _of_several(users: Mapping[str, Sequence[str]], commands: Callable[[str], tuple[str, ...]]) -> Stages:
    """The commands for each thing that several templates may have, once, under the names of these."""
    stages = Stages()
    for thing, paths in users.items():
        stages.add(", ".join(paths), commands(thing))
    return stages
