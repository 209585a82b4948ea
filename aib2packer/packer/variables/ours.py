"""Variables that are ours, whatever the template says."""

from __future__ import annotations

from aib2packer.hcl.values import HclCode, Variable, VariableValidation

SUBSCRIPTION = Variable(
    "subscription_id",
    "Subscription that the build VM runs in.",
    default=HclCode('env("ARM_SUBSCRIPTION_ID")'),
    validation=(VariableValidation('var.subscription_id != ""', "Set ARM_SUBSCRIPTION_ID, or give -var subscription_id."),),
)
PACKER_VERSION = "1.13.0"
"""The oldest Packer that runs the output as it is meant (docs/reference/packer-semantics.md 4 and 7.4)."""

# They mean something else in every build: a placeholder or a parameter of that name gets another.
_VARIABLES = {
    *("use_azure_cli_auth", "client_id", "client_secret", "tenant_id", "oidc_request_url", "oidc_request_token"),
    *("build_resource_group_name", "allowed_inbound_ip_addresses", "image_version", "managed_image_name"),
    "definition_security_type",
    *("exclude_from_latest", "side_by_side"),
    *("vhd_storage_account", "vhd_resource_group_name", "vhd_container"),
    *("gallery_version_id", "temporary_image_name", "snapshot_name", "sign_in"),
}
# A build has them for purposes of its own: a variable of the template, or what a parameter comes to, gets another name.
_LOCALS = {
    *("as_root", "build_time", "downloads", "has_subnet", "image_version", "now", "time_version", "vhd_parts"),
    *("temporary_group_name", "image_group_name", "temporary_image_name", "snapshot_name", "managed_image_name"),
    *("gallery_version_id", "sign_in", "winrm_script", "trusted_launch"),
}
_FOR_TARGETS = ("image_version_of_target_", "managed_image_name_of_target_", "vhd_parts_")


def sentences(description: str, more: str) -> str:
    """A description with a sentence more; authors of templates often leave out the full stop."""
    end = "" if description.endswith((".", "!", "?")) else "."
    return f"{description}{end} {more}" if description else more


def variable_beside(name: str) -> str:
    """The name of a variable beside those that are ours."""
    return f"template_{name}" if name in _VARIABLES or name.startswith(_FOR_TARGETS) else name


def local_beside(name: str) -> str:
    """The name of a local beside those that are ours."""
    return f"template_{name}" if name in _LOCALS or name.startswith(_FOR_TARGETS) else name
