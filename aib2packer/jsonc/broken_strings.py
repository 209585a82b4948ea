"""What is wrong with strings of a text that is no JSON: quotes and backslashes too many, too few, or of the wrong kind."""

from __future__ import annotations

import re

from aib2packer.jsonc.breakage import Broken, Case, line_end, named, quoted, shown
from aib2packer.lazy.patterns import pattern


def open_string(case: Case) -> Broken:
    """A string without a closing quote, to the end of the text."""
    text, start = case.text, case.at
    return _run_on(text, start, len(text)) or Broken(
        start,
        line_end(text, start),
        'this string has no closing quote; expected `"` before the end of the text',
        'Write `"` where the string ends. A quote that belongs to the text is written `\\"`.',
    )


def bad_escape(case: Case) -> Broken:
    r"""A backslash in a string that begins no escape of JSON: `C:\Dir`, `\'`, `\u12`, half a surrogate pair."""
    text, at = case.text, case.at
    following = text[at + 1]
    escape = text[at : at + 2]
    length = 2
    message = (
        f'found `{escape}`; expected `\\\\` for a backslash, or one of the escapes `\\n`, `\\t`, `\\"`, `\\uXXXX` and the like'
    )
    help_ = f"Double the backslash: `\\{escape}`. In a path, double each of them."
    if following in "\r\n":
        length = 1
        message = "found a backslash at the end of the line; expected a character that it escapes"
        help_ = "Double it if it belongs to the text, else delete it: ARM takes line breaks in strings as they are."
    elif following in "'`$":
        help_ = f"`{following}` needs no backslash in JSON: delete it, or double it (`\\{escape}`) if the command needs it."
    elif following == "u":
        match = re.compile(r"\\u([0-9a-fA-F]{0,4})").match(text, at)
        digits = match[1] if match else ""
        length = 2 + len(digits)
        if len(digits) == len("XXXX"):
            message = f"found `\\u{digits}` alone, half of a character; expected a pair such as `\\ud83d\\ude00`"
            help_ = "Write both halves, or the character itself."
        else:
            message = f"found `\\u{digits}`; expected four hexadecimal digits after `\\u`"
            help_ = "If the backslash belongs to the text, as in a path, double it: `\\\\u`."
    return Broken(at, at + length, message, help_)


def lone_surrogate(case: Case) -> Broken:
    """Half of a character, which no encoding can write."""
    text, at = case.text, case.at
    message = f"found {named(text[at])}, half of a character; expected text"
    return Broken(at, at + 1, message, "Read the file as UTF-8, or pass its bytes.")


def runaway_string(case: Case) -> Broken | None:
    """The string just read did not end where it should and swallowed what follows, up to the quote of the next string."""
    before = case.place.before
    if before is None or not case.after_string:
        return None
    if not before.text[1:-1].rstrip(" \t{}[],:").endswith("\n"):
        return _run_on(case.text, before.start, before.end)
    return _run_on(case.text, before.start, before.end) or Broken(
        before.start,
        line_end(case.text, before.start),
        "this string has no closing quote in its line; it ends only at the next quote, "
        f"in {case.place_of(before.end - 1)}, before {shown(case)}",
        'Write `"` where the string ends.',
    )


# At the end of the line, or before a comma at the end of what was read as the string.
_SEEMING_END = pattern(r'(?P<quote>[“”„‟]|\\")[ \t]*+(?:[}\]]*+,?+[ \t]*+(?=[\r\n]|$)|,[ \t]*+"$)')


def _run_on(text: str, start: int, end: int) -> Broken | None:
    """A string that seems to end in its first line, with a curly quote or with a quote that a backslash escapes."""
    match = _SEEMING_END.search(text, start, end)
    if match is None:
        return None
    before = text[start : match.start()]
    at, quote = match.start(), match["quote"]
    if "\n" in before:
        return None
    if quote != '\\"':
        if before.count("“") > before.count("”"):  # closes what a curly one has opened in the text
            return None
        message = f'found the typographic quote {quoted(quote)}; expected `"` to close the string'
        return Broken(at, at + 1, message, 'Write a straight quote, `"`.')
    if before.count('\\"') % 2:  # the second of a pair, which quotes something in the text
        return None
    message = 'found `\\"`, a quote that belongs to the text; expected `"` to close the string'
    return Broken(at, at + 2, message, 'For a backslash at the end of the text, double it: `\\\\"`.')


def inner_quote(case: Case) -> Broken | None:
    """The string just read was cut by a quote that belongs to its text."""
    before = case.place.before
    if before is None or not case.after_string or case.char in ',:;=]}{["“”/#':
        return None
    between = case.text[before.end : case.at]
    if "\n" in between or (between and (case.place.where == "colon" or not case.char.isalnum())):
        return None
    quote = before.end - 1
    if before.text == '""':
        message = f"the string ends at its second quote, empty, and {shown(case)} follows; expected {case.expected}"
        return Broken(before.start, before.end, message, 'Begin and end the string with one `"` each.')
    if before.text[:-1].rstrip().endswith(","):
        begin = case.place_of(before.start)
        message = f"the string that begins in {begin} ends here, before {shown(case)}; expected {case.expected}"
        return Broken(quote, quote + 1, message, 'Look for a missing `"` before the comma. A quote in a text is written `\\"`.')
    message = f"this quote ends the string, and {shown(case)} follows; expected {case.expected}"
    return Broken(quote, quote + 1, message, 'If the quote belongs to the text, write `\\"`.')


def stray_quote(case: Case) -> Broken | None:
    """One quote too many, after a value and at the end of the line."""
    before = case.place.before
    if before is None or case.text[before.end : case.at].strip(" ") or not case.match(r'"[ \t]*[,}\]]*[ \t]*(?=[\r\n]|$)'):
        return None
    if case.after_string:
        return case.broken('a second `"`', "Delete one of them.")
    return case.broken(f'`"` right after {quoted(before.text)}', "Delete the quote, or write one before the value too.")
