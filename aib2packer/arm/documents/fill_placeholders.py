"""Values that the user gives, put in the place of placeholders by their names."""

from __future__ import annotations

import shlex
from functools import partial
from typing import TYPE_CHECKING

from aib2packer.arm.documents.parameters import Setting
from aib2packer.findings import codes
from aib2packer.jsonc.reader import read_json
from aib2packer.jsonc.tree import JsonArray, JsonMember, JsonObject, JsonScalar, texts_in
from aib2packer.lazy.models import dataclass
from aib2packer.text.placeholders import (
    IN_EXPRESSIONS,
    IN_NAMES,
    IN_TAGS,
    first_in,
    forms_in,
    has_sign,
    in_commands,
    in_doubt,
    is_open,
    is_open_in_expressions,
    plain,
)
from aib2packer.text.source import SourceText, Span

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator, Mapping

    from aib2packer.arm.documents.parameters import Given
    from aib2packer.findings.model import Report
    from aib2packer.jsonc.tree import Json
    from aib2packer.options import Options

# Texts in which the signs of most placeholders belong to a shell.
_COMMANDS = {"inline", "restartcommand", "restartcheckcommand", "filters", "searchcriteria", "destination"}
_TAGS = {"tags", "artifacttags", "managedresourcetags"}
# What may hold commands, and is only known to where it is used.
_DECLARED = {"parameters", "variables", "metadata", "description"}
_DEEPEST = 50  # calls within calls
_OF_ANY_FORM = _COMMANDS | _DECLARED | _TAGS


@dataclass(frozen=True, slots=True)
class Filled:
    """A document, and values for it, with their placeholders filled in as far as these have a value.

    `used` are the names, as they were given, that stood in a placeholder. `half` are placeholders in commands that have no
    value, and a form that means something to a shell too, where the rest of the template has such; each with its place.
    """

    document: Json
    values: Mapping[str, Given | Setting]
    used: frozenset[str]
    half: tuple[tuple[str, Span], ...]


def fill(document: Json, values: Mapping[str, Given | Setting], options: Options, report: Report) -> Filled:
    """Fill in what has a name that the user gave a value for.

    Args:
        document: What the input holds.
        values: The values by their names, as `--set` and parameters files give them.
        options: What the user decided: subscription, resource group and location have values of their own.
        report: Gets the values of parameters files that are placeholders without a value: they count as not given.

    """
    forms = _forms_in(document)
    own = dict(_own(options))
    if not own and not values and not forms:
        return Filled(document, values, frozenset(), ())
    outside = _Filler({plain(name): (name, value) for name, value in (*own.items(), *values.items())}, forms)
    values = {name: outside.value(value) for name, value in values.items()}
    values = {name: value for name, value in values.items() if not _is_open(name, value, report)}
    filler = _Filler({plain(name): (name, value) for name, value in (*own.items(), *values.items())}, forms)
    if not filler.given and not forms:
        return Filled(document, values, frozenset(), ())
    filled = filler.node(document, _ANYWHERE)
    return Filled(filled, values, frozenset(filler.used | outside.used), tuple(filler.half))


def _is_open(name: str, value: Given | Setting, report: Report) -> bool:
    """Whether a value of a parameters file is one that a tool was to fill in."""
    if not isinstance(value, JsonScalar) or not isinstance(value.value, str) or not is_open(value.value):
        return False
    token = IN_TAGS.search(value.value)
    report.add(
        codes.UNFILLED,
        value.span,
        f"placeholder not filled in: the parameter {name} has no value here, and stays open",
        help=f"Put the value in its place, or give it: --set {shlex.quote(plain(token[0] if token else name))}=…",
    )
    return True


def _forms_in(node: Json) -> frozenset[str]:
    """The forms of placeholders that stand anywhere but in commands."""
    texts = texts_in(node, _OF_ANY_FORM)
    if not has_sign("\n".join(texts)):
        return frozenset()
    return frozenset(form for text in texts for form in forms_in(text))


def _own(options: Options) -> Iterator[tuple[str, Given | Setting]]:
    """What options of their own say, by the names that placeholders have for it."""
    for names, text in (
        (("subscriptionId", "subscription"), options.subscription_id),
        (("resourceGroup", "resourceGroupName"), options.resource_group),
        (("location", "region"), options.location),
    ):
        if text is not None:
            source = SourceText(names[0], text)
            yield from ((name, Setting(text, Span(source, 0, len(text)))) for name in names)


@dataclass(frozen=True, slots=True)
class _Where:
    """What is a placeholder in a text of a kind: within it, and as all of it. `is_command`: other signs in it are a shell's."""

    within: re.Pattern[str]
    whole: re.Pattern[str]
    is_command: bool = False


_ANYWHERE = _Where(IN_NAMES, IN_NAMES)


