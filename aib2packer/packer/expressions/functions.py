"""Each ARM function as Packer says it (docs/reference/arm-expressions.md 2, column HCL; all of it tried with Packer 1.16).

Packer 1.13, which every template asks for, has them all but those with dates.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NoReturn, Protocol

from aib2packer.arm.evaluation.functions.hashes import GUID_NAMESPACE
from aib2packer.arm.language.symbolic import (
    Apply,
    Deferred,
    Lambda,
    ParameterSymbol,
    VariableSymbol,
    bare,
    concat,
    is_known,
    is_symbol,
    is_untyped,
    type_of,
)
from aib2packer.hcl.code import (
    NULL,
    Binding,
    CannotPrintError,
    Piece,
    call,
    chained,
    conditional,
    index,
    infix,
    negated,
    of_text,
    of_value,
)
from aib2packer.hcl.printing import quote
from aib2packer.hcl.values import HclCode, Local
from aib2packer.lazy.patterns import pattern
from aib2packer.packer.expressions.urls import join_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aib2packer.arm.language.symbolic import ArmValue, Leaf, Symbol, Type
    from aib2packer.hcl.values import Variable

_WITH_DATES = (1, 16, 0)
_PAIR = 2
_DURATION = pattern(r"(-)?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_ITEM = pattern(r"\{0(?:,(-?\d+))?(?::([DdXx0])(0*\d*))?\}")


class PrintsValues(Protocol):
    """What prints the arguments of a function."""

    @property
    def references(self) -> Mapping[Leaf, Variable | Local | HclCode]:
        """What stands for each leaf of an expression."""

    @property
    def variables(self) -> Mapping[str, str]:
        """What the parameters of lambdas are called in HCL."""

    @property
    def now(self) -> Local | HclCode:
        """The time that `utcNow` formats."""

    def piece(self, value: ArmValue) -> Piece:
        """A value as HCL."""

    def text_piece(self, part: ArmValue) -> Piece:
        """A value as a piece of a text."""

    def inside_lambda(self, names: tuple[str, ...]) -> PrintsValues:
        """The printer for the body of a lambda with parameters of these names."""


def print_function(printer: PrintsValues, apply: Apply) -> Piece:
    """A function over something not known, as HCL.

    Raises:
        CannotPrintError: Packer has nothing that does the same.

    """
    found = _FUNCTIONS.get(apply.function) or _of_terraform(apply.function)
    if found is None:
        reason = "Packer has no such function"
        raise CannotPrintError(reason, apply.function)
    return found(_Call(printer, apply))


def _of_terraform(name: str) -> Callable[[_Call], Piece] | None:
    """A function of Terraform's, most of which are Packer's too."""
    from aib2packer.terraform.library import FUNCTIONS

    function = FUNCTIONS.get(name.removeprefix("$")) if name.startswith("$") else None
    return None if function is None or function.packer is None else _plain(function.packer)


class _Call:
    """One function with its arguments."""

    __slots__ = ("apply", "printer")

    def __init__(self, printer: PrintsValues, apply: Apply) -> None:
        self.printer = printer
        self.apply = apply

    def __len__(self) -> int:
        return len(self.apply.arguments)

    def __getitem__(self, at: int) -> ArmValue:
        """An argument."""
        argument = self.apply.arguments[at]
        return self.refuse("a lambda stands where none is taken") if isinstance(argument, Lambda) else argument

    def piece(self, at: int) -> Piece:
        """An argument, printed."""
        return self.printer.piece(self[at])

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """All arguments, printed."""
        return tuple(self.piece(at) for at in range(len(self)))

    def kind(self, at: int) -> Type:
        """The type of an argument."""
        return type_of(self[at])

    def is_list(self, at: int) -> bool:
        """Whether an argument is a list: one without a type too, as Terraform's functions that come here take no other."""
        return self.kind(at) == "array" or is_untyped(self[at])

    def function(self, at: int) -> tuple[Lambda, PrintsValues]:
        """An argument that is a lambda, and the printer for its body."""
        argument = self.apply.arguments[at]
        if not isinstance(argument, Lambda):
            return self.refuse("no lambda stands where one is taken")
        return argument, self.printer.inside_lambda(argument.parameters)

    def refuse(self, reason: str) -> NoReturn:
        """Say why it cannot be printed."""
        raise CannotPrintError(reason, self.apply.function)


