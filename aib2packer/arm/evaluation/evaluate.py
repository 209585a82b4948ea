"""Partial evaluation of ARM expressions, on demand: what is known is computed, the rest stays a symbol.

Source: docs/reference/arm-expressions.md 1 to 3.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from aib2packer.arm.evaluation import open_texts
from aib2packer.arm.evaluation.access import MissingError, access
from aib2packer.arm.evaluation.budget import STEP, LimitError
from aib2packer.arm.evaluation.frame import Frame, fail, fail_name, meant, suggestion
from aib2packer.arm.evaluation.functions import function_of, registry
from aib2packer.arm.evaluation.functions.base import Arguments, FunctionError, Nodes, Pure, apply_pure
from aib2packer.arm.evaluation.lambdas import LAMBDA_FUNCTIONS, evaluate_lambda_function
from aib2packer.arm.evaluation.loops import loops_of, run_loop
from aib2packer.arm.evaluation.reevaluate import again, as_written, remember, remembered
from aib2packer.arm.evaluation.resources import CONTEXT, IDS, is_runtime, runtime
from aib2packer.arm.evaluation.scope import Definition, Memory, Scope, UserFunction
from aib2packer.arm.evaluation.special_forms import FORMS
from aib2packer.arm.language.describe import settings_for
from aib2packer.arm.language.expression import (
    Call,
    Evaluated,
    ExpressionError,
    IndexAccess,
    IntegerLiteral,
    PropertyAccess,
    StringLiteral,
    is_expression,
    nesting,
    parse,
    print_expression,
    unescape,
)
from aib2packer.arm.language.json_values import JsonSymbolic, drop_nulls, member_of, value_of, with_value
from aib2packer.arm.language.place import StringPlace
from aib2packer.arm.language.symbolic import is_symbol, parameters_of
from aib2packer.jsonc.tree import JsonArray, JsonMember, JsonObject, JsonScalar
from aib2packer.text.source import SourceText, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aib2packer.arm.evaluation.budget import Budget
    from aib2packer.arm.evaluation.functions.base import Structural
    from aib2packer.arm.language.expression import Expression
    from aib2packer.arm.language.symbolic import ArmValue, Symbol
    from aib2packer.jsonc.tree import Json

# How many calls of Python stand within each other for one level of a tree, and of an expression.
_TREE = 3
_CALL = 3
_ASK = 6
_PARSER = 4


def evaluate(expression: Expression, scope: Scope) -> ArmValue:
    """Evaluate an expression.

    Raises:
        ExpressionError: It cannot be evaluated, whatever the values of the symbols.

    """
    text = print_expression(expression)
    source = SourceText("expression", text)
    return value_of(_run(expression, Frame(scope, StringPlace(Span(source, 0, len(text)), ""), _run)))


def evaluate_again(symbol: Symbol, span: Span, scope: Scope) -> ArmValue:
    """What a symbol comes to in a scope that knows more; the symbol itself where it cannot be evaluated there."""
    try:
        return value_of(drop_nulls(_run(Evaluated(symbol), Frame(scope, StringPlace(span, ""), _run))))
    except ExpressionError:
        return symbol


def evaluate_json(node: Json, scope: Scope) -> Json:
    """Evaluate all expressions of a JSON tree, keys and `copy` loops included, and leave out properties that are null.

    What is not known comes back as JsonSymbolic. Everything keeps its place: what an expression makes has the place of the part
    of the expression, and what it only picks the place of its own.

    Raises:
        ExpressionError: An expression cannot be read or evaluated; its `span` says where.

    """
    return drop_nulls(evaluate_node(node, scope))


def evaluate_node(node: Json, scope: Scope) -> Json:
    """Evaluate a JSON tree as `evaluate_json` does, and keep its nulls."""
    if isinstance(node, JsonScalar) and not (isinstance(node.value, str) and node.value.startswith("[")):
        return node
    budget = scope.memory.budget
    before = budget.enter(_TREE, node.span)
    try:
        return _evaluated(node, scope)
    except ExpressionError as error:
        error.span = error.span or node.span
        raise
    finally:
        budget.depth = before


def evaluate_definition(kind: str, definition: Definition, scope: Scope) -> Json:
    """The value of a parameter or a variable, worked out once.

    Raises:
        ExpressionError: It cannot be evaluated, or depends on itself.

    """
    if definition.literal:
        return definition.value
    key = (kind, definition.name.lower())
    memory = scope.memory
    if key in memory.values:
        return memory.values[key]
    if key in memory.pending:
        chain = [f"`{name}`" for _, name in (*memory.pending[memory.pending.index(key) :], key)]
        message = f"the {kind} `{definition.name}` depends on itself: {' → '.join(chain)}"
        raise ExpressionError(message, 0, 0, "Break the circle.", definition.value.span)
    memory.pending.append(key)
    try:
        inner = definition.scope or scope.outermost(definition.name if kind == "parameter" else "")
        if definition.loop and isinstance(definition.value, JsonObject):
            value = run_loop(definition.value, inner, evaluate_node)
        else:
            value = evaluate_node(definition.value, inner)
    finally:
        memory.pending.pop()
    memory.values[key] = value
    return value


def _evaluated(node: Json, scope: Scope) -> Json:
    match node:
        case JsonScalar(str() as text):
            return _string(text, node, scope)
        case JsonArray(items, span):
            made: Json = JsonArray(tuple([evaluate_node(item, scope) for item in items]), span)
        case JsonObject():
            made = _object(node, scope)
        case _:
            return node
    scope.memory.budget.measure(made)
    return made


def _string(text: str, node: JsonScalar, scope: Scope) -> Json:
    if not is_expression(text):
        plain = unescape(text)
        return node if plain == text else JsonScalar(plain, node.span)
    place = StringPlace(node.span, text)
    try:
        _allow_parsing(text, scope.memory.budget)
        return _run(parse(text), Frame(scope, place, _run))
    except ExpressionError as error:
        if error.span is None:
            error.span = place.at(error.start, error.end)
        raise


def _allow_parsing(text: str, budget: Budget) -> None:
    """Look whether there is room to read an expression, as deep as it is: that is done by recursion too."""
    budget.allow_depth(_PARSER * nesting(text))


def _object(node: JsonObject, scope: Scope) -> Json:
    members: dict[str | Symbol, JsonMember] = {}
    for member in node:
        loops = loops_of(member)
        for loop in loops:
            name = loop.get("name")
            key = _key(JsonScalar("", loop.span) if name is None else name, scope)
            members[key] = member_of(key, loop.span, run_loop(loop, scope, evaluate_node))
        if not loops:
            bracketed = member.key.startswith("[")
            key = _key(JsonScalar(member.key, member.key_span), scope) if bracketed else member.key
            value = evaluate_node(member.value, scope)
            members[key] = member_of(key, member.key_span, value) if bracketed else with_value(member, value)
    return JsonObject(tuple(members.values()), node.span)


def _key(node: Json, scope: Scope) -> str | Symbol:
    key = value_of(evaluate_node(node, scope))
    if isinstance(key, str) or is_symbol(key):
        return key
    message = "the name of a property is text"
    raise ExpressionError(message, 0, 0, "Make it a string: `string(…)`.", node.span)


def _run(expression: Expression, frame: Frame) -> Json:
    """Evaluate one node of an expression."""
    budget = frame.scope.memory.budget
    budget.pay(STEP)
    if isinstance(expression, StringLiteral | IntegerLiteral):
        return JsonScalar(expression.value, frame.span(expression))
    if (known := remembered(expression, frame.scope)) is not None:
        return known
    written = as_written(expression)
    before = budget.depth
    try:
        budget.enter(_CALL)
        made = _handler(written)(written, frame)
        budget.measure(made)
    except FunctionError as error:
        blamed = error.argument
        if isinstance(written, Call) and blamed is not None and blamed < len(written.arguments):
            fail(written.arguments[blamed], error.message, error.help)
        raise ExpressionError(error.message, written.start, _end_of_name(written), error.help) from None
    except LimitError as error:
        if error.end == 0:  # the innermost call is to blame
            error.start, error.end = written.start, written.end
        raise
    finally:
        budget.depth = before
    remember(expression, made, frame.scope)
    return made


def _end_of_name(expression: Expression) -> int:
    return expression.start + len(expression.name) if isinstance(expression, Call) else expression.end


def _handler(expression: Expression) -> Callable[[Any, Frame], Json]:
    """What evaluates an expression, its number of arguments checked."""
    match expression:
        case PropertyAccess():
            return _property
        case IndexAccess():
            return _index
        case Call():
            return _function(expression)
        case _:
            return again


def _property(expression: PropertyAccess, frame: Frame) -> Json:
    return _access(frame.evaluate(expression.target), expression.name, expression, frame)


def _index(expression: IndexAccess, frame: Frame) -> Json:
    whole = frame.evaluate(expression.target)
    key = open_texts.key_in(whole, frame.value(expression.index), frame.scope.memory.budget)
    return _access(whole, key, expression, frame)


def _access(whole: Json, key: ArmValue, expression: PropertyAccess | IndexAccess, frame: Frame) -> Json:
    if isinstance(whole, JsonObject):
        frame.scope.memory.budget.pay(2 * len(whole.members))
    try:
        return access(whole, key, frame.span(expression))
    except MissingError as error:
        help_ = suggestion(str(key), error.known, error.help)
        raise ExpressionError(error.message, expression.target.end, expression.end, help_) from None


def _function(call: Call) -> Callable[[Call, Frame], Json]:
    name = call.name.lower()
    if "." in name:
        return _call_user_function
    if name in _NAMING:
        _check_count(call, f"{_NAMING[name]}s", 1, 1)
        return _named
    if name in FORMS:
        _check_count(call, *FORMS[name][:3])
        return FORMS[name][3]
    if name in LAMBDA_FUNCTIONS:
        _check_count(call, *LAMBDA_FUNCTIONS[name][:3])
        return evaluate_lambda_function
    if name in CONTEXT:
        _check_count(call, CONTEXT[name][0], 0, 0)
        return _context
    if name in IDS:
        _check_count(call, IDS[name][0], IDS[name][1], None)
        return _resource_id
    if is_runtime(name):
        return _ask
    function = function_of(name)
    if function is None:
        help_ = meant(call.name, _known_functions()) or "Check the name: it is none of the functions of ARM templates."
        fail_name(call, f"there is no function `{call.name}`", help_)
    _check_count(call, function.name, function.minimum, function.maximum)
    return partial(_apply, function)


def _apply(function: Pure | Structural, call: Call, frame: Frame) -> Json:
    budget = frame.scope.memory.budget
    arguments = tuple([frame.evaluate(argument) for argument in call.arguments])
    budget.pay_for_reading(arguments)
    if isinstance(function, Pure):
        made = frame.node(_apply_pure(function, call, tuple(map(value_of, arguments)), budget), call)
    else:
        arguments = open_texts.for_structure(function.name, arguments, budget)
        made = function.build(Nodes(function.name, arguments, frame.span(call), budget))
    budget.pay_for_result(made)
    return made


def _apply_pure(function: Pure, call: Call, values: tuple[ArmValue, ...], budget: Budget) -> ArmValue:
    made = apply_pure(function, open_texts.for_function(function.name, values, open_texts.own_text(call), budget), budget)
    if not open_texts.stays(function.name, made):
        return made
    return apply_pure(function, tuple(open_texts.opened(value, budget) for value in values), budget)


def _context(call: Call, frame: Frame) -> Json:
    return frame.node(CONTEXT[call.name.lower()][1](frame.scope), call)


def _resource_id(call: Call, frame: Frame) -> Json:
    name, _, function = IDS[call.name.lower()]
    budget, arguments = frame.scope.memory.budget, tuple(map(frame.evaluate, call.arguments))
    budget.pay_for_reading(arguments)
    made = frame.node(function(Arguments(name, tuple(map(value_of, arguments)), budget), frame.scope.deployment), call)
    budget.pay_for_result(made)
    return made


def _ask(call: Call, frame: Frame) -> Json:
    """What only Azure can answer, unless the template itself does."""
    frame.scope.memory.budget.enter(_ASK)
    values = tuple(map(frame.value, call.arguments))
    answer = None if frame.scope.reference is None else frame.scope.reference(call.name, values)
    return frame.symbol(runtime(call.name, values), call) if answer is None else answer


_NAMING = {"parameters": "parameter", "variables": "variable"}


def _named(call: Call, frame: Frame) -> Json:
    """`parameters(name)` and `variables(name)`."""
    kind = _NAMING[call.name.lower()]
    argument = call.arguments[0]
    name = frame.value(argument)
    definitions: Mapping[str, Definition] = frame.scope.parameters if kind == "parameter" else frame.scope.variables
    if not isinstance(name, str):
        fail(argument, f"the name of this {kind} is not known", "Give the values that make up the name.")
    definition = definitions.get(name.lower())
    if definition is None:
        known = [one.name for one in definitions.values()]
        open_name = open_texts.opened(name, frame.scope.memory.budget)
        if given := settings_for(one.setting for one in parameters_of(open_name)):
            fail(argument, f"the name of this {kind} is to be filled in: `{name}`", f"Give it a value: {given}.")
        fail(argument, f"there is no {kind} `{name}`", suggestion(name, known, f"The template has no {kind}s."))
    value = evaluate_definition(kind, definition, frame.scope)
    if kind == "parameter" and isinstance(value, JsonSymbolic):
        return frame.symbol(value.symbol, call)  # what is not known is told where it is needed, not where it is declared
    return value


def _call_user_function(call: Call, frame: Frame) -> Json:
    function = frame.scope.functions.get(call.name.lower())
    if function is None:
        known = [one.name for one in frame.scope.functions.values()]
        fail_name(call, f"there is no function `{call.name}`", suggestion(call.name, known, "The template declares none."))
    _check_count(call, function.name, len(function.parameters), len(function.parameters))
    return evaluate_node(function.output, _function_scope(function, tuple(map(frame.evaluate, call.arguments)), frame.scope))


def _function_scope(function: UserFunction, arguments: tuple[Json, ...], scope: Scope) -> Scope:
    """A function sees its own parameters and the other functions, no more (docs/reference/arm-expressions.md 1.4)."""
    parameters = {
        name.lower(): Definition(name, value, literal=True) for name, value in zip(function.parameters, arguments, strict=True)
    }
    memory = Memory(budget=scope.memory.budget)
    return Scope(parameters, functions=scope.functions, deployment=scope.deployment, reference=scope.reference, memory=memory)


def _check_count(call: Call, name: str, minimum: int, maximum: int | None) -> None:
    count = len(call.arguments)
    if count >= minimum and (maximum is None or count <= maximum):
        return
    several = f"at least {minimum}" if maximum is None else f"{minimum} to {maximum}"
    expected = str(minimum) if maximum == minimum else several
    plural = "" if expected in {"1", "at least 1"} else "s"
    fail_name(call, f"`{name}` takes {expected} argument{plural}, found {count}", "Check the commas and parentheses.")


def _known_functions() -> list[str]:
    names = [function.name for function in registry().values()]
    for table in (FORMS, LAMBDA_FUNCTIONS, CONTEXT, IDS):
        names += [str(entry[0]) for key, entry in table.items() if not key.startswith("$")]  # else it is Terraform's
    return [*names, "parameters", "variables", "reference", "listKeys"]
