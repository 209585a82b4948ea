"""Resources whatever they are, as `az resource` asks for them."""

import re
from collections.abc import Iterable
from typing import Any

from tests.lab.azure.answer import Answer, Question
from tests.lab.azure.arm.ids import group_of, name_of, subscription_of
from tests.lab.azure.arm.kinds import Arm
from tests.lab.azure.refusal import GapError

Json = Any

_FILTER = re.compile(r"resourceGroup eq '([^']*)'")
_SHOWN = ("id", "name", "type", "location", "tags")
_PROVIDER = re.compile(r"/subscriptions/[^/]+/providers/(?P<namespace>[^/]+)", re.IGNORECASE)


def answer_resources(arm: Arm, question: Question) -> Answer:
    """GET /subscriptions/…/resources (spec: resources.json, Resources_List: `value`, without properties)."""
    told = _FILTER.fullmatch(question.query.get("$filter", ""))
    if told is None:
        message = f"the filter {question.query.get('$filter')!r}"
        raise GapError(message)
    subscription = subscription_of(question.path)
    found = [
        {name: stored.body[name] for name in _SHOWN if name in stored.body}
        for stored in arm.store.all()
        if not stored.type.startswith("microsoft.resources/")  # groups, and the record of a deployment, are none of them
        and subscription_of(stored.id) == subscription
        and name_of(group_of(stored.id)).lower() == told[1].lower()
    ]
    return Answer(200, {"value": found})


def is_provider(path: str) -> bool:
    """Tell whether a path is that of a resource provider."""
    return bool(_PROVIDER.fullmatch(path))


def answer_provider(path: str, kinds: Iterable[str]) -> Answer:
    """GET of a resource provider (spec: resources.json, Providers_Get): one version of the API for each type that there is."""
    namespace = name_of(path).lower()
    types = [kind.partition("/")[2] for kind in kinds if kind.partition("/")[0] == namespace]
    if not types:
        message = f"the provider {namespace}"
        raise GapError(message)
    shown: list[Json] = [{"resourceType": name, "locations": [], "apiVersions": ["2024-03-01"]} for name in types]
    return Answer(200, {"id": path, "namespace": name_of(path), "registrationState": "Registered", "resourceTypes": shown})