def _plain(name: str) -> Callable[[_Call], Piece]:
    """A function that HCL has under another name."""
    return lambda one: call(name, *one.pieces)


def _swapped(name: str) -> Callable[[_Call], Piece]:
    """A function that HCL has with its two arguments the other way round."""
    return lambda one: call(name, one.piece(1), one.piece(0))


def _operator(binding: Binding, operator: str) -> Callable[[_Call], Piece]:
    return lambda one: infix(binding, operator, one.piece(0), one.piece(1))


def _comparison(operator: str) -> Callable[[_Call], Piece]:
    def show(one: _Call) -> Piece:
        if "string" in {one.kind(0), one.kind(1)}:
            one.refuse("Packer compares numbers only")
        return infix(Binding.COMPARISON, operator, one.piece(0), one.piece(1))

    return show


def _equals(one: _Call) -> Piece:
    return _equality(one, "==")


def _equality(one: _Call, operator: str) -> Piece:
    left, right = one.pieces
    if {"array", "object"} & {one.kind(0), one.kind(1)}:
        left, right = call("jsonencode", left), call("jsonencode", right)
    return infix(Binding.EQUALITY, operator, left, right)


def _not(one: _Call) -> Piece:
    inner = one[0]
    if isinstance(inner, Apply) and inner.function == "equals":
        return _equality(_Call(one.printer, inner), "!=")
    if isinstance(inner, Apply) and inner.function == "empty":
        return _emptiness(_Call(one.printer, inner), empty=False)
    return negated(one.piece(0))


def _empty(one: _Call) -> Piece:
    return _emptiness(one, empty=True)


def _emptiness(one: _Call, *, empty: bool) -> Piece:
    kind, piece, operator = one.kind(0), one.piece(0), "==" if empty else "!="
    is_empty = infix(Binding.EQUALITY, operator, piece, Piece('""'))
    if kind == "string":
        return is_empty
    if isinstance(one[0], ParameterSymbol) and one[0].type == "string":  # and may be null
        is_null = infix(Binding.EQUALITY, operator, piece, NULL)
        return chained(Binding.OR, "||", (is_null, is_empty)) if empty else chained(Binding.AND, "&&", (is_null, is_empty))
    counted = call("length", piece)
    if kind == "any":
        counted = call("try", counted, Piece("0"))
    return infix(Binding.EQUALITY, operator, counted, Piece("0"))


def _coalesce(one: _Call) -> Piece:
    *others, last = one.pieces
    result = last
    for piece in reversed(others):
        result = conditional(infix(Binding.EQUALITY, "!=", piece, NULL), piece, result)
    return result


def _contains(one: _Call) -> Piece:
    if one.is_list(0):
        return call("contains", one.piece(0), one.piece(1))
    match one.kind(0):
        case "string":
            return call("strcontains", one.piece(0), one.piece(1))
        case "object":
            keys = of_text(f"[for key in keys({one.piece(0).text}) : lower(key)]", one.piece(0))
            return call("contains", keys, _lower(one, 1))
        case _:
            return one.refuse("it cannot be told whether it looks into a list, an object or a text")


def _lower(one: _Call, at: int) -> Piece:
    value = one[at]
    return Piece(quote(value.lower())) if isinstance(value, str) else call("lower", one.piece(at))


def _beginning(name: str) -> Callable[[_Call], Piece]:
    """`startsWith` and `endsWith`, which do not mind case."""
    return lambda one: call(name, _lower(one, 0), _lower(one, 1))


def _split(one: _Call) -> Piece:
    separators = one[1] if isinstance(one[1], tuple) else (one[1],)
    first, *others = separators
    text = one.piece(0)
    for other in others:
        if not all(isinstance(each, str) and len(each) == 1 for each in (first, other)):
            one.refuse("Packer splits at one separator")
        text = call("replace", text, one.printer.piece(other), one.printer.piece(first))
    return call("split", one.printer.piece(first), text)


def _substring(one: _Call) -> Piece:
    start, *rest = one.pieces[1:] or (Piece("0"),)
    return call("substr", one.piece(0), start, rest[0] if rest else Piece("-1"))


