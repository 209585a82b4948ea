"""HCL text made from values, in the layout that `packer fmt` leaves alone (docs/reference/packer-semantics.md 1 and 2).

Nothing here ends with a newline, and `indent` is always the column at which the first line stands.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import count
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeAlias

from aib2packer.hcl.values import (
    Attribute,
    Blank,
    Block,
    Comment,
    GoTemplate,
    HclCode,
    Interpolation,
    Local,
    SlashPart,
    Variable,
)
from aib2packer.lazy.patterns import pattern
from aib2packer.text.commands import break_up
from aib2packer.text.wrapping import wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from aib2packer.hcl.values import Body, Value

    _Reference: TypeAlias = Variable | Local | HclCode
    _Item: TypeAlias = Attribute | Block | Comment | Blank
    _Anything: TypeAlias = "Value | _Item | tuple[Value | _Item, ...]"

_WIDTH = 128
_STEP = 2
_MARGIN = " " * _STEP
_EQUALS = len(" = ")
_ONE_A_LINE = {"inline"}  # several commands read better below each other

_IDENTIFIER = pattern(r"[A-Za-z_][A-Za-z0-9_-]*")
# Words that mean something else than their name at the start of an object.
_KEYWORDS = frozenset({"for", "null", "true", "false"})

_NOT_AS_IT_IS = pattern(r"[^ !#&-\[\]-~]")  # a single set, which `re` finds several times faster than a choice
_NOT_IN_COMMENTS = pattern(r"[^ -~]")
_ESCAPES = {"\n": r"\n", "\r": r"\r", "\t": r"\t", '"': r"\"", "\\": r"\\"}
_SURROGATE = pattern("[\ud800-\udfff]")

_AT_MARGIN = pattern(r"^[^\s]", re.MULTILINE)
# Beside the categories M*: what can share a grapheme cluster with its neighbour (Unicode 15, GraphemeBreakProperty.txt).
_JOINING = pattern(
    "[\u0d4e\u0e33\u0eb3\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff\uff9e\uff9f\U000111c2\U000111c3\U0001193f\U00011941"
    "\U00011a3a\U00011a84-\U00011a89\U00011d46\U00011f02\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff]"
)


def print_body(body: Body, indent: int = 0) -> str:
    """The lines of a block or a file, their equals signs aligned as docs/reference/packer-semantics.md 2.4 says."""
    return "\n".join([text for _, text in print_items(body, indent)])


def print_items(body: Body, indent: int = 0) -> list[tuple[_Item, str]]:
    """The items of a body, each with its lines."""
    items: list[tuple[_Item, str]] = []
    group: list[Attribute] = []  # attributes that follow one another
    for item in body:
        if isinstance(item, Attribute):
            group.append(item)
            continue
        if group:
            items += _print_group(group, indent)
            group = []
        items.append((item, _print_item(item, indent)))
    if group:
        items += _print_group(group, indent)
    return items


def _print_group(group: Sequence[Attribute], indent: int) -> Iterator[tuple[Attribute, str]]:
    return zip(group, _print_settings([(item.name, item.value) for item in group], indent), strict=True)


def print_settings(settings: Mapping[str, Value], indent: int = 0) -> str:
    """The lines of attributes, as those of a body that has nothing else."""
    return "\n".join(_print_settings(settings.items(), indent))


def _print_settings(settings: Iterable[tuple[str, Value]], indent: int) -> list[str]:
    pairs = [
        (name, _print_value(value, indent, _WIDTH if name in _ONE_A_LINE else indent + len(name) + _EQUALS))
        for name, value in settings
    ]
    return _assignments(pairs, indent)


def print_variable(variable: Variable) -> str:
    """The `variable` block of an input variable."""
    pairs = [("type", variable.type)]
    if variable.description:
        pairs.append(("description", quote(variable.description)))
    if variable.default is not None:
        pairs.append(("default", _print_value(variable.default, _STEP, _STEP + len("default") + _EQUALS)))
    if variable.sensitive:
        pairs.append(("sensitive", "true"))
    lines = [f"variable {quote(variable.name)} {{", *_assignments(pairs, _STEP)]
    for rule in variable.validation:
        condition, message = _indented(rule.condition, 2 * _STEP), quote(rule.error_message)
        said = _assignments([("condition", condition), ("error_message", message)], 2 * _STEP)
        lines += ("", f"{_MARGIN}validation {{", *said, f"{_MARGIN}}}")
    return "\n".join((*lines, "}"))


def print_locals(values: Sequence[Local]) -> str:
    """The `locals` block: each comment above its value, after an empty line. Nothing for no values.

    A local made with a secret has a block of its own, which alone can say that it is one.
    """
    secrets = _secrets(values)
    lines: list[str] = []
    group: list[tuple[str, Value]] = []  # values that follow one another
    for local in values:
        if local.name in secrets:
            continue
        if local.comment:
            lines += _print_settings(group, _STEP)
            lines += ("", print_comment(local.comment, _STEP)) if lines else (print_comment(local.comment, _STEP),)
            group = []
        group.append((local.name, local.value))
    lines += _print_settings(group, _STEP)
    secret = (
        Block("local", (Attribute("sensitive", value=True), Attribute("expression", local.value)), (local.name,))
        for local in values
        if local.name in secrets
    )
    blocks = ["\n".join(("locals {", *lines, "}"))] if lines else []
    return "\n\n".join([*blocks, *(_print_item(block, 0) for block in secret)])


def _secrets(values: Sequence[Local]) -> set[str]:
    """The names of the locals that are made with a secret, be it within another one."""
    if not any(isinstance(one, Variable) and one.sensitive for local in values for one in _named(local.value)):
        return set()
    secrets: set[str] = set()
    for one in named_within(values):  # what a local names stands before it
        if isinstance(one, Local) and any(_is_secret(part, secrets) for part in _named(one.value)):
            secrets.add(one.name)
    return secrets


def _is_secret(one: Variable | Local, secret_locals: set[str]) -> bool:
    return one.sensitive if isinstance(one, Variable) else one.name in secret_locals


def print_value(value: Value, indent: int = 0) -> str:
    """An expression, as it stands after `name = ` on a line that starts at column `indent`."""
    return _print_value(value, indent, indent)


def print_string(text: Interpolation, indent: int = 0) -> str:
    """A string: a bare reference, a heredoc where one is asked for and exact, else quoted.

    Every string that is not quoted by `quote` passes here. Source: docs/reference/packer-semantics.md 2.1 to 2.3.
    """
    parts = joined(text.parts)
    if len(parts) == 1 and not isinstance(parts[0], str):
        return _reference(parts[0], indent)
    if text.multiline and (skeleton := _heredoc_skeleton(parts)):
        return _heredoc(parts, skeleton, indent)
    if text.multiline and (unix := _with_unix_line_ends(parts)) and _heredoc_skeleton([unix]):
        return f'replace({_heredoc([unix], unix, indent)}\n{" " * indent}, "\\n", "\\r\\n")'
    return f'"{"".join(_template(parts, in_quotes=True))}"'


def quote(text: str) -> str:
    """A quoted string that means exactly `text`, if `is_exact(text)` (docs/reference/packer-semantics.md 2.1)."""
    return f'"{_escape(text)}"'


def visible(text: str) -> str:
    """A text as it can stand in a line of a comment: with escapes for what ends the line, or cannot be seen."""
    return break_up(_NOT_IN_COMMENTS.sub(_escape_character, text), _code_point)


def is_exact(text: str) -> bool:
    """Whether HCL carries a string unchanged: it brings all to NFC, and has no lone surrogates (2.1)."""
    return text.isascii() or (unicodedata.is_normalized("NFC", text) and not _SURROGATE.search(text))


def is_identifier(name: str) -> bool:
    """Whether a name can stand bare in HCL. HCL also allows letters beyond ASCII; here they are quoted."""
    return _IDENTIFIER.fullmatch(name) is not None


def escape_templates(value: Value) -> Value:
    """The value as a field must be given it that Packer renders once as a Go template (docs/reference/packer-semantics.md 1.4).

    GoTemplate, Code and what references stand for are left alone. So is the value beside a key that needs an escape: Packer
    does not render it then (1.3).
    """
    match value:
        case str():
            return _escape_braces(value)
        case Variable():
            return escaped_at_run(value) if _holds_braces(value) else value
        case Local() | HclCode() | bool() | int() | float() | GoTemplate():
            return value
        case tuple():
            escaped = tuple([escape_templates(item) for item in value])
            return value if escaped == value else escaped
        case Interpolation():
            if not any((isinstance(part, str) and "{" in part) or _holds_braces(part) for part in value.parts):
                return value
            parts = (_escape_braces(part) if isinstance(part, str) else _escaped_part(part) for part in joined(value.parts))
            return Interpolation(tuple(parts), value.multiline)
        case _:
            pairs = {_escape_braces(key): item if "{{" in key else escape_templates(item) for key, item in value.items()}
            return value if pairs == value else pairs


def _escaped_part(part: Variable | Local | HclCode) -> Variable | Local | HclCode:
    return escaped_at_run(part) if _holds_braces(part) else part


def _holds_braces(value: object) -> bool:
    """Whether a variable has `{{` in its value, as it is now."""
    return isinstance(value, Variable) and isinstance(value.default, str) and "{{" in value.default


def escaped_at_run(value: Value) -> HclCode:
    """A text that Packer's run makes, as a field must be given it that Packer renders once as a Go template."""
    return HclCode(f'replace({print_value(value)}, "{{{{", "{{{{`{{{{`}}}}")', references(value))


