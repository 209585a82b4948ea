"""Packer variables for what is only known when Packer runs. Names are claimed first, in one stated order, then used."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from aib2packer.aib.ids import ResourceId
from aib2packer.arm.describe import describe
from aib2packer.arm.parameters import ExternalValue, KeyVaultSecret
from aib2packer.arm.symbolic import (
    Access,
    Apply,
    Context,
    Deferred,
    If,
    Lambda,
    LambdaVariable,
    Parameter,
    Runtime,
    Secret,
    answer_of,
    is_known,
    is_symbol,
    leaves,
    may_be_null,
    parameters_of,
    starts,
    walk,
    with_fallback,
    without_names,
)
from aib2packer.arm.symbolic import Variable as TemplateVariable
from aib2packer.arm.values import Expression, Placeholder, Segment, Symbol, Text
from aib2packer.findings import codes
from aib2packer.packer.hcl import print_value, references
from aib2packer.packer.names import snake_case
from aib2packer.packer.naming import Names, name_variables
from aib2packer.packer.parameters import computed_default, declare, given_value, is_secret, sentences, with_shape
from aib2packer.packer.pieces import NULL, Binding, CannotPrintError, conditional, infix, of_value
from aib2packer.packer.pieces import Piece as HclPiece
from aib2packer.packer.values import Code, Local, Value, Variable
from aib2packer.packer.values import Text as HclText
from aib2packer.packer.versions import NOW
from aib2packer.text.secrets import find_secrets
from aib2packer.text.source import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from aib2packer.aib.model import Flag, ImageTemplate, Number
    from aib2packer.arm.parameters import ParameterFact
    from aib2packer.arm.symbolic import Leaf
    from aib2packer.arm.symbolic import Symbol as ArmSymbol
    from aib2packer.arm.symbolic import Value as SymbolicValue
    from aib2packer.findings.model import Report
    from aib2packer.packer.naming import Piece

    IdShapes: TypeAlias = Mapping[Placeholder | Leaf, tuple[str, ...]]

SUBSCRIPTION = Variable("subscription_id", "Subscription that the build VM runs in.")
LOCATION = Variable("location", "Azure region of the build. The template took the region of its resource group.")

PACKER_VERSION = "1.13.0"
"""The oldest Packer that runs the output as it is meant (reference/packer-semantics.md 4 and 7.4)."""

_SHORT = 40  # characters of a condition that reads well in several places
_GROUP_LOCATION = Context("resourceGroup", ("location",))
_CONTEXTS = {
    Context("subscription", ("subscriptionId",)): SUBSCRIPTION,
    Context("resourceGroup", ("name",)): Variable("resource_group_name", "Resource group that the template was deployed to."),
    _GROUP_LOCATION: LOCATION,
    Context("tenant", ("tenantId",)): Variable("deployment_tenant_id", "Tenant that the template was deployed in."),
}
_WITHOUT_TEXTS = {"span", "body", "parameters", "named", "resolve", "api", "siblings", "settled"}  # fields of the model
_STORAGE_HOSTS = (".core.windows.net", ".core.chinacloudapi.cn", ".core.usgovcloudapi.net")
_SUBSCRIPTION_TOKENS = {"subscriptionid", "subscription", "subid", "subcriptionid"}
# Names that mean something else in every build: a placeholder or a parameter of that name gets another.
_RESERVED = {
    *("use_azure_cli_auth", "client_id", "client_secret", "tenant_id", "oidc_request_url", "oidc_request_token"),
    *("build_resource_group_name", "allowed_inbound_ip_addresses", "image_version", "managed_image_name"),
    *("exclude_from_latest",),
    *("vhd_storage_account", "vhd_resource_group_name", "vhd_container"),
    *("gallery_version_id", "temporary_image_name", "snapshot_name"),
}


@dataclass(frozen=True, slots=True)
class Symbols:
    """Which variable, or local, stands for which symbol of the template and which leaf of an expression."""

    names: Mapping[Symbol, Variable]
    leaves: Mapping[Leaf, Variable | Local]
    variables: Names
    """The variables of the template that are locals."""
    references: Mapping[Leaf, Variable | Local]
    """All that stands for something in an expression: of `leaves` and `variables`."""
    computed: Mapping[ArmSymbol, Local]
    """Expressions that take several lines: each has a local of its own."""
    ids: Mapping[tuple[str | Symbol, ...], str]
    """The names of the locals with the segments of ids that are only known as a whole."""
    order: tuple[str, ...]
    """The names of all variables, as they were claimed."""
    resolve: Callable[[ArmSymbol], SymbolicValue]
    report: Report
    given: Mapping[str, Value]
    """What the user gave, by the names of variables: for a file of values beside the build."""
    packer_version: str
    """The oldest Packer that knows all functions in the expressions."""

    @property
    def local_names(self) -> frozenset[str]:
        """The names of the locals that hold something of the template."""
        own = (*_local_names(self.references), *(local.name for local in self.computed.values()), *self.ids.values())
        return frozenset({"has_subnet", *own, *(f"{item.name}_folder" for item in self.references.values())})

    def value(self, text: Text, *, multiline: bool = False) -> Value:
        """A string of the template as HCL; `multiline` as in `values.Text`."""
        literal = text.literal
        if literal is not None and not multiline:
            return literal
        parts = self.parts(text)
        # A bare reference stands for itself, so that the same one is equal wherever it stands.
        return parts[0] if len(parts) == 1 and not isinstance(parts[0], str) else HclText(parts, multiline)

    def parts(self, text: Text) -> tuple[str | Variable | Local | Code, ...]:
        """The pieces of a string of the template, for a longer one in HCL."""
        parts: list[str | Variable | Local | Code] = []
        pieces = self.variables.put_back_in(_pieces(text))
        for piece in pieces:
            value = self._reference(piece, text, in_text=len(pieces) > 1)
            if isinstance(value, HclText):
                parts += value.parts
            elif isinstance(value, str | Variable | Local | Code):
                parts.append(value)
            else:
                parts.append(Code(print_value(value), references(value)))
        return tuple(parts)

    def value_or(self, text: Text, default: str) -> Value:
        """A string as HCL, with what stands for it where it is empty or null: to the service that is as if it were not there.

        Only for one that is so with the values that there are: others say something.
        """
        alone = text.parts[0].value if len(text.parts) == 1 and isinstance(text.parts[0], Expression) else None
        known = text if alone is None else self.resolve(alone)
        if not (known is None or known == ""):
            return self.value(text)
        match alone:
            case If(condition, None | "", otherwise):
                return self.value(replace(text, parts=(Expression(If(condition, default, otherwise)),)))
            case If(condition, then, None | ""):
                return self.value(replace(text, parts=(Expression(If(condition, then, default)),)))
        own = of_value(self.value(text))
        unset = infix(Binding.EQUALITY, "==", own, NULL if known is None else HclPiece('""'))
        return conditional(unset, of_value(default), own).code

    def choose(self, name: str, condition: Text | None, then: Value, otherwise: Value) -> Value:
        """One of two values, as a condition says; the first where there is none. A long condition is a local of that name."""
        if condition is None:
            return then
        from aib2packer.packer.expressions import Printer

        symbol = next(part.value for part in condition.symbols if isinstance(part, Expression))
        try:
            decided = Printer(self.references, NOW).piece(self.variables.put_back(symbol))
        except CannotPrintError as error:
            return then if self._folded(symbol, error, condition.span) is True else otherwise
        if len(decided.text) > _SHORT:
            decided = of_value(Local(name, decided.code))
        return conditional(decided, of_value(then), of_value(otherwise)).code

    def located(self, value: Number | Flag) -> Value:
        """A number or a boolean as HCL."""
        return self.value(value) if isinstance(value, Text) else value.value

    def _reference(self, piece: Piece, whole: Text, *, in_text: bool) -> Value:
        """The HCL that stands for a piece of the text `whole`; `in_text`: as a piece of a longer text, so itself a text."""
        match piece:
            case str():
                return piece
            case Segment(text, index, optional):
                parts = self._id_parts(text)
                segment = f"local.{parts.name}[{index}]"
                if optional:  # absent, or `latest`: azure-arm takes the latest where there is none
                    segment = f'length(local.{parts.name}) > {index} && {segment} != "latest" ? {segment} : null'
                return Code(segment, (parts,))
            case Placeholder() | Secret():
                return self.names[piece]
            case _:
                from aib2packer.packer.expressions import Printer, to_hcl

                self._report_uris(piece, whole.span)
                if (local := self.computed.get(piece)) is not None:
                    return local
                try:
                    if in_text and not (isinstance(piece, Apply) and piece.function == "uri"):
                        return Printer(self.references, NOW).part(piece)
                    return to_hcl(piece, self.references, NOW)
                except CannotPrintError as error:
                    return self._folded(piece, error, _place(piece, whole))

    def _report_uris(self, value: ArmSymbol, span: Span) -> None:
        uris = (part for part in walk(value) if isinstance(part, Apply) and part.function == "uri")
        if any(not starts(uri.arguments[1]) for uri in uris if not isinstance(uri.arguments[1], Lambda)):
            self.report.add(
                codes.URI,
                span,
                "what uri() resolves is taken to be a relative path: a URL, or a path that begins with `/`, is something else",
                help="Give it as a path such as scripts/install.sh.",
            )

    def _id_parts(self, text: Text) -> Local:
        """The local that holds the segments of an id; none where the id is null."""
        value = self.value(text)
        printed = print_value(value)
        parts = f'split("/", {printed})'
        if any(isinstance(part, Expression) and may_be_null(part.value) for part in text.parts) and len(text.parts) == 1:
            parts = f"{printed} != null ? {parts} : []"
        return Local(self.ids[text.parts], Code(parts, references(value)))

    def _folded(self, value: ArmSymbol, error: CannotPrintError, span: Span) -> Value:
        """What an expression comes to with the values and defaults that its parameters have, where HCL has nothing for it."""
        span = _blamed(span, error.function)
        named = without_names(value)
        known = self.resolve(named) if is_symbol(named) else named
        names = ", ".join(parameter.name for parameter in parameters_of(value))
        if isinstance(known, int) or (isinstance(known, str) and not find_secrets(known)):
            self.report.add(
                codes.FOLDED,
                span,
                f"the expression {describe(value)} cannot be written as HCL ({error}): it has the value that it has now",
                help=f"To build with another value of {names}, convert again with --set.",
            )
            return known
        self.report.add(
            codes.NO_HCL,
            span,
            f"the expression {describe(value)} cannot be written as HCL: {error}",
            help=_how_to_fold(value),
        )
        return ""


def _place(piece: ArmSymbol, text: Text) -> Span:
    """Where a piece of a text stands: a text that is joined from lines has the place of all of them."""
    named = without_names(piece)
    places = (part.span for part in text.parts if isinstance(part, Expression) and part.value == named)
    return next((place for place in places if place is not None), text.span)


def _blamed(span: Span, function: str) -> Span:
    """The name of a function in an expression; all of it where that is not there, for a variable may hold it."""
    found = re.search(rf"\b{re.escape(function)}\b(?=\s*\()", span.text, re.IGNORECASE)
    return span if found is None else span._replace(start=span.start + found.start(), end=span.start + found.end())


def _how_to_fold(value: SymbolicValue) -> str:
    """What the user can pass, so that an expression comes to something known."""
    options = [f"--set {shlex.quote(parameter.name)}=…" for parameter in parameters_of(value)]
    contexts = {leaf.function for leaf in leaves(value) if isinstance(leaf, Context)}
    options += ["--subscription-id ID"] if "subscription" in contexts else []
    options += ["--resource-group NAME --location REGION"] if "resourceGroup" in contexts else []
    return f"Give what it is made of a value: {' '.join(options)}" if options else "Write its value into the template."


def claim_names(template: ImageTemplate, report: Report, *, values_apart: bool) -> Symbols:
    """Give a name to each symbol: placeholders first, then parameters and what else expressions depend on, then secrets.

    Each in order of appearance; a name that is taken gets a number. `values_apart`: what the user gave goes into a file of its
    own, and not into the defaults.
    """
    texts = tuple(_texts(template))
    found = tuple(dict.fromkeys(symbol for text in texts for symbol in _symbols(text)))
    shapes = _id_shapes(texts)
    names: dict[Symbol, Variable] = {}
    taken: dict[str, Variable] = {}
    for symbol in found:
        if isinstance(symbol, Placeholder):
            name = _placeholder_name(symbol)
            variable = with_shape(_placeholder_variable(name, symbol), shapes.get(symbol, ()))
            names[symbol] = taken.setdefault(name, variable)
    values = tuple(symbol.value for symbol in found if isinstance(symbol, Expression))
    facts = {
        name: replace(fact, given=None) if values_apart and not isinstance(fact.given, KeyVaultSecret | ExternalValue) else fact
        for name, fact in template.parameters.items()
    }
    named_leaves = _claim_leaves(values, facts, shapes, taken, template.resolve)
    for secret in (*found, *(leaf for value in values for leaf in leaves(value))):
        if isinstance(secret, Secret) and secret not in names:
            name, what = _secret_name(secret)
            free = _free(name, taken)
            names[secret] = taken[free] = named_leaves[secret] = Variable(free, what, sensitive=True)
    wholes = {whole.parts: whole for text in texts for whole in _wholes(text)}
    pieces = tuple(_pieces(text) for text in (*texts, *wholes.values()))
    taken_locals = {*_local_names(named_leaves), *(f"{item.name}_folder" for item in named_leaves.values())}
    variables = name_variables(template.named, pieces, taken_locals, partial(_show, named_leaves))
    references: dict[Leaf, Variable | Local] = {**named_leaves, **dict(variables.locals.items())}
    computed = _computed(tuple(map(variables.put_back, values)), references)
    taken_locals = _local_names(references) | {local.name for local in computed.values()}
    ids: dict[tuple[str | Symbol, ...], str] = {}
    for parts, whole in wholes.items():
        ids[parts] = _free(f"{_id_name(variables.put_back_in(_pieces(whole)))}_parts", taken_locals)
        taken_locals.add(ids[parts])
    given = _given(named_leaves, template.parameters) if values_apart else {}
    return Symbols(
        names=names,
        leaves=named_leaves,
        variables=variables,
        references=references,
        computed=computed,
        ids=ids,
        order=tuple(taken),
        resolve=template.resolve,
        report=report,
        given=given,
        packer_version=_packer_version(values, named_leaves),
    )


def _local_names(references: Mapping[Leaf, Variable | Local]) -> set[str]:
    return {item.name for item in references.values() if isinstance(item, Local)}


def _id_shapes(texts: Iterable[Text]) -> IdShapes:
    """What must be an id, or the beginning of one, and its shape."""
    shapes: dict[Placeholder | Leaf, tuple[str, ...]] = {}
    for segment in (symbol for text in texts for symbol in text.symbols if isinstance(symbol, Segment)):
        first, *rest = segment.id.parts
        known = len(Text(tuple(rest), segment.id.span).split("/")) - 1
        begins = not rest or (isinstance(rest[0], str) and rest[0].startswith("/"))
        leaf = first.value if isinstance(first, Expression) else first
        if begins and known % 2 == 0 and isinstance(leaf, Placeholder | Parameter):
            shape = segment.shape[: len(segment.shape) - known // 2]
            shapes[leaf] = max(shape, shapes.get(leaf, ()), key=len)
    return shapes


def _show(
    leaves: Mapping[Leaf, Variable | Local], value: SymbolicValue, variables: Mapping[TemplateVariable, Local]
) -> Value | None:
    from aib2packer.packer.expressions import to_hcl

    try:
        return to_hcl(value, {**leaves, **dict(variables.items())}, NOW)
    except CannotPrintError:
        return None  # it is reported where it stands


def _computed(values: tuple[SymbolicValue, ...], named: Mapping[Leaf, Variable | Local]) -> dict[ArmSymbol, Local]:
    """Locals for the texts that are long to compute: from a table of several lines."""
    taken = {item.name for item in named.values()}
    locals_: dict[ArmSymbol, Local] = {}
    for value in values:
        if not is_symbol(value):
            continue
        printed = _show(named, value, {})
        if isinstance(printed, Code) and "\n" in printed.text:
            key = value.key if isinstance(value, Access) and isinstance(value.key, str) else "computed"
            name = _free(_identifier(key), taken)
            taken.add(name)
            locals_[value] = Local(name, printed)
    return locals_


def _given(named: Mapping[Leaf, Variable | Local], parameters: Mapping[str, ParameterFact]) -> dict[str, Value]:
    """The values that the user gave for what became a variable, but for secrets."""
    given: dict[str, Value] = {}
    for leaf, item in named.items():
        fact = parameters.get(leaf.name.lower()) if isinstance(leaf, Parameter) else None
        if fact is not None and not is_secret(fact) and (value := given_value(fact)) is not None:
            given[item.name] = value
    return given


def _packer_version(values: tuple[SymbolicValue, ...], named: Mapping[Leaf, Variable | Local]) -> str:
    if not values:
        return PACKER_VERSION
    from aib2packer.packer.expressions import required_version

    versions = []
    for value in values:
        try:
            versions.append(required_version(value, named))
        except CannotPrintError:
            continue  # it is reported where it stands
    return max((version for version in versions if version), default=PACKER_VERSION, key=_version_parts)


def _version_parts(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _claim_leaves(
    values: tuple[ArmSymbol, ...],
    parameters: Mapping[str, ParameterFact],
    shapes: IdShapes,
    taken: dict[str, Variable],
    resolve: Callable[[ArmSymbol], SymbolicValue],
) -> dict[Leaf, Variable | Local]:
    """Variables for what expressions depend on, and locals for parameters whose default is an expression itself."""
    if not values:
        return {}
    from aib2packer.packer.expressions import to_hcl

    needed = _closure(values, parameters)
    variables: dict[Leaf, Variable] = {
        leaf: with_shape(_leaf_variable(leaf, parameters, taken), shapes.get(leaf, ())) for leaf in needed
    }
    named: dict[Leaf, Variable | Local] = _claim_unique(values, variables, taken, resolve)
    for leaf in _defaults_first(needed, parameters):
        fact = parameters.get(leaf.name.lower()) if isinstance(leaf, Parameter) else None
        default = None if fact is None else computed_default(fact)
        if default is not None:
            variable = variables[leaf]
            try:
                computed = to_hcl(default, named, NOW)
            except CannotPrintError:
                named[leaf] = _required(variable, default)
                continue
            own = f"var.{variable.name}"
            chosen = Code(f"{own} != null ? {own} : {print_value(computed)}", (variable, *references(computed)))
            named[leaf] = Local(variable.name, chosen)
    return named


def _claim_unique(
    values: tuple[ArmSymbol, ...],
    variables: dict[Leaf, Variable],
    taken: dict[str, Variable],
    resolve: Callable[[ArmSymbol], SymbolicValue],
) -> dict[Leaf, Variable | Local]:
    """The variables, with what stands for `uniqueString`, which Packer cannot compute: the user must say what it was.

    A parameter that the template fills in with one where it is empty must be given.
    """
    answers: dict[Leaf, Variable] = {}
    for part in (part for value in values if any(map(_is_unique, walk(value))) for part in walk(value)):
        if not isinstance(part, If | Apply) or not any(map(_is_unique, walk(part))) or is_known(resolve(part)):
            continue
        answer = answer_of(part)
        if answer in answers:
            continue
        filled = with_fallback(part)
        if filled is not None and (own := variables.get(filled[0])) is not None:
            variables[filled[0]] = own if own.default else _required(own, filled[1])
            answers[answer] = variables[filled[0]]
        elif _is_unique(part):
            name = _free("unique_string", taken)
            description = f"What {describe(part)} was when the template was deployed."
            taken[name] = answers[answer] = Variable(name, description, sensitive=answer.secure)
    return {**variables, **answers}


def _is_unique(value: SymbolicValue | Lambda) -> bool:
    """Whether a value is `uniqueString` of something that is the same everywhere in the expression."""
    return (
        isinstance(value, Apply)
        and value.function == "uniqueString"
        and not any(isinstance(part, LambdaVariable) for part in walk(value))
    )


def _required(variable: Variable, default: SymbolicValue) -> Variable:
    """A variable whose default the template computes in a way that HCL cannot: the user must say."""
    computed = f"The template computed it: {describe(default)}." if is_symbol(default) else ""
    return replace(
        variable, default=None, description=sentences(variable.description, computed) if computed else variable.description
    )


def _defaults_first(
    needed: tuple[Parameter | Context | Runtime, ...], parameters: Mapping[str, ParameterFact]
) -> tuple[Leaf, ...]:
    """The leaves, each after those that its default depends on: never in a circle, for the evaluation would have refused it."""
    ordered: dict[Leaf, None] = {}

    def visit(leaf: Leaf) -> None:
        fact = parameters.get(leaf.name.lower()) if isinstance(leaf, Parameter) else None
        for other in leaves(computed_default(fact)) if fact is not None and leaf not in ordered else ():
            visit(other)
        ordered[leaf] = None

    for leaf in needed:
        visit(leaf)
    return tuple(leaf for leaf in ordered if leaf in needed)


def _closure(
    values: tuple[SymbolicValue, ...], parameters: Mapping[str, ParameterFact]
) -> tuple[Parameter | Context | Runtime, ...]:
    """The leaves of values, and those of the defaults of parameters among them."""
    found: dict[Parameter | Context | Runtime, None] = {}
    waiting = [leaf for value in values for leaf in leaves(value) if not isinstance(leaf, Deferred | Secret)]
    while waiting:
        leaf = waiting.pop(0)
        found.pop(leaf, None)
        found[leaf] = None
        fact = parameters.get(leaf.name.lower()) if isinstance(leaf, Parameter) else None
        default = None if fact is None else computed_default(fact)
        if default is not None:
            waiting += (leaf for leaf in leaves(default) if not isinstance(leaf, Deferred | Secret))
    declared = tuple(parameters)

    def rank(leaf: Parameter | Context | Runtime) -> tuple[int, int]:
        """What the deployment knows, then the parameters as they are declared, then what Azure answered."""
        if isinstance(leaf, Parameter):
            return 1, declared.index(leaf.name.lower()) if leaf.name.lower() in declared else len(declared)
        return (0, 0) if isinstance(leaf, Context) else (2, 0)

    return tuple(sorted(found, key=rank))


def _leaf_variable(
    leaf: Parameter | Context | Runtime, parameters: Mapping[str, ParameterFact], taken: dict[str, Variable]
) -> Variable:
    if isinstance(leaf, Context):
        if leaf == _GROUP_LOCATION and (own := _own_location(parameters, taken)) is not None:
            return own
        known = _CONTEXTS.get(leaf)
        name = snake_case("_".join((leaf.function, *map(str, leaf.path))))
        variable = known or Variable(name, "Only the deployment knows it.")
        return taken.setdefault(variable.name, variable)
    if isinstance(leaf, Parameter):
        name = _free(_identifier(leaf.name), taken)
        fact = parameters.get(leaf.name.lower())
        variable = Variable(name, sensitive=leaf.secure) if fact is None else declare(fact, name)
    else:
        name = _free(_identifier(_answer_name(leaf)), taken)
        variable = Variable(name, f"What {leaf.function} answered when the template was deployed.", sensitive=leaf.secure)
    taken[name] = variable
    return variable


def _answer_name(answer: Runtime) -> str:
    """A name for what Azure answers: the property that is asked for, of what where that alone says little."""
    last = next((str(part) for part in reversed(answer.path) if str(part) != "value"), answer.function)
    subject = answer.arguments[0] if answer.arguments else None
    return f"{subject.rsplit('/', 1)[-1]}_{last}" if last in {"id", "name"} and isinstance(subject, str) else last


def _own_location(parameters: Mapping[str, ParameterFact], taken: Mapping[str, Variable]) -> Variable | None:
    """The variable of a parameter that is the location of the resource group unless the user says otherwise."""
    for fact in parameters.values():
        if fact.default == _GROUP_LOCATION:
            return taken.get(_identifier(fact.parameter.name))
    return None


def _identifier(name: str) -> str:
    made = snake_case(name) or "value"
    if made.replace("_", "") in _SUBSCRIPTION_TOKENS:
        return SUBSCRIPTION.name
    return f"template_{made}" if made in _RESERVED or not made[0].isalpha() else made


def _placeholder_name(placeholder: Placeholder) -> str:
    return _identifier(placeholder.name)


def _placeholder_variable(name: str, placeholder: Placeholder) -> Variable:
    if name == SUBSCRIPTION.name:
        return SUBSCRIPTION
    return Variable(name, f"Fills in {placeholder.token} of the template.", sensitive=placeholder.secret)


def _secret_name(secret: Secret) -> tuple[str, str]:
    """A name for a secret's variable, and a description."""
    label = snake_case(secret.host.split(".")[0])
    if label and not label[0].isalpha():  # a storage account may be called 3contoso
        label = f"host_{label}"
    if not label:
        return "secret", "Secret that stood in the template."
    if not secret.query:
        return f"{label}_credentials", f"What stood before or in the URL of {secret.host} to sign in: user:password, or a key."
    if secret.host.endswith(_STORAGE_HOSTS):
        return f"{label}_sas_token", f"Signed query (SAS) for {secret.host}, without the question mark."
    return f"{label}_query", f"Query of a URL of {secret.host}, with what signs in there, without the question mark."


