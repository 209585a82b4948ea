"""The manifest: what Image Builder kept as run outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.findings import codes
from aib2packer.hcl.printing import escape_templates, is_identifier, print_value, quote, references
from aib2packer.hcl.values import HclCode, Value
from aib2packer.packer.layout import beside_template, manifest_file
from aib2packer.packer.model import PostProcessor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aib2packer.arm.language.text import TemplateText
    from aib2packer.packer.steps.build_context import BuildContext


def manifest(
    name: str, outputs: Sequence[tuple[TemplateText, Value]], kept: Mapping[str, Value], context: BuildContext
) -> PostProcessor:
    """Record run outputs, each a name and an id.

    `name` is the build's; `kept` is recorded besides.
    """
    symbols, report = context.symbols, context.report
    for run_output, _ in outputs:
        if "{{" in run_output.visible:
            report.add(
                codes.NOT_EXACT,
                run_output.span,
                "Packer evaluates `{{` in what the manifest holds, and nothing escapes it there",
                help="Choose a runOutputName of letters, digits, `-`, `_` and `.`, as the service wants it.",
            )
    settings: dict[str, Value] = {"output": beside_template(manifest_file(name))}
    pairs: list[tuple[Value, Value]] = [(symbols.value(run_output), artifact) for run_output, artifact in outputs]
    if pairs := [*pairs, *kept.items()]:
        settings["custom_data"] = _object(pairs)
    return PostProcessor("manifest", settings)


def _object(pairs: Sequence[tuple[Value, Value]]) -> Value:
    """An object whose keys need not be literal."""
    known = {key: value for key, value in pairs if isinstance(key, str)}
    if len(known) == len(pairs):
        return escape_templates(known)
    keys = [_key(key) for key, _ in pairs]
    width = max(map(len, keys))
    lines = [f"  {key.ljust(width)} = {print_value(value)}" for key, (_, value) in zip(keys, pairs, strict=True)]
    return HclCode("\n".join(("{", *lines, "}")), references(tuple(part for pair in pairs for part in pair)))


def _key(key: Value) -> str:
    if isinstance(key, str):
        return key if is_identifier(key) else quote(key)
    return f"({print_value(key)})"
