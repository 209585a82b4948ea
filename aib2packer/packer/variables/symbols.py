"""What stands in HCL for the symbols of a template: a text or an expression becomes a value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from aib2packer.arm.documents.parameters import holds_secret
from aib2packer.arm.language.describe import describe, settings_for
from aib2packer.arm.language.symbolic import (
    UNSET_OR,
    Access,
    Apply,
    DeploymentFact,
    If,
    Lambda,
    Secret,
    is_known,
    is_symbol,
    leaves,
    may_be_null,
    parameters_of,
    starts,
    walk,
    without_names,
)
from aib2packer.arm.language.text import LateExpression, ListLines, Placeholder, Segment, TemplateText, TextSymbol
from aib2packer.findings import codes
from aib2packer.findings.model import Finding
from aib2packer.hcl.code import NULL, Binding, CannotPrintError, Piece, conditional, infix, of_value
from aib2packer.hcl.printing import names_in, print_value
from aib2packer.hcl.values import HclCode, Interpolation, Local, SlashPart, Value, Variable
from aib2packer.lazy.models import dataclass, field, replace
from aib2packer.packer.expressions.dates import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aib2packer.aib.model import Flag, Number
    from aib2packer.arm.language.symbolic import ArmValue, Leaf, Symbol
    from aib2packer.findings.model import Report
    from aib2packer.packer.variables.template_variables import Names, TextPiece
    from aib2packer.text.source import Span

    TextParts: TypeAlias = tuple[str | Variable | Local | HclCode, ...]

_SHORT = 40  # characters of a condition that reads well in several places


@dataclass(frozen=True, slots=True)
class IdLocals:
    """The local with the segments of an id that is only known as a whole.

    `is_checked`: a variable holds it, whose validation asks for this shape.
    """

    parts: str
    shape: tuple[str, ...]
    is_checked: bool


@dataclass(frozen=True, slots=True)
class Symbols:
    """Which variable, or local, stands for which symbol of the template and which leaf of an expression."""

    names: Mapping[TextSymbol, Variable]
    leaves: Mapping[Leaf, Variable | Local]
    variables: Names | None
    """The variables of the template that are locals; None where nothing in it is a symbol."""
    references: Mapping[Leaf, Variable | Local]
    """All that stands for something in an expression: of `leaves` and `variables`."""
    computed: Mapping[Symbol, Local]
    """Expressions that take several lines: each has a local of its own."""
    ids: Mapping[tuple[str | TextSymbol, ...], IdLocals]
    """The locals of ids that are only known as a whole."""
    order: tuple[str, ...]
    """The names of all variables, as they were claimed."""
    resolve: Callable[[Symbol], ArmValue]
    report: Report | None
    """Gets what is lost on the way to HCL; None where nothing is put out, and people are only shown values."""
    given: Mapping[str, Value]
    """What the user gave, by the names of variables: for a file of values beside the build."""
    packer_version: str
    """The oldest Packer that knows all functions in the expressions."""
    _parts: dict[int, tuple[TemplateText, TextParts]] = field(default_factory=dict, init=False, compare=False, repr=False)
    """The pieces of texts that were asked for, by identity: names of galleries and groups stand in each command."""
    _quiet: list[Symbols] = field(default_factory=list, init=False, compare=False, repr=False)

    def without_findings(self) -> Symbols:
        """Symbols for showing values to people: what is asked of them is no part of the build."""
        if self.report is None:
            return self
        if not self._quiet:
            self._quiet.append(replace(self, report=None))
        return self._quiet[0]

    @property
    def local_names(self) -> frozenset[str]:
        """The names of the locals that hold something of the template."""
        ids = (one.parts for one in self.ids.values())
        own = (*local_names_of(self.references), *(local.name for local in self.computed.values()), *ids)
        return frozenset({"has_subnet", *own, *(f"{item.name}_folder" for item in self.references.values())})

    def now(self, name: Variable | Local) -> str | None:
        """The text of a variable or a local, with given values and defaults; None for a secret, and where nothing tells it."""
        if isinstance(name, Variable):
            default = None if name.is_made_up else name.default
            value = None if name.sensitive else self.given.get(name.name, default)
            return value if isinstance(value, str) else None
        leaf = next((one for one, item in (*self.references.items(), *self.computed.items()) if item.name == name.name), None)
        named = without_names(leaf)
        known = _as_literal(self.resolve(named) if is_symbol(named) else named)
        return known if isinstance(known, str) else None

    def value(self, text: TemplateText, *, multiline: bool = False) -> Value:
        """A string of the template as HCL; `multiline` as in `Interpolation`."""
        literal = text.literal
        if literal is not None and not multiline:
            return literal
        parts = self.parts(text)
        if not multiline and all(isinstance(part, str) for part in parts):
            return "".join(map(str, parts))
        # A bare reference stands for itself, so that the same one is equal wherever it stands.
        return parts[0] if len(parts) == 1 and not isinstance(parts[0], str) else Interpolation(parts, multiline)

    def parts(self, text: TemplateText) -> TextParts:
        """The pieces of a string of the template, for a longer one in HCL."""
        if (known := self._parts.get(id(text))) is None:
            known = self._parts[id(text)] = (text, self._made_parts(text))
        return known[1]

    def _made_parts(self, text: TemplateText) -> TextParts:
        parts: list[str | Variable | Local | HclCode] = []
        pieces = pieces_of(text) if self.variables is None else self.variables.put_back_in(pieces_of(text))
        values: dict[int, Value] = {}  # a piece may stand in a text a thousand times, and each time be large
        for piece in pieces:
            if (value := values.get(id(piece))) is None:
                value = values[id(piece)] = self._reference(piece, text, in_text=len(pieces) > 1)
            if isinstance(value, Interpolation):
                parts += value.parts
            elif isinstance(value, str | Variable | Local | HclCode):
                parts.append(value)
            else:
                parts.append(HclCode(print_value(value), names_in(value)))
        return tuple(parts)

    def value_or(self, text: TemplateText, default: str) -> Value:
        """A string as HCL, with what stands for it where it is empty or null: to the service that is as if it were not there.

        Only for one that is so with the values that there are: others say something.
        """
        alone = text.expression
        if (isinstance(alone, Access) and alone.safe) or (isinstance(alone, Apply) and alone.function == "$try"):
            return self.value(replace(text, parts=(LateExpression(Apply(UNSET_OR, (alone, default))),)))
        known = text if alone is None else self.resolve(alone)
        if not (known is None or known == ""):
            return self.value(text)
        match alone:
            case If(condition, None | "", otherwise):
                return self.value(replace(text, parts=(LateExpression(If(condition, default, otherwise)),)))
            case If(condition, then, None | ""):
                return self.value(replace(text, parts=(LateExpression(If(condition, then, default)),)))
        own = of_value(self.value(text))
        unset = infix(Binding.EQUALITY, "==", own, NULL if known is None else Piece('""'))
        return conditional(unset, of_value(default), own).code

    def choose(self, name: str, condition: TemplateText | None, then: Value, otherwise: Value) -> Value:
        """One of two values, as a condition says; the first where there is none. A long condition is a local of that name."""
        if condition is None:
            return then
        from aib2packer.packer.expressions.printer import Printer

        symbol = next(part.value for part in condition.symbols if isinstance(part, LateExpression))
        try:
            shown = symbol if self.variables is None else self.variables.put_back(symbol)
            decided = Printer(self.references, NOW).piece(shown)
        except CannotPrintError as error:
            return then if self._folded(symbol, error, condition.span) is True else otherwise
        if len(decided.text) > _SHORT:
            decided = of_value(Local(name, decided.code))
        return conditional(decided, of_value(then), of_value(otherwise)).code

    def values(self, texts: tuple[TemplateText, ...] | TemplateText) -> Value:
        """A list of strings as HCL, also one that only Packer's run knows."""
        return self.value(texts) if isinstance(texts, TemplateText) else tuple(self.value(text) for text in texts)

    def located(self, value: Number | Flag) -> Value:
        """A number or a boolean as HCL."""
        return self.value(value) if isinstance(value, TemplateText) else value.value

    def _reference(self, piece: TextPiece, whole: TemplateText, *, in_text: bool) -> Value:
        """The HCL that stands for a piece of the text `whole`; `in_text`: as a piece of a longer text, so itself a text."""
        match piece:
            case str():
                return piece
            case Segment(text, index, optional, shape):
                parts = self._id_parts(text)
                segment = f"local.{parts.name}[{index}]"
                if not optional:
                    return SlashPart(segment, (parts,), index, self.value(text), 2 * len(shape))
                # Absent, or `latest`: azure-arm takes the latest where there is none.
                chosen = f'try({segment}, "latest") != "latest" ? {segment} : null'
                return HclCode(chosen, (parts,))
            case ListLines(items):
                listed = self.value(items)
                return HclCode(f'join("\\n", {print_value(listed)})', names_in(listed))
            case Placeholder() | Secret():
                return self.names[piece]
            case _:
                from aib2packer.packer.expressions.printer import Printer, to_hcl

                self._report_uris(piece, whole.span)
                if (local := self.computed.get(piece)) is not None:
                    return local
                try:
                    if in_text and not (isinstance(piece, Apply) and piece.function == "uri"):
                        return Printer(self.references, NOW).part(piece)
                    return to_hcl(piece, self.references, NOW)
                except CannotPrintError as error:
                    return self._folded(piece, error, _place(piece, whole))

    def _record(self, finding: Finding) -> None:
        if self.report is not None:
            self.report.record(finding)

    def _report_uris(self, value: Symbol, span: Span) -> None:
        uris = (part for part in walk(value) if isinstance(part, Apply) and part.function == "uri")
        if self.report is not None and any(
            not starts(uri.arguments[1]) for uri in uris if not isinstance(uri.arguments[1], Lambda)
        ):
            self.report.add(
                codes.URI,
                span,
                "uri() is assumed to resolve a relative path; a URL, or a path that begins with `/`, gives something else",
                help="Give it as a path such as scripts/install.sh.",
            )

    def _id_parts(self, text: TemplateText) -> Local:
        """The local that holds the segments of an id; none where the id of a subnet is null."""
        from aib2packer.packer.variables.declared import described_id, id_pattern
        from aib2packer.packer.variables.taken_apart import TOLD_BY_FILE, matching

        value, id_ = self.value(text), self.ids[text.parts]
        is_subnet = "virtualnetworks" in id_.shape  # which may be left out
        whole = print_value(value)
        pattern = id_pattern(id_.shape, may_be_empty=is_subnet)
        code = f'split("/", {whole if id_.is_checked else matching(value, pattern, f"be {described_id(id_.shape)}")})'
        match text.parts:
            case (LateExpression(one),) if is_subnet and may_be_null(one):
                code = f"{f'({whole})' if '?' in whole else whole} != null ? {code} : []"
        return Local(id_.parts, HclCode(code, names_in(value)), "" if id_.is_checked else TOLD_BY_FILE)

    def _folded(self, value: Symbol, error: CannotPrintError, span: Span) -> Value:
        """The value of an expression with the values and defaults that its parameters have, where HCL has nothing for it."""
        span = _blamed(span, error.function)
        named = without_names(value)
        known = self.resolve(named) if is_symbol(named) else named
        names = ", ".join(parameter.name for parameter in parameters_of(value))
        if (literal := _as_literal(known)) is not None:
            what = (
                f"the expression {describe(value, span)} cannot be written as HCL ({error}): it has the value that it has now"
            )
            self._record(
                Finding(codes.FOLDED, span, what, f"To build with another value of {names}, convert again with --set.")
            )
            return literal
        what = f"the expression {describe(value, span)} cannot be written as HCL: {error}"
        self._record(Finding(codes.NO_HCL, span, what, _how_to_fold(value)))
        return ""


