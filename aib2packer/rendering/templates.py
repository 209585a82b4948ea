"""The Jinja2 templates, which are layout only: each kind of text has its own filters, and its own rule for what they leave."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from aib2packer.findings.text import safe
from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Callable
    from re import Pattern

    from jinja2 import BaseLoader, Environment
    from markupsafe import Markup

_LONG_WORD = 20
_BREAKS = pattern(r"(?<=[\w/][/_.@:,=-])(?=[\w$<{])")  # behind a mark between two parts
_BREAKS_IN_COMMANDS = pattern(r"(?<=[\w/][/=])(?=[\w$<{])")  # a name stays in one line
_PACKAGE = Path(__file__).parent.parent
COMPILED = "compiled_templates"
"""The folder in a wheel that has the templates compiled ahead, which a start need not do then."""
MADE_BY = "made-by.txt"
"""The file beside compiled templates that names the version of Jinja2 they are compiled with: another compiles them anew."""


def environment(finalize: Callable[[object], object] | None = None, *, autoescape: bool = False) -> Environment:
    """Jinja2 over the folder of templates. `finalize` is what becomes of each value printed; `autoescape` is for HTML."""
    from jinja2 import Environment, StrictUndefined

    return Environment(
        autoescape=autoescape,  # noqa: S701 - what is not HTML goes through a filter of ours, or `finalize`
        loader=_loader(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        finalize=finalize,
    )


def _loader() -> BaseLoader:
    """The templates as a wheel has them: compiled, where the Jinja2 that did it is the one that is here; else their sources."""
    import jinja2

    compiled = _PACKAGE / COMPILED
    try:
        fits = (compiled / MADE_BY).read_text() == jinja2.__version__
    except OSError:
        fits = False
    if fits:
        return jinja2.ModuleLoader(compiled)
    # In a wheel the sources lie inside the package, in a checkout beside it.
    return jinja2.FileSystemLoader([_PACKAGE / "templates", _PACKAGE.parent / "templates"])


@cache
def markdown_environment() -> Environment:
    """What no filter has made Markdown is text, and escaped."""
    from aib2packer.findings.text import capitalized
    from aib2packer.rendering.markdown import Markdown, cell, code, codes, escape, fenced, prose

    def finalize(value: object) -> object:
        return escape(value) if isinstance(value, str) and not isinstance(value, Markdown) else value

    made = environment(finalize)
    made.filters.update(markdown=Markdown, prose=prose, code=code, codes=codes, cell=cell, fenced=fenced)
    made.filters.update(capitalized=capitalized)
    return made


@cache
def yaml_environment() -> Environment:
    """The values are names of ours and commands: they need no quotes, but nothing in them may end a line."""
    return environment(lambda value: safe(value) if isinstance(value, str) else value)


@cache
def html_environment() -> Environment:
    """What no macro has made HTML is text, and escaped."""
    from markupsafe import Markup

    from aib2packer.findings.text import capitalized

    made = environment(
        lambda value: safe(value) if isinstance(value, str) and not isinstance(value, Markup) else value, autoescape=True
    )
    made.filters.update(prose=_prose, capitalized=capitalized, breakable=_breakable, command=_command)
    return made


def _prose(text: str) -> Markup:
    """A text as HTML: what stands between backticks is code, unless one of them is alone."""
    from markupsafe import Markup

    parts = safe(text).split("`")
    if len(parts) % 2 == 0:
        return _breakable(text)
    shown = (
        Markup("<code>{}</code>").format(_breakable(part)) if index % 2 else _breakable(part)
        for index, part in enumerate(parts)
    )
    return Markup("").join(shown)


def _command(text: str) -> Markup:
    """A command as HTML, whose ids may go on in the next line between their parts."""
    return _breakable(text, _BREAKS_IN_COMMANDS)


def _breakable(text: str, breaks: Pattern[str] = _BREAKS) -> Markup:
    """A text as HTML whose long words may go on in the next line behind a mark between their parts, as paths and ids have."""
    from markupsafe import Markup

    words = safe(text).split(" ")
    shown = (Markup("<wbr>").join(breaks.split(word)) if len(word) > _LONG_WORD else Markup.escape(word) for word in words)
    return Markup(" ").join(shown)
