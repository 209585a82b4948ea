"""Expressions of Terraform as JSON with ARM expressions in it, each at its place."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from aib2packer.jsonc.tree import Json, JsonArray, JsonMember, JsonObject, JsonScalar
from aib2packer.lazy.models import dataclass, field, replace
from aib2packer.lazy.patterns import pattern
from aib2packer.terraform.embedded import read_embedded
from aib2packer.terraform.forms import as_arm_text, with_values
from aib2packer.terraform.functions import OPERATORS, call, date_format
from aib2packer.terraform.reading import NotReadError
from aib2packer.terraform.syntax import (
    NotTranslatedError,
    TfAccess,
    TfCall,
    TfChoice,
    TfExpression,
    TfFor,
    TfList,
    TfName,
    TfObject,
    TfOperation,
    TfSplat,
    TfText,
    TfUnread,
    TfValue,
    path_of,
)
from aib2packer.text.checksum import sha256_of
from aib2packer.text.source import FileError, SourceText, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_NONE: Mapping[str, str] = {}
_KNOWN_PATHS = (
    "Write its path, or its text. In a loop over file names, file(), filebase64() and filesha256() are read, "
    "of files in a folder that is converted or in one below it."
)
_WORD = pattern(r"[A-Za-z_]\w*")
_LISTS = {
    "concat",
    "compact",
    "distinct",
    "fileset",
    "flatten",
    "keys",
    "range",
    "split",
    "tolist",
    "toset",
    "values",
    "setunion",
}
_MAPS = {"merge", "tomap", "zipmap"}
_BOOLS = {"contains", "startswith", "endswith", "strcontains", "alltrue", "anytrue", "tobool", "can", "fileexists"}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an expression can name.

    `lookup` gives the ARM expression of a reference by its words, and where it stands; `kind` says of a reference whether it is
    a "list", a "map", a "bool" or None for others. `definition` gives what stands behind a `local`. `read` reads a file of the
    configuration, and `template` says what text one makes that is filled in; `loops` are the variables of `for`, and of `each`
    and `count`, as expressions. `hand_in` makes a parameter of an expression: within an ARM template that is written here,
    whose own expressions are text to Terraform; None elsewhere.
    """

    lookup: Callable[[tuple[str, ...], TfExpression, Surroundings], str]
    kind: Callable[[tuple[str, ...]], str | None]
    definition: Callable[[tuple[str, ...]], TfExpression | None]
    read: Callable[[str], SourceText]
    template: Callable[[SourceText], TfExpression]
    moment: Callable[[str], str]
    files: Callable[[str, str, Span], tuple[str, ...]] = lambda *_: ()
    """The files of a folder whose paths fit a pattern."""
    texts: Callable[[str, Span], str | None] = lambda *_: None
    """What holds the texts of all files of a folder, by their names; None where there are none, or too many."""
    loops: Mapping[str, str] = field(default_factory=dict)
    hand_in: Callable[[str], str] | None = None
    in_file: bool = False
    """Whether it stands in a file that `templatefile` fills in, which can have no other in it."""

    def handed_in(self, expression: str) -> str:
        """An expression as the template that it stands in can name it."""
        return expression if self.hand_in is None else self.hand_in(expression)

    def within(self, **loops: str) -> Surroundings:
        """The surroundings inside a loop."""
        return replace(self, loops={**self.loops, **loops})


def json_of(expression: TfExpression, around: Surroundings) -> Json:
    """An expression as JSON: what is written out stays so, the rest becomes ARM expressions.

    Raises:
        NotTranslatedError: A part of it has no equivalent.

    """
    match expression:
        case TfValue(value, span):
            return JsonScalar(as_arm_text(value) if isinstance(value, str) and around.hand_in is None else value, span)
        case TfText(parts, span) if around.hand_in is not None:
            values = [around.handed_in(as_text(part, around)) for part in parts if not isinstance(part, str)]
            return JsonScalar(with_values([part if isinstance(part, str) else None for part in parts], values), span)
        case TfList(items, span):
            return JsonArray(tuple(json_of(item, around) for item in items), span)
        case TfObject(items, span):
            return JsonObject(tuple(_member(key, value, around) for key, value in items), span)
        case TfCall("jsondecode", (inner,)) if (text := _json_source(inner, around)) is not None:
            return text
        case _:
            if (content := _content(expression, around)) is not None:
                return JsonScalar(as_arm_text(content), expression.span)
            return JsonScalar(f"[{around.handed_in(arm_of(expression, around))}]", expression.span)


