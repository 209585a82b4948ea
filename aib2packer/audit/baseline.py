"""Findings that are known and accepted, with the reason for each: they fail no pipeline."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from aib2packer.app.globs import matches
from aib2packer.findings.explain import find
from aib2packer.lazy.models import dataclass
from aib2packer.text.source import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aib2packer.findings.model import Code, Finding

_OPEN = "..."
_KEYS = {"code", "template", "reason"}


@dataclass(frozen=True, slots=True)
class Accepted:
    """An entry: the findings of a code in templates of a pattern, and why they are accepted."""

    code: Code
    template: str
    reason: str

    def covers(self, template: str, finding: Finding) -> bool:
        """Whether it is about a finding of a template; that of a code is about those that were made of it."""
        of_code = self.code in {finding.code, finding.code.formerly}
        return of_code and matches(self.template, template)


@dataclass(frozen=True, slots=True)
class Baseline:
    """The entries of a file."""

    accepted: tuple[Accepted, ...] = ()

    def is_known(self, template: str, finding: Finding) -> bool:
        """Whether a finding is accepted."""
        return any(one.covers(template, finding) for one in self.accepted)

    def gone(self, found: Iterable[tuple[str, Finding]]) -> list[Accepted]:
        """The entries that are about none of the findings."""
        pairs = list(found)
        return [one for one in self.accepted if not any(one.covers(template, finding) for template, finding in pairs)]


def read_baseline(text: str) -> Baseline:
    """Read a file of accepted findings.

    Raises:
        InputError: It is no TOML, or an entry is incomplete or has no reason.

    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = f"it is no TOML: {error}"
        raise InputError(message) from error
    entries = document.get("accepted", [])
    if document.keys() - {"accepted"} or not isinstance(entries, list):
        message = "it holds something else than [[accepted]] entries"
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
    return [f"{one.code.id} in {one.template} does not occur any more: delete its entry" for one in gone]


def _entry(number: int, entry: object) -> Accepted:
    values = entry if isinstance(entry, dict) else {}
    code, template, reason = (values.get(name, "*" if name == "template" else "") for name in ("code", "template", "reason"))
    found = find(code) if isinstance(code, str) else None
    if not values or values.keys() - _KEYS or found is None or not isinstance(template, str):
        message = f"entry {number} must have a code that there is, such as AIB2P412, and may have a template"
        raise InputError(message)
    if not isinstance(reason, str) or reason.strip() in {"", _OPEN}:
        message = f"entry {number}, {found.id} in {template}, has no reason: say why it is accepted"
        raise InputError(message)
    return Accepted(found, template, reason)


def _quoted(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)  # a basic string of TOML has the escapes of JSON
