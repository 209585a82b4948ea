"""Finding the image template in a document, whatever form it has."""

from __future__ import annotations

from functools import partial
from itertools import chain
from shlex import quote
from typing import TYPE_CHECKING, NamedTuple

from aib2packer.arm.documents.context import IMAGE_TEMPLATES, Shown
from aib2packer.arm.documents.forms.from_azure import definition_of_azure, image_template_of, report_reading, siblings_of
from aib2packer.arm.documents.forms.powershell_output import cut_short, is_powershell, made_text, restore
from aib2packer.arm.documents.forms.wrappers import exported, listed, report_further_pages, versions_of
from aib2packer.arm.documents.parameters import ParameterFact, bind_values, hide, known_elsewhere, read_parameters
from aib2packer.arm.documents.resource_type import check_type, is_image_template
from aib2packer.arm.documents.siblings import Siblings
from aib2packer.findings import codes
from aib2packer.jsonc.tree import Json, JsonArray, JsonObject, string_of, with_pointers
from aib2packer.lazy.models import dataclass, field, replace
from aib2packer.terraform.forms import is_configuration, is_json_configuration, is_shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from aib2packer.arm.documents.context import Context
    from aib2packer.arm.documents.deployment import Deployed
    from aib2packer.arm.language.symbolic import ArmValue, Symbol
    from aib2packer.findings.model import Finding, Report
    from aib2packer.text.source import Span

_MAX_NAMES = 20
_HIDING = {codes.EXPRESSION, codes.TERRAFORM, codes.SHAPE, codes.OUT_OF_RANGE, codes.WRONG_TYPE}
_LONGEST_POINTERS = 16 << 20  # characters of all JSON pointers together: 400,000 values have 10 MB
# What came after API version 2023-07-01 and stands beside the name where properties are flattened.
_NEWEST = ("autoRun", "managedResourceTags", "additionalDataDisks")
_NEWEST_API = "2025-10-01"


def _unresolved(symbol: Symbol) -> ArmValue:
    return symbol


@dataclass(frozen=True, slots=True)
class Resource:
    """An image template as it stands in the document, its expressions evaluated as far as they can be.

    `flattened`: its properties stand beside its name, as `az image builder show` prints them. `parameters` are those of the
    template around it, by names in lower case. `resolve` gives the value of a symbol with the values and defaults that these
    have; `reveal` with those too that are secret, for what must not reach the output. `named` are names and values of the
    variables that have been used, and of parameters that are arrays and objects. `counted` are the parameters, in lower case,
    whose items are image templates.
    """

    body: JsonObject
    name: Json | None
    api_version: Json | None
    flattened: bool
    parameters: Mapping[str, ParameterFact] = field(default_factory=dict)
    siblings: Siblings = field(default_factory=Siblings)
    resolve: Callable[[Symbol], ArmValue] = _unresolved
    reveal: Callable[[Symbol], ArmValue] = _unresolved
    named: tuple[tuple[str, ArmValue], ...] = ()
    counted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Candidate:
    """An image template that has been found; `load` evaluates it, None after an error. `failure`: it cannot be converted."""

    name: str
    span: Span
    load: Callable[[Report], Resource | None]
    failure: Finding | None = None


class _Unnamed(NamedTuple):
    """A candidate whose name is not worked out yet, which may take much."""

    name: Callable[[], str]
    span: Span
    load: Callable[[Report], Resource | None]
    failure: Finding | None = None


def image_templates(document: Json, context: Context, report: Report) -> tuple[Candidate, ...]:
    """All image templates of a document, in its order; those alike in name have a number."""
    if (text := made_text(document)) is not None:
        _report_cut("this", text.span, report)
    found = tuple(_candidates(document, context, report))
    return _called(found, context.names) if len(context.names) == len(found) else _labelled(found)


def choose(found: tuple[Candidate, ...], name: str | None, document: Json, report: Report) -> Resource | None:
    """The one image template of a document, or the one called `name`; None after an error."""
    if not found:
        _nothing_found(document, report)
        return None
    names = ", ".join(f"`{one.name}`" for one in found[:_MAX_NAMES]) + (" …" if len(found) > _MAX_NAMES else "")
    if name is not None:
        chosen = [one for one in found if one.name.lower() == name.lower()]
        if len(chosen) == 1:
            return _load(chosen[0], report)
        unread = [one.failure for one in found if one.failure is not None]
        if unread and not chosen:  # one of these may be it
            for failure in unread:
                report.record(failure)
            return None
        report.add(
            codes.NO_IMAGE_TEMPLATE,
            document.span.first,
            f"no image template is called `{name}`",
            help=f"The input holds {names}.",
        )
        return None
    if len(found) > 1:
        for one in found:
            if one.failure is not None:
                report.record(one.failure)
        report.add(
            codes.SEVERAL_IMAGE_TEMPLATES,
            found[1].span.first,
            f"the input holds {len(found)} image templates: {names}",
            help="Choose one with --name NAME, or convert all of them, each into a folder of its own: -o DIR.",
        )
        return None
    return _load(found[0], report)


