"""`format`: .NET's composite formatting, as far as it is partly known too.

Source: docs/reference/arm-expressions.md 2.4; learn.microsoft.com/dotnet/standard/base-types/composite-formatting and
standard-numeric-format-strings for the rest.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from aib2packer.arm.evaluation.functions.text import to_text, utf16_length
from aib2packer.arm.language.symbolic import Apply, concat, is_known
from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aib2packer.arm.evaluation.functions.base import Arguments
    from aib2packer.arm.language.symbolic import ArmValue, Symbol

_MAX_WIDTH = 100_000
_item = pattern(r"\{\{|\}\}|\{\s*([0-9]{1,6})\s*(?:,\s*(-?[0-9]{1,6})\s*)?(?::([^{}]*))?\}|[{}]")
_standard = pattern(r"([A-Za-z])([0-9]{0,3})")
_custom = pattern(r"[0#,]*0[0#,]*(?:\.([0#]*))?|#[#,]*(?:\.([0#]*))?")
_DECIMALS = {"N": 2, "F": 2, "P": 2}


def format_text(arguments: Arguments) -> ArmValue:
    """`format(text, argument, …)`: text where all of it is known, else joined text."""
    pieces, length = [], 0
    for piece in _pieces(arguments):
        length += len(piece) if isinstance(piece, str) else 1
        arguments.budget.allow_text(length)
        pieces.append(piece)
    return concat(pieces)


def _pieces(arguments: Arguments) -> Iterator[str | Symbol]:
    template = arguments.string(0)
    at = 0
    for match in _item.finditer(template):
        yield template[at : match.start()]
        at = match.end()
        if match[0] in {"{{", "}}"}:
            yield match[0][0]
        elif match[1] is None:
            help_ = "An item is `{0}`; a brace that belongs to the text is doubled: `{{`."
            arguments.fail(f"`{match[0]}` stands alone in the text", help_, 0)
        else:
            yield _piece(arguments, int(match[1]), int(match[2] or 0), match[3] or "")
    yield template[at:]


def _piece(arguments: Arguments, index: int, width: int, spec: str) -> str | Symbol:
    if index + 1 >= len(arguments):
        count = len(arguments) - 1
        arguments.fail(f"the text asks for item {{{index}}}, and there are {count}", "Items are counted from 0.", 0)
    value = arguments[index + 1]
    if not is_known(value):
        if not width and not spec and not isinstance(value, tuple | dict):
            return value  # type: ignore[return-value]  # not known and no container: a symbol
        item = f"{{0,{width}" if width else "{0"
        return Apply("format", (f"{item}:{spec}}}" if spec else f"{item}}}", value))
    text = _number(arguments, value, spec) if spec and isinstance(value, int | float) and not isinstance(value, bool) else None
    if text is None:
        text = to_text(value, quote="'")
    if abs(width) > _MAX_WIDTH:
        arguments.fail(f"a width of {width} is too much", "Give a smaller one.", 0)
    missing = " " * (abs(width) - utf16_length(text))
    return text + missing if width < 0 else missing + text


def _number(arguments: Arguments, value: float, spec: str) -> str:
    match = _standard.fullmatch(spec)
    if match is None:
        return _by_picture(arguments, value, spec)
    letter, precision = match[1].upper(), int(match[2]) if match[2] else None
    if letter in _DECIMALS:
        scaled = Decimal(repr(value)) * (100 if letter == "P" else 1)
        text = _fixed(scaled, _DECIMALS[letter] if precision is None else precision, grouped=letter != "F")
        return f"{text}%" if letter == "P" else text
    if letter == "D" and isinstance(value, int):
        return f"{'-' if value < 0 else ''}{abs(value):0{precision or 1}d}"
    if letter == "X" and isinstance(value, int):
        digits = f"{value & (1 << 64) - 1:0{precision or 1}x}"
        return digits.upper() if match[1] == "X" else digits
    if letter in {"G", "R"} and precision is None:
        return to_text(value)
    return _unknown(arguments, spec)


def _by_picture(arguments: Arguments, value: float, spec: str) -> str:
    """A picture of zeros and hashes, such as `000` or `#,##0.00`."""
    match = _custom.fullmatch(spec)
    if match is None:
        return _unknown(arguments, spec)
    whole = spec.partition(".")[0]
    decimals = match[1] or match[2] or ""
    text = _fixed(Decimal(repr(value)), len(decimals), grouped=False)
    sign, text = ("-", text[1:]) if text.startswith("-") else ("", text)
    integer, _, fraction = text.partition(".")
    first_zero = whole.replace(",", "").find("0")
    digits = len(whole.replace(",", "")) - first_zero if first_zero >= 0 else 0
    integer = integer.lstrip("0").rjust(digits, "0")
    if "," in whole.rstrip(","):
        integer = re.sub(r"(?<=\d)(?=(\d{3})+$)", ",", integer)
    required = decimals.rfind("0") + 1
    fraction = fraction[:required] + fraction[required:].rstrip("0")
    return f"{sign}{integer}.{fraction}" if fraction else f"{sign}{integer}"


def _fixed(value: Decimal, decimals: int, *, grouped: bool) -> str:
    rounded = value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP) if value.adjusted() < 20 else value  # noqa: PLR2004 - beyond what has fractions
    text = f"{rounded:{',' if grouped else ''}.{decimals}f}"
    return text.lstrip("-") if not rounded else text


def _unknown(arguments: Arguments, spec: str) -> str:
    help_ = "Supported are D, F, G, N, P, X, and pictures of 0 and #."
    arguments.fail(f"the number format `{spec}` is not supported", help_, 0)
