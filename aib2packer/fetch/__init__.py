"""Fetching scripts and files while converting, as the service does when a template is submitted. Input and output only.

What was fetched goes to `convert` as `Options.assets`, which checks it and lays it beside the HCL.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event
from typing import TYPE_CHECKING

from aib2packer.fetch.blob import is_private_blob, read_blob
from aib2packer.fetch.limits import FetchError, Limits
from aib2packer.fetch.web import Web
from aib2packer.options import Unfetched

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aib2packer.packer.model import Asset

_AT_ONCE = 4


def fetch(
    assets: Sequence[Asset], advance: Callable[[], object] = lambda: None, limits: Limits | None = None
) -> dict[str, bytes | Unfetched]:
    """Fetch assets, some at once, each URI once.

    Args:
        assets: What to fetch: `Conversion.assets`.
        advance: Called when one of the URIs is done, as often as there are different ones.
        limits: How long to wait, and how much to take.

    Returns:
        What is there, or why it cannot be had, by URI in the order of the assets: for `Options.assets`.

    """
    uris = tuple(dict.fromkeys(asset.uri for asset in assets))
    chosen, stop = limits or Limits(), Event()
    with Web(chosen, stop) as web, ThreadPoolExecutor(_AT_ONCE) as pool:
        running = {uri: pool.submit(_fetch, uri, web, chosen) for uri in uris}
        try:
            for _ in as_completed(running.values()):
                advance()
        except BaseException:  # an interrupt: those that run end at their next piece, the others do not begin
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return {uri: done.result() for uri, done in running.items()}


def _fetch(uri: str, web: Web, limits: Limits) -> bytes | Unfetched:
    try:
        try:
            return web.get(uri)
        except FetchError as refused:
            if is_private_blob(uri, refused):
                return read_blob(uri, limits)
            raise
    except FetchError as error:
        return Unfetched(error.reason, error.help)
