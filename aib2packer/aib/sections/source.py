"""What the image starts from, and the reading of the kinds of sources that the service knows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from aib2packer.aib.fields import Spelling
from aib2packer.aib.ids import GALLERY_IMAGE, GALLERY_VERSION, MANAGED_IMAGE, parse_id
from aib2packer.aib.kinds import choose_kind
from aib2packer.aib.model import GalleryImage, ManagedImage, PlatformImage, PurchasePlan, SharedGalleryImage
from aib2packer.aib.service_answers import bad_image_id
from aib2packer.aib.tokens import command_text
from aib2packer.arm.language.text import TemplateText, text_of
from aib2packer.findings import codes
from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.aib.fields import Fields
    from aib2packer.aib.model import Source
    from aib2packer.arm.documents.siblings import SourceImage
    from aib2packer.findings.model import Report
    from aib2packer.text.source import Span

# The service showed `latest` with what it meant at the time: azure-rest-api-specs#11313
_RESOLVED_LATEST = pattern(r"latest(?:\s*\(.*\))?", re.IGNORECASE)
_MARKETPLACE_IMAGE = pattern(r"[\w.-]+(?::[\w.-]+){2,3}")
_SHARED_GALLERY = ("galleries", "images", "versions")
_SHARED_KINDS = {"communitygalleries": "communityGalleries", "sharedgalleries": "sharedGalleries"}


class ReadsSource(Protocol):
    """A kind of source, as far as reading goes."""

    def read(self, fields: Fields, replace_iso: str | None) -> Source | None:
        """Read the keys of a source; None after an error. `replace_iso` is the marketplace image to use instead of an ISO."""


def read_source(fields: Fields, kinds: Mapping[str, ReadsSource], replace_iso: str | None) -> Source | None:
    """Read the `source` object, which is of one of `kinds`; None after an error."""
    kind = choose_kind(fields, kinds, "source")
    if kind is None:
        return None
    source = kinds[kind].read(fields, replace_iso)
    fields.close()
    return source


def with_plan(source: Source, known: SourceImage | None, report: Report) -> Source:
    """A source with the purchase plan that Azure knows of it."""
    if known is None or known.plan is None:
        return source
    plan = known.plan
    name, product, publisher = (
        command_text(str(one.value), one.span, report) for one in (plan.name, plan.product, plan.publisher)
    )
    return source.with_plan(PurchasePlan(name, product, publisher))


def read_platform_image(fields: Fields) -> PlatformImage | None:
    """Read a marketplace image."""
    publisher, offer, sku = fields.text("publisher"), fields.text("offer"), fields.text("sku")
    version = fields.text("version")
    plan = _plan(fields)
    exact = fields.text("exactVersion")  # read-only: what `latest` was when the template was submitted
    for key, value in (("publisher", publisher), ("offer", offer), ("sku", sku)):
        if value is None:
            fields.missing(key, "Name the marketplace image: `az vm image list` shows publisher, offer and sku.")
    if publisher is None or offer is None or sku is None:
        return None
    if version is not None and _RESOLVED_LATEST.fullmatch(version.literal or ""):
        version = None
    if version is None and exact is not None:
        fields.report.add(
            codes.EXACT_VERSION,
            exact.span,
            f"`latest` was {exact} when the template was submitted; the build takes the version that is the latest when it "
            "runs",
            help=f'Set `image_version = "{exact}"` to build from that version.',
        )
    return PlatformImage(publisher, offer, sku, version, plan, fields.span)


def _plan(fields: Fields) -> PurchasePlan | None:
    plan = fields.fields_or_late("planInfo", ("planName", "planProduct", "planPublisher"))
    if plan is None:
        return None
    name, product, publisher = plan.text("planName"), plan.text("planProduct"), plan.text("planPublisher")
    plan.close()
    if name is None or product is None or publisher is None:
        keys = {"planName": name, "planProduct": product, "planPublisher": publisher}
        missing = next(key for key, value in keys.items() if value is None)
        plan.missing(missing, "A purchase plan has a planName, a planProduct and a planPublisher.")
        return None
    return PurchasePlan(name, product, publisher)


def read_managed_image(fields: Fields) -> ManagedImage | None:
    """Read a managed image."""
    text = fields.text("imageId")
    if text is None:
        fields.missing("imageId", "Name the managed image by its resource id.")
        return None
    found = parse_id(text, MANAGED_IMAGE)
    if found is None:
        _bad_id(
            fields, "imageId", text, "a managed image", "/subscriptions/…/resourceGroups/…/providers/Microsoft.Compute/images/…"
        )
        return None
    return ManagedImage(found, fields.span)


def read_gallery_image(fields: Fields) -> GalleryImage | SharedGalleryImage | None:
    """Read a version in a gallery of one's own, in a community gallery, or in one that is shared directly."""
    text = fields.text("imageVersionId", Spelling("sourceImageVersionID", "2019-05-01-preview"))
    fields.skip("exactVersion")
    if text is None:
        fields.missing("imageVersionId", "Name the image version by its resource id.")
        return None
    if (shared := _shared_gallery(text, fields.span)) is not None:
        return shared
    found = parse_id(text, GALLERY_VERSION, GALLERY_IMAGE)
    if found is None:
        shape = "/subscriptions/…/resourceGroups/…/providers/Microsoft.Compute/galleries/…/images/…/versions/…"
        _bad_id(fields, "imageVersionId", text, "a gallery's image version", shape)
        return None
    version = found.segments.get("versions")
    if version is None or (version.literal or "").lower() == "latest":
        if fields.api.before("2020-02-14"):
            fields.report.add(
                codes.NEWER_API,
                text.span,
                f"{fields.api} takes no `latest` gallery version as a source; it is read as the latest",
                help="Name a version, or use API version 2022-07-01 or newer.",
            )
        version = None
    return GalleryImage(found, version, fields.span)


