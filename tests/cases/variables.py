"""Values for the variables that a build requires, as arguments for Packer."""

import json
from collections.abc import Collection

from aib2packer.verify.values import made_up_values


def required_variables(hcl: str, given: Collection[str] = ()) -> dict[str, str]:
    """Give values for the variables of a build that have no default, and none elsewhere."""
    values = made_up_values(hcl, given)
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in values.items()}
