"""What functions of Terraform come to, where no function of ARM does the same.

What each takes and gives is that of https://developer.hashicorp.com/terraform/language/functions, which Packer has most of too:
regular expressions, and what is rarely used, are left to it.
"""

from __future__ import annotations

import itertools
import json
import math
import operator
import posixpath
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Literal, NoReturn, TypeAlias

from aib2packer.lazy.models import dataclass
from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from decimal import Decimal

TfPlain: TypeAlias = "str | int | float | bool | tuple[TfPlain, ...] | Mapping[str, TfPlain] | None"
"""A value that is known. Numbers that are whole are ints."""

_LARGEST = 100_000  # characters or items that a function makes
_LARGEST_POWER = 2.0**63
_VERB = pattern(r"%([-+ 0#]*)(\d+)?(?:\.(\d+))?(?:\[(\d+)\])?([a-zA-Z%])")
_LINE_ENDS = pattern(r"(?:\r\n?|\n)+\Z")
_WORD_BEGINS = pattern(r"(?<!\w)\w")
_DIGITS = pattern(r"[-+]?[0-9a-zA-Z]+", re.ASCII)
_MOST_OF_PYTHONS = 36  # the largest base that Python reads


class LeftToPackerError(Exception):
    """The result of a function is not worked out here: Packer has it too."""


class RefusedError(Exception):
    """A function that refuses its arguments: why, and which one is to blame, counted from 0."""

    def __init__(self, message: str, argument: int | None = None) -> None:
        super().__init__(message)
        self.argument = argument


def _refuse(message: str, argument: int | None = None) -> NoReturn:
    raise RefusedError(message, argument) from None


@dataclass(frozen=True, slots=True)
class TfFunction:
    """A function: the fewest and the most arguments (None: any), its type in ARM's words, and its result.

    `compute` is None where it is left to Packer. `packer` is what Packer calls it; None where it has none.
    """

    name: str
    minimum: int
    maximum: int | None
    type: Literal["string", "int", "bool", "array", "any"]
    compute: Callable[..., TfPlain] | None
    packer: str | None

    def takes(self, count: int) -> bool:
        """Whether this is how many arguments it takes."""
        return self.minimum <= count and (self.maximum is None or count <= self.maximum)


def text_of(value: TfPlain) -> str:
    """A value in a text."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int():
            return str(value)
        case float():
            from decimal import Decimal

            return format(Decimal(repr(value)).normalize(), "f")
        case _:
            _refuse(f"{_what(value)} cannot stand in a text")


def _what(value: TfPlain) -> str:
    match value:
        case None:
            return "null"
        case tuple():
            return "a list"
        case Mapping():
            return "a map"
        case bool():
            return "true or false"
        case str():
            return f"the string `{value if len(value) < 40 else value[:40] + '…'}`"  # noqa: PLR2004 - fits a line
        case _:
            return f"the number {value}"


def whole(value: float) -> int | float:
    """A number, an int where it is one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _number(value: TfPlain, argument: int = 0) -> int | float:
    match value:
        case int() | float() if not isinstance(value, bool):
            return value
        case str():
            with suppress(ValueError):
                number = float(value) if "." in value or "e" in value.lower() else int(value)
                if math.isfinite(number):
                    return whole(number)
    _refuse(f"takes a number here, found {_what(value)}", argument)


def _integer(value: TfPlain, argument: int = 0) -> int:
    number = _number(value, argument)
    if isinstance(number, float):
        _refuse(f"takes a whole number here, found {number}", argument)
    return number


def _items(value: TfPlain, argument: int = 0) -> tuple[TfPlain, ...]:
    if isinstance(value, tuple):
        return value
    _refuse(f"takes a list here, found {_what(value)}", argument)


def _order(value: TfPlain) -> tuple[int, float, str]:
    """Where a value of a set stands: numbers by their size, texts by their characters."""
    match value:
        case bool():
            return 0, value, ""
        case int() | float():
            return 1, value, ""
        case str():
            return 2, 0, value
        case _:
            return 3, 0, json.dumps(value, sort_keys=True)


def _set(values: Iterable[TfPlain]) -> tuple[TfPlain, ...]:
    """The values of a set, each once, in the order in which Terraform goes through them."""
    return tuple(sorted({_order(one): one for one in values}.values(), key=_order))


def _set_union(*sets: TfPlain) -> TfPlain:
    return _set(itertools.chain.from_iterable(_items(one, at) for at, one in enumerate(sets)))


