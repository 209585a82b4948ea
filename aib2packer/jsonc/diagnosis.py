"""What is wrong with a text that is no JSON: recognises the common breakages and says where, what, and what to do.

`explain` asks one recogniser after another; the first that knows the breakage words it. Their docstrings say what they know.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.jsonc.breakage import BreakPlace, Broken, Case, Where, line_end, quoted, shown
from aib2packer.jsonc.broken_strings import bad_escape, inner_quote, lone_surrogate, open_string, runaway_string, stray_quote
from aib2packer.jsonc.tree import MAX_DEPTH

if TYPE_CHECKING:
    from collections.abc import Callable

    from aib2packer.text.source import SourceText


def explain(source: SourceText, at: int, place: BreakPlace) -> Broken:
    """Say what is wrong at an offset where the reader could not go on."""
    case = Case(source, at, place)
    if place.where in _NOT_TAKEN:
        return _NOT_TAKEN[place.where](case)
    return next(filter(None, (recognise(case) for recognise in _RECOGNISERS)), None) or _anything(case)


def _huge_number(case: Case) -> Broken:
    """A number beyond those of double precision."""
    at = case.at
    rest = case.text[at:]
    number = rest[: len(rest) - len(rest.lstrip("-+.0123456789eE"))]
    message = f"found the number {quoted(number)}, which is out of range; expected one below 1.8e308"
    return Broken(at, at + len(number), message, "No setting takes such a number; text belongs in double quotes.")


def _too_deep(case: Case) -> Broken:
    """An object or array in too many others."""
    message = f"objects and arrays are nested more than {MAX_DEPTH} deep"
    return Broken(case.at, case.at + 1, message, "No image template is: check where this text comes from.")


def _end_of_text(case: Case) -> Broken | None:
    """The text is empty or ends too early."""
    if case.char:
        return None
    end = len(case.text.rstrip())
    if case.place.where == "document":
        found = "comments only" if case.text.strip("\ufeff \t\r\n") else "nothing"
        return Broken(end, end, f"found {found}; expected {case.expected}", "Give the text of an image template.")
    closing = "]" if case.place.where in {"item", "next item"} else "}"
    message = f"the text ends inside {case.around}; expected {case.expected}"
    return Broken(end, end, message, f"Write the missing `{closing}`, or restore what was cut off.")


def _comment(case: Case) -> Broken | None:
    """Something that looks like a comment and is none, or has no end."""
    if case.match(r"/\*"):
        message = "this comment has no end; expected `*/`"
        return Broken(case.at, case.at + 2, message, "Write `*/` where the comment ends.")
    if case.char == "/":
        return case.broken("`/`", "A comment begins with `//`, or stands between `/*` and `*/`.")
    if case.match(r"#(?!\{)"):
        return case.broken("`#`", "Write a comment with `//`, or delete the line.")
    return None


def _other_quotes(case: Case) -> Broken | None:
    """Quotes that are not JSON's: curly ones, single ones, backticks, and straight ones that a backslash escapes."""
    if case.match(r"[“”„‟‘’‚‛«»]"):  # noqa: RUF001
        return case.broken(f"the typographic quote {quoted(case.char)}", 'Write straight quotes, `"`.')
    match = case.match(r"'[^'\r\n]*+'?|`[^`\r\n]*+`?")
    if match:
        kind = "single quotes" if case.char == "'" else "backticks"
        return case.broken(f"text in {kind}", 'Write double quotes: `"`.', length=len(match[0]))
    if case.match(r'\\"'):
        help_ = 'The text was taken out of a string: replace each `\\"` by `"`, and each `\\\\` by `\\`.'
        return case.broken('`\\"` outside of a string', help_, length=2)
    return None


def _other_language(case: Case) -> Broken | None:
    """A file that is something else altogether."""
    if case.place.where != "document":
        return None
    if case.match(r"<(?:[!?/]|\w+[\s>])"):
        return case.broken("HTML or XML", "Give the template itself; on GitHub, the file behind the button Raw.")
    match = case.match(r"(?:targetScope|param|var|resource|module|metadata|type|@\w+)\b(?!\s*\"?:)")
    if match:
        help_ = "Bicep is compiled first: `az bicep build --file FILE`. Then give the JSON."
        return case.broken(f"`{match[0]}`, as in Bicep", help_, length=len(match[0]))
    return None


