"""Functions over strings (docs/reference/arm-expressions.md 2.4)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.arm.evaluation.functions.base import Pure
from aib2packer.arm.evaluation.functions.formatting import format_text
from aib2packer.arm.evaluation.functions.text import cut, lower, to_text, upper, utf16_length
from aib2packer.arm.language.symbolic import Apply, Concat, concat, ends, is_known, is_symbol, starts, type_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from aib2packer.arm.evaluation.functions.base import Arguments
    from aib2packer.arm.language.symbolic import ArmValue, Symbol

# .NET's char.IsWhiteSpace, which Trim goes by.
_WHITE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_MAX_PADDING = 100_000


def _string(arguments: Arguments) -> ArmValue:
    return to_text(arguments[0])


def _string_partly(arguments: Arguments) -> ArmValue | None:
    value = arguments[0]
    return concat((value,)) if is_symbol(value) and type_of(value) in {"string", "int", "bool"} else None


def _format_partly(arguments: Arguments) -> ArmValue | None:
    return format_text(arguments) if isinstance(arguments[0], str) else None


def _by_character(
    change: Callable[[str], str],
) -> tuple[Callable[[Arguments], ArmValue], Callable[[Arguments], ArmValue | None]]:
    """A function that changes each character alone, on text and on joined text."""

    def compute(arguments: Arguments) -> ArmValue:
        return change(arguments.string(0))

    def partly(arguments: Arguments) -> ArmValue | None:
        match arguments[0]:
            case Concat(parts):
                return concat(
                    change(part) if isinstance(part, str) else Apply(arguments.function, (concat((part,)),)) for part in parts
                )
            case Apply(name) as inner if name == arguments.function:
                return inner
            case _:
                return None

    return compute, partly


def _trim(arguments: Arguments) -> ArmValue:
    return arguments.string(0).strip(_WHITE)


def _replace(arguments: Arguments) -> ArmValue:
    text, old, new = arguments.string(0), arguments.string(1), arguments.string(2)
    if not old:
        arguments.fail("there is nothing to look for", "Give the text to be replaced.", 1)
    arguments.budget.allow_text(_replaced_length(text, old, new))
    return text.replace(old, new)


def _replaced_length(text: str, old: str, new: str) -> int:
    return len(text) + text.count(old) * (len(new) - len(old))


def _replace_partly(arguments: Arguments) -> ArmValue | None:
    """One character cannot lie across the pieces of joined text: each is changed alone."""
    text, old, new = arguments.values
    if not isinstance(text, Concat) or not isinstance(old, str) or len(old) != 1 or not isinstance(new, str):
        return None
    arguments.budget.allow_text(sum(_replaced_length(part, old, new) for part in text.parts if isinstance(part, str)))
    return concat(
        part.replace(old, new) if isinstance(part, str) else Apply("replace", (concat((part,)), old, new))
        for part in text.parts
    )


def _separators(arguments: Arguments) -> list[str]:
    given = arguments[1]
    separators = [one for one in given if isinstance(one, str)] if isinstance(given, tuple) else [arguments.string(1)]
    return [separator for separator in separators if separator]


def _split(arguments: Arguments) -> ArmValue:
    text, separators = arguments.string(0), _separators(arguments)
    arguments.budget.allow_values(sum(map(text.count, separators)))
    return tuple(re.split("|".join(map(re.escape, separators)), text)) if separators else (text,)


def _split_partly(arguments: Arguments) -> ArmValue | None:
    """A path of names: what is not known is taken to be one whole segment (docs/reference/arm-expressions.md 3.6)."""
    text, separator = arguments.values
    if separator != "/" or not isinstance(text, Concat) or not starts(text).startswith(("/subscriptions/", "/providers/")):
        return None
    segments: list[list[str | Symbol]] = [[]]
    for part in text.parts:
        if isinstance(part, str):
            first, *rest = part.split("/")
            segments[-1].append(first)
            segments.extend([one] for one in rest)
        else:
            segments[-1].append(part)
    return tuple(map(concat, segments))


def _join(arguments: Arguments) -> ArmValue:
    delimiter, texts = arguments.string(1), [to_text(item) for item in arguments.array(0)]
    arguments.budget.allow_text(sum(map(len, texts)) + len(delimiter) * len(texts))
    return delimiter.join(texts)


def _join_partly(arguments: Arguments) -> ArmValue | None:
    items, delimiter = arguments.values
    if not isinstance(items, tuple) or not isinstance(delimiter, str):
        return None
    if not all(is_known(item) or is_symbol(item) for item in items):
        return None
    arguments.budget.allow_text(len(delimiter) * len(items))
    parts: list[str | Symbol] = []
    for index, item in enumerate(items):
        parts += (delimiter,) if index else ()
        parts.append(to_text(item) if is_known(item) else item)  # type: ignore[arg-type]  # not known: a symbol
    return concat(parts)


def _substring(arguments: Arguments) -> ArmValue:
    text = arguments.string(0)
    start = arguments.integer(1) if len(arguments) > 1 else 0
    whole = utf16_length(text)
    count = arguments.integer(2) if len(arguments) > 2 else whole - start  # noqa: PLR2004 - the third argument
    if not 0 <= start <= whole:
        arguments.fail(f"character {start} is not in a text of {whole}", "Characters are counted from 0.", 1)
    if not 0 <= count <= whole - start:
        help_ = "Use `take` and `skip`, which take what there is."
        arguments.fail(f"there are no {count} characters after character {start} in a text of {whole}", help_, 2)
    return cut(text, start, start + count)


def _index_of(*, last: bool) -> Callable[[Arguments], ArmValue]:
    def compute(arguments: Arguments) -> ArmValue:
        text, needle = upper(arguments.string(0)), upper(to_text(arguments[1]))
        found = text.rfind(needle) if last else text.find(needle)
        return utf16_length(text[:found]) if found > 0 else found

    return compute


find_first = _index_of(last=False)
find_last = _index_of(last=True)


def _starts_with(arguments: Arguments) -> ArmValue:
    return upper(arguments.string(0)).startswith(upper(arguments.string(1)))


def _ends_with(arguments: Arguments) -> ArmValue:
    return upper(arguments.string(0)).endswith(upper(arguments.string(1)))


def _starts_with_partly(arguments: Arguments) -> ArmValue | None:
    text, prefix = arguments.values
    known = upper(starts(text))
    if not isinstance(prefix, str):
        return None
    if known.startswith(upper(prefix)):
        return True
    return False if not upper(prefix).startswith(known) else None


def _ends_with_partly(arguments: Arguments) -> ArmValue | None:
    text, suffix = arguments.values
    known = upper(ends(text))
    if not isinstance(suffix, str):
        return None
    if known.endswith(upper(suffix)):
        return True
    return False if not upper(suffix).endswith(known) else None


def _pad_left(arguments: Arguments) -> ArmValue:
    value = arguments[0]
    text = value if isinstance(value, str) else str(arguments.integer(0))
    width = arguments.integer(1)
    fill = arguments.string(2) if len(arguments) > 2 else " "  # noqa: PLR2004 - the third argument
    if utf16_length(fill) != 1:
        arguments.fail("the filling is one character", "Give one character.", 2)
    if not 0 <= width <= _MAX_PADDING:
        arguments.fail(f"{width} is not a length", f"Give a length from 0 to {_MAX_PADDING}.", 1)
    return fill * (width - utf16_length(text)) + text


FUNCTIONS = (
    Pure("string", 1, 1, _string, _string_partly),
    Pure("format", 1, None, format_text, _format_partly),
    Pure("toLower", 1, 1, *_by_character(lower)),
    Pure("toUpper", 1, 1, *_by_character(upper)),
    Pure("trim", 1, 1, _trim),
    Pure("replace", 3, 3, _replace, _replace_partly),
    Pure("split", 2, 2, _split, _split_partly),
    Pure("join", 2, 2, _join, _join_partly),
    Pure("substring", 1, 3, _substring),
    Pure("startsWith", 2, 2, _starts_with, _starts_with_partly),
    Pure("endsWith", 2, 2, _ends_with, _ends_with_partly),
    Pure("padLeft", 2, 3, _pad_left),
)
