"""How Packer signs in to Azure, and to which subscription (docs/reference/packer-semantics.md 8.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.azure.clouds import Cloud
from aib2packer.hcl.values import HclCode, Variable
from aib2packer.options import Auth

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.hcl.values import Value

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
    default=HclCode("null"),
)
_CLIENT_ID = Variable("client_id", "Client id of the service principal.", default=HclCode('env("ARM_CLIENT_ID")'))
_CLIENT_SECRET = Variable(
    "client_secret", "Secret of the service principal.", default=HclCode('env("ARM_CLIENT_SECRET")'), sensitive=True
)
_TENANT_ID = Variable("tenant_id", "Tenant of the service principal.", default=HclCode('env("ARM_TENANT_ID")'))
_OIDC_URL = Variable(
    "oidc_request_url",
    "Where the pipeline hands out identity tokens; GitHub Actions sets it.",
    default=HclCode('env("ACTIONS_ID_TOKEN_REQUEST_URL")'),
)
_OIDC_TOKEN = Variable(
    "oidc_request_token",
    "The pipeline's right to ask for a token; GitHub Actions sets it.",
    default=HclCode('env("ACTIONS_ID_TOKEN_REQUEST_TOKEN")'),
    sensitive=True,
)

# azure-arm signs in with the CLI whatever else it is given, and takes a tenant alone, beside a managed identity, for an error.
_UNLESS_IN_PIPELINE = HclCode(
    'var.use_azure_cli_auth && (var.client_id == "" || var.oidc_request_url == "")', (_USE_CLI, _CLIENT_ID, _OIDC_URL)
)
_TENANT_IN_PIPELINE = HclCode('var.oidc_request_url == "" ? null : var.tenant_id', (_OIDC_URL, _TENANT_ID))

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
NEEDS_SUBSCRIPTION = frozenset({Auth.SERVICE_PRINCIPAL, Auth.OIDC})
"""Ways to sign in with which azure-arm must be told a subscription: the others have one of their own."""
SIGN_IN_ORDER = tuple(variable.name for variable in (_USE_CLI, _TENANT_ID, _CLIENT_ID, _CLIENT_SECRET, _OIDC_URL, _OIDC_TOKEN))
"""The names of all variables to sign in with, in the order in which a person fills them in."""
SIGN_IN_NOTE = (
    "On a laptop with the account of the Azure CLI; in GitHub Actions as the client there, with identity tokens of the job."
)
"""What stands above the settings where there is more than one way to sign in."""


def sign_in(auth: Auth) -> Mapping[str, Value]:
    """The settings that sign in."""
    return _SETTINGS[auth]


def cloud_settings(cloud: Cloud) -> Mapping[str, Value]:
    """The settings that name a cloud other than the public one: azure-arm takes that, whatever the Azure CLI is set to."""
    return {} if cloud is Cloud.PUBLIC else {"cloud_environment_name": cloud.facts.packer_name}