def _take(one: _Call) -> Piece:
    count = one[1]
    if one.kind(0) == "string":
        length = Piece(str(max(count, 0))) if isinstance(count, int) else call("max", Piece("0"), one.piece(1))
        return call("substr", one.piece(0), Piece("0"), length)
    return call("slice", _list(one), Piece("0"), _clamped(one))


def _skip(one: _Call) -> Piece:
    count = one[1]
    if one.kind(0) == "string":
        start = Piece(str(max(count, 0))) if isinstance(count, int) else call("max", Piece("0"), one.piece(1))
        return call("substr", one.piece(0), start, Piece("-1"))
    return call("slice", _list(one), _clamped(one), call("length", one.piece(0)))


def _list(one: _Call) -> Piece:
    return one.piece(0) if one.is_list(0) else one.refuse("it cannot be told whether it is given a list or a text")


def _clamped(one: _Call) -> Piece:
    """The second argument, not below 0 and not beyond the list."""
    count = one[1]
    whole = call("length", one.piece(0))
    if isinstance(count, int):
        return call("min", Piece(str(max(count, 0))), whole)
    return call("max", Piece("0"), call("min", one.piece(1), whole))


def _end(*, last: bool) -> Callable[[_Call], Piece]:
    def show(one: _Call) -> Piece:
        piece, value = one.piece(0), bare(one[0])
        if one.kind(0) == "string":
            return call("substr", piece, Piece("-1" if last else "0"), Piece("1"))
        item = index(call("reverse", _list(one)) if last else _list(one), "[0]")
        never_empty = isinstance(value, Apply) and value.function == "split"
        return item if never_empty else call("try", item, NULL)

    return show


def _from_end(*, safe: bool) -> Callable[[_Call], Piece]:
    def show(one: _Call) -> Piece:
        target, number = one.piece(0), one[1]
        if isinstance(number, int):
            item = index(call("reverse", target), f"[{number - 1}]")
        else:
            at = infix(Binding.SUM, "-", call("length", target), one.piece(1))
            item = index(target, f"[{at.text}]", at)
        return call("try", item, NULL) if safe else item

    return show


def _index_of(one: _Call) -> Piece:
    if one.kind(0) != "array":
        one.refuse("Packer finds items of lists only")
    return call("try", call("index", one.piece(0), one.piece(1)), Piece("-1"))


def _pad_left(one: _Call) -> Piece:
    width, fill = one[1], one[2] if len(one) > _PAIR else " "
    if not isinstance(width, int) or fill not in {" ", "0"}:
        one.refuse("Packer pads with blanks and zeros, to a width that is known")
    return call("format", Piece(quote(f"%{'0' if fill == '0' else ''}{width}s")), one.piece(0))


def _format(one: _Call) -> Piece:
    """One item with a width or a format; joined text is printed elsewhere."""
    match = _ITEM.fullmatch(one[0]) if isinstance(one[0], str) else None
    if match is None or len(one) != _PAIR or (match[2] == "0" and match[3].strip("0")):
        one.refuse("Packer formats in another way")
    width, letter, digits = match.groups()
    if letter is None:
        return call("format", Piece(quote(f"%{width or ''}s")), one.printer.text_piece(one[1]))
    if width or one.kind(1) != "int" or letter in "Xx":
        one.refuse("Packer formats in another way")
    picture = f"0{len(digits) + 1 if letter == '0' else int(digits or 1)}d"
    number = one.piece(1)
    negative = infix(Binding.COMPARISON, "<", number, Piece("0"))
    # Go counts the sign as a digit.
    below = call("format", Piece(quote(f"-%{picture}")), of_text(f"-{number.inside(Binding.UNARY)}", number))
    return conditional(negative, below, call("format", Piece(quote(f"%{picture}")), number))


def _string(one: _Call) -> Piece:
    piece = one.printer.text_piece(one[0])
    return piece if one.kind(0) in {"string", "any"} else call("convert", piece, Piece("string"))


def _converted(kind: str) -> Callable[[_Call], Piece]:
    return lambda one: call("convert", one.piece(0), Piece(kind))


def _bool(one: _Call) -> Piece:
    if one.kind(0) == "int":
        return infix(Binding.EQUALITY, "!=", one.piece(0), Piece("0"))
    return call("convert", _lower(one, 0), Piece("bool"))


