"""How Packer signs in to Azure, and to which subscription (reference/packer-semantics.md 8.1)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from aib2packer.aib.model import ManagedImage
from aib2packer.findings import codes
from aib2packer.hcl.values import Code, Variable
from aib2packer.options import Auth
from aib2packer.packer.distribution.plan import plan_distribution
from aib2packer.packer.variables.dependencies import SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.aib.model import ImageTemplate
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.findings.model import Report
    from aib2packer.hcl.values import Value
    from aib2packer.options import Options
    from aib2packer.packer.distribution.plan import Plan
    from aib2packer.packer.variables.symbols import Symbols

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

_USE_CLI = Variable(
    "use_azure_cli_auth",
    "Sign in with the Azure CLI's account. False: with the managed identity of the machine that runs Packer.",
    "bool",
    default=True,
)
_USE_CLI_AFTER_ALL = Variable(
    "use_azure_cli_auth",
    "Sign in with the Azure CLI's account instead: for pipelines that sign the CLI in, such as those of Azure DevOps.",
    "bool",
    default=False,
)
_MSI_CLIENT = Variable(
    "client_id",
    "Client id of the user-assigned identity to sign in with. Null: the machine's own identity.",
    default=Code("null"),
)
_CLIENT_ID = Variable("client_id", "Client id of the service principal.", default=Code('env("ARM_CLIENT_ID")'))
_CLIENT_SECRET = Variable(
    "client_secret", "Secret of the service principal.", default=Code('env("ARM_CLIENT_SECRET")'), sensitive=True
)
_TENANT_ID = Variable("tenant_id", "Tenant of the service principal.", default=Code('env("ARM_TENANT_ID")'))
_OIDC_URL = Variable(
    "oidc_request_url",
    "Where the pipeline hands out identity tokens; GitHub Actions sets it.",
    default=Code('env("ACTIONS_ID_TOKEN_REQUEST_URL")'),
)
_OIDC_TOKEN = Variable(
    "oidc_request_token",
    "The pipeline's right to ask for a token; GitHub Actions sets it.",
    default=Code('env("ACTIONS_ID_TOKEN_REQUEST_TOKEN")'),
    sensitive=True,
)

# azure-arm signs in with the CLI whatever else it is given, and takes a tenant alone, beside a managed identity, for an error.
_UNLESS_IN_PIPELINE = Code(
    'var.use_azure_cli_auth && (var.client_id == "" || var.oidc_request_url == "")', (_USE_CLI, _CLIENT_ID, _OIDC_URL)
)
_TENANT_IN_PIPELINE = Code('var.oidc_request_url == "" ? null : var.tenant_id', (_OIDC_URL, _TENANT_ID))

_SETTINGS: dict[Auth, dict[str, Value]] = {
    Auth.CLI: {
        "use_azure_cli_auth": _UNLESS_IN_PIPELINE,
        "tenant_id": _TENANT_IN_PIPELINE,
        "client_id": _CLIENT_ID,
        "oidc_request_url": _OIDC_URL,
        "oidc_request_token": _OIDC_TOKEN,
    },
    Auth.MSI: {"client_id": _MSI_CLIENT},
    Auth.SERVICE_PRINCIPAL: {"tenant_id": _TENANT_ID, "client_id": _CLIENT_ID, "client_secret": _CLIENT_SECRET},
    Auth.OIDC: {
        "use_azure_cli_auth": _USE_CLI_AFTER_ALL,
        "tenant_id": _TENANT_ID,
        "client_id": _CLIENT_ID,
        "oidc_request_url": _OIDC_URL,
        "oidc_request_token": _OIDC_TOKEN,
    },
}
_OPEN_SUBSCRIPTION = replace(
    SUBSCRIPTION, description=f"{SUBSCRIPTION.description} Empty: that of the account that signs in.", validation=()
)
SIGN_IN_ORDER = tuple(variable.name for variable in (_USE_CLI, _TENANT_ID, _CLIENT_ID, _CLIENT_SECRET, _OIDC_URL, _OIDC_TOKEN))
"""The names of all variables to sign in with, in the order in which a person fills them in."""
NOTE = "On a laptop with the account of the Azure CLI; in GitHub Actions as the client there, with identity tokens of the job."
"""What stands above the settings where there is more than one way to sign in."""


def sign_in(auth: Auth) -> Mapping[str, Value]:
    """The settings that sign in."""
    return _SETTINGS[auth]


def subscription_of(template: ImageTemplate, options: Options, symbols: Symbols, report: Report) -> Value:
    """The subscription of the build VM: that of the first thing in the template that must lie in it, else the user's.

    Where neither says, azure-arm takes that of the Azure CLI, or of the machine with the identity.
    """
    plan = plan_distribution(template)
    found = _subscriptions(template, plan)
    for what, text in found[1:]:
        first_what, first = found[0]
        if text.literal and first.literal and text.literal.lower() != first.literal.lower():
            report.add(
                codes.SUBSCRIPTIONS_DIFFER,
                text.span,
                f"the subscription of {what} is {text}, that of {first_what} is {first}: Packer works in one subscription",
                help="Bring both into one subscription, or publish to a gallery: that may lie in another.",
            )
    decided = plan.subscription
    if decided is None:
        if options.subscription_id is not None:
            return _known_subscription(options.subscription_id)
        return _OPEN_SUBSCRIPTION if options.auth in {Auth.CLI, Auth.MSI} else SUBSCRIPTION
    if decided.literal is None:
        return symbols.value(decided)
    if not _GUID.fullmatch(decided.literal):
        report.add(
            codes.FAILS_WHEN_RUN,
            decided.span,
            f"`{decided}` is no subscription id: the build fails when it signs in",
            help="Write the subscription's GUID: `az account show --query id` prints it.",
        )
    return _known_subscription(decided.literal)


def _known_subscription(subscription: str) -> Variable:
    return replace(SUBSCRIPTION, default=subscription, validation=())


def _subscriptions(template: ImageTemplate, plan: Plan) -> tuple[tuple[str, TemplateText], ...]:
    """What must lie in the subscription of the build VM. A gallery and an identity need not."""
    found: list[tuple[str, TemplateText | None]] = [("the template", template.id.subscription if template.id else None)]
    if template.vm.subnet is not None:
        found.append(("the subnet", template.vm.subnet.subscription))
    if isinstance(template.source, ManagedImage):
        found.append(("the managed image that the build starts from", template.source.id.subscription))
    if plan.image is not None:
        found.append(("the managed image to make", plan.image.id.subscription))
    return tuple((what, text) for what, text in found if text is not None)