def _set_intersection(*sets: TfPlain) -> TfPlain:
    first, *others = (_set(_items(one, at)) for at, one in enumerate(sets))
    known = [set(map(_order, other)) for other in others]
    return tuple(one for one in first if all(_order(one) in other for other in known))


def _set_subtract(one: TfPlain, other: TfPlain) -> TfPlain:
    gone = set(map(_order, _items(other, 1)))
    return tuple(item for item in _set(_items(one)) if _order(item) not in gone)


def _set_product(*sets: TfPlain) -> TfPlain:
    lists = [_items(one, at) for at, one in enumerate(sets)]
    _allow(math.prod(map(len, lists)) * len(lists))
    return tuple(itertools.product(*lists))


def _sort(value: TfPlain) -> TfPlain:
    return tuple(sorted(map(text_of, _items(value))))


def _index(value: TfPlain, wanted: TfPlain) -> TfPlain:
    found = [_order(one) for one in _items(value)]
    if _order(wanted) not in found:
        _refuse(f"{_what(wanted)} is not in the list", 1)
    return found.index(_order(wanted))


def _range(*limits: TfPlain) -> TfPlain:
    numbers = [_number(one, at) for at, one in enumerate(limits)]
    start, end = (0, numbers[0]) if len(numbers) == 1 else numbers[:2]
    step = numbers[2] if len(numbers) > 2 else (1 if start <= end else -1)  # noqa: PLR2004 - start, end, step
    if not step or (end - start) * step < 0:
        _refuse("the step leads away from the end", len(numbers) - 1)
    count = math.ceil((end - start) / step)
    _allow(count)
    return tuple(whole(start + at * step) for at in range(count))


def _chunks(value: TfPlain, size: TfPlain) -> TfPlain:
    items, length = _items(value), _integer(size, 1)
    if length < 0:
        _refuse("takes a size here that is not negative", 1)
    return tuple(items[at : at + length] for at in range(0, len(items), length)) if length else (items,)


def _sum(value: TfPlain) -> TfPlain:
    numbers = [_number(one) for one in _items(value)]
    if not numbers:
        _refuse("there is nothing to add", 0)
    return _from_decimal(sum(map(_exactly, numbers), _exactly(0)))


def _power(base: TfPlain, exponent: TfPlain) -> TfPlain:
    try:
        made = float(_number(base)) ** _number(exponent, 1)
    except (OverflowError, ZeroDivisionError):
        _refuse("the result is not a number")
    if isinstance(made, complex) or abs(made) > _LARGEST_POWER:
        _refuse("the result is not a number that is allowed here")
    return whole(made)


def _divide(one: TfPlain, other: TfPlain) -> TfPlain:
    first, second = _exactly(one), _exactly(other, 1)
    return _from_decimal(first / second) if second else _refuse("this divides by zero", 1)


def _exactly(value: TfPlain, argument: int = 0) -> Decimal:
    """A number as it is written, which Terraform reckons with: 0.1 is a tenth."""
    from decimal import Decimal

    return Decimal(repr(_number(value, argument)))


def _from_decimal(value: Decimal) -> TfPlain:
    return int(value) if value == value.to_integral_value() else float(value)


def _arithmetic(work: Callable[[Decimal, Decimal], Decimal]) -> Callable[[TfPlain, TfPlain], TfPlain]:
    return lambda one, other: _from_decimal(work(_exactly(one), _exactly(other, 1)))


def _remainder(one: TfPlain, other: TfPlain) -> TfPlain:
    first, second = _exactly(one), _exactly(other, 1)
    return _from_decimal(first % second) if second else _refuse("this divides by zero", 1)


def _extreme(choose: Callable[..., float]) -> Callable[..., TfPlain]:
    return lambda *values: choose(_number(one, at) for at, one in enumerate(values))


def _parse_int(text: TfPlain, base: TfPlain) -> TfPlain:
    written, radix = text_of(text), _integer(base, 1)
    if radix > _MOST_OF_PYTHONS:
        raise LeftToPackerError
    digits = written.lstrip("+-").lower()
    known = _DIGITS.fullmatch(written) and all(int(one, _MOST_OF_PYTHONS) < radix for one in digits)
    return int(written, radix) if known else _refuse(f"{_what(text)} is no whole number to the base {radix}", 0)


def _to_number(value: TfPlain) -> TfPlain:
    return value if value is None else _number(value)


