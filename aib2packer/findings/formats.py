"""The formats of findings, and what all of them show."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from aib2packer.findings.text import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aib2packer.findings.judgement import Judgement
    from aib2packer.findings.model import Finding


class Format(Enum):
    """How findings are written."""

    TEXT = "text"
    CONCISE = "concise"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"

    @property
    def is_document(self) -> bool:
        """Whether all findings of a run are one document, which nothing else may stand beside."""
        return self in {Format.JSON, Format.SARIF}


def render(form: Format, judgements: Sequence[Judgement], *, version: str) -> str:
    """The findings of a run in one format, without colour; no line break at the end, and nothing where there is nothing to say.

    Secrets are masked in all of them, and characters that cannot be seen are escaped.
    """
    findings = [finding for judgement in judgements for finding in judgement.findings]
    match form:
        case Format.TEXT:
            from aib2packer.findings import text

            return text.render(findings, color=False)
        case Format.CONCISE:
            return "\n".join(map(_concise, findings))
        case Format.GITHUB:
            from aib2packer.findings import github

            return github.render(findings)
        case Format.JSON:
            from aib2packer.findings import as_json

            return as_json.render(judgements, version=version)
        case Format.SARIF:
            from aib2packer.findings import sarif

            return sarif.render(findings, version=version)


def _concise(finding: Finding) -> str:
    return f"{place(finding)}: {finding.code.id} {finding.severity.value}: {safe(finding.message)}"


def place(finding: Finding) -> str:
    """`web.json:12:19`, or the file alone where the finding is about it as a whole."""
    line, column = (0, 0) if finding.is_about_file else finding.span.position
    return place_in(finding.span.source.name, line, column)


def place_in(name: str, line: int, column: int) -> str:
    """A place in a file; line 0 is for the file alone."""
    return f"{safe(name)}:{line}:{column}" if line else safe(name)
