"""Scripts that put an image template together: they are not run, and what they have made is in Azure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.findings import codes
from aib2packer.text.source import Span

if TYPE_CHECKING:
    from aib2packer.findings.model import Report
    from aib2packer.text.source import SourceText

MAKES = (
    r"^[^#\n]*?(\bNew-AzImageBuilderTemplate\w*|\bAzureImageBuilderTask@\d"
    r"|\baz\s+image\s+builder\s+(?:create|customizer|output|validator)\b)"
)
"""What a line has that makes an image template by commands."""
# What deploys a template that lies in a file: that is what can be converted.
_DEPLOYS = (
    r"\baz\s+(?:resource\s+create|deployment\s+(?:group|sub)\s+create|group\s+deployment\s+create)\b"
    r"|\bNew-Az(?:ResourceGroup|Subscription)?Deployment\b|\bNew-AzResource\b|\bvirtual_machine_image_templates\b"
)
_IMAGES = r"image_?templates|VirtualMachineImages|ImageBuilder"
_FILE = r"(?:-TemplateFile|--template-file|--properties|\s-f)[\s=:]+[\"']?@?(?P<file>[\w.:\\/$-]+\.(?:json|bicep))"
_GROUP = r"(?:\s-ResourceGroupName|\s--resource-group|\s-g)[\s=]+[\"']?(?P<group>[\w.()-]+)"


def report_script(source: SourceText, report: Report) -> bool:
    """Report a script, or a pipeline, that makes an image template by commands; False for any other text."""
    if source.text.lstrip("\ufeff \t\r\n")[:1] in {"{", "["}:
        return False
    found = re.search(MAKES, source.text, re.IGNORECASE | re.MULTILINE)
    if found is None:
        return _report_deployment(source, report)
    group = re.search(_GROUP, source.text)
    where = f"--resource-group {group['group']}" if group else "/subscriptions/…/imageTemplates/NAME"
    report.add(
        codes.SCRIPT,
        Span(source, *found.span(1)),
        f"this script makes an image template ({' '.join(found[1].split())}), which aib2packer does not run",
        help=f"Convert what it has made, straight from Azure: `aib2packer convert {where} -o DIR`.",
    )
    return True


def _report_deployment(source: SourceText, report: Report) -> bool:
    """Report a script that deploys an image template from a file; False for any other text."""
    found = re.search(_DEPLOYS, source.text, re.IGNORECASE)
    if found is None or re.search(_IMAGES, source.text, re.IGNORECASE) is None:
        return False
    file = re.search(_FILE, source.text)
    what = f"the template that it deploys, {file['file']}" if file else "the template that it deploys"
    report.add(
        codes.SCRIPT,
        Span(source, *found.span()),
        f"this script deploys an image template ({' '.join(found[0].split())}), which aib2packer does not run",
        help=f"Convert {what}: what the script fills in is given with --set NAME=… or a parameters file; or what it has made, "
        "straight from Azure: `aib2packer convert /subscriptions/…/imageTemplates/NAME -o DIR`.",
    )
    return True
