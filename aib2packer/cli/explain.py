"""`aib2packer explain`."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from aib2packer.cli.printing import colored, print_error
from aib2packer.cli.standard import OwnHelp
from aib2packer.findings.code_pages import by_id, find, page, similar
from aib2packer.findings.codes import SPLIT
from aib2packer.findings.model import Severity
from aib2packer.findings.overview import HEADINGS

if TYPE_CHECKING:
    from aib2packer.findings.model import Code


def _completions(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(code.id, help=code.title) for code in by_id().values() if code.id.startswith(incomplete.upper())]


@click.command("explain", cls=OwnHelp)
@click.argument("codes", metavar="[CODE]...", nargs=-1, shell_complete=_completions)
def explain_command(codes: tuple[str, ...]) -> None:
    """Explain what a finding means, with an example, and what to do about it.

    CODE is what a finding is marked with, such as AIB2P203 or 203. Without one, all codes are listed, with what each asks for:
    to act, to decide or to know.

    \b
      aib2packer explain AIB2P203 412

    Exit status: 0 explained; 2 no such code.
    """  # noqa: D301 - click's mark for lines that stay as they are
    found = [(text, find(text)) for text in codes]
    for text, code in found:
        if code is None:
            print_error(_unknown(text))
    if any(code is None for _, code in found):
        sys.exit(2)
    pages = [_with_asks(code) for _, code in found if code is not None]
    shown = "\n".join(map(_styled, pages)) if pages else "".join(map(_row, by_id().values()))
    click.echo(shown, nl=False, color=colored(sys.stdout))


def _with_asks(code: Code) -> str:
    """The page about a code, with what it asks of people beside its severity."""
    severity = code.severity.value.capitalize()
    asks = "" if code.severity is Severity.ERROR or code in SPLIT else f", {HEADINGS[code.asks].lower()}"
    return page(code).replace(f"**{severity}.**", f"**{severity}{asks}.**", 1)


def _row(code: Code) -> str:
    split = " (split into other codes)" if code in SPLIT else ""
    return f"{code.id}  {code.severity.value:6}  {code.asks.value:6}  {code.title}{split}\n"


def _unknown(text: str) -> str:
    near = [f"{code.id} ({code.title})" for code in similar(text)]
    meant = f"Did you mean {' or '.join(near)}?" if near else "`aib2packer explain` lists all."
    return f"{text}: there is no such code. {meant}"


def _styled(text: str) -> str:
    """A page with its headings and blocks of code set off; what a stream without colour does not show is taken out again."""
    headed = re.sub(r"^#+ (.*)$", lambda match: click.style(match[0], bold=True), text, flags=re.MULTILINE)
    return re.sub(
        r"^(```).*?\n(.*?)^```$", lambda match: click.style(match[0], fg="cyan"), headed, flags=re.MULTILINE | re.DOTALL
    )
