"""What an earlier run of a build declared, and other builds of the folder use: it stays declared."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from aib2packer.hcl.values import HclCode, Local, Variable, VariableValidation
from aib2packer.landing.meaning import read_hcl
from aib2packer.lazy.patterns import pattern
from aib2packer.packer.layout import BUILD_ENDING
from aib2packer.terraform.syntax import TfValue

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from aib2packer.terraform.syntax import TfAttribute, TfBlock
    from aib2packer.text.source import SourceText

_USE = pattern(r"\b(?:var|local)\.[A-Za-z_][\w-]*")


def still_used(
    files: Sequence[SourceText], own: Collection[str], declared: Collection[str]
) -> tuple[tuple[Variable, ...], tuple[Local, ...]]:
    """The variables and locals of an earlier run that other files use, with what these use themselves.

    Args:
        files: The files that Packer reads in the folder.
        own: The names that the build's own files have.
        declared: What is declared without them, by `var.` or `local.` and its name.

    """
    ours = [file for file in files if PurePath(file.name).name in own]
    theirs = [file for file in files if PurePath(file.name).name not in own]
    waiting = [use for file in theirs for use in _USE.findall(file.text) if use not in declared]
    if not waiting:  # the earlier build need not be read
        return (), ()
    before = {name: one for file in ours if file.name.endswith(BUILD_ENDING) for name, one in _declarations(file)}
    kept: dict[str, Variable | Local] = {}
    while waiting:
        name = waiting.pop()
        if name in before and name not in declared and name not in kept:
            kept[name], text = before[name]
            waiting += _USE.findall(text)
    return (
        tuple(one for one in kept.values() if isinstance(one, Variable)),
        tuple(one for one in kept.values() if isinstance(one, Local)),
    )


def _declarations(file: SourceText) -> Iterator[tuple[str, tuple[Variable | Local, str]]]:
    """The declarations of a file, by `var.` or `local.` and their names, with their text."""
    body = read_hcl(file)
    for block in body[1] if isinstance(body, tuple) else ():
        match block.type, block.labels:
            case "variable", (name,):
                yield f"var.{name}", (_variable(name, block), block.span.text)
            case "locals", ():
                for one in block.attributes:
                    yield f"local.{one.name}", (Local(one.name, HclCode(one.value.span.text)), one.value.span.text)
            case _:
                pass


def _variable(name: str, block: TfBlock) -> Variable:
    said = {one.name: one for one in block.attributes}
    default, kind, sensitive = said.get("default"), said.get("type"), said.get("sensitive")
    rules = ({one.name: one for one in inner.attributes} for inner in block.blocks if inner.type == "validation")
    return Variable(
        name,
        _text(said.get("description")),
        "string" if kind is None else kind.value.span.text,
        None if default is None else HclCode(default.value.span.text),
        sensitive=sensitive is not None and sensitive.value.span.text == "true",
        validation=tuple(
            VariableValidation(rule["condition"].value.span.text, _text(rule.get("error_message")))
            for rule in rules
            if "condition" in rule
        ),
    )


def _text(attribute: TfAttribute | None) -> str:
    value = None if attribute is None else attribute.value
    return value.value if isinstance(value, TfValue) and isinstance(value.value, str) else ""
