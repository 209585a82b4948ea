"""What an audit finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.app.run import Outcome
from aib2packer.findings.model import Asks, is_decision
from aib2packer.findings.text import about_links
from aib2packer.lazy.models import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aib2packer.findings.model import Code
    from aib2packer.packer.facts import LastRun

COUNTED = frozenset({Outcome.CONVERTED, Outcome.LEFT_OUT})
"""What all findings count of; of what does not convert, only the errors do: nothing else can be seen to before."""
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Row:
    """A template: what becomes of it, what its findings ask for, and what its build is; nothing of that where there is none.

    Errors are no findings here: `why` has them. The findings of a template that does not convert are not counted.
    """

    name: str
    became: Outcome
    act: int
    decide: int
    know: int
    values: int
    """Variables that somebody must give a value, secrets among them."""
    system: str
    source: str
    last_run: LastRun | None
    decisions: int
    """How many decisions concern it: kinds of findings, of which it may have several of each."""
    lost: int
    """Settings that its build does not have."""
    why: tuple[str, ...]
    """Why it is not converted: the titles of the errors."""

    is_unsafe: bool = False
    """Whether its build is unsafe until somebody acts."""

    @property
    def outcome(self) -> str:
        """What it becomes, in words."""
        return self.became.value

    @property
    def is_converted(self) -> bool:
        """Whether it becomes a build."""
        return self.became is Outcome.CONVERTED

    @property
    def is_left_out(self) -> bool:
        """Whether it is switched off, by a condition or a loop without a round: nothing of it was to be converted."""
        return self.became is Outcome.LEFT_OUT

    @property
    def is_counted(self) -> bool:
        """Whether all of its findings count."""
        return self.became in COUNTED

    @property
    def is_ready(self) -> bool:
        """Whether it converts as it is: nobody has to act, to decide or to give a value."""
        return self.is_converted and not (self.act or self.decide or self.values)


@dataclass(frozen=True, slots=True)
class Said:
    """A message with what to do, where it is, and in how many places."""

    message: str
    help: str
    places: Sequence[str]


@dataclass(frozen=True, slots=True)
class Cause:
    """All findings of one code: what they say, and the templates that they are about."""

    code: Code
    said: tuple[Said, ...]
    templates: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many findings there are."""
        return sum(len(one.places) for one in self.said)

    @property
    def examples(self) -> tuple[Said, ...]:
        """A few of what is said, as different as possible: one for each thing to do comes first, and no message twice."""
        found: dict[str, Said] = {}
        for one in (*(said[0] for _, said in self.remedies), *self.said):
            found.setdefault(one.message, one)
        return tuple(found.values())[:_EXAMPLES]

    @property
    def remedies(self) -> tuple[tuple[str, tuple[Said, ...]], ...]:
        """What to do, with all that it is said of: what most places need comes first."""
        by_help: dict[str, list[Said]] = {}
        for one in self.said:
            by_help.setdefault(one.help, []).append(one)
        grouped = ((remedy, tuple(said)) for remedy, said in by_help.items())
        return tuple(sorted(grouped, key=lambda one: -sum(len(said.places) for said in one[1])))


@dataclass(frozen=True, slots=True)
class LostSetting:
    """A setting that templates have and builds do not: its name, why and what to do, and how many settings are below it."""

    name: str
    """As `customize[].sourceUri`; "" for what is no setting of a template, such as a trigger beside it."""
    code: Code
    said: Said
    templates: tuple[str, ...]
    settings: int
    """0 where it is more than a setting, such as a trigger beside the template."""

    @property
    def why(self) -> str:
        """The title of the code; "" where it is the name of the setting."""
        return "" if self.code.title == self.name else self.code.title


ONLY_THE_BUILD_KNOWS = "an id that only the build knows"
"""The scope of a role whose id no command can name."""


