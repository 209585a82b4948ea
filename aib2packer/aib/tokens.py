"""Strings of a template: the placeholders and the secrets in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.arm.language.describe import shorten
from aib2packer.arm.language.symbolic import (
    ALIKE,
    Access,
    Apply,
    If,
    ParameterSymbol,
    Secret,
    concat,
    once,
    rebuild,
    walk,
)
from aib2packer.arm.language.text import Placeholder, TemplateText, TextSymbol
from aib2packer.azure.clouds import cloud_of_regions, region_name
from aib2packer.findings import codes
from aib2packer.lazy.patterns import pattern
from aib2packer.text.checksum import sha256_of
from aib2packer.text.placeholders import (
    IN_COMMANDS,
    IN_NAMES,
    IN_PATHS,
    IN_TAGS,
    IN_TEXTS,
    IN_URIS,
    in_doubt,
    is_sensitive,
    run_in_doubt,
)
from aib2packer.text.secrets import find_secrets, has_options, may_hold_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from aib2packer.arm.language.symbolic import ArmValue
    from aib2packer.findings.model import Report
    from aib2packer.text.source import Span

_MOST_PIECES = 2_000  # of a name, an id, a URL, a path or a tag
# Half a placeholder, and what an editor made of quotes.
_HALF = "[<>\u201c\u201d\u201e\u201f]"
_LEFT_OVER = pattern(_HALF)
_LEFT_OVER_IN_URIS = pattern(_HALF + r"|(?<=://)[^/?]*(?:\{\{|\$[({]|__)")
_LEFT_OVER_OR_BRACES = pattern(_HALF + r"|[{}$]|\[\[")
_SECRET_BEFORE = pattern(r"[?&;](?:sig|token|code|key|secret|password|sas)=$|\?$", re.IGNORECASE)
_PLAIN = pattern(r"[A-Za-z0-9 ./,:*+!'-]*+(?:_(?!_)[A-Za-z0-9 ./,:*+!'-]*+)*+")
_LONGEST_BEFORE = 12  # characters that this can match
_URL = pattern(
    r"""https?://(?:[^/?#\s"'`<>@]*@)?(?P<host>[^/?#\s"'`<>@]+)[^?#\s"'`<>]*(?:\?(?P<query>[^#\s"'`<>(){};|\\]*))?"""
)


def is_plain(text: str) -> bool:
    """Whether a text, as most names, regions and ids, has nothing that is in any placeholder or secret."""
    return _PLAIN.fullmatch(text) is not None and not has_options(text)


def literal_text(text: str, span: Span) -> TemplateText:
    """A text without symbols."""
    return TemplateText((text,) if text else (), span)


def token_text(text: str, span: Span, report: Report) -> TemplateText:
    """A text in which `<tokens>` are placeholders, and secrets are secrets: a tag."""
    return _words(text, span, report, _LEFT_OVER)


def title_text(text: str, span: Span, report: Report) -> TemplateText:
    """What a step is called, with the placeholders in it: no tool reads it, so a lone bracket stands for itself."""
    return _words(text, span, report, None)


def _words(text: str, span: Span, report: Report, left_over: re.Pattern[str] | None) -> TemplateText:
    """Words for people, with the placeholders in them; what an expression put together has fewer of these."""
    if is_plain(text):
        return literal_text(text, span)
    # A tool fills in the text of the template: it never sees what an expression makes.
    written, tokens = span.text, [match[0] for match in IN_TAGS.finditer(text)]
    stands_there = len(tokens) > _MOST_PIECES or all(token in written for token in tokens) or IN_TAGS.fullmatch(text)
    return _tokens(text, span, report, IN_TAGS if stands_there else IN_TEXTS, left_over)


def uri_text(text: str, span: Span, report: Report) -> TemplateText:
    """A URI with the placeholders in it: fewer characters stand for themselves there."""
    return _tokens(text, span, report, IN_URIS, _LEFT_OVER_IN_URIS)


def name_text(text: str, span: Span, report: Report) -> TemplateText:
    """A name, a region or an id with the placeholders in it: `{tokens}` are some there too."""
    return _tokens(text, span, report, IN_NAMES, _LEFT_OVER_OR_BRACES)