def references(*values: _Anything) -> tuple[Variable | Local, ...]:
    """Every variable and local that values or bodies name, in order of first appearance.

    What a local or a variable itself names stands before it.
    """
    found: dict[tuple[type, str], Variable | Local] = {}
    for one in named_within(values):
        found.setdefault((one.__class__, one.name), one)
    return tuple(found.values())


def mentions(values: Collection[_Anything], variable: Variable) -> bool:
    """Whether one of several values names a variable, be it within what else it names."""
    return any(one == variable for one in named_within(values) if one.name == variable.name)


def named_within(values: Collection[_Anything | None]) -> list[Variable | Local]:
    """The variables and locals that values name, each behind what it names itself.

    A local is there once; so is a variable, but for one that is declared in several ways.
    """
    found: list[Variable | Local] = []
    _add_within(values, found, set())
    return found


def _add_within(values: Collection[_Anything | None], found: list[Variable | Local], seen: set[int | str]) -> None:
    if _NAMELESS.issuperset(map(type, values)):
        return
    for item in values:
        value = item.value if item.__class__ is Attribute else item
        if value.__class__ in _NAMELESS:
            continue
        if value.__class__ in _PARTS:
            _add_within(_PARTS[value.__class__](value), found, seen)
        elif isinstance(value, Variable):
            if id(value) not in seen:
                seen.add(id(value))
                _add_within((value.default,), found, seen)
                found.append(value)
        elif isinstance(value, Local) and value.name not in seen:
            seen.add(value.name)  # which ends a cycle
            _add_within((value.value,), found, seen)
            found.append(value)


