"""Names of resources: paths in which types and names take turns."""

GROUP = "microsoft.resources/resourcegroups"
SUBSCRIPTION = "microsoft.resources/subscriptions"


def type_of(path: str) -> str:
    """Give the type of a resource, in lower case."""
    parts = path.strip("/").split("/")
    lower = [part.lower() for part in parts]
    if "providers" not in lower:
        return GROUP if len(parts) > 2 else SUBSCRIPTION
    at = len(lower) - 1 - lower[::-1].index("providers")
    return "/".join([lower[at + 1], *lower[at + 2 :: 2]])


def group_of(path: str) -> str:
    """Give the resource group that a resource lies in."""
    return "/" + "/".join(path.strip("/").split("/")[:4])


def subscription_of(path: str) -> str:
    """Give the ID of the subscription."""
    return path.strip("/").split("/")[1]


def parent_of(path: str) -> str:
    """Give the resource that a child resource belongs to."""
    return path.rsplit("/", 2)[0]


def name_of(path: str) -> str:
    """Give the last part."""
    return path.rsplit("/", 1)[1]


def plain_region(region: str) -> str:
    """Give the one spelling of a region: `West Europe` is `westeurope`."""
    return region.replace(" ", "").lower()
