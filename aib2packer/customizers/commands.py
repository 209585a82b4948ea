"""What Shell and PowerShell have in common: commands that stand in the template or are fetched."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aib2packer.aib.fields import Spelling
from aib2packer.aib.model import Customizer, Fetched
from aib2packer.arm.values import Text, join
from aib2packer.customizers.head import label
from aib2packer.findings import codes
from aib2packer.packer.names import file_name

if TYPE_CHECKING:
    from aib2packer.aib.fields import Fields

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands(Customizer):
    """A customizer that runs commands: either `inline` or `script` is there."""

    inline: tuple[Text, ...]
    script: Fetched | None

    @property
    def visible_text(self) -> str | None:
        """The commands; None where they are fetched."""
        return self.text.visible if self.script is None else None

    @property
    def text(self) -> Text:
        """The inline commands as the service joins them: one line each."""
        return join("\n", self.inline, self.span)

    @property
    def number(self) -> int:
        """The number of the customizer in file names, from 1."""
        return self.index + 1

    def file_name(self, suffix: str) -> str:
        """A name for the script on disk."""
        if self.script is None:
            return file_name(self.number, label(self), suffix)
        return file_name(self.number, base_name(self.script.uri) or label(self), suffix)


def read_commands(fields: Fields) -> tuple[tuple[Text, ...], Fetched | None] | None:
    """Read `inline` or `scriptUri`; None after an error, for the service wants exactly one."""
    inline = fields.commands("inline")
    script = read_fetched(fields, "scriptUri", Spelling("script", "2019-05-01-preview"))
    if inline and script:
        fields.report.add(
            codes.CONFLICT,
            fields.key_span("inline"),
            f"{fields.path} has both inline and scriptUri: the service wants exactly one",
            help="Make it two customizers.",
        )
        return None
    if not inline and not script:
        if fields.value("inline") is None:  # else what is wrong with it has been said
            answer = "NoValidatorScript" if fields.path.startswith("validate") else "NoCustomizerScript"
            fields.report.add(
                codes.MISSING_FIELD,
                fields.key_span("inline"),
                f"{fields.path} has neither inline nor scriptUri: the service answers {answer}",
                help="Give it either commands (inline) or a script (scriptUri).",
            )
        return None
    return inline, script


def read_fetched(fields: Fields, key: str, *others: Spelling) -> Fetched | None:
    """Read the URI of a file and its checksum."""
    uri = fields.uri(key, *others)
    checksum = fields.word("sha256Checksum")
    if uri is None:
        if checksum is not None:
            fields.report.add(
                codes.IGNORED_FIELD,
                checksum.span,
                f"there is no {key} here whose checksum this could be: the service does not look at it",
                help="Remove it.",
            )
        return None
    start = uri.parts[0]
    if isinstance(start, str) and not start.lower().startswith(("http://", "https://")):
        fields.report.add(
            codes.BAD_VALUE,
            uri.span,
            f"`{uri}` is no URI that the service fetches: those begin with https:// or http://",
            help="Put the file where it can be fetched, and write its URI.",
        )
    if checksum is None:
        return Fetched(uri, None)
    sha256 = checksum.value.lower()
    if not _SHA256.fullmatch(sha256):
        fields.report.add(
            codes.BAD_VALUE,
            checksum.span,
            f"`{checksum.value}` is no SHA-256 checksum: that has 64 hexadecimal digits",
            help="Write what `sha256sum` prints for the file, or remove the checksum.",
        )
        return Fetched(uri, None)
    if sha256 != checksum.value:
        fields.report.add(
            codes.WRONG_CASE,
            checksum.span,
            "the service wants the checksum in lower case; it is read as such",
            help="Write it in lower case.",
        )
    return Fetched(uri, sha256)


def base_name(uri: Text) -> str:
    """The last segment of a URI's path, as far as it is known."""
    last = uri.split("?")[0].split("#")[0].split("/")[-1]
    return last.literal or ""
