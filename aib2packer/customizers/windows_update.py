"""The WindowsUpdate customizer."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from aib2packer.aib.model import Customizer
from aib2packer.arm.language.text import TemplateText
from aib2packer.customizers.head import named, read_head
from aib2packer.lazy.models import dataclass
from aib2packer.options import OsType
from aib2packer.packer.model import Provisioner, Steps
from aib2packer.packer.steps.customizer_kind import CustomizerKind
from aib2packer.packer.steps.exact_text import require_exact

if TYPE_CHECKING:
    from aib2packer.aib.fields import Fields
    from aib2packer.aib.model import Number
    from aib2packer.packer.steps.build_context import BuildContext

NAME = "WindowsUpdate"


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowsUpdate(Customizer):
    """Windows updates; what is unset is the plugin's default, which is the service's too.

    Source: docs/reference/aib-behaviour.md 1.8.
    """

    TEXTS: ClassVar[tuple[str, ...]] = (*Customizer.TEXTS, "search_criteria", "filters", "limit")

    search_criteria: TemplateText | None
    filters: tuple[TemplateText, ...] | TemplateText
    limit: Number | None


def read(index: int, fields: Fields) -> WindowsUpdate:
    """Read a WindowsUpdate customizer."""
    return WindowsUpdate(
        **read_head(index, NAME, fields),
        search_criteria=fields.command("searchCriteria"),
        filters=fields.late("filters", "array") or fields.commands("filters"),
        limit=fields.number("updateLimit", least=0),
    )


def translate(update: WindowsUpdate, context: BuildContext) -> Steps:
    """Install the updates; the plugin restarts the VM by itself."""
    settings = named(update)
    filters = () if isinstance(update.filters, TemplateText) else update.filters
    for text in (*filters, *((update.search_criteria,) if update.search_criteria else ())):
        require_exact(text, context.report)
    if update.search_criteria is not None:
        settings["search_criteria"] = context.symbols.value(update.search_criteria)
    if update.filters:  # an empty list would be a PowerShell error when the build runs
        settings["filters"] = context.symbols.values(update.filters)
    if update.limit is not None:
        settings["update_limit"] = context.symbols.located(update.limit)
    return Steps((Provisioner("windows-update", settings),))


KIND = CustomizerKind(NAME, OsType.WINDOWS, read, translate)