def _id_name(pieces: tuple[Piece, ...]) -> str:
    """A name for what an id is made of: the placeholder, the parameter or the variable that it is, else `id`."""
    match pieces:
        case (Placeholder() | Parameter() | TemplateVariable() as one,):
            return _identifier(one.name)
        case _:
            return "id"


def _free(name: str, taken: Collection[str]) -> str:
    number = 1
    free = name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def _symbols(text: Text) -> Iterator[Symbol]:
    for symbol in text.symbols:
        if isinstance(symbol, Segment):
            yield from _symbols(symbol.id)
        else:
            yield symbol


def _pieces(text: Text) -> tuple[Piece, ...]:
    """The pieces of a text, expressions as the symbols that they are."""
    return tuple(part.value if isinstance(part, Expression) else part for part in text.parts)


def _wholes(text: Text) -> Iterator[Text]:
    """The ids that segments in a text are taken from."""
    return (symbol.id for symbol in text.symbols if isinstance(symbol, Segment))


def _texts(value: object) -> Iterator[Text]:
    """All strings of a template that hold symbols, in order."""
    if not isinstance(value, Text):
        for part in _parts(value):
            yield from _texts(part)
    elif value.literal is None:
        yield value


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, Span):
        return ()
    if isinstance(value, ResourceId):
        return value.segments.values()  # what is used of it
    if isinstance(value, tuple):
        return value
    if isinstance(value, dict):
        return value.values()
    if is_dataclass(value) and not isinstance(value, type):
        return (getattr(value, field.name) for field in fields(value) if field.name not in _WITHOUT_TEXTS)
    return ()