def document_of(expression: TfExpression, around: Surroundings, *, is_arm: bool = False) -> Json:
    """An expression whose value is JSON, or text of JSON: `jsonencode(…)`, a text, a file. `is_arm`: of an ARM template.

    Raises:
        NotTranslatedError: It is none.

    """
    match expression:
        case TfCall("jsonencode", (inner,)):
            return document_of(inner, around, is_arm=is_arm)
        case _ if (text := _json_source(expression, around, is_arm=is_arm)) is not None:
            return text
        case TfAccess() if (path := path_of(expression)) is not None and (behind := around.definition(path)) is not None:
            return document_of(behind, around, is_arm=is_arm)
        case _:
            return json_of(expression, around)


def _member(key: TfExpression, value: TfExpression, around: Surroundings) -> JsonMember:
    name = (
        key.value if isinstance(key, TfValue) and isinstance(key.value, str) else f"[{around.handed_in(arm_of(key, around))}]"
    )
    return JsonMember(name, key.span, json_of(value, around))


def arm_of(expression: TfExpression, around: Surroundings) -> str:  # noqa: C901, PLR0912 - a case each kind of expression
    """An expression in the language of ARM templates, without its brackets.

    Raises:
        NotTranslatedError: It has no equivalent.

    """
    match expression:
        case TfValue(value):
            return constant(value)
        case TfText(parts):
            return _text(parts, around)
        case TfList(items):
            return f"createArray({', '.join(arm_of(item, around) for item in items)})"
        case TfObject(items):
            pairs = (arm_of(part, around) for item in items for part in item)
            return f"createObject({', '.join(pairs)})"
        case TfName(name) if name in around.loops:
            return around.loops[name]
        case TfName() | TfAccess():
            return _reference(expression, around)
        case TfCall() if (single := _one_of_several(expression)) is not None and (words := _of_another(single.target, around)):
            return around.lookup((*words, *_keys(single)), expression, around)
        case TfSplat(TfCall("values", (target,)) | target) if (words := _of_another(target, around)) is not None:
            return around.lookup((*words, *_keys(expression)), expression, around)
        case TfSplat(target, path):
            inner = "lambdaVariables('item')" + "".join(_step(key, around) for key in path)
            every = arm_of(target, around)
            return f"map({every if kind_of(target, around) == 'list' else f'$splat({every})'}, lambda('item', {inner}))"
        case TfCall():
            return _call(expression, around)
        case TfOperation("-", (operand,)):
            return f"$subtract(0, {arm_of(operand, around)})"
        case TfOperation(operator, operands) if operator in OPERATORS:
            return OPERATORS[operator].format(*(arm_of(operand, around) for operand in operands))
        case TfChoice(condition, then, otherwise):
            return f"if({', '.join(arm_of(part, around) for part in (condition, then, otherwise))})"
        case TfFor():
            return _loop(expression, around)
        case TfUnread(what):
            raise NotTranslatedError(expression.span, f"{what} cannot be read here", "Write its value in its place.")
        case _:
            raise NotTranslatedError(expression.span, "this cannot be written as an expression of a build")


def constant(value: str | float | None) -> str:
    """A value that is known, as ARM writes it in an expression."""
    match value:
        case None:
            return "null()"
        case bool():
            return "true()" if value else "false()"
        case int():
            return str(value)
        case float():
            return str(int(value)) if value.is_integer() else f"float('{value}')"
        case str():
            return "'" + value.replace("'", "''") + "'"


def _text(parts: tuple[str | TfExpression, ...], around: Surroundings) -> str:
    """Text with values in it; a boolean is written in lower case, as Terraform does."""
    values = [as_text(part, around) for part in parts if not isinstance(part, str)]
    numbers = count()
    form = "".join(_braced(part) if isinstance(part, str) else f"{{{next(numbers)}}}" for part in parts)
    return f"format({', '.join((constant(form), *values))})"


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def as_text(expression: TfExpression, around: Surroundings) -> str:
    """An expression in a text."""
    return f"$tostring({arm_of(expression, around)})"


