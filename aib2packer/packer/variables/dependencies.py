"""Variables for what expressions depend on: parameters, what the deployment knows, what Azure answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from aib2packer.arm.language.describe import describe
from aib2packer.arm.language.symbolic import (
    Apply,
    Deferred,
    DeploymentFact,
    If,
    Lambda,
    LambdaVariable,
    ParameterSymbol,
    Runtime,
    Secret,
    answer_of,
    is_known,
    is_symbol,
    leaves,
    walk,
    with_fallback,
)
from aib2packer.arm.language.text import Placeholder
from aib2packer.hcl.code import CannotPrintError
from aib2packer.hcl.names import snake_case
from aib2packer.hcl.printing import names_in, print_value
from aib2packer.hcl.values import HclCode, Local, Variable
from aib2packer.lazy.models import dataclass, replace
from aib2packer.packer.expressions.dates import NOW
from aib2packer.packer.variables.declared import (
    GROUP_LOCATION,
    REGION,
    TOOK_GROUP_LOCATION,
    computed_default,
    declare,
    type_name,
    with_shape,
)
from aib2packer.packer.variables.ours import SUBSCRIPTION, local_beside, sentences, variable_beside
from aib2packer.text.placeholders import SENSITIVE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from aib2packer.arm.documents.parameters import ParameterFact
    from aib2packer.arm.language.symbolic import ArmValue, Leaf, Symbol
    from aib2packer.packer.variables.uses import Uses

    IdShapes: TypeAlias = Mapping[Placeholder | Leaf, tuple[str, ...]]

_CONTEXTS = {
    DeploymentFact("subscription", ("subscriptionId",)): SUBSCRIPTION,
    DeploymentFact("resourceGroup", ("name",)): Variable(
        "resource_group_name", "Resource group that the template was deployed to."
    ),
    DeploymentFact("tenant", ("tenantId",)): Variable("deployment_tenant_id", "Tenant that the template was deployed in."),
}
_SUBSCRIPTION_TOKENS = {"subscriptionid", "subscription", "subid", "subcriptionid"}
_FEW = 100
_NOT_TOLD = "It is sensitive, so what Terraform says of the template does not tell it."


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of leaves from where they stand: the shapes of ids, what they are for, and which may be empty."""

    shapes: IdShapes
    uses: Uses
    unset: frozenset[Leaf]


def claim_leaves(
    values: tuple[Symbol, ...],
    parameters: Mapping[str, ParameterFact],
    known: Standing,
    taken: dict[str, Variable],
    resolve: Callable[[Symbol], ArmValue],
) -> dict[Leaf, Variable | Local]:
    """Variables for what expressions depend on, and locals for parameters whose default is an expression itself."""
    if not values:
        return {}
    from aib2packer.packer.expressions.printer import to_hcl

    shapes, uses = known.shapes, known.uses
    needed = _closure(values, parameters)
    variables: dict[Leaf, Variable] = {
        leaf: uses.with_default(
            with_shape(
                _leaf_variable(leaf, parameters, uses.sentence(leaf) or _within_default(leaf, parameters), taken),
                shapes.get(leaf, ()),
                may_be_empty=leaf in known.unset,
            ),
            leaf,
        )
        for leaf in needed
    }
    named: dict[Leaf, Variable | Local] = _claim_unique(values, variables, taken, resolve)
    for leaf in _defaults_first(needed, parameters):
        fact = parameters.get(leaf.name.lower()) if isinstance(leaf, ParameterSymbol) else None
        default = None if fact is None else computed_default(fact)
        if default is not None:
            variable = variables[leaf]
            if any(isinstance(one, DeploymentFact) and one.function == "deployment" for one in leaves(default)):
                named[leaf] = _required(variable, default)  # whoever knows what the deployment was knows the value itself
                continue
            try:
                computed = to_hcl(default, named, NOW)
            except CannotPrintError:
                named[leaf] = _required(variable, default)
                continue
            own = f"var.{variable.name}"
            chosen = HclCode(f"{own} != null ? {own} : {print_value(computed)}", (variable, *names_in(computed)))
            named[leaf] = Local(local_beside(variable.name), chosen)
    return named


