"""What the command line prints on standard error, and how: colour, a bar, errors in a line."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, TextIO, TypeVar

import click

from aib2packer.findings.text import safe, shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from aib2packer.app.inputs import Template

T = TypeVar("T")

_LOG, _NARROW, _LEAST = 120, 80, 10  # columns
_CLEARED = "\r\033[K"
_AROUND = "  []  100%  00:00:00   "  # what stands around the label, the bar and the name; the last column stays free


def echo(text: str) -> None:
    """Print text on standard error; nothing if it is empty."""
    if text:
        click.echo(text, err=True, color=colored(sys.stderr))


def echo_above(text: str) -> None:
    """Print text on standard error, above a bar if one is shown there: it comes again with the next item."""
    if text and _shows_bars():
        click.echo(_CLEARED, err=True, color=True, nl=False)
    echo(text)


@contextmanager
def said_if_ended(message: str) -> Iterator[None]:
    """A block that somebody may end, by ctrl-C or a signal: then that is what it has come to."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        echo_above(message)
        raise


def print_error(message: str) -> None:
    """Print in a line what went wrong around a command."""
    echo(f"{click.style('error:', fg='red', bold=True)} {safe(message)}")


def progress(
    items: Sequence[T], named: Callable[[T | None], str], *, quiet: bool, label: str
) -> AbstractContextManager[Iterable[T]]:
    """The items, with a bar on a terminal that shows how far it got, and names the one at hand."""
    columns = _columns()
    bar = _bar(columns)
    room = columns - bar - len(label) - len(_AROUND)
    if quiet or room < _LEAST or not _shows_bars():
        return nullcontext(items)

    def shown(item: T | None) -> str:
        return shortened(safe(named(item)), room)

    return click.progressbar(items, label=label, width=bar, file=sys.stderr, item_show_func=shown)


def doing(template: Template) -> str:
    """What is done with an input, or waited for, in a few words."""
    if template.resource is not None:
        return f"waiting for az: {template.name.rpartition('/')[2]}"
    if template.path is not None and template.path.suffix.lower() == ".bicep":
        return f"building {_below(template)}"
    return _below(template)


def _below(template: Template) -> str:
    """The name of an input; of one that was found in a folder the path in that."""
    path, root = template.path, template.root
    if path is None or root is None or not path.is_relative_to(root):
        return template.name
    return str(path.relative_to(root))


def print_waiting(what: str, *, quiet: bool) -> None:
    """Say on a terminal what the command is going to wait for."""
    if not quiet and _is_terminal(sys.stderr):
        echo(safe(what))


@contextmanager
def fetching(uris: Sequence[str], *, quiet: bool) -> Iterator[Callable[[], object]]:
    """A bar on a terminal for files that are fetched, and where from; what it gives is called when one of them is."""
    if not uris or quiet or not _is_terminal(sys.stderr):
        yield lambda: None
        return
    bar_width = _bar(_columns())
    hosts = [*dict.fromkeys(filter(None, map(_host, uris)))]
    label = f"Fetching from {safe(hosts[0])}" if hosts else "Fetching"
    if len(hosts) > 1:
        label += f" and {len(hosts) - 1} more"
    room = max(_columns() - bar_width - len(_AROUND), _LEAST)
    with click.progressbar(length=len(uris), label=shortened(label, room), width=bar_width, file=sys.stderr) as bar:
        yield partial(bar.update, 1)


def _host(uri: str) -> str:
    """Where an address leads, without a user or a secret in it; "" where it tells no host."""
    from urllib.parse import urlsplit

    try:
        return urlsplit(uri).hostname or ""
    except ValueError:
        return ""


def width() -> int:
    """The columns that there are; of what is no terminal as many as a log shows without a bar."""
    return max(_columns(), _NARROW)


def _columns() -> int:
    from shutil import get_terminal_size

    return get_terminal_size((_LOG, 0)).columns


def _bar(columns: int) -> int:
    return min(columns // 4, 36)


def colored(stream: TextIO | None) -> bool:
    """Whether a stream shows colour: what the user says before what the stream can.

    https://no-color.org, https://force-color.org. Where both are set the first counts, as for Python's own tracebacks.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return _is_terminal(stream) and os.environ.get("TERM") != "dumb"


def _shows_bars() -> bool:
    return _is_terminal(sys.stderr) and os.environ.get("TERM") != "dumb"


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()
