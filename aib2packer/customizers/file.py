"""The File customizer: a file that is fetched and put on the VM."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from urllib.parse import unquote

from aib2packer.aib.model import Customizer
from aib2packer.arm.language.text import LateExpression
from aib2packer.customizers.fetched import base_name, is_binary, is_large, read_fetched, script_text, supply
from aib2packer.customizers.head import label, named, read_head
from aib2packer.findings import codes
from aib2packer.hcl.printing import print_value, quote, references
from aib2packer.hcl.values import HclCode, Interpolation, Variable, concat
from aib2packer.lazy.models import dataclass
from aib2packer.packer.layout import FILES, customizer_file
from aib2packer.packer.model import Steps
from aib2packer.packer.steps.customizer_kind import CustomizerKind
from aib2packer.packer.steps.exact_text import require_exact

if TYPE_CHECKING:
    from aib2packer.aib.fields import Fields
    from aib2packer.aib.model import Fetched
    from aib2packer.arm.language.text import TemplateText, TextSymbol
    from aib2packer.hcl.values import Value
    from aib2packer.packer.steps.build_context import BuildContext

NAME = "File"
_SEPARATORS = frozenset("/\\:")  # which a name must not bring along in `%2F`
_LARGEST = 20 * 1024 * 1024  # bytes: docs/reference/aib-behaviour.md 1.6


@dataclass(frozen=True, slots=True, kw_only=True)
class File(Customizer):
    """One file, uploaded as the user that Packer signs in with."""

    TEXTS: ClassVar[tuple[str, ...]] = (*Customizer.TEXTS, "source", "destination")

    source: Fetched
    destination: TemplateText

    @property
    def visible_text(self) -> str | None:
        """Where the file goes and what is in it, for a script that runs later; None where that cannot be seen."""
        content = self.source.content
        if content is None or is_large(content) or is_binary(content):
            return None
        return f"{self.destination.visible}\n{script_text(content)}"


def read(index: int, fields: Fields) -> File | None:
    """Read a File customizer; None after an error."""
    head = read_head(index, NAME, fields)
    source, destination = read_fetched(fields, "sourceUri"), fields.path_on_vm("destination")
    if source is None:
        fields.missing("sourceUri", "Say where the file is.")
    if destination is None:
        fields.missing("destination", "Say where the file goes on the VM.")
    if source is None or destination is None:
        return None
    return File(**head, source=source, destination=destination)


def translate(file: File, context: BuildContext) -> Steps:
    """Upload the file that the download step fetched."""
    require_exact(file.destination, context.report)
    name = customizer_file(file.index + 1, base_name(file.source.uri) or label(file))
    destination = file.destination
    if "{{" in destination.visible or context.renders(destination):
        context.report.add(
            codes.NOT_EXACT,
            destination.span,
            "Packer evaluates `{{` in a file's destination, and nothing escapes it there",
            help="Choose a path without `{{`, and move the file in a customizer after it.",
        )
    if not context.is_windows and not _known(destination.parts[0], context).startswith("/tmp/"):  # noqa: S108 - on the VM
        context.report.add(
            codes.FILE_DESTINATION,
            destination.span,
            f"Packer uploads files as an ordinary user, who may not write to {destination} on Linux",
            help="Upload to /tmp, then move the file in a Shell customizer; the folder must exist.",
        )
    if (size := len(file.source.content or b"")) > _LARGEST:
        context.report.add(
            codes.LARGE_FILE,
            file.source.uri.span,
            f"the file has {size / 1_000_000:.0f} MB, and the service takes 20; Packer uploads it, slowly over WinRM",
            help="Fetch it in a script on the VM.",
        )
    had = supply(file.source, FILES, name, context)
    upload = had.upload(named(file), _whole(file, context), had.origin)
    return Steps((upload,), had.downloads, assets=had.assets)


KIND = CustomizerKind(NAME, None, read, translate)


def _known(part: str | TextSymbol, context: BuildContext) -> str:
    """A piece of a path, with the value that it has now."""
    value = context.symbols.resolve(part.value) if isinstance(part, LateExpression) else part
    return value if isinstance(value, str) else ""


def _whole(file: File, context: BuildContext) -> Value:
    """The destination, with the name that the URI has behind a folder: Packer would put its own name for the download there."""
    destination = context.symbols.value(file.destination)
    ends, pattern = (("\\", "/"), r"[\\/]$") if context.is_windows else (("/",), "/$")
    is_folder = file.destination.visible.endswith(ends) and isinstance(file.destination.parts[-1], str)
    last = destination.parts[-1] if isinstance(destination, Interpolation) else destination
    may_be_folder = isinstance(last, Variable) and isinstance(last.default, str) and last.default.endswith(ends)
    if not (is_folder or may_be_folder):
        return destination
    name = _name_in_folder(file, context)
    if name == "":
        if context.is_windows:  # on Linux each folder is told of
            context.report.add(
                codes.FILE_DESTINATION,
                file.destination.span,
                f"`{file.destination}` is a folder, and the URI names no file: aib2packer names the file in it",
                help="Write the whole path of the file.",
            )
        return destination
    if is_folder or not isinstance(last, Variable):
        return concat(destination, name)
    ends_so = f"can(regex({quote(pattern)}, var.{last.name}))"
    return concat(destination, HclCode(f'{ends_so} ? {print_value(name)} : ""', (last, *references(name))))


def _name_in_folder(file: File, context: BuildContext) -> Value:
    """The name that the URI has; "" where it has none."""
    uri = file.source.uri
    path = uri.split("?")[0].split("#")[0].literal
    if path is not None and "/" not in path.partition("://")[2]:
        return ""
    if name := base_name(uri):
        decoded = unquote(name)
        return decoded if decoded.isprintable() and not _SEPARATORS & set(decoded) and decoded.strip(".") else name
    if path is not None:
        return ""
    value = context.symbols.value(uri)
    return HclCode(f'basename(split("?", {print_value(value)})[0])', references(value))