# What samples and pipelines write where a value is to be filled in.
_PLACEHOLDER = (
    r"<[^<>\"\r\n]+>|\$\{\{[^}\r\n]*\}\}|\$\{[^}\"\r\n]*\}|\$\([^)\"\r\n]*\)|#\{[^}\"\r\n]*\}#?|@@\w+@@|__\w+__|%[\w.-]+%"
)


def _placeholder(case: Case) -> Broken | None:
    """A placeholder that was not filled in."""
    match = case.match(_PLACEHOLDER)
    start = case.at
    if case.place.where == "key" and match is None:
        start = case.place.opened
        match = re.compile(r"\{\{[^{}\"\r\n]*\}\}").match(case.text, start)
    if match is None:
        return None
    expected = case.expected if start == case.at else "a value"
    message = f"placeholder not filled in: found {quoted(match[0])}; expected {expected}"
    return Broken(start, match.end(), message, "Fill it in; text belongs in double quotes.", placeholder=True)


def _separator(case: Case) -> Broken | None:
    """Another sign where `,` or `:` belongs."""
    if case.place.where == "colon":
        match = case.match(r"=>?")
        if match:
            return case.broken(f"`{match[0]}`", "Write `:` between a key and its value.", length=len(match[0]))
    if case.place.where == "next item" and case.char == ":":
        return case.broken(
            f"`:` in {case.around}",
            "Only an object has keys: write `{` and `}` around the key and its value, or `,` for `:`.",
        )
    if case.after_value and case.place.where != "end" and case.char in ";:=":
        return case.broken(f"`{case.char}`", "Write `,` between two values.")
    return None


def _missing_comma(case: Case) -> Broken | None:
    """Two members or items with nothing between them."""
    before = case.place.before
    if before is None or case.place.where not in {"next member", "next item"}:
        return None
    match = case.match(
        r'"(?:[^"\\\r\n]|\\.)*+"|[\w<-][^\s,:\]}]*+' if case.place.where == "next member" else r'"[^"\r\n]*+"?|[\[{]|[\w<-]+'
    )
    if match is None:
        return None
    if case.place.where == "next member" and not re.compile(r"\s*:").match(case.text, match.end()):
        help_ = "A key has one value: put several into an array, `[` and `]`, or write them as one string."
        return case.broken(f"a second value for one key, {quoted(match[0])}", help_, length=len(match[0]))
    kind = "key" if case.place.where == "next member" else "value"
    message = f"found no `,` after this value; expected `,` before the next {kind}, in {case.place_of(case.at)}"
    return Broken(before.end, before.end, message, "Write `,` here.")


def _missing_colon(case: Case) -> Broken | None:
    """A key and a value with nothing between them."""
    before = case.place.before
    if before is None or case.place.where != "colon" or not case.match(r'["\[{\w-]'):
        return None
    message = f"found no `:` after this key; expected `:` before its value, in {case.place_of(case.at)}"
    return Broken(before.end, before.end, message, "Write `:` here.")


def _bracket(case: Case) -> Broken | None:
    """A bracket that opens or closes something else than it should."""
    if case.place.where == "end" and case.char in "]},":
        help_ = f"Delete it, or look for a `{case.char if case.char != ',' else '}'}` too many above."
        return case.broken(f"`{case.char}` after the end of the template", help_)
    if case.place.where == "key" and case.char in "{[":
        help_ = "Write a key before it, or look above for a `}` that is missing or one too many."
        return case.broken(f"`{case.char}` in {case.around}", help_)
    if case.place.where == "next member" and case.char in "{[":
        return case.broken(
            f"`{case.char}` in {case.around}",
            f'Close the object with `}}` before it, or write a key, as in `, "key": {case.char}`.',
        )
    if case.char not in "]}" or case.place.where in {"document", "colon", "value"}:
        return None
    before = case.place.before
    if case.char == "]" and case.after_string and before is not None and before.end == case.at and before.text[1] == "[":
        return Broken(before.end - 1, case.at + 1, 'found `"]`; expected `]"` at the end of the expression', 'Write `]"`.')
    right = "]" if case.char == "}" else "}"
    help_ = f"Write the `{right}` that is missing before it, or delete it."
    return case.broken(f"`{case.char}` in {case.around}", help_)


def _nothing(case: Case) -> Broken | None:
    """Nothing where a key or a value belongs."""
    if case.char == "," and case.place.comma is not None:
        return case.broken("a second `,`", "Delete one of them.")
    if case.char == "," and case.place.where in {"key", "item"}:
        return case.broken("`,` before the first value", "Delete the comma.")
    before = case.place.before
    if case.place.where == "colon" and case.char in ",}]":
        help_ = "Write its value; where the text is one of several values, put these into an array, `[` and `]`."
        return case.broken(f"`{case.char}`", help_)
    if case.place.where == "value" and case.char in ",}]" and before is not None:
        return case.broken(f"`{case.char}`", "Write the value, or delete the key.")
    return None


