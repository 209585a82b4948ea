"""Reading the keys of a template's objects, so that each is either used or reported."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from aib2packer.aib.model import Located, Settled
from aib2packer.aib.service_answers import missing_field, unknown_field
from aib2packer.aib.tokens import (
    command_text,
    hide_secrets,
    is_plain,
    literal_text,
    lone_placeholder,
    name_text,
    open_results,
    path_text,
    region_text,
    report_secrets,
    script_text,
    title_text,
    token_text,
    tokens_apart,
    uri_text,
)
from aib2packer.arm.language.describe import parameter_word, settings_for
from aib2packer.arm.language.json_values import JsonSymbolic, is_null, node_of
from aib2packer.arm.language.symbolic import (
    UNSET_OR,
    Access,
    Apply,
    Concat,
    If,
    ParameterSymbol,
    bare,
    deciding_parameters,
    is_symbol,
    may_be,
    type_of,
    walk,
)
from aib2packer.arm.language.text import LateExpression, Placeholder, TemplateText
from aib2packer.findings import codes
from aib2packer.jsonc.tree import JsonArray, JsonMember, JsonObject, JsonScalar, MembersByKey
from aib2packer.lazy.models import dataclass, field, replace
from aib2packer.lazy.patterns import pattern
from aib2packer.text.placeholders import IN_COMMANDS, IN_NAMES, IN_PATHS, IN_TAGS, IN_TEXTS, IN_URIS, OPENING, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from aib2packer.aib.api_versions import ApiVersion
    from aib2packer.aib.model import Flag, Number
    from aib2packer.arm.language import symbolic
    from aib2packer.arm.language.symbolic import Secret, Type
    from aib2packer.arm.language.text import TextSymbol
    from aib2packer.findings.model import Report
    from aib2packer.jsonc.tree import Json
    from aib2packer.options import Unfetched
    from aib2packer.text.source import Span

Condition: TypeAlias = "symbolic.Symbol | None"
"""When something is there; None: always."""
Defaults: TypeAlias = "Mapping[str, str | int | None]"
"""Attributes that an object may lack, with what the service takes then; None: nothing."""
NO_DEFAULTS: Defaults = {}
ReadsTexts: TypeAlias = "Callable[[Fields], Iterable[TemplateText]]"
"""Reads the texts in a setting of an object."""
_ReadText: TypeAlias = "Callable[[str, Span, Report], TemplateText]"

STRICT_SINCE = "2024-02-01"
"""The API version from which on keys are case-sensitive, and unknown ones refused (docs/reference/aib-behaviour.md 5, 6)."""

# Outside of a deployment template `[ -f x ]` is a command, but this is a piece of a template that was cut out.
_CALL = pattern(r"\[(?:parameters|variables|concat|format|resourceId|resourceGroup|subscription)\(.*\]", re.DOTALL)
_LITERAL = pattern(r"-?[0-9.eE+-]+|true|false")
# In no specification, but in documentation and samples of the time (docs/reference/aib-behaviour.md 5).
_TAKEN_BEFORE = {("vmProfile.osDiskSizeGB", "2019-05-01-preview"), ("vmProfile.vnetConfig", "2019-05-01-preview")}
_SAMPLES = {"array": "'[…]'", "object": "'{…}'"}
_NOTHING: tuple[symbolic.ArmValue, ...] = (None, "", (), {})  # as values of expressions
_INTEGER = pattern(r"-?[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Spelling:
    """Another spelling of a key: right before API version `until`, honoured afterwards only where `lenient`."""

    key: str
    until: str
    lenient: bool = True


@dataclass(frozen=True, slots=True)
class LateText:
    """A text that only Packer's run knows; `known` is what it is if nobody gives another, where that is known."""

    text: TemplateText
    known: str | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What holds for a whole template while it is read.

    `resolve` gives the value of a symbol with the values and defaults that the parameters have, `reveal` also with the secret
    ones; `shape` collects the names, in lower case, of the parameters that were needed so, `unknown` those of them that have no
    value, with the settings that they decide and where these stand. `assets` is what was fetched before,
    by URI; None where the build is to fetch. The rest collects the fields of `Settled`.
    """

    report: Report
    api: ApiVersion
    resolve: Callable[[symbolic.Symbol], symbolic.ArmValue]
    reveal: Callable[[symbolic.Symbol], symbolic.ArmValue]
    shape: set[str] = field(default_factory=set)
    assets: Mapping[str, bytes | Unfetched] | None = None
    unknown: dict[symbolic.ParameterSymbol, list[tuple[str, Span]]] = field(default_factory=dict)
    informative: list[Span] = field(default_factory=list)
    defaults: list[Span] = field(default_factory=list)
    instructions: list[Span] = field(default_factory=list)

    @property
    def settled(self) -> Settled:
        """What does not become HCL, as found so far."""
        return Settled(tuple(self.informative), tuple(self.defaults), tuple(self.instructions))

    def report_unknown(self) -> None:
        """Say which parameters, and which placeholders, must have a value, each kind at once, and how it is given."""
        for is_placeholder in (True, False):
            unknown = {one: uses for one, uses in self.unknown.items() if one.is_placeholder is is_placeholder}
            if unknown:
                self._report_unknown(unknown, is_placeholder=is_placeholder)

    def _report_unknown(
        self, unknown: Mapping[symbolic.ParameterSymbol, list[tuple[str, Span]]], *, is_placeholder: bool
    ) -> None:
        listed = [f"{one.name} ({', '.join(dict.fromkeys(key for key, _ in uses))})" for one, uses in unknown.items()]
        *others, last = listed
        settings = " ".join(
            f"--set {shlex.quote(parameter.setting)}={_SAMPLES.get(parameter.type, '…')}" for parameter in unknown
        )
        place = next(iter(unknown.values()))[0][1]
        word = "placeholder" if is_placeholder else parameter_word(place)
        self.report.add(
            codes.PLACEHOLDER if is_placeholder else codes.SHAPE,
            place,
            f"the {word}s {', '.join(others)} and {last} decide what is built, and have no value"
            if others
            else f"the {word} {last} decides what is built, and has no value",
            help=f"Give {'each' if others else 'it'} a value: {settings}, or a parameters file with -p.",
        )


@dataclass
class Fields:
    """The keys of one object. A getter returns None for what is unset: absent, `""`, `0`, `null`, `{}`, `[]`.

    `close` reports the keys that nobody asked for. `any_case`: these are keys of ARM itself, which minds no case.
    """

    object: JsonObject
    path: str
    reading: Reading
    any_case: bool = False
    _used: set[str] = field(default_factory=set)
    _members: MembersByKey = field(init=False)

    def __post_init__(self) -> None:
        self._members = MembersByKey(self.object)

    @property
    def span(self) -> Span:
        """Where the object stands."""
        return self.object.span

    @property
    def report(self) -> Report:
        """Where findings go."""
        return self.reading.report

    @property
    def api(self) -> ApiVersion:
        """The API version of the template."""
        return self.reading.api

    def value(self, key: str, *others: Spelling) -> Json | None:
        """The value of a key under any spelling that counts; None where it is unset."""
        found = self._find(key, others)
        return None if found is None else found.value

    def text(self, key: str, *others: Spelling) -> TemplateText | None:
        """A string in which `<tokens>` and `{tokens}` are placeholders: names, regions, ids."""
        return self._string(key, others, name_text)

    def region(self, key: str) -> TemplateText | None:
        """A region, in its short form."""
        return self._string(key, (), region_text)

    def regions(self, key: str) -> tuple[TemplateText, ...]:
        """An array of regions, in their short forms."""
        return self._strings(key, (), region_text)

    def command(self, key: str, *others: Spelling) -> TemplateText | None:
        """A string that is left alone, but for secrets, and what no shell takes for anything: the text of a command."""
        return self._string(key, others, script_text)

    def path_on_vm(self, key: str) -> TemplateText | None:
        """A path on the VM."""
        return self._string(key, (), path_text)

    def title(self, key: str) -> TemplateText | None:
        """What something is called, with what its expressions come to, where the values or defaults of parameters tell."""
        text, value = self._string(key, (), title_text), self.value(key)
        if text is None or text.literal is not None or not isinstance(value, JsonSymbolic):
            return text
        resolved = self.reading.resolve(value.symbol)
        return command_text(resolved, text.span, self.report) if isinstance(resolved, str) else text

    def word(self, key: str, *others: Spelling, optional: bool = True) -> Located[str] | None:
        """A string of which the converter must know the value; a placeholder counts as unset where it is `optional`."""
        text = self.text(key, *others)
        if text is not None and text.literal is None and isinstance(value := self.value(key, *others), JsonSymbolic):
            known = self._known(value, key, needed=not optional)
            text = None if known is None else self._text(known, key, name_text)
        if text is None:
            return None
        if (literal := text.literal) is None:
            (self._unfilled if optional else self._placeholder)(text, key)
            return None
        return Located(literal, text.span)

    def late_text(self, key: str) -> LateText | None:
        """A string that only Packer's run knows, with what its parameters make of it now; None for others."""
        value = self.value(key)
        if value is None or not _is_late(value):
            return None
        known = self.reading.resolve(value.symbol) if isinstance(value, JsonSymbolic) else None
        if known is None and isinstance(value, JsonSymbolic):
            return None
        text = self.text(key)
        if text is None:
            return None
        if isinstance(known, str):
            return LateText(text, known) if known else None
        return LateText(text, None)

    def number(self, key: str, *others: Spelling, least: int | None = None) -> Number | None:
        """A whole number that may be known only when Packer runs; one below `least` is an error."""
        value = self.value(key, *others)
        number = None if value is None else self._number_of(value, key)
        if isinstance(number, TemplateText):
            return number
        if number is not None and least is not None:
            self.at_least(number, key, least)
        if value is None and least:
            self._zero(key, least)
        return number if number is not None and number.value else None

    def _number_of(self, value: Json, key: str) -> Number | None:
        if isinstance(value, JsonSymbolic):
            return TemplateText(self._expression(value.symbol, value.span, IN_NAMES, "int"), value.span)
        return _lone_placeholder(value, "int") or self.integer_of(value, key)

    def _zero(self, key: str, least: int) -> None:
        found = self._members[key]
        if found is not None and isinstance(found.value, JsonScalar) and found.value.value == 0:
            self.report.add(
                codes.ZERO,
                found.value.span,
                f"{self._name(key)} is 0, but the service takes {least} or more; it is read as unset",
                help="Leave it out.",
            )

    def at_least(self, number: Located[int], key: str, least: int) -> None:
        """Report a number that is below the least that the service takes."""
        if number.value < least:
            self.report.add(
                codes.OUT_OF_RANGE,
                number.span,
                f"{self._name(key)} is {number.value}, but the service takes {least} or more",
                help=f"Write {least} or more, or leave it out.",
            )

    def strings(self, key: str, *others: Spelling) -> tuple[TemplateText, ...]:
        """An array of names, regions or ids; one bare string is understood as an array of one."""
        return self._strings(key, others, name_text)

    def commands(self, key: str, *others: Spelling) -> tuple[TemplateText, ...]:
        """An array of commands."""
        return self._strings(key, others, script_text)

    def _strings(self, key: str, others: tuple[Spelling, ...], read: _ReadText) -> tuple[TemplateText, ...]:
        value = self._array(self.value(key, *others), key)
        match value:
            case None:
                return ()
            case JsonObject():
                self.wrong_type(value, key, "an array of strings")
                return ()
            case JsonArray(items):
                texts = (self._text(item, f"{key}[{index}]", read) for index, item in enumerate(items))
                return tuple(text for text in texts if text is not None)
            case _:
                text = _lone_placeholder(value) or self._text(value, key, read)
                self._coerced(value.span, key, "a string", "an array of strings")
                return () if text is None else (text,)

    def integer(self, key: str, *others: Spelling) -> Located[int] | None:
        """A whole number, or a string that holds one."""
        value = self.value(key, *others)
        number = None if value is None else self.integer_of(value, key)
        return number if number is not None and number.value else None

    def known_integer(self, key: str) -> Located[int] | None:
        """A whole number with the values and defaults that its parameters have; None where these do not tell."""
        value = self.value(key)
        if isinstance(value, JsonSymbolic):
            value = node_of(self.reading.resolve(value.symbol), value.span)
        number = None if value is None else _as_integer(value)
        return None if value is None or number is None else Located(number, value.span)

    def number_of_key(self, key: str) -> Number | None:
        """A whole number of which 0 is a value like any other, and which may be known only when Packer runs."""
        found = self._find(key, ()) or self._members[key]
        return None if found is None or found.value == JsonScalar(None, found.value.span) else self._number_of(found.value, key)

    def integers(self, key: str, *others: Spelling) -> tuple[Number, ...]:
        """An array of whole numbers, which may be known only when Packer runs; `"0,3010"` is understood too."""
        value = self._known(self.value(key, *others), key)
        match value:
            case None:
                return ()
            case JsonArray(items):
                numbers = (self._number_of(item, f"{key}[{index}]") for index, item in enumerate(items))
                return tuple(number for number in numbers if number is not None)
            case JsonScalar(str() as text, span) if all(_INTEGER.fullmatch(piece.strip()) for piece in text.split(",")):
                self._coerced(span, key, "a string", "an array of numbers")
                return tuple(Located(int(piece), span) for piece in text.split(","))
            case _:
                number = self._number_of(value, key)
                if number is not None:
                    self._coerced(value.span, key, "a number", "an array of numbers")
                return () if number is None else (number,)

    def boolean(self, key: str, *others: Spelling, needed: bool = True) -> Located[bool] | None:
        """A boolean, or a string that spells one; one that is not `needed` counts as unset where it is not known."""
        value = self.value(key, *others)
        match self._known(value, key, needed=needed):
            case None:
                return None
            case JsonScalar(bool() as truth, span):
                return Located(truth, span)
            case JsonScalar(str() as text, span) if text.strip().lower() in {"true", "false"}:
                self._coerced(span, key, "a string", "a boolean")
                return Located(text.strip().lower() == "true", span)
            case other if (token := _lone_placeholder(other)) is not None:
                self._unfilled(token, key)
                return None
            case other:
                self.wrong_type(other, key, "true or false")
                return None

    def flag(self, key: str, *others: Spelling) -> Flag | None:
        """A boolean that may be known only when Packer runs."""
        value = self.value(key, *others)
        if isinstance(value, JsonSymbolic):
            return TemplateText(self._expression(value.symbol, value.span, IN_NAMES, "bool"), value.span)
        if value is not None and (text := _lone_placeholder(value, "bool")) is not None:
            return text
        return self.boolean(key, *others)

    def late(
        self,
        key: str,
        kind: Type,
        *others: Spelling,
        quoted: bool = False,
        as_known: ReadsTexts | None = None,
        within: re.Pattern[str] = IN_NAMES,
    ) -> TemplateText | None:
        """A list or an object that only Packer's run knows, as one expression; None where it is unset or known.

        A placeholder in quotes is a text, which is the one item of a list of such: None; if `quoted`, it stands for all of it.
        One that has a value now is a variable all the same, if reading that value `as_known` finds nothing to say. Placeholders
        in what it may come to are such as stand `within` texts there.
        """
        found = self._find(key, others)
        value = None if found is None else found.value
        if value is not None and (token := _lone_placeholder(value, kind)) is not None:
            return None if kind == "array" and not quoted and value.span.text.startswith('"') else token
        if found is None or not isinstance(value, JsonSymbolic) or not may_be(value.symbol, kind):
            return None
        known = self.reading.resolve(value.symbol)
        if not is_symbol(known) and (as_known is None or not self._stays_open(found, known, kind, as_known)):
            return None
        return TemplateText(self._expression(value.symbol, value.span, within, kind), value.span)

    def _stays_open(self, member: JsonMember, known: symbolic.ArmValue, kind: Type, as_known: ReadsTexts) -> bool:
        """Whether a list or an object is what it should be, and text that means nothing else to Packer than to ARM."""
        if not isinstance(known, tuple if kind == "array" else Mapping | None):
            return False
        trial = JsonObject((replace(member, value=node_of(known, member.value.span)),), self.span)
        mark = self.report.mark()
        literals = [text.literal for text in as_known(Fields(trial, self.path, self.reading, self.any_case))]
        nothing_to_say = self.report.mark() == mark
        self.report.return_to(mark)
        return nothing_to_say and all(literal is not None and "{{" not in literal for literal in literals)

    def late_objects(self, key: str, alike: str = "", as_known: ReadsTexts | None = None) -> TemplateText | None:
        """A list of objects that only Packer's run knows; None where it is unset or known.

        One that has a value now is a variable too, as with `late`, if all in it are `alike` in that key.
        """
        value = self.value(key)
        known = self.reading.resolve(value.symbol) if isinstance(value, JsonSymbolic) else ()
        items = known if isinstance(known, tuple) else ()
        kinds = {repr(item.get(alike)) if isinstance(item, Mapping) else "" for item in items}
        are_alike = len(kinds) == 1 and "" not in kinds
        return self.late(key, "array", quoted=True, as_known=as_known if are_alike else None)

    def fields(self, key: str, *others: Spelling) -> Fields | None:
        """The keys of a nested object."""
        return self._fields_of(self.value(key, *others), key)

    def fields_or_late(self, key: str, attributes: Collection[str], optional: Defaults = NO_DEFAULTS) -> Fields | None:
        """The keys of a nested object; of one that only Packer's run knows these attributes, and the `optional` ones."""
        return self._fields_of(self._with_attributes(self.value(key), attributes, optional), key)

    def fields_or_unset(self, key: str) -> Fields | None:
        """The keys of a nested object that does not decide what is built: one that is not known counts as unset."""
        return self._fields_of(self._known(self.value(key), key, needed=False), key)

    def optional_fields(self, key: str, attribute: str) -> tuple[Fields | None, Condition]:
        """The fields of an object that may be there or not, as a condition says that is known only when Packer runs.

        An object that is itself known only then is there where it has the attribute.
        """
        value, condition = self._optional(key)
        late = self._with_attributes(value, (), {attribute: None})
        if late is not value and condition is None and isinstance(value, JsonSymbolic):
            condition = Apply("not", (Apply("empty", (Access(value.symbol, attribute, safe=True),)),))
        return self._fields_of(late, key), condition

    def optional_text(self, key: str) -> tuple[TemplateText | None, Condition]:
        """A string that may be unset, as a condition says that is known only when Packer runs."""
        value, condition = self._optional(key)
        if condition is None and isinstance(value, JsonSymbolic) and self.reading.resolve(value.symbol) in (None, ""):
            condition = Apply("not", (Apply("empty", (value.symbol,)),))
        return (None if value is None else self._text(value, key, name_text)), condition

    def _optional(self, key: str) -> tuple[Json | None, Condition]:
        value = self.value(key)
        if isinstance(value, JsonSymbolic) and isinstance(choice := value.symbol, If):
            if choice.otherwise in _NOTHING:
                return node_of(choice.then, value.span), choice.condition
            if choice.then in _NOTHING:
                return node_of(choice.otherwise, value.span), Apply("not", (choice.condition,))
        return value, None

    def _with_attributes(self, value: Json | None, attributes: Collection[str], optional: Defaults) -> Json | None:
        """An object with these attributes in place of one that only Packer's run knows; others as they are."""
        if not isinstance(value, JsonSymbolic) or isinstance(bare(value.symbol), Apply) or not may_be(value.symbol, "object"):
            return value
        if not is_symbol(self.reading.resolve(value.symbol)):
            return value
        keys = (*attributes, *optional)
        if isinstance(value.symbol, If):
            from aib2packer.arm.evaluation.access import try_access

            taken = {key: try_access(value, key, value.span) for key in keys}
        else:
            taken = {key: JsonSymbolic.of(Access(value.symbol, key, key in optional), value.span) for key in keys}
        for key, default in optional.items():
            if default is not None and isinstance(one := taken[key], JsonSymbolic):
                taken[key] = JsonSymbolic.of(Apply(UNSET_OR, (one.symbol, default)), value.span)
        return JsonObject(tuple(JsonMember(key, value.span, one) for key, one in taken.items()), value.span)

    def _fields_of(self, value: Json | None, key: str) -> Fields | None:
        value = self._known(value, key)
        if value is None:
            return None
        if not isinstance(value, JsonObject):
            self.wrong_type(value, key, "an object")
            return None
        return Fields(value, f"{self.path}.{key}" if self.path else key, self.reading)

    def each(
        self, key: str, *others: Spelling, attributes: Collection[str] = (), optional: Defaults = NO_DEFAULTS
    ) -> Iterator[tuple[int, Fields]]:
        """The objects of an array, numbered from 0; one bare object is understood as an array of one.

        Of an object that only Packer's run knows, the attributes, where there are any that it must have, and the optional ones.
        """
        value = self._known(self.value(key, *others), key)
        if isinstance(value, JsonObject):
            self._coerced(value.span, key, "an object", "an array of objects")
            value = JsonArray((value,), value.span)
        if value is None:
            return
        if not isinstance(value, JsonArray):
            self.wrong_type(value, key, "an array")
            return
        for index, given in enumerate(value.items):
            name = f"{key}[{index}]"
            item = self._known(self._with_attributes(given, attributes, optional) if attributes else given, name)
            if isinstance(item, JsonObject):
                yield index, Fields(item, self._name(name), self.reading)
            elif item is not None and not _is_unset(item):
                self.wrong_type(item, name, "an object")

    def texts_by_key(self, key: str, *others: Spelling) -> dict[str, TemplateText]:
        """An object of strings: tags. Numbers and booleans become text."""
        found = self._known(self.value(key, *others), key)
        if found is None:
            return {}
        if not isinstance(found, JsonObject):
            self.wrong_type(found, key, "an object")
            return {}
        texts: dict[str, TemplateText] = {}
        for member in found:
            if not is_plain(member.key) and IN_TAGS.search(member.key):
                self.report.add(
                    codes.UNFILLED,
                    member.value.span,
                    f"placeholder not filled in: {self._name(key)} has no name for {member.key}, which is left out",
                    help=f"Write the name, or give it: --set {shlex.quote(plain(member.key))}=…",
                )
                continue
            text = self._text(member.value, f"{key}.{member.key}", token_text, unset_is_empty=True)
            if text is not None:
                texts[member.key] = text
        return texts

    def tags(self, key: str, *others: Spelling) -> tuple[TemplateText | None, dict[str, TemplateText]]:
        """Tags: one expression for all that only Packer's run knows, and those that are known."""
        late = self.late(key, "object", *others, as_known=lambda one: one.texts_by_key(key, *others).values())
        return late, {} if late is not None else self.texts_by_key(key, *others)

    def has(self, key: str) -> bool:
        """Whether a key stands there, be it unset."""
        return self._members[key] is not None

    def key_span(self, key: str) -> Span:
        """Where a key stands; the whole object where it does not."""
        found = self._members[key]
        return self.span if found is None else found.key_span

    def skip(self, *keys: str) -> None:
        """Count keys as informative: those that the service writes and nobody sets."""
        self.reading.informative.extend(self._use(keys))

    def skip_default(self, *keys: str) -> None:
        """Count keys as saying what holds anyway."""
        self.reading.defaults.extend(self._use(keys))

    def instruct(self, *keys: str) -> None:
        """Count keys as carried by the run instructions."""
        self.reading.instructions.extend(self._use(keys))

    def _use(self, keys: tuple[str, ...]) -> list[Span]:
        found = [member for key in keys if (member := self._members[key]) is not None]
        self._used.update(member.key for member in found)
        return [member.value.span for member in found]

    def missing(self, key: str, help_text: str) -> None:
        """Report that a key that must be there is unset; one whose value is wrong has been reported before."""
        if self.value(key) is not None:
            return
        answer = missing_field(self.path, key)
        self.report.add(codes.MISSING_FIELD, self.key_span(key), f"{self._name(key)} is missing{answer}", help=help_text)

    def unused(self) -> tuple[JsonMember, ...]:
        """The keys that nobody asked for; a null says nothing, not even to a service that takes no unknown key."""
        unused = [member for member in self.object.members if member.key not in self._used]
        return tuple([member for member in unused if not is_null(member.value)])

    def close(self, elsewhere: Mapping[str, str] | None = None) -> None:
        """Report the keys that nobody asked for. `elsewhere` says of keys, in lower case, where they belong."""
        for member in self.unused():
            fate = "refuses it" if self.api.since(STRICT_SINCE) else "does not see it"
            place = (elsewhere or {}).get(member.key.lower())
            if place is not None:
                self.report.add(
                    codes.MISPLACED,
                    member.key_span,
                    f"{member.key} belongs {place}: here the service {fate}, so it is not converted",
                    help=f"Move it: {member.key} belongs {place}.",
                )
                continue
            self._unknown_key(member.key, self._name(member.key), self._used, member.key_span)

    def unknown_keys(self, key: str, late: TemplateText, known: Collection[str]) -> None:
        """Report the keys that the service does not know of the objects in a list that only Packer's run knows."""
        values = [part.value for part in late.symbols if isinstance(part, LateExpression)]
        objects = [part for value in values for part in walk(value) if isinstance(part, Mapping)]
        keys = (one for each in objects if any(name in each for name in known) for one in each if isinstance(one, str))
        for one in dict.fromkeys(keys):
            if one not in known:
                self._unknown_key(one, f"{self._name(key)}[].{one}", known, late.span)

    def _unknown_key(self, key: str, name: str, known: Collection[str], span: Span) -> None:
        from difflib import get_close_matches

        near = get_close_matches(key, known, n=1, cutoff=0.75)
        answer = ": the service ignored it before API version 2024-02-01"
        if self.api.since(STRICT_SINCE):
            answer = unknown_field(key)
        self.report.add(
            codes.IGNORED_FIELD if self.api.before(STRICT_SINCE) else codes.UNKNOWN_FIELD,
            span,
            f"{name} is not an Image Builder setting here{answer}; it is not converted",
            help=f"Did you mean `{near[0]}`?" if near else "Remove it, or carry it over by hand.",
        )

    def integer_of(self, value: Json, key: str) -> Located[int] | None:
        """Read one value as a whole number."""
        known = self._known(value, key)
        if known is None:
            return None
        if (number := _as_integer(known)) is not None:
            if isinstance(known, JsonScalar) and isinstance(known.value, str):
                self._coerced(known.span, key, "a string", "a number")
            return Located(number, known.span)
        if (token := _lone_placeholder(known)) is not None:
            self._unfilled(token, key)
        else:
            self.wrong_type(known, key, "a whole number")
        return None

    def uri(self, key: str, *others: Spelling) -> TemplateText | None:
        """A URI: its `<tokens>` are placeholders, its signature is a secret."""
        return self._string(key, others, uri_text)

    def revealed(self, key: str, *others: Spelling) -> str | None:
        """A string with all that is in it, secrets too, and its expressions with the values and defaults of their parameters.

        None where it is unset, has an unknown part or a `<token>`, or is no string.
        """
        value = self.value(key, *others)
        if isinstance(value, JsonSymbolic):
            value = node_of(self.reading.reveal(value.symbol), value.span)
        if not isinstance(value, JsonScalar) or not isinstance(value.value, str):
            return None
        pieces = tokens_apart(value.value, IN_URIS)
        return None if any(isinstance(piece, Placeholder) for piece in pieces) else value.value

    def shown_uri(self, key: str, *others: Spelling) -> TemplateText | None:
        """A URI to be shown: none of the secrets in it becomes a variable, and so nothing is said of them."""
        value = self.value(key, *others)
        match value:
            case JsonSymbolic(span, symbol):
                parts: list[str | TextSymbol] = []
                for piece in _pieces(symbol):
                    parts += (
                        tokens_apart(piece, IN_URIS) if isinstance(piece, str) else (LateExpression(_hidden(piece)[0], span),)
                    )
                return TemplateText(tuple(parts), span)
            case JsonScalar(str() as text, span):
                return TemplateText(tokens_apart(text, IN_URIS), span)
            case _:
                return None

    def _string(self, key: str, others: tuple[Spelling, ...], read: _ReadText) -> TemplateText | None:
        value = self.value(key, *others)
        return None if value is None else self._text(value, key, read)

    def _text(self, value: Json, key: str, read: _ReadText, *, unset_is_empty: bool = False) -> TemplateText | None:
        if isinstance(value, JsonScalar) and isinstance(value.value, str):
            return self._plain(value.value, value.span, read)
        match value:
            case JsonSymbolic(span, symbol):
                within = _WITHIN.get(read)
                parts = (
                    read(piece, span, self.report).parts if isinstance(piece, str) else self._expression(piece, span, within)
                    for piece in _pieces(symbol)
                )
                return TemplateText(tuple(part for piece in parts for part in piece), span)
            case JsonScalar(None, span):
                return literal_text("", span) if unset_is_empty else None
            case JsonScalar(bool() | int() | float() as scalar, span):
                self._coerced(span, key, "a bare value", "a string")
                # As it is written, or as ARM writes what an expression made.
                return literal_text(span.text if _LITERAL.fullmatch(span.text) else str(scalar), span)
            case _:
                self.wrong_type(value, key, "a string")
                return None

    def _expression(
        self, symbol: symbolic.Symbol, span: Span, within: re.Pattern[str] | None, kind: Type = "string"
    ) -> tuple[LateExpression | Placeholder, ...]:
        """An expression, with the placeholders in what it may come to, which are such as stand `within` texts there."""
        if isinstance(symbol, ParameterSymbol) and symbol.is_placeholder:
            return (replace(lone_placeholder(symbol.name), kind=kind),)
        from aib2packer.aib.missing_items import missing_item

        if (error := missing_item(symbol, self.reading.resolve, span)) is not None:
            self.report.add(codes.EXPRESSION, span, error.message, help=error.help)
        opened = symbol if within is None else open_results(symbol, within)
        hidden, secrets = _hidden(opened if is_symbol(opened) else symbol)
        report_secrets(secrets, span, self.report)
        return (LateExpression(hidden, span, kind),)

    def _plain(self, text: str, span: Span, read: _ReadText) -> TemplateText | None:
        in_quotes = span.source.text.startswith('"', span.start)
        as_written = not in_quotes and span.text == text
        may_stand = as_written or read is uri_text or read is path_text or (read is script_text and text.startswith(("<", "#")))
        may_stand = may_stand and text.startswith(OPENING)
        if may_stand and (IN_TEXTS if read is script_text and not as_written else IN_NAMES).fullmatch(text):
            return TemplateText((lone_placeholder(text),), span)
        if in_quotes and text.startswith("[") and _CALL.fullmatch(text):  # else an expression made it
            self.report.add(
                codes.EXPRESSION,
                span,
                "this is an ARM expression, but the input is no deployment template, and only those have expressions",
                help="Convert the whole deployment template, or the image template as `az rest` prints it.",
            )
            return None
        return read(text, span, self.report)

    def _known(self, value: Json | None, key: str, *, needed: bool = True) -> Json | None:
        """A value that decides the shape of the build, made with the parameters' defaults; None after an error.

        One that is not `needed` counts as unset where it is not known, which is a finding.
        """
        if not isinstance(value, JsonSymbolic):
            return value
        self.reading.shape.update(parameter.name.lower() for parameter in deciding_parameters(value.symbol))
        resolved = node_of(self.reading.resolve(value.symbol), value.span)
        if not isinstance(resolved, JsonSymbolic):
            return None if _is_unset(resolved) else resolved
        unknown = deciding_parameters(resolved.symbol)
        if not needed:
            given = settings_for(parameter.setting for parameter in unknown)
            self.report.add(
                codes.UNFILLED,
                value.span,
                f"{self._name(key)} is known only when the template is deployed, and is read as unset",
                help=f"Give its value: {given}, or a parameters file with -p."
                if given
                else "Write its value into the template.",
            )
            return None
        for parameter in unknown:
            self.reading.unknown.setdefault(parameter, []).append((self._name(key), value.span))
        if not unknown:
            self.report.add(
                codes.SHAPE,
                value.span,
                f"{self._name(key)} decides what is built, and is not known: {resolved.shown}",
                help="Write its value into the template.",
            )
        return None

    def _array(self, value: Json | None, key: str) -> Json | None:
        """An array of strings as it stands; one that is not known must be known."""
        return self._known(value, key) if isinstance(value, JsonSymbolic) and type_of(value.symbol) != "string" else value

    def _find(self, key: str, others: tuple[Spelling, ...]) -> JsonMember | None:
        """The member that sets a key, under any spelling that counts."""
        found = self._members[key]
        if found is not None:
            self._used.add(found.key)
            # What a tool printed names no API version, and has spellings of its own.
            if not _is_unset(found.value):
                if found.key != key and not self.any_case and self.api.value is not None:
                    self._wrong_case(found, key)
                if key in self.api.newer_keys:
                    self._too_new(found, key)
                return found
        for other in others:
            member = self._members[other.key]
            if member is None:
                continue
            self._used.add(member.key)
            if not _is_unset(member.value) and self._honoured(member, other, key):
                return member
        return None

    def _honoured(self, member: JsonMember, other: Spelling, key: str) -> bool:
        if self.api.before(other.until) or (self.api.value is None and other.lenient):
            return True
        fate = "refuses it" if self.api.since(STRICT_SINCE) else "ignored it"
        end = "it is read as such" if other.lenient else "it is not converted"
        self.report.add(
            codes.OLD_SPELLING if other.lenient else codes.IGNORED_FIELD,
            member.key_span,
            f"{self._name(member.key)} has been spelt `{key}` since API version {other.until}: {self.api} {fate}, and {end}",
            help=f"Write `{key}`.",
        )
        return other.lenient

    def _too_new(self, member: JsonMember, key: str) -> None:
        """Report a setting that came with a newer API version than the template's (docs/reference/aib-behaviour.md 5 and 6)."""
        what = self._name(key)
        version = self.api.lacks(what)
        if version is None and isinstance(member.value, JsonScalar) and isinstance(member.value.value, str):
            version, what = self.api.lacks_value(what, member.value.value), f"`{member.value.value}` as {what}"
        if version is None:
            return
        strict = self.api.since(STRICT_SINCE) or what != self._name(key)
        fate = f"{self.api} refuses it" if strict else f"{self.api} ignored it"
        if (self._name(key), self.api.value) in _TAKEN_BEFORE:
            fate = f"samples for {self.api} have it all the same"
        self.report.add(
            codes.NEWER_API if strict else codes.IGNORED_FIELD,
            member.key_span,
            f"{what} came with API version {version}: {fate}; it is converted as it stands",
            help=f"Use API version {version} or newer, or remove it.",
        )

    def _wrong_case(self, member: JsonMember, key: str) -> None:
        fate = "refuses" if self.api.since(STRICT_SINCE) else "took"
        self.report.add(
            codes.WRONG_CASE,
            member.key_span,
            f"{self._name(member.key)} should be `{key}`: {self.api} {fate} any other case; it is read as `{key}`",
            help=f"Write `{key}`: from API version {STRICT_SINCE} on the service is case-sensitive.",
        )

    def _coerced(self, span: Span, key: str, found: str, wanted: str) -> None:
        self.report.add(
            codes.COERCED,
            span,
            f"{self._name(key)} is {found}, not {wanted}: the service refuses that; it is read as {wanted}",
            help=f"Write {wanted}.",
        )

    def wrong_type(self, value: Json, key: str, wanted: str) -> None:
        """Report a value that is none of the type wanted, or a placeholder that must be filled in to tell."""
        if isinstance(value, JsonScalar) and isinstance(value.value, str):
            text = token_text(value.value, value.span, self.report)
            if len(text.parts) == 1 and text.symbols:  # one in a longer text does not make it a value of another type
                self._placeholder(text, key)
                return
        self.report.add(codes.WRONG_TYPE, value.span, f"{self._name(key)} is not {wanted}", help=f"Write {wanted} here.")

    def _unfilled(self, text: TemplateText, key: str) -> None:
        self.report.add(
            codes.UNFILLED,
            text.span,
            f"placeholder not filled in: {self._name(key)} is read as unset",
            help=f"Replace {text} with the value, or give it: --set {shlex.quote(plain(str(text)))}=…",
        )

    def _placeholder(self, text: TemplateText, key: str) -> None:
        self.report.add(
            codes.PLACEHOLDER,
            text.span,
            f"placeholder not filled in: {self._name(key)} decides what is built, and must have a value",
            help=f"Replace {text} with the value, or give it: --set {shlex.quote(plain(str(text)))}=…",
        )

    def _name(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


_WITHIN: Mapping[_ReadText, re.Pattern[str]] = {
    name_text: IN_NAMES,
    region_text: IN_NAMES,
    path_text: IN_PATHS,
    uri_text: IN_URIS,
    script_text: IN_COMMANDS,
    token_text: IN_TAGS,
}
"""What is a placeholder in the texts that each of these reads."""


def _pieces(symbol: symbolic.Symbol) -> tuple[str | symbolic.Symbol, ...]:
    """The pieces that make a text. A lone piece is not text yet, and stays what makes it text."""
    return symbol.parts if isinstance(symbol, Concat) and len(symbol.parts) > 1 else (symbol,)


def _hidden(symbol: symbolic.Symbol) -> tuple[symbolic.Symbol, tuple[Secret, ...]]:
    """An expression without the secrets that stand in it, and these."""
    hidden, secrets = hide_secrets(symbol)
    return hidden if is_symbol(hidden) else symbol, secrets


def _is_late(value: Json) -> bool:
    """Whether a value is a text that only Packer's run knows."""
    if isinstance(value, JsonScalar) and isinstance(value.value, str):
        return any(not isinstance(piece, str) for piece in tokens_apart(value.value, IN_NAMES))
    return isinstance(value, JsonSymbolic)


def _as_integer(value: Json) -> int | None:
    """What a value is as a whole number, or a string that holds one; None for others."""
    match value:
        case JsonScalar(bool()):
            return None
        case JsonScalar(int() as number):
            return number
        case JsonScalar(float() as number) if number.is_integer():
            return int(number)
        case JsonScalar(str() as text) if _INTEGER.fullmatch(text.strip()):
            return int(text)
        case _:
            return None


def _lone_placeholder(value: Json, kind: Type = "string") -> TemplateText | None:
    """A text that is a placeholder and nothing else; `kind` is what belongs in its place."""
    if not isinstance(value, JsonScalar) or not isinstance(value.value, str) or not IN_NAMES.fullmatch(value.value):
        return None
    return TemplateText((replace(lone_placeholder(value.value), kind=kind),), value.span)


def _is_unset(value: Json) -> bool:
    if isinstance(value, JsonScalar):
        return not value.value and value.value is not False
    if isinstance(value, JsonObject):
        return not value.members
    return isinstance(value, JsonArray) and not value.items