def _labelled(found: Sequence[_Unnamed]) -> tuple[Candidate, ...]:
    """What was found with its names, those that come again numbered: `web`, `web#2`."""
    counts: dict[str, int] = {}
    names = []
    for one in found:
        name = one.name()
        counts[name.lower()] = number = counts.get(name.lower(), 0) + 1
        names.append(name if number == 1 else f"{name}#{number}")
    return _called(found, names)


def _called(found: Iterable[_Unnamed], names: Iterable[str]) -> tuple[Candidate, ...]:
    return tuple(Candidate(name, *one[1:]) for one, name in zip(found, names, strict=True))


def _load(candidate: Candidate, report: Report) -> Resource | None:
    """The resource, with a JSON pointer on every span in it: from here on a place is one in the image template too."""
    resource = candidate.load(report)
    if resource is None:
        return None
    body = with_pointers(resource.body, _LONGEST_POINTERS)
    if body is None:
        message = "the names of its settings are too long: each counts once for all that lies below it"
        report.add(codes.TOO_MANY_SETTINGS, resource.body.span, message, help="Shorten them, or nest them less.")
        return None
    return replace(resource, body=body) if isinstance(body, JsonObject) else None


def _candidates(document: Json, context: Context, report: Report) -> Iterator[_Unnamed]:
    items = listed(document)
    if isinstance(document, JsonObject) and is_shown(document):
        yield from _shown(document, context, report)
        return
    if isinstance(document, JsonObject) and (found := _of_object(document, context, report)) is not None:
        yield from found
        return
    report_further_pages(document, report)
    for item in items or ():
        yield from _candidates(item, context, report)


def _shown(document: JsonObject, context: Context, report: Report) -> Iterator[_Unnamed]:
    """The image templates of a state or a plan of Terraform, with the image definitions there."""
    if id(document) not in context.shown:
        context.shown[id(document)] = _read_shown(document, report)
    shown = context.shown[id(document)]
    for finding in shown.findings:
        report.record(finding)
    siblings = Siblings(tuple(map(definition_of_azure, shown.definitions)))
    for item in shown.resources:
        if is_image_template(item):
            yield _plain(item, context, siblings=siblings)
        else:
            yield from _candidates(item, context, report)


def _read_shown(document: JsonObject, report: Report) -> Shown:
    from aib2packer.terraform.state_and_plan import resources_shown, shown_definitions, shown_resources

    everything, before = resources_shown(document), report.mark()
    resources = shown_resources(document, everything, report)
    return Shown(resources, shown_definitions(everything), report.since(before))


def _of_object(document: JsonObject, context: Context, report: Report) -> Iterable[_Unnamed] | None:
    """The image templates of a document that is more than a list of others; None for one that is not."""
    if (read := image_template_of(document)) is not None:
        return (_from_azure(document, read),)
    if is_image_template(document):
        return (_plain(document, context),)
    specs = tuple(inside for one in versions_of(document) if (inside := exported(one, context, report)) is not None)
    of_specs = (found for inside in specs for found in _deployed(*inside, report))
    if _is_deployment_template(document):
        return chain(_deployed(document, context, report), of_specs)
    if listed(document) is not None:
        return None
    if specs:
        return of_specs
    if (inside := exported(document, context, report)) is not None:
        return _deployed(*inside, report)
    parameters = document.get("parameters")
    return _rest_example(document, parameters, context) if isinstance(parameters, JsonObject) else None


