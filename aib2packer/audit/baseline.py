"""Findings that are known and accepted, with the reason for each: they fail no pipeline."""

from __future__ import annotations

from os.path import normpath, relpath
from pathlib import Path
from typing import TYPE_CHECKING

from aib2packer.app.azure.template_ids import is_in_azure
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
    folder: Path = Path()
    """What a pattern that begins with a slash is relative to: the folder of the baseline."""

    def is_for(self, template: str) -> bool:
        """Whether it is about a template; the name of an image in it may be left out.

        A pattern is for the end of a path; one that begins with a slash for all of it, from the folder of the baseline.
        """
        names = dict.fromkeys((template, _IMAGE.sub("", template)))
        if self.template.startswith("/"):
            return any(matches(f".{self.template}", f".{_anchored(name, self.folder)}") for name in names)
        return any(matches(self.template, end) for name in names for end in _ends(name))


@dataclass(frozen=True, slots=True)
class Baseline:
    """The entries of a file."""

    accepted: tuple[Accepted, ...] = ()

    def reasons(self, template: str) -> tuple[tuple[Code, str], ...]:
        """The codes that are accepted in a template, each with the reason."""
        return tuple((one.code, one.reason) for one in self.accepted if one.is_for(template))

    def applied(self, template: str, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings of a template, with the reason in those that are accepted."""
        reasons = self.reasons(template)
        return tuple(finding.accepted_by(reasons) for finding in findings)


class Use:
    """Which entries of a baseline are about something: learnt from one template after another."""

    def __init__(self, baseline: Baseline) -> None:
        self._unused = list(baseline.accepted)
        self._meant: set[Accepted] = set()

    def see(self, template: str, findings: Sequence[Finding]) -> None:
        """Take in what is found in a template."""
        found = {code for finding in findings for code in finding.code.lineage}
        meant = {one for one in self._unused if one.is_for(template)}
        self._unused = [one for one in self._unused if one not in meant or one.code not in found]
        self._meant |= meant

    def gone(self, *, whole: bool) -> list[Accepted]:
        """The entries that are about none of the findings; only those for one of the templates, where these are not all."""
        return [one for one in self._unused if whole or one in self._meant]


def read_baseline(text: str, folder: Path = Path()) -> Baseline:
    """Read a file of accepted findings, which lies in a folder.

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
    return Baseline(tuple(_entry(number, one, folder) for number, one in enumerate(entries, 1)))


def write_baseline(found: Iterable[tuple[str, Finding]], folder: Path) -> str:
    """A file, to lie in a folder, that accepts these findings of these templates and no others.

    The reasons are left open, for a file without them is refused.
    """
    pairs = dict.fromkeys((finding.code.id, _anchored(template, folder)) for template, finding in found)
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


def accept(result: Result, baseline: Baseline, level: Level) -> Result:
    """A result with what is accepted of its findings, and the exit status that the others make."""
    findings = baseline.applied(result.name, result.findings)
    if result.outcome not in _JUDGED:
        return replace(result, findings=findings)
    return replace(result, findings=findings, exit_code=int(any(finding.reaches(level) for finding in findings)))


def _anchored(name: str, folder: Path) -> str:
    """The path of a template from a folder, behind a slash; the id of one in Azure begins with one."""
    if is_in_azure(name):
        return name
    try:
        return f"/{Path(relpath(name, folder)).as_posix()}"
    except ValueError:  # on another drive
        return f"/{Path(name).as_posix()}"


def _ends(name: str) -> Iterator[str]:
    """The ends of the whole path, whatever the working folder is: `a/b/c`, `b/c`, `c`."""
    parts = Path(normpath(Path(name).absolute())).as_posix().split("/")
    return ("/".join(parts[index:]) for index in range(len(parts)))


def _entry(number: int, entry: object, folder: Path) -> Accepted:
    values = entry if isinstance(entry, dict) else {}
    code, template, reason = (values.get(name, "*" if name == "template" else "") for name in ("code", "template", "reason"))
    found = find(code) if isinstance(code, str) else None
    if not values or values.keys() - _KEYS or found is None or not isinstance(template, str):
        message = f"entry {number} must have an existing code, such as AIB2P412, and may have a template"
        raise InputError(message)
    if not isinstance(reason, str) or reason.strip() in {"", _OPEN}:
        message = f"entry {number}, {found.id} in {template}, has no reason: say why it is accepted"
        raise InputError(message)
    return Accepted(found, template, reason, folder)


def _quoted(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)  # a basic string of TOML has the escapes of JSON
