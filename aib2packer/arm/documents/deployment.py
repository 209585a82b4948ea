"""Deployment templates: their scopes, and the image templates in them, however deep.

Source: docs/reference/arm-expressions.md 1.4 to 1.7 and 3.3.
"""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from aib2packer.arm.documents.context import IMAGE_TEMPLATES
from aib2packer.arm.documents.deployment_outputs import answer
from aib2packer.arm.documents.parameters import (
    ExternalValue,
    KeyVaultSecret,
    Parameter,
    declared_parameters,
    hide,
    read_parameters,
)
from aib2packer.arm.documents.resource_type import FULL_TYPE, check_type, is_image_template, is_made_as_one
from aib2packer.arm.documents.variable_values import names_used
from aib2packer.arm.evaluation.budget import NODE, STEP, Budget, LimitError
from aib2packer.arm.evaluation.evaluate import evaluate_again, evaluate_definition, evaluate_json, evaluate_node
from aib2packer.arm.evaluation.loops import MAX_ROUNDS
from aib2packer.arm.evaluation.scope import Definition, Deployment, Level, Memory, Scope, user_functions, variable_definitions
from aib2packer.arm.language.describe import in_terraform, parameter_word, settings_for
from aib2packer.arm.language.expression import ExpressionError
from aib2packer.arm.language.json_values import JsonSymbolic, is_null, value_of
from aib2packer.arm.language.symbolic import ParameterSymbol, is_symbol, parameters_of
from aib2packer.findings import codes
from aib2packer.findings.model import Finding
from aib2packer.jsonc.tree import Json, JsonArray, JsonObject, JsonScalar, string_of
from aib2packer.lazy.models import dataclass, replace
from aib2packer.lazy.patterns import pattern
from aib2packer.terraform.syntax import TfUnwritten
from aib2packer.text.secrets import find_secrets
from aib2packer.text.source import SourceText, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from aib2packer.arm.documents.context import Context
    from aib2packer.arm.documents.parameters import Given
    from aib2packer.arm.language.symbolic import ArmValue, Symbol, Type
    from aib2packer.findings.model import Report

DEPLOYMENT = "microsoft.resources/deployments"
_DEPLOYMENT = 100  # of work: to look at a round of its loop, and into what it deploys
_IMAGE = 60  # of work: to look at a round of its loop
_RESOURCE = 200  # of work: to look at a round of the loop of any other resource, and for what concerns an image
_SHAPELESS: dict[str, Type] = {"string": "string", "securestring": "string", "int": "int", "bool": "bool"}
_PARAMETER = pattern(r"(?i)\bparameters\(\s*'([\w.-]+)'\s*\)")
_NOWHERE = Span(SourceText("expression", ""), 0, 0)
_NOT_OF_THE_IMAGE = {"dependson", "copy", "condition", "comments"}


@dataclass(frozen=True, slots=True)
class Scopes:
    """Two views of one scope: in `symbolic` scalar parameters are symbols, in `resolved` they have what values there are."""

    symbolic: Scope
    resolved: Scope

    def with_loop(self, name: str, index: int) -> Scopes:
        """The scopes inside one round of a `copy`."""
        return Scopes(self.symbolic.with_loop(name, index), self.resolved.with_loop(name, index))


@dataclass(frozen=True, slots=True)
class Deployed:
    """A resource of a deployment template, its `type` in lower case, and the scopes to evaluate it in.

    `around` are the resources that it stands in; `failure` is why an image template cannot be converted, if that shows before.
    """

    type: str
    body: JsonObject
    scopes: Scopes
    around: tuple[Deployed, ...] = ()
    failure: Finding | None = None


