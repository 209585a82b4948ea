"""The Shell customizer: commands on Linux, run as root."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.arm.language.text import text_of
from aib2packer.customizers.commands import CommandCustomizer, read_commands
from aib2packer.customizers.environment import secrets_apart
from aib2packer.customizers.fetched import base_name, supply
from aib2packer.customizers.head import label, named, read_head
from aib2packer.customizers.restart import WAIT, is_in_shell, mentions_restart, restarts_vm, wait_for_restart
from aib2packer.findings import codes
from aib2packer.lazy.models import dataclass, replace
from aib2packer.options import OsType
from aib2packer.packer.layout import SCRIPTS, beside_template
from aib2packer.packer.model import Provisioner, Steps
from aib2packer.packer.steps.build_context import AS_ROOT
from aib2packer.packer.steps.customizer_kind import CustomizerKind
from aib2packer.packer.steps.exact_text import (
    before_line_end,
    has_short_byte_lines,
    has_short_lines,
    shell_inline_is_exact,
    unix_lines,
)
from aib2packer.packer.steps.upload import upload_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.aib.fields import Fields
    from aib2packer.aib.model import Fetched
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.customizers.fetched import Supply
    from aib2packer.hcl.values import Value
    from aib2packer.packer.steps.build_context import BuildContext

NAME = "Shell"
_UNSEEN_HELP = "add expect_disconnect = true to its provisioner, and a step after it that waits."
_IN_FILE = "In a file, for inline Packer would change its text."
_SHEBANG = "/bin/sh -e"  # of Packer's own for inline commands, also in the service: docs/reference/aib-behaviour.md 1.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell(CommandCustomizer):
    """Shell commands, all in one script."""


def read(index: int, fields: Fields) -> Shell | None:
    """Read a Shell customizer; None after an error."""
    head = read_head(index, NAME, fields)
    commands = read_commands(fields)
    return None if commands is None else Shell(**head, inline=commands[0], script=commands[1])


def translate(shell: Shell, context: BuildContext) -> Steps:
    """Run the commands as root."""
    steps = _commands(shell, context) if shell.script is None else _fetched(shell, shell.script, context)
    if shell.late_list is not None:
        context.report.add(
            codes.RESTART_UNSEEN,
            shell.late_list.span,
            "these commands are known only when Packer runs, so it is not known whether they restart the VM",
            help=f"Give them a value, with --set or -p. If they restart the VM, {_UNSEEN_HELP}",
        )
    text = shell.visible_text
    if text is None or not _may_restart(shell, text, context):
        return steps
    *before, last = steps.provisioners
    expecting = _with_settings(last, {"expect_disconnect": True, "start_retry_timeout": WAIT})
    gate = wait_for_restart(label(shell))
    return replace(steps, provisioners=(*before, expecting, gate), restarts=True)


KIND = CustomizerKind(NAME, OsType.LINUX, read, translate)


def _commands(shell: Shell, context: BuildContext) -> Steps:
    apart = secrets_apart(shell.text, context.symbols)
    if apart is None:
        return _inline(shell, context)
    text, environment = apart
    return _with_environment(_inline(replace(shell, inline=text.split("\n")), context), environment, context)


def _may_restart(shell: Shell, text: str, context: BuildContext) -> bool:
    """Whether commands restart the VM. Of a script in another language that can only be guessed, and is reported."""
    if shell.script is None or is_in_shell(text):
        return restarts_vm(text)
    if mentions_restart(text):
        context.report.add(
            codes.RESTART_UNSEEN,
            shell.script.uri.span,
            "this script is not written for the shell, and names a command that restarts the VM",
            help=f"If it does, {_UNSEEN_HELP}",
        )
    return False


def _with_environment(steps: Steps, environment: Mapping[str, TemplateText], context: BuildContext) -> Steps:
    """The last of the steps, which runs the commands, with variables in its environment."""
    *before, last = steps.provisioners
    values = {name: context.symbols.value(value) for name, value in environment.items()}
    return replace(steps, provisioners=(*before, _with_settings(last, {"env": values})))


def _with_settings(step: Provisioner, settings: Mapping[str, Value]) -> Provisioner:
    """A step with more settings, the commands still last."""
    commands = {key: value for key, value in step.settings.items() if key in {"inline", "script"}}
    others = {key: value for key, value in step.settings.items() if key not in commands}
    return replace(step, settings={**others, **settings, **commands})


def _inline(shell: Shell, context: BuildContext) -> Steps:
    text = shell.text
    in_file = context.side_files and not text.symbols
    is_script = any("\n" in command.visible for command in shell.inline)  # and no list of commands
    if shell_inline_is_exact(text) and not context.renders(text) and not (in_file and is_script):
        settings = {**named(shell), "execute_command": AS_ROOT}
        # Else Packer takes such a first line for the shebang, and drops -e.
        if text.visible.startswith("#!") or shell.late_list is not None:
            settings["inline_shebang"] = _SHEBANG
        settings["inline"] = _lines(shell, context)
        return Steps((Provisioner("shell", settings),))
    script = unix_lines(text_of((f"#!{_SHEBANG}\n", *text.parts, "\n"), text.span))
    name = shell.file_name(".sh")
    if in_file:
        return _side_file(shell, script.visible, name, "" if is_script else _IN_FILE)
    path = context.remote_path(name)
    upload = upload_text(f"{label(shell)}-upload", script, path, context, "Inline, Packer would change its text.")
    return Steps((*upload, _run(shell, path)))


def _lines(shell: Shell, context: BuildContext) -> Value:
    """The commands as they stand, or one heredoc where some of them have several lines."""
    if shell.late_list is not None:
        return context.symbols.value(shell.late_list)
    # Packer turns CRLF to LF once, and so did the service: doing it here is the same, unless a second time would change more.
    text = shell.text if "\r\r\n" in f"{shell.text.visible}\n" else before_line_end(unix_lines(shell.text))
    lines = text.split("\n")
    if len(lines) == len(shell.inline):
        return tuple(context.symbols.value(line) for line in lines)
    return (context.symbols.value(text, multiline=True),)


def _side_file(shell: Shell, script: str, name: str, why: str) -> Steps:
    settings: dict[str, Value] = {**named(shell), "execute_command": AS_ROOT}
    if "\r" in script or not has_short_lines(script):
        settings["binary"] = True
    path = f"{SCRIPTS}/{name}"
    settings["script"] = beside_template(path)
    return Steps(
        (Provisioner("shell", settings, why),),
        files={path: script.encode("utf-8", "surrogatepass")},
    )


def _fetched(shell: Shell, script: Fetched, context: BuildContext) -> Steps:
    if script.content is None:
        context.report.add(
            codes.RESTART_UNSEEN,
            script.uri.span,
            f"the script of {shell.called} has not been fetched, so it is not known whether it restarts the VM",
            help=f"{_how_to_see(script)}, which reads the script. If it restarts the VM, {_UNSEEN_HELP}",
        )
        return _uploaded(shell, supply(script, SCRIPTS, shell.file_name(""), context), context)
    had = supply(script, SCRIPTS, shell.file_name("" if "." in base_name(script.uri) else ".sh"), context)
    if not has_short_byte_lines(script.content):
        return _uploaded(shell, had, context)
    settings = {**named(shell), "execute_command": AS_ROOT, "script": had.source["source"]}
    return Steps((Provisioner("shell", settings, had.origin),), assets=had.assets)


def _how_to_see(script: Fetched) -> str:
    """What has a script fetched when converting: more than --fetch where its URI is not known, or none that leads there."""
    if script.address is not None:
        return "Convert with --fetch"
    if script.uri.symbols:
        return "Fill in what its URI leaves open (--set, -p), and convert with --fetch"
    return "Give it a URI that begins with https://, and convert with --fetch"


def _uploaded(shell: Shell, had: Supply, context: BuildContext) -> Steps:
    """Upload the script as it is, and run it on the VM without the CR of its line ends, as the shell provisioner would."""
    path = context.remote_path(shell.file_name(""))
    upload = had.upload({"name": f"{label(shell)}-upload"}, path, had.origin)
    return Steps((upload, _run(shell, path, "sed -i 's/\\r$//' " + path)), had.downloads, assets=had.assets)


def _run(shell: Shell, path: str, *first: str) -> Provisioner:
    inline = (*first, f"chmod +x {path}", path, f"rm {path}")
    return Provisioner("shell", {**named(shell), "execute_command": AS_ROOT, "inline": inline})
