"""The WindowsRestart customizer."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from aib2packer.aib.model import Customizer
from aib2packer.customizers.durations import read_duration
from aib2packer.customizers.head import named, read_head
from aib2packer.lazy.models import dataclass
from aib2packer.options import OsType
from aib2packer.packer.model import Provisioner, Steps
from aib2packer.packer.steps.customizer_kind import CustomizerKind
from aib2packer.packer.steps.exact_text import require_exact

if TYPE_CHECKING:
    from aib2packer.aib.fields import Fields
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.packer.steps.build_context import BuildContext

NAME = "WindowsRestart"


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowsRestart(Customizer):
    """A restart of the VM; what is None is Packer's default, which is the service's too."""

    TEXTS: ClassVar[tuple[str, ...]] = (*Customizer.TEXTS, "command", "check_command", "timeout")

    command: TemplateText | None
    check_command: TemplateText | None
    timeout: TemplateText | None

    @property
    def visible_text(self) -> str | None:
        """The commands."""
        return "\n".join(text.visible for text in (self.command, self.check_command) if text is not None)


def read(index: int, fields: Fields) -> WindowsRestart:
    """Read a WindowsRestart customizer."""
    return WindowsRestart(
        **read_head(index, NAME, fields),
        command=fields.command("restartCommand"),
        check_command=fields.command("restartCheckCommand"),
        timeout=read_duration(fields, "restartTimeout"),
    )


def translate(restart: WindowsRestart, context: BuildContext) -> Steps:
    """Restart the VM and wait for it."""
    settings = named(restart)
    for text in (restart.command, restart.check_command):
        if text is not None:
            require_exact(text, context.report)
    if restart.command is not None:
        settings["restart_command"] = context.symbols.value(restart.command)
    if restart.check_command is not None:
        settings["restart_check_command"] = context.symbols.value(restart.check_command)
    if restart.timeout is not None:
        settings["restart_timeout"] = context.symbols.value(restart.timeout)
    return Steps((Provisioner("windows-restart", settings),))


KIND = CustomizerKind(NAME, OsType.WINDOWS, read, translate)
