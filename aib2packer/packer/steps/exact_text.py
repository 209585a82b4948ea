"""Which texts arrive on the VM byte for byte, and how (docs/reference/packer-semantics.md 1 to 4)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.arm.language.text import TemplateText, text_of
from aib2packer.findings import codes
from aib2packer.hcl.printing import is_exact
from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from aib2packer.findings.model import Report

# An upload that goes through Packer's line scanner loses lines of 64 KiB and more; the rest is room for variables.
_LONGEST_LINE = 60_000
_BOM = "\ufeff"
# Must come first in a script, which inline PowerShell does not: Packer puts it into a try block.
_FIRST_IN_SCRIPT = pattern(r"^[^\S\n]*+(?:using\s|param\s*\(|\[CmdletBinding|#requires\s)", re.IGNORECASE | re.MULTILINE)


def shell_inline_is_exact(text: TemplateText) -> bool:
    """Whether `inline` of the shell provisioner carries the text: no template, no long line, and HCL can hold it."""
    return "{{" not in text.visible and has_short_lines(text.visible) and all(map(is_exact, _literals(text)))


def powershell_inline_is_exact(text: TemplateText) -> bool:
    """Whether `inline` of the powershell provisioner carries the text: in ASCII, and nothing that must come first."""
    visible = text.visible
    return (
        shell_inline_is_exact(text)
        and visible.isascii()
        and not _FIRST_IN_SCRIPT.search(visible)
        and not visible.rstrip("\n").endswith("`")
    )


def content_is_exact(text: TemplateText) -> bool:
    """Whether `content` of the file provisioner carries the text (`{{` can be escaped there)."""
    return all(map(is_exact, _literals(text)))


def require_exact(text: TemplateText, report: Report) -> None:
    """Report a text that HCL would change, where there is no other way for it to the VM."""
    if not content_is_exact(text):
        report.add(
            codes.NOT_EXACT,
            text.span,
            "HCL brings all text to Unicode's form C, which changes some of these characters",
            help="Write the text in that form, or do this in a script.",
        )


def has_short_lines(text: str) -> bool:
    """Whether no line is too long for Packer's line scanner."""
    return len(text) * 4 < _LONGEST_LINE or has_short_byte_lines(text.encode("utf-8", "surrogatepass"))


def has_short_byte_lines(content: bytes) -> bool:
    """Whether all lines of a file are short enough for Packer to upload them as they are."""
    start = 0
    while len(content) - start >= _LONGEST_LINE:
        end = content.rfind(b"\n", start, start + _LONGEST_LINE)
        if end < 0:
            return False
        start = end + 1
    return True


def unix_lines(text: TemplateText) -> TemplateText:
    """CRLF to LF, once, as the shell provisioner does on upload."""
    return text.map(lambda part: part.replace("\r\n", "\n"))


def before_line_end(text: TemplateText) -> TemplateText:
    """A text behind which a line feed comes: what is of that line end already does not stand in it."""
    *before, last = text.parts or ("",)
    return text_of((*before, last[:-1]), text.span) if isinstance(last, str) and last.endswith("\r") else text


def with_byte_order_mark(text: TemplateText) -> TemplateText:
    """The text as Windows PowerShell must find it to read it as UTF-8."""
    if text.visible.isascii() or text.visible.startswith(_BOM):
        return text
    return text_of((_BOM, *text.parts), text.span)


def _literals(text: TemplateText) -> tuple[str, ...]:
    return tuple(part for part in text.parts if isinstance(part, str))
