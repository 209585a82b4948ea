"""What is said of many templates at once: the findings that weigh little by code, and a table."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from aib2packer.findings.formats import place
from aib2packer.findings.model import Severity
from aib2packer.findings.text import PLURALS, columns, counted, safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aib2packer.findings.judgement import Judgement
    from aib2packer.findings.model import Code, Finding

HEAVY = {Severity.ERROR, Severity.LOSS}
"""The severities whose findings are shown in full, whatever their number."""


def by_code(judgements: Sequence[Judgement]) -> str:
    """A line for each code of the findings that weigh little: how often, in how many templates, and where first."""
    found: dict[Code, list[Finding]] = defaultdict(list)
    templates: dict[Code, set[str]] = defaultdict(set)
    for judgement in judgements:
        for finding in judgement.findings:
            if finding.severity not in HEAVY:
                found[finding.code].append(finding)
                templates[finding.code].add(judgement.template)
    if not found:
        return ""
    rows = [("code", "severity", "times", "templates", "what, and where first")]
    for code in sorted(found, key=lambda code: code.id):
        what = f"{code.title}: {place(found[code][0])}"
        rows.append((code.id, code.severity.value, str(len(found[code])), str(len(templates[code])), what))
    return _aligned(rows, right={2, 3})


def table(judgements: Sequence[Judgement]) -> str:
    """A table of templates: what became of each, and how many findings there are of each severity."""
    rows = [("template", "outcome", *PLURALS.values())]
    for judgement in judgements:
        counts = counted(judgement.findings)
        rows.append((safe(judgement.template), judgement.outcome, *(str(counts[severity] or "-") for severity in Severity)))
    return _aligned(rows, right={2, 3, 4, 5})


def _aligned(rows: Sequence[Sequence[str]], right: set[int]) -> str:
    """Rows with their cells below each other, the columns of numbers to the right."""
    widths = [max(map(columns, cells)) for cells in zip(*rows, strict=True)]
    return "\n".join("  ".join(_padded(row, widths, right)).rstrip() for row in rows)


def _padded(row: Sequence[str], widths: Sequence[int], right: set[int]) -> list[str]:
    spaces = [" " * (width - columns(cell)) for cell, width in zip(row, widths, strict=True)]
    return [
        space + cell if index in right else cell + space for index, (cell, space) in enumerate(zip(row, spaces, strict=True))
    ]
