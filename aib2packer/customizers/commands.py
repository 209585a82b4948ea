"""What Shell and PowerShell have in common: commands that stand in the template or are fetched."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from aib2packer.aib.fields import Spelling
from aib2packer.aib.model import Customizer
from aib2packer.aib.service_answers import error_code
from aib2packer.arm.language.text import ListLines, TemplateText, join
from aib2packer.customizers.fetched import base_name, is_large, read_fetched, script_text
from aib2packer.customizers.head import label
from aib2packer.findings import codes
from aib2packer.lazy.models import dataclass
from aib2packer.lazy.patterns import pattern
from aib2packer.packer.layout import customizer_file
from aib2packer.text.placeholders import IN_COMMANDS

if TYPE_CHECKING:
    from aib2packer.aib.fields import Fields
    from aib2packer.aib.model import Fetched

_WEB_PAGE = pattern(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html)\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class CommandCustomizer(Customizer):
    """A customizer that runs commands: either `inline` or `script` is there. Its texts are asked for often, and kept."""

    TEXTS: ClassVar[tuple[str, ...]] = (*Customizer.TEXTS, "inline", "script")

    inline: tuple[TemplateText, ...]
    script: Fetched | None

    @cached_property
    def visible_text(self) -> str | None:
        """The commands; None where they are fetched by the build, known only then, or so many that nobody looks into them."""
        if self.script is None:
            return None if self.late_list is not None else self.text.visible
        content = self.script.content
        return None if content is None or is_large(content) else script_text(content)

    @cached_property
    def text(self) -> TemplateText:
        """The inline commands as the service joins them: one line each."""
        return join("\n", self.inline, self.span)

    @property
    def late_list(self) -> TemplateText | None:
        """The commands as a list that only Packer's run knows; None where they stand in the template."""
        match self.inline:
            case (TemplateText((ListLines(items),)),):
                return items
            case _:
                return None

    @property
    def number(self) -> int:
        """The number of the customizer in file names, from 1."""
        return self.index + 1

    def file_name(self, suffix: str) -> str:
        """A name for the script on disk."""
        if self.script is None:
            return customizer_file(self.number, label(self), suffix)
        return customizer_file(self.number, base_name(self.script.uri) or label(self), suffix)


def read_commands(fields: Fields) -> tuple[tuple[TemplateText, ...], Fetched | None] | None:
    """Read `inline` or `scriptUri`; None after an error, for the service wants exactly one."""
    late = fields.late("inline", "array", within=IN_COMMANDS)
    inline = fields.commands("inline") if late is None else (TemplateText((ListLines(late),), late.span),)
    script = read_fetched(fields, "scriptUri", Spelling("script", "2019-05-01-preview"))
    if inline and script:
        fields.report.add(
            codes.CONFLICT,
            fields.key_span("inline"),
            f"{fields.path} has both inline and scriptUri: the service wants exactly one",
            help="Split it into two customizers.",
        )
        return None
    if not inline and not script:
        if fields.value("inline") is None:  # else what is wrong with it has been said
            answer = "NoValidatorScript" if fields.path.startswith("validate") else "NoCustomizerScript"
            fields.report.add(
                codes.MISSING_FIELD,
                fields.key_span("inline"),
                f"{fields.path} has neither inline nor scriptUri" + error_code(answer),
                help="Give it either commands (inline) or a script (scriptUri).",
            )
        return None
    if script is not None and script.content is not None and _WEB_PAGE.match(script.content):
        fields.report.add(
            codes.WEB_PAGE,
            script.uri.span,
            "this URI returns a web page, not a script",
            help="Use the URI of the file itself, which the button `Raw` opens on GitHub.",
        )
    return inline, script
