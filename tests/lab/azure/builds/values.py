"""Values for the variables of a build: what somebody could pass."""

from tests.cases.variables import required_variables

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
_IMAGES = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/images"
_DEFINITIONS = f"{_IMAGES}/providers/Microsoft.Compute/galleries/golden/images"
MADE_UP = "madeup"
_COLLECTIONS = {
    "regions": '["westeurope", "East US"]',
    "targets": '[{"name": "West Europe", "replicaCount": 3}, {"name": "northeurope", "storageAccountType": "Premium_LRS"}]',
    "region": '{"name": "East US", "replicaCount": "2", "storageAccountType": "Standard_ZRS"}',
    "image_tags": '{"role": "web", "cost centre": "a=b c"}',
}
_VALUES = {
    "vhd_resource_group_name": MADE_UP,
    "subscription_id": SUBSCRIPTION,
    "location": "westeurope",
    "region": "eastus",
    "second": "northeurope",
    "vhd_uri": "https://labaccount.blob.core.windows.net/vhds/first.vhd",
    "endpoint": "https://secondaccount.blob.core.windows.net/",
    "image_location": "westus",
    "gallery_image_id": f"{_DEFINITIONS}/web/versions/1.0.0",
    "second_image_id": f"{_DEFINITIONS}/other/versions/1.0.0",
}


def values_for(hcl: str) -> dict[str, str]:
    """Give one for each variable that has no default, and names that are told apart."""
    return {name: _value(name, value) for name, value in required_variables(hcl).items()}


def _value(name: str, value: str) -> str:
    if value.startswith(("[", "{")):
        return _COLLECTIONS.get(name, value)
    return _VALUES.get(name) or _apart(name, value)


def _apart(name: str, value: str) -> str:
    if value != MADE_UP:
        return value
    return "westus2" if "region" in name or "location" in name else name.replace("_", "")[:20]
