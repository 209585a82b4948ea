"""What looks like a function and is more: it names things, or does not evaluate all of its arguments.

Source: docs/reference/arm-expressions.md 2.1, 2.3 and 3.2.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NoReturn

from aib2packer.arm.evaluation import open_texts
from aib2packer.arm.evaluation.access import from_end, try_get
from aib2packer.arm.evaluation.budget import LimitError
from aib2packer.arm.evaluation.frame import fail, fail_name, suggestion
from aib2packer.arm.evaluation.functions.base import choose
from aib2packer.arm.language.describe import describe_type
from aib2packer.arm.language.expression import ExpressionError
from aib2packer.arm.language.json_values import is_null, value_of
from aib2packer.arm.language.symbolic import Access, Apply, Deferred, is_symbol, may_be_null, type_of, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aib2packer.arm.evaluation.frame import Frame
    from aib2packer.arm.language.expression import Call, Expression
    from aib2packer.arm.language.symbolic import ArmValue, Symbol
    from aib2packer.jsonc.tree import Json


def _if(call: Call, frame: Frame) -> Json:
    """One arm where the condition is known; else both, and an arm that fails does so only when it is chosen."""
    test, *arms = call.arguments
    condition = frame.value(test)
    if isinstance(condition, bool):
        return frame.evaluate(arms[0 if condition else 1])
    if not is_symbol(condition) or type_of(condition) not in {"bool", "any"}:
        fail(test, f"`if` decides by true or false, found {describe_type(type_of(condition))}", "Compare it: `equals(…)`.")
    then, otherwise = (_arm(arm, frame) for arm in arms)
    return frame.node(choose(condition, then, otherwise), call)


def _arm(arm: Expression, frame: Frame) -> ArmValue:
    try:
        return frame.value(arm)
    except LimitError:
        raise
    except ExpressionError as error:
        return Apply("fail", (error.message,))


def _connective(*, stops: bool) -> Callable[[Call, Frame], Json]:
    """`and`, which stops at the first false, and `or`, at the first true."""

    def evaluate(call: Call, frame: Frame) -> Json:
        unknown: list[ArmValue] = []
        for argument in call.arguments:
            value = frame.value(argument)
            if is_symbol(value) and type_of(value) in {"bool", "any"}:
                unknown += () if value in unknown else (value,)
            elif not isinstance(value, bool):
                help_ = "Compare it: `equals(…)`."
                fail(argument, f"`{call.name}` takes true or false here, found {describe_type(type_of(value))}", help_)
            elif value is stops:
                return frame.node(stops, call)
        if not unknown:
            return frame.node(not stops, call)
        return frame.node(unknown[0] if len(unknown) == 1 else Apply("or" if stops else "and", tuple(unknown)), call)

    return evaluate


def _coalesce(call: Call, frame: Frame) -> Json:
    """The first that is not null; the rest is not evaluated."""
    candidates: list[Json] = []
    for argument in call.arguments:
        node = frame.evaluate(argument)
        if is_null(node):
            continue
        candidates.append(node)
        if not may_be_null(value_of(node)):
            break
    if not candidates:
        return frame.node(None, call)
    if len(candidates) == 1:
        return candidates[0]
    return frame.symbol(Apply("coalesce", tuple(map(value_of, candidates))), call)


def _try(call: Call, frame: Frame) -> Json:
    """Terraform's: the first that is no error, also where it is null; the rest is not evaluated."""
    candidates: list[Json] = []
    failed: ExpressionError | None = None
    for argument in call.arguments:
        try:
            node = frame.evaluate(argument)
        except LimitError:
            raise
        except ExpressionError as error:
            failed = error
            continue
        candidates.append(node)
        if not _may_fail(value_of(node)):
            break
    if failed is not None and not candidates:
        raise failed
    return candidates[0] if len(candidates) == 1 else frame.symbol(Apply("$try", tuple(map(value_of, candidates))), call)


def _can(call: Call, frame: Frame) -> Json:
    """Terraform's: whether something is no error."""
    try:
        value = frame.value(call.arguments[0])
    except LimitError:
        raise
    except ExpressionError:
        return frame.node(False, call)  # noqa: FBT003 - the value
    return frame.node(Apply("$can", (value,)) if _may_fail(value) else True, call)


