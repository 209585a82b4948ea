"""The API versions of Azure Image Builder, and what each of them added."""

from __future__ import annotations

from functools import lru_cache

from aib2packer.lazy.models import dataclass
from aib2packer.lazy.patterns import pattern

# Settings, kinds in brackets and values after `=`, by the version that brought them, as findings name them but for numbers.
# What lies below one came with it, where it does not stand here itself. Checked by tests/aib/test_conformance.py.
ADDED: dict[str, tuple[str, ...]] = {
    "2018-02-01-preview": (),
    "2019-02-01-preview": (
        "customize.inline",
        "customize[PowerShell]",
        "customize[WindowsRestart]",
        "distribute[VHD]",
        "source[ManagedImage]",
    ),
    "2019-05-01-preview": (
        "buildTimeoutInMinutes",
        "customize.runElevated",
        "customize.scriptUri",
        "customize.sha256Checksum",
        "customize[File]",
        "identity",
        "source[SharedImageVersion]",
        "vmProfile",
    ),
    "2020-02-14": (
        "customize.runAsSystem",
        "customize[WindowsUpdate]",
        "distribute.excludeFromLatest",
        "distribute.storageAccountType",
        "source.planInfo",
        "vmProfile.osDiskSizeGB",
        "vmProfile.vnetConfig",
    ),
    "2021-10-01": ("vmProfile.userAssignedIdentities", "vmProfile.vnetConfig.proxyVmSize"),
    "2022-02-14": ("stagingResourceGroup", "validate"),
    "2022-07-01": (
        "distribute.storageAccountType=Premium_LRS",
        "distribute.targetRegions",
        "distribute.uri",
        "distribute.versioning",
        "optimize",
        "validate.inVMValidations[File]",
    ),
    "2023-07-01": ("errorHandling",),
    "2024-02-01": ("autoRun", "managedResourceTags", "vmProfile.vnetConfig.containerInstanceSubnetId"),
    "2025-10-01": ("additionalDataDisks", "distribute.replicationMode", "optimize.workload"),
}

KNOWN = tuple(ADDED)
_SINCE = {path: version for version, paths in ADDED.items() for path in paths}
_NEWEST = max(ADDED)
_WITH_NEWER_VALUES = tuple(path.partition("=")[0].rpartition(".")[2] for path in _SINCE if "=" in path)
_NUMBER = pattern(r"\[\d+\]")


@lru_cache(maxsize=32)
def _newer_keys(version: str) -> frozenset[str]:
    """The last keys of all settings that came after a version."""
    return frozenset(path.partition("=")[0].rpartition(".")[2] for path, since in _SINCE.items() if since > version)


@dataclass(frozen=True, slots=True)
class ApiVersion:
    """An API version; `None` where the input does not say, as in what `az image builder show` prints."""

    value: str | None

    def before(self, version: str) -> bool:
        """Whether it is certain to be older than `version`: dates compare as text."""
        return self.value is not None and self.value < version

    def since(self, version: str) -> bool:
        """Whether it is certain to be `version` or newer."""
        return self.value is not None and self.value >= version

    @property
    def newer_keys(self) -> frozenset[str]:
        """The last keys of the settings that a newer version brought: it lacks no other."""
        return _newer_keys(_NEWEST if self.value is None else self.value)

    def lacks(self, path: str) -> str | None:
        """The version that brought what is at `path`, where that is a newer one, and brought nothing above it too."""
        if self.value is None or self.value >= _NEWEST:
            return None
        plain = _NUMBER.sub("", path) if "[" in path else path
        version = _SINCE.get(plain)
        if version is None or version <= self.value:
            return None
        above = (plain[:end] for end, sign in enumerate(plain) if sign in ".[=")
        return None if any(self.before(_SINCE.get(place, "")) for place in above) else version

    def lacks_value(self, path: str, value: str) -> str | None:
        """The version that brought a value of the setting at `path`, where that is a newer one."""
        return self.lacks(f"{path}={value}") if path.endswith(_WITH_NEWER_VALUES) else None

    def __str__(self) -> str:
        return self.value or "this API version"
