"""The PowerShell customizer: commands on Windows, or through pwsh on Linux."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.aib.fields import Spelling
from aib2packer.arm.language.text import text_of
from aib2packer.customizers.commands import CommandCustomizer, read_commands
from aib2packer.customizers.fetched import supply
from aib2packer.customizers.head import comment, label, named, read_head
from aib2packer.findings import codes
from aib2packer.hcl.values import HclCode
from aib2packer.lazy.models import dataclass, replace
from aib2packer.packer.layout import SCRIPTS
from aib2packer.packer.model import Provisioner, Steps
from aib2packer.packer.steps.build_context import AS_ROOT, beside_template
from aib2packer.packer.steps.exact_text import powershell_inline_is_exact, with_byte_order_mark
from aib2packer.packer.steps.upload import upload_text

if TYPE_CHECKING:
    from aib2packer.aib.fields import Fields
    from aib2packer.aib.model import Fetched, Located
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.hcl.values import Value
    from aib2packer.packer.steps.build_context import BuildContext

KIND = "PowerShell"
_OWN_PROCESS = "A process of its own, as in Image Builder: Packer runs inline text inside a try block."


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerShell(CommandCustomizer):
    """PowerShell commands, all in one script. `elevated`: as an administrator; `as_system`: as SYSTEM."""

    elevated: bool
    as_system: bool
    valid_exit_codes: tuple[Located[int], ...]


def read(index: int, fields: Fields) -> PowerShell | None:
    """Read a PowerShell customizer; None after an error."""
    head = read_head(index, KIND, fields)
    elevated, system = fields.boolean("runElevated"), fields.boolean("runAsSystem")
    exit_codes = fields.integers("validExitCodes", Spelling("valid_exit_codes", "2020-02-14"))
    commands = read_commands(fields)
    as_system = system is not None and system.value
    if system is not None and as_system and not (elevated is not None and elevated.value):
        fields.report.add(
            codes.SYSTEM_NOT_ELEVATED,
            system.span,
            "the service wants runElevated beside runAsSystem; it is read as SYSTEM",
            help='Add "runElevated": true.',
        )
    if commands is None:
        return None
    return PowerShell(
        **head,
        inline=commands[0],
        script=commands[1],
        elevated=as_system or (elevated is not None and elevated.value),
        as_system=as_system,
        valid_exit_codes=exit_codes,
    )


def translate(powershell: PowerShell, context: BuildContext) -> Steps:
    """Run the commands as Image Builder's Packer did: as a script of their own, where that can be."""
    if not context.is_windows:
        return _on_linux(powershell, context)
    if powershell.script is not None:
        return _fetched(powershell, powershell.script, context)
    text = powershell.text
    name = powershell.file_name(".ps1")
    if context.side_files and not text.symbols:
        return _side_file(powershell, with_byte_order_mark(text), name)
    if powershell_inline_is_exact(text) and not context.side_files:
        context.report.add(
            codes.POWERSHELL_INLINE,
            powershell.span,
            "Packer runs inline PowerShell in a try block, where the first terminating error ends it; Image Builder's went on "
            "to the next statement",
            help="Convert with -o DIR, which puts the commands into a script of their own.",
        )
        inline: tuple[Value, ...] = (context.symbols.value(text, multiline=True),)
        return Steps((Provisioner("powershell", {**_settings(powershell), "inline": inline}, comment(powershell)),))
    path = context.remote_path(name)
    script = with_byte_order_mark(text_of((*text.parts, "\n"), text.span))
    why = _OWN_PROCESS if context.side_files else "Inline would change its text."
    upload = upload_text(f"{label(powershell)}-upload", script, path, context, comment(powershell, why))
    return Steps((*upload, _run(powershell, path)))


def _settings(powershell: PowerShell) -> dict[str, Value]:
    settings = named(powershell)
    if powershell.as_system:
        settings["elevated_user"] = "SYSTEM"
    elif powershell.elevated:
        settings["elevated_user"] = HclCode("build.User")
        settings["elevated_password"] = HclCode("build.Password")
    if powershell.valid_exit_codes:
        settings["valid_exit_codes"] = tuple(code.value for code in powershell.valid_exit_codes)
    return settings


def _side_file(powershell: PowerShell, text: TemplateText, name: str) -> Steps:
    path = f"{SCRIPTS}/{name}"
    settings = {**_settings(powershell), "script": beside_template(path)}
    script = f"{text.visible}\n".encode("utf-8", "surrogatepass")
    return Steps((Provisioner("powershell", settings, comment(powershell)),), files={path: script})


def _fetched(powershell: PowerShell, script: Fetched, context: BuildContext) -> Steps:
    name = powershell.file_name(".ps1")
    had = supply(script, SCRIPTS, name, context)
    if script.content is not None:  # byte for byte, as in the service: without a mark, Windows reads it in its ANSI code page
        settings = {**_settings(powershell), "script": had.source["source"]}
        return Steps((Provisioner("powershell", settings, comment(powershell, had.origin)),), assets=had.assets)
    path = context.remote_path(name)
    upload = had.upload({"name": f"{label(powershell)}-upload"}, path, comment(powershell, _OWN_PROCESS))
    return Steps((upload, _run(powershell, path)), had.downloads)


def _run(powershell: PowerShell, path: str) -> Provisioner:
    # Image Builder's Packer silenced progress (0: SilentlyContinue), which makes downloads in PowerShell 5.1 many times faster.
    inline = (
        f"powershell -ExecutionPolicy Bypass -Command '$ProgressPreference = 0; & {path}; exit $LASTEXITCODE'",
        f"Remove-Item {path}",
    )
    return Provisioner("powershell", {**_settings(powershell), "inline": inline})


def _on_linux(powershell: PowerShell, context: BuildContext) -> Steps:
    """Through pwsh, which the image must bring: the shell provisioner, for the powershell one thinks in Windows paths."""
    name = powershell.file_name(".ps1")
    path = context.remote_path(name)
    had = None if powershell.script is None else supply(powershell.script, SCRIPTS, name, context)
    if had is not None:
        words = f"Through pwsh. {had.origin}".rstrip()
        upload: tuple[Provisioner, ...] = (
            had.upload({"name": f"{label(powershell)}-upload"}, path, comment(powershell, words)),
        )
    else:
        text = text_of((*powershell.text.parts, "\n"), powershell.text.span)
        upload = upload_text(f"{label(powershell)}-upload", text, path, context, comment(powershell, "Through pwsh."))
    settings: dict[str, Value] = {**named(powershell), "execute_command": AS_ROOT}
    if powershell.valid_exit_codes:
        settings["valid_exit_codes"] = tuple(code.value for code in powershell.valid_exit_codes)
    settings["inline"] = (f"pwsh -NoProfile -File {path}", f"rm {path}")
    steps = Steps((*upload, Provisioner("shell", settings)))
    return steps if had is None else replace(steps, downloads=had.downloads, assets=had.assets)