def names_in(value: _Anything) -> tuple[Variable | Local, ...]:
    """The variables and locals that a value or a body names itself, not those that these name."""
    return tuple(dict.fromkeys(_named(value)))


def _named(value: _Anything | None) -> list[Variable | Local]:
    """What `names_in` gives, with what is named several times standing there as often."""
    found: list[Variable | Local] = []
    _add_named((value,), found)
    return found


def _add_named(values: Iterable[_Anything | None], found: list[Variable | Local]) -> None:
    for item in values:
        value = item.value if item.__class__ is Attribute else item
        if value.__class__ in _PARTS:
            _add_named(_PARTS[value.__class__](value), found)
        elif isinstance(value, Variable | Local):
            found.append(value)


_NAMELESS = frozenset({str, bool, int, float, type(None), GoTemplate, Comment, Blank})  # as the most are
# What of a value has names in it.
_PARTS: Mapping[type, Callable[[Any], Collection[Value | _Item]]] = {
    tuple: tuple,
    dict: dict.values,
    Interpolation: attrgetter("parts"),
    HclCode: attrgetter("uses"),
    SlashPart: attrgetter("uses"),
    Block: attrgetter("body"),
}


def _assignments(pairs: Sequence[tuple[str, str]], indent: int) -> list[str]:
    """Lines `name = value`. One that leaves a bracket open is in no alignment group; a heredoc is one line of its group."""
    margin = " " * indent
    alone = [at for at, (_, value) in enumerate(pairs) if "\n" in value and not value.startswith("<<")]
    lines: list[str] = []
    begin = 0
    for at in alone:
        lines += _aligned(pairs[begin:at], margin)
        lines += _aligned(pairs[at : at + 1], margin)
        begin = at + 1
    lines += _aligned(pairs[begin:], margin)
    return lines


