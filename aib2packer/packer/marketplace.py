"""Facts about marketplace images: a publisher's operating system, purchase plans, generations, architectures, sizes of disks.

The one table of them: `az vm image list-publishers`, `az vm image show` and the publishers' own pages are where they come from.
"""

from __future__ import annotations

import re
from enum import Enum

from aib2packer.lazy.models import dataclass
from aib2packer.options import OsType


class Generation(Enum):
    """The generation of a VM and its image, as `hyperVGeneration` spells it."""

    V1 = "V1"
    V2 = "V2"


class Architecture(Enum):
    """The processor that an image is for, as an image definition spells it."""

    X64 = "x64"
    ARM64 = "Arm64"


@dataclass(frozen=True, slots=True)
class Publisher:
    """What is known of all images of a publisher.

    `os_type` is None where it has images for both systems; `windows` is then what means Windows in offer or SKU.
    """

    os_type: OsType | None = None
    windows: str = ""
    needs_plan: bool = False
    """Whether all its images come with a purchase plan."""


_USUAL_DISK_GB = {OsType.LINUX: 30, OsType.WINDOWS: 127}
_WINDOWS = Publisher(OsType.WINDOWS)
_LINUX = Publisher(OsType.LINUX)
_LINUX_WITH_PLAN = Publisher(OsType.LINUX, needs_plan=True)
_BOTH_BY_WIN = r"(?<![a-z])win"

_PUBLISHERS: dict[str, Publisher] = {
    "almalinux": _LINUX,
    "autodesk": _WINDOWS,
    "barracudanetworks": _LINUX_WITH_PLAN,
    "bitnami": Publisher(windows=_BOTH_BY_WIN),
    "canonical": _LINUX,
    "center-for-internet-security-inc": Publisher(windows=r"cis-win|windows", needs_plan=True),
    "checkpoint": _LINUX_WITH_PLAN,
    "cisco": _LINUX_WITH_PLAN,
    "citrix": Publisher(windows=_BOTH_BY_WIN),
    "clear-linux-project": _LINUX,
    "cloud-infrastructure-services": Publisher(windows=_BOTH_BY_WIN),
    "cognosys": Publisher(windows=_BOTH_BY_WIN, needs_plan=True),
    "coreos": _LINUX,
    "credativ": _LINUX,
    "debian": _LINUX,
    "erockyenterprisesoftwarefoundationinc1653071250513": _LINUX,
    "esri": _WINDOWS,
    "f5-networks": _LINUX_WITH_PLAN,
    "fortinet": _LINUX_WITH_PLAN,
    "juniper-networks": _LINUX_WITH_PLAN,
    "kali-linux": _LINUX_WITH_PLAN,
    "kinvolk": _LINUX,
    "microsoft-ads": Publisher(windows=r"windows"),
    "microsoft-aks": Publisher(windows=r"windows"),
    "microsoft-azure-batch": _LINUX,
    "microsoft-dsvm": Publisher(windows=r"dsvm-win|windows"),
    "microsoftbiztalkserver": _WINDOWS,
    "microsoftcblmariner": _LINUX,
    "microsoftdynamicsax": _WINDOWS,
    "microsoftsharepoint": _WINDOWS,
    "microsoftsqlserver": Publisher(windows=r"-ws|ws20"),
    "microsoftvisualstudio": _WINDOWS,
    "microsoftwindowsdesktop": _WINDOWS,
    "microsoftwindowsserver": _WINDOWS,
    "microsoftwindowsserverhpcpack": _WINDOWS,
    "microsoftwindowsserverremotedesktop": _WINDOWS,
    "nvidia": Publisher(windows=_BOTH_BY_WIN),
    "openlogic": _LINUX,
    "openvpn": _LINUX_WITH_PLAN,
    "oracle": _LINUX,
    "paloaltonetworks": _LINUX_WITH_PLAN,
    "procomputers": _LINUX,
    "redhat": _LINUX,
    "redhat-limited": _LINUX,
    "redhat-rhel": _LINUX,
    "resf": _LINUX,
    "suse": _LINUX,
    "tunnelbiz": _LINUX,
}
_LINUX_PREFIXES = ("ciq-", "ctrliqinc", "azure-linux", "ntegralinc")
_UNKNOWN = Publisher()

