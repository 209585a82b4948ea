"""`azapi_update_resource`: which image template it changes, and whether it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.findings import codes
from aib2packer.terraform.forms import IMAGE_TEMPLATE, UPDATE
from aib2packer.terraform.syntax import TfCall, TfChoice, TfList, TfObject, TfOperation, TfValue, path_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aib2packer.terraform.configuration import Configuration, Written
    from aib2packer.terraform.syntax import TfBlock, TfExpression

_MOST_STEPS = 100  # from one name to what stands behind it


def updates_of(template: TfBlock, written: Written) -> Iterator[TfBlock]:
    """The resources that change an image template; of one that may not be there, it is told whether it counts."""
    for block in written.configuration.resources.values():
        if updated_by(block, written.configuration) == template.labels and _is_there(block, template, written):
            yield block


def updated_by(block: TfBlock, configuration: Configuration) -> tuple[str, ...] | None:
    """The resource of the configuration that another one changes; None where that is not known, or not there."""
    if block.labels[0] != UPDATE:
        return None
    target = block.value("resource_id")
    path = None if target is None else path_of(target)
    if path is not None and path[:2] in configuration.resources:
        return path[:2]
    parent, name = _place(block, configuration)
    if target is not None:
        parent, _, name = _words(target, configuration).partition(f"/providers/{IMAGE_TEMPLATE}/")
    if not parent or not name:
        return None
    templates = (path for path in configuration.resources if path[0] == "azapi_resource")
    return next((path for path in templates if _place(configuration.resources[path], configuration) == (parent, name)), None)


def _place(block: TfBlock, configuration: Configuration) -> tuple[str, str]:
    """What a block says of the parent and the name of its resource."""
    parent, name = block.value("parent_id"), block.value("name")
    return "" if parent is None else _words(parent, configuration), "" if name is None else _words(name, configuration)


def _words(expression: TfExpression, configuration: Configuration) -> str:
    """A text in lower case, as ids are compared; anything else as it is written."""
    behind = _behind(expression, configuration)
    if isinstance(behind, TfValue) and isinstance(behind.value, str):
        return behind.value.lower()
    return "".join(expression.span.text.split())


def _behind(expression: TfExpression, configuration: Configuration, *, variables: bool = False) -> TfExpression:
    """What stands behind the name of a local, or of a variable as long as nobody gives another value."""
    for _ in range(_MOST_STEPS):
        match path_of(expression):
            case ("local", name):
                further = configuration.locals.get(name)
            case ("var", name) if variables:
                declared = configuration.variables.get(name)
                default = None if declared is None else declared.value("default")
                further = configuration.values.get(name, default)
            case _:
                return expression
        if further is None:
            return expression
        expression = further
    return expression


def _is_there(block: TfBlock, template: TfBlock, written: Written) -> bool:
    """Whether `count` or `for_each` makes a resource. Where only the values of variables tell, it is reported."""
    how_often = _how_often(block)
    if how_often is None or _follows(block, template):
        return True
    known = _Sizes(written.configuration, variables=False).of(how_often)
    if known is not None:
        return known > 0
    likely = _Sizes(written.configuration, variables=True).of(how_often) != 0
    written.report.add(
        codes.CONDITION,
        how_often.span,
        f"whether {block.address} is there depends on values that the build is not given: "
        f"what it sets is {'in' if likely else 'not in'} the build",
        help="Write what it sets into the image template, or remove it.",
    )
    return likely


def is_counted(block: TfBlock, written: Written) -> bool:
    """Whether it is known how many instances of a resource `count` or `for_each` makes."""
    how_often = _how_often(block)
    return how_often is not None and _Sizes(written.configuration, variables=True).of(how_often) is not None


def _how_often(block: TfBlock) -> TfExpression | None:
    return block.value("count") or block.value("for_each")


def _follows(block: TfBlock, template: TfBlock) -> bool:
    """Whether there is one for each instance of the image template."""
    each = block.value("for_each")
    if each is not None and path_of(each) == template.labels:
        return True
    return any(
        (own := block.value(key)) is not None and (its := template.value(key)) is not None and own.span.text == its.span.text
        for key in ("count", "for_each")
    )


class _Sizes:
    """How much something holds, or what it counts, as far as that is known."""

    def __init__(self, configuration: Configuration, *, variables: bool) -> None:
        self.configuration = configuration
        self.variables = variables

    def of(self, expression: TfExpression) -> int | None:
        """The number, or that of the items; None where it is not known."""
        match self._behind(expression):
            case TfValue(int() | float() as number):
                return int(number)
            case TfList(items) | TfObject(items):
                return len(items)
            case TfCall("toset" | "tolist" | "tomap" | "length" | "tonumber", (inner,)):
                return self.of(inner)
            case TfChoice(condition, then, otherwise):
                truth = self._truth(condition)
                sizes = {self.of(one) for one in ((then, otherwise) if truth is None else (then if truth else otherwise,))}
                return sizes.pop() if len(sizes) == 1 else None
            case _:
                return None

    def _truth(self, expression: TfExpression) -> bool | None:
        match self._behind(expression):
            case TfValue(bool() as known):
                return known
            case TfOperation("!", (inner,)):
                truth = self._truth(inner)
                return None if truth is None else not truth
            case TfOperation("==" | "!=" as operator, (left, right)):
                one, two = self._behind(left), self._behind(right)
                if isinstance(one, TfValue) and isinstance(two, TfValue):
                    return (one.value == two.value) is (operator == "==")
                return None
            case _:
                return None

    def _behind(self, expression: TfExpression) -> TfExpression:
        return _behind(expression, self.configuration, variables=self.variables)
