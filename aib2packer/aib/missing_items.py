"""Items and properties that an expression takes of a list or an object, and which are not there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aib2packer.arm.evaluation.access import MissingError, access
from aib2packer.arm.language.json_values import node_of
from aib2packer.arm.language.symbolic import MAY_SKIP, Access, Apply, If, is_symbol, parts_of, walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from aib2packer.arm.language.symbolic import ArmValue, Lambda, Symbol
    from aib2packer.text.source import Span


def missing_item(symbol: Symbol, resolve: Callable[[Symbol], ArmValue], span: Span) -> MissingError | None:
    """What an expression takes that is not there, with the values that parameters have; None where there is nothing to say.

    What stands in an arm that these values do not choose, or that nothing chooses yet, is not looked at.
    """
    if not any(isinstance(part, Access) for part in walk(symbol)) or not is_symbol(resolve(symbol)):
        return None

    def known(value: ArmValue) -> ArmValue:
        return resolve(value) if is_symbol(value) else value

    waiting: list[ArmValue | Lambda] = [symbol]
    seen: set[int] = set()  # what a variable holds may stand in others many times
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        match one:
            case If(condition, then, otherwise):
                chosen = known(condition)
                waiting += [condition, *([then if chosen else otherwise] if isinstance(chosen, bool) else [])]
            case Access(target, key, safe=False):
                whole, which = known(target), known(key)
                if isinstance(whole, tuple | Mapping) and not is_symbol(which):
                    try:
                        access(node_of(whole, span), which, span)
                    except MissingError as error:
                        return error
                waiting += [target, key]
            case Apply(function) if function in MAY_SKIP:
                pass
            case other:
                waiting += parts_of(other)
    return None
