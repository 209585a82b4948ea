"""An image version as the source: in a gallery of one's own, in a community gallery, or in one that is shared directly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.aib.model import GalleryImage, SharedGalleryImage
from aib2packer.aib.sections.source import read_gallery_image
from aib2packer.hcl.values import Attribute, Block
from aib2packer.packer.access.rights import READER, Right, definition_scope
from aib2packer.packer.facts import GalleryPlace
from aib2packer.packer.shell_words import word
from aib2packer.packer.source.purchase_plan import plan_info
from aib2packer.packer.source.source_kind import SourceKind, version_now
from aib2packer.packer.variables.shown import known_now

if TYPE_CHECKING:
    from aib2packer.aib.fields import Fields
    from aib2packer.aib.ids import ResourceId
    from aib2packer.findings.model import Report
    from aib2packer.hcl.values import Settings, Value
    from aib2packer.packer.variables.symbols import Symbols
    from aib2packer.text.source import Span

_RELEASED = "[?publishingProfile.excludeFromLatest!=`true`].name"


class GalleryImageSource(SourceKind[GalleryImage | SharedGalleryImage]):
    """A version of a gallery image."""

    name = GalleryImage.kind
    can_be_trusted = True

    def read(self, fields: Fields, replace_iso: str | None) -> GalleryImage | SharedGalleryImage | None:
        """Read the id of the version."""
        del replace_iso
        return read_gallery_image(fields)

    def settings(self, source: GalleryImage | SharedGalleryImage, symbols: Symbols, report: Report) -> Settings:
        """The block that names gallery, definition and version; of a gallery of others, the id."""
        if isinstance(source, GalleryImage):
            version = None if source.version is None else symbols.value(source.version)
            return gallery_image(source.id, version, source.span, symbols) | plan_info(source.plan, symbols, report)
        key = "community_gallery_image_id" if source.community else "direct_shared_gallery_image_id"
        # No subscription beside it: azure-arm would then make a private gallery's id of it.
        body = (Attribute(key, symbols.value(source.id)),)
        return {"shared_image_gallery": Block("shared_image_gallery", body, origins=(source.span,))}

    def newest(self, source: GalleryImage | SharedGalleryImage, symbols: Symbols, location: str) -> str:
        """The newest version of the image definition that is not held back."""
        del location
        if not isinstance(source, GalleryImage) or version_now(source.version, symbols) != "":
            return ""
        image = source.id
        texts = (image.subscription, image.resource_group, image["galleries"], image["images"])
        names = [word(known_now(text, symbols)) for text in texts]
        if None in names:
            return ""
        subscription, group, gallery, definition = map(str, names)
        options = GalleryPlace(subscription, group, gallery, definition).options
        return f"az sig image-version list {options} --query '{_RELEASED}' --output tsv | sort --version-sort | tail -n 1"

    def is_fixed(self, source: GalleryImage | SharedGalleryImage, symbols: Symbols) -> bool:
        """Whether it names a version."""
        if isinstance(source, GalleryImage):
            return bool(version_now(source.version, symbols))
        known = known_now(source.id, symbols)
        return known is not None and "/versions/" in known.lower()

    def rights(self, source: GalleryImage | SharedGalleryImage, symbols: Symbols) -> tuple[Right, ...]:
        """The right to read the definition; what others share takes no role of ours."""
        image = source.definition
        if image is None:
            return ()
        scope, name = definition_scope(image, symbols), image["images"].literal
        return (Right("the source image", READER, scope, "starts from a version of it", name),)


KIND = GalleryImageSource()


def gallery_image(image: ResourceId, version: Value | None, origin: Span, symbols: Symbols) -> Settings:
    """The settings for a version of a gallery image; without one, azure-arm takes the latest."""
    body = [
        Attribute("subscription", symbols.value(image.subscription)),
        Attribute("resource_group", symbols.value(image.resource_group)),
        Attribute("gallery_name", symbols.value(image["galleries"])),
        Attribute("image_name", symbols.value(image["images"])),
    ]
    if version is not None:
        body.append(Attribute("image_version", version))
    return {"shared_image_gallery": Block("shared_image_gallery", tuple(body), origins=(origin,))}