def _may_fail(value: ArmValue) -> bool:
    """Whether only Packer's run tells that a value is there: it is taken of something, or a function makes it."""
    return is_symbol(value) and any(isinstance(part, Access | Apply) for part in walk(value))


def _fail(call: Call, frame: Frame) -> NoReturn:
    message = frame.value(call.arguments[0])
    fail_name(call, f"the template refuses this: {message}", "Give the parameters values that it takes.")


def _try_get(call: Call, frame: Frame) -> Json:
    target, *keys = call.arguments
    whole, budget = frame.evaluate(target), frame.scope.memory.budget
    return try_get(whole, tuple(open_texts.key_in(whole, frame.value(key), budget) for key in keys), frame.span(call))


def _from_end(*, safe: bool) -> Callable[[Call, Frame], Json]:
    def evaluate(call: Call, frame: Frame) -> Json:
        target, number = call.arguments
        return from_end(frame.evaluate(target), frame.value(number), frame.span(call), safe=safe)

    return evaluate


def _copy_index(call: Call, frame: Frame) -> Json:
    """`copyIndex([name][, offset])`: which round of a loop this is, of the innermost without a name."""
    values = [frame.value(argument) for argument in call.arguments]
    name = values.pop(0) if values and isinstance(values[0], str) else None
    offset = values.pop(0) if values else 0
    if values or not isinstance(offset, int) or isinstance(offset, bool):
        fail(call, "`copyIndex` takes the name of a loop, and a whole number to add", "Write `copyIndex('name', 1)`.")
    loops = frame.scope.loops
    found = next((one for one in reversed(loops) if name is None or one.name.lower() == str(name).lower()), None)
    if found is None:
        called = "" if name is None else f" `{name}`"
        what = f"there is no `copy` loop{called} around this"
        fail(call, what, suggestion(str(name or ""), [loop.name for loop in loops], "Use it inside the `input` of a loop."))
    if isinstance(found.index, int):
        return frame.node(found.index + offset, call)
    return frame.node(Apply("add", (found.index, offset)) if offset else found.index, call)


def _lambda_variables(call: Call, frame: Frame) -> Json:
    name = frame.value(call.arguments[0])
    variables = frame.scope.lambda_variables
    found = variables.get(name.lower()) if isinstance(name, str) else None
    if found is None:
        help_ = suggestion(str(name), variables, "Use it in a lambda.")
        fail(call.arguments[0], f"no lambda around this has a variable `{name}`", help_)
    return found


def _lambda(call: Call, _: Frame) -> NoReturn:
    fail_name(call, "a lambda stands where none is taken", "Lambdas go into `map`, `filter`, `reduce`, `sort` and their like.")


def _anew(call: Call, frame: Frame) -> Json:
    """`utcNow` and `newGuid`: another value in each deployment."""
    name = "utcNow" if call.name.lower() == "utcnow" else "newGuid"
    symbol: Symbol = Deferred(name, tuple(map(frame.value, call.arguments)), frame.scope.owner)
    return frame.symbol(symbol, call)


FORMS: Mapping[str, tuple[str, int, int | None, Callable[[Call, Frame], Json]]] = MappingProxyType(
    {
        "if": ("if", 3, 3, _if),
        "and": ("and", 2, None, _connective(stops=False)),
        "or": ("or", 2, None, _connective(stops=True)),
        "coalesce": ("coalesce", 1, None, _coalesce),
        "$try": ("try", 1, None, _try),
        "$can": ("can", 1, 1, _can),
        "fail": ("fail", 1, 1, _fail),
        "tryget": ("tryGet", 2, None, _try_get),
        "indexfromend": ("indexFromEnd", 2, 2, _from_end(safe=False)),
        "tryindexfromend": ("tryIndexFromEnd", 2, 2, _from_end(safe=True)),
        "copyindex": ("copyIndex", 0, 2, _copy_index),
        "lambda": ("lambda", 1, None, _lambda),
        "lambdavariables": ("lambdaVariables", 1, 1, _lambda_variables),
        "utcnow": ("utcNow", 0, 1, _anew),
        "newguid": ("newGuid", 0, 0, _anew),
    }
)
