"""An audit as a page: Markdown, and HTML in one file that loads nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.audit.terms import terms
from aib2packer.findings.model import Asks
from aib2packer.rendering.markdown import tidy
from aib2packer.rendering.templates import html_environment, markdown_environment

if TYPE_CHECKING:
    from aib2packer.audit.model import Audit

_SENTENCES = {
    "obstacles": "Each cause, and the templates that it stops; a template can have several. Options that help, such as "
    "`--set`, are those of `aib2packer convert`.",
    "act": "The build fails, or is unsafe, until somebody acts.",
    "decide": "One answer serves all templates that a decision is for: an option of `aib2packer convert`, which "
    "`aib2packer.toml` can hold, or an entry in a baseline (`--baseline FILE`), which keeps the reason: "
    '`[[accepted]]`, `code = "CODE"` and `reason = "WHY"`, in three lines.',
    "refused": "These templates could not be submitted again as they are; where one converts, its build does what was meant.",
    "accepted": "A baseline accepts these, with the reason given. No other number of findings on this page includes them.",
    "by_hand": "What the builds need, and a conversion cannot provide: each is listed once. `$name` is a value that "
    "templates leave open.",
    "shared": "What could be declared once. `$name` is a value that templates leave open.",
    "counted": "Only templates that convert are counted, except for what keeps the others from converting.",
}
"""What both pages say of a chapter, and `counted` of all numbers; backticks stand around code."""


def markdown(audit: Audit, *, version: str, of: str, date: str) -> str:
    """The page in Markdown; `of` and `date`: what was looked at, "" where that has no name, and when."""
    page = markdown_environment().get_template("audit.md.j2")
    return tidy(page.render(version=version, of=of, date=date, **_shown(audit, of)))


def html(audit: Audit, *, version: str, of: str, date: str) -> str:
    """The page in HTML: no script, no address of anything else, and whatever a template says is text."""
    page = html_environment().get_template("audit.html.j2")
    return page.render(version=version, of=of, date=date, **_shown(audit, of))


def _shown(audit: Audit, of: str) -> dict[str, object]:
    """What both pages show of an audit."""
    is_folder = of.endswith("/") and ", " not in of
    return {"audit": audit, "terms": terms(audit), "Asks": Asks, "sentences": _SENTENCES, "is_folder": is_folder}
