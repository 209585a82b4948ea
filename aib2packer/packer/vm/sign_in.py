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
    from aib2packer.aib.model import ImageTemplate
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.findings.model import Report
    from aib2packer.hcl.values import Value
    from aib2packer.packer.variables.symbols import Symbols

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

_USE_CLI = Variable(
    "use_azure_cli_auth",
    "Sign in with the Azure CLI's account. False: with the managed identity of the machine that runs Packer.",
    "bool",
    default=True,
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

_SETTINGS: dict[Auth, tuple[Variable, ...]] = {
    Auth.CLI: (_USE_CLI,),
    Auth.MSI: (_MSI_CLIENT,),
    Auth.SERVICE_PRINCIPAL: (_TENANT_ID, _CLIENT_ID, _CLIENT_SECRET),
    Auth.OIDC: (_TENANT_ID, _CLIENT_ID, _OIDC_URL, _OIDC_TOKEN),
}
SIGN_IN_ORDER = tuple(variable.name for variable in (_USE_CLI, _TENANT_ID, _CLIENT_ID, _CLIENT_SECRET, _OIDC_URL, _OIDC_TOKEN))
"""The names of all variables to sign in with, in the order in which a person fills them in."""


def sign_in(auth: Auth) -> dict[str, Value]:
    """The settings that sign in: each is a variable of the same name."""
    return {variable.name: variable for variable in _SETTINGS[auth]}


def subscription_of(template: ImageTemplate, deployed_to: str | None, symbols: Symbols, report: Report) -> Value:
    """The subscription of the build VM: that of the first thing in the template that must lie in it, else `deployed_to`."""
    found = _subscriptions(template)
    for what, text in found[1:]:
        first_what, first = found[0]
        if text.literal and first.literal and text.literal.lower() != first.literal.lower():
            report.add(
                codes.SUBSCRIPTIONS_DIFFER,
                text.span,
                f"the subscription of {what} is {text}, that of {first_what} is {first}: Packer works in one subscription",
                help="Bring both into one subscription, or publish to a gallery: that may lie in another.",
            )
    if not found:
        return SUBSCRIPTION if deployed_to is None else replace(SUBSCRIPTION, default=deployed_to)
    text = found[0][1]
    if text.literal is None:
        return symbols.value(text)
    if not _GUID.fullmatch(text.literal):
        report.add(
            codes.FAILS_WHEN_RUN,
            text.span,
            f"`{text}` is no subscription id: the build fails when it signs in",
            help="Write the subscription's GUID: `az account show --query id` prints it.",
        )
    return replace(SUBSCRIPTION, default=text.literal)


def _subscriptions(template: ImageTemplate) -> tuple[tuple[str, TemplateText], ...]:
    """What must lie in the subscription of the build VM. A gallery and an identity need not."""
    found: list[tuple[str, TemplateText | None]] = [("the template", template.id.subscription if template.id else None)]
    if template.vm.subnet is not None:
        found.append(("the subnet", template.vm.subnet.subscription))
    if isinstance(template.source, ManagedImage):
        found.append(("the managed image that the build starts from", template.source.id.subscription))
    if (image := plan_distribution(template).image) is not None:
        found.append(("the managed image to make", image.id.subscription))
    return tuple((what, text) for what, text in found if text is not None)