def _shared_gallery(text: TemplateText, span: Span) -> SharedGalleryImage | None:
    """`/communityGalleries/…/images/…[/versions/…]` or `/sharedGalleries/…`; None for another id."""
    root, *pieces = text.split("/")
    kind = _SHARED_KINDS.get((pieces[0].literal or "").lower()) if pieces else None
    if kind is None or root.parts or len(pieces) not in {4, 6} or not all(piece.parts for piece in pieces):
        return None
    names = tuple((piece.literal or "").lower() for piece in pieces[2::2])
    if names != _SHARED_GALLERY[1 : len(names) + 1]:
        return None
    # azure-arm hands the id to Azure as it is; without a version it means the latest.
    latest = len(names) == 1 or (pieces[5].literal or "").lower() == "latest"
    parts = ["/", kind, "/", *pieces[1].parts, "/images/", *pieces[3].parts]
    image_id = text_of(parts if latest else [*parts, "/versions/", *pieces[5].parts], text.span)
    return SharedGalleryImage(image_id, kind == "communityGalleries", span)


def read_iso(fields: Fields, replace_iso: str | None) -> PlatformImage | None:
    """Read an ISO: the marketplace image to use in its place."""
    fields.skip("sourceUri", "sha256Checksum")
    if replace_iso is None:
        fields.report.add(
            codes.ISO_SOURCE,
            fields.key_span("type"),
            "an ISO source has no equivalent: Image Builder itself dropped it with API version 2020-02-14, and azure-arm "
            "starts from an image",
            help="Pass the marketplace image to use instead, such as --replace-iso RedHat:RHEL:7_9 for a RHEL 7 ISO.",
        )
        return None
    if not _MARKETPLACE_IMAGE.fullmatch(replace_iso):
        fields.report.add(
            codes.ISO_SOURCE,
            fields.key_span("type"),
            f"`{replace_iso}`, which was to replace the ISO source, is not a marketplace image",
            help="Write PUBLISHER:OFFER:SKU or PUBLISHER:OFFER:SKU:VERSION.",
        )
        return None
    publisher, offer, sku, *version = (TemplateText((part,), fields.span) for part in replace_iso.split(":"))
    fields.report.add(
        codes.ISO_REPLACED,
        fields.key_span("type"),
        f"the ISO source is replaced by the marketplace image {replace_iso}, as --replace-iso asks",
        help="Compare what the two install.",
    )
    chosen = version[0] if version and version[0].literal != "latest" else None
    return PlatformImage(publisher, offer, sku, chosen, None, fields.span)


def _bad_id(fields: Fields, key: str, text: TemplateText, what: str, shape: str) -> None:
    answer = bad_image_id() if key == "imageId" else ""
    fields.report.add(codes.BAD_ID, text.span, f"`{text}` is not the resource id of {what}{answer}", help=f"Write {shape}")