def may_be_empty(parts: Iterable[ArmValue | Lambda]) -> frozenset[Leaf]:
    """The parameters of which the template itself says what holds where they are empty; `parts` are all in expressions."""
    asked = (part for part in parts if isinstance(part, Apply) and part.function == "empty")
    return frozenset(leaf for part in asked for leaf in part.arguments if isinstance(leaf, ParameterSymbol))


def _claim_unique(
    values: tuple[Symbol, ...],
    variables: dict[Leaf, Variable],
    taken: dict[str, Variable],
    resolve: Callable[[Symbol], ArmValue],
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
            name = free_name("unique_string", taken)
            description = f"What {describe(part)} was when the template was deployed."
            taken[name] = answers[answer] = Variable(name, description, sensitive=answer.secure)
    return {**variables, **answers}


def _is_unique(value: ArmValue | Lambda) -> bool:
    """Whether a value is `uniqueString` of something that is the same everywhere in the expression."""
    return (
        isinstance(value, Apply)
        and value.function == "uniqueString"
        and not any(isinstance(part, LambdaVariable) for part in walk(value))
    )


def _required(variable: Variable, default: ArmValue) -> Variable:
    """A variable whose default the template computes in a way that HCL cannot: the user must say."""
    computed = f"The template computed it: {describe(default)}." if is_symbol(default) else ""
    return replace(
        variable, default=None, description=sentences(variable.description, computed) if computed else variable.description
    )


def _defaults_first(
    needed: tuple[ParameterSymbol | DeploymentFact | Runtime, ...], parameters: Mapping[str, ParameterFact]
) -> tuple[Leaf, ...]:
    """The leaves, each after those that its default depends on: never in a circle, for the evaluation would have refused it."""
    ordered: dict[Leaf, None] = {}

    def visit(leaf: Leaf) -> None:
        fact = parameters.get(leaf.name.lower()) if isinstance(leaf, ParameterSymbol) else None
        for other in leaves(computed_default(fact)) if fact is not None and leaf not in ordered else ():
            visit(other)
        ordered[leaf] = None

    for leaf in needed:
        visit(leaf)
    wanted = frozenset(needed)
    return tuple(leaf for leaf in ordered if leaf in wanted)


def _closure(
    values: tuple[ArmValue, ...], parameters: Mapping[str, ParameterFact]
) -> tuple[ParameterSymbol | DeploymentFact | Runtime, ...]:
    """The leaves of values, and those of the defaults of parameters among them."""
    found: dict[ParameterSymbol | DeploymentFact | Runtime, None] = {}
    waiting = [leaf for value in values for leaf in leaves(value) if not isinstance(leaf, Deferred | Secret)]
    for leaf in waiting:  # which grows
        if leaf in found:
            found[leaf] = found.pop(leaf)  # its place is the last
            continue
        found[leaf] = None
        fact = parameters.get(leaf.name.lower()) if isinstance(leaf, ParameterSymbol) else None
        default = None if fact is None else computed_default(fact)
        if default is not None:
            waiting += (leaf for leaf in leaves(default) if not isinstance(leaf, Deferred | Secret))
    declared = {name: number for number, name in enumerate(parameters)}

    def rank(leaf: ParameterSymbol | DeploymentFact | Runtime) -> tuple[int, int]:
        """What is filled in and what the deployment knows, the parameters as they are declared, then what Azure answered."""
        if isinstance(leaf, ParameterSymbol) and not leaf.is_placeholder:
            return 1, declared.get(leaf.name.lower(), len(declared))
        return (2, 0) if isinstance(leaf, Runtime) else (0, int(isinstance(leaf, DeploymentFact)))

    return tuple(sorted(found, key=rank))


def _within_default(leaf: Leaf, parameters: Mapping[str, ParameterFact]) -> str:
    """What a leaf is for that stands in the default of a parameter only, as a sentence; "" where it stands in none."""
    facts = (
        fact for fact in parameters.values() if (default := computed_default(fact)) is not None and leaf in leaves(default)
    )
    return next((f"Part of the default of {variable_name(fact.parameter.name)}." for fact in facts), "")


def _leaf_variable(
    leaf: ParameterSymbol | DeploymentFact | Runtime,
    parameters: Mapping[str, ParameterFact],
    use: str,
    taken: dict[str, Variable],
) -> Variable:
    if isinstance(leaf, DeploymentFact):
        if leaf == GROUP_LOCATION:
            own = _own_location(parameters, taken)
            return own or taken.setdefault("location", Variable("location", sentences(use or REGION, TOOK_GROUP_LOCATION)))
        known = _CONTEXTS.get(leaf)
        name = snake_case("_".join((leaf.function, *map(str, leaf.path))))
        variable = known or Variable(
            name,
            sentences(use, f"What {leaf.function}().{'.'.join(map(str, leaf.path))} was, which only a deployment knows."),
        )
        return taken.setdefault(variable.name, variable)
    if isinstance(leaf, ParameterSymbol) and leaf.is_placeholder:
        placeholder = Placeholder(leaf.name, leaf.secure)
        name = placeholder_name(placeholder)
        return taken.setdefault(name, placeholder_variable(name, placeholder, use))
    if isinstance(leaf, ParameterSymbol):
        name = free_name(variable_name(leaf.name), taken)
        fact = parameters.get(leaf.name.lower())
        variable = Variable(name, sensitive=leaf.secure) if fact is None else declare(fact, name, use)
    else:
        name = free_name(variable_name(_answer_name(leaf)), taken)
        path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in leaf.path)
        answered = sentences(use, f"What {leaf.function}(…){path} answered when the template was deployed.")
        variable = Variable(name, answered, sensitive=leaf.secure)
    taken[name] = variable
    return variable