def _aligned(group: Sequence[tuple[str, str]], margin: str) -> list[str]:
    width = max([len(name) for name, _ in group]) if len(group) > 1 else 0
    return [f"{margin}{name.ljust(width)} = {value}" for name, value in group]


def _print_item(item: _Item, indent: int) -> str:
    match item:
        case Block():
            margin = " " * indent
            head = " ".join((item.name, *map(quote, item.labels)))
            body = print_body(item.body, indent + _STEP)
            return f"{margin}{head} {{\n{body}\n{margin}}}" if body else f"{margin}{head} {{}}"
        case Comment():
            return print_comment(item.text, indent)
        case _:
            return ""


@lru_cache(maxsize=1_000)  # most are sentences of ours, which builds have in common
def print_comment(text: str, indent: int = 0) -> str:
    """The lines of a comment, wrapped."""
    start = f"{' ' * indent}# "
    width = _WIDTH - len(start)
    lines: list[str] = []
    for line in text.split("\n"):
        shown = visible(line)
        if len(shown) <= width:
            lines.append(shown)
        else:
            lines += wrapped(shown, width)
    return "\n".join(f"{start}{line}".rstrip() for line in lines)


def _print_value(value: Value, indent: int, column: int) -> str:
    """Print a value whose line starts at `indent`, and which itself starts at `column`."""
    match value:
        case str():
            return quote(value)
        case Variable() | Local() | HclCode():
            return _reference(value, indent)
        case Interpolation():
            return print_string(value, indent)
        case tuple():
            return _list(value, indent, column)
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case GoTemplate():
            return quote(value.text)
        case _:
            return _object(value, indent)


def _list(values: tuple[Value, ...], indent: int, column: int) -> str:
    inner = indent + _STEP
    elements = [_print_value(value, inner, inner) for value in values]
    line = f"[{', '.join(elements)}]"
    if "\n" not in line and (len(elements) == 1 or column + len(line) <= _WIDTH):
        return line
    margin = " " * inner
    lines = ["["]
    for number, element in enumerate(elements, start=1):
        if not element.startswith("<<"):
            lines.append(f"{margin}{element},")
        elif number == len(elements):
            lines.append(f"{margin}{element}")
        else:
            lines += (f"{margin}{element}", f"{margin},")  # nothing may stand beside a heredoc's marker
    lines.append(f"{' ' * indent}]")
    return "\n".join(lines)


def _object(values: Mapping[str, Value], indent: int) -> str:
    if not values:
        return "{}"
    inner = indent + _STEP
    printed = ((_key(name), value) for name, value in values.items())
    pairs = [(key, _print_value(value, inner, inner + len(key) + _EQUALS)) for key, value in printed]
    return "\n".join(("{", *_assignments(pairs, inner), f"{' ' * indent}}}"))


def _key(name: str) -> str:
    """A key of an object, escaped so that its width, for `packer fmt`, is its length."""
    if is_identifier(name) and name not in _KEYWORDS:
        return name
    quoted = quote(name)
    return quoted if quoted.isascii() else "".join(_code_point(char) if _joins(char) else char for char in quoted)