# Of generation 1 for certain: their generation 2 has another SKU.
_GENERATION_1 = (
    ("canonical", "ubuntuserver", r"(?!.*gen2)(?:1[468]\.04|19\.\d\d)[\w.-]*"),
    ("microsoftwindowsserver", "windowsserver", r"(?!.*(?:g2|gensecond))20(?:12|16|19)-[\w-]*"),
    ("openlogic", "centos", r"[678][._]\d"),
    ("redhat", "rhel", r"[67](?:\.\d+|-lvm|-raw)"),
)
# Of generation 2 for certain: Windows 11 and the Azure Edition of Windows Server run on no other, and since 24.04 Canonical's
# names tell what is of generation 1.
_GENERATION_2 = (
    ("microsoftwindowsdesktop", r"[\w-]+", r"win11-.*"),
    ("microsoftvisualstudio", r"[\w-]+", r".*win-?11.*"),
    ("microsoftwindowsserver", r"windowsserver", r".*-azure-edition.*"),
    ("canonical", r"ubuntu-2[4-9]_\d\d(?:-lts)?(?:-daily)?", r"server|minimal"),
)
# Offers with a purchase plan, of publishers whose others have none.
_OFFERS_WITH_PLAN = {("redhat", "rhel-byos"), ("redhat", "rhel-ha-byos"), ("redhat", "rhel-sap-byos")}
_NAMES_GENERATION_1 = r"(?:^|[-_.])gen1(?:$|[-_.])"
_NAMES_GENERATION_2 = r"(?:^|[-_.])(?:gen2|g2|gensecond)(?:$|[-_.])"
_NAMES_ARM64 = r"(?<![a-z])(?:arm|arm64|aarch64)(?![a-z0-9])"


def publisher_of(name: str) -> Publisher:
    """What is known of a publisher, by its name; nothing of one that is not in the table."""
    folded = name.lower()
    return _PUBLISHERS.get(folded, _LINUX if folded.startswith(_LINUX_PREFIXES) else _UNKNOWN)


def needs_plan(publisher: str, offer: str) -> bool:
    """Whether a marketplace image comes with a purchase plan, for certain."""
    return publisher_of(publisher).needs_plan or (publisher.lower(), offer.lower()) in _OFFERS_WITH_PLAN


def os_type_of(publisher: str, offer: str, sku: str) -> OsType | None:
    """The operating system of a marketplace image; None for a publisher that is not known."""
    known = publisher_of(publisher)
    if known.windows:
        return OsType.WINDOWS if re.search(known.windows, f"{offer} {sku}".lower()) else OsType.LINUX
    return known.os_type


def generation_of(publisher: str, offer: str, sku: str) -> Generation | None:
    """The generation of a marketplace image; None where neither its names nor the table tell."""
    names = f"{offer}.{sku}".lower()
    if re.search(_NAMES_GENERATION_2, names):
        return Generation.V2
    if "gen1" in sku.lower() or re.search(_NAMES_GENERATION_1, names):
        return Generation.V1
    known = (publisher.lower(), offer.lower())
    if any(known == (owner, of) and re.fullmatch(pattern, sku.lower()) for owner, of, pattern in _GENERATION_1):
        return Generation.V1
    second = any(
        known[0] == owner and re.fullmatch(of, known[1]) and re.fullmatch(pattern, sku.lower())
        for owner, of, pattern in _GENERATION_2
    )
    return Generation.V2 if second else None


def architecture_of(_publisher: str, offer: str, sku: str) -> Architecture:
    """The processor that a marketplace image is for: images for Arm say so in offer or SKU."""
    return Architecture.ARM64 if re.search(_NAMES_ARM64, f"{offer}.{sku}".lower()) else Architecture.X64


def usual_disk_gb(os_type: OsType, offer: str, sku: str) -> int | None:
    """The size of the OS disk of an image, as a rule; None for those that Windows has with a small one."""
    return None if "small" in f"{offer}{sku}".lower() else _USUAL_DISK_GB[os_type]
