"""Files over HTTPS and HTTP. urllib3 knows connections, TLS, proxies, and when a body is not whole.

What is decided here: which redirects are followed, how much is read and for how long, and when there is another attempt.
"""

from __future__ import annotations

import base64
import contextlib
import ssl
import threading
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager, Retry, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from aib2packer import __version__
from aib2packer.fetch.addresses import require_allowed, require_allowed_peer
from aib2packer.fetch.large import Content
from aib2packer.fetch.limits import LATER, FetchError, HostError, too_large, too_slow
from aib2packer.fetch.reasons import reason_of, refusal

if TYPE_CHECKING:
    import socket

    from urllib3 import BaseHTTPResponse

    from aib2packer.fetch.exchange import Exchange
    from aib2packer.fetch.limits import Limits

_PIECE = 1 << 16


class _Current(threading.local):
    """What the thread at hand fetches."""

    exchange: Exchange


_current = _Current()


class _HTTPConnection(HTTPConnection):
    """A connection that the exchange of its thread can end, and that leads to no address of the machine's own network."""

    def _new_conn(self) -> socket.socket:
        return _watched(super()._new_conn(), self)


class _HTTPSConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _watched(super()._new_conn(), self)


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


class Web:
    """Fetches files, and knows which hosts are out of reach; threads share it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._tls: ssl.SSLContext | None = None
        self._lock = Lock()
        self._taken = 0
        self._dead: dict[str, FetchError] = {}
        self._answered = False

    def get(self, uri: str, exchange: Exchange) -> bytes:
        """The file at a URI, after as many attempts as may help.

        Raises:
            FetchError: It cannot be had.

        """
        pauses = iter(self._limits.pauses)
        while True:
            try:
                return self._attempt(uri, exchange)
            except FetchError as error:
                pause = next(pauses, None) if error.passing and not self._is_off_line() else None
                if error.host is not None and pause is not None:
                    pauses = iter(())  # a host that is out of reach gets a second chance, and no third
                if pause is None or not exchange.wait(min(max(pause, error.pause or 0), self._limits.longest_pause)):
                    if error.host is not None and not self._is_off_line():
                        self._dead.setdefault(error.host, error)
                    raise

    def give_up(self, uri: str) -> None:
        """Ask the host of a file for no other one: this one has taken all the time that there is."""
        if host := urlsplit(uri).hostname:
            reason = f"{host} takes longer than {self._limits.total:g} seconds for a file: nothing more was requested from it"
            self._dead.setdefault(host, FetchError(reason, LATER))

    def _attempt(self, uri: str, exchange: Exchange) -> bytes:
        url = _split(uri)
        _current.exchange = exchange
        managers: dict[str | None, PoolManager] = {}
        try:
            for _ in range(self._limits.redirects + 1):
                try:
                    with self._request(url, managers, exchange) as response:
                        self._answered = True
                        location = response.get_redirect_location()
                        if not location:
                            return self._body(response, url, exchange)
                        url = _redirected(url, location)
                except (HTTPError, OSError, ValueError) as error:  # ValueError: a connection that was closed meanwhile
                    if not exchange.seconds_left:
                        raise too_slow(self._limits) from error
                    if isinstance(error, HTTPError):
                        raise reason_of(error, url.hostname or "") from error
                    raise
        finally:
            for manager in managers.values():
                manager.clear()
        reason = f"it is redirected more than {self._limits.redirects} times"
        raise FetchError(reason, "Write the URI that it ends at.")

    def _request(self, url: SplitResult, managers: dict[str | None, PoolManager], exchange: Exchange) -> BaseHTTPResponse:
        user, at, host = url.netloc.rpartition("@")
        self._require_reachable(url.hostname or "")
        require_allowed(url.hostname or "")
        headers = {"User-Agent": f"aib2packer/{__version__}", "Accept": "*/*", "Accept-Encoding": "identity"}
        left = max(0.001, exchange.seconds_left)
        return self._manager(url.scheme, host, managers).request(
            "GET",
            url._replace(netloc=host, fragment="").geturl(),
            headers=headers | ({"Authorization": _basic(user)} if at else {}),
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=False,
            timeout=Timeout(connect=min(left, self._limits.connect), read=min(left, self._limits.read)),
        )

    def _require_reachable(self, host: str) -> None:
        if (known := self._dead.get(host)) is not None:
            raise HostError(known.reason, known.help, host)
        if self._is_off_line():
            names = ", ".join(list(self._dead)[: self._limits.dead_hosts])
            reason = f"none of {names} could be reached, so no other host was tried"
            raise HostError(reason, f"Check your network. {LATER}", "other hosts")

    def _is_off_line(self) -> bool:
        """Whether it is of no use to ask further hosts."""
        return not self._answered and len(self._dead) >= self._limits.dead_hosts

    def _manager(self, scheme: str, host: str, managers: dict[str | None, PoolManager]) -> PoolManager:
        """What connects to a host: directly, or through the proxy that the environment names."""
        proxies = getproxies()
        proxy = None if proxy_bypass(host) else proxies.get(scheme, proxies.get("all"))
        if proxy not in managers:
            managers[proxy] = self._connect(proxy)
            managers[proxy].pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
        return managers[proxy]

    def _connect(self, proxy: str | None) -> PoolManager:
        if proxy is None:
            return PoolManager(ssl_context=self._trust())
        url = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        user, at, host = url.netloc.rpartition("@")
        headers = {"Proxy-Authorization": _basic(user)} if at else {}
        return ProxyManager(f"{url.scheme}://{host}", proxy_headers=headers, ssl_context=self._trust())

    def _trust(self) -> ssl.SSLContext:
        with self._lock:
            if self._tls is None:
                self._tls = ssl.create_default_context()  # goes by SSL_CERT_FILE
            return self._tls

    def _body(self, response: BaseHTTPResponse, url: SplitResult, exchange: Exchange) -> bytes:
        if response.status != HTTPStatus.OK:
            raise refusal(response.status, url.hostname or "", _retry_after(response))
        announced = response.headers.get("Content-Length", "")
        if announced.isdecimal() and int(announced) > self._limits.size:
            raise too_large(self._limits)
        with Content(self._limits.in_memory) as content:
            while piece := response.read1(_PIECE):
                content.add(piece)
                if content.size > self._limits.size:
                    raise too_large(self._limits)
                self._take(len(piece))
                if not exchange.seconds_left:
                    break
            if not exchange.seconds_left:  # which may look as if the file had come to its end
                raise too_slow(self._limits)
            return content.whole

    def _take(self, size: int) -> None:
        """Count what was received for all files of the run."""
        with self._lock:
            self._taken += size
            if self._taken > self._limits.sum:
                reason = f"all files together are larger than {self._limits.sum / (1 << 20):,g} MiB"
                raise FetchError(reason, "Convert without --fetch, and the build downloads them.")


def _watched(connection: socket.socket, made: HTTPConnection) -> socket.socket:
    """Have the exchange of this thread end a new connection, which leads to a proxy, or to an address that is allowed."""
    if made.proxy is None:
        try:
            require_allowed_peer(connection, made.host)
        except FetchError:
            connection.close()
            raise
    _current.exchange.adopt(connection)
    return connection


def _split(uri: str) -> SplitResult:
    try:
        url = urlsplit(uri)
    except ValueError:
        url = urlsplit("")
    if url.scheme not in {"https", "http"} or not url.hostname:
        reason = "that is not a URI of the web, which begins with https:// or http:// and a host"
        raise FetchError(reason, "Put the file where it can be fetched, and write its URI.")
    return url


def _redirected(url: SplitResult, location: str) -> SplitResult:
    """Where a redirect leads: to another place on the web, and never from https to http."""
    try:
        target = urlsplit(urljoin(url.geturl(), location))
    except ValueError:
        target = urlsplit("")
    if target.hostname and (target.scheme == "https" or target.scheme == url.scheme == "http"):
        return target
    reason = f"{url.hostname} redirects it to a place that is not as safe ({target.scheme or 'no'} URI)"
    raise FetchError(reason, "Write the URI of a place that serves it by https.")


def _basic(user: str) -> str:
    return f"Basic {base64.b64encode(unquote(user).encode()).decode()}"


def _retry_after(response: BaseHTTPResponse) -> float | None:
    with contextlib.suppress(HTTPError):  # a header that makes no sense
        return Retry().get_retry_after(response)
    return None
