"""Templates with strings that try to break out of where they are put, and to do something called `pwned`."""

import copy
import json
from collections.abc import Iterator
from typing import Any

from tests.cases.templates import GALLERY, WINDOWS, template

Json = Any
Path = tuple[str | int, ...]

MARK = "pwned"
HOSTILE = (
    *(
        '"\n  pwned = 1\n  x = "',
        "\n}\npwned = 1\n",
        "\rpwned = 1\r",
        "\u2028pwned = 1\u2028",
        "\x85pwned = 1\x85",
        "\vpwned = 1\f",
    ),
    *(
        "${pwned}",
        "%{ if pwned }x%{ endif }",
        "$${pwned}",
        "%%{pwned}",
        "{{ pwned }}",
        "{{`{{`}} pwned",
        "\nEOT\n  pwned = 1\n",
        "EOT",
    ),
    *(
        "'; touch pwned; '",
        '"; touch pwned; "',
        "$(touch pwned)",
        "`touch pwned`",
        "\ntouch pwned\n",
        "\\'; touch pwned #",
        "\\",
    ),
    *(
        "| touch pwned",
        "& touch pwned &",
        "> pwned",
        "-pwned",
        "--pwned=1",
        "'+(touch pwned)+'",
        "'\u2019; touch pwned; \u2018'",
    ),
    *(
        "..",
        "../../pwned",
        "/pwned",
        "C:\\pwned",
        "..\\pwned",
        "a/../../pwned",
        "%2e%2e%2fpwned",
        "%0apwned = 1",
        "pwned/",
        "nul",
    ),
    *("\0pwned", "\x1b[31mpwned", "\x1b]0;pwned\a", "\u202epwned", "\u2066pwned", "pwned\u200b", "\x7fpwned", "\ufeffpwned"),
    *(
        "*/ pwned = 1 /*",
        "# pwned",
        "// pwned",
        "::error::pwned",
        "\n::add-mask::pwned",
        "##vso[task.prependpath]pwned",
        "x ##[add-path]pwned",
        "%0A::error::pwned",
        "](http://pwned)",
        "<script>pwned</script>",
    ),
)

_GROUP = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/net"
_SUBNET = f"{_GROUP}/providers/Microsoft.Network/virtualNetworks/hub/subnets/builds"
_SCRIPTS = "https://raw.githubusercontent.com/contoso/images/main"
_TARGETS = (
    {
        "type": "SharedImage",
        "galleryImageId": f"{GALLERY}/images/web",
        "runOutputName": "gallery",
        "artifactTags": {"key": "value"},
        "targetRegions": [{"name": "westeurope", "storageAccountType": "Standard_LRS"}, {"name": "northeurope"}],
    },
    {
        "type": "ManagedImage",
        "imageId": f"{GALLERY.partition('/galleries')[0]}/images/web",
        "location": "westeurope",
        "runOutputName": "managed",
    },
    {"type": "VHD", "runOutputName": "vhd", "uri": "https://contoso.blob.core.windows.net/vhds/web.vhd"},
    {"type": "SharedImage", "galleryImageId": f"{GALLERY}/images/other", "runOutputName": "other"},
)
_COMMON = {
    "vmProfile": {
        "vmSize": "Standard_D2s_v5",
        "vnetConfig": {"subnetId": _SUBNET},
        "userAssignedIdentities": [f"{GALLERY.partition('/Microsoft')[0]}/Microsoft.ManagedIdentity/userAssignedIdentities/vm"],
    },
    "stagingResourceGroup": "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/staging",
    "managedResourceTags": {"key": "value"},
    "autoRun": {"state": "Enabled"},  # so there are pipelines
    "validate": {
        "inVMValidations": [{"type": "File", "name": "check", "sourceUri": f"{_SCRIPTS}/check", "destination": "/tmp/c"}]
    },
}
LINUX = template(
    customize=[
        {"type": "Shell", "name": "script", "scriptUri": f"{_SCRIPTS}/setup.sh", "sha256Checksum": "0" * 64},
        {"type": "Shell", "name": "inline", "inline": ["true"]},
        {"type": "File", "name": "file", "sourceUri": f"{_SCRIPTS}/app.conf", "destination": "/tmp/app.conf"},
        {
            "type": "File",
            "name": "blob",
            "sourceUri": "https://contoso.blob.core.windows.net/files/a.conf",
            "destination": "/tmp/b",
        },
    ],
    distribute=_TARGETS,
    properties=_COMMON,
    tags={"key": "value"},
)
ON_WINDOWS = template(
    source={**WINDOWS, "planInfo": {"planName": "plan", "planProduct": "product", "planPublisher": "publisher"}},
    customize=[
        {
            "type": "PowerShell",
            "name": "script",
            "scriptUri": f"{_SCRIPTS}/setup.ps1",
            "runElevated": True,
            "runAsSystem": True,
        },
        {"type": "PowerShell", "name": "inline", "inline": ["Get-Date"]},
        {"type": "File", "name": "file", "sourceUri": f"{_SCRIPTS}/app.conf", "destination": "C:\\app.conf"},
        {"type": "WindowsRestart", "name": "restart", "restartTimeout": "10m"},
        {"type": "WindowsUpdate", "name": "update"},
    ],
    distribute=_TARGETS,
    properties=_COMMON,
)
TEMPLATES = {"linux": LINUX, "windows": ON_WINDOWS}
# What a template runs on the VM is its own affair.
_OF_THE_TEMPLATE = {"inline", "restartCommand", "restartCheckCommand"}


def strings(value: Json, path: Path = ()) -> Iterator[Path]:
    """Every place of a string, those of keys that people choose included (they end in `*`)."""
    match value:
        case dict():
            for key, item in value.items():
                if key not in _OF_THE_TEMPLATE:
                    yield from strings(item, (*path, key))
                if path and str(path[-1]).lower().endswith("tags"):
                    yield (*path, key, "*")
        case list():
            for index, item in enumerate(value):
                yield from strings(item, (*path, index))
        case str():
            yield path


def with_string(value: Json, path: Path, text: str, *, whole: bool) -> str:
    """The template as JSON, with a text in place of a string, or behind it."""
    changed = copy.deepcopy(value)
    *above, last = path[:-1] if path[-1] == "*" else path
    around = changed
    for key in above:
        around = around[key]
    if path[-1] == "*":
        around[text if whole else f"{last}{text}"] = around.pop(last)
    else:
        around[last] = text if whole else f"{around[last]}{text}"
    return json.dumps(changed)


PLACES = [(name, path) for name, value in TEMPLATES.items() for path in strings(value)]
