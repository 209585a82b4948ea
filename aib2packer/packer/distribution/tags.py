"""Tags. Packer puts its own on all that it makes; post-processors put those that differ on each artifact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from aib2packer.arm.language.text import TemplateText
from aib2packer.findings import codes
from aib2packer.hcl.printing import is_exact, print_value, references
from aib2packer.hcl.values import HclCode
from aib2packer.lazy.models import dataclass
from aib2packer.lazy.patterns import pattern
from aib2packer.packer.distribution.kinds import kind_of_target
from aib2packer.packer.steps.exact_text import content_is_exact

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aib2packer.aib.model import ImageTemplate, Target
    from aib2packer.arm.language.symbolic import ArmValue, Symbol
    from aib2packer.findings.model import Report
    from aib2packer.hcl.values import Value
    from aib2packer.packer.distribution.plan import DistributionPlan
    from aib2packer.packer.variables.symbols import Symbols
    from aib2packer.text.source import Span

_MOST_TAGS, _LONGEST_KEY, _LONGEST_VALUE = 50, 512, 256  # docs/reference/packer-semantics.md 8.5
_SHOWN = 40
_FORBIDDEN = pattern(r"[<>%&\\?/]")


TagLayers: TypeAlias = "tuple[Mapping[str, TemplateText] | TemplateText, ...]"
"""Tags, the later over the earlier: what is known, and maps that only Packer's run knows."""


@dataclass(frozen=True, slots=True)
class Tags:
    """`shared` are those that azure-arm puts on all that it makes; `own` those that a target gets beside them, by its index.

    `origins` is where the shared ones stand, and those that gave way to them. `of_resources` are those of a build that makes no
    image, and `of_resources_origins` where these stand. `late_own` are tags of targets that only Packer's run knows.
    """

    shared: TagLayers
    own: Mapping[int, Mapping[str, TemplateText]]
    origins: tuple[Span, ...]
    of_resources: TagLayers
    of_resources_origins: tuple[Span, ...]
    late_own: Mapping[int, TemplateText]


def sort_tags(template: ImageTemplate, plan: DistributionPlan, report: Report) -> Tags:
    """Which tags azure-arm puts on all: the template's, those that its targets have in common, those of managed resources."""
    for target in template.targets:
        for key, value in target.tags.items():
            _check(key, value, report)
            if not kind_of_target(target).has_tags:
                _report_vhd(f"the tag {key} is", value.span, report)
        if not kind_of_target(target).has_tags and target.late_tags is not None:
            _report_vhd("its tags are", target.late_tags.span, report, how="them")
    tagged = [target for target in plan.made if kind_of_target(target).has_tags]
    kinds: tuple[tuple[str, Mapping[str, TemplateText]], ...] = (
        ("tags", template.tags),
        (f"distribute[{tagged[0].index if tagged else 0}].artifactTags", _common([target.tags for target in tagged])),
        ("managedResourceTags", template.managed_resource_tags),
    )
    known = [tags for _, tags in kinds]
    shared = _merge(known)
    late = _late(template, tagged)
    _report_merging(kinds, late, template.resolve, report)
    own_late = ((target.index, target.late_tags) for target in tagged)
    late_own = {index: tags for index, tags in own_late if tags is not None and not _is_among(tags, late)}
    if len(shared) > _MOST_TAGS:
        report.add(
            codes.TAGS_LIMIT,
            template.span,
            f"there are {len(shared)} tags together: Packer takes {_MOST_TAGS}, as Azure does on a resource",
            help="Remove some.",
        )
    own = {target.index: _missing(target.tags, shared) for target in tagged}
    said = (template.tags, *(target.tags for target in tagged), template.managed_resource_tags)
    return Tags(
        _layers(known, late, template.resolve),
        {index: tags for index, tags in own.items() if tags},
        tuple(
            text.span for tags in said for text in tags.values() if all(text not in others.values() for others in own.values())
        )
        + tuple(text.span for text in late if text is not None),
        _layers(known[::2], late[::2], template.resolve),
        tuple(text.span for tags in (template.tags, template.managed_resource_tags) for text in tags.values())
        + tuple(text.span for text in late[::2] if text is not None),
        late_own,
    )


def _late(template: ImageTemplate, tagged: Sequence[Target]) -> tuple[TemplateText | None, ...]:
    """The maps of tags that all get, each once: the template's, that which all its targets have, that of managed resources."""
    of_targets = tagged[0].late_tags if tagged else None
    if of_targets is None or not all(_is_among(of_targets, [target.late_tags]) for target in tagged):
        of_targets = None
    once: list[TemplateText | None] = []
    for tags in (template.late_tags, of_targets, template.late_resource_tags):
        once.append(None if tags is None or _is_among(tags, once) else tags)
    return tuple(once)


def _is_among(tags: TemplateText, others: Sequence[TemplateText | None]) -> bool:
    return any(other is not None and other.parts == tags.parts for other in others)


def tags_value(layers: TagLayers, symbols: Symbols) -> Value:
    """Tags as HCL."""
    values = [
        symbols.value(layer) if isinstance(layer, TemplateText) else {key: symbols.value(text) for key, text in layer.items()}
        for layer in layers
    ]
    values = [value for value in values if print_value(value) != "{}"] or values[:1]
    if len(values) == 1:
        return values[0]
    return HclCode(f"merge({', '.join(map(print_value, values))})", references(tuple(values)))


