"""What `Get-AzImageBuilderTemplate | ConvertTo-Json -Depth 20` prints, brought back into the shape of the REST API.

The cmdlets flatten nested objects (`VMProfileVmsize`), make names singular (`Filter`) and show dictionaries with their keys and
values apart. Source of the names: Azure/azure-powershell, src/ImageBuilder, the parameters of New-AzImageBuilderTemplate and of
the New-AzImageBuilderTemplate*Object cmdlets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.jsonc.tree import JsonArray, JsonMember, JsonObject, JsonScalar
from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.jsonc.tree import Json
    from aib2packer.text.source import Span

_MADE = pattern(r"(?s)@\{[\w.-]+=.*\}|System\.(?:Object\[\]|Collections\.[\w.`\[\],]+|Management\.Automation\.[\w.]+)")
_SHOWS_RESOURCE = {"resourceid", "properties"}
_LISTS = {
    *("customize", "distribute", "filters", "inline", "invmvalidations", "replicationregions", "targetregions"),
    *("userassignedidentities", "validexitcodes", "additionaldatadisks"),
}
# Flattened name, in lower case: the path that it stands for.
_TEMPLATE = {
    "additionaldatadisk": "additionalDataDisks",
    "autorunstate": "autoRun.state",
    "buildtimeoutinminute": "buildTimeoutInMinutes",
    "errorhandlingoncustomizererror": "errorHandling.onCustomizerError",
    "errorhandlingonvalidationerror": "errorHandling.onValidationError",
    "identitytype": "identity.type",
    "identityuserassignedidentity": "identity.userAssignedIdentities",
    "managedresourcetag": "managedResourceTags",
    "tag": "tags",
    "validatecontinuedistributeonfailure": "validate.continueDistributeOnFailure",
    "validateinvmvalidation": "validate.inVMValidations",
    "validatesourcevalidationonly": "validate.sourceValidationOnly",
    "vmbootstate": "optimize.vmBoot.state",
    "vmprofileosdisksizegb": "vmProfile.osDiskSizeGB",
    "vmprofileuserassignedidentity": "vmProfile.userAssignedIdentities",
    "vmprofilevmsize": "vmProfile.vmSize",
    "vnetconfigcontainerinstancesubnetid": "vmProfile.vnetConfig.containerInstanceSubnetId",
    "vnetconfigproxyvmsize": "vmProfile.vnetConfig.proxyVmSize",
    "vnetconfigsubnetid": "vmProfile.vnetConfig.subnetId",
    **{
        key.lower(): key
        for key in ("customize", "distribute", "id", "location", "name", "source", "stagingResourceGroup", "type")
    },
}
_PART = {
    "artifacttag": "artifactTags",
    "excludefromlatest": "excludeFromLatest",
    "exactversion": "exactVersion",
    "filter": "filters",
    "galleryimageid": "galleryImageId",
    "imageid": "imageId",
    "imageversionid": "imageVersionId",
    "planinfoplanname": "planInfo.planName",
    "planinfoplanproduct": "planInfo.planProduct",
    "planinfoplanpublisher": "planInfo.planPublisher",
    "replicationregion": "replicationRegions",
    "restartcheckcommand": "restartCheckCommand",
    "restartcommand": "restartCommand",
    "restarttimeout": "restartTimeout",
    "runassystem": "runAsSystem",
    "runelevated": "runElevated",
    "runoutputname": "runOutputName",
    "scripturi": "scriptUri",
    "searchcriterion": "searchCriteria",
    "searchcriteria": "searchCriteria",
    "sha256checksum": "sha256Checksum",
    "sourceuri": "sourceUri",
    "storageaccounttype": "storageAccountType",
    "targetregion": "targetRegions",
    "updatelimit": "updateLimit",
    "validexitcode": "validExitCodes",
    "versioningscheme": "versioning.scheme",
    "versioningmajor": "versioning.major",
    **{
        key.lower(): key
        for key in ("destination", "inline", "location", "name", "offer", "publisher", "sku", "type", "uri", "version")
    },
    "replicacount": "replicaCount",
}
_SHOWN_ONLY = (
    *("systemdata", "provisioning", "lastrunstatus", "identityprincipalid", "identitytenantid", "resourcegroupname"),
    "exactstagingresourcegroup",
)
# What is a list or an object, by its name as the cmdlets have it.
_NESTED = {
    *("additionaldatadisk", "artifacttag", "customize", "distribute", "filter", "inline", "managedresourcetag"),
    *("replicationregion", "source", "tag", "targetregion", "validateinvmvalidation", "validexitcode", "versioning"),
    *("identityuserassignedidentity", "vmprofileuserassignedidentity"),
}
_SIGNS = {"buildtimeoutinminute", "vmprofilevmsize", "provisioningerrorcode", "identityuserassignedidentity"}


def is_powershell(body: JsonObject) -> bool:
    """Whether an object is what the cmdlet shows: some of its names exist nowhere else."""
    return any(member.key.lower() in _SIGNS for member in body)


def cut_short(node: Json) -> JsonMember | None:
    """The first list or object that is mere text: ConvertTo-Json makes that of what is nested deeper than two levels."""
    if isinstance(node, JsonArray):
        return next((found for item in node.items if (found := cut_short(item))), None)
    if not isinstance(node, JsonObject):
        return None
    for member in node:
        if member.key.lower() in _NESTED and isinstance(member.value, JsonScalar) and isinstance(member.value.value, str):
            if member.value.value:
                return member
        elif (found := cut_short(member.value)) is not None:
            return found
    return None


def made_text(document: Json) -> JsonScalar | None:
    """The first text in a document that ConvertTo-Json made of something nested too deeply; None where there is none.

    `@{a=1}` and the names of .NET's lists tell so anywhere but among commands. In what Get-AzResource shows, so does any text
    where a list belongs: its items are joined by spaces there.
    """
    text = document.span.source.text
    if "@{" not in text and "System." not in text and "ResourceId" not in text:
        return None
    return _made_text(document, joined=False)


def _made_text(node: Json, *, joined: bool) -> JsonScalar | None:
    if isinstance(node, JsonScalar):
        return node if isinstance(node.value, str) and _MADE.fullmatch(node.value) else None
    if isinstance(node, JsonArray):
        return next((found for item in node.items if (found := _made_text(item, joined=joined)) is not None), None)
    members = node.members if isinstance(node, JsonObject) else ()
    joined |= {member.key.lower() for member in members} >= _SHOWS_RESOURCE
    for member in members:
        key, value = member.key.lower(), member.value
        if key == "inline" and isinstance(value, JsonArray):
            continue
        if joined and key in _LISTS and isinstance(value, JsonScalar) and isinstance(value.value, str) and value.value:
            return value
        if (found := _made_text(value, joined=joined)) is not None:
            return found
    return None


def restore(body: JsonObject) -> JsonObject:
    """The resource that the cmdlet showed, flattened no more; what has no other name keeps its own."""
    kept = JsonObject(tuple(member for member in body if not member.key.lower().startswith(_SHOWN_ONLY)), body.span)
    return _nest(kept, _TEMPLATE)


def _nest(body: JsonObject, names: Mapping[str, str]) -> JsonObject:
    nested: dict[str, JsonMember] = {}
    for member in body:
        path = names.get(member.key.lower(), member.key).split(".")
        _insert(nested, path, JsonMember(path[-1], member.key_span, _value(path[-1], member.value)), body.span)
    return JsonObject(tuple(nested.values()), body.span)


def _insert(into: dict[str, JsonMember], path: list[str], member: JsonMember, span: Span) -> None:
    first, *rest = path
    if not rest:
        into[first] = member
        return
    if isinstance(member.value, JsonScalar) and member.value.value is None:
        return  # the cmdlet shows what is not set as null
    outer = into.get(first)
    inner = {known.key: known for known in outer.value} if outer is not None and isinstance(outer.value, JsonObject) else {}
    _insert(inner, rest, member, span)
    into[first] = JsonMember(first, member.key_span, JsonObject(tuple(inner.values()), span))


def _value(name: str, value: Json) -> Json:
    match value:
        case JsonArray(items, span) if name in {
            "customize",
            "distribute",
            "targetRegions",
            "inVMValidations",
            "additionalDataDisks",
        }:
            return JsonArray(tuple(_nest(item, _PART) if isinstance(item, JsonObject) else item for item in items), span)
        case JsonObject() if name == "source":
            return _nest(value, _PART)
        case JsonObject() if name in {"tags", "artifactTags", "managedResourceTags", "userAssignedIdentities"}:
            entries = value.get("AdditionalProperties")
            return entries if isinstance(entries, JsonObject) else value
        case _:
            return value
