"""What the conversion decided where the template says nothing, or where Packer has several ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.azure.clouds import Cloud
from aib2packer.hcl.values import HclCode
from aib2packer.options import Auth, OsType, WinrmBootstrap
from aib2packer.packer.layout import SHA256SUMS
from aib2packer.packer.variables.ours import SUBSCRIPTION
from aib2packer.packer.vm.machine import default_size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aib2packer.aib.model import ImageTemplate
    from aib2packer.options import Options
    from aib2packer.packer.decisions import Decisions
    from aib2packer.packer.model import Build

SIGN_IN = {
    Auth.CLI: "Packer signs in with the account of the Azure CLI (`az login`), and in GitHub Actions with identity tokens, "
    "as the client `ARM_CLIENT_ID` of the tenant `ARM_TENANT_ID`. With `-var use_azure_cli_auth=false` it signs in with the "
    "managed identity of the machine.",
    Auth.MSI: "Packer signs in with the managed identity of the Azure VM that it runs on.",
    Auth.SERVICE_PRINCIPAL: "Packer signs in with a service principal, from `ARM_TENANT_ID`, `ARM_CLIENT_ID` and "
    "`ARM_CLIENT_SECRET`.",
    Auth.OIDC: "Packer signs in with identity tokens of GitHub Actions, as the client `ARM_CLIENT_ID` of the tenant "
    "`ARM_TENANT_ID`. With `-var use_azure_cli_auth=true` it signs in with the account of the Azure CLI, as in Azure DevOps.",
}
_BOOTSTRAP = {
    WinrmBootstrap.KEY_VAULT: "The certificate for WinRM comes through a temporary Key Vault, which azure-arm makes: the "
    "subscription must have the provider Microsoft.KeyVault registered, and no policy against such vaults. "
    "`--winrm-bootstrap user-data` does without, as Image Builder did.",
    WinrmBootstrap.USER_DATA: "The build VM makes the certificate for WinRM itself, with a script in its user data, as in "
    "Image Builder: there is no Key Vault.",
}


def choices(template: ImageTemplate, build: Build, decisions: Decisions, options: Options) -> tuple[str, ...]:
    """Sentences with Markdown's backticks around what is code; those about something that has a finding are not among them."""
    return tuple(map(build.worded, _choices(template, build, decisions, options)))


def _choices(template: ImageTemplate, build: Build, decisions: Decisions, options: Options) -> Iterator[str]:
    yield SIGN_IN[options.auth]
    if template.cloud is not Cloud.PUBLIC:
        yield f"The build is for {template.cloud.facts.title}; `--cloud` says otherwise."
    subscription = next((one for one in build.variables if one.name == SUBSCRIPTION.name), None)
    if subscription is not None and isinstance(subscription.default, HclCode):
        # A build that puts ids together needs to know it, and has a validation that says so.
        of_account = options.auth in {Auth.CLI, Auth.MSI} and not subscription.validation
        otherwise = ", else that of the account" if of_account else ""
        yield f"The template names no subscription: the build takes that in `ARM_SUBSCRIPTION_ID`{otherwise}."
    if template.vm.size is None:
        size = default_size(template, decisions.generation)
        yield f"The build VM has the size that Image Builder takes where the template names none: `{size}`."
    if template.vm.subnet is not None and template.vm.subnet.when is None:
        yield "The build VM has no public address: it is in the subnet that the template names."
    if decisions.os_type is OsType.WINDOWS:
        yield _BOOTSTRAP[options.winrm_bootstrap]
    minutes = f"the {template.build_timeout_minutes} minutes that Image Builder gave it"
    if template.build_timeout is not None:
        minutes = "the minutes that it is told, which must be those of the build"
    yield f"`timeout` ends the build after {minutes}: Packer has no limit of its own."
    if template.abort_on_customizer_error:
        yield "`-on-error=abort` keeps the build VM after an error, as the template says: delete its resource group then."
    if SHA256SUMS in build.files:
        yield (
            "Scripts and files were fetched when the template was converted, as Image Builder did when it was submitted; "
            f"`{SHA256SUMS}` has their checksums."
        )
    if build.downloads:
        yield "Packer's machine fetches scripts and files at each build; Image Builder did when the template was submitted."
