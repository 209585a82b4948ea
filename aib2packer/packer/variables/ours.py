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


def sentences(description: str, more: str) -> str:
    """A description with a sentence more; authors of templates often leave out the full stop."""
    end = "" if description.endswith((".", "!", "?")) else "."
    return f"{description}{end} {more}" if description else more