def _reference(expression: TfName | TfAccess, around: Surroundings) -> str:
    path = path_of(expression)
    if isinstance(expression, TfAccess):
        if path is not None and _is_head(expression) and (loop := around.loops.get(".".join(path))) is not None:
            return loop
        if path is None or _leads_on(expression, around):
            return arm_of(expression.target, around) + _step(expression.key, around)
        return around.lookup(path, expression, around)
    raise NotTranslatedError(expression.span, f"`{expression.span.text}` is not known here")


def _root(expression: TfExpression) -> str:
    while isinstance(expression, TfAccess):
        expression = expression.target
    return expression.name if isinstance(expression, TfName) else ""


def _leads_on(expression: TfAccess, around: Surroundings) -> bool:
    """Whether a reference leads into a value that its beginning has: a variable, a local, or what a loop runs over."""
    root = _root(expression)
    if root in around.loops:
        return True
    return not _is_head(expression) and (root in {"var", "local"} or any(name.startswith(f"{root}.") for name in around.loops))


def _one_of_several(expression: TfCall) -> TfSplat | None:
    """What `one(x[*].id)` and `element(x[*].id, 0)` take one of: there is one, or none is meant to be there."""
    match expression:
        case TfCall("one", (TfSplat() as several,)) | TfCall("element", (TfSplat() as several, TfValue(int()))):
            return several
        case _:
            return None


def _keys(several: TfSplat) -> tuple[str, ...]:
    return tuple(str(key.value) for key in several.path if isinstance(key, TfValue))


def _of_another(target: TfExpression, around: Surroundings) -> tuple[str, ...] | None:
    """The words of a reference to another resource, of which there may be several."""
    path = path_of(target)
    ours = path is None or path[0] in {"var", "local", *around.loops} or ".".join(path) in around.loops
    return None if ours else path


def _is_head(expression: TfAccess) -> bool:
    """Whether this is `var.x` itself, and not what is in it."""
    return isinstance(expression.target, TfName)


def _step(key: TfExpression, around: Surroundings) -> str:
    match key:
        case TfValue(str() as name) if _WORD.fullmatch(name):
            return f".{name}"
        case _:
            return f"[{arm_of(key, around)}]"


def _call(expression: TfCall, around: Surroundings) -> str:
    name, arguments, span = expression.name, expression.arguments, expression.span
    if (made := _of_a_file(expression, around)) is not None:
        return made
    match name, arguments:
        case "replace", (text, TfValue(str() as old), new):
            by_pattern = old.startswith("/") and old.endswith("/") and len(old) > len("/")
            sought = constant(old[1:-1] if by_pattern else old)
            called = "$regex_replace" if by_pattern else "replace"
            return f"{called}({arm_of(text, around)}, {sought}, {arm_of(new, around)})"
        case "sensitive", (TfValue(str()),):
            raise NotTranslatedError(
                span, "a secret that is written out would stand in the build", "Make it a variable with `sensitive = true`."
            )
        case "timestamp", ():
            return around.moment("yyyy-MM-ddTHH:mm:ssZ")
        case "formatdate", (TfValue(str() as form), TfCall("timestamp", ())):
            return around.moment(date_format(form))
        case _, (*first, TfCall("...", (spread,))) if name in {"concat", "merge"} and not first:
            inner = arm_of(spread, around)
            return f"flatten({inner})" if name == "concat" else f"shallowMerge({inner})"
        case _:
            made = call(name, tuple(arm_of(argument, around) for argument in arguments))
    if made is None:
        raise NotTranslatedError(
            span, f"the function {name} is not carried over", "Write its result in its place, or a variable."
        )
    return made