def _div(one: _Call) -> Piece:
    """HCL divides with fractions; ARM cuts them off towards zero."""
    quotient = infix(Binding.PRODUCT, "/", one.piece(0), one.piece(1))
    negative = infix(Binding.COMPARISON, "<", quotient, Piece("0"))
    return conditional(negative, call("ceil", quotient), call("floor", quotient))


def _extreme(name: str) -> Callable[[_Call], Piece]:
    def show(one: _Call) -> Piece:
        if len(one) == 1 and one.kind(0) in {"array", "any"}:
            return _spread(name, one)
        return call(name, *one.pieces)

    return show


def _spread(name: str, one: _Call) -> Piece:
    """`name(items...)`, or the items themselves where there is a list of them."""
    items = one[0]
    if isinstance(items, tuple):
        return call(name, *map(one.printer.piece, items))
    return of_text(f"{name}({one.piece(0).text}...)", one.piece(0))


def _range(one: _Call) -> Piece:
    start, count = one[0], one[1]
    if start == 0:
        return call("range", one.piece(1))
    limit = Piece(str(start + count)) if isinstance(start, int) and isinstance(count, int) else None
    return call("range", one.piece(0), limit or infix(Binding.SUM, "+", one.piece(0), one.piece(1)))


def _guid(one: _Call) -> Piece:
    parts: list[str | Symbol] = []
    for at in range(len(one)):
        value = one[at]
        parts += ("-",) if at else ()
        parts.append(value if is_symbol(value) else str(value))
    return call("uuidv5", Piece(quote(str(GUID_NAMESPACE))), one.printer.piece(concat(parts)))


def _data_uri(one: _Call) -> Piece:
    return one.printer.piece(concat(("data:text/plain;charset=utf-8;base64,", Apply("base64", (one[0],)))))


def _uri_component(one: _Call) -> Piece:
    return call("replace", call("urlencode", one.piece(0)), Piece('"+"'), Piece('"%20"'))


def _uri(one: _Call) -> Piece:
    return one.printer.piece(join_url(one.apply))


def _folder(one: _Call) -> Piece:
    """What `join_url` leaves to Packer (ARM has no such function): a local beside the variable that it is the folder of."""
    folder = call("regex_replace", one.piece(0), Piece(quote("^([^/]+//[^/]+.*?)(/[^/]*)?$")), Piece(quote("$1/")))
    base = one[0]
    whole = one.printer.references.get(base) if isinstance(base, ParameterSymbol | VariableSymbol) else None
    return folder if whole is None or isinstance(whole, HclCode) else of_value(Local(f"{whole.name}_folder", folder.code))


def _json(one: _Call) -> Piece:
    return call("jsondecode", one.piece(0))


def _base64_to_json(one: _Call) -> Piece:
    return call("jsondecode", call("base64decode", one.piece(0)))


def _union(one: _Call) -> Piece:
    kinds = {one.kind(at) for at in range(len(one))}
    if "array" in kinds:
        pieces = [piece for at, piece in enumerate(one.pieces) if one[at] != ()]
        return call("distinct", pieces[0] if len(pieces) == 1 else call("concat", *pieces))
    deep = [at for at in range(len(one)) if not _is_flat(one[at])]
    if "object" not in kinds or len(deep) > 1:
        one.refuse("it merges deeply, which Packer's `merge` does not")
    return _merged([piece for at, piece in enumerate(one.pieces) if one[at] != {}])


def _is_flat(value: ArmValue) -> bool:
    """Whether nothing in an object can be an object."""
    return isinstance(value, dict) and all(type_of(item) not in {"object", "any"} for item in value.values())


def _intersection(one: _Call) -> Piece:
    if one.kind(0) != "array" or len(one) != _PAIR:
        one.refuse("Packer has it for two lists only")
    first, second = one.pieces
    common = of_text(f"[for item in {first.text} : item if contains({second.text}, item)]", first, second)
    return call("distinct", common)


def _shallow_merge(one: _Call) -> Piece:
    items = one[0]
    if isinstance(items, tuple):
        return _merged([one.printer.piece(item) for item in items if item != {}])
    return _spread("merge", one)


def _merged(pieces: list[Piece]) -> Piece:
    """Objects in one; those that are empty are left out before. One alone is itself."""
    return pieces[0] if len(pieces) == 1 else call("merge", *pieces)