def _substring(text: TfPlain, offset: TfPlain, length: TfPlain) -> TfPlain:
    whole_text, start, count = text_of(text), _integer(offset, 1), _integer(length, 2)
    start = max(len(whole_text) + start, 0) if start < 0 else start
    return whole_text[start:] if count < 0 else whole_text[start : start + count]


def _base_name(path: TfPlain) -> TfPlain:
    text = text_of(path)
    return text.rstrip("/").rpartition("/")[2] or ("/" if text else ".")


def _folder(path: TfPlain) -> TfPlain:
    head, slash, _ = text_of(path).rpartition("/")
    return posixpath.normpath(head) if head else ("/" if slash else ".")


def _title(text: TfPlain) -> TfPlain:
    return _WORD_BEGINS.sub(lambda found: found[0].upper(), text_of(text))


def _indent(spaces: TfPlain, text: TfPlain) -> TfPlain:
    width, lines = _integer(spaces), text_of(text).split("\n")
    _allow(width * len(lines))
    return ("\n" + " " * max(width, 0)).join(lines)


def _join(separator: TfPlain, *lists: TfPlain) -> TfPlain:
    between = text_of(separator)
    items = [text_of(item) for at, one in enumerate(lists) for item in _items(one, at + 1)]
    _allow(len(between) * len(items))
    return between.join(items)


def format_text(form: TfPlain, *values: TfPlain) -> str:
    """`format`: verbs as Go has them, as far as Terraform takes them."""
    written, taken, numbered = text_of(form), 0, False
    pieces, at, length = [], 0, 0
    if any(found[5] in "eEgG" or "#" in found[1] for found in _VERB.finditer(written)):
        raise LeftToPackerError
    for found in _VERB.finditer(written):
        flags, width, precision, which, verb = found.groups()
        pieces.append(written[at : found.start()])
        at = found.end()
        if verb == "%":
            pieces.append("%")
            continue
        _allow(max(int(width or 0), int(precision or 0)))
        taken = int(which) if which else taken + 1
        numbered |= which is not None
        if not 0 < taken <= len(values):
            _refuse(f"there is no value for `{found[0]}`")
        one = _shown(verb, None if precision is None else int(precision), flags, values[taken - 1], taken)
        length += max(len(one), int(width or 0))
        _allow(length)
        pieces.append(_padded(one, int(width or 0), flags))
    if "%" in (rest := written[at:]) or any("%" in piece for piece in pieces[::2] if piece != "%"):
        _refuse("the format has a `%` that begins nothing: write `%%`", 0)
    if taken < len(values) and not numbered:
        _refuse(f"there are {len(values)} values, and the format takes {taken}")
    return "".join((*pieces, rest))


def simple_verbs(form: str) -> tuple[str, ...] | None:
    """A format cut at its verbs, `%s`, `%d` and `%v` in their places; None where it has others."""
    pieces, at = [], 0
    for found in _VERB.finditer(form):
        flags, width, precision, which, verb = found.groups()
        if verb not in "sdv%" or flags or width or precision or which or (verb == "%" and found[0] != "%%"):
            return None
        pieces += [form[at : found.start()], found[0]]
        at = found.end()
    return (*pieces, form[at:])


def _shown(verb: str, precision: int | None, flags: str, value: TfPlain, argument: int) -> str:
    match verb:
        case "s" | "v":
            shown = text_of(value) if verb == "s" or isinstance(value, str | int | float) else json_text(value)
            return shown if precision is None else shown[:precision]
        case "q":
            return json.dumps(text_of(value), ensure_ascii=False)
        case "t" if isinstance(value, bool):
            return text_of(value)
        case "d" | "b" | "o" | "x" | "X":
            return _signed(format(_integer(value, argument), verb), flags)
        case "f":
            return _signed(format(_exactly(value, argument), f".{6 if precision is None else precision}f"), flags)
        case _:
            _refuse(f"`%{verb}` does not take {_what(value)}", argument)


def _signed(number: str, flags: str) -> str:
    return number if number.startswith("-") else ("+" if "+" in flags else " " if " " in flags else "") + number


def _padded(text: str, width: int, flags: str) -> str:
    if "-" in flags:
        return text.ljust(width)
    return text.zfill(width) if "0" in flags else text.rjust(width)