def _reference(value: _Reference, indent: int) -> str:
    match value:
        case Variable():
            return f"var.{value.name}"
        case Local():
            return f"local.{value.name}"
        case _:
            return _indented(value.text, indent)


def _indented(code: str, indent: int) -> str:
    """Code of several lines, which is written as it stands at the left margin."""
    return re.sub(r"\n(?=.)", "\n" + " " * indent, code) if "\n" in code else code


def joined(parts: tuple[str | _Reference, ...]) -> list[str | _Reference]:
    """The parts of a string without empty literals, and no literal next to another."""
    found: list[str | _Reference] = []
    for part in parts:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        elif part != "":
            found.append(part)
    return found


def _template(parts: list[str | _Reference], *, in_quotes: bool) -> Iterator[str]:
    for number, part in enumerate(parts, start=1):
        if not isinstance(part, str):
            printed = _reference(part, 0)
            # `packer fmt` wants a space between two braces.
            yield f"${{ {printed}}}" if printed.startswith("{") else f"${{{printed}}}"
            continue
        # `$${` would be an escape: dollars right before a reference become a reference of their own.
        literal = part if number == len(parts) else part.rstrip("$")
        yield _escape(literal) if in_quotes else _escape_sigils(literal)
        if dollars := part[len(literal) :]:
            yield f'${{"{dollars}"}}'


def _heredoc_skeleton(parts: list[str | _Reference]) -> str:
    """The text with a mark for each reference, if a `<<-` heredoc carries it exactly; else nothing.

    Source: docs/reference/packer-semantics.md 2.2 and 2.3.
    """
    skeleton = "".join(part if isinstance(part, str) else "?" for part in parts)
    if (
        "\n" in skeleton
        and skeleton.replace("\n", "").replace("\t", "").isprintable()
        and _AT_MARGIN.search(skeleton)
        and (skeleton.isascii() or (is_exact(skeleton) and not any(_joins(line[0]) for line in skeleton.split("\n") if line)))
    ):
        return skeleton
    return ""


def _with_unix_line_ends(parts: list[str | _Reference]) -> str:
    """A text of lines that all end as on Windows, without what makes them so; nothing for others, or with references in it."""
    match parts:
        case [str() as text] if text.count("\r\n") == text.count("\n") == text.count("\r"):
            return text.replace("\r", "")
        case _:
            return ""


def _heredoc(parts: list[str | _Reference], skeleton: str, indent: int) -> str:
    body = "".join(_template(parts, in_quotes=False)).removesuffix("\n")
    margin = " " * (indent + _STEP)
    # Lines of white space are not part of the indent that Packer takes away.
    lines = (line if not line or line.isspace() else margin + line for line in body.split("\n"))
    marker = _marker(skeleton)
    return "\n".join((f"<<-{marker}", *lines, f"{' ' * indent}{marker}"))


def _marker(text: str) -> str:
    if "EOT" not in text:
        return "EOT"
    lines = {line.strip() for line in text.split("\n")}
    return next(marker for number in count(1) if (marker := f"EOT{number}" if number > 1 else "EOT") not in lines)


def _escape(text: str) -> str:
    return break_up(_NOT_AS_IT_IS.sub(_escape_character, text), _code_point)


def _escape_character(match: re.Match[str]) -> str:
    char = match.group()
    if char in "$%":
        return char * 2 if match.string.startswith("{", match.end()) else char
    return _ESCAPES.get(char) or (char if char.isprintable() else _code_point(char))


def _escape_sigils(text: str) -> str:
    return break_up(text.replace("${", "$${").replace("%{", "%%{"), lambda char: f'${{"{char}"}}')


def _escape_braces(text: str) -> str:
    return text.replace("{{", "{{`{{`}}")


def _code_point(char: str) -> str:
    number = ord(char)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"  # noqa: PLR2004 - the last of four digits


def _joins(char: str) -> bool:
    return unicodedata.category(char).startswith("M") or _JOINING.match(char) is not None
