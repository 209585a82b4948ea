"""Tags. Packer puts all of them on all that it makes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.findings import codes
from aib2packer.packer.exactness import content_is_exact
from aib2packer.packer.hcl import is_exact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.aib.model import DistributeTarget, ImageTemplate
    from aib2packer.arm.values import Text
    from aib2packer.findings.model import Report
    from aib2packer.packer.values import Value
    from aib2packer.packer.variables import Symbols
    from aib2packer.text.source import Span

_MOST_TAGS, _LONGEST_KEY, _LONGEST_VALUE = 50, 512, 256  # reference/packer-semantics.md 8.5
_SHOWN = 40
_FORBIDDEN = re.compile(r"[<>%&\\?/]")


def azure_tags(
    template: ImageTemplate, targets: tuple[DistributeTarget, ...], symbols: Symbols, report: Report
) -> dict[str, Value]:
    """The template's tags, then the artifacts', then those of managed resources: the later win."""
    kinds: list[tuple[str, Mapping[str, Text]]] = [("tags", template.tags)]
    kinds += [(f"distribute[{target.index}].artifactTags", target.tags) for target in targets]
    kinds.append(("managedResourceTags", template.managed_resource_tags))
    merged: dict[str, Text] = {}
    for what, tags in kinds:
        for key, value in tags.items():
            known = next((other for other in merged if other.lower() == key.lower()), key)
            if known in merged and merged[known].parts != value.parts:
                report.add(
                    codes.TAGS_CLASH,
                    value.span,
                    f"the tag {key} has several values, which Image Builder kept apart: `{value}` of {what} is put on all, "
                    f"and not `{merged[known]}`",
                    help="Give each value a tag of its own.",
                )
            merged.pop(known, None)
            merged[key] = value
            _check(key, value, report)
    if sum(1 for _, tags in kinds if tags) > 1:
        report.add(
            codes.TAGS_MERGED,
            next(iter(next(tags for _, tags in reversed(kinds) if tags).values())).span,
            "Image Builder kept the tags of template, image and build resources apart; Packer puts them all on the image and "
            "on the build's resources",
            help="Nothing to do, unless something acts on one of these tags.",
        )
    if len(merged) > _MOST_TAGS:
        report.add(
            codes.BAD_VALUE,
            template.span,
            f"there are {len(merged)} tags together: Packer takes {_MOST_TAGS}, as Azure does on a resource",
            help="Remove some.",
        )
    return {key: symbols.value(value) for key, value in merged.items()}


def tag_places(template: ImageTemplate, targets: tuple[DistributeTarget, ...]) -> tuple[Span, ...]:
    """Where all these tags stand."""
    kinds = (template.tags, *(target.tags for target in targets), template.managed_resource_tags)
    return tuple(text.span for tags in kinds for text in tags.values())


def _check(key: str, value: Text, report: Report) -> None:
    if "{{" in key and "{{" in value.visible:
        report.add(
            codes.NOT_EXACT,
            value.span,
            f"Packer evaluates `{{{{` in the tag {key}: where it stands in the name, nothing escapes it in the value",
            help="Rename the tag.",
        )
    if not is_exact(key) or not content_is_exact(value):
        report.add(
            codes.NORMALIZED,
            value.span,
            f"the tag {key} changes: HCL brings all text to Unicode's form C",
            help="Write it in that form.",
        )
    if len(key.encode("utf-8", "replace")) > _LONGEST_KEY or len(value.visible.encode("utf-8", "replace")) > _LONGEST_VALUE:
        report.add(
            codes.BAD_VALUE,
            value.span,
            f"the tag {key[:_SHOWN]} is too long: Packer takes {_LONGEST_KEY} bytes for a name, {_LONGEST_VALUE} for a value",
            help="Shorten it.",
        )
    elif "<" in key and ">" in key:
        report.add(codes.PLACEHOLDER, value.span, f"placeholder not filled in: the tag {key}", help="Name the tag.")
    elif _FORBIDDEN.search(key):
        report.add(
            codes.FAILS_WHEN_RUN,
            value.span,
            f"the tag {key} is not one that Azure takes: there is one of <>%&\\?/ in its name",
            help="Rename it.",
        )