def _as_literal(known: ArmValue) -> Value | None:
    """A value that is known whole, as HCL; None for any other, and where there is a secret in it."""
    if not is_known(known) or holds_secret(known):
        return None
    from aib2packer.packer.variables.declared import literal_of

    return literal_of(known)


def _place(piece: Symbol, text: TemplateText) -> Span:
    """Where a piece of a text stands: a text that is joined from lines has the place of all of them."""
    named = without_names(piece)
    places = (part.span for part in text.parts if isinstance(part, LateExpression) and part.value == named)
    return next((place for place in places if place is not None), text.span)


def _blamed(span: Span, function: str) -> Span:
    """The name of a function in an expression; all of it where that is not there, for a variable may hold it."""
    found = re.search(rf"\b{re.escape(function)}\b(?=\s*\()", span.text, re.IGNORECASE)
    return span if found is None else span._replace(start=span.start + found.start(), end=span.start + found.end())


def _how_to_fold(value: ArmValue) -> str:
    """What the user can pass, so that an expression has a known value."""
    given = settings_for(parameter.setting for parameter in parameters_of(value))
    options = [given] if given else []
    contexts = {leaf.function for leaf in leaves(value) if isinstance(leaf, DeploymentFact)}
    options += ["--subscription-id ID"] if "subscription" in contexts else []
    options += ["--resource-group NAME --location REGION"] if "resourceGroup" in contexts else []
    return f"Give what it is made of a value: {' '.join(options)}" if options else "Write its value into the template."


def local_names_of(references: Mapping[Leaf, Variable | Local]) -> set[str]:
    """The names of the locals among what stands for something."""
    return {item.name for item in references.values() if isinstance(item, Local)}


def pieces_of(text: TemplateText) -> tuple[TextPiece, ...]:
    """The pieces of a text, expressions as the symbols that they are."""
    return tuple(part.value if isinstance(part, LateExpression) else part for part in text.parts)