def region_text(text: str, span: Span, report: Report) -> TemplateText:
    """A region in the short form that Azure's own tools print: `West US 2` and `westus2` are the same."""
    if _names_several_regions(text):
        message = f"`{text}` holds several regions: ConvertTo-Json does that to lists nested deeper than two levels"
        report.add(
            codes.WRONG_TYPE, span, message, help="Write a string for each, or print it again with ConvertTo-Json -Depth 20."
        )
    parts = name_text(text, span, report).parts
    return TemplateText(tuple(region_name(part) if isinstance(part, str) else part for part in parts), span)


def _names_several_regions(text: str) -> bool:
    words = text.split()
    return len(words) > 1 and all(cloud_of_regions((word,)) is not None for word in words)


def path_text(text: str, span: Span, report: Report) -> TemplateText:
    """A path on the VM with the placeholders in it."""
    return _tokens(text, span, report, IN_PATHS, None)


def script_text(text: str, span: Span, report: Report) -> TemplateText:
    """A command: the placeholders that no shell takes for anything else are some there too."""
    return _tokens(text, span, report, IN_COMMANDS, None) if "#{" in text else command_text(text, span, report)


def command_text(text: str, span: Span, report: Report) -> TemplateText:
    """A text that is left alone, but for the secrets in it: the signed queries and passwords of URLs."""
    if is_plain(text):
        return literal_text(text, span)
    parts = secrets_apart(text)
    report_secrets(parts, span, report)
    return TemplateText(parts, span)


def report_secrets(parts: Iterable[object], span: Span, report: Report) -> None:
    """Say that there is a secret among the parts of a text, where there is one."""
    if any(isinstance(part, Secret) for part in parts):
        report.add(
            codes.SECRET,
            span,
            "this contains a secret; the build takes it from a sensitive variable instead",
            help="Set the variable as the comment at the top of the output says, and rotate the secret: the template exposed "
            "it.",
        )


def secrets_apart(text: str) -> tuple[str | Secret, ...]:
    """The pieces of a text, with symbols in place of the secrets in it."""
    parts: list[str | Secret] = []
    end = 0
    for start, stop, host, query in _secrets(text):
        # The digest only tells one secret from another; it is never shown.
        digest = sha256_of(text[start:stop].encode("utf-8", "surrogatepass"))
        parts += [text[end:start], Secret(host, query, digest)]
        end = stop
    parts.append(text[end:])
    return tuple(part for part in parts if part)


def hide_secrets(value: ArmValue) -> tuple[ArmValue, tuple[Secret, ...]]:
    """A value of an expression with symbols in place of the secrets in it, and these."""
    secrets: list[Secret] = []

    def hide(part: ArmValue, inside: Callable[[ArmValue], ArmValue]) -> ArmValue:
        if not isinstance(part, str):
            return rebuild(part, inside)
        pieces = secrets_apart(part)
        secrets.extend(piece for piece in pieces if isinstance(piece, Secret))
        return part if pieces in {(part,), ()} else concat(pieces)

    return once(hide)(value), tuple(secrets)


def open_results(value: ArmValue, pattern: re.Pattern[str]) -> ArmValue:
    """An expression with symbols for the placeholders in what it may come to; what it only asks about is left alone."""

    def change(part: ArmValue, inside: Callable[[ArmValue], ArmValue]) -> ArmValue:
        match part:
            case str():
                return _with_symbols(part, pattern)
            case If(condition, then, otherwise):
                one, other = inside(then), inside(otherwise)
                return part if one is then and other is otherwise else If(condition, one, other)
            case Access(target, key, safe):
                whole = inside(target)
                return part if whole is target else Access(whole, key, safe)
            case Apply(function) if function not in ALIKE:
                return part
            case dict():
                return {key: inside(item) for key, item in part.items()}
            case _:
                return rebuild(part, inside)

    texts = (part for part in walk(value) if isinstance(part, str) and not is_plain(part))
    return once(change)(value) if any(pattern.search(text) for text in texts) else value


