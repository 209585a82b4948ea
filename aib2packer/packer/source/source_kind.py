"""What a kind of source is to the build: how it is read, what azure-arm is told of it, and what that asks for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from aib2packer.aib.model import Source

if TYPE_CHECKING:
    from aib2packer.aib.fields import Fields
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.findings.model import Report
    from aib2packer.hcl.values import Settings
    from aib2packer.packer.access.rights import Right
    from aib2packer.packer.variables.symbols import Symbols

S = TypeVar("S", bound=Source)


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

    def subscription(self, source: S) -> tuple[str, TemplateText] | None:
        """What must be in the subscription of the build, in words, and its own subscription."""
        del source
        return None

    def image_group(self, source: S) -> TemplateText | None:
        """The resource group of a managed image that azure-arm makes of such a source, whatever the targets."""
        del source
        return None