def _number(case: Case) -> Broken | None:
    """A number as JSON does not write it."""
    match = case.match(r"(?P<sign>[-+]?)(?P<rest>\.?[0-9][\w.+-]*+)") if case.wants_value else None
    if match is None:
        return None
    sign, rest = match.group("sign", "rest")
    if re.fullmatch(r"0[xX][0-9a-fA-F]+", rest):
        help_ = "Write the number in decimal digits."
    elif re.fullmatch(r"0[0-9]+", rest):
        help_ = "A number begins with no zero; a text of digits belongs in double quotes."
    elif re.fullmatch(r"\.[0-9]+|[0-9]+\.", rest):
        help_ = "Write a digit before and after the point."
    elif sign == "+" and re.fullmatch(r"[0-9]+(\.[0-9]+)?", rest):
        help_ = "Write the number without `+`."
    else:
        help_ = "Write text in double quotes."
    return case.broken(f"{quoted(match[0])}, which is no number of JSON", help_, length=len(match[0]))


_SPELLINGS = {
    "true": "true",
    "yes": "true",
    "on": "true",
    "false": "false",
    "no": "false",
    "off": "false",
    "null": "null",
    "none": "null",
    "nil": "null",
    "undefined": "null",
}


def _word(case: Case) -> Broken | None:
    """A word without quotes: a key, a literal of another language, an expression, a text."""
    match = case.match(r"[\w$.-]+" if case.place.where == "key" else r"-?[^\W\d][\w.-]*+|\$[\w:.]+")
    if match is None:
        return None
    word = match[0]
    length = len(word)
    found = quoted(word)
    if case.place.where == "document":
        help_ = "JSON cannot begin like this: restore what stood before it, or give the file that holds the template."
        return case.broken(found, help_, length=length)
    if case.place.where == "item" and word.isalpha() and re.compile(r"\s*[(']").match(case.text, match.end()):
        help_ = "An ARM expression stands in a string, its brackets included: `\"[parameters('x')]\"`."
        return case.broken(f"{found} without quotes", help_, length=length)
    if _quotes_in_line(case.text, match.end()) % 2:
        return case.broken(f"{found} without a quote before it", f'Write `"` before {found}.', length=length)
    if case.place.where == "key":
        is_key = re.compile(r"\s*[:=]").match(case.text, match.end())
        help_ = f'Write the key in double quotes: `"{word}"`.' if is_key else "Delete it, or make it a key with a value."
        return case.broken(f"{found} without quotes", help_, length=length)
    if not case.wants_value:
        return None
    spelling = _SPELLINGS.get(word.lower())
    if spelling:
        return case.broken(found, f"JSON writes `{spelling}`.", length=length)
    if word in {"NaN", "Infinity", "-Infinity"}:
        return case.broken(found, "JSON has no such number: write another, or delete the key.", length=length)
    return case.broken(f"{found} without quotes", "Write text in double quotes.", length=length)


def _quotes_in_line(text: str, start: int) -> int:
    """How many quotes follow in the line, those that a backslash escapes aside."""
    return len(re.findall(r'(?<!\\)"', text[start : line_end(text, start)]))


def _anything(case: Case) -> Broken:
    """Whatever else stands there."""
    if case.place.where == "end":
        end = case.place.before.end if case.place.before else case.at
        message = (
            f"found {shown(case)} after the end of the template, which is in {case.place_of(end - 1)}; expected nothing more"
        )
        return Broken(
            case.at, case.at + 1, message, "Delete what follows; several templates stand in an array or in files of their own."
        )
    return case.broken(
        shown(case), "Correct or delete it." if case.char.isprintable() else "Delete it; editors do not show it."
    )


_RECOGNISERS: tuple[Callable[[Case], Broken | None], ...] = (
    _end_of_text,
    runaway_string,
    _comment,
    inner_quote,
    stray_quote,
    _other_quotes,
    _other_language,
    _placeholder,
    _separator,
    _missing_comma,
    _missing_colon,
    _bracket,
    _nothing,
    _number,
    _word,
)

_NOT_TAKEN: dict[Where, Callable[[Case], Broken]] = {
    "open string": open_string,
    "escape": bad_escape,
    "huge number": _huge_number,
    "surrogate": lone_surrogate,
    "too deep": _too_deep,
}