def _with_symbols(text: str, pattern: re.Pattern[str]) -> ArmValue:
    pieces = () if is_plain(text) else tokens_apart(text, pattern)
    if not any(isinstance(piece, Placeholder) for piece in pieces) or any(isinstance(piece, Secret) for piece in pieces):
        return text  # secrets are hidden, and told of, where it is printed
    return concat(
        ParameterSymbol(piece.token, secure=piece.secret, is_placeholder=True) if isinstance(piece, Placeholder) else str(piece)
        for piece in pieces
    )


def tokens_apart(text: str, pattern: re.Pattern[str] = IN_TEXTS) -> tuple[str | TextSymbol, ...]:
    """The pieces of a text, with symbols in place of the placeholders and the secrets in it."""
    if is_plain(text):
        return (text,) if text else ()
    parts: list[str | TextSymbol] = []
    for piece in secrets_apart(text):
        if not isinstance(piece, str):
            parts.append(piece)
            continue
        end = 0
        for match in pattern.finditer(piece):
            before = max(0, match.start() - _LONGEST_BEFORE)
            secret = is_sensitive(match.group()) or _SECRET_BEFORE.search(piece, before, match.start()) is not None
            parts += [piece[end : match.start()], Placeholder(match.group(), secret)]
            end = match.end()
        parts.append(piece[end:])
    return tuple(part for part in parts if part)


def lone_placeholder(token: str) -> Placeholder:
    """A placeholder that is all of a text."""
    return Placeholder(token, secret=is_sensitive(token))


def _tokens(text: str, span: Span, report: Report, pattern: re.Pattern[str], left_over: re.Pattern[str] | None) -> TemplateText:
    """Placeholders and secrets. Half a token, and curly quotes, are reported: names, regions and ids hold neither."""
    if is_plain(text):
        return literal_text(text, span)
    parts = tokens_apart(text, pattern)
    if len(parts) > _MOST_PIECES and pattern is not IN_COMMANDS:
        what = f"the text has more than {_MOST_PIECES:,} pieces: placeholders, secrets, and what is between them"
        report.add(codes.TOO_MANY_SETTINGS, span, what, help="Write their values in their places.")
        return literal_text(text, span)
    report_secrets(parts, span, report)
    is_read = left_over is not None or pattern is IN_PATHS  # not so titles and commands, where signs stand for themselves
    if is_read and (unclear := _in_doubt(text, pattern)) is not None:
        report.add(
            codes.PLACEHOLDER,
            span,
            f"placeholder not filled in: where one begins and ends in `{shorten(unclear)}` is not clear",
            help="Put the value in its place, or write the placeholder so that its signs stand once on each side of its name.",
        )
    elif left_over is not None and (found := left_over.search("".join(part for part in parts if isinstance(part, str)))):
        report.add(
            codes.PLACEHOLDER,
            span,
            f"placeholder not filled in: the `{found.group()}` has no counterpart",
            help="Put the value in its place, without brackets and curly quotes.",
        )
    return TemplateText(parts, span)


def _in_doubt(text: str, pattern: re.Pattern[str]) -> str | None:
    """What is a placeholder, and may be another."""
    if doubtful := in_doubt(text, pattern):
        return next(iter(doubtful.values()))
    return run_in_doubt(text) if pattern is IN_URIS or pattern is IN_PATHS else None


def _secrets(text: str) -> Iterator[tuple[int, int, str, bool]]:
    """Start, end and host of each secret, and whether it is a query: a signed one is one secret."""
    if not may_hold_secrets(text):
        return
    urls = _URL.finditer(text) if "://" in text else iter(())
    url, end = next(urls, None), 0
    found = find_secrets(text)
    if len(found) > _MOST_PIECES:  # all that they stand in is one: what is done for each would add up
        found = ((found[0][0], found[-1][1]),)
    for start, stop in found:
        if start < end:
            continue
        while url is not None and url.end() <= start:
            url = next(urls, None)
        around = url if url is not None and url.start() <= start else None
        first, last = around.span("query") if around else (0, 0)
        in_query = first <= start < last
        end = max(stop, last) if in_query else stop
        yield (first if in_query else start), end, around["host"].lower() if around else "", in_query
