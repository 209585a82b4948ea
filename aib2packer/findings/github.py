"""Findings as workflow commands of GitHub Actions, which become annotations of a pull request.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands; the escapes are those of the toolkit's
packages/core/src/command.ts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.findings.judgement import relative
from aib2packer.findings.model import Asks, Severity
from aib2packer.findings.text import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aib2packer.findings.model import Finding

_COMMANDS = {Severity.ERROR: "error", Severity.LOSS: "warning", Severity.CHANGE: "notice", Severity.NOTE: "notice"}


def render(findings: Sequence[Finding]) -> str:
    """A line for each finding, which GitHub shows beside the line of the file that it is about."""
    return "\n".join(map(_command, findings))


def _command(finding: Finding) -> str:
    properties = {"file": safe(relative(finding.span.source.name).as_posix())}
    if not finding.is_about_file:
        (line, column), (end_line, end_column) = finding.span.position, finding.span.end_position
        properties |= {"line": str(line), "endLine": str(end_line)}
        if line == end_line:  # columns are refused for several lines
            properties |= {"col": str(column), "endColumn": str(end_column)}
    properties["title"] = f"{finding.code.id} {finding.code.title}"
    given = ",".join(f"{key}={_escaped(value, ':,')}" for key, value in properties.items())
    message = _escaped(f"{safe(finding.message)}\nhelp: {safe(finding.help)}")
    command = "warning" if finding.asks is Asks.ACT and finding.severity is not Severity.ERROR else _COMMANDS[finding.severity]
    return f"::{command} {given}::{message}"


def _escaped(text: str, further: str = "") -> str:
    """The text with those characters percent-encoded that end a value."""
    for char in f"%\r\n{further}":
        text = text.replace(char, f"%{ord(char):02X}")
    return text
