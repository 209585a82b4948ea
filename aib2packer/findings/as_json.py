"""Findings as JSON, for programs. The shape is described in docs/findings.md; it only ever grows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aib2packer.findings.model import Asks, Severity
from aib2packer.findings.text import counted, safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aib2packer.findings.judgement import Judgement
    from aib2packer.findings.model import Finding

_FORMAT_VERSION = 1


def render(judgements: Sequence[Judgement], *, version: str) -> str:
    """One document about a run: its templates, and the findings of all of them."""
    document = {
        "formatVersion": _FORMAT_VERSION,
        "tool": {"name": "aib2packer", "version": version},
        "templates": [_template(judgement) for judgement in judgements],
        "findings": [_finding(finding, judgement) for judgement in judgements for finding in judgement.findings],
    }
    return json.dumps(document, indent=2)


def _template(judgement: Judgement) -> dict[str, object]:
    counts = counted(judgement.findings)
    return {
        "template": safe(judgement.template),
        "outcome": judgement.outcome,
        "counts": {severity.value: counts[severity] for severity in Severity},
        "asks": {asks.value: sum(finding.asks is asks for finding in judgement.findings) for asks in Asks},
        "diff": judgement.diff or None,
    }


def _finding(finding: Finding, judgement: Judgement) -> dict[str, object]:
    span = finding.span
    (line, column), (end_line, end_column) = span.position, span.end_position
    has_place = not finding.is_about_file
    return {
        "code": finding.code.id,
        "severity": finding.severity.value,
        "asks": finding.asks.value,
        "title": finding.code.title,
        "message": safe(finding.message),
        "help": safe(finding.help),
        "template": safe(judgement.template),
        "file": safe(span.source.name),
        "start": {"line": line, "column": column} if has_place else None,
        "end": {"line": end_line, "column": end_column} if has_place else None,
        "pointer": None if span.pointer is None else safe(span.pointer),
        "accepted": safe(finding.accepted) or None,
    }
