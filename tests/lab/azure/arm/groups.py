"""Subscriptions, resource groups, and the tags of anything."""

from typing import Any

from tests.lab.azure.answer import Answer, Question
from tests.lab.azure.arm.kinds import Arm, Kind
from tests.lab.azure.refusal import GapError

Json = Any

# recording: test_resource_group: PUT 201 or 200 at once; DELETE 202 with Location alone, 200 when it is done.
GROUPS = Kind(201, 200, 202, "operationresults")


def answer_tags(arm: Arm, question: Question, scope: str) -> Answer:
    """GET and PATCH of .../providers/Microsoft.Resources/tags/default (spec: resources.json, Tags_UpdateAtScope: 200)."""
    stored = arm.store.get(scope)
    tags: dict[str, str] = stored.body.setdefault("tags", None) or {}
    if question.method == "PATCH":
        given: dict[str, str] = question.body["properties"].get("tags") or {}
        match question.body["operation"].lower():
            case "merge":
                tags = tags | given
            case "replace":
                tags = given
            case "delete":
                tags = {name: value for name, value in tags.items() if given.get(name) != value}
            case other:
                message = f"operation {other} on tags"
                raise GapError(message)
        stored.body["tags"] = tags
    elif question.method != "GET":
        message = f"{question.method} of tags"
        raise GapError(message)
    shown = {"id": f"{scope}/providers/Microsoft.Resources/tags/default", "name": "default", "type": "Microsoft.Resources/tags"}
    return Answer(200, {**shown, "properties": {"tags": tags}})


def subscription_body(subscription: str, tenant: str) -> dict[str, Json]:
    """Show a subscription (spec: subscriptions.json, 2022-12-01)."""
    return {
        "id": f"/subscriptions/{subscription}",
        "subscriptionId": subscription,
        "displayName": f"lab {subscription[:4]}",
        "state": "Enabled",
        "tenantId": tenant,
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    }