def _deployed(template: JsonObject, context: Context, report: Report) -> Iterator[_Unnamed]:
    """The image templates of a deployment template, those of nested deployments included."""
    from aib2packer.arm.documents.cycles import without_cycles
    from aib2packer.arm.documents.deployment import (
        Root,
        counted_by,
        default_of,
        deployed_beside,
        evaluate_resource,
        name_of,
        report_shape,
        resolver,
        walk,
    )
    from aib2packer.arm.documents.siblings import read_siblings, report_siblings
    from aib2packer.arm.documents.variable_values import named_values
    from aib2packer.arm.evaluation.budget import Budget
    from aib2packer.arm.language.json_values import symbols_in
    from aib2packer.arm.language.symbolic import parameters_of

    parameters = read_parameters(template, report)
    values = bind_values(context.values, context.filled | known_elsewhere(template), parameters, report)
    root = Root(template, parameters, values, context, budget := Budget(context.most_work))
    context.budgets.append(budget)
    scopes = root.scopes()
    everything = walk(template, scopes, context, report)

    def load(deployed: Deployed, report: Report) -> Resource | None:
        if deployed.failure is not None:
            report.record(deployed.failure)
        body = None if deployed.failure is not None else evaluate_resource(deployed, report)
        if body is None:
            return None
        if body.get("apiVersion") is None and template.get("apiProfile") is None:
            report.add(
                codes.UNKNOWN_API_VERSION,
                body.key_span("type"),
                "the resource has no apiVersion, which Azure requires; it is read as any version would read it",
                help="Write it beside the type.",
            )
        defaults: dict[str, ArmValue] = {}
        needed = [parameter.name.lower() for symbol in symbols_in(body) for parameter in parameters_of(symbol)]
        while needed:  # what the image does not need is not evaluated
            name = needed.pop()
            if name in parameters and name not in defaults:
                defaults[name] = default_of(parameters[name], scopes.symbolic, report)
                needed += (parameter.name.lower() for parameter in parameters_of(defaults[name]))
        facts = {
            name: ParameterFact(parameter, values.get(name), defaults[name], name in context.left_empty)
            for name, parameter in parameters.items()
            if name in defaults
        }
        beside = deployed_beside(everything)  # after the image template, which comes first where there is much to do
        siblings = read_siblings(beside)
        report_siblings(beside, deployed, report)
        report_shape(parameters, scopes, context, report)
        return Resource(
            body,
            body.get("name"),
            body.get("apiVersion"),
            flattened=body.get("properties") is None,
            parameters=without_cycles(facts, report),
            siblings=siblings,
            named=named_values(deployed.scopes.symbolic),
            counted=counted_by(deployed),
            resolve=resolver(lambda: scopes),  # symbols are those of the outermost template, however deep they come out
            reveal=resolver(partial(root.scopes, secrets=True)),
        )

    for deployed in everything:
        if deployed.type in IMAGE_TEMPLATES:
            yield _Unnamed(partial(name_of, deployed), deployed.body.span, partial(load, deployed), deployed.failure)


def _rest_example(example: JsonObject, parameters: JsonObject, context: Context) -> Iterator[_Unnamed]:
    """The request body of a REST API example; where it has none, what the service answered."""
    version = parameters.get("api-version")
    body = parameters.get("parameters")
    if isinstance(body, JsonObject) and is_image_template(body):
        yield _plain(body, context, body.get("name") or parameters.get("imageTemplateName"), version)
        return
    responses = example.get("responses")
    for response in responses if isinstance(responses, JsonObject) else ():
        answer = response.value.get("body") if isinstance(response.value, JsonObject) else None
        found = () if answer is None else tuple(_bodies(answer))
        if found:
            yield from (_plain(one, context, version=version) for one in found)
            return


def _bodies(answer: Json) -> Iterator[JsonObject]:
    if isinstance(answer, JsonObject):
        for body in listed(answer) or (answer,):
            if isinstance(body, JsonObject) and is_image_template(body):
                yield body


def _plain(
    body: JsonObject,
    context: Context,
    name: Json | None = None,
    version: Json | None = None,
    *,
    siblings: Siblings | None = None,
) -> _Unnamed:
    """An image template in which nothing is evaluated."""
    by_powershell = is_powershell(body)
    cut = cut_short(body) if by_powershell else None
    body = restore(body) if by_powershell else body
    named = name or body.get("name")
    resource = Resource(
        body,
        named,
        version or body.get("apiVersion"),
        flattened=body.get("properties") is None,
        siblings=siblings or Siblings(),
    )

    def load(report: Report) -> Resource | None:
        if cut is not None:
            _report_cut(cut.key, cut.value.span, report)
            return None
        if _is_only_named(body):
            _report_without_properties(body, report)
            return None
        if body.get("type") is not None:
            check_type(body, report)
        _tell_what_fits_nothing(context, report)
        if resource.flattened and not by_powershell:
            _tell_what_is_left_out(body, report)
        return resource

    return _Unnamed(partial(_name_as_written, named), body.span, load)


