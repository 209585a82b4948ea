"""Functions and operators of Terraform, written as expressions of ARM templates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.lazy.patterns import pattern
from aib2packer.terraform.library import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OPERATORS: Mapping[str, str] = {
    "==": "equals({0}, {1})",
    "!=": "not(equals({0}, {1}))",
    "<": "less({0}, {1})",
    "<=": "lessOrEquals({0}, {1})",
    ">": "greater({0}, {1})",
    ">=": "greaterOrEquals({0}, {1})",
    "&&": "and({0}, {1})",
    "||": "or({0}, {1})",
    "+": "$add({0}, {1})",
    "-": "$subtract({0}, {1})",
    "*": "$multiply({0}, {1})",
    "/": "$divide({0}, {1})",
    "%": "$modulo({0}, {1})",
    "!": "not({0})",
}

# Functions with as many arguments as the number says, each argument in its place.
_FIXED: Mapping[tuple[str, int], str] = {
    ("alltrue", 1): "not(contains({0}, false()))",
    ("anytrue", 1): "contains({0}, true())",
    ("base64decode", 1): "base64ToString({0})",
    ("base64encode", 1): "base64({0})",
    ("compact", 1): "filter({0}, lambda('item', not(empty(lambdaVariables('item')))))",
    ("contains", 2): "contains({0}, {1})",
    ("distinct", 1): "union({0}, createArray())",
    ("element", 2): "$element({0}, {1})",
    ("flatten", 1): "$flatten({0})",
    ("jsondecode", 1): "json({0})",
    ("keys", 1): "map($entries({0}), lambda('item', lambdaVariables('item').key))",
    ("length", 1): "length({0})",
    ("lookup", 3): "$lookup({0}, {1}, {2})",
    ("lookup", 2): "{0}[{1}]",
    ("lower", 1): "toLower({0})",
    ("nonsensitive", 1): "{0}",
    ("one", 1): "$try(first({0}), null())",
    ("reverse", 1): "$reverse({0})",
    ("sensitive", 1): "{0}",
    ("slice", 3): "$slice({0}, {1}, {2})",
    ("split", 2): "split({1}, {0})",
    ("tobool", 1): "bool({0})",
    ("tolist", 1): "{0}",
    ("tomap", 1): "{0}",
    ("trimspace", 1): "trim({0})",
    ("tostring", 1): "$tostring({0})",
    ("upper", 1): "toUpper({0})",
    ("uuid", 0): "newGuid()",
    ("values", 1): "map($entries({0}), lambda('item', lambdaVariables('item').value))",
    ("zipmap", 2): "$zipmap({0}, {1})",
}


_ANY: Mapping[str, Callable[[tuple[str, ...]], str]] = {
    "coalescelist": lambda arguments: f"$coalescelist({', '.join(arguments)})",
    "concat": lambda arguments: f"concat({', '.join(arguments)})",
    "merge": lambda arguments: f"shallowMerge(createArray({', '.join(arguments)}))",
}

# What Packer 1.13 knows of what validation blocks say.
_IN_CONDITIONS = frozenset(
    {
        *("abs", "alltrue", "anytrue", "base64decode", "base64encode", "can", "ceil", "chomp", "coalesce", "compact", "concat"),
        *("contains", "distinct", "element", "endswith", "flatten", "floor", "format", "join", "jsondecode", "jsonencode"),
        *("keys", "length", "log", "lookup", "lower", "max", "merge", "min", "parseint", "range", "regex", "regexall"),
        *("replace", "reverse", "setintersection", "setunion", "signum", "sort", "split", "startswith", "strcontains"),
        *("substr", "sum", "title", "trim", "trimprefix", "trimspace", "trimsuffix", "try", "upper", "values", "zipmap"),
    }
)
# In the library for what operators and `replace` come to.
_NOT_TERRAFORMS = frozenset({"add", "divide", "modulo", "multiply", "regex_replace", "subtract"})
_CALL = pattern(r"([A-Za-z_][\w:]*)\(")


def call(name: str, arguments: tuple[str, ...]) -> str | None:
    """A call as an expression of ARM; None for a function that has no equivalent there."""
    fixed = _FIXED.get((name, len(arguments)))
    if fixed is not None:
        return fixed.format(*arguments)
    made = _ANY.get(name)
    if made is not None and arguments:
        return made(arguments)
    function = None if name in _NOT_TERRAFORMS else FUNCTIONS.get(name)
    known = function is not None and function.takes(len(arguments))
    return f"${name}({', '.join(arguments)})" if known else None


def known_to_packer(condition: str) -> bool:
    """Whether Packer knows every function in a condition, which is given without its texts."""
    return set(_CALL.findall(condition)) <= _IN_CONDITIONS


_DATE = pattern(r"'[^']*'|YYYY|YY|MMMM|MMM|MM|M|DD|D|EEEE|EEE|HH|H|hh|h|mm|m|ss|s|AA|aa|ZZZZZ|ZZZZ|ZZZ|Z|.", re.DOTALL)
_DATE_WORDS = {"YYYY": "yyyy", "YY": "yy", "DD": "dd", "D": "d", "EEEE": "dddd", "EEE": "ddd", "hh": "HH", "h": "H"} | {
    word: word for word in ("MMMM", "MMM", "MM", "M", "mm", "m", "ss", "s")
}
_TWELVE_HOURS = {"HH": "hh", "H": "h", "AA": "tt", "Z": "Z"}


def date_format(written: str) -> str:
    """A format of `formatdate` as ARM's dates have it."""
    words = {**_DATE_WORDS, **_TWELVE_HOURS}
    return "".join(words.get(part, part.strip("'") if part.startswith("'") else part) for part in _DATE.findall(written))