class _Filler:
    """Walks through a document; `used` and `half` are those of `Filled`, `forms` those of placeholders that it has."""

    def __init__(self, given: Mapping[str, tuple[str, Given | Setting]], forms: frozenset[str]) -> None:
        self.given = given
        self.forms = forms
        self.used: set[str] = set()
        self.half: list[tuple[str, Span]] = []
        commands = in_commands(forms)
        self._of_keys = {
            **dict.fromkeys(_COMMANDS, _Where(commands, commands, is_command=True)),
            **dict.fromkeys(_TAGS, _Where(IN_TAGS, IN_TAGS)),
            **dict.fromkeys(_DECLARED, _Where(commands, IN_TAGS)),
        }

    def value(self, value: Given | Setting) -> Given | Setting:
        """A value of a parameters file."""
        return self.node(value, _ANYWHERE) if isinstance(value, JsonScalar | JsonArray | JsonObject) else value

    def node(self, node: Json, where: _Where) -> Json:
        """A node with all placeholders in it filled in that have a value."""
        match node:
            case JsonScalar(value=str(text)):
                return self._scalar(node, text, where)
            case JsonArray():
                return JsonArray(tuple(self.node(item, where) for item in node.items), node.span)
            case JsonObject():
                return JsonObject(tuple(self._member(member, where) for member in node), node.span)
            case _:
                return node

    def _member(self, member: JsonMember, where: _Where) -> JsonMember:
        inner = self._of_keys.get(member.key.lower(), where)
        return JsonMember(self._text(member.key, where), member.key_span, self.node(member.value, inner))

    def _scalar(self, node: JsonScalar, text: str, where: _Where) -> Json:
        # Without quotes: a tool writes what belongs there. A long text is not cut out for each value that was made of it.
        is_bare = node.span.end - node.span.start == len(text) and node.span.text == text
        whole = IN_TAGS if is_bare else where.whole
        if whole.fullmatch(text):
            name, value = self.given.get(plain(text), ("", None))
            filled = None if value is None else _whole(value, is_bare=is_bare)
            if filled is not None:
                self.used.add(name)
                return filled
            changed = self._text(text, _Where(whole, whole))
        else:
            changed = self._text(text, where)
        if where.is_command and not is_bare:
            open_forms = sorted(forms_in(changed) & self.forms)
            self.half += ((first_in(changed, form), node.span) for form in open_forms)
            if "${name}" in self.forms:
                changed = changed.replace("$${", "${")  # how such tools write what they leave alone
        return node if changed == text else JsonScalar(changed, node.span)

    def _text(self, text: str, where: _Where) -> str:
        if not self.given:
            return text
        in_expression = text.startswith("[") and text.endswith("]")
        filled = self._filled(text, where.within, in_expression=in_expression)
        if where is _ANYWHERE:
            return filled
        # What an expression looks into is to be filled in, whatever shells mean by its signs.
        if in_expression:
            return _with_literals(filled, partial(self._filled, within=IN_EXPRESSIONS, in_expression=True))
        is_open = not where.is_command and is_open_in_expressions(filled)
        return self._filled(filled, IN_EXPRESSIONS, in_expression=False) if is_open else filled

    def _filled(self, text: str, within: re.Pattern[str], *, in_expression: bool) -> str:
        doubtful = in_doubt(text, within)

        def replace(match: re.Match[str]) -> str:
            name, value = self.given.get(plain(match[0]), ("", None))
            known = None if value is None or match.start() in doubtful else _as_text(value)
            if known is None:
                return match[0]
            self.used.add(name)
            return known.replace("'", "''") if in_expression else known

        return within.sub(replace, text)


def _with_literals(text: str, change: Callable[[str], str]) -> str:
    """An expression with the literals changed that are to be filled in, and that functions look into."""
    if IN_EXPRESSIONS.search(text) is None:
        return text
    from aib2packer.arm.evaluation.open_texts import literals_looked_into
    from aib2packer.arm.language.expression import ExpressionError, nesting, parse

    if nesting(text) > _DEEPEST:
        return text
    try:
        literals = literals_looked_into(parse(text))
    except ExpressionError:
        return text  # it is told of where it is evaluated
    for literal in reversed(literals):
        if is_open_in_expressions(literal.value):
            text = text[: literal.start] + change(text[literal.start : literal.end]) + text[literal.end :]
    return text


def _as_text(value: Given | Setting) -> str | None:
    """A value as a piece of a text; None for one that is none."""
    match value:
        case Setting():
            return value.text
        case JsonScalar(value=bool(truth)):
            return str(truth).lower()
        case JsonScalar(value=str() | int() | float() as scalar):
            return str(scalar)
    return None


def _whole(value: Given | Setting, *, is_bare: bool) -> Json | None:
    """What stands in the place of a whole text: a list or an object, and a number where there are no quotes; None for text."""
    if isinstance(value, Setting):
        is_json = is_bare or value.text.lstrip()[:1] in {"[", "{"}
        found = read_json(value.span.source).tree if is_json else None
        if is_bare and found is None:
            return JsonScalar(value.text, value.span)
    else:
        found = value if isinstance(value, JsonArray | JsonObject | JsonScalar) else None
    return found if is_bare or isinstance(found, JsonArray | JsonObject) else None
