"""The security type of the image, which the definition that it is published to asks for.

Source: docs/reference/packer-semantics.md 8.5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.aib.model import GalleryTarget, ManagedImage
from aib2packer.findings import codes
from aib2packer.models import dataclass

if TYPE_CHECKING:
    from aib2packer.aib.model import ImageTemplate
    from aib2packer.findings.model import Report
    from aib2packer.hcl.values import Settings


@dataclass(frozen=True, slots=True)
class Security:
    """Whether the build VM has Trusted Launch."""

    trusted_launch: bool

    @property
    def settings(self) -> Settings:
        """The settings of azure-arm."""
        if not self.trusted_launch:
            return {}
        return {"security_type": "TrustedLaunch", "secure_boot_enabled": True, "vtpm_enabled": True}


def decide_security(template: ImageTemplate, report: Report) -> Security:
    """Trusted Launch where the definition beside the template asks for it: it takes an image of no other VM.

    Azure refuses it for a managed image or a VHD.
    """
    if (template.siblings.security_type or "").lower() != "trustedlaunch":
        return Security(trusted_launch=False)
    # A managed image as the source makes azure-arm put another one on the way.
    gallery_only = all(isinstance(target, GalleryTarget) for target in template.targets)
    gallery_only = gallery_only and not isinstance(template.source, ManagedImage)
    report.add(
        codes.TRUSTED_LAUNCH,
        template.source.span,
        "the image definition asks for Trusted Launch"
        + (
            ": the build VM has it"
            if gallery_only
            else ", which no build from or to a managed image or a VHD can have: it is left out"
        ),
        help="Start from an image of generation 2 that supports it.",
    )
    return Security(trusted_launch=gallery_only)
