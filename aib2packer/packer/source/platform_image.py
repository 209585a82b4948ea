"""A marketplace image as the source (docs/reference/packer-semantics.md 8.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from aib2packer.aib.model import PlatformImage
from aib2packer.aib.sections.source import read_platform_image
from aib2packer.hcl.values import traced
from aib2packer.packer.shell_words import word
from aib2packer.packer.source.purchase_plan import plan_info
from aib2packer.packer.source.source_kind import SourceKind, version_now
from aib2packer.packer.variables.shown import known_now

if TYPE_CHECKING:
    from aib2packer.aib.fields import Fields
    from aib2packer.findings.model import Report
    from aib2packer.hcl.values import Settings
    from aib2packer.packer.access.rights import Right
    from aib2packer.packer.variables.symbols import Symbols


class PlatformImageSource(SourceKind[PlatformImage]):
    """A marketplace image."""

    name: ClassVar[str] = PlatformImage.kind
    can_be_trusted = True

    def read(self, fields: Fields, replace_iso: str | None) -> PlatformImage | None:
        """Read publisher, offer, SKU and version, and the purchase plan."""
        del replace_iso
        return read_platform_image(fields)

    def settings(self, source: PlatformImage, symbols: Symbols, report: Report) -> Settings:
        """The image, and its purchase plan."""
        version = "latest" if source.version is None else symbols.value_or(source.version, "latest")
        settings: Settings = {
            "image_publisher": traced(symbols.value(source.publisher), source.span, source.publisher.span),
            "image_offer": traced(symbols.value(source.offer), source.offer.span),
            "image_sku": traced(symbols.value(source.sku), source.sku.span),
            "image_version": traced(version, source.span if source.version is None else source.version.span),
        }
        return settings | plan_info(source.plan, symbols, report)

    def newest(self, source: PlatformImage, symbols: Symbols, location: str) -> str:
        """That of the marketplace, in the region of the build."""
        names = [known_now(text, symbols) for text in (source.publisher, source.offer, source.sku)]
        if version_now(source.version, symbols) != "" or None in names or not location or "$" in location:
            return ""
        urn = word(":".join(map(str, (*names, "latest"))))
        return "" if urn is None else f"az vm image show --location {location} --urn {urn} --query name --output tsv"

    def is_fixed(self, source: PlatformImage, symbols: Symbols) -> bool:
        """Whether it names a version."""
        return bool(version_now(source.version, symbols))

    def rights(self, source: PlatformImage, symbols: Symbols) -> tuple[Right, ...]:
        """No right: a marketplace image is everybody's."""
        del source, symbols
        return ()


KIND = PlatformImageSource()
