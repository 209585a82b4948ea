"""The template's identity: who fetched scripts and published images in the service.

Source: docs/reference/aib-behaviour.md 4 and 8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.aib.tokens import name_text
from aib2packer.arm.language.json_values import JsonSymbolic, JsonSymbolicMember, node_of
from aib2packer.arm.language.text import LateExpression, TemplateText
from aib2packer.findings import codes
from aib2packer.jsonc.tree import JsonObject, JsonScalar

if TYPE_CHECKING:
    from aib2packer.aib.fields import Fields
    from aib2packer.jsonc.tree import Json

_REQUIRED_SINCE = "2020-02-14"
_TYPES = {"userassigned", "systemassigned", "none"}  # ARM's own: docs/reference/aib-behaviour.md 4 says which the service takes


def read_identities(root: Fields) -> tuple[TemplateText, ...]:
    """The ids of the user-assigned identities; Packer signs in as somebody else."""
    if isinstance(root.value("identity"), JsonSymbolic) and root.late("identity", "object") is not None:
        root.skip("identity")  # as below
        return ()
    fields = root.fields("identity")
    if fields is None:
        _report_missing(root)
        return ()
    fields.any_case = True  # ARM's own, as the resource's keys are
    kind, written = fields.text("type"), fields.revealed("type")
    fields.skip("type", "principalId", "tenantId")
    value = fields.value("userAssignedIdentities")
    fields.close()
    _check_type(fields, kind, written, value)
    if isinstance(value, JsonSymbolic):
        fields.skip("userAssignedIdentities")
        value = node_of(root.reading.resolve(value.symbol), value.span)
    if isinstance(value, JsonSymbolic):  # who they are is known when the template is deployed, and Packer needs none of them
        return ()
    if not isinstance(value, JsonObject):
        if value is not None:
            fields.wrong_type(value, "userAssignedIdentities", "an object")
        return ()
    _account(value, fields)
    identities = tuple(
        TemplateText((LateExpression(member.symbol),), member.key_span)
        if isinstance(member, JsonSymbolicMember)
        else name_text(member.key, member.key_span, root.report)
        for member in value
    )
    if len(identities) > 1:
        _refused(fields, identities[1], f"takes one identity, and there are {len(identities)}")
    return identities


def _check_type(fields: Fields, kind: TemplateText | None, written: str | None, value: Json | None) -> None:
    """Tell of a type that the service refuses, by itself or with the identities that stand beside it."""
    named = set() if written is None else {part.lstrip().lower() for part in written.split(",")}
    if kind is None and value is not None:
        _refused(fields, TemplateText((), fields.span), "wants the type beside the identities, UserAssigned, and there is none")
    elif kind is not None and named - _TYPES:
        _refused(fields, kind, f"takes UserAssigned, and knows no identity of type `{written}`")
    elif "systemassigned" in named:
        _refused(fields, kind or TemplateText((), fields.span), "takes user-assigned identities only")
    elif value is None and (kind is None or kind.visible != "UserAssigned" or _names_none(fields)):
        _refused(fields, kind or TemplateText((), fields.span), "takes one user-assigned identity, and there is none")


def _names_none(fields: Fields) -> bool:
    """Whether the identities are there, and empty; what PowerShell prints leaves them out."""
    return any(member.key.lower() == "userassignedidentities" for member in fields.object)


def _report_missing(root: Fields) -> None:
    if root.api.since(_REQUIRED_SINCE):  # its answer was logged: docs/reference/aib-behaviour.md 8
        root.report.add(
            codes.REFUSED_IDENTITY,
            root.key_span("type"),
            "the template has no identity: the service answers \"Validation failed: 'ImageTemplate': Missing field "
            "'identity'\"; Packer signs in by itself",
            help="Nothing to do, unless you submit the template again.",
        )


def _account(identities: JsonObject, fields: Fields) -> None:
    fields.reading.instructions.extend(member.value.span for member in identities)
    for member in identities:
        if isinstance(member.value, JsonObject):  # the service shows principalId and clientId there
            fields.reading.informative.extend(shown.value.span for shown in member.value)
        elif member.value != JsonScalar(None, member.value.span):
            fields.report.add(
                codes.REFUSED_IDENTITY,
                member.value.span,
                "this must be an object, usually an empty one: the key names the identity",
                help="Write {}.",
            )


def _refused(fields: Fields, text: TemplateText, what: str) -> None:
    fields.report.add(
        codes.REFUSED_IDENTITY,
        text.span,
        f"the service {what}; it makes no difference to Packer, which signs in by itself",
        help="Nothing to do, unless you submit the template again.",
    )
