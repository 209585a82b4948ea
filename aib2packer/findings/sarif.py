"""Findings as SARIF 2.1.0, for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from aib2packer.findings.code_pages import page
from aib2packer.findings.codes import UNREADABLE
from aib2packer.findings.judgement import relative
from aib2packer.findings.model import Asks, Severity
from aib2packer.findings.text import safe
from aib2packer.text.secrets import mask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aib2packer.findings.model import Code, Finding

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.LOSS: "warning", Severity.CHANGE: "note", Severity.NOTE: "note"}
_ROOT = "%SRCROOT%"  # what relative paths start from; GitHub takes it for the root of the repository


def render(findings: Sequence[Finding], *, version: str) -> str:
    """One log with one run, which holds a rule for each code that was found."""
    codes = sorted({finding.code for finding in findings}, key=lambda code: code.id)
    indexes = {code: index for index, code in enumerate(codes)}
    driver = {"name": "aib2packer", "semanticVersion": version, "rules": [_rule(code) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": UNREADABLE not in indexes}],
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, indexes[finding.code]) for finding in findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(code: Code) -> dict[str, object]:
    text = page(code)
    return {
        "id": code.id,
        "name": "".join(word[0].upper() + word[1:] for word in re.findall(r"\w+", code.title)),
        "shortDescription": {"text": code.title},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": _level(code)},
        "properties": {"severity": code.severity.value, "asks": code.asks.value},
    }


def _level(code: Code) -> str:
    """The level of a code; what somebody must act on is a warning at least."""
    return "warning" if code.asks is Asks.ACT and code.severity is not Severity.ERROR else _LEVELS[code.severity]


def _result(finding: Finding, rule: int) -> dict[str, object]:
    accepted = [{"kind": "external", "justification": safe(finding.accepted)}] if finding.accepted else []
    return {
        "ruleId": finding.code.id,
        "ruleIndex": rule,
        "level": _level(finding.code),
        "message": {"text": f"{safe(finding.message)}\n{safe(finding.help)}"},
        "locations": [_location(finding)],
        "properties": {"severity": finding.severity.value, "asks": finding.asks.value},
        **({"suppressions": accepted} if accepted else {}),
    }


def _location(finding: Finding) -> dict[str, object]:
    span = finding.span
    physical: dict[str, object] = {"artifactLocation": _artifact(span.source.name)}
    if not finding.is_about_file:
        (line, column), (end_line, end_column) = span.position, span.end_position
        physical["region"] = {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}
    location: dict[str, object] = {"physicalLocation": physical}
    if span.pointer is not None:
        location["logicalLocations"] = [{"fullyQualifiedName": safe(span.pointer)}]
    return location


def _artifact(name: str) -> dict[str, str]:
    """The URI of a file: relative to the working folder where it can be."""
    path = relative(mask(name))
    if path.is_absolute():
        return {"uri": Path(path).as_uri()}
    return {"uri": quote(path.as_posix(), errors="surrogateescape"), "uriBaseId": _ROOT}
