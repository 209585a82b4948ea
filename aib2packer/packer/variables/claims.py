"""Packer variables for what is only known when Packer runs. Names are claimed first, in one stated order, then used."""

from __future__ import annotations

from collections import Counter
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from aib2packer.aib.ids import MANAGED_IMAGE
from aib2packer.arm.documents.parameters import ExternalValue, KeyVaultSecret
from aib2packer.arm.language.symbolic import (
    Access,
    DeploymentFact,
    ParameterSymbol,
    Runtime,
    Secret,
    VariableSymbol,
    is_symbol,
    walk,
)
from aib2packer.arm.language.text import LateExpression, Placeholder, Segment, TemplateText, TextSymbol
from aib2packer.azure.clouds import STORAGE_SUFFIXES
from aib2packer.hcl.code import CannotPrintError
from aib2packer.hcl.names import snake_case
from aib2packer.hcl.values import HclCode, Local, Value, Variable
from aib2packer.lazy.models import replace
from aib2packer.packer.expressions.dates import NOW
from aib2packer.packer.variables.declared import BEGINNING, BLOB, given_value, has_type, with_shape
from aib2packer.packer.variables.dependencies import (
    Standing,
    claim_leaves,
    free_name,
    may_be_empty,
    placeholder_name,
    placeholder_variable,
    variable_name,
)
from aib2packer.packer.variables.ours import PACKER_VERSION, local_beside, sentences
from aib2packer.packer.variables.symbols import IdLocals, Symbols, local_names_of, pieces_of
from aib2packer.packer.variables.taken_apart import pieces_needed, with_pieces
from aib2packer.packer.variables.template_variables import name_variables
from aib2packer.packer.variables.texts import symbols_in, texts_in
from aib2packer.packer.variables.types_by_use import OBJECTS, OPTIONAL, types_by_use
from aib2packer.packer.variables.uses import uses_in
from aib2packer.text.secrets import option_before

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from aib2packer.aib.model import ImageTemplate
    from aib2packer.arm.documents.parameters import ParameterFact
    from aib2packer.arm.language.symbolic import ArmValue, Leaf, Symbol
    from aib2packer.findings.model import Report
    from aib2packer.packer.expressions.printer import Printer
    from aib2packer.packer.variables.template_variables import TextPiece

_FROM_TEXT = {"number", "bool"}  # what HCL makes of a text where it is needed
_WITH_OPTIONAL = "1.16.0"  # the first that knows optional() in types, and the last that functions ask for
_IDS_OF = {
    "galleries": "gallery",
    "images": "gallery_image",
    "versions": "gallery_image",
    "virtualnetworks": "network",
    "subnets": "subnet",
    "userassignedidentities": "identity",
}
"""What an id is called by the last of the names in it."""
_NAMED = Placeholder | ParameterSymbol | DeploymentFact | Runtime  # what stands for itself, as a variable
# More than ARM takes of variables and parameters together is an error already: no names are looked for then.
_MOST_NAMED = 512


