"""What is known of the image definitions that a template publishes to: those deployed beside it, and those read from Azure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.arm.documents.siblings import ImageDefinition
from aib2packer.arm.language.symbolic import merge_texts
from aib2packer.arm.language.text import LateExpression, join

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aib2packer.aib.ids import ResourceId
    from aib2packer.aib.model import ImageTemplate
    from aib2packer.arm.language.text import TemplateText, TextSymbol

_UNKNOWN = "\0"


def definition_of(template: ImageTemplate, image: ResourceId) -> ImageDefinition:
    """What the image definition says whose id a target has.

    Definitions are told apart by their names. Where these are not known, any may be meant: then that counts in which all agree.
    """
    definitions = template.siblings.definitions
    if not definitions:  # as in most templates
        return ImageDefinition()
    name = join("/", (image["galleries"], image["images"]), image.text.span)
    known = _known(image.text, template)
    exact = [one for one in definitions if _is_same(one, name, known)]
    return _in_common(exact or [one for one in definitions if one.known_name is None or known is None])


def common_definition(template: ImageTemplate) -> ImageDefinition:
    """In what the image definitions of all targets agree."""
    images = (target.definition for target in template.targets)
    return _in_common([definition_of(template, image) for image in images if image is not None])


def known_of_image(template: ImageTemplate) -> tuple[str, str]:
    """System and generation of the image, by its definition, else by the source where Azure was asked; "" for none."""
    definition, source = common_definition(template), template.siblings.source
    return (
        definition.os_type or (None if source is None else source.os_type) or "",
        definition.generation or (None if source is None else source.generation) or "",
    )


def _is_same(definition: ImageDefinition, name: TemplateText, known: str | None) -> bool:
    if known is not None and definition.known_name is not None:
        return known.lower() == definition.known_name.lower()
    return bool(definition.name) and _folded(definition.name) == _folded(map(_symbol, name.parts))


def _symbol(part: str | TextSymbol) -> object:
    return part.value if isinstance(part, LateExpression) else part


def _folded(parts: Iterable[object]) -> tuple[object, ...]:
    return tuple(part.lower() if isinstance(part, str) else part for part in parts)


def _known(id_: TemplateText, template: ImageTemplate) -> str | None:
    """The names of gallery and definition at the end of an id, with the values and defaults that parameters have."""
    values = [template.resolve(part.value) if isinstance(part, LateExpression) else part for part in id_.parts]
    # What is not known stands for itself: it may be the subscription or the group, before the names.
    texts = merge_texts(value if isinstance(value, str) else _UNKNOWN for value in values)
    pieces = [piece.lower() for piece in "".join(texts).split("/")]
    if "galleries" not in pieces:
        return None
    at = len(pieces) - 1 - pieces[::-1].index("galleries")
    match pieces[at:]:
        case ["galleries", gallery, "images", image, *_] if _UNKNOWN not in gallery + image:
            return f"{gallery}/{image}"
        case _:
            return None


def _in_common(definitions: Iterable[ImageDefinition]) -> ImageDefinition:
    return ImageDefinition(
        os_type=_one({one.os_type for one in definitions}),
        generation=_one({one.generation for one in definitions}),
        security_type=_one({one.security_type for one in definitions}),
    )


def _one(values: set[str | None]) -> str | None:
    return values.pop() if len(values) == 1 else None
