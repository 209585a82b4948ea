"""Private blobs, through the Azure CLI's sign-in: where the service uses the template's identity."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from aib2packer.fetch.large import mapped
from aib2packer.fetch.limits import LATER, FetchError, too_large
from aib2packer.packer.steps.download import is_blob
from aib2packer.system.programs import find_program
from aib2packer.text.secrets import mask

if TYPE_CHECKING:
    from aib2packer.fetch.exchange import Exchange
    from aib2packer.fetch.limits import Limits

# What Azure Storage answers to a request without a sign-in: 404 where a container is private, 409 where the account is.
_REFUSALS = {401, 403, 404, 409}
_LONGEST_WORDS = 400


def is_private_blob(uri: str, error: FetchError) -> bool:
    """Whether this is a blob that may be read with a sign-in. One whose URI is signed is not."""
    return error.status in _REFUSALS and is_blob(uri)


def read_blob(uri: str, limits: Limits, exchange: Exchange) -> bytes:
    """Read a blob with the account that the Azure CLI is signed in with.

    Raises:
        FetchError: There is no Azure CLI, or it refuses.

    """
    az = find_program("az")
    if az is None:
        reason = "the blob is not public, and the Azure CLI, which could sign in to read it, is not installed"
        raise FetchError(reason, "Install the Azure CLI and run `az login`, or write a URI with a shared access signature.")
    with tempfile.TemporaryDirectory(prefix="aib2packer-", ignore_cleanup_errors=True) as folder:
        file = Path(folder, "blob")
        command = [az, *("storage", "blob", "download", "--auth-mode", "login", "--no-progress", "--output", "none")]
        # On Windows az is a batch file, which is run by a shell: nothing in the URI may mean anything to one.
        command += ["--file", str(file), "--blob-url", quote(uri, safe="%:/?=._~-")]
        # In a session of its own, to end with all that it has started.
        with subprocess.Popen(  # noqa: S603 - the user's own Azure CLI
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
        ) as process:
            exchange.adopt_process(process)
            try:
                _, said = process.communicate(timeout=exchange.seconds_left)
            except subprocess.TimeoutExpired as error:
                exchange.end()
                raise _too_slow(limits) from error
        if not exchange.seconds_left:
            raise _too_slow(limits)
        if process.returncode:
            told = " ".join(said.decode("utf-8", "replace").split()).removeprefix("ERROR: ")
            words = mask(told)[:_LONGEST_WORDS] or f"exit status {process.returncode}"
            help_text = (
                "Run `az login` with an account that has the role Storage Blob Data Reader on it, or write a URI with a shared "
                "access signature."
            )
            reason = f"the blob is not public, and the Azure CLI cannot read it: {words}"
            raise FetchError(reason, help_text)
        size = file.stat().st_size
        if size > limits.size:
            raise too_large(limits)
        if size <= limits.in_memory:
            return file.read_bytes()
        with file.open("rb") as opened:
            return mapped(opened)


def _too_slow(limits: Limits) -> FetchError:
    return FetchError(f"the Azure CLI did not end within {limits.total:g} seconds", LATER)
