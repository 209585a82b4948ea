"""Fetching scripts and files, on the machine that runs Packer (docs/reference/aib-behaviour.md 1.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from aib2packer.azure.clouds import BLOB_SUFFIXES
from aib2packer.hcl.values import Interpolation, Value
from aib2packer.packer.access.network import host_of
from aib2packer.packer.access.rights import account_of
from aib2packer.packer.layout import SHA256SUMS
from aib2packer.packer.model import Download, Provisioner
from aib2packer.packer.steps.cli_session import begin_signed_in
from aib2packer.packer.steps.shell_local import Environment
from aib2packer.text.checksum import sha256_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aib2packer.arm.language.text import TemplateText
    from aib2packer.packer.steps.build_context import BuildContext

# All that may stand in a URL; the rest is percent-encoded: curl's globs, Packer's templates and the shell never see it.
_URL_SAFE = "%:/?#@!$&()*+,;=-._~"


def download(downloads: Sequence[Download], context: BuildContext) -> Provisioner:
    """One step that fetches everything, and checks what has a checksum."""
    environment = Environment(for_cli=needs_azure_cli(downloads))
    folder = environment.word("folder", context.downloads)
    commands: list[Value] = []
    if needs_azure_cli(downloads):
        commands.append(begin_signed_in(environment, by_file=context.signs_in_by_file))
    commands.append(f"mkdir -p -- {folder} && cd -- {folder}")
    for file in downloads:
        commands += _fetch(file, environment, context)
        sha256 = file.fetched.sha256
        if sha256 is not None and sha256.literal is not None:
            commands.append(f"echo '{sha256.literal}  {file.file_name}' | sha256sum --check")
        elif sha256 is not None:
            checksum = environment.word("sha256", context.symbols.value(sha256))
            commands.append(f"echo {checksum}'  {file.file_name}' | sha256sum --check")
    which = "this" if len(downloads) == 1 else "these"
    return Provisioner(
        "shell-local",
        environment.settings("download", commands),
        f"Image Builder fetched {which} when the template was submitted. Here Packer's machine does, at each build.",
        tuple(place for file in downloads for place in file.fetched.origins),
    )


def needs_azure_cli(downloads: Sequence[Download]) -> bool:
    """Whether a download may need the Azure CLI."""
    return any(file.private for file in downloads)


def checksums(assets: Mapping[str, bytes]) -> dict[str, bytes]:
    """The file that `sha256sum --check` reads, for what was fetched; none where nothing was."""
    if not assets:
        return {}
    lines = [f"{sha256_of(content)}  {path}\n" for path, content in sorted(assets.items())]
    return {SHA256SUMS: "".join(lines).encode()}


def percent_encoded(uri: str) -> str:
    """A URI of which nothing means anything to a shell, to Packer or in a comment."""
    return quote(uri, safe=_URL_SAFE)


def is_blob(address: str) -> bool:
    """Whether a URI is that of a blob in Azure Storage, and not signed."""
    url = urlsplit(address)
    return (url.hostname or "").endswith(BLOB_SUFFIXES) and "sig=" not in url.query


def private_accounts(downloads: Sequence[Download]) -> tuple[str, ...]:
    """The storage accounts that are read with the Azure CLI's account, as far as their names are known."""
    names = (account_of(file.fetched.uri) for file in downloads if file.private)
    return tuple(dict.fromkeys(name for name in names if name is not None))


def _fetch(file: Download, environment: Environment, context: BuildContext) -> tuple[str, ...]:
    uri = file.fetched.uri.map(percent_encoded)
    # Behind `=`, `@` is a file to the Azure CLI; in what only Packer knows the environment sees to it.
    value = context.symbols.value(uri.map(lambda part: part.replace("@", "%40")) if file.private else uri)
    address = f"'{value}'" if isinstance(value, str) else environment.word("uri", value)
    # Builds that share a file may run side by side: it takes its place when it is whole.
    path = f"{file.file_name}.$$" if context.shares_downloads else file.file_name
    move = (f"mv {path} {file.file_name}",) if context.shares_downloads else ()
    fetch = f"{_curl(value)} -o {path} {'' if _is_web(value) else '-- '}{address}"
    if not file.private:
        return (fetch, *move)
    # Image Builder's identity had the right to read a private blob; here the account of the Azure CLI has it. A public one is
    # asked for without: of another tenant's, Azure refuses any account.
    sign_in = "az storage blob download --auth-mode login --no-progress --output none"
    return (f"{fetch} ||", f"  {sign_in} --file {path} --blob-url {address}", *move)


def _curl(address: Value) -> str:
    """curl, for which what only Packer knows is no pattern of many addresses, and no file of this machine."""
    globbing = "" if isinstance(address, str) else "g"
    return f"curl -f{globbing}sSL --retry 5{'' if _is_web(address) else ' --proto =https,http'}"


def _is_web(address: Value) -> bool:
    """Whether an address is seen to begin with https:// or http://."""
    start = address.parts[0] if isinstance(address, Interpolation) else address
    return isinstance(start, str) and start.lower().startswith(("https://", "http://"))


def is_private(uri: TemplateText) -> bool:
    """Whether it may take an account to read what is there: a blob whose URI is not signed."""
    address, *query = uri.split("?")
    host = host_of(address)
    if host is None or not host.visible.lower().endswith(BLOB_SUFFIXES):
        return False
    return not any("sig=" in part.visible or part.symbols for part in query)
