"""The clouds of Azure: what each is called, where it listens, and what tells it (docs/reference/azure-runtime.md 10).

Hosts and suffixes are those of the table of the Azure CLI 2.91 (azure.cli.core.cloud), which `az cloud show` prints; what
`environment()` has and the CLI has not is left out for clouds other than the public one.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

from aib2packer.lazy.models import dataclass
from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


class Cloud(Enum):
    """A cloud of Azure, which has accounts, regions and hosts of its own."""

    PUBLIC = "public"
    US_GOVERNMENT = "usgovernment"
    CHINA = "china"

    @property
    def facts(self) -> CloudFacts:
        """What there is to know about it."""
        return _FACTS[self]


@dataclass(frozen=True, slots=True)
class CloudFacts:
    """What a cloud is called, and where it listens."""

    title: str
    """What people call the cloud."""
    cli_name: str
    """What `az cloud set` calls it, and the action and the connections of pipelines do."""
    packer_name: str
    """What azure-arm calls it."""
    region: re.Pattern[str]
    """The regions of the cloud, in their short form."""
    login_host: str
    management_host: str
    storage_suffix: str
    environment: Mapping[str, object]
    """What the ARM function `environment()` gives: texts, lists of texts, and objects of them."""

    @property
    def blob_host(self) -> str:
        """What stands behind the name of an account in the address of a blob."""
        return f"blob.{self.storage_suffix}"

    def has_region(self, name: str) -> bool:
        """Whether a region is one of this cloud's, as far as its name tells."""
        return self.region.fullmatch(region_name(name)) is not None


_ALIAS_PAGE = (
    "https://raw.githubusercontent.com/Azure/azure-rest-api-specs/master/arm-compute/quickstart-templates/aliases.json"
)
_US_GOVERNMENT_REGION, _CHINA_REGION = r"us(?:gov|dod)[a-z]+\d?", r"china(?:east|north)\d?"

_FACTS = {
    Cloud.PUBLIC: CloudFacts(
        title="the public cloud",
        cli_name="AzureCloud",
        packer_name="Public",
        region=pattern(rf"(?!{_US_GOVERNMENT_REGION}$|{_CHINA_REGION}$)[a-z0-9]+"),
        login_host="login.microsoftonline.com",
        management_host="management.azure.com",
        storage_suffix="core.windows.net",
        # learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-deployment#environment
        environment={
            "name": "AzureCloud",
            "gallery": "https://gallery.azure.com/",
            "graph": "https://graph.windows.net/",
            "portal": "https://portal.azure.com",
            "graphAudience": "https://graph.windows.net/",
            "activeDirectoryDataLake": "https://datalake.azure.net/",
            "batch": "https://batch.core.windows.net/",
            "media": "https://rest.media.azure.net",
            "sqlManagement": "https://management.core.windows.net:8443/",
            "vmImageAliasDoc": _ALIAS_PAGE,
            "resourceManager": "https://management.azure.com/",
            "authentication": {
                "loginEndpoint": "https://login.microsoftonline.com/",
                "audiences": ("https://management.core.windows.net/", "https://management.azure.com/"),
                "tenant": "common",
                "identityProvider": "AAD",
            },
            "suffixes": {
                "acrLoginServer": ".azurecr.io",
                "azureDatalakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
                "azureDatalakeStoreFileSystem": "azuredatalakestore.net",
                "azureFrontDoorEndpointSuffix": "azurefd.net",
                "keyvaultDns": ".vault.azure.net",
                "sqlServerHostname": ".database.windows.net",
                "storage": "core.windows.net",
            },
        },
    ),
    Cloud.US_GOVERNMENT: CloudFacts(
        title="Azure US Government",
        cli_name="AzureUSGovernment",
        packer_name="USGovernment",
        region=pattern(_US_GOVERNMENT_REGION),
        login_host="login.microsoftonline.us",
        management_host="management.usgovcloudapi.net",
        storage_suffix="core.usgovcloudapi.net",
        environment={
            "name": "AzureUSGovernment",
            "gallery": "https://gallery.usgovcloudapi.net/",
            "graph": "https://graph.microsoftazure.us/",
            "portal": "https://portal.azure.us",
            "graphAudience": "https://graph.microsoftazure.us/",
            "batch": "https://batch.core.usgovcloudapi.net/",
            "media": "https://rest.media.usgovcloudapi.net",
            "sqlManagement": "https://management.core.usgovcloudapi.net:8443/",
            "vmImageAliasDoc": _ALIAS_PAGE,
            "resourceManager": "https://management.usgovcloudapi.net/",
            "authentication": {
                "loginEndpoint": "https://login.microsoftonline.us/",
                "audiences": ("https://management.core.usgovcloudapi.net/", "https://management.usgovcloudapi.net/"),
                "tenant": "common",
                "identityProvider": "AAD",
            },
            "suffixes": {
                "acrLoginServer": ".azurecr.us",
                "keyvaultDns": ".vault.usgovcloudapi.net",
                "sqlServerHostname": ".database.usgovcloudapi.net",
                "storage": "core.usgovcloudapi.net",
            },
        },
    ),
    Cloud.CHINA: CloudFacts(
        title="Azure China",
        cli_name="AzureChinaCloud",
        packer_name="China",
        region=pattern(_CHINA_REGION),
        login_host="login.chinacloudapi.cn",
        management_host="management.chinacloudapi.cn",
        storage_suffix="core.chinacloudapi.cn",
        environment={
            "name": "AzureChinaCloud",
            "gallery": "https://gallery.chinacloudapi.cn/",
            "graph": "https://graph.chinacloudapi.cn/",
            "portal": "https://portal.azure.cn",
            "graphAudience": "https://graph.chinacloudapi.cn/",
            "batch": "https://batch.chinacloudapi.cn/",
            "media": "https://rest.media.chinacloudapi.cn",
            "sqlManagement": "https://management.core.chinacloudapi.cn:8443/",
            "vmImageAliasDoc": _ALIAS_PAGE,
            "resourceManager": "https://management.chinacloudapi.cn/",
            "authentication": {
                "loginEndpoint": "https://login.chinacloudapi.cn/",
                "audiences": ("https://management.core.chinacloudapi.cn/", "https://management.chinacloudapi.cn/"),
                "tenant": "common",
                "identityProvider": "AAD",
            },
            "suffixes": {
                "acrLoginServer": ".azurecr.cn",
                "keyvaultDns": ".vault.azure.cn",
                "sqlServerHostname": ".database.chinacloudapi.cn",
                "storage": "core.chinacloudapi.cn",
            },
        },
    ),
}

