"""Findings that are known and accepted, with the reason for each: they fail no pipeline."""

from __future__ import annotations

from os.path import normpath
from pathlib import Path
from typing import TYPE_CHECKING

from aib2packer.app.run import Outcome
from aib2packer.findings.code_pages import find
from aib2packer.findings.text import safe
from aib2packer.lazy.models import dataclass, replace
from aib2packer.lazy.patterns import pattern
from aib2packer.text.globs import matches
from aib2packer.text.source import InputError
from aib2packer.text.toml import read_toml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from aib2packer.app.run import Result
    from aib2packer.findings.model import Code, Finding, Level

_OPEN = "..."
_IMAGE = pattern(r" (?:\([^()]*\)|\[[^\[\]]*\])$")  # which image of an input, or for which environment
# Whose exit status is that of their findings.
_JUDGED = {Outcome.CONVERTED, Outcome.NOT_CONVERTED, Outcome.NOT_BUILT, Outcome.UP_TO_DATE}
_KEYS = {"code", "template", "reason"}


@dataclass(frozen=True, slots=True)
class Accepted:
    """An entry: the findings of a code in templates of a pattern, and why they are accepted."""

    code: Code
    template: str
    reason: str

    def covers(self, template: str, finding: Finding) -> bool:
        """Whether it is about a finding of a template; that of a code is about those that were made of it."""
        return self.code in {finding.code, finding.code.formerly} and self.is_for(template)

    def is_for(self, template: str) -> bool:
        """Whether it is about a template: its pattern is for the end of a path; the name of an image in it may be left out."""
        return any(matches(self.template, end) for name in (template, _IMAGE.sub("", template)) for end in _ends(name))


@dataclass(frozen=True, slots=True)
class Baseline:
    """The entries of a file."""

    accepted: tuple[Accepted, ...] = ()

    def reason(self, template: str, finding: Finding) -> str:
        """Why a finding is accepted; "" where it is not."""
        return next((one.reason for one in self.accepted if one.covers(template, finding)), "")

    def is_known(self, template: str, finding: Finding) -> bool:
        """Whether a finding is accepted."""
        return self.reason(template, finding) != ""

    def applied(self, template: str, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings of a template, with the reason in those that are accepted."""
        return tuple(replace(finding, accepted=self.reason(template, finding)) for finding in findings)

    def gone(self, found: Iterable[tuple[str, Finding]], templates: Iterable[str] | None = None) -> list[Accepted]:
        """The entries that are about none of the findings; only those for one of the templates, where some of all are given."""
        pairs, names = list(found), None if templates is None else list(templates)
        return [
            one
            for one in self.accepted
            if not any(one.covers(template, finding) for template, finding in pairs)
            and (names is None or any(map(one.is_for, names)))
        ]


def read_baseline(text: str) -> Baseline:
    """Read a file of accepted findings.

    Raises:
        InputError: It is no TOML, or an entry is incomplete or has no reason.

    """
    try:
        document = read_toml(text)
    except ValueError as error:
        message = f"it is not TOML: {error}"
        raise InputError(message) from error
    entries = document.get("accepted", [])
    if document.keys() - {"accepted"} or not isinstance(entries, list):
        message = "it holds something other than [[accepted]] entries"
        raise InputError(message)
    return Baseline(tuple(_entry(number, one) for number, one in enumerate(entries, 1)))


def write_baseline(found: Iterable[tuple[str, Finding]]) -> str:
    """A file that accepts these findings; the reasons are left open, for a file without them is refused."""
    pairs = dict.fromkeys((finding.code.id, template) for template, finding in found)
    entries = [
        f"[[accepted]]\ncode = {_quoted(code)}\ntemplate = {_quoted(template)}\nreason = {_quoted(_OPEN)}\n"
        for code, template in sorted(pairs)
    ]
    return "\n".join(
        ("# Findings that are known. Give each entry a reason, or delete it; a template may be a pattern.\n", *entries)
    )


def told(gone: Sequence[Accepted]) -> list[str]:
    """A sentence for each entry that is about nothing any more."""
    return [f"{one.code.id} in {safe(one.template)} does not occur any more: delete its entry" for one in gone]


def accept(results: Sequence[Result], baseline: Baseline, level: Level) -> list[Result]:
    """The results with what is accepted of their findings, and the exit status that the others make."""
    return [_accepted(result, baseline, level) for result in results]


def _accepted(result: Result, baseline: Baseline, level: Level) -> Result:
    findings = baseline.applied(result.name, result.findings)
    if result.outcome not in _JUDGED:
        return replace(result, findings=findings)
    return replace(result, findings=findings, exit_code=int(any(finding.reaches(level) for finding in findings)))


def _ends(name: str) -> Iterator[str]:
    """The ends of the whole path, whatever the working folder is: `a/b/c`, `b/c`, `c`."""
    parts = Path(normpath(Path(name).absolute())).as_posix().split("/")
    return ("/".join(parts[index:]) for index in range(len(parts)))


def _entry(number: int, entry: object) -> Accepted:
    values = entry if isinstance(entry, dict) else {}
    code, template, reason = (values.get(name, "*" if name == "template" else "") for name in ("code", "template", "reason"))
    found = find(code) if isinstance(code, str) else None
    if not values or values.keys() - _KEYS or found is None or not isinstance(template, str):
        message = f"entry {number} must have an existing code, such as AIB2P412, and may have a template"
        raise InputError(message)
    if not isinstance(reason, str) or reason.strip() in {"", _OPEN}:
        message = f"entry {number}, {found.id} in {template}, has no reason: say why it is accepted"
        raise InputError(message)
    return Accepted(found, template, reason)


def _quoted(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)  # a basic string of TOML has the escapes of JSON
