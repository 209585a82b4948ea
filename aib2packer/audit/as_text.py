"""An audit on a terminal, in 80 columns."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from aib2packer.findings.model import Asks
from aib2packer.findings.text import columns, listed, shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from aib2packer.audit.model import Audit, Cause, Chapter

    Styler = Callable[[str, str], str]

_WIDTH = 80
_BAR = 30
_NAMES = 4
_LONGEST = 66  # columns of a name: it stands in a line of its own then
_MESSAGES = 3
_NEEDS = 12


def render(audit: Audit, *, color: bool) -> str:
    """The audit, without a line break at the end."""
    style = _coloured if color else _plain
    parts = [
        list(_head(audit, style)),
        list(_causes("Not converted, by cause", audit.obstacles, style)),
        list(_causes("To act on", audit.asked[Asks.ACT], style)),
        list(_causes("To decide, once for all templates concerned", audit.decisions, style, messages=1)),
        list(_lost(audit, style)),
        list(_refused(audit, style)),
        *(list(_chapter(f"By hand: {chapter.title}", chapter, style)) for chapter in audit.by_hand),
        *(list(_chapter(f"Shared: {chapter.title}", chapter, style)) for chapter in audit.shared),
        list(_counts("To know", audit.known, style)),
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def _head(audit: Audit, style: Styler) -> Iterator[str]:
    total, done = audit.total, audit.converted
    filled = min(max(round(_BAR * audit.share / 100), bool(done)), _BAR - (done < total))
    bar = style("█" * filled, "green") + style("░" * (_BAR - filled), "red")
    yield f"{style(f'{done} of {total}', '')} templates convert: {audit.percent}  {bar}"
    if done:
        yield from _wrapped("", f"{audit.about_waiting}.")
    act, decide = sum(cause.count for cause in audit.asked[Asks.ACT]), len(audit.decisions)
    of_them = "all" if audit.decided_for_several == decide else f"{audit.decided_for_several} of them"
    several = f", {of_them} for several templates" if audit.decided_for_several else ""
    yield f"{_times(act, 'finding')} to act on, in {_times(audit.to_act_on, 'template')}."
    yield f"{_times(audit.unsafe, 'build')} {'is' if audit.unsafe == 1 else 'are'} unsafe until somebody acts."
    if audit.later[0]:
        yield from _wrapped("", audit.about_later)
    yield f"{_times(decide, 'decision')} to make{several}."
    converted, lost = audit.settings
    if converted or lost:
        in_builds = f"{audit.lost_in_builds:,}" if audit.lost_in_builds else "none of them"
        of_lost = f"{lost:,} {'is' if lost == 1 else 'are'} lost, {in_builds} in templates that convert"
        told = f"{converted:,} of {converted + lost:,} settings are converted, {of_lost if lost else 'none is lost'}."
        yield from _wrapped("", told)
    if audit.minutes:
        together = " together" if audit.with_last_run > 1 else ""
        of = _times(audit.with_last_run, "template")
        yield f"The last successful runs of {of} took {audit.minutes:.0f} minutes{together}."
    if audit.accepted:
        count = sum(cause.count for cause in audit.accepted)
        yield f"{count} accepted {'finding is' if count == 1 else 'findings are'} not counted (--baseline)."
    if audit.passed_over:
        holds = "file holds" if audit.passed_over == 1 else "files hold"
        yield f"{audit.passed_over} other {holds} no image template."
    if audit.links:
        yield from _wrapped("", audit.about_links)
    if audit.left_out:
        yield f"{_times(audit.left_out, 'image template')} left out: a condition or a loop switches {_it(audit.left_out)} off."
    yield "Below, each number says how many templates have it: of those that convert,"
    yield "except for what keeps the others from converting."


def _times(count: int, noun: str) -> str:
    return f"{count:,} {noun if count == 1 else f'{noun}s'}"


def _it(count: int) -> str:
    return "it" if count == 1 else "them"


def _lost(audit: Audit, style: Styler) -> Iterator[str]:
    if audit.lost_settings:
        yield style("Lost settings", "")
    for one in sorted(audit.lost_settings, key=lambda one: -len(one.templates)):
        what = ": ".join(filter(None, (one.name, one.why))) if one.name else one.said.message
        yield from _wrapped(f"{len(one.templates):>4}  ", f"{one.code.id} {what}")


def _causes(title: str, causes: Sequence[Cause], style: Styler, *, messages: int = _MESSAGES) -> Iterator[str]:
    if causes:
        yield style(title, "")
    for cause in causes:
        yield from _wrapped(f"{len(cause.templates):>4}  ", f"{cause.code.id} {cause.code.title}")
        if cause.code.question:
            yield from _wrapped("      ", cause.code.question)
        shown = cause.examples[:messages]
        for said in shown:
            yield from _wrapped("      ", said.message)
            yield from _wrapped("        ", said.help)
        if len(cause.said) > len(shown):
            yield f"      and {len(cause.said) - len(shown)} more: a report has all (--output)"
        yield from _wrapped("      ", f"in {_listed(cause.templates)}")


def _counts(title: str, causes: Sequence[Cause], style: Styler) -> Iterator[str]:
    if causes:
        yield style(title, "")
    for cause in causes:
        yield from _wrapped(f"{len(cause.templates):>4}  ", f"{cause.code.id} {cause.code.title}")


def _refused(audit: Audit, style: Styler) -> Iterator[str]:
    if audit.refused:
        yield style("What Image Builder itself would refuse", "")
    for cause in audit.refused:
        above = " (see above)" if cause in audit.refused_too else ""
        yield from _wrapped(f"{len(cause.templates):>4}  ", f"{cause.code.id} {cause.code.title}{above}")


def _chapter(title: str, chapter: Chapter, style: Styler) -> Iterator[str]:
    yield style(title, "")
    yield from _wrapped("", chapter.sentence.replace("`", ""))
    found: dict[str, dict[str, None]] = {}
    for need in chapter.needs:  # those that differ only in an id
        found.setdefault(f"{need.what}: {need.about}" if need.about else need.what, {}).update(dict.fromkeys(need.templates))
    most_first = sorted(found.items(), key=lambda item: -len(item[1]))
    for what, templates in most_first[:_NEEDS]:
        yield from _wrapped(f"{len(templates):>4}  ", what)
    if len(found) > _NEEDS:
        yield f"      and {len(found) - _NEEDS} more: a report lists all (--output)"


def _listed(names: Sequence[str]) -> str:
    return listed([shortened(name, _LONGEST) for name in names[:_NAMES]], len(names))


def _wrapped(first: str, text: str) -> Iterable[str]:
    """A text in lines, the further ones below the first; a word that is too long is broken, that nothing is wider."""
    room = _WIDTH - len(first)
    lines = wrap(text, room, break_on_hyphens=False) or [""]
    for index, line in enumerate(lines):
        head = first if index == 0 else " " * len(first)
        yield from (f"{head}{piece}" for piece in _pieces(line, room))


def _pieces(line: str, room: int) -> Iterator[str]:
    """A line cut where it takes more columns than there are: wide characters take two."""
    piece = ""
    for char in line:
        if columns(piece + char) > room:
            yield piece
            piece = ""
        piece += char
    yield piece


def _plain(text: str, _colour: str) -> str:
    return text


def _coloured(text: str, colour: str) -> str:
    from click import style

    return style(text, fg=colour or None, bold=True)