STORAGE_SUFFIXES = tuple(f".{facts.storage_suffix}" for facts in _FACTS.values())
"""How the hosts of storage accounts end, in any cloud."""
BLOB_SUFFIXES = (*(f".{facts.blob_host}" for facts in _FACTS.values()), ".blob.storage.azure.net")
"""How the hosts of blobs end; the last are accounts with a DNS zone of their own."""

_OTHERS = (Cloud.US_GOVERNMENT, Cloud.CHINA)
_IN_OTHERS = ("usgov", "usdod", "china")
# https://learn.microsoft.com/azure/reliability/regions-list: all public ones are a place with directions, before or behind it.
_DIRECTIONS = ("north", "south", "east", "west", "central")
_PLACES = {
    "us", "asia", "europe", "australia", "austria", "belgium", "brazil", "canada", "chile", "denmark", "finland",
    "france", "germany", "greece", "india", "jioindia", "indonesia", "israel", "italy", "japan", "korea", "malaysia",
    "mexico", "newzealand", "norway", "poland", "qatar", "saudiarabia", "southafrica", "spain", "sweden",
    "switzerland", "taiwan", "uae", "uk",
}  # fmt: skip
_LONGEST_REGION = 40
_HOSTS = {cloud: pattern(rf"(?:^|[./]){re.escape(cloud.facts.storage_suffix)}(?:$|[:/?#])", re.IGNORECASE) for cloud in Cloud}


def region_name(text: str) -> str:
    """A text as the short form of a region would be."""
    return text.replace(" ", "").lower()


def cloud_named(name: str) -> Cloud | None:
    """The cloud of a name that Packer or the Azure CLI knows, in any case; None for no such name."""
    wanted = name.lower().replace("-", "").replace("_", "")
    for cloud, facts in _FACTS.items():
        names = {cloud.value, facts.cli_name, facts.packer_name, f"Azure{facts.packer_name}Cloud", f"{facts.packer_name}Cloud"}
        if wanted in {one.lower() for one in names}:
            return cloud
    return None


def may_name_others(texts: Iterable[str]) -> bool:
    """Whether there is anything in texts that stands in every region and host of the clouds that are not the public one."""
    together = region_name("\n".join(texts))
    return any(sign in together for sign in _IN_OTHERS)


def cloud_of_regions(texts: Iterable[str]) -> Cloud | None:
    """The cloud of the regions among texts; None where there are none.

    It is the public one where several others are named: a template for all of them is deployed to one. A region of another
    cloud counts for more than one of the public cloud, which many templates have as a default.
    """
    names = {region_name(text) for text in texts if len(text) <= _LONGEST_REGION}
    of_others = [cloud for cloud in _OTHERS if any(map(cloud.facts.region.fullmatch, names))]
    if of_others:
        return of_others[0] if len(of_others) == 1 else Cloud.PUBLIC
    return Cloud.PUBLIC if any(map(_is_public_region, names)) else None


def _is_public_region(name: str) -> bool:
    """Whether a name in its short form is that of a region of the public cloud: eastus2euap, southafricanorth."""
    stage = name.removesuffix("euap").removesuffix("stg")
    plain = stage[:-1] if stage[-1:].isdecimal() else stage
    before = plain.startswith(_DIRECTIONS) and _without_directions(plain, str.removeprefix) in _PLACES
    return before or (plain.endswith(_DIRECTIONS) and _without_directions(plain, str.removesuffix) in _PLACES)


def _without_directions(name: str, cut: Callable[[str, str], str]) -> str:
    shorter = name
    for direction in _DIRECTIONS:
        shorter = cut(shorter, direction)
    return name if shorter == name else _without_directions(shorter, cut)


def cloud_of_hosts(texts: Iterable[str]) -> Cloud | None:
    """The cloud that all addresses of storage accounts among texts lead to; None where there are none, or of several.

    An address is one word, or an expression that makes one: what a script or a comment says is none.
    """
    spoken = [text for text in texts if text.startswith("[") or not any(map(str.isspace, text))]
    together = "\n".join(spoken).lower()
    found = [
        cloud for cloud, host in _HOSTS.items() if cloud.facts.storage_suffix in together and any(map(host.search, spoken))
    ]
    return found[0] if len(found) == 1 else None