def claim_names(
    template: ImageTemplate,
    texts: list[TemplateText],
    found: tuple[TextSymbol, ...],
    report: Report,
    *,
    values_apart: bool,
) -> Symbols:
    """Give a name to each symbol: placeholders first, then parameters and what else expressions depend on, then secrets.

    Each in order of appearance; a name that is taken gets a number.

    Args:
        template: What the template says, with the region of the build as its location.
        texts: The texts in it that hold symbols.
        found: These symbols, each once.
        report: Gets what is lost on the way to HCL.
        values_apart: Whether what the user gave goes into a file of its own, and not into the defaults.

    """
    from aib2packer.packer.expressions.printer import Printer

    shapes, objects = _id_shapes(texts) | _blobs(template), _in_place_of_objects(template)
    names: dict[TextSymbol, Variable] = {}
    taken: dict[str, Variable] = {}
    values = tuple(symbol.value for symbol in found if isinstance(symbol, LateExpression))
    parts = tuple(part for value in values for part in walk(value))
    looked_into = [leaf for leaf in parts if isinstance(leaf, ParameterSymbol) and leaf.is_placeholder]
    compared = {placeholder_name(Placeholder(leaf.name)) for leaf in looked_into}
    uses, alike = uses_in(template), _of_one_name((*found, *looked_into))
    for symbol in found:
        if isinstance(symbol, Placeholder):
            name = placeholder_name(symbol)
            variable = with_shape(placeholder_variable(name, symbol, uses.sentence(*alike[name])), shapes.get(symbol, ()))
            variable = uses.with_default(variable, *alike[name])
            variable = replace(variable, type=OBJECTS) if symbol in objects else variable
            if name in compared and variable.type in _FROM_TEXT:  # to HCL a number is no text, even of the same digits
                variable = replace(variable, type="string")
            names[symbol] = taken.setdefault(name, variable)
    facts = {
        name: replace(fact, given=None) if values_apart and not isinstance(fact.given, KeyVaultSecret | ExternalValue) else fact
        for name, fact in template.parameters.items()
    }
    unset = may_be_empty(parts)
    named_leaves = claim_leaves(values, facts, Standing(shapes, uses, unset), taken, template.resolve)
    used = [text for text in texts if text is not template.name]
    types = {
        leaf: type_ for leaf, type_ in types_by_use(used, objects).items() if type_ == OBJECTS or not _has_type(leaf, facts)
    }
    named_leaves |= {
        leaf: replace(variable, type=types[leaf])
        for leaf, variable in named_leaves.items()
        if leaf in types and isinstance(variable, Variable)
    }
    for leaf, needed in pieces_needed(_always(template, values)).items():
        if isinstance(own := named_leaves[leaf], Variable) and leaf not in shapes:
            named_leaves[leaf] = with_pieces(own, needed, may_be_empty=leaf in unset)
    secrets = [one for one in (*found, *parts) if isinstance(one, Secret)]
    for secret, (name, what) in _secret_names(dict.fromkeys(secrets), texts).items():
        if secret not in names:
            free = free_name(name, taken)
            names[secret] = taken[free] = named_leaves[secret] = Variable(free, what, sensitive=True)
    wholes = {segment.id.parts: segment for text in texts for segment in _segments(text)}
    pieces = tuple(pieces_of(text) for text in (*texts, *(segment.id for segment in wholes.values())))
    taken_locals = {*local_names_of(named_leaves), *(f"{item.name}_folder" for item in named_leaves.values())}
    named = template.named if len(template.named) <= _MOST_NAMED else ()
    variables = name_variables(named, pieces, taken_locals, partial(_show, named_leaves))
    references: dict[Leaf, Variable | Local] = {**named_leaves, **dict(variables.locals.items())}
    printer, shown = Printer(references, NOW), tuple(map(variables.put_back, values))
    computed = _computed(shown, printer, {item.name for item in references.values()})
    taken_locals = local_names_of(references) | {local.name for local in computed.values()}
    ids: dict[tuple[str | TextSymbol, ...], IdLocals] = {}
    for whole, segment in wholes.items():
        name = _id_name(variables.put_back_in(pieces_of(segment.id)), segment.shape)
        ids[whole] = IdLocals(
            free_name(f"{name}_parts", taken_locals), segment.shape, _is_checked(segment, named_leaves, unset)
        )
        taken_locals.add(ids[whole].parts)
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
        packer_version=_packer_version((*shown, *variables.bodies), printer),
    )


def _always(template: ImageTemplate, values: tuple[Symbol, ...]) -> Iterator[Symbol]:
    """The values that a build has in any case: a subnet may be there under a condition."""
    subnet = template.vm.subnet
    texts = texts_in(subnet) if subnet is not None and subnet.when is not None else ()
    perhaps = {symbol.value for text in texts for symbol in symbols_in(text) if isinstance(symbol, LateExpression)}
    return (value for value in values if value not in perhaps)


def _in_place_of_objects(template: ImageTemplate) -> frozenset[TextSymbol | Symbol]:
    """The parameters and placeholders that stand for a list of objects: data disks, or regions of a version."""
    disks = template.vm.data_disks_gb if isinstance(template.vm.data_disks_gb, TemplateText) else None
    texts = (disks, *(target.late_objects for target in template.targets))
    return frozenset(piece for text in texts if text is not None for piece in pieces_of(text) if not isinstance(piece, str))


