"""Azure, asked by the Azure CLI of the user: it reads, and changes nothing."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from aib2packer.lazy.patterns import pattern
from aib2packer.text.source import FileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_SECONDS = 300  # a token may have to be fetched first
_MOST = 4 << 20  # bytes of an answer: a page of resources has a tenth
_MOST_PAGES = 100  # of a thousand image templates each
_DEEPEST = 100  # levels of an answer
_GRAPH = "/providers/Microsoft.ResourceGraph/resources"
_GRAPH_VERSION = "2021-03-01"
_TEMPLATES = "resources | where type =~ 'microsoft.virtualmachineimages/imagetemplates'"
_NAME = re.compile(r"[\w.()-]{1,90}")
_IMAGE_TEMPLATE = re.compile(
    r"/subscriptions/[\w-]+/resourceGroups/[\w.()-]+/providers/Microsoft\.VirtualMachineImages/imageTemplates/[\w.-]+",
    re.IGNORECASE,
)
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_TENANT = pattern(r"must match (?:one of )?the tenants?[^']*'https://sts\.[^/']+/([0-9a-f-]{36})/?'", re.IGNORECASE)
_ANSWER = re.compile(r"\((\{.*\})\)\s*$", re.DOTALL)
_NO_SUBSCRIPTION = pattern(r"subscription of '[^']*' doesn't exist in cloud|^(?:ERROR: )?Subscription '[^']*' not found")
_VERSION_REFUSED = ("NoRegisteredProviderFound", "InvalidResourceType", "InvalidApiVersionParameter", "UnsupportedApiVersion")


class AzureError(FileError):
    """Azure, or the Azure CLI, does not tell. `code` is the error of Azure's, "" where there is none."""

    def __init__(self, file: str, reason: str, help: str, code: str = "") -> None:  # noqa: A002 - the term of Finding
        super().__init__(file, reason, help)
        self.code = code

    @property
    def is_about_version(self) -> bool:
        """Whether it is the API version that is refused."""
        return self.code in _VERSION_REFUSED


def get(resource: str, api_version: str) -> object:
    """What Azure says of a resource, or a list of resources, by its id.

    Raises:
        AzureError: It does not tell.

    """
    return _rest(resource, "get", resource, api_version)


def image_templates_of(subscription: str | None, resource_group: str | None) -> tuple[str, ...]:
    """The ids of all image templates of a subscription, or of a resource group in it; None: the one that az works in.

    Raises:
        AzureError: Azure does not tell.

    """
    what = f"resource group {resource_group}" if resource_group else f"subscription {subscription or 'of az'}"
    if resource_group is not None and not _NAME.fullmatch(resource_group):
        raise AzureError(what, "this is not a valid name of a resource group", "Check the name.")
    query = f"{_TEMPLATES} | where resourceGroup =~ '{resource_group}'" if resource_group else _TEMPLATES
    body = {"subscriptions": [_subscription_id(subscription)], "query": f"{query} | project id | order by id asc"}
    return tuple(dict.fromkeys(_ids(what, body)))


def _ids(what: str, body: Mapping[str, object]) -> Iterator[str]:
    token: object = None
    for _ in range(_MOST_PAGES):
        options = {"resultFormat": "objectArray"} | ({"$skipToken": token} if token else {})
        answer = _rest(what, "post", _GRAPH, _GRAPH_VERSION, {**body, "options": options})
        rows = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise _strange(what)
        for row in rows:
            id_ = row.get("id") if isinstance(row, dict) else None
            if not isinstance(id_, str) or not _IMAGE_TEMPLATE.fullmatch(id_):
                raise _strange(what)
            yield id_
        token = answer.get("$skipToken") if isinstance(answer, dict) else None
        if not token:
            return
    raise _strange(what)


def _subscription_id(subscription: str | None) -> str:
    """The id of a subscription, which may be given by its name."""
    if subscription is not None and _GUID.fullmatch(subscription):
        return subscription
    chosen = [] if subscription is None else ["--subscription", subscription]
    what = f"subscription {subscription or 'of az'}"
    answer = _az(what, ["account", "show", *chosen])
    known = answer.get("id") if isinstance(answer, dict) else None
    if not isinstance(known, str):
        raise _strange(what)
    return known


def _rest(what: str, method: str, uri: str, api_version: str, body: object = None) -> object:
    command = ["rest", "--method", method, "--uri", uri, "--uri-parameters", f"api-version={api_version}"]
    if body is None:
        return _az(what, command)
    import tempfile
    from pathlib import Path

    # In a file: on Windows, az is a batch file, and what stands between changes quotes in arguments.
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "body.json")
        file.write_text(json.dumps(body), encoding="utf-8")
        return _az(what, [*command, "--body", f"@{file}"])


