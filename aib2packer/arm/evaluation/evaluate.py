"""Partial evaluation of ARM expressions, on demand: what is known is computed, the rest stays a symbol.

Source: docs/reference/arm-expressions.md 1 to 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.arm.evaluation.access import MissingError, access
from aib2packer.arm.evaluation.again import again
from aib2packer.arm.evaluation.forms import FORMS
from aib2packer.arm.evaluation.frame import Frame, fail, fail_name, meant, suggestion
from aib2packer.arm.evaluation.functions import registry
from aib2packer.arm.evaluation.functions.base import Arguments, FunctionError, Nodes, Pure, apply_pure
from aib2packer.arm.evaluation.lambdas import LAMBDA_FUNCTIONS, evaluate_lambda_function
from aib2packer.arm.evaluation.loops import loops_of, run_loop
from aib2packer.arm.evaluation.resources import CONTEXT, IDS, is_runtime, runtime
from aib2packer.arm.evaluation.scope import Definition, Memory, Scope, UserFunction
from aib2packer.arm.language.expression import (
    Call,
    Evaluated,
    ExpressionError,
    IndexAccess,
    IntegerLiteral,
    PropertyAccess,
    StringLiteral,
    is_expression,
    parse,
    print_expression,
    unescape,
)
from aib2packer.arm.language.place import StringPlace
from aib2packer.arm.language.symbolic import Concat, is_symbol
from aib2packer.arm.language.tree import JsonSymbolic, drop_nulls, member_of, value_of
from aib2packer.jsonc.tree import JsonArray, JsonMember, JsonObject, JsonScalar
from aib2packer.text.source import SourceText, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aib2packer.arm.language.expression import Expression
    from aib2packer.arm.language.symbolic import ArmValue, Symbol
    from aib2packer.jsonc.tree import Json

_MAX_TEXT = 4 << 20  # what a template may have altogether
_MAX_PARTS = 20_000


def evaluate(expression: Expression, scope: Scope) -> ArmValue:
    """Evaluate an expression.

    Raises:
        ExpressionError: It cannot be evaluated, whatever the values of the symbols.

    """
    text = print_expression(expression)
    source = SourceText("expression", text)
    try:
        return value_of(_run(expression, Frame(scope, StringPlace(Span(source, 0, len(text)), ""), _run)))
    except RecursionError:
        raise _too_deep(expression.start, expression.end) from None


def evaluate_again(symbol: Symbol, span: Span, scope: Scope) -> ArmValue:
    """What a symbol comes to in a scope that knows more; the symbol itself where it cannot be evaluated there."""
    try:
        return value_of(drop_nulls(_run(Evaluated(symbol), Frame(scope, StringPlace(span, ""), _run))))
    except (ExpressionError, RecursionError):
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
    """Like `evaluate_json`, with nulls."""
    try:
        return _tree(node, scope)
    except RecursionError:
        raise _too_deep(0, 0, node.span) from None


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
            value = run_loop(definition.value, inner, _tree)
        else:
            value = evaluate_node(definition.value, inner)
    finally:
        memory.pending.pop()
    memory.values[key] = value
    return value


def _tree(node: Json, scope: Scope) -> Json:
    match node:
        case JsonSymbolic():
            return node
        case JsonScalar(str() as text):
            return _string(text, node, scope)
        case JsonArray(items, span):
            return JsonArray(tuple(_tree(item, scope) for item in items), span)
        case JsonObject():
            return _object(node, scope)
        case _:
            return node


def _string(text: str, node: JsonScalar, scope: Scope) -> Json:
    if not text.startswith("["):
        return node
    if not is_expression(text):
        plain = unescape(text)
        return node if plain == text else JsonScalar(plain, node.span)
    place = StringPlace(node.span, text)
    try:
        return _run(parse(text), Frame(scope, place, _run))
    except ExpressionError as error:
        if error.span is None:
            error.span = place.at(error.start, error.end)
        raise


def _object(node: JsonObject, scope: Scope) -> Json:
    members: dict[str | Symbol, JsonMember] = {}
    for member in node:
        loops = loops_of(member)
        for loop in loops:
            name = loop.get("name")
            key = _key(JsonScalar("", loop.span) if name is None else name, scope)
            members[key] = member_of(key, loop.span, run_loop(loop, scope, _tree))
        if not loops:
            bracketed = member.key.startswith("[")
            key = _key(JsonScalar(member.key, member.key_span), scope) if bracketed else member.key
            members[key] = member_of(key, member.key_span, _tree(member.value, scope))
    return JsonObject(tuple(members.values()), node.span)


def _key(node: Json, scope: Scope) -> str | Symbol:
    key = value_of(_tree(node, scope))
    if isinstance(key, str) or is_symbol(key):
        return key
    message = "the name of a property is text"
    raise ExpressionError(message, 0, 0, "Make it a string: `string(…)`.", node.span)


def _run(expression: Expression, frame: Frame) -> Json:
    """Evaluate one node of an expression."""
    if not frame.scope.memory.work.step():
        fail(expression, "the evaluation takes too many steps", "Check the loops and lambdas: ARM has limits too.")
    match expression:
        case StringLiteral(value) | IntegerLiteral(value):
            return JsonScalar(value, frame.span(expression))
        case PropertyAccess(target, name):
            return _access(target, name, expression, frame)
        case IndexAccess(target, index):
            return _access(target, frame.value(index), expression, frame)
        case Call():
            return _call(expression, frame)
        case Evaluated(value):
            return again(value, frame)


def _access(target: Expression, key: ArmValue, expression: PropertyAccess | IndexAccess, frame: Frame) -> Json:
    whole = frame.evaluate(target)
    try:
        return access(whole, key, frame.span(expression))
    except MissingError as error:
        help_ = suggestion(str(key), error.known, error.help)
        raise ExpressionError(error.message, target.end, expression.end, help_) from None


def _call(call: Call, frame: Frame) -> Json:
    name = call.name.lower()
    if "." in name:
        return _call_user_function(call, frame)
    if name in _NAMING:
        return _named(call, frame)
    if name in FORMS:
        _check_count(call, *FORMS[name][:3])
        return _checked(call, frame, FORMS[name][3])
    if name in LAMBDA_FUNCTIONS:
        _check_count(call, *LAMBDA_FUNCTIONS[name][:3])
        return evaluate_lambda_function(call, frame)
    if name in CONTEXT:
        _check_count(call, CONTEXT[name][0], 0, 0)
        return _checked(call, frame, lambda call, frame: frame.node(CONTEXT[name][1](frame.scope), call))
    if name in IDS:
        _check_count(call, IDS[name][0], IDS[name][1], None)
        return _checked(call, frame, _resource_id)
    if is_runtime(name):
        return _ask(call, frame)
    function = registry().get(name)
    if function is None:
        help_ = meant(call.name, _known_functions()) or "Check the name: it is none of the functions of ARM templates."
        fail_name(call, f"there is no function `{call.name}`", help_)
    _check_count(call, function.name, function.minimum, function.maximum)
    return _checked(call, frame, _apply)


def _apply(call: Call, frame: Frame) -> Json:
    function = registry()[call.name.lower()]
    arguments = tuple(map(frame.evaluate, call.arguments))
    if isinstance(function, Pure):
        return frame.node(_small(call, apply_pure(function, tuple(map(value_of, arguments)))), call)
    node = function.build(Nodes(function.name, arguments, frame.span(call)))
    if isinstance(node, JsonArray) and len(node.items) > _MAX_PARTS:
        fail(call, f"the array has more than {_MAX_PARTS} items", "Check the loops and lambdas.")
    if isinstance(node, JsonScalar):
        _small(call, value_of(node))
    return node


def _small(call: Call, value: ArmValue) -> ArmValue:
    if (isinstance(value, str) and len(value) > _MAX_TEXT) or (isinstance(value, Concat) and len(value.parts) > _MAX_PARTS):
        fail(call, "the text is too long", "A template and what it makes has 4 MB at most.")
    return value


def _checked(call: Call, frame: Frame, run: Callable[[Call, Frame], Json]) -> Json:
    """Run, and let what a function refuses be an error at its argument, or at its name."""
    try:
        return run(call, frame)
    except FunctionError as error:
        if error.argument is not None and error.argument < len(call.arguments):
            fail(call.arguments[error.argument], error.message, error.help)
        fail_name(call, error.message, error.help)


def _resource_id(call: Call, frame: Frame) -> Json:
    name, _, function = IDS[call.name.lower()]
    arguments = Arguments(name, tuple(map(frame.value, call.arguments)))
    return frame.node(function(arguments, frame.scope.deployment), call)


def _ask(call: Call, frame: Frame) -> Json:
    """What only Azure can answer, unless the template itself does."""
    values = tuple(map(frame.value, call.arguments))
    answer = None if frame.scope.reference is None else frame.scope.reference(call.name, values)
    return frame.symbol(runtime(call.name, values), call) if answer is None else answer


_NAMING = {"parameters": "parameter", "variables": "variable"}


def _named(call: Call, frame: Frame) -> Json:
    """`parameters(name)` and `variables(name)`."""
    kind = _NAMING[call.name.lower()]
    _check_count(call, f"{kind}s", 1, 1)
    argument = call.arguments[0]
    name = frame.value(argument)
    definitions: Mapping[str, Definition] = frame.scope.parameters if kind == "parameter" else frame.scope.variables
    if not isinstance(name, str):
        fail(argument, f"the name of this {kind} is not known", "Give the values that make up the name.")
    definition = definitions.get(name.lower())
    if definition is None:
        known = [one.name for one in definitions.values()]
        fail(argument, f"there is no {kind} `{name}`", suggestion(name, known, f"The template has no {kind}s."))
    return evaluate_definition(kind, definition, frame.scope)


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
    memory = Memory(work=scope.memory.work)
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
        names += [str(entry[0]) for entry in table.values()]
    return [*names, "parameters", "variables", "reference", "listKeys"]


def _too_deep(start: int, end: int, span: Span | None = None) -> ExpressionError:
    return ExpressionError("the values are nested too deeply", start, end, "Check for functions that call themselves.", span)