def _id_shapes(texts: Iterable[TemplateText]) -> dict[Placeholder | Leaf, tuple[str, ...]]:
    """What must be an id, or the beginning of one, and its shape."""
    shapes: dict[Placeholder | Leaf, tuple[str, ...]] = {}
    for segment in (segment for text in texts for segment in _segments(text)):
        if (beginning := _beginning(segment)) is None:
            continue
        leaf, shape = beginning
        if shape == BEGINNING:
            shapes.setdefault(leaf, shape)
        else:
            known = shapes.get(leaf, ())
            shapes[leaf] = max(shape, () if known == BEGINNING else known, key=len)
    return shapes


def _beginning(segment: Segment) -> tuple[Placeholder | Leaf, tuple[str, ...]] | None:
    """What an id begins with, and the shape that it must have by itself; None where that is no variable, or has none."""
    first, *rest = segment.id.parts
    leaf = first.value if isinstance(first, LateExpression) else first
    may_be_null = isinstance(leaf, Runtime) and "virtualnetworks" in segment.shape
    if may_be_null or not isinstance(leaf, _NAMED):
        return None
    known = len(TemplateText(tuple(rest), segment.id.span).split("/")) - 1
    if rest and not (isinstance(rest[0], str) and rest[0].startswith("/")):  # where it ends is not known
        return leaf, BEGINNING
    return None if known % 2 else (leaf, segment.shape[: len(segment.shape) - known // 2])


def _is_checked(segment: Segment, leaves: Mapping[Leaf, Variable | Local], unset: frozenset[Leaf]) -> bool:
    """Whether the validation of one variable sees to it that an id can be taken apart."""
    beginning = _beginning(segment)
    if beginning is None or beginning[1] == BEGINNING:
        return False
    if isinstance(beginning[0], Placeholder):
        return True
    leaf, variable = beginning[0], leaves[beginning[0]]
    if not isinstance(variable, Variable):
        return False
    is_subnet = "virtualnetworks" in segment.shape  # which may be left out
    return is_subnet or not (variable.default == HclCode("null") or leaf in unset)


def _blobs(template: ImageTemplate) -> dict[Placeholder | Leaf, tuple[str, ...]]:
    """What must be the URI of a blob."""
    blobs = (target.blob for target in template.targets)
    lone = (pieces_of(blob)[0] for blob in blobs if blob is not None and len(blob.parts) == 1)
    return {piece: BLOB for piece in lone if isinstance(piece, _NAMED)}


def _has_type(leaf: Leaf, parameters: Mapping[str, ParameterFact]) -> bool:
    """Whether what a leaf stands for has a type of its own in HCL."""
    fact = parameters.get(leaf.name.lower()) if isinstance(leaf, ParameterSymbol) else None
    return fact is not None and has_type(fact)


def _show(leaves: Mapping[Leaf, Variable | Local], value: ArmValue, variables: Mapping[VariableSymbol, Local]) -> Value | None:
    from aib2packer.packer.expressions.printer import to_hcl

    try:
        return to_hcl(value, {**leaves, **dict(variables.items())}, NOW)
    except CannotPrintError:
        return None  # it is reported where it stands


def _computed(values: tuple[ArmValue, ...], printer: Printer, taken: set[str]) -> dict[Symbol, Local]:
    """Locals for the texts that are long to compute: from a table of several lines."""
    locals_: dict[Symbol, Local] = {}
    for value in values:
        if not is_symbol(value):
            continue
        try:
            printed = printer.value(value)
        except CannotPrintError:
            continue  # it is reported where it stands
        if isinstance(printed, HclCode) and "\n" in printed.text:
            key = value.key if isinstance(value, Access) and isinstance(value.key, str) else "computed"
            name = free_name(local_beside(variable_name(key)), taken)
            taken.add(name)
            locals_[value] = Local(name, printed)
    return locals_


def _given(named: Mapping[Leaf, Variable | Local], parameters: Mapping[str, ParameterFact]) -> dict[str, Value]:
    """The values that the user gave for what became a variable, but for secrets."""
    given: dict[str, Value] = {}
    for leaf, item in named.items():
        fact = parameters.get(leaf.name.lower()) if isinstance(leaf, ParameterSymbol) else None
        if fact is not None and not fact.secret and (value := given_value(fact)) is not None:
            given[item.name] = value
    return given


def _packer_version(values: tuple[ArmValue, ...], printer: Printer) -> str:
    if any(isinstance(item, Variable) and OPTIONAL in item.type for item in printer.references.values()):
        return _WITH_OPTIONAL
    needed: tuple[int, ...] = ()
    for value in values:
        try:
            needed = max(needed, printer.piece(value).version)
        except CannotPrintError:
            continue  # it is reported where it stands
    return ".".join(map(str, needed)) or PACKER_VERSION


def _of_one_name(symbols: Iterable[TextSymbol | ParameterSymbol]) -> dict[str, list[Placeholder | Leaf]]:
    """The placeholders that become one variable, by its name."""
    alike: dict[str, list[Placeholder | Leaf]] = {}
    for symbol in dict.fromkeys(symbols):
        if isinstance(symbol, Placeholder | ParameterSymbol):
            token = symbol if isinstance(symbol, Placeholder) else Placeholder(symbol.name)
            alike.setdefault(placeholder_name(token), []).append(symbol)
    return alike


def _secret_names(secrets: Iterable[Secret], texts: Iterable[TemplateText]) -> dict[Secret, tuple[str, str]]:
    """A name for each secret's variable, and a description: of one file where a host has several."""
    files: dict[Secret, dict[str, None]] = {}
    options: dict[Secret, str] = {}
    for before, one in (pair for text in texts for pair in pairwise(text.parts)):
        if isinstance(one, Secret) and isinstance(before, str):
            if before.endswith("?"):
                files.setdefault(one, {})[before.removesuffix("?").rpartition("/")[2]] = None
            if not one.host and (option := option_before(before)):
                options.setdefault(one, option)
    names = {secret: _secret_name(secret, options.get(secret, "")) for secret in secrets}
    alike = Counter(name for name, _ in names.values())
    for secret, (name, what) in names.items():
        first, *_ = behind = [file for file in files.get(secret, ()) if snake_case(file)] or [""]
        if alike[name] > 1 and first:
            names[secret] = f"{name}_{snake_case(first)}", sentences(what, f"It stands behind {' and '.join(behind)}.")
    return names


def _secret_name(secret: Secret, option: str) -> tuple[str, str]:
    """A name for a secret's variable, and a description."""
    label = snake_case(secret.host.split(".")[0])
    if label and not label[0].isalpha():  # a storage account may be called 3contoso
        label = f"host_{label}"
    if not label:
        what = f"Secret that a command of the template gave to the option {option}."
        return (snake_case(option.lstrip("-")), what) if option else ("secret", "Secret that stood in the template.")
    if not secret.query:
        return f"{label}_credentials", f"What stood before or in the URL of {secret.host} to sign in: user:password, or a key."
    if secret.host.endswith(STORAGE_SUFFIXES):
        return f"{label}_sas_token", f"Signed query (SAS) for {secret.host}, without the question mark."
    return f"{label}_query", f"Query of a URL of {secret.host}, with what signs in there, without the question mark."


def _id_name(pieces: tuple[TextPiece, ...], shape: tuple[str, ...]) -> str:
    """A name for an id: that of the placeholder, the parameter or the variable that it is, else of what it is an id of."""
    match pieces:
        case (Placeholder() | ParameterSymbol() | VariableSymbol() as one,):
            return variable_name(one.name)
        case _:
            return "managed_image" if shape == MANAGED_IMAGE else _IDS_OF.get(shape[-1] if shape else "", "id")


def _segments(text: TemplateText) -> Iterator[Segment]:
    """The segments in a text of ids that are only known as a whole."""
    return (symbol for symbol in text.symbols if isinstance(symbol, Segment))
