"""Findings as text for people, in the shape that ruff and rustc use."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from aib2packer.findings.model import Severity
from aib2packer.lazy.patterns import pattern
from aib2packer.text.commands import break_up, is_command
from aib2packer.text.secrets import apart, find_secrets, mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from aib2packer.findings.model import Code, Finding

    Styler = Callable[[str, str], str]

_WIDTH = 120
_BEFORE = 40  # columns shown before the span where a line is cut
_FIRST_WORD = pattern(r"[a-z]+(?=['\s,:;]|\.?$|\.\s)")
_SMALL_NAMES = {"az", "azcopy", "git", "http", "https", "packer", "sudo", "uri"}
_TAB = "    "
_ELLIPSIS = "…"
_LINKS, _LONGEST_LINK = 4, 66  # names, columns
_SECRET = "***"  # noqa: S105 - what is shown for one

# In the order of the severities.
PLURALS = {Severity.ERROR: "errors", Severity.LOSS: "losses", Severity.CHANGE: "changes", Severity.NOTE: "notes"}
_COLOURS = {Severity.ERROR: "red", Severity.LOSS: "yellow", Severity.CHANGE: "magenta", Severity.NOTE: "cyan"}
_FRAME = "blue"
_STRONG = ""


def render(findings: Sequence[Finding], *, color: bool) -> str:
    """Findings with the line that each is about, a blank line between them; no line break at the end.

    Secrets are masked, and characters that could drive a terminal are escaped, in excerpts, messages and help alike.
    """
    style = _coloured if color else _plain
    secrets: dict[tuple[str, int], tuple[tuple[int, int], ...]] = {}
    return "\n\n".join(_finding(finding, style, secrets) for finding in findings)


def summary(findings: Sequence[Finding], outcome: str) -> str:
    """One line about a conversion: `Converted with 1 loss, 2 notes.`, `Not converted: 1 error.`."""
    counts = counted(findings)
    parts = [_number(severity, counts[severity]) for severity in Severity if counts[severity]]
    told = outcome.capitalize()
    if not parts:
        return f"{told}."
    return f"{told} with {', '.join(parts)}." if outcome == "converted" else f"{told}: {', '.join(parts)}."


def labelled(code: Code, *, color: bool) -> str:
    """A code and its severity, as they stand before a message."""
    return (_coloured if color else _plain)(f"{code.id} {code.severity.value}:", _COLOURS[code.severity])


def listed(names: Sequence[str], count: int | None = None) -> str:
    """The first names of some, and how many more there are; `count`: of all, where `names` are the first of them."""
    more = 0 if count is None else count - len(names)
    return f"{', '.join(names)}, and {more} more" if more > 0 else ", ".join(names)


def in_a_sentence(things: Sequence[str]) -> str:
    """All of some things, as a sentence names them: `a, b and c`; "" for none."""
    return " and ".join(filter(None, (", ".join(things[:-1]), *things[-1:])))


def about_links(links: Sequence[str]) -> str:
    """What is said of links to folders that are not followed; "" for none."""
    if not links:
        return ""
    first = listed([shortened(safe(link), _LONGEST_LINK) for link in links[:_LINKS]], len(links))
    if len(links) == 1:
        return f"1 link leads out of the folder and is not followed: {first}. To include what lies there, name its path too."
    return (
        f"{len(links)} links lead out of the folder and are not followed: {first}. "
        "To include what lies there, name their paths too."
    )


def counted(findings: Sequence[Finding]) -> Counter[Severity]:
    """How many findings there are of each severity."""
    return Counter(finding.severity for finding in findings)


def printable(text: str) -> str:
    """The text with every character escaped that is no visible one, or that begins a command for a build service."""
    shown = text if text.isprintable() else "".join(map(_shown, text))
    return break_up(shown, _escaped)


def _finding(finding: Finding, style: Styler, secrets: dict[tuple[str, int], tuple[tuple[int, int], ...]]) -> str:
    span, colour = finding.span, _COLOURS[finding.severity]
    kind = style(f"{finding.code.id} {finding.severity.value}:", colour)
    help_line = f"{style('=', _FRAME)} {style('help:', _STRONG)} {safe(finding.help)}"
    if finding.is_about_file:
        return f"{style(f'{safe(span.source.name)}:', _STRONG)} {kind} {safe(finding.message)}\n  {help_line}"
    number, column = span.position
    line = span.source.line(number)
    where = (span.source.name, number)
    if where not in secrets:
        secrets[where] = apart((*span.source.hidden(number), *find_secrets(line)))
    start = min(span.in_line, len(line))
    end = min(start + span.end - span.start, len(line))
    excerpt, indent, width = _excerpt(line, start, end, secrets[where])
    gutter = " " * len(str(number))
    place = style(f"{safe(span.source.name)}:{number}:{column}:", _STRONG)
    return "\n".join(
        (
            f"{place} {kind} {safe(finding.message)}",
            f"{gutter} {style('|', _FRAME)}",
            f"{style(f'{number} |', _FRAME)} {excerpt}".rstrip(),
            f"{gutter} {style('|', _FRAME)} {' ' * indent}{style('^' * width, colour)}",
            f"{gutter} {help_line}",
        ),
    )


def _excerpt(line: str, start: int, end: int, secrets: Sequence[tuple[int, int]]) -> tuple[str, int, int]:
    """What is shown of a line, the column of the first caret in it, and the number of carets."""
    first = max(0, start - _WIDTH)
    last = min(len(line), start + _WIDTH)
    cells = list(_cells(line, first, last, secrets))
    before = [cell for offset, cell in cells if offset < start]
    under = [cell for offset, cell in cells if start <= offset < end]
    after = [cell for offset, cell in cells if offset >= max(start, end)]
    cut = first > 0 or last < len(line)
    if not cut and sum(map(columns, (*before, *under, *after))) <= _WIDTH:
        return "".join((*before, *under, *after)), sum(map(columns, before)), max(1, sum(map(columns, under)))
    right = sum(map(columns, (*under, *after)))
    shown_before = _ending(before, max(_BEFORE, _WIDTH - right - len(_ELLIPSIS)))
    left = _ELLIPSIS if first > 0 or len(shown_before) < len(before) else ""
    indent = len(left) + sum(map(columns, shown_before))
    shown_under = _beginning(under, _WIDTH - indent)
    width = sum(map(columns, shown_under))
    shown_after = _beginning(after, _WIDTH - indent - width) if len(shown_under) == len(under) else []
    whole = last == len(line) and len(shown_under) + len(shown_after) == len(under) + len(after)
    return "".join((left, *shown_before, *shown_under, *shown_after, "" if whole else _ELLIPSIS)), indent, max(1, width)


def _cells(line: str, first: int, last: int, secrets: Sequence[tuple[int, int]]) -> Iterator[tuple[int, str]]:
    """The offsets `first` to `last` of a line, each with what is shown for it; a secret is one cell, the rest of it none."""
    covered = {offset: start for start, end in secrets for offset in range(max(start, first), min(end, last))}
    for offset in range(first, last):
        secret = covered.get(offset)
        if secret is None:
            yield offset, _TAB if line[offset] == "\t" else _shown_at(line, offset)
        else:
            yield offset, _SECRET if offset == max(secret, first) else ""


def _beginning(cells: Sequence[str], room: int) -> Sequence[str]:
    """As many cells from the beginning as fit."""
    for index, cell in enumerate(cells):
        room -= columns(cell)
        if room < 0:
            return cells[:index]
    return cells


def _ending(cells: Sequence[str], room: int) -> Sequence[str]:
    """As many cells from the end as fit."""
    return _beginning(cells[::-1], room)[::-1]


def columns(text: str) -> int:
    """How many columns of a terminal a text takes: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    return sum(0 if category(char) in {"Mn", "Me"} else 2 if east_asian_width(char) in {"W", "F"} else 1 for char in text)


