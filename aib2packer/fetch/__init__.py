"""Fetching scripts and files while converting, as the service does when a template is submitted. Input and output only.

What was fetched goes to `convert` as `Options.assets`, which checks it and lays it beside the HCL.
"""

from __future__ import annotations

import time
from collections import deque
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, TypeAlias

from aib2packer.fetch.blob import is_private_blob, read_blob
from aib2packer.fetch.exchange import Exchange
from aib2packer.fetch.limits import FetchError, Limits, too_slow
from aib2packer.fetch.web import Web
from aib2packer.options import Unfetched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from aib2packer.packer.model import Asset

    Found: TypeAlias = bytes | Unfetched
    Done: TypeAlias = "SimpleQueue[tuple[str, Found | BaseException]]"

_AT_ONCE = 4
_TO_CLEAN_UP = 0.2  # seconds


class Fetcher:
    """Fetches the files of a run: each URI once, whoever names it, and nothing of a host that is out of reach."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._web = Web(self._limits)
        self._found: dict[str, Found] = {}

    def fetch(self, assets: Sequence[Asset], advance: Callable[[], object] = lambda: None) -> dict[str, Found]:
        """Fetch assets, some at once.

        Args:
            assets: What to fetch: `Conversion.assets`.
            advance: Called when one of the URIs is done, as often as there are different ones.

        Returns:
            What is there, or why it cannot be had, by URI in the order of the assets: for `Options.assets`.

        """
        uris = tuple(dict.fromkeys(asset.uri for asset in assets))
        for uri in uris:
            if uri in self._found:
                advance()
        self._fetch([uri for uri in uris if uri not in self._found], advance)
        return {uri: self._found[uri] for uri in uris}

    def _fetch(self, uris: Iterable[str], advance: Callable[[], object]) -> None:
        """Fetch what was not asked for before. Nothing that hangs, looking up a name say, is waited for beyond its deadline."""
        waiting, running, threads = deque(uris), dict[str, Exchange](), list[Thread]()
        done: Done = SimpleQueue()
        try:
            while waiting or running:
                while waiting and len(running) < _AT_ONCE:
                    uri = waiting.popleft()
                    running[uri] = Exchange(self._limits.total)
                    # One that hangs keeps the program from ending in no way.
                    threads.append(Thread(target=self._run, args=(uri, running[uri], done), daemon=True))
                    threads[-1].start()
                for uri, found in self._next(running, done):
                    self._found[uri] = found
                    advance()
        finally:
            for exchange in running.values():
                exchange.end()
            for thread in threads[-_AT_ONCE:] if running else ():
                thread.join(_TO_CLEAN_UP)

    def _next(self, running: dict[str, Exchange], done: Done) -> list[tuple[str, Found]]:
        """What is done next, or too late; what came too late before is left out."""
        first = min(exchange.deadline for exchange in running.values())
        try:
            uri, found = done.get(timeout=max(0, first - time.monotonic()) + 0.1)
        except Empty:
            late = [uri for uri, exchange in running.items() if not exchange.seconds_left]
            for uri in late:
                running.pop(uri).end()
                self._web.give_up(uri)
            return [(uri, _unfetched(too_slow(self._limits))) for uri in late]
        if isinstance(found, BaseException):
            raise found
        return [] if running.pop(uri, None) is None else [(uri, found)]

    def _run(self, uri: str, exchange: Exchange, done: Done) -> None:
        found: Found | BaseException
        try:
            found = self._get(uri, exchange)
        except BaseException as error:  # noqa: BLE001 - it is raised again where it is waited for
            found = error
        exchange.close()
        done.put((uri, found))

    def _get(self, uri: str, exchange: Exchange) -> Found:
        try:
            try:
                return self._web.get(uri, exchange)
            except FetchError as refused:
                if is_private_blob(uri, refused):
                    return read_blob(uri, self._limits, exchange)
                raise
        except FetchError as error:
            if not exchange.seconds_left:
                self._web.give_up(uri)
            return _unfetched(error)


def fetch(
    assets: Sequence[Asset], advance: Callable[[], object] = lambda: None, limits: Limits | None = None
) -> dict[str, Found]:
    """Fetch the assets of one conversion: what `Fetcher.fetch` does, for a run that has but one."""
    return Fetcher(limits).fetch(assets, advance)


def _unfetched(error: FetchError) -> Unfetched:
    return Unfetched(error.reason, error.help, error.host)
