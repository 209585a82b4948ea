"""What the command line prints on standard error, and how: colour, a bar, errors in a line."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, TypeVar

import click

from aib2packer.findings.text import printable
from aib2packer.text.secrets import mask

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager

T = TypeVar("T")


def echo(text: str) -> None:
    """Print text on standard error; nothing if it is empty."""
    if text:
        click.echo(text, err=True)


def print_error(message: str) -> None:
    """Print what went wrong around a conversion, in a line."""
    label = click.style("error:", fg="red", bold=True) if colored() else "error:"
    echo(f"{label} {printable(mask(message))}")


def progress(items: Sequence[T], *, quiet: bool) -> AbstractContextManager[Iterable[T]]:
    """The items, with a bar on a terminal that shows how far it got."""
    shown = _on_terminal() and not quiet
    return click.progressbar(items, label="Converting", file=sys.stderr) if shown else nullcontext(items)


def _on_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


def colored() -> bool:
    """Whether standard error shows colour."""
    return _on_terminal() and not os.environ.get("NO_COLOR")  # https://no-color.org