def _report_cut(what: str, span: Span, report: Report) -> None:
    report.add(
        codes.WRONG_TYPE,
        span,
        f"{what} has become text: ConvertTo-Json does that to whatever is nested deeper than two levels",
        help="Print it again, with ConvertTo-Json -Depth 20.",
    )


def _is_only_named(body: JsonObject) -> bool:
    """Whether Azure has shown an image template without anything that is in it."""
    said = (body.get(key) for key in ("properties", "source", "customize", "distribute"))
    return body.get("id") is not None and all(one is None for one in said)


def _report_without_properties(body: JsonObject, report: Report) -> None:
    """Lists name image templates only, as a query does that asks for no more."""
    report.add(
        codes.MISSING_FIELD,
        body.span.first,
        "the properties of this image template are missing: what listed it left them out",
        help=f"Convert what `az resource show --ids {quote(string_of(body.get('id')) or 'ID')}` prints, or add `properties` to "
        "what the query projects.",
    )


def _tell_what_fits_nothing(context: Context, report: Report) -> None:
    """Values that the user gave for a template that has no parameters, and no placeholder of that name."""
    for name, value in context.values.items():
        if name not in context.filled:
            hide(value)
            report.add(
                codes.UNKNOWN_PARAMETER,
                value.span,
                f"there is no placeholder `{name}` in the template, and it has no parameters",
                help="Use the name between the brackets.",
            )


def _tell_what_is_left_out(body: JsonObject, report: Report) -> None:
    """What the Azure CLI prints lacks settings that are newer than its API version (docs/reference/azure-runtime.md 8)."""
    keys = {member.key.lower() for member in body}
    left_out = [key for key in _NEWEST if key.lower() not in keys]
    if left_out:
        report.add(
            codes.SHOWN_IN_PART,
            body.span.first,
            "`az image builder show` leaves out settings that are newer than its API version, even where they are set: "
            f"{', '.join(left_out)} and more",
            help='Convert what this prints: `az rest --method get --url "https://management.azure.com<id of the template>'
            f'?api-version={_NEWEST_API}"`.',
        )


def _from_azure(reading: JsonObject, body: JsonObject) -> _Unnamed:
    """An image template that was read from Azure, with what belongs to it."""

    def load(report: Report) -> Resource:
        report_reading(reading, report)
        return Resource(body, body.get("name"), body.get("apiVersion"), flattened=False, siblings=siblings_of(reading))

    return _Unnamed(partial(_name_as_written, body.get("name")), body.span, load)


def _name_as_written(name: Json | None) -> str:
    return string_of(name) or "(no name)"


def _is_deployment_template(document: JsonObject) -> bool:
    """Whether a document is a deployment template, whatever is deployed."""
    schema = (string_of(document.get("$schema")) or "").lower()
    return "deploymenttemplate" in schema or isinstance(document.get("resources"), JsonArray | JsonObject)


def _nothing_found(document: Json, report: Report) -> None:
    if any(finding.code in _HIDING for finding in report.findings):
        return  # it hid what may be one
    if is_json_configuration(document):
        report.add(
            codes.TERRAFORM,
            document.span.first,
            "this is a Terraform configuration in JSON, which is not read here",
            help="Convert what `terraform show -json` prints, or write it as HCL.",
        )
        return
    for finding in report.findings:
        if finding.code == codes.LEFT_OUT:
            report.add(codes.NO_IMAGE_TEMPLATE, finding.span, f"nothing is deployed: {finding.message}", help=finding.help)
            return
        if finding.code == codes.LINKED_TEMPLATE:
            report.add(
                codes.NO_IMAGE_TEMPLATE,
                finding.span,
                f"there is no image template in this input, and {finding.message.rpartition(': ')[0]}",
                help=finding.help,
            )
            return
    message = "there is no image template in this input"
    help_text = "Pass an image template, an ARM template that holds one, or what `az rest` prints for one."
    if is_configuration(document.span.source):
        help_text = "Give the folder that holds the whole of it, or what `terraform show -json` prints once it is applied."
    from aib2packer.arm.documents.forms.other_documents import what_it_is

    message, help_text = what_it_is(document) or (message, help_text)
    report.add(codes.NO_IMAGE_TEMPLATE, document.span.first, message, help=help_text)