def _loop(loop: TfFor, around: Surroundings) -> str:
    """A `for` over a list or a map, as `map`, `filter` and `toObject`."""
    kind = kind_of(loop.collection, around) or ("any" if loop.key is not None else "list")
    collection = arm_of(loop.collection, around)
    if kind != "list" or (loop.key is not None and (loop.condition is not None or loop.result_key is not None)):
        collection = f"{'items' if kind == 'map' else '$entries'}({collection})"
        names = {loop.value: f"lambdaVariables('{loop.value}').value"}
        if loop.key is not None:
            names[loop.key] = f"lambdaVariables('{loop.value}').key"
        head = f"'{loop.value}'"
    else:
        names = {loop.value: f"lambdaVariables('{loop.value}')"}
        head = f"'{loop.value}'"
        if loop.key is not None:
            names[loop.key] = f"lambdaVariables('{loop.key}')"
            head += f", '{loop.key}'"
    inside = around.within(**names)
    if loop.condition is not None:
        collection = f"filter({collection}, lambda({head}, {arm_of(loop.condition, inside)}))"
    if loop.result_key is not None:
        key, value = arm_of(loop.result_key, inside), arm_of(loop.result, inside)
        if loop.grouped:
            each = "grouped" if loop.value == "group" else "group"
            groups = f"groupBy({collection}, lambda('{loop.value}', {key}))"
            return f"mapValues({groups}, lambda('{each}', map(lambdaVariables('{each}'), lambda('{loop.value}', {value}))))"
        return f"toObject({collection}, lambda('{loop.value}', {key}), lambda('{loop.value}', {value}))"
    return f"map({collection}, lambda({head}, {arm_of(loop.result, inside)}))"


def kind_of(expression: TfExpression, around: Surroundings) -> str | None:
    """Whether an expression is a "list", a "map" or a "bool", as far as its form tells."""
    match expression:
        case TfList() | TfFor(result_key=None) | TfSplat():
            return "list"
        case TfObject() | TfFor():
            return "map"
        case TfValue(bool()):
            return "bool"
        case TfOperation(operator):
            return "bool" if operator in {"==", "!=", "<", ">", "<=", ">=", "&&", "||", "!"} else None
        case TfChoice(_, then, otherwise):
            return kind_of(then, around) or kind_of(otherwise, around)
        case TfCall(name):
            return next((kind for kind, names in (("list", _LISTS), ("map", _MAPS), ("bool", _BOOLS)) if name in names), None)
        case TfAccess():
            path = path_of(expression)
            if path is None:
                return None
            behind = around.definition(path)
            return around.kind(path) if behind is None else kind_of(behind, around)
        case _:
            return None


def _path(expression: TfExpression, around: Surroundings) -> str:
    """The path of a file, from the folder of the configuration on."""
    match expression:
        case TfValue(str() as path):
            return path
        case TfText(parts):
            pieces = [part if isinstance(part, str) else _path(part, around) for part in parts]
            return "".join(pieces).lstrip("/") if not isinstance(parts[0], str) else "".join(pieces)
        case TfAccess() if (words := path_of(expression)) is not None:
            if words[0] == "path":
                return ""
            if (behind := around.definition(words)) is not None:
                return _path(behind, around)
    raise NotTranslatedError(expression.span, "which file or folder this is, is not known", _KNOWN_PATHS)


def _content(expression: TfExpression, around: Surroundings) -> str | None:
    """What is in the file that `file(…)` names; a checksum of it for `filesha256`, and its bytes for `filebase64`."""
    import base64

    match expression:
        case TfCall("file" | "filesha256" | "filebase64" as name, (path,)) if _in_folder(path, around) is None:
            source = _source(path, around)
            if name == "file":
                return source.text
            data = source.text.encode()
            return sha256_of(data) if name == "filesha256" else base64.b64encode(data).decode()
        case TfCall("sha256", (TfCall("file", (path,)),)) if _in_folder(path, around) is None:
            return sha256_of(_source(path, around).text.encode())
        case _:
            return None


def _in_folder(path: TfExpression, around: Surroundings) -> str | None:
    """What a file holds of which only the folder is known: a loop goes over its names. None where all is known, or nothing."""
    parts = path.parts if isinstance(path, TfText) else ()
    known = ""
    for at, part in enumerate(parts):
        try:
            known += part if isinstance(part, str) else _path(part, around)
        except NotTranslatedError:
            folder, slash, beginning = known.lstrip("/").rpartition("/")
            texts = around.texts(folder, path.span) if slash or not known.strip("/") else None
            name = TfText((*([beginning] if beginning else []), *parts[at:]), path.span)
            return None if texts is None else f"{texts}[{arm_of(name, around)}]"
    return None