@dataclass(frozen=True, slots=True)
class Need:
    """Something that people must see to: what, more about it, a command ("" for none), and the templates that need it."""

    what: str
    about: str
    command: str
    scope: str
    """The id of what it is about, as a word of a shell; "" for what has none."""
    templates: tuple[str, ...]
    is_covered: bool = False
    """Whether it is not needed where something wider is there, which its text names."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """Needs of one kind, under a title, with a sentence about them."""

    title: str
    sentence: str
    needs: tuple[Need, ...]

    @property
    def templates(self) -> tuple[str, ...]:
        """The templates that need any of it."""
        return tuple(dict.fromkeys(name for need in self.needs for name in need.templates))

    @property
    def covered(self) -> int:
        """How many are not needed where something wider is there."""
        return sum(need.is_covered for need in self.needs)

    @property
    def id(self) -> str:
        """The title as the end of an address."""
        return self.title.lower().replace(" ", "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What there is to say of an estate."""

    rows: tuple[Row, ...]
    passed_over: int
    """Files that hold no image template."""
    left_out: int
    """Image templates that are switched off."""
    links: tuple[str, ...]
    """Links that lead out of the folder, and are not followed."""
    settings: tuple[int, int]
    """Settings that are converted, and those that are lost: of a template that does not convert, all."""
    obstacles: tuple[Cause, ...]
    """Why templates are not converted, whether or not a baseline has it."""
    asked: dict[Asks, tuple[Cause, ...]]
    """Findings that are no obstacle and in no baseline, by what they ask for."""
    lost: tuple[Cause, ...]
    lost_settings: tuple[LostSetting, ...]
    refused: tuple[Cause, ...]
    """What the service itself would refuse."""
    accepted: tuple[Cause, ...]
    """What is no obstacle and in a baseline, with the reason in place of what to do."""
    by_hand: tuple[Chapter, ...]
    shared: tuple[Chapter, ...]
    later: tuple[int, int] = (0, 0)
    """Findings to act on of templates that do not convert yet, which are counted nowhere else, and how many have any."""

    @property
    def converted(self) -> int:
        """How many templates convert."""
        return sum(row.is_converted for row in self.rows)

    @property
    def total(self) -> int:
        """How many templates were to be converted."""
        return sum(not row.is_left_out for row in self.rows)

    @property
    def ready(self) -> int:
        """How many convert as they are."""
        return sum(row.is_ready for row in self.rows)

    @property
    def about_waiting(self) -> str:
        """How many of those that convert wait for somebody, and for what."""
        waiting = self.converted - self.ready
        if waiting == self.converted:
            who = "The 1 that converts" if waiting == 1 else f"All {waiting:,} that convert"
        else:
            who = f"{waiting:,} of the {self.converted:,} that convert"
        return f"{who} {'waits' if waiting == 1 else 'wait'} for you to act, to decide or to give a value"

    @property
    def unsafe(self) -> int:
        """How many builds are unsafe until somebody acts."""
        return sum(row.is_unsafe for row in self.rows)

    @property
    def losing(self) -> int:
        """How many templates that convert lose settings."""
        return sum(row.lost > 0 for row in self.rows)

    @property
    def lost_in_builds(self) -> int:
        """How many settings of templates that convert are lost."""
        return sum(row.lost for row in self.rows)

    @property
    def decisions(self) -> tuple[Cause, ...]:
        """What there is to decide, but for what is lost, which is told as that."""
        return tuple(cause for cause in self.asked[Asks.DECIDE] if is_decision(cause.code))

    @property
    def decided_for_several(self) -> int:
        """How many of the decisions concern more than one template."""
        return sum(len(cause.templates) > 1 for cause in self.decisions)

    @property
    def refused_alone(self) -> tuple[Cause, ...]:
        """What the service would refuse, but for what is told as something to act on, to decide or lost."""
        return tuple(cause for cause in self.refused if cause.code.asks is Asks.KNOW)

    @property
    def refused_too(self) -> tuple[Cause, ...]:
        """What the service would refuse too, of what is told as something to act on, to decide or lost."""
        return tuple(cause for cause in self.refused if cause.code.asks is not Asks.KNOW)

    @property
    def known(self) -> tuple[Cause, ...]:
        """What is worth knowing, but for what is told as refused."""
        return tuple(cause for cause in self.asked[Asks.KNOW] if cause not in self.refused)

    @property
    def with_last_run(self) -> int:
        """How many templates tell how long their last run took, which succeeded."""
        return len(self._minutes)

    @property
    def to_act_on(self) -> int:
        """How many templates that convert have something to act on."""
        return sum(row.act > 0 for row in self.rows)

    @property
    def share(self) -> float:
        """The share of the templates that convert, in percent; all where there are none."""
        return 100 * self.converted / self.total if self.total else 100.0

    @property
    def percent(self) -> str:
        """The share, for people: it is 100 % of all only, and 0 % of none only."""
        if 0 < self.converted < self.total:
            share = self.share
            return "under 1 %" if share < 1 else "over 99 %" if share > 99 else f"{share:.0f} %"  # noqa: PLR2004 - of 100
        return f"{self.share:.0f} %"

    @property
    def about_links(self) -> str:
        """What is said of links that are not followed; "" for none."""
        return about_links(self.links)

    @property
    def about_later(self) -> str:
        """What is said of findings to act on that are not counted yet; "" for none."""
        findings, templates = self.later
        if not findings:
            return ""
        more = "1 more finding" if findings == 1 else f"{findings:,} more findings"
        if templates == 1:
            return f"1 template that does not convert yet has {more} to act on, not counted until it converts."
        return f"{templates:,} templates that do not convert yet have {more} to act on, not counted until they convert."

    @property
    def minutes(self) -> float:
        """The minutes that the last runs took, of those templates that tell: what a run that failed took says nothing."""
        return sum(self._minutes)

    @property
    def _minutes(self) -> list[float]:
        runs = (row.last_run for row in self.rows if row.last_run and row.last_run.state.endswith("Succeeded"))
        return [run.minutes for run in runs if run.minutes is not None]
