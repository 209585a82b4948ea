"""Fetching scripts and files, on the machine that runs Packer (reference/aib-behaviour.md 1.7)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from aib2packer.hcl.printing import print_value, references
from aib2packer.hcl.values import Code, Interpolation, Local, Value, Variable
from aib2packer.packer.layout import SHA256SUMS
from aib2packer.packer.model import Download, Provisioner

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aib2packer.arm.language.text import TemplateText
    from aib2packer.packer.steps.site import Site

_BLOB_HOSTS = (
    *(".blob.core.windows.net", ".blob.core.chinacloudapi.cn", ".blob.core.usgovcloudapi.net"),
    ".blob.storage.azure.net",  # accounts with a DNS zone of their own
)
# All that may stand in a URL; the rest is percent-encoded: curl's globs, Packer's templates and the shell never see it.
_HOST = 2  # of https:, "", host
_URL_SAFE = "%:/?#@!$&()*+,;=-._~"


def download(downloads: Sequence[Download], site: Site) -> Provisioner:
    """One step that fetches everything, and checks what has a checksum."""
    commands: list[Value] = [Interpolation(("mkdir -p '", site.downloads, "' && cd '", site.downloads, "'"))]
    for file in downloads:
        commands += _fetch(file, site)
        if file.fetched.sha256 is not None:
            commands.append(f"echo '{file.fetched.sha256}  {file.file_name}' | sha256sum --check")
    which = "this" if len(downloads) == 1 else "these"
    return Provisioner(
        "shell-local",
        {"name": "download", "inline": tuple(commands)},
        f"Image Builder fetched {which} when the template was submitted. Here Packer's machine does, at each build.",
        tuple(place for file in downloads for place in file.fetched.origins),
    )


def needs_azure_cli(downloads: Sequence[Download]) -> bool:
    """Whether a download may need the Azure CLI."""
    return any(_is_blob(file.fetched.uri) for file in downloads)


def checksums(assets: Mapping[str, bytes]) -> dict[str, bytes]:
    """The file that `sha256sum --check` reads, for what was fetched; none where nothing was."""
    if not assets:
        return {}
    import hashlib

    lines = [f"{hashlib.sha256(content).hexdigest()}  {path}\n" for path, content in sorted(assets.items())]
    return {SHA256SUMS: "".join(lines).encode()}


def percent_encoded(uri: str) -> str:
    """A URI of which nothing means anything to a shell, to Packer or in a comment."""
    return quote(uri, safe=_URL_SAFE)


def is_blob(address: str) -> bool:
    """Whether a URI is that of a blob in Azure Storage, and not signed."""
    url = urlsplit(address)
    return (url.hostname or "").endswith(_BLOB_HOSTS) and "sig=" not in url.query


def private_accounts(downloads: Sequence[Download]) -> tuple[str, ...]:
    """The storage accounts that are read with the Azure CLI's account, as far as their names are known."""
    uris = (file.fetched.uri for file in downloads)
    names = (account_of(uri) for uri in uris if _is_blob(uri))
    return tuple(dict.fromkeys(name for name in names if name is not None))


def account_of(uri: TemplateText) -> str | None:
    """The storage account in the URI of a blob; None where it is only known when Packer runs."""
    pieces = uri.split("/")
    name = pieces[_HOST].split(".")[0].literal if len(pieces) > _HOST else None
    return name if name is not None and re.fullmatch(r"[a-z0-9]+", name) else None


def _fetch(file: Download, site: Site) -> tuple[Value, ...]:
    address = ("'", *map(_in_quotes, site.symbols.parts(file.fetched.uri.map(percent_encoded))), "'")
    fetch = Interpolation((f"curl -fsSL --retry 5 -o {file.file_name} ", *address, " ||" if _is_blob(file.fetched.uri) else ""))
    if not _is_blob(file.fetched.uri):
        return (fetch,)
    # Image Builder's identity had the right to read a private blob; here the account of the Azure CLI has it. A public one is
    # asked for without: of another tenant's, Azure refuses any account.
    sign_in = "  az storage blob download --auth-mode login --no-progress --output none "
    return fetch, Interpolation((f"{sign_in}--file {file.file_name} --blob-url ", *address))


def _in_quotes(part: str | Variable | Local | Code) -> str | Code | Variable | Local:
    """A piece of a URI in single quotes; where what the template says of its value may hold one, that is encoded."""
    if isinstance(part, str):
        return part
    values = (item.default if isinstance(item, Variable) else item.value for item in references(part))
    texts = (print_value(part), *(print_value(value) for value in values if value is not None))
    if not any("'" in text or "decode" in text for text in texts):
        return part
    return Code(f"""replace({print_value(part)}, "'", "%27")""", references(part))


def _is_blob(uri: TemplateText) -> bool:
    """A blob whose URI is not signed."""
    address, *query = uri.split("?")
    pieces = address.split("/")
    if len(pieces) <= _HOST or not pieces[_HOST].visible.lower().endswith(_BLOB_HOSTS):
        return False
    return not any("sig=" in part.visible or part.symbols for part in query)