class _RoundsError(Exception):
    """Whether, or how often, something is deployed cannot be told, or cannot be."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


@dataclass(frozen=True, slots=True)
class Root:
    """A template at the top of a document, with what the user says about it, and what evaluating it may cost altogether."""

    template: JsonObject
    parameters: Mapping[str, Parameter]
    values: Mapping[str, Given]
    context: Context
    budget: Budget

    def scopes(self, *, secrets: bool = False) -> Scopes:
        """The scopes of the template. `secrets`: the resolved one has the values too that must stay out of the output."""
        context, parameters = self.context, self.parameters
        deployment = _deployment(self.template, context)
        known = {name: _known(parameter, self.values.get(name)) for name, parameter in parameters.items()}
        symbolic = {
            name: _definition(parameter, known[name], fold=context.fold or name in context.shape)
            for name, parameter in parameters.items()
        }
        resolved = {
            name: _definition(parameter, known[name], fold=True, secrets=secrets) for name, parameter in parameters.items()
        }
        return Scopes(*(_scope(self.template, one, deployment, self.budget) for one in (symbolic, resolved)))


def walk(template: JsonObject, scopes: Scopes, context: Context, report: Report) -> tuple[Deployed, ...]:
    """All that a template deploys, nested deployments included, but not what it only looks up (`existing`).

    Only what leads to an image template is evaluated for that: the other resources are as they stand, a loop or a condition of
    theirs not looked at (`deployed_beside` does).
    """
    found: list[Deployed] = []
    try:
        found += _walk(template.get("resources"), scopes, (), context, report)
    except LimitError as error:
        report_error(error, template.span, report)
        return ()
    return tuple(found)


def deployed_beside(everything: Sequence[Deployed]) -> tuple[Deployed, ...]:
    """The resources beside image templates, round by round of their loops, without those whose condition is known to be false.

    What of that cannot be evaluated does not count: it is not what is converted.
    """
    beside = (deployed for deployed in everything if deployed.type not in IMAGE_TEMPLATES)
    return tuple(one for deployed in beside for one in _quiet_rounds(deployed) if not _is_known_to_be_off(one))


def counted_by(deployed: Deployed) -> frozenset[str]:
    """The parameters, in lower case, that are lists or objects and say how often an image template is made."""
    loops = (one.body.get("copy") for one in (*deployed.around, deployed))
    counts = (loop.get("count") for loop in loops if isinstance(loop, JsonObject))
    values = (_value_or_none(count, deployed.scopes.symbolic) for count in counts if count is not None)
    named = (parameter for value in values for parameter in parameters_of(value))
    return frozenset(parameter.name.lower() for parameter in named if parameter.type in {"array", "object"})


def _quiet_rounds(deployed: Deployed) -> Iterator[Deployed]:
    loop = deployed.body.get("copy")
    count = loop.get("count") if isinstance(loop, JsonObject) else None
    number = None if count is None else _value_or_none(count, deployed.scopes.resolved)
    if not isinstance(loop, JsonObject) or not isinstance(number, int) or not 0 <= number <= MAX_ROUNDS:
        yield deployed
        return
    budget = deployed.scopes.resolved.memory.budget
    for index in range(number):
        if not budget.has(_RESOURCE):
            return
        budget.pay(_RESOURCE)
        yield replace(deployed, scopes=deployed.scopes.with_loop(string_of(loop.get("name")) or "", index))


def _is_known_to_be_off(deployed: Deployed) -> bool:
    conditions = [one.body.get("condition") for one in (*deployed.around, deployed)]
    return any(
        condition is not None and _value_or_none(condition, deployed.scopes.resolved) is False for condition in conditions
    )


def _value(node: Json, scope: Scope) -> ArmValue:
    """What a setting comes to. Each round of a loop makes it anew, and pays for it."""
    made = evaluate_json(node, scope)
    scope.memory.budget.pay_for_reading((made,))
    return value_of(made)


def _value_or_none(node: Json, scope: Scope) -> ArmValue:
    try:
        scope.memory.budget.pay(STEP)
        return _value(node, scope)
    except ExpressionError:
        return None


def report_shape(parameters: Mapping[str, Parameter], scopes: Scopes, context: Context, report: Report) -> None:
    """Say which parameters have become part of the output: they decide what is built, or are lists or objects of some kind."""
    used = names_used(scopes.symbolic)
    for name, parameter in parameters.items():
        known = scopes.symbolic.parameters[name]
        if isinstance(known.value, JsonSymbolic):
            continue
        if parameter.type not in {"array", "object"}:
            if name in context.shape:
                _report_scalar(parameter, known, scopes, report)
        elif (parameter.default is not None and name in used and not known.literal) or (
            name in context.shape and is_null(known.value)
        ):
            what, sample = ("a list", "'[…]'") if parameter.type == "array" else ("an object", "'{…}'")
            _report_folded(parameter, f"is {what}: the output is for its default", sample, report)


def _report_scalar(parameter: Parameter, known: Definition, scopes: Scopes, report: Report) -> None:
    try:
        value = evaluate_definition("parameter", known, scopes.symbolic)
    except ExpressionError:
        return  # it is reported where it is needed
    shown = f"`{json.dumps(value.value, ensure_ascii=False)}`" if isinstance(value, JsonScalar) else "its value"
    _report_folded(parameter, f"decides what is built: the output is for {shown}", "…", report)


def _report_folded(parameter: Parameter, why: str, sample: str, report: Report) -> None:
    report.add(
        codes.FOLDED,
        parameter.span,
        f"the {parameter_word(parameter.span)} {parameter.name} {why}, and has no variable for it",
        help=f"To build with another value, convert again with --set {shlex.quote(parameter.name)}={sample}",
    )


def resolver(scopes: Callable[[], Scopes]) -> Callable[[Symbol], ArmValue]:
    """What gives a symbol its value, as far as the parameters have any; the scopes are made when one is asked for."""
    made: list[Scopes] = []

    def resolve(symbol: Symbol) -> ArmValue:
        if not made:
            made.append(scopes())
        return evaluate_again(symbol, _NOWHERE, made[0].resolved)

    return resolve


def evaluate_resource(deployed: Deployed, report: Report) -> JsonObject | None:
    """The body of a resource, evaluated as far as it can be, without what only deploying needs; None after an error."""
    wanted = JsonObject(
        tuple(member for member in deployed.body if member.key.lower() not in _NOT_OF_THE_IMAGE), deployed.body.span
    )
    try:
        evaluated = evaluate_json(wanted, deployed.scopes.symbolic)
    except ExpressionError as error:
        report_error(error, deployed.body.span, report)
        return None
    return evaluated if isinstance(evaluated, JsonObject) else None


def name_of(deployed: Deployed) -> str:
    """The name of a resource, with the values that the parameters have; as an expression where it is not known."""
    name = deployed.body.get("name")
    if name is None:
        return "(no name)"
    try:
        value = evaluate_json(name, deployed.scopes.resolved)
    except ExpressionError:
        loop = deployed.body.get("copy")
        return (string_of(loop.get("name")) if isinstance(loop, JsonObject) else string_of(name)) or "(no name)"
    return value.shown if isinstance(value, JsonSymbolic) else string_of(value) or "(no name)"


def report_error(error: ExpressionError, otherwise: Span, report: Report) -> None:
    """Record what is wrong with an expression."""
    report.record(_as_finding(error, otherwise))


def _as_finding(error: ExpressionError, otherwise: Span) -> Finding:
    return Finding(codes.EXPRESSION, error.span or otherwise, error.message, error.help or "Correct the expression.")


def default_of(parameter: Parameter, scope: Scope, report: Report) -> ArmValue:
    """The default of a parameter, evaluated where its other parameters are symbols."""
    if parameter.default is None:
        return None
    try:
        return value_of(evaluate_definition("default", Definition(parameter.name, parameter.default), scope))
    except ExpressionError as error:
        report_error(error, parameter.span, report)
        return None


def _scope(template: JsonObject, parameters: dict[str, Definition], deployment: Deployment, budget: Budget) -> Scope:
    variables, functions = template.get("variables"), template.get("functions")

    def reference(function: str, arguments: tuple[ArmValue, ...]) -> Json | None:
        return answer(template.get("resources"), scope, _scope_inside, function, arguments)

    scope = Scope(
        parameters,
        variable_definitions(variables) if isinstance(variables, JsonObject) else {},
        user_functions(functions) if isinstance(functions, JsonArray) else {},
        deployment,
        reference,
        memory=Memory(budget=budget),
    )
    return scope


def _scope_inside(item: JsonObject, template: JsonObject, outer: Scope) -> Scope:
    """The scope that the outputs of a nested deployment are evaluated in."""
    properties = item.get("properties")
    if not isinstance(properties, JsonObject) or not _is_inner(properties):
        return outer
    return _inner_scope(template, declared_parameters(template), properties.get("parameters"), item, outer)


def _is_inner(properties: JsonObject) -> bool:
    options = properties.get("expressionEvaluationOptions")
    return isinstance(options, JsonObject) and (string_of(options.get("scope")) or "").lower() == "inner"


def _deployment(template: JsonObject, context: Context) -> Deployment:
    schema = (string_of(template.get("$schema")) or "").rsplit("/", 1)[-1].lower().removesuffix("#").removesuffix(".json")
    level = next((level for level in Level if level.value.lower() == schema), Level.RESOURCE_GROUP)
    deployment = Deployment(level, cloud=context.cloud)
    if context.subscription_id is not None:
        deployment = replace(deployment, subscription_id=context.subscription_id)
    if context.resource_group is not None:
        deployment = replace(deployment, resource_group=context.resource_group)
    if context.location is not None:
        deployment = replace(deployment, location=context.location)
    return deployment


def _known(parameter: Parameter, given: Given | None) -> Definition | None:
    """The value of a parameter, where it has one."""
    if isinstance(given, KeyVaultSecret | ExternalValue):
        return None
    explicit_null = isinstance(given, JsonScalar) and given.value is None
    if given is not None and not (explicit_null and not parameter.nullable):  # null in a file means: use the default
        return Definition(parameter.name, given, literal=True)
    if parameter.default is not None:
        return Definition(parameter.name, parameter.default)
    if parameter.nullable:
        return Definition(parameter.name, JsonScalar(None, parameter.span), literal=True)
    return None


def _definition(parameter: Parameter, known: Definition | None, *, fold: bool, secrets: bool = False) -> Definition:
    """A parameter in a scope: a symbol, unless its value must stand in the output, or is a list or an object of expressions."""
    kind = _SHAPELESS.get(parameter.type)
    stands_there = known is not None and (fold or (kind is None and not _is_data(known.value, parameter)))
    if known is not None and stands_there and (secrets or not _is_secret(known.value, parameter)):
        return known
    symbol = ParameterSymbol(
        parameter.name,
        kind or ("array" if parameter.type == "array" else "object"),
        secure=parameter.secure,
        nullable=parameter.nullable,
        untyped=parameter.untyped,
    )
    return Definition(parameter.name, JsonSymbolic.of(symbol, parameter.span), literal=True)


def _is_secret(value: Json, parameter: Parameter) -> bool:
    return parameter.secure or bool(find_secrets(string_of(value) or ""))


def _is_data(value: Json, parameter: Parameter) -> bool:
    """Whether an array or an object can be the value of a variable as it stands."""
    return is_null(value) or (
        isinstance(value, JsonArray | JsonObject) and _is_plain(value, in_template=not in_terraform(parameter.span))
    )


def _is_plain(value: Json, *, in_template: bool) -> bool:
    match value:
        case JsonArray(items):
            return all(_is_plain(item, in_template=in_template) for item in items)
        case JsonObject(members):
            return all(_is_plain(member.value, in_template=in_template) for member in members)
        case JsonScalar(str() as text):
            return not text.startswith("[") and not find_secrets(text)
        case JsonScalar(None | bool()):  # ARM writes True where HCL writes true, and knows null from what is not there
            return not in_template
        case _:
            return isinstance(value, JsonScalar)


def _walk(
    resources: Json | None, scopes: Scopes, around: tuple[Deployed, ...], context: Context, report: Report
) -> Iterator[Deployed]:
    parent = around[-1].type if around else ""
    items: tuple[Json, ...] = ()
    if isinstance(resources, JsonArray):
        items = resources.items
    elif isinstance(resources, JsonObject):  # languageVersion 2.0: by symbolic names
        items = tuple(member.value for member in resources)
    for item in items:
        if not isinstance(item, JsonObject) or _exists(item):
            continue
        scopes.resolved.memory.budget.pay(NODE)
        kind = (string_of(item.get("type")) or "").lower()
        kind = f"{parent}/{kind}" if parent and "/" not in kind.split(".")[-1] and "." not in kind else kind
        if kind in IMAGE_TEMPLATES or is_made_as_one(item):
            if kind not in IMAGE_TEMPLATES:
                check_type(item, report)
            kind = FULL_TYPE.lower()  # that of a trigger in it goes on from there
        whole = Deployed(kind, item, scopes, around)
        yield from _found_in(whole, context, report)
        yield from _walk(item.get("resources"), scopes, (*around, whole), context, report)


def _found_in(whole: Deployed, context: Context, report: Report) -> Iterator[Deployed]:
    """A resource, round by round where it is an image template; of a nested deployment what that deploys."""
    item = whole.body
    if whole.type in IMAGE_TEMPLATES:
        yield from _images_in(whole, report)
    elif whole.type == DEPLOYMENT and _leads_to_images(item):
        if _is_out_of_sight(whole, context, report):
            return
        try:
            any_round = False
            for inside, off in _rounds(item, whole.scopes, _DEPLOYMENT, report):
                any_round = True
                if not off:
                    yield from _nested(item, inside, context, report)
                elif _holds_images(item):
                    _report_left_out(replace(whole, scopes=inside), report)
            if not any_round and _holds_images(item):
                _report_no_round(whole, report)
        except _RoundsError as error:
            report.record(error.finding)
    elif whole.type == DEPLOYMENT:
        yield from _beside(item, whole.scopes)
    else:
        yield whole


def _is_out_of_sight(whole: Deployed, context: Context, report: Report) -> bool:
    """Whether a nested deployment links to what is not deployed, or cannot be read, which is told: its loop matters to none."""
    properties, condition = whole.body.get("properties"), whole.body.get("condition")
    if not isinstance(properties, JsonObject) or isinstance(properties.get("template"), JsonObject):
        return False
    if condition is not None and _value_or_none(condition, whole.scopes.resolved) is False:
        return True
    return _linked(properties, context, report) is None


def _images_in(whole: Deployed, report: Report) -> Iterator[Deployed]:
    """An image template, round by round. One that cannot be read fails by itself, when it is converted."""
    if isinstance(why := whole.body.get("properties"), TfUnwritten):
        yield replace(whole, failure=Finding(codes.TERRAFORM, why.span, why.what, why.help))
        return
    try:
        any_round = False
        for inside, off in _rounds(whole.body, whole.scopes, _IMAGE, report):
            any_round = True
            one = replace(whole, scopes=inside)
            if off:
                _report_left_out(one, report)
            else:
                yield one
        if not any_round:
            _report_no_round(whole, report)
    except _RoundsError as error:
        yield replace(whole, failure=error.finding)


def _report_left_out(deployed: Deployed, report: Report) -> None:
    """Say of an image template, or of a deployment that holds one, why it is not converted, and which values switch it."""
    condition = deployed.body.get("condition")
    if condition is not None:
        _add_left_out(deployed, condition, "its condition is false", "change its condition", report)


def _report_no_round(deployed: Deployed, report: Report) -> None:
    """Say the same of a loop that has no round."""
    loop = deployed.body.get("copy")
    count = loop.get("count") if isinstance(loop, JsonObject) else None
    if count is not None:
        _add_left_out(deployed, count, "it is made 0 times", "change how often it is made", report)


def _add_left_out(deployed: Deployed, decides: Json, why: str, otherwise: str, report: Report) -> None:
    what = "the image template" if deployed.type in IMAGE_TEMPLATES else "the image template in the deployment"
    named = (parameter.setting for parameter in parameters_of(_value_or_none(decides, deployed.scopes.symbolic)))
    # Of lists and objects, which have their values there too, the text of the expression tells.
    switches = tuple(dict.fromkeys(named)) or tuple(dict.fromkeys(_PARAMETER.findall(string_of(decides) or "")))
    help_text = f"To convert it, {otherwise}."
    if switches:
        given = settings_for(switches)
        other = "another value" if len(switches) == 1 else "other values"
        help_text = f"To convert it, give {' and '.join(switches)} {other}: {given}, or a file with -p."
    report.add(codes.LEFT_OUT, decides.span, f"{what} {name_of(deployed)} is skipped: {why}", help=help_text)


def _exists(item: JsonObject) -> bool:
    existing = item.get("existing")
    return isinstance(existing, JsonScalar) and existing.value is True


def _rounds(item: JsonObject, scopes: Scopes, work: int, report: Report) -> Iterator[tuple[Scopes, bool]]:
    """The scopes of each round of a resource's `copy`, and whether its condition is false there; one round without a loop.

    Each round costs that much work.

    Raises:
        _RoundsError: How many rounds there are, or whether one is deployed, cannot be told.

    """
    told = False
    for inside in _loop(item, scopes):
        scopes.resolved.memory.budget.pay(work)
        holds = _condition(item, inside.resolved)
        if is_symbol(holds) and not told:
            told = True
            _report_unknown_condition(Deployed("", item, inside), holds, report)
        yield inside, holds is False


def _condition(item: JsonObject, resolved: Scope) -> ArmValue:
    condition = item.get("condition")
    if condition is None:
        return True
    try:
        value = _value(condition, resolved)
    except LimitError:
        raise
    except ExpressionError as error:
        raise _RoundsError(_as_finding(error, condition.span)) from None
    if value is not None and not isinstance(value, bool) and not is_symbol(value):
        message = "a condition is true or false, and this is neither"
        raise _RoundsError(Finding(codes.WRONG_TYPE, condition.span, message, "Write a boolean."))
    return value


def _report_unknown_condition(deployed: Deployed, holds: ArmValue, report: Report) -> None:
    item = deployed.body
    which = "this" if item.get("name") is None else name_of(deployed)
    to_fill_in = [one.setting for one in parameters_of(holds) if one.is_placeholder]
    given = settings_for(to_fill_in) or "--set NAME=…"
    what = "placeholders" if to_fill_in else "parameters"
    report.add(
        codes.CONDITION,
        (item.get("condition") or item).span,
        f"whether {which} is deployed is not known; it is assumed to be",
        help=f"Give the {what} of the condition a value: {given}, or a parameters file with -p.",
    )


def _loop(item: JsonObject, scopes: Scopes) -> Iterator[Scopes]:
    """The scopes of each round of a resource's `copy`; the scopes as they are where it has none.

    Raises:
        _RoundsError: How many rounds there are is not known, or cannot be.

    """
    loop = item.get("copy")
    if not isinstance(loop, JsonObject):
        yield scopes
        return
    name, count = string_of(loop.get("name")) or "", loop.get("count")
    word = item.key_span("copy").text.strip('"')  # Terraform has words of its own
    what = f"`{word}` repeats {name or 'this resource'}"
    try:
        number = None if count is None else _value(count, scopes.resolved)
    except LimitError:
        raise
    except ExpressionError as error:
        raise _RoundsError(_as_finding(error, loop.span)) from None
    if number is not None and not isinstance(number, int) and not is_symbol(number):
        message = f"how often {what} is no whole number"
        raise _RoundsError(Finding(codes.WRONG_TYPE, loop.span, message, "Write a number."))
    if not isinstance(number, int):
        names = [] if number is None or not is_symbol(number) else [one.setting for one in parameters_of(number)]
        given = settings_for(names) or "--set NAME=…"
        remedy = f"Give what it depends on a value: {given}, or a file of values with -p."
        if not names and word in {"for_each", "count"}:
            remedy = "Write the map in its place, or convert what `terraform show -json` prints of a plan: it has them all."
        raise _RoundsError(Finding(codes.SHAPE, loop.span, f"how often {what} is not known", remedy))
    if not 0 <= number <= MAX_ROUNDS:
        raise _RoundsError(
            Finding(
                codes.OUT_OF_RANGE,
                loop.span,
                f"{what} {number} times: ARM takes 0 to {MAX_ROUNDS}",
                "Write a smaller number.",
            )
        )
    for index in range(number):
        yield scopes.with_loop(name, index)


def _leads_to_images(item: JsonObject) -> bool:
    """Whether an image template may be in a nested deployment: one stands there, or it links to what must be read for that."""
    properties = item.get("properties")
    if not isinstance(properties, JsonObject):
        return False
    template = properties.get("template")
    return any(map(_is_image_or_link, _resources_in(template))) if isinstance(template, JsonObject) else True


def _holds_images(item: JsonObject) -> bool:
    """Whether an image template stands in a nested deployment."""
    properties = item.get("properties")
    template = properties.get("template") if isinstance(properties, JsonObject) else None
    resources = _resources_in(template) if isinstance(template, JsonObject) else ()
    return any(map(is_image_template, resources))


def _is_image_or_link(item: JsonObject) -> bool:
    kind = (string_of(item.get("type")) or "").lower()
    properties = item.get("properties")
    linked = isinstance(properties, JsonObject) and properties.get("templateLink") is not None
    return is_image_template(item) or (kind == DEPLOYMENT and linked)


def _resources_in(template: JsonObject) -> Iterator[JsonObject]:
    """All resources of a template and of those nested in it, as they stand."""
    waiting: list[Json | None] = [template.get("resources")]
    while waiting:
        resources = waiting.pop()
        members = resources if isinstance(resources, JsonObject) else ()
        for item in (*(resources.items if isinstance(resources, JsonArray) else ()), *(member.value for member in members)):
            if isinstance(item, JsonObject):
                yield item
                properties = item.get("properties")
                nested = properties.get("template") if isinstance(properties, JsonObject) else None
                waiting += [item.get("resources"), nested.get("resources") if isinstance(nested, JsonObject) else None]


def _beside(item: JsonObject, scopes: Scopes) -> Iterator[Deployed]:
    """What a nested deployment without an image template deploys."""
    properties = item.get("properties")
    template = properties.get("template") if isinstance(properties, JsonObject) else None
    if not isinstance(properties, JsonObject) or not isinstance(template, JsonObject):
        return
    try:
        inside = (
            _scopes_of(template, declared_parameters(template), properties, item, scopes) if _is_inner(properties) else scopes
        )
    except ExpressionError:
        return  # it is not what is converted
    for one in _resources_in(template):
        yield Deployed((string_of(one.get("type")) or "").lower(), one, inside, (Deployed(DEPLOYMENT, item, scopes),))


def _nested(item: JsonObject, scopes: Scopes, context: Context, report: Report) -> Iterator[Deployed]:
    """What a nested deployment deploys. Its expressions belong to the outer template, unless it says `inner`."""
    properties = item.get("properties")
    if not isinstance(properties, JsonObject):
        return
    template = properties.get("template")
    inner = _is_inner(properties)
    if not isinstance(template, JsonObject):
        linked = _linked(properties, context, report)
        if linked is None:
            return
        (template, context), inner = linked, True  # a linked template is always a scope of its own
    if not inner:
        yield from _walk(template.get("resources"), scopes, (), context, report)
        return
    try:
        inside = _scopes_of(template, read_parameters(template, report), properties, item, scopes)
    except LimitError:
        raise
    except ExpressionError as error:
        report_error(error, item.span, report)
        return
    yield from _walk(template.get("resources"), inside, (), context, report)


def _scopes_of(
    template: JsonObject, declared: Mapping[str, Parameter], properties: JsonObject, item: JsonObject, outer: Scopes
) -> Scopes:
    """The scopes inside a nested template that is one of its own, with the parameters that it declares."""
    given = properties.get("parameters")
    return Scopes(*(_inner_scope(template, declared, given, item, scope) for scope in (outer.symbolic, outer.resolved)))


def _linked(properties: JsonObject, context: Context, report: Report) -> tuple[JsonObject, Context] | None:
    """The template that a deployment links to by a relative path, and the context in it; None where it cannot be had."""
    link = properties.get("templateLink")
    if not isinstance(link, JsonObject):
        return None
    path = string_of(link.get("relativePath"))
    within = None if path is None else context.linked(path)
    found = None if within is None else context.read_linked(within.links[-1], report)
    if within is not None and isinstance(found, JsonObject):
        return found, within
    name = path or string_of(link.get("uri")) or string_of(link.get("id")) or "without a path"
    leads_out = within is not None and within.links[-1].startswith("..")
    report.add(
        codes.LINKED_TEMPLATE,
        link.span,
        f"the linked template {name} is not read: any image template in it is missed",
        help="Give the folder that holds both: links are followed only within what is given."
        if leads_out
        else "Convert the linked template by itself, or put it into this one: `az bicep build --file FILE` does.",
    )
    return None


def _inner_scope(
    template: JsonObject, declared: Mapping[str, Parameter], given: Json | None, item: JsonObject, outer: Scope
) -> Scope:
    """The scope inside a nested template: its parameters have the values that the outer one passes, or their defaults."""
    parameters: dict[str, Definition] = {}
    if isinstance(given, JsonScalar):  # all of them are one expression
        given = evaluate_json(given, outer)
    for name, parameter in declared.items():
        entry = given.get(parameter.name) if isinstance(given, JsonObject) else None
        passed = _passed(parameter.name, entry, outer)
        if passed is None or _takes_default(parameter, passed, outer):
            passed = _definition(parameter, _known(parameter, None), fold=True)
        elif parameter.secure and _is_written_out(passed, outer):
            hide(passed.value)
            passed = _definition(parameter, None, fold=True)
        parameters[name] = passed
    return _scope(template, parameters, _target(item, outer), outer.memory.budget)


def _passed(name: str, entry: Json | None, outer: Scope) -> Definition | None:
    """What the outer template passes for a parameter; None for nothing."""
    if isinstance(entry, JsonScalar) and isinstance(entry.value, str):  # the whole entry is one expression
        whole = evaluate_node(entry, outer)
        if not isinstance(whole, JsonObject):
            return Definition(name, JsonScalar(f"[tryGet({entry.value[1:-1]}, 'value')]", entry.span), scope=outer)
        value = whole.get("value")
        return None if value is None else Definition(name, value, literal=True)
    if not isinstance(entry, JsonObject):
        return None
    loops = entry.get("copy")
    if isinstance(loops, JsonArray) and loops.items:
        return Definition(name, loops.items[0], scope=outer, loop=True)
    value = entry.get("value")
    return None if value is None else Definition(name, value, scope=outer)


def _is_written_out(passed: Definition, outer: Scope) -> bool:
    """Whether what is passed stands in the template, and not in a parameter of the outer one."""
    try:
        return not isinstance(evaluate_definition("parameter", passed, outer), JsonSymbolic)
    except ExpressionError:
        return False  # it is told where it is needed


def _takes_default(parameter: Parameter, passed: Definition, outer: Scope) -> bool:
    """Whether a parameter is passed null, which means its default unless it may be null itself."""
    if parameter.nullable or parameter.default is None or passed.loop:
        return False
    try:
        return is_null(passed.value if passed.literal else evaluate_node(passed.value, outer))
    except ExpressionError:
        return False  # it is reported where it is needed


def _target(item: JsonObject, outer: Scope) -> Deployment:
    """What a nested deployment deploys to: `resourceGroup` and `subscriptionId` of it, else what the outer one deploys to."""
    target = replace(outer.deployment, level=Level.RESOURCE_GROUP)
    if (group := item.get("resourceGroup")) is not None:
        target = replace(target, resource_group=_value(group, outer))
    if (subscription := item.get("subscriptionId")) is not None:
        target = replace(target, subscription_id=_value(subscription, outer))
    return target
