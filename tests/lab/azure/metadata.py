"""What a cloud tells of itself (spec: learn.microsoft.com/azure/azure-resource-manager, metadata endpoint 2022-09-01)."""

from typing import Any

Json = Any

_CLOUDS = {
    "management.azure.com": (
        "AzureCloud",
        "login.microsoftonline.com",
        "core.windows.net",
        "vault.azure.net",
        "graph.microsoft.com",
    ),
    "management.usgovcloudapi.net": (
        "AzureUSGovernment",
        "login.microsoftonline.us",
        "core.usgovcloudapi.net",
        "vault.usgovcloudapi.net",
        "graph.microsoft.us",
    ),
    "management.chinacloudapi.cn": (
        "AzureChinaCloud",
        "login.chinacloudapi.cn",
        "core.chinacloudapi.cn",
        "vault.azure.cn",
        "microsoftgraph.chinacloudapi.cn",
    ),
}


def endpoints(host: str) -> dict[str, Json]:
    """Give the endpoints of the cloud whose Resource Manager is at the host."""
    name, login, storage, vault, graph = _CLOUDS[host]
    audiences = [f"https://{host}/", f"https://{host}"]
    return {
        "name": name,
        "authentication": {
            "loginEndpoint": f"https://{login}",
            "audiences": audiences,
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "resourceManager": f"https://{host}/",
        "microsoftGraphResourceId": f"https://{graph}/",
        "suffixes": {"storage": storage, "keyVaultDns": vault},
    }
