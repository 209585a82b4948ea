"""How Packer signs in to Azure, and to which subscription (docs/reference/packer-semantics.md 8.1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.hcl.values import Code, Variable
from aib2packer.options import Auth

if TYPE_CHECKING:
    from aib2packer.hcl.values import Value

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