def _format_list(form: TfPlain, *values: TfPlain) -> TfPlain:
    lengths = {len(one) for one in values if isinstance(one, tuple)}
    if len(lengths) > 1:
        _refuse("its lists have different lengths")
    rounds = range(lengths.pop() if lengths else 1)
    made, length = [], 0
    for at in rounds:
        made.append(format_text(form, *(one[at] if isinstance(one, tuple) else one for one in values)))
        length += len(made[-1])
        _allow(length)
    return tuple(made)


def json_text(value: TfPlain) -> str:
    """`jsonencode`: keys in their order, and what HTML takes for its own written in another way, as Go does."""
    made = json.dumps(_whole_in(value), separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    for sign in "<>&\u2028\u2029":
        made = made.replace(sign, f"\\u{ord(sign):04x}")
    return made


def _whole_in(value: TfPlain) -> object:
    match value:
        case Mapping():
            return {key: _whole_in(item) for key, item in value.items()}
        case tuple():
            return [_whole_in(item) for item in value]
        case float():
            return whole(value)
        case _:
            return value


def _url_encode(text: TfPlain) -> TfPlain:
    from urllib.parse import quote_plus

    return quote_plus(text_of(text), safe="")


def _reversed(text: TfPlain) -> TfPlain:
    if not text_of(text).isascii():  # a character may be several here
        raise LeftToPackerError
    return text_of(text)[::-1]


def _coalesce(*values: TfPlain) -> TfPlain:
    found = next((value for value in values if value is not None and value != ""), None)
    return _refuse("all its values are null or empty") if found is None else found


def _prefix_cut(text: TfPlain, prefix: TfPlain) -> TfPlain:
    return text_of(text).removeprefix(text_of(prefix))


def _suffix_cut(text: TfPlain, suffix: TfPlain) -> TfPlain:
    return text_of(text).removesuffix(text_of(suffix))


def _digest(algorithm: str, *, in_base64: bool = False) -> Callable[[TfPlain], TfPlain]:
    def compute(text: TfPlain) -> TfPlain:
        import hashlib
        from base64 import b64encode

        made = hashlib.new(algorithm, text_of(text).encode(), usedforsecurity=False)
        return b64encode(made.digest()).decode() if in_base64 else made.hexdigest()

    return compute


def _allow(size: int) -> None:
    if size > _LARGEST:
        _refuse(f"the result is larger than the {_LARGEST:,} that are made here")


_TEXT: Final = "string"
_BOOL: Final = "bool"
_NUMBER: Final = "int"
_LIST: Final = "array"
_ANY: Final = "any"

# What Packer calls them is tried with Packer 1.16; 1.13, which every build asks for, has them too.
_ALL: tuple[TfFunction, ...] = (
    TfFunction("abs", 1, 1, _NUMBER, lambda value: abs(_number(value)), "abs"),
    TfFunction("add", 2, 2, _NUMBER, _arithmetic(operator.add), None),
    TfFunction("basename", 1, 1, _TEXT, _base_name, "basename"),
    TfFunction("base64sha256", 1, 1, _TEXT, _digest("sha256", in_base64=True), None),
    TfFunction("base64sha512", 1, 1, _TEXT, _digest("sha512", in_base64=True), None),
    TfFunction("ceil", 1, 1, _NUMBER, lambda value: math.ceil(_number(value)), "ceil"),
    TfFunction("chomp", 1, 1, _TEXT, lambda text: _LINE_ENDS.sub("", text_of(text)), "chomp"),
    TfFunction("chunklist", 2, 2, _LIST, _chunks, "chunklist"),
    TfFunction("cidrhost", 2, 2, _TEXT, None, "cidrhost"),
    TfFunction("cidrnetmask", 1, 1, _TEXT, None, "cidrnetmask"),
    TfFunction("cidrsubnet", 3, 3, _TEXT, None, "cidrsubnet"),
    TfFunction("can", 1, 1, _BOOL, lambda _: True, "can"),
    TfFunction("coalesce", 1, None, _ANY, _coalesce, "coalesce"),
    TfFunction("csvdecode", 1, 1, _LIST, None, "csvdecode"),
    TfFunction("dirname", 1, 1, _TEXT, _folder, "dirname"),
    TfFunction("divide", 2, 2, _ANY, _divide, None),
    TfFunction("endswith", 2, 2, _BOOL, lambda text, end: text_of(text).endswith(text_of(end)), "endswith"),
    TfFunction("floor", 1, 1, _NUMBER, lambda value: math.floor(_number(value)), "floor"),
    TfFunction("format", 1, None, _TEXT, format_text, "format"),
    TfFunction("formatdate", 2, 2, _TEXT, None, "formatdate"),
    TfFunction("formatlist", 1, None, _LIST, _format_list, "formatlist"),
    TfFunction("indent", 2, 2, _TEXT, _indent, "indent"),
    TfFunction("index", 2, 2, _NUMBER, _index, "index"),
    TfFunction("join", 2, None, _TEXT, _join, "join"),
    TfFunction("jsonencode", 1, 1, _TEXT, json_text, "jsonencode"),
    TfFunction("log", 2, 2, _ANY, None, "log"),
    TfFunction("max", 1, None, _NUMBER, _extreme(max), "max"),
    TfFunction("md5", 1, 1, _TEXT, _digest("md5"), "md5"),
    TfFunction("min", 1, None, _NUMBER, _extreme(min), "min"),
    TfFunction("modulo", 2, 2, _NUMBER, _remainder, None),
    TfFunction("multiply", 2, 2, _NUMBER, _arithmetic(operator.mul), None),
    TfFunction("parseint", 2, 2, _NUMBER, _parse_int, "parseint"),
    TfFunction("pow", 2, 2, _ANY, _power, "pow"),
    TfFunction("range", 1, 3, _LIST, _range, "range"),
    TfFunction("regex", 2, 2, _ANY, None, "regex"),
    TfFunction("regexall", 2, 2, _LIST, None, "regexall"),
    TfFunction("regex_replace", 3, 3, _TEXT, None, "regex_replace"),
    TfFunction("setintersection", 1, None, _LIST, _set_intersection, "setintersection"),
    TfFunction("setproduct", 1, None, _LIST, _set_product, "setproduct"),
    TfFunction("setsubtract", 2, 2, _LIST, _set_subtract, None),
    TfFunction("setunion", 1, None, _LIST, _set_union, "setunion"),
    TfFunction("sha1", 1, 1, _TEXT, _digest("sha1"), "sha1"),
    TfFunction("sha256", 1, 1, _TEXT, _digest("sha256"), "sha256"),
    TfFunction("sha512", 1, 1, _TEXT, _digest("sha512"), "sha512"),
    TfFunction("signum", 1, 1, _NUMBER, lambda value: (_number(value) > 0) - (_number(value) < 0), "signum"),
    TfFunction("sort", 1, 1, _LIST, _sort, "sort"),
    TfFunction("startswith", 2, 2, _BOOL, lambda text, start: text_of(text).startswith(text_of(start)), "startswith"),
    TfFunction("strcontains", 2, 2, _BOOL, lambda text, part: text_of(part) in text_of(text), "strcontains"),
    TfFunction("strrev", 1, 1, _TEXT, _reversed, "strrev"),
    TfFunction("substr", 3, 3, _TEXT, _substring, "substr"),
    TfFunction("subtract", 2, 2, _NUMBER, _arithmetic(operator.sub), None),
    TfFunction("sum", 1, 1, _ANY, _sum, "sum"),
    TfFunction("textdecodebase64", 2, 2, _TEXT, None, "textdecodebase64"),
    TfFunction("textencodebase64", 2, 2, _TEXT, None, "textencodebase64"),
    TfFunction("timeadd", 2, 2, _TEXT, None, "timeadd"),
    TfFunction("title", 1, 1, _TEXT, _title, "title"),
    TfFunction("tonumber", 1, 1, _NUMBER, _to_number, None),
    TfFunction("toset", 1, 1, _LIST, _set_union, "distinct"),
    TfFunction("trim", 2, 2, _TEXT, lambda text, what: text_of(text).strip(text_of(what)), "trim"),
    TfFunction("trimprefix", 2, 2, _TEXT, _prefix_cut, "trimprefix"),
    TfFunction("trimsuffix", 2, 2, _TEXT, _suffix_cut, "trimsuffix"),
    TfFunction("try", 1, None, _ANY, lambda first, *_: first, "try"),
    TfFunction("urlencode", 1, 1, _TEXT, _url_encode, "urlencode"),
    TfFunction("uuidv5", 2, 2, _TEXT, None, "uuidv5"),
    TfFunction("yamldecode", 1, 1, _ANY, None, "yamldecode"),
    TfFunction("yamlencode", 1, 1, _TEXT, None, "yamlencode"),
)

FUNCTIONS: Mapping[str, TfFunction] = {function.name: function for function in _ALL}
"""The functions by their names."""
