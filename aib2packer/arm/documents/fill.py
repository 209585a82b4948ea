"""Values that the user gives, put in the place of placeholders by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.arm.documents.parameters import Setting
from aib2packer.arm.language.placeholders import DOLLAR_BRACED, IN_NAMES, IN_TEXTS, plain
from aib2packer.jsonc.reader import read_json
from aib2packer.jsonc.tree import JsonArray, JsonMember, JsonObject, JsonScalar
from aib2packer.lazy.models import dataclass
from aib2packer.text.source import SourceText, Span

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Mapping

    from aib2packer.arm.documents.parameters import Given
    from aib2packer.jsonc.tree import Json
    from aib2packer.options import Options

# Texts in which the signs of most placeholders belong to a shell.
_COMMANDS = {"inline", "restartcommand", "restartcheckcommand", "filters", "searchcriteria"}
_TEXTS = {*_COMMANDS, "tags", "artifacttags", "managedresourcetags", "parameters", "variables", "metadata", "description"}


@dataclass(frozen=True, slots=True)
class Filled:
    """A document with its placeholders filled in as far as they have a value.

    `used` are the names, as they were given, that stood in a placeholder. `half` are commands that hold `${name}` without a
    value where the rest of the template has placeholders of that form: whether the shell or a tool is meant cannot be told.
    """

    document: Json
    used: frozenset[str]
    half: tuple[Span, ...]


def fill(document: Json, values: Mapping[str, Given | Setting], options: Options) -> Filled:
    """Fill in what has a name that the user gave a value for.

    Args:
        document: What the input holds.
        values: The values by their names, as `--set` and parameters files give them.
        options: What the user decided: subscription, resource group and location have values of their own.

    """
    given = {plain(name): (name, value) for name, value in (*_own(options), *values.items())}
    filler = _Filler(given, by_dollar=_has_dollar_braced(document))
    if not given and not filler.by_dollar:
        return Filled(document, frozenset(), ())
    filled = filler.node(document, IN_NAMES)
    return Filled(filled, frozenset(filler.used), tuple(filler.half))


def _has_dollar_braced(node: Json) -> bool:
    """Whether a placeholder of that form stands anywhere but in commands."""
    match node:
        case JsonScalar(value=str(text)):
            return DOLLAR_BRACED.search(text) is not None
        case JsonArray(items):
            return any(map(_has_dollar_braced, items))
        case JsonObject():
            return any(_has_dollar_braced(member.value) for member in node if member.key.lower() not in _TEXTS)
        case _:
            return False


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


class _Filler:
    """Walks through a document; `used` and `half` are those of `Filled`, `by_dollar`: there are placeholders as `${name}`."""

    def __init__(self, given: Mapping[str, tuple[str, Given | Setting]], *, by_dollar: bool) -> None:
        self.given = given
        self.by_dollar = by_dollar
        self.used: set[str] = set()
        self.half: list[Span] = []

    def node(self, node: Json, pattern: re.Pattern[str]) -> Json:
        """A node with all placeholders in it filled in that have a value."""
        match node:
            case JsonScalar(value=str(text)):
                return self._scalar(node, text, pattern)
            case JsonArray():
                return JsonArray(tuple(self.node(item, pattern) for item in node.items), node.span)
            case JsonObject():
                return JsonObject(tuple(self._member(member, pattern) for member in node), node.span)
            case _:
                return node

    def _member(self, member: JsonMember, pattern: re.Pattern[str]) -> JsonMember:
        inner = IN_TEXTS if member.key.lower() in _TEXTS else pattern
        if self.by_dollar and member.key.lower() in _COMMANDS:
            inner = DOLLAR_BRACED
        return JsonMember(self._text(member.key, pattern), member.key_span, self.node(member.value, inner))

    def _scalar(self, node: JsonScalar, text: str, pattern: re.Pattern[str]) -> Json:
        if pattern.fullmatch(text) and (found := self.given.get(plain(text))) is not None:
            name, value = found
            whole = _whole(value)
            if whole is not None:
                self.used.add(name)
                return whole
        changed = self._text(text, pattern)
        if pattern is DOLLAR_BRACED:
            if DOLLAR_BRACED.search(changed):
                self.half.append(node.span)
            changed = changed.replace("$${", "${")  # how such tools write what they leave alone
        return node if changed == text else JsonScalar(changed, node.span)

    def _text(self, text: str, pattern: re.Pattern[str]) -> str:
        in_expression = text.startswith("[") and text.endswith("]")

        def replace(match: re.Match[str]) -> str:
            name, value = self.given.get(plain(match[0]), ("", None))
            known = None if value is None else _as_text(value)
            if known is None:
                return match[0]
            self.used.add(name)
            return known.replace("'", "''") if in_expression else known

        return pattern.sub(replace, text)


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


def _whole(value: Given | Setting) -> Json | None:
    """A list or an object in the place of a whole text; None for what is but text."""
    if isinstance(value, Setting):
        found = read_json(value.span.source).tree if value.text.lstrip()[:1] in {"[", "{"} else None
        return found if isinstance(found, JsonArray | JsonObject) else None
    return value if isinstance(value, JsonArray | JsonObject) else None
