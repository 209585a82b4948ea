"""Regions of a version that stand in a list which is a variable: which they are now, and which of them to build in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aib2packer.arm.language.symbolic import Access, Apply, Lambda, LambdaVariable, is_symbol, rebuild
from aib2packer.arm.language.text import LateExpression, TemplateText
from aib2packer.azure.clouds import region_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from aib2packer.arm.language.symbolic import ArmValue, Symbol

    Resolve = Callable[[Symbol], ArmValue]


def regions_now(regions: TemplateText, resolve: Resolve) -> tuple[ArmValue, ...]:
    """The regions of a list with the values that its parameters have, in their short form; symbols where these do not tell."""
    value = _value(regions, resolve)
    items = value if isinstance(value, tuple) else ()
    return tuple(_short(item.get("name") if isinstance(item, Mapping) else item) for item in items)


def region_now(region: TemplateText, resolve: Resolve) -> ArmValue:
    """One region, in the same way."""
    return _short(region.literal if region.literal is not None else _value(region, resolve))


def first_region(regions: TemplateText, resolve: Resolve) -> TemplateText:
    """The first of a list, as an expression."""
    value = regions.expression
    now = _value(regions, resolve)
    named = isinstance(now, tuple) and isinstance(now[0], Mapping)
    match value:
        case Apply("map", (list_, Lambda((item,), {"name": name}))) if named and not isinstance(list_, Lambda):
            first = _filled(name, item, Access(list_, 0))
        case _:
            first = Access(Access(value, 0), "name") if named else Access(value, 0)
    return TemplateText((LateExpression(first, regions.span),) if is_symbol(first) else (str(first),), regions.span)


def _filled(value: ArmValue, variable: str, item: ArmValue) -> ArmValue:
    """What a loop makes of an item."""
    if isinstance(value, LambdaVariable) and value.name == variable:
        return item
    return rebuild(value, lambda part: _filled(part, variable, item))


def _value(text: TemplateText, resolve: Resolve) -> ArmValue:
    return None if text.expression is None else resolve(text.expression)


def _short(region: ArmValue) -> ArmValue:
    return region_name(region) if isinstance(region, str) else region
