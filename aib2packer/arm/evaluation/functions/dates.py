"""Functions over dates (docs/reference/arm-expressions.md 2.7).

A year is 365 days and a month 30: learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-date, remarks.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from aib2packer.arm.evaluation.functions.base import Pure
from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from aib2packer.arm.evaluation.functions.base import Arguments
    from aib2packer.arm.language.symbolic import ArmValue

_DATE = pattern(
    r"\s*(\d{4})-(\d{2})-(\d{2})(?:([T ]+)(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?)?\s*(Z|[+-]\d{2}:?\d{2})?\s*", re.ASCII
)
_COMPACT = pattern(r"(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z", re.ASCII)
_DURATION = pattern(
    r"(-)?P(?=.)(?:(\d{1,5})Y)?(?:(\d{1,5})M)?(?:(\d{1,7})D)?(?:T(?=.)(?:(\d{1,7})H)?(?:(\d{1,7})M)?(?:(\d{1,9})(?:\.(\d{1,7}))?S)?)?",
    re.ASCII,
)
_tokens = pattern(
    r"y{1,5}|M{1,4}|d{1,4}|H{1,2}|h{1,2}|m{1,2}|s{1,2}|f{1,7}|F{1,7}|t{1,2}|z{1,3}|K|'[^']*'|\"[^\"]*\"|\\.|%|(?s:.)"
)
_STANDARD = {
    "d": "MM/dd/yyyy",
    "D": "dddd, dd MMMM yyyy",
    "f": "dddd, dd MMMM yyyy HH:mm",
    "F": "dddd, dd MMMM yyyy HH:mm:ss",
    "g": "MM/dd/yyyy HH:mm",
    "G": "MM/dd/yyyy HH:mm:ss",
    "M": "MMMM dd",
    "o": "yyyy-MM-ddTHH:mm:ss.fffffffK",
    "r": "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
    "s": "yyyy-MM-ddTHH:mm:ss",
    "t": "HH:mm",
    "T": "HH:mm:ss",
    "u": "yyyy-MM-dd HH:mm:ssZ",
    "U": "dddd, dd MMMM yyyy HH:mm:ss",
    "Y": "yyyy MMMM",
    "m": "MMMM dd",
    "O": "yyyy-MM-ddTHH:mm:ss.fffffffK",
    "R": "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
    "y": "yyyy MMMM",
}
ISO = "yyyy-MM-ddTHH:mm:ssZ"
COMPACT = "yyyyMMddTHHmmssZ"
_GENERAL = "M/d/yyyy h:mm:ss tt"
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


def _date(arguments: Arguments, index: int) -> tuple[datetime, str]:
    """A date, and the format that a date made from it has."""
    text = arguments.string(index)
    try:
        if match := _COMPACT.fullmatch(text):
            return datetime(*map(int, match.groups()), tzinfo=UTC), COMPACT  # type: ignore[arg-type, misc]  # six numbers
        if match := _DATE.fullmatch(text):
            year, month, day, separator, hour, minute, second, fraction, zone = match.groups()
            moment = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC)
            moment += timedelta(microseconds=int((fraction or "0").ljust(7, "0")) // 10)
            return moment - _offset(zone), ISO if separator == "T" else _GENERAL
    except (ValueError, OverflowError):
        pass
    return arguments.wrong(index, "a date such as `2026-01-31T12:00:00Z`")


def _offset(zone: str | None) -> timedelta:
    if zone in {None, "Z"}:
        return timedelta()
    digits = str(zone)[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -offset if str(zone).startswith("-") else offset


def _date_time_add(arguments: Arguments) -> ArmValue:
    moment, natural = _date(arguments, 0)
    match = _DURATION.fullmatch(arguments.string(1))
    if match is None:
        arguments.wrong(1, "a duration such as `P1D` or `PT2H`")
    sign, years, months, days, hours, minutes, seconds, fraction = match.groups()
    try:
        added = timedelta(
            days=365 * int(years or 0) + 30 * int(months or 0) + int(days or 0),
            hours=int(hours or 0),
            minutes=int(minutes or 0),
            seconds=int(seconds or 0),
            microseconds=int((fraction or "0").ljust(7, "0")) // 10,
        )
        result = moment - added if sign else moment + added
    except OverflowError:
        arguments.fail("the result is beyond the year 9999", "Use a shorter duration.", 1)
    picture = arguments.string(2) if len(arguments) > 2 else natural  # noqa: PLR2004 - the third argument
    return format_date(result, picture) or arguments.wrong(2, "a format of dates")


def _date_time_from_epoch(arguments: Arguments) -> ArmValue:
    try:
        return format_date(datetime.fromtimestamp(arguments.integer(0), UTC), ISO)
    except (ValueError, OverflowError, OSError):
        return arguments.wrong(0, "seconds since 1970, up to the year 9999")


def _date_time_to_epoch(arguments: Arguments) -> ArmValue:
    return int((_date(arguments, 0)[0] - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())


def format_date(moment: datetime, picture: str) -> str:
    """A date in UTC by a format string of .NET, in invariant culture; "" for a format that .NET refuses."""
    if len(picture) == 1:
        picture = _STANDARD.get(picture, "")
    return "".join(_token(moment, match[0]) for match in _tokens.finditer(picture))


def _token(moment: datetime, token: str) -> str:  # noqa: C901, PLR0912 - a case each kind of token
    width = len(token)
    match token[0]:
        case "y":
            return f"{moment.year % 100:0{width}d}" if width < 3 else f"{moment.year:0{width}d}"  # noqa: PLR2004 - `yy`
        case "M":
            return _named(_MONTHS[moment.month - 1], moment.month, width)
        case "d":
            return _named(_DAYS[moment.weekday()], moment.day, width)
        case "H":
            return f"{moment.hour:0{width}d}"
        case "h":
            return f"{moment.hour % 12 or 12:0{width}d}"
        case "m":
            return f"{moment.minute:0{width}d}"
        case "s":
            return f"{moment.second:0{width}d}"
        case "f":
            return f"{moment.microsecond:06d}0"[:width]
        case "F":
            return f"{moment.microsecond:06d}0"[:width].rstrip("0")
        case "t":
            return "AM"[:width] if moment.hour < 12 else "PM"[:width]  # noqa: PLR2004 - noon
        case "z":
            return ("+0", "+00", "+00:00")[width - 1]
        case "K":
            return "Z"
        case "'" | '"' if width > 1:
            return token[1:-1]
        case "\\":
            return token[1:]
        case "%":
            return ""
        case _:
            return token


def _named(name: str, number: int, width: int) -> str:
    """`M`, `MM`, `MMM`, `MMMM`: the number, or the name, short or whole."""
    return f"{number:0{width}d}" if width < 3 else name[:3] if width == 3 else name  # noqa: PLR2004 - `MMM`


FUNCTIONS = (
    Pure("dateTimeAdd", 2, 3, _date_time_add),
    Pure("dateTimeFromEpoch", 1, 1, _date_time_from_epoch),
    Pure("dateTimeToEpoch", 1, 1, _date_time_to_epoch),
)
