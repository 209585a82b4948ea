"""Scripts that put an image template together: they are not run, and what they have made is in Azure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.findings import codes
from aib2packer.text.source import Span

if TYPE_CHECKING:
    from aib2packer.findings.model import Report
    from aib2packer.text.source import SourceText

_MAKES = (
    r"\bNew-AzImageBuilderTemplate\w*|\bAzureImageBuilderTask@\d"
    r"|\baz\s+image\s+builder\s+(?:create|customizer|output|validator)\b"
)
_GROUP = r"(?:\s-ResourceGroupName|\s--resource-group|\s-g)[\s=]+[\"']?(?P<group>[\w.()-]+)"


def report_script(source: SourceText, report: Report) -> bool:
    """Report a script, or a pipeline, that makes an image template by commands; False for any other text."""
    if source.text.lstrip("\ufeff \t\r\n")[:1] in {"{", "["}:
        return False
    found = re.search(_MAKES, source.text, re.IGNORECASE)
    if found is None:
        return False
    group = re.search(_GROUP, source.text)
    where = f"--resource-group {group['group']}" if group else "/subscriptions/…/imageTemplates/NAME"
    report.add(
        codes.SCRIPT,
        Span(source, *found.span()),
        f"this makes an image template by commands ({' '.join(found[0].split())}), which are not run here",
        help=f"Convert what it has made, straight from Azure: aib2packer convert {where} -o DIR",
    )
    return True