def _source(path: TfExpression, around: Surroundings) -> SourceText:
    name = _path(path, around)
    try:
        return around.read(name)
    except FileError as error:
        what = f"the file {name} cannot be read ({error.reason})"
        raise NotTranslatedError(path.span, what, "Convert where it lies beside the configuration.") from error


def _of_a_file(call: TfCall, around: Surroundings) -> str | None:
    """What a function makes of a file; None for other functions."""
    if (content := _content(call, around)) is not None:
        return constant(content)
    match call.name, call.arguments:
        case "file" | "filebase64" | "filesha256" as name, (path,) if (text := _in_folder(path, around)) is not None:
            return {"file": text, "filebase64": f"base64({text})", "filesha256": f"$sha256({text})"}[name]
        case "fileset", (folder, wanted):
            found = around.files(_path(folder, around), _path(wanted, around), call.span)
            return f"createArray({', '.join(map(constant, found))})"
        case "fileexists", (path,):
            return constant(_is_file(_path(path, around), around))
        case "templatefile", (path, values):
            return _rendered(path, values, around)
        case _:
            return None


def _filled_in(values: TfExpression, around: Surroundings) -> dict[str, TfExpression]:
    """What `templatefile` fills in, by the names that the file has for it."""
    if around.in_file:
        raise NotTranslatedError(values.span, "templatefile stands in a file that templatefile fills in", "Write it out there.")
    if isinstance(values, TfAccess) and (path := path_of(values)) is not None:
        values = around.definition(path) or values
    if not isinstance(values, TfObject):
        raise NotTranslatedError(values.span, "what is filled into the file is not known", "Write the map in its place.")
    return {str(key.value): value for key, value in values.items if isinstance(key, TfValue)}


def _inside_file(values: Mapping[str, TfExpression], around: Surroundings) -> Surroundings:
    """The surroundings in a file that `templatefile` fills in."""
    return replace(around.within(**{name: arm_of(value, around) for name, value in values.items()}), in_file=True)


def _rendered(path: TfExpression, values: TfExpression, around: Surroundings) -> str:
    """The text that `templatefile` makes of a file."""
    inside = _inside_file(_filled_in(values, around), around)
    try:
        text = around.template(_source(path, around))
    except NotReadError as error:
        raise NotTranslatedError(error.span, f"{error} cannot be read here", "Write its value in its place.") from None
    return arm_of(text, inside)


def _is_file(name: str, around: Surroundings) -> bool:
    try:
        around.read(name)
    except FileError:
        return False
    return True


def _json_source(expression: TfExpression, around: Surroundings, *, is_arm: bool = False) -> Json | None:
    """JSON that stands as text: in a heredoc, in quotes, or in a file. None for other expressions."""
    match expression:
        case TfCall("file", (path,)):
            source = _source(path, around)
            return _parsed(Span(source, 0, len(source.text)), around, is_arm=is_arm)
        case TfCall("templatefile", (path, values)):
            source = _source(path, around)
            names = _filled_in(values, around)
            inside = _inside_file(names, around)
            # JSON as text becomes what it says, where it stands without quotes.
            encoded = {
                name: arm_of(value.arguments[0], around)
                for name, value in names.items()
                if isinstance(value, TfCall) and value.name == "jsonencode" and value.arguments
            }
            return _parsed(Span(source, 0, len(source.text)), inside, is_arm=is_arm, encoded=encoded)
        case TfText(span=span) | TfValue(str(), span=span) if span.text.startswith("<<"):
            head = span.text.index("\n") + 1
            tail = span.text.rstrip().rfind("\n") + 1
            return _parsed(Span(span.source, span.start + head, span.start + tail), around, is_arm=is_arm)
        case TfValue(str() as text, span) if text.lstrip().startswith("{"):
            return _parsed(Span(SourceText(span.source.name, text), 0, len(text)), around, is_arm=is_arm)
        case _:
            return None


def _parsed(text: Span, around: Surroundings, *, is_arm: bool, encoded: Mapping[str, str] = _NONE) -> Json:
    """The JSON in a piece of a text, `${…}` in it filled in; `encoded` is what names stand for where there are no quotes."""
    bare = around.within(**encoded)
    return read_embedded(text, lambda part, quoted: around.handed_in(arm_of(part, around if quoted else bare)), is_arm=is_arm)
