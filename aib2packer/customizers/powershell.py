"""The PowerShell customizer: commands on Windows, or through pwsh on Linux."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from aib2packer.aib.fields import Spelling
from aib2packer.aib.model import Located
from aib2packer.arm.language.text import TemplateText, text_of
from aib2packer.customizers.commands import CommandCustomizer, read_commands
from aib2packer.customizers.fetched import supply
from aib2packer.customizers.head import label, named, read_head
from aib2packer.findings import codes
from aib2packer.hcl.code import conditional, of_value
from aib2packer.hcl.values import HclCode
from aib2packer.lazy.models import dataclass, replace
from aib2packer.options import OsType
from aib2packer.packer.layout import SCRIPTS, beside_template
from aib2packer.packer.model import Provisioner, Steps
from aib2packer.packer.steps.build_context import AS_ROOT
from aib2packer.packer.steps.customizer_kind import CustomizerKind
from aib2packer.packer.steps.exact_text import powershell_inline_is_exact, unix_lines, with_byte_order_mark
from aib2packer.packer.steps.upload import upload_text

if TYPE_CHECKING:
    from aib2packer.aib.fields import Fields
    from aib2packer.aib.model import Fetched, Flag, Number
    from aib2packer.hcl.values import Value
    from aib2packer.packer.steps.build_context import BuildContext
    from aib2packer.packer.variables.symbols import Symbols

NAME = "PowerShell"
_OWN_PROCESS = "A process of its own, as in Image Builder: Packer runs inline text inside a try block."


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerShell(CommandCustomizer):
    """PowerShell commands, all in one script. `elevated`: as an administrator; `as_system`: as SYSTEM."""

    TEXTS: ClassVar[tuple[str, ...]] = (*CommandCustomizer.TEXTS, "elevated", "as_system", "valid_exit_codes")

    elevated: Flag | None
    as_system: Flag | None
    valid_exit_codes: tuple[Number, ...] | TemplateText


def read(index: int, fields: Fields) -> PowerShell | None:
    """Read a PowerShell customizer; None after an error."""
    head = read_head(index, NAME, fields)
    elevated, system = fields.flag("runElevated"), fields.flag("runAsSystem")
    old_codes = Spelling("valid_exit_codes", "2020-02-14")
    late_codes = fields.late("validExitCodes", "array", old_codes)
    commands = read_commands(fields)
    not_elevated = elevated is None or (isinstance(elevated, Located) and not elevated.value)
    if isinstance(system, Located) and system.value and not_elevated:
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
        elevated=elevated,
        as_system=system,
        valid_exit_codes=fields.integers("validExitCodes", old_codes) if late_codes is None else late_codes,
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
        return _side_file(powershell, with_byte_order_mark(_read_alike(text)), name, context.symbols)
    if powershell_inline_is_exact(text) and not context.renders(text) and not context.side_files:
        context.report.add(
            codes.POWERSHELL_INLINE,
            powershell.span,
            "Packer runs inline PowerShell in a try block, which the first terminating error ends; Image Builder went on "
            "to the next statement",
            help="Convert with -o DIR, which puts the commands into a script of their own.",
        )
        inline: Value = (
            (context.symbols.value(_read_alike(text), multiline=True),)
            if powershell.late_list is None
            else context.symbols.value(powershell.late_list)
        )
        return Steps((Provisioner("powershell", {**_settings(powershell, context.symbols), "inline": inline}),))
    path = context.remote_path(name)
    script = with_byte_order_mark(text_of((*text.parts, "\n"), text.span))
    why = _OWN_PROCESS if context.side_files else "Inline would change its text."
    upload = upload_text(f"{label(powershell)}-upload", script, path, context, why)
    return Steps((*upload, _run(powershell, path, context.symbols)))


KIND = CustomizerKind(NAME, OsType.WINDOWS, read, translate)


def _read_alike(text: TemplateText) -> TemplateText:
    """The text with the line ends of the file that it goes into, where they are no part of what it says.

    PowerShell reads both; a string over several lines has those that are there, and is not looked for further than this: lines
    that each close what they open.
    """
    lines = text.visible.split("\n")
    apart = all(line.count('"') % 2 == line.count("'") % 2 == 0 and not line.rstrip().endswith(("@'", '@"')) for line in lines)
    return unix_lines(text) if apart else text


def _settings(powershell: PowerShell, symbols: Symbols) -> dict[str, Value]:
    return named(powershell) | _elevated(powershell, symbols) | _exit_codes(powershell, symbols)


def _elevated(powershell: PowerShell, symbols: Symbols) -> dict[str, Value]:
    """Who runs the commands. Without a name, that is who Packer signs in as, and not as an administrator."""
    elevated, system = (
        False if flag is None else symbols.located(flag) for flag in (powershell.elevated, powershell.as_system)
    )
    if system is True:
        return {"elevated_user": "SYSTEM"}
    if elevated is False and system is False:
        return {}
    user, password = of_value(HclCode("build.User")), of_value(HclCode("build.Password"))
    if elevated is not True:
        user, password = (conditional(of_value(elevated), one, of_value("")) for one in (user, password))
    if system is not False:
        user = conditional(of_value(system), of_value("SYSTEM"), user)
        password = conditional(of_value(system), of_value(""), password)
    return {"elevated_user": user.code, "elevated_password": password.code}


def _exit_codes(powershell: PowerShell, symbols: Symbols) -> dict[str, Value]:
    codes = powershell.valid_exit_codes
    if not codes:
        return {}
    return {"valid_exit_codes": symbols.value(codes) if isinstance(codes, TemplateText) else tuple(map(symbols.located, codes))}


def _side_file(powershell: PowerShell, text: TemplateText, name: str, symbols: Symbols) -> Steps:
    path = f"{SCRIPTS}/{name}"
    settings = {**_settings(powershell, symbols), "script": beside_template(path)}
    end = "" if text.visible.endswith("\n") else "\n"
    script = f"{text.visible}{end}".encode("utf-8", "surrogatepass")
    return Steps((Provisioner("powershell", settings),), files={path: script})


def _fetched(powershell: PowerShell, script: Fetched, context: BuildContext) -> Steps:
    name = powershell.file_name(".ps1")
    had = supply(script, SCRIPTS, name, context)
    if script.content is not None:  # byte for byte, as in the service: without a mark, Windows reads it in its ANSI code page
        settings = {**_settings(powershell, context.symbols), "script": had.source["source"]}
        return Steps((Provisioner("powershell", settings, had.origin),), assets=had.assets)
    path = context.remote_path(name)
    upload = had.upload({"name": f"{label(powershell)}-upload"}, path, _OWN_PROCESS)
    return Steps((upload, _run(powershell, path, context.symbols)), had.downloads)


def _run(powershell: PowerShell, path: str, symbols: Symbols) -> Provisioner:
    # Image Builder's Packer silenced progress (0: SilentlyContinue), which makes downloads in PowerShell 5.1 many times faster.
    inline = (
        f"powershell -ExecutionPolicy Bypass -Command '$ProgressPreference = 0; & {path}; exit $LASTEXITCODE'",
        f"Remove-Item {path}",
    )
    return Provisioner("powershell", {**_settings(powershell, symbols), "inline": inline})


def _on_linux(powershell: PowerShell, context: BuildContext) -> Steps:
    """Through pwsh, which the image must bring: the shell provisioner, for the powershell one thinks in Windows paths."""
    name = powershell.file_name(".ps1")
    path = context.remote_path(name)
    had = None if powershell.script is None else supply(powershell.script, SCRIPTS, name, context)
    if had is not None:
        words = f"Through pwsh. {had.origin}".rstrip()
        upload: tuple[Provisioner, ...] = (had.upload({"name": f"{label(powershell)}-upload"}, path, words),)
    else:
        text = text_of((*powershell.text.parts, "\n"), powershell.text.span)
        upload = upload_text(f"{label(powershell)}-upload", text, path, context, "Through pwsh.")
    settings: dict[str, Value] = {**named(powershell), "execute_command": AS_ROOT} | _exit_codes(powershell, context.symbols)
    settings["inline"] = (f"pwsh -NoProfile -File {path}", f"rm {path}")
    steps = Steps((*upload, Provisioner("shell", settings)))
    return steps if had is None else replace(steps, downloads=had.downloads, assets=had.assets)
