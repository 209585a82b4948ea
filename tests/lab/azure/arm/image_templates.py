"""Image templates as the service shows them, and Resource Graph, which finds them."""

import re
from collections.abc import Mapping
from typing import Any

from tests.lab.azure.answer import Answer, Question
from tests.lab.azure.arm.kinds import Arm, Kind
from tests.lab.azure.arm.store import Stored
from tests.lab.azure.refusal import GapError, RefusedError

Json = Any

GRAPH = "/providers/microsoft.resourcegraph/resources"
TEMPLATE = "microsoft.virtualmachineimages/imagetemplates"
VERSIONS = ("2022-07-01", "2023-07-01", "2024-02-01", "2025-10-01")  # docs/reference/aib-behaviour.md 5
_PAGE = 2  # rows: enough to turn one over (the service: 1000)
_QUERY = re.compile(
    r"resources \| where type =~ '(?P<type>[^']+)'(?: \| where resourceGroup =~ '(?P<group>[^']+)')?"
    r" \| project id \| order by id asc"
)


def show_template(_arm: Arm, stored: Stored, query: Mapping[str, str]) -> dict[str, Json]:
    """Show a template as of an API version, without what came later (docs/reference/aib-behaviour.md 5)."""
    version = query.get("api-version", VERSIONS[-1])
    if version not in VERSIONS:
        # recording: test_invalid_api_version of azure-cli
        message = f"No registered resource provider found for API version '{version}' for type 'imageTemplates'."
        raise RefusedError(400, "NoRegisteredProviderFound", message)
    later = {"autoRun", "managedResourceTags"} if version < "2024-02-01" else set()
    properties = {name: value for name, value in stored.properties.items() if name not in later}
    return {**stored.body, "properties": properties}


def answer_graph(arm: Arm, question: Question) -> Answer:
    """Answer the one query that is asked here, in pages (spec: resourcegraph.json, Resources)."""
    body = question.body
    found = _QUERY.fullmatch(body["query"])
    if question.method != "POST" or found is None:
        message = f"the query {body['query']}"
        raise GapError(message)
    subscriptions = {f"/subscriptions/{name}/".lower() for name in body["subscriptions"]}
    ids = sorted(
        stored.id
        for stored in arm.store.all()
        if stored.type == found["type"].lower()
        and any(stored.id.lower().startswith(one) for one in subscriptions)
        and found["group"] in {None, stored.id.split("/")[4]}
    )
    begin = int(body["options"].get("$skipToken", 0))
    page = [{"id": name} for name in ids[begin : begin + _PAGE]]
    more = {"$skipToken": str(begin + _PAGE)} if begin + _PAGE < len(ids) else {}
    return Answer(200, {"totalRecords": len(ids), "count": len(page), "data": page, **more})


IMAGE_TEMPLATES = Kind(show=show_template)
PARTS = Kind()  # triggers and run outputs
