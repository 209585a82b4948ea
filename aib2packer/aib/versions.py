"""The API versions of Azure Image Builder."""

from __future__ import annotations

from dataclasses import dataclass

# Source: docs/reference/aib-behaviour.md 5
KNOWN = (
    "2018-02-01-preview",
    "2019-02-01-preview",
    "2019-05-01-preview",
    "2020-02-14",
    "2021-10-01",
    "2022-02-14",
    "2022-07-01",
    "2023-07-01",
    "2024-02-01",
    "2025-10-01",
)


@dataclass(frozen=True, slots=True)
class ApiVersion:
    """An API version; `None` where the input does not say, as in what `az image builder show` prints."""

    value: str | None

    def before(self, version: str) -> bool:
        """Whether it is certain to be older than `version`: dates compare as text."""
        return self.value is not None and self.value < version

    def since(self, version: str) -> bool:
        """Whether it is certain to be `version` or newer."""
        return self.value is not None and self.value >= version

    def __str__(self) -> str:
        return self.value or "this API version"