def _flatten(one: _Call) -> Piece:
    return _spread("concat", one)


def _concat(one: _Call) -> Piece:
    if any(one.kind(at) == "array" for at in range(len(one))):
        return call("concat", *one.pieces)
    return one.refuse("it cannot be told whether it joins lists or texts")


def _items(one: _Call) -> Piece:
    return of_text(f"[for key, value in {one.piece(0).text} : {{ key = key, value = value }}]", one.piece(0))


def _splat(one: _Call) -> Piece:
    items = one.piece(0)
    return of_text(f"{items.inside(Binding.PRIMARY)}[*]", items)


def _map(one: _Call) -> Piece:
    function, printer = one.function(1)
    body = printer.piece(function.body)
    return of_text(f"[for {_bound(function, printer)} in {one.piece(0).text} : {body.text}]", one.piece(0), body)


def _filter(one: _Call) -> Piece:
    function, printer = one.function(1)
    test = printer.piece(function.body)
    item = printer.variables[function.parameters[0].lower()]
    text = f"[for {_bound(function, printer)} in {one.piece(0).text} : {item} if {test.text}]"
    return of_text(text, one.piece(0), test)


def _bound(function: Lambda, printer: PrintsValues) -> str:
    """The variables of a `for`: the index, which ARM has last, comes first."""
    names = [printer.variables[name.lower()] for name in function.parameters]
    return ", ".join(reversed(names))


def _map_values(one: _Call) -> Piece:
    function, printer = one.function(1)
    name = printer.variables[function.parameters[0].lower()]
    body = printer.piece(function.body)
    key = "key" if name != "key" else "name"
    return of_text(f"{{ for {key}, {name} in {one.piece(0).text} : {key} => {body.text} }}", one.piece(0), body)


def _grouped(ending: str) -> Callable[[_Call], Piece]:
    """`toObject`, and `groupBy` with its dots."""

    def show(one: _Call) -> Piece:
        function, printer = one.function(1)
        item = printer.variables[function.parameters[0].lower()]
        key = printer.piece(function.body)
        value = Piece(item)
        if len(one) > _PAIR:
            other, inner = one.function(2)
            if [name.lower() for name in other.parameters] != [name.lower() for name in function.parameters]:
                one.refuse("its two lambdas name their variables differently")
            value = inner.piece(other.body)
        return of_text(
            f"{{ for {item} in {one.piece(0).text} : {key.text} => {value.text}{ending} }}", one.piece(0), key, value
        )

    return show


def _now_plus(one: _Call) -> Piece | None:
    """`dateTimeAdd` of the time itself, in RFC 3339."""
    base, duration = one[0], one[1]
    match = _DURATION.fullmatch(duration) if isinstance(duration, str) else None
    if not isinstance(base, Deferred) or base.function != "utcNow" or match is None:
        return None
    sign, days, hours, minutes, seconds = match.groups()
    total = [(24 * int(days or 0) + int(hours or 0), "h"), (int(minutes or 0), "m"), (int(seconds or 0), "s")]
    printed = "".join(f"{number}{unit}" for number, unit in total if number) or "0s"
    return call("timeadd", of_value(one.printer.now), Piece(quote(f"{sign or ''}{printed}")))


def _date_time_add(one: _Call) -> Piece:
    from aib2packer.packer.expressions.dates import date_format

    moment = _now_plus(one)
    if moment is None:
        return one.refuse("Packer adds days, hours, minutes and seconds, to the time of the build")
    base = one[0]
    given = base.arguments[0] if isinstance(base, Deferred) and base.arguments else "yyyyMMddTHHmmssZ"
    picture = one[2] if len(one) > _PAIR else given
    printed = date_format(picture) if isinstance(picture, str) else None
    return one.refuse("Packer has no such format") if printed is None else call("formatdate", Piece(quote(printed)), moment)


def _date_time_to_epoch(one: _Call) -> Piece:
    value = one[0]
    now = isinstance(value, Deferred) and value.function == "utcNow" and value not in one.printer.references
    moment = of_value(one.printer.now) if now else one.piece(0)
    return index(call("rfc3339_parse", moment, version=_WITH_DATES), ".unix")