def _layers(
    kinds: Sequence[Mapping[str, TemplateText]], late: Sequence[TemplateText | None], resolve: Callable[[Symbol], ArmValue]
) -> TagLayers:
    """The known tags as one layer; where Packer's run alone knows some, a layer for each kind, and one for what it adds."""
    if not any(late):
        kinds, late = (_merge(kinds),), (None,)
    # Azure minds no case in names, which merge() does: a tag is spelt as in the map that Packer's run knows.
    spelt = {key.lower(): key for unknown in late for key in _now(unknown, resolve)}
    kinds = [{spelt.get(key.lower(), key): text for key, text in tags.items()} for tags in kinds]
    return tuple(layer for pair in zip(kinds, late, strict=True) for layer in pair if layer)


def _merge(kinds: Sequence[Mapping[str, TemplateText]]) -> dict[str, TemplateText]:
    """The tags of all kinds as one map, the template's own first; the later win."""
    merged: dict[str, TemplateText] = {}
    for tags in kinds:
        for key, value in tags.items():
            merged.pop(_named(merged, key), None)
            merged[key] = value
    return merged


def _named(tags: Mapping[str, TemplateText], key: str) -> str:
    """The name that a tag has among others: Azure minds no case in it."""
    return next((other for other in tags if other.lower() == key.lower()), key)


def _report_vhd(what: str, span: Span, report: Report, *, how: str = "it") -> None:
    report.add(
        codes.VHD_TAGS,
        span,
        f"a VHD is a blob and has no tags as resources do: {what} left out",
        help=f"Set {how} as metadata of the blob: `az storage blob metadata update --auth-mode login --account-name ... "
        "--container-name ... --name ... --metadata NAME=VALUE`.",
    )


def _now(tags: TemplateText | None, resolve: Callable[[Symbol], ArmValue]) -> dict[str, TemplateText]:
    """Tags that are a map of their own, with the values that parameters have; none where these do not tell."""
    known = None if tags is None or tags.expression is None else resolve(tags.expression)
    if tags is None or not isinstance(known, Mapping):
        return {}
    return {
        str(key): TemplateText((value,) if value else (), tags.span) for key, value in known.items() if isinstance(value, str)
    }


def _report_merging(
    kinds: Sequence[tuple[str, Mapping[str, TemplateText]]],
    late: Sequence[TemplateText | None],
    resolve: Callable[[Symbol], ArmValue],
    report: Report,
) -> None:
    """Report tags that give way to others, those that Packer or Azure do not take, and that they are merged at all."""
    before: dict[str, TemplateText] = {}
    of_kinds = [{**tags, **_now(unknown, resolve)} for (_, tags), unknown in zip(kinds, late, strict=True)]
    for (what, _), tags in zip(kinds, of_kinds, strict=True):
        for key, value in tags.items():
            had = before.pop(_named(before, key), value)
            # An artifact gets its own value by itself, build resources have theirs: only that of the template can be lost.
            if had.parts != value.parts and had in of_kinds[0].values():
                report.add(
                    codes.TAGS_CLASH,
                    value.span,
                    f"the tag {key} has several values, which Image Builder kept apart: `{value}` of {what} is put on all, "
                    f"not `{had}`",
                    help="Give each value a tag of its own.",
                )
            before[key] = value
            _check(key, value, report)
    places = [
        next(iter((*tags.values(), *(() if unknown is None else (unknown,))))).span
        for (_, tags), unknown in zip(kinds, late, strict=True)
        if tags or unknown is not None
    ]
    if len(places) > 1:
        report.add(
            codes.TAGS_MERGED,
            places[-1],
            "Image Builder kept the tags of template, image and build resources apart; Packer puts them all on the image and "
            "on the build's resources",
            help="Nothing to do, unless something acts on one of these tags.",
        )


def _common(all_tags: Sequence[Mapping[str, TemplateText]]) -> dict[str, TemplateText]:
    if not all_tags:
        return {}
    first, *others = all_tags
    return {key: value for key, value in first.items() if all(_has(tags, key, value) for tags in others)}


def _missing(tags: Mapping[str, TemplateText], shared: Mapping[str, TemplateText]) -> dict[str, TemplateText]:
    return {key: value for key, value in tags.items() if not _has(shared, key, value)}


def _has(tags: Mapping[str, TemplateText], key: str, value: TemplateText) -> bool:
    """Whether a tag with that name and value is among others; Azure minds no case in names."""
    return any(other.lower() == key.lower() and found.parts == value.parts for other, found in tags.items())


def _check(key: str, value: TemplateText, report: Report) -> None:
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
            f"HCL brings all text to Unicode's form C, which changes the tag {key}",
            help="Write it in that form.",
        )
    if len(key.encode("utf-8", "replace")) > _LONGEST_KEY or len(value.visible.encode("utf-8", "replace")) > _LONGEST_VALUE:
        report.add(
            codes.TAGS_LIMIT,
            value.span,
            f"the tag {key[:_SHOWN]} is too long: Packer takes {_LONGEST_KEY} bytes for a name, {_LONGEST_VALUE} for a value",
            help="Shorten it.",
        )
    elif "<" in key and ">" in key:
        report.add(codes.PLACEHOLDER, value.span, f"placeholder not filled in: the tag {key}", help="Name the tag.")
    elif _FORBIDDEN.search(key):
        report.add(
            codes.REFUSED_BY_AZURE,
            value.span,
            f"Azure refuses the tag {key}: its name has one of <>%&\\?/",
            help="Rename it.",
        )