def shortened(name: str, room: int) -> str:
    """A name in so many columns: of one that is longer the end, which tells more than the beginning."""
    if columns(name) <= room:
        return name
    return f"{_ELLIPSIS}{''.join(_ending(list(name), room - len(_ELLIPSIS)))}"


def _shown(char: str) -> str:
    """A character, or the escape of one that cannot be seen or must not reach a terminal."""
    return char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode("ascii")


def _shown_at(line: str, offset: int) -> str:
    return _escaped(line[offset]) if is_command(line, offset) else _shown(line[offset])


def _escaped(char: str) -> str:
    return f"\\x{ord(char):02x}"


def safe(text: str) -> str:
    """The text as it may be shown: printable, and with its secrets masked."""
    return printable(mask(text))


def capitalized(sentence: str) -> str:
    """A sentence that begins with a capital, unless it begins with a name that does not."""
    found = _FIRST_WORD.match(sentence)
    return sentence if found is None or found[0] in _SMALL_NAMES else sentence[0].upper() + sentence[1:]


def _number(severity: Severity, count: int) -> str:
    return f"{count} {severity.value if count == 1 else PLURALS[severity]}"


def _plain(text: str, _colour: str) -> str:
    return text


_ANSI = {"red": "\033[31m", "yellow": "\033[33m", "blue": "\033[34m", "cyan": "\033[36m", "magenta": "\033[35m"}


def _coloured(text: str, colour: str) -> str:
    return f"{_ANSI.get(colour, '')}\033[1m{text}\033[0m"