def _date_time_from_epoch(one: _Call) -> Piece:
    return index(call("unix_timestamp_parse", one.piece(0), version=_WITH_DATES), ".rfc3339")


def _cidr_subnet(one: _Call) -> Piece:
    length = call("parseint", index(call("split", Piece('"/"'), one.piece(0)), "[1]"), Piece("10"))
    return call("cidrsubnet", one.piece(0), infix(Binding.SUM, "-", one.piece(1), length), one.piece(2))


def _cidr_host(one: _Call) -> Piece:
    """ARM counts hosts from 0; address 0 is the network itself."""
    number = one[1]
    if is_known(one[0]) and ":" in str(one[0]):
        return call("cidrhost", one.piece(0), one.piece(1))
    at = Piece(str(number + 1)) if isinstance(number, int) else infix(Binding.SUM, "+", one.piece(1), Piece("1"))
    return call("cidrhost", one.piece(0), at)


_FUNCTIONS: Mapping[str, Callable[[_Call], Piece]] = MappingProxyType(
    {
        "add": _operator(Binding.SUM, "+"),
        "and": lambda one: chained(Binding.AND, "&&", one.pieces),
        "base64": _plain("base64encode"),
        "base64ToJson": _base64_to_json,
        "base64ToString": _plain("base64decode"),
        "bool": _bool,
        "cidrHost": _cidr_host,
        "cidrSubnet": _cidr_subnet,
        "coalesce": _coalesce,
        "concat": _concat,
        "contains": _contains,
        "dataUri": _data_uri,
        "dateTimeAdd": _date_time_add,
        "dateTimeFromEpoch": _date_time_from_epoch,
        "dateTimeToEpoch": _date_time_to_epoch,
        "div": _div,
        "empty": _empty,
        "endsWith": _beginning("endswith"),
        "equals": _equals,
        "filter": _filter,
        "first": _end(last=False),
        "folder": _folder,
        "flatten": _flatten,
        "float": _converted("number"),
        "format": _format,
        "greater": _comparison(">"),
        "greaterOrEquals": _comparison(">="),
        "groupBy": _grouped("..."),
        "guid": _guid,
        "indexFromEnd": _from_end(safe=False),
        "indexOf": _index_of,
        "int": _converted("number"),
        "intersection": _intersection,
        "items": _items,
        "$add": _operator(Binding.SUM, "+"),
        "$coalescelist": _plain("coalescelist"),
        "$divide": _operator(Binding.PRODUCT, "/"),
        "$element": _plain("element"),
        "$entries": _items,
        "$flatten": _plain("flatten"),
        "$lookup": _plain("lookup"),
        "$modulo": _operator(Binding.PRODUCT, "%"),
        "$multiply": _operator(Binding.PRODUCT, "*"),
        "$reverse": _plain("reverse"),
        "$slice": _plain("slice"),
        "$splat": _splat,
        "$subtract": _operator(Binding.SUM, "-"),
        "$tonumber": _converted("number"),
        "$tostring": _converted("string"),
        "$zipmap": _plain("zipmap"),
        "join": _swapped("join"),
        "json": _json,
        "last": _end(last=True),
        "length": _plain("length"),
        "less": _comparison("<"),
        "lessOrEquals": _comparison("<="),
        "map": _map,
        "mapValues": _map_values,
        "max": _extreme("max"),
        "min": _extreme("min"),
        "mod": _operator(Binding.PRODUCT, "%"),
        "mul": _operator(Binding.PRODUCT, "*"),
        "not": _not,
        "objectKeys": _plain("keys"),
        "or": lambda one: chained(Binding.OR, "||", one.pieces),
        "padLeft": _pad_left,
        "range": _range,
        "replace": _plain("replace"),
        "shallowMerge": _shallow_merge,
        "skip": _skip,
        "split": _split,
        "startsWith": _beginning("startswith"),
        "string": _string,
        "sub": _operator(Binding.SUM, "-"),
        "substring": _substring,
        "take": _take,
        "toLower": _plain("lower"),
        "toObject": _grouped(""),
        "toUpper": _plain("upper"),
        "trim": _plain("trimspace"),
        "tryIndexFromEnd": _from_end(safe=True),
        "union": _union,
        "uri": _uri,
        "uriComponent": _uri_component,
    }
)
