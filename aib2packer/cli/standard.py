"""`--help`, `--version` and the names of files as click has them, but for the translations of their texts that it looks for.

Looking for these takes more than a millisecond of each start, help or no help.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aib2packer import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.shell_completion import CompletionItem


class FileName(click.types.StringParamType):
    """The name of a file or a folder, which need not be there; shells complete it."""

    name = "path"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Leave it to the shell to look for files."""
        from click.shell_completion import CompletionItem

        del ctx, param
        return [CompletionItem(incomplete, type="file")]


FILE_NAME = FileName()


def _printing(names: list[str], text: Callable[[click.Context], str], help_text: str) -> click.Option:
    """An option that prints a text, and ends the program."""

    def show(context: click.Context, _parameter: click.Parameter, value: object) -> None:
        if value and not context.resilient_parsing:
            click.echo(text(context), color=context.color)
            context.exit()

    return click.Option(names, is_flag=True, expose_value=False, is_eager=True, callback=show, help=help_text)


HELP = _printing(["-h", "--help"], click.Context.get_help, "Show this message and exit.")
VERSION = _printing(["--version"], lambda _context: f"aib2packer {__version__}", "Show the version and exit.")


class OwnHelp(click.Command):
    """A command whose option for help is the one of this module."""

    def get_help_option(self, ctx: click.Context) -> click.Option:
        """The option."""
        del ctx
        return HELP
