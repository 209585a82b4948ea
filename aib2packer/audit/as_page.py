"""An audit as a page: Markdown, and HTML in one file that loads nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.audit.terms import terms
from aib2packer.findings.model import Asks
from aib2packer.rendering.markdown import tidy
from aib2packer.rendering.templates import html_environment, markdown_environment

if TYPE_CHECKING:
    from aib2packer.audit.model import Audit


def markdown(audit: Audit, *, version: str, of: str, date: str) -> str:
    """The page in Markdown; `of` and `date`: what was looked at, "" where that has no name, and when."""
    page = markdown_environment().get_template("audit.md.j2")
    return tidy(page.render(audit=audit, terms=terms(audit), Asks=Asks, version=version, of=of, date=date))


def html(audit: Audit, *, version: str, of: str, date: str) -> str:
    """The page in HTML: no script, no address of anything else, and whatever a template says is text."""
    page = html_environment().get_template("audit.html.j2")
    return page.render(audit=audit, terms=terms(audit), Asks=Asks, version=version, of=of, date=date)
