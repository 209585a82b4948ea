"""The sign-in of the Azure CLI in scripts, which in a pipeline ends before a build does (docs/reference/azure-runtime.md 8).

With a federated identity the CLI gets an access token for an hour, and cannot renew it: that takes another identity token of
the pipeline, and these live for minutes. azure-arm asks GitHub Actions for one itself; a script must do so before its own
commands. In Azure DevOps the task AzureCLI@2 signs in again every eight minutes, and there is nothing to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.hcl.values import Interpolation, Local
from aib2packer.packer.layout import SIGN_IN_SCRIPT, beside_template

if TYPE_CHECKING:
    from aib2packer.hcl.values import Value
    from aib2packer.packer.steps.shell_local import Environment

# For any POSIX shell. No secret is an argument, which other users of the machine could read. Without the logout the CLI would
# keep a token that ends soon.
SCRIPT = """\
# Where GitHub Actions hands out identity tokens, the Azure CLI is signed in for an hour, and for what it has not talked to yet
# for five minutes: sign in again with a new one. A loop that waits calls this too.
sign_in() {
  if [ -z "${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ] || [ -z "${ARM_CLIENT_ID:-}" ]; then return 0; fi
  if [ "$(($(date +%s) - ${signed_in:-0}))" -lt 240 ]; then return 0; fi
  identity_token=$(printf 'Authorization: Bearer %s' "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" |
    curl -fsSL --retry 5 -H @- "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=api://AzureADTokenExchange" |
    sed -n 's/.*"value" *: *"\\([^"]*\\)".*/\\1/p')
  az logout --username "$ARM_CLIENT_ID" 2>/dev/null || true
  printf '%s' "$identity_token" | az login --service-principal --username "$ARM_CLIENT_ID" \\
    --tenant "${ARM_TENANT_ID:?}" --federated-token @- --allow-no-subscriptions --output none
  if [ -n "${ARM_SUBSCRIPTION_ID:-}" ]; then az account set --subscription "$ARM_SUBSCRIPTION_ID"; fi
  signed_in=$(date +%s)
}
sign_in
"""

SIGN_IN = Local("sign_in", Interpolation((SCRIPT,), multiline=True))
"""What an inline script begins with that runs the Azure CLI. It signs in, and leaves the function `sign_in` for what lasts."""
SIGN_IN_FILES = {SIGN_IN_SCRIPT: f"#!/bin/sh\n{SCRIPT}".encode()}
"""The file that scripts read instead, where files may lie beside the HCL."""


def begin_signed_in(environment: Environment, *, by_file: bool) -> Value:
    """What an inline script begins with that runs the Azure CLI."""
    return f". {sign_in_file(environment)}" if by_file else SIGN_IN


def sign_in_file(environment: Environment) -> str:
    """The word of a script for the file: scripts of several builds may share it."""
    return environment.word("sign_in", beside_template(SIGN_IN_SCRIPT))