def _az(what: str, arguments: list[str]) -> object:
    """What the Azure CLI answers."""
    from aib2packer.system.programs import EndlessError, find_program, run_program, takes

    program = find_program("az")
    if program is None:
        raise AzureError(what, "the Azure CLI (az) is not on PATH", "Install it: https://aka.ms/azure-cli")
    command = [*arguments, "--output", "json", "--only-show-errors"]
    if not all(takes(program, argument) for argument in command):
        raise AzureError(what, "the Azure CLI cannot be given this name", "Check it.")
    try:
        done = run_program([program, *command], seconds=_SECONDS, most=_MOST)
    except EndlessError as error:
        raise AzureError(what, f"the Azure CLI {error}", "Try again, or run az yourself to see more.") from None
    except OSError as error:
        raise AzureError(what, f"the Azure CLI cannot be run ({error.strerror})", "Reinstall it.") from error
    if done.status != 0:
        raise _meant(what, done.errors.decode("utf-8", "replace").strip(), done.status)
    try:
        answer: object = json.loads(done.output)
    except (ValueError, RecursionError):
        raise _strange(what) from None
    if not _is_shallow(answer):
        raise _strange(what)
    return answer


def _is_shallow(answer: object) -> bool:
    """Whether so few levels stand in each other that nothing that goes through them can come to the end of Python's."""
    level = [answer]
    for _ in range(_DEEPEST):
        level = [part for one in level for part in _parts(one)]
        if not level:
            return True
    return False


def _parts(value: object) -> Iterable[object]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _strange(what: str) -> AzureError:
    return AzureError(what, "the Azure CLI did not answer as it should", "Update it: az upgrade")


def _meant(what: str, said: str, status: int) -> AzureError:
    """What the Azure CLI means by what it said when it failed."""
    code, message = _told(said)
    tenant = _TENANT.search(said)
    for told, reason, help_ in (
        (
            code == "InvalidAuthenticationTokenTenant" or "AADSTS50020" in said or "AADSTS90072" in said,
            "the Azure CLI is signed in to another tenant than that of the subscription",
            f"Run: az login --tenant {tenant[1] if tenant else 'ID'}",
        ),
        (
            "AADSTS5300" in said,
            "a policy of the organization (Conditional Access) refuses this sign-in",
            "Sign in from a device and a network that it allows: az login",
        ),
        (
            "No subscription found" in said,
            "the Azure CLI has no subscription to work in",
            "Run: az account set --subscription ID, or az login --tenant ID",
        ),
        (code == "TooManyRequests", "Azure has been asked too often", "Wait for a minute, and try again."),
        (
            "az login" in said or "AADSTS" in said or code in {"InvalidAuthenticationToken", "ExpiredAuthenticationToken"},
            "the Azure CLI is not signed in, or no longer",
            "Run: az login",
        ),
        (
            code in {"AuthorizationFailed", "Forbidden", "LinkedAuthorizationFailed"} or "(Forbidden)" in said,
            "the account that az is signed in with may not read this",
            "Give it the role Reader there.",
        ),
        (
            code in {"SubscriptionNotFound", "InvalidSubscriptionId"} or _NO_SUBSCRIPTION.search(said) is not None,
            "the account that az is signed in with sees no such subscription",
            "Check the id, or: az login --tenant ID",
        ),
        (code == "ResourceGroupNotFound", "there is no such resource group", "Check the id and the subscription."),
        (
            code.endswith("NotFound") or said.startswith(("Not Found", "ERROR: Not Found")),
            "this is not there",
            "Check the id: `az resource list` shows what there is.",
        ),
        (
            any(word in said for word in ("ConnectionError", "getaddrinfo", "Max retries", "Connection refused")),
            "Azure cannot be reached",
            "Check the network, and the proxy that az uses.",
        ),
    ):
        if told:
            return AzureError(what, reason, help_, code)
    lines = said.splitlines() or [f"exit status {status}"]
    shown = message or lines[-1 if "Traceback (most recent call last)" in said else 0]
    return AzureError(what, f"the Azure CLI failed: {shown}", "Run az rest yourself to see more.", code)


def _told(said: str) -> tuple[str, str]:
    """Code and message of the answer that az quotes; "" for what it does not."""
    found = _ANSWER.search(said)
    try:
        error = json.loads(found[1])["error"] if found else {}
        return str(error.get("code") or ""), str(error.get("message") or "")
    except (ValueError, KeyError, TypeError, AttributeError):
        return "", ""
