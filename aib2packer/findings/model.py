"""Findings: what the conversion has to say about a place in the input."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from aib2packer.lazy.models import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aib2packer.text.source import Span


class Severity(Enum):
    """How much a finding weighs, the heaviest first."""

    ERROR = "error"
    """Nothing can be written that would do what the template says."""
    LOSS = "loss"
    """Something that the template asks for is not in the output."""
    CHANGE = "change"
    """The output does what the template asks for, in a way that can be told apart."""
    NOTE = "note"
    """Worth knowing; the image is the same."""


class Asks(Enum):
    """What a finding asks of people, the most pressing first."""

    ACT = "act"
    """The build fails, or is unsafe, until somebody does something."""
    DECIDE = "decide"
    """There is a choice to make; one answer may serve all templates."""
    KNOW = "know"
    """Nothing needs doing."""


_USUALLY = {Severity.ERROR: Asks.ACT, Severity.LOSS: Asks.DECIDE, Severity.CHANGE: Asks.KNOW, Severity.NOTE: Asks.KNOW}


Level: TypeAlias = Severity | Asks
"""How heavy, or how pressing, a finding has to be to count."""


@dataclass(frozen=True, slots=True)
class Code:
    """A kind of finding: a stable id such as `AIB2P203`, its severity, and a title in a few words."""

    id: str
    severity: Severity
    title: str
    exceptionally: Asks | None = None
    """What it asks of people, where that is not what its severity usually asks, and no question either."""
    formerly: Code | None = None
    """The code that it was a part of: whoever accepts that one accepts this."""
    question: str = ""
    """What there is to decide: a title states a fact, and people want to know what they are asked. The help has the answers."""

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def asks(self) -> Asks:
        """What it asks of people."""
        return self.exceptionally or (Asks.DECIDE if self.question else _USUALLY[self.severity])

    @property
    def lineage(self) -> tuple[Code, ...]:
        """The code itself, and the one that it was a part of, if any: whoever accepts one of these accepts it."""
        return (self,) if self.formerly is None else (self, self.formerly)


def is_decision(code: Code) -> bool:
    """Whether it is about a choice to make; what is lost is told as that."""
    return code.asks is Asks.DECIDE and code.severity is not Severity.LOSS


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `message` says what and why, `help` what to do."""

    code: Code
    span: Span
    message: str
    help: str
    accepted: str = ""
    """Why it is accepted, where a baseline has it: it fails no pipeline then."""

    @property
    def severity(self) -> Severity:
        """The severity of the finding's code."""
        return self.code.severity

    @property
    def asks(self) -> Asks:
        """What the finding asks of people."""
        return self.code.asks

    def accepted_by(self, entries: Iterable[tuple[Code, str]]) -> Finding:
        """The finding with the reason of the first entry that is for its code, or for the one that this was a part of."""
        own = self.code.lineage
        reason = next((reason for code, reason in entries if code in own), "")
        return self if reason == self.accepted else replace(self, accepted=reason)

    def reaches(self, level: Level) -> bool:
        """Whether it is as severe as a severity, or as pressing as what is asked; what is accepted never is."""
        if self.accepted:
            return False
        if isinstance(level, Asks):
            return list(Asks).index(self.asks) <= list(Asks).index(level)
        return list(Severity).index(self.severity) <= list(Severity).index(level)

    def alone(self) -> Finding:
        """The finding without the text around it: all that is shown of it, in a fraction of the memory."""
        return replace(self, span=self.span.alone())

    @property
    def is_about_file(self) -> bool:
        """Whether it is about a file as a whole, one that is empty or was not read, and has no place in it."""
        return not self.span.source.text


def count_decisions(findings: Iterable[Finding]) -> int:
    """How many decisions there are to make: kinds of findings, of which there may be several of each."""
    return len({one.code for one in findings if is_decision(one.code)})


def about_file(code: Code, name: str, message: str, help: str) -> Finding:  # noqa: A002 - the term of the field
    """A finding about a file as a whole."""
    from aib2packer.text.source import SourceText, Span

    return Finding(code, Span(SourceText(name, ""), 0, 0), message, help)


class Report:
    """Collects the findings of one conversion, in the order in which they were made."""

    def __init__(self) -> None:
        self._findings: dict[Finding, None] = {}
        self._in_order: tuple[Finding, ...] | None = None

    def add(self, code: Code, span: Span, message: str, *, help: str) -> None:  # noqa: A002 - the term of the field
        """Record a finding; the same one at the same place is kept once."""
        self.record(Finding(code, span, message, help))

    def record(self, finding: Finding) -> None:
        """Record a finding that has been made."""
        self._findings[finding] = None
        self._in_order = None

    def mark(self) -> int:
        """How much has been found so far: where `return_to` leads back to."""
        return len(self._findings)

    def since(self, mark: int) -> tuple[Finding, ...]:
        """What was found since."""
        return tuple(self._findings)[mark:]

    def return_to(self, mark: int) -> None:
        """Forget what was found since: it is found again by whoever does the work once more, knowing better."""
        self._findings = dict.fromkeys(list(self._findings)[:mark])
        self._in_order = None

    def reword(self, change: Callable[[str], str]) -> None:
        """Change the words of all findings, such as the names in them."""
        reworded = (replace(one, message=change(one.message), help=change(one.help)) for one in self._findings)
        self._findings = dict.fromkeys(reworded)
        self._in_order = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, by place in the input; those at one place in the order of their making."""
        if self._in_order is None:
            self._in_order = tuple(sorted(self._findings, key=lambda finding: (finding.span.source.name, finding.span.start)))
        return self._in_order

    @property
    def failed(self) -> bool:
        """Whether an error was found, which means that there is no output."""
        return Severity.ERROR in [finding.code.severity for finding in self._findings]
