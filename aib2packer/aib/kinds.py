"""Discriminators: the `type` of a source, customizer or distribution target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.aib.service_answers import bad_kind
from aib2packer.findings import codes

if TYPE_CHECKING:
    from collections.abc import Collection

    from aib2packer.aib.fields import Fields


def choose_kind(fields: Fields, kinds: Collection[str], what: str) -> str | None:
    """Which of `kinds` the `type` names, in any case and with any dashes; None after an error.

    From 2019-02-01-preview on the service is case-sensitive (docs/reference/aib-behaviour.md 6).
    """
    word = fields.word("type", optional=False)
    if word is None:
        if fields.value("type") is None:
            fields.missing("type", f"Say what kind of {what} this is: {', '.join(kinds)}.")
        return None
    kind = word.value if word.value in kinds else next((kind for kind in kinds if _plain(kind) == _plain(word.value)), None)
    if kind is None:
        fields.report.add(
            codes.UNKNOWN_KIND,
            word.span,
            f"`{word.value}` is not a kind of {what} in Image Builder{bad_kind(fields.path)}",
            help=f"Use one of {', '.join(kinds)}.",
        )
    elif kind != word.value and not (word.value == kind[0].lower() + kind[1:] and fields.api.before("2019-02-01-preview")):
        fate = "took it" if fields.api.before("2019-02-01-preview") else "refuses it"
        fields.report.add(
            codes.WRONG_CASE,
            word.span,
            f"`{word.value}` should be `{kind}`: {fields.api} {fate}; it is read as `{kind}`",
            help=f"Write `{kind}`.",
        )
    if kind is not None and (version := fields.api.lacks(f"{fields.path}[{kind}]")) is not None:
        fields.report.add(
            codes.NEWER_API,
            word.span,
            f"{kind} as a {what} came with API version {version}: {fields.api} refuses it; it is converted as it stands",
            help=f"Use API version {version} or newer.",
        )
    return kind


def _plain(kind: str) -> str:
    return kind.replace("-", "").lower()
