"""The command line: reads options, runs conversions, prints. Standard output carries what was asked for only.

One file a command; it is imported when it runs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from aib2packer.cli.standard import VERSION, OwnHelp

if TYPE_CHECKING:
    from collections.abc import MutableMapping

# Where each command is: `name` of `module`.
_COMMANDS = {
    "convert": ("aib2packer.cli.convert", "convert_command"),
    "audit": ("aib2packer.cli.audit", "audit_command"),
    "explain": ("aib2packer.cli.explain", "explain_command"),
    "next-version": ("aib2packer.cli.next_version", "next_version_command"),
}


class _LazyGroup(OwnHelp, click.Group):
    @property
    def commands(self) -> MutableMapping[str, click.Command]:
        """All commands, imported: for what asks for them without a context, as click-man does."""
        found = {name: self.get_command(click.Context(self), name) for name in _COMMANDS}
        return {name: command for name, command in found.items() if command is not None}

    @commands.setter
    def commands(self, _commands: MutableMapping[str, click.Command]) -> None:
        """Click sets those that it was given: none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's
        """Run a command; what click itself says of its arguments is shown as everything else is."""
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            from aib2packer.findings.text import safe

            vars(error)["message"] = safe(error.message)  # which click declares as final
            raise

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name]
        command = getattr(import_module(module), name)
        return command if isinstance(command, click.Command) else None


@click.group(cls=_LazyGroup, params=[VERSION])
def main() -> None:
    """Convert Azure Image Builder templates to Packer HCL2 builds.

    \b
      aib2packer audit images/            what moving them takes
      aib2packer convert web.json -o web  a build with all that it needs
      aib2packer explain AIB2P318         what a finding means

    For completion in bash (zsh and fish alike):

    \b
      eval "$(_AIB2PACKER_COMPLETE=bash_source aib2packer)"
    """  # noqa: D301 - click's mark for lines that stay as they are
    from aib2packer.app.interrupts import end_in_order

    end_in_order()
