"""What a kind of source is to the build: how it is read, what azure-arm is told of it, and what that asks for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from aib2packer.aib.model import Source
from aib2packer.packer.variables.shown import known_now

if TYPE_CHECKING:
    from aib2packer.aib.fields import Fields
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.findings.model import Report
    from aib2packer.hcl.values import Settings
    from aib2packer.packer.access.rights import Right
    from aib2packer.packer.variables.symbols import Symbols

S = TypeVar("S", bound=Source)


def version_now(version: TemplateText | None, symbols: Symbols) -> str | None:
    """The version of a source by the values that are known by now; "" for the latest, None where nothing tells it."""
    known = "" if version is None else known_now(version, symbols)
    return "" if known is not None and known.lower() == "latest" else known


class SourceKind(ABC, Generic[S]):
    """A kind of source. What has an answer here is asked of few kinds only."""

    name: ClassVar[str]
    """The `type` that the template says."""
    can_be_trusted: ClassVar[bool]
    """Whether a VM made from it can have Trusted Launch."""

    @abstractmethod
    def read(self, fields: Fields, replace_iso: str | None) -> Source | None:
        """Read the keys of a source; None after an error. `replace_iso` is the marketplace image to use instead of an ISO."""

    @abstractmethod
    def settings(self, source: S, symbols: Symbols, report: Report) -> Settings:
        """The settings of azure-arm that name the source image."""

    @abstractmethod
    def rights(self, source: S, symbols: Symbols) -> tuple[Right, ...]:
        """What the account needs to start from a source."""

    def newest(self, source: S, symbols: Symbols, location: str) -> str:
        """A command of a shell that prints the newest version of the image; "" where there is none to follow.

        It has the values that are known by now: those that were given, and defaults.
        """
        del source, symbols, location
        return ""

    def is_fixed(self, source: S, symbols: Symbols) -> bool:
        """Whether it is one version of an image, by the values that are known by now."""
        del source, symbols
        return False

    def subscription(self, source: S) -> tuple[str, TemplateText] | None:
        """What must be in the subscription of the build, in words, and its own subscription."""
        del source
        return None

    def image_group(self, source: S) -> TemplateText | None:
        """The resource group of a managed image that azure-arm makes of such a source, whatever the targets."""
        del source
        return None
