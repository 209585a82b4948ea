"""The command line: reads options, runs conversions, prints. Standard output carries what was asked for only.

One file a command; it is imported when it runs.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from aib2packer import __version__

# Where each command is: `name` of `module`.
_COMMANDS = {
    "convert": ("aib2packer.cli.convert", "convert_command"),
    "audit": ("aib2packer.cli.audit", "audit_command"),
    "explain": ("aib2packer.cli.explain", "explain_command"),
    "next-version": ("aib2packer.cli.next_version", "next_version_command"),
}


# The start makes many objects, all of which stay: looking for garbage among them each 700 takes a tenth of it.
_ALLOCATIONS = 50_000


class _LazyGroup(click.Group):
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


@click.group(cls=_LazyGroup)
@click.version_option(__version__, prog_name="aib2packer", message="%(prog)s %(version)s")
def main() -> None:
    """Convert Azure Image Builder templates to Packer HCL2 builds."""
    import gc

    from aib2packer.app.interrupts import end_in_order

    end_in_order()
    gc.set_threshold(_ALLOCATIONS)