def placeholder_name(placeholder: Placeholder) -> str:
    """The name of the variable that fills in a placeholder."""
    return variable_name(placeholder.name)


def placeholder_variable(name: str, placeholder: Placeholder, use: str) -> Variable:
    """The variable that fills in a placeholder; `use` says what it is for."""
    if name == SUBSCRIPTION.name:
        return SUBSCRIPTION
    of_state = placeholder.secret and placeholder.name.startswith(SENSITIVE)  # of Terraform, or of a plan
    what = sentences(use, _NOT_TOLD if of_state else f"Fills in {placeholder.token} of the template.")
    return Variable(name, what, type_name(placeholder.kind), sensitive=placeholder.secret)


def _answer_name(answer: Runtime) -> str:
    """A name for what Azure answers: the property that is asked for, of what where that alone says little."""
    last = next((str(part) for part in reversed(answer.path) if str(part) != "value"), answer.function)
    subject = answer.arguments[0] if answer.arguments else None
    return f"{subject.rsplit('/', 1)[-1]}_{last}" if last in {"id", "name"} and isinstance(subject, str) else last


def _own_location(parameters: Mapping[str, ParameterFact], taken: Mapping[str, Variable]) -> Variable | None:
    """The variable of a parameter that is the location of the resource group unless the user says otherwise."""
    for fact in parameters.values():
        if fact.default == GROUP_LOCATION:
            return taken.get(variable_name(fact.parameter.name))
    return None


def variable_name(name: str) -> str:
    """The name of a variable for what the template calls so: none that means something else in every build."""
    made = snake_case(name) or "value"
    if made.replace("_", "") in _SUBSCRIPTION_TOKENS:
        return SUBSCRIPTION.name
    return variable_beside(made) if made[0].isalpha() else f"template_{made}"


def free_name(name: str, taken: Collection[str]) -> str:
    """The name, or the first of `name_2`, `name_3`, … that is free; where hundreds are taken, one that comes after another."""
    if name not in taken:
        return name
    free = next((number for number in range(2, _FEW) if f"{name}_{number}" not in taken), None)
    if free is not None:
        return f"{name}_{free}"
    last, free = _FEW - 1, 2 * _FEW  # thousands are not looked through for each name
    while f"{name}_{free}" in taken:
        last, free = free, 2 * free
    while free - last > 1:
        middle = (last + free) // 2
        last, free = (middle, free) if f"{name}_{middle}" in taken else (last, middle)
    return f"{name}_{free}"
