"""Files over HTTPS and HTTP. urllib3 knows connections, TLS, proxies, and when a body is not whole.

What is decided here: which redirects are followed, how much is read and for how long, and when there is another attempt.
"""

from __future__ import annotations

import base64
import contextlib
import ssl
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Self
from urllib.parse import SplitResult, unquote, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

from urllib3 import PoolManager, ProxyManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from aib2packer import __version__
from aib2packer.fetch.limits import LATER, FetchError, too_large
from aib2packer.fetch.reasons import reason_of, refusal

if TYPE_CHECKING:
    from threading import Event

    from urllib3 import BaseHTTPResponse

    from aib2packer.fetch.limits import Limits

_PIECE = 1 << 16


class Web:
    """Fetches files; threads share its connections. Closing the `with` closes these."""

    def __init__(self, limits: Limits, stop: Event) -> None:
        """`stop`: set to end what runs, at its next piece."""
        self._limits = limits
        self._stop = stop
        self._tls = ssl.create_default_context()  # goes by SSL_CERT_FILE
        self._managers: dict[str | None, PoolManager] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for manager in self._managers.values():
            manager.clear()

    def get(self, uri: str) -> bytes:
        """The file at a URI, after as many attempts as may help.

        Raises:
            FetchError: It cannot be had.

        """
        deadline = time.monotonic() + self._limits.total
        pauses = iter(self._limits.pauses)
        while True:
            try:
                return self._attempt(uri, deadline)
            except FetchError as error:
                pause = next(pauses, None) if error.passing else None
                if pause is None:
                    raise
                pause = min(max(pause, error.pause or 0), self._limits.longest_pause)
                if time.monotonic() + pause > deadline or self._stop.wait(pause):
                    raise

    def _attempt(self, uri: str, deadline: float) -> bytes:
        url = _split(uri)
        for _ in range(self._limits.redirects + 1):
            try:
                with self._request(url) as response:
                    location = response.get_redirect_location()
                    if not location:
                        return self._body(response, url, deadline)
                    url = _redirected(url, location)
            except HTTPError as error:
                raise reason_of(error, url.hostname or "") from error
        reason = f"it is redirected more than {self._limits.redirects} times"
        raise FetchError(reason, "Write the URI that it ends at.")

    def _request(self, url: SplitResult) -> BaseHTTPResponse:
        user, at, host = url.netloc.rpartition("@")
        headers = {"User-Agent": f"aib2packer/{__version__}", "Accept": "*/*", "Accept-Encoding": "identity"}
        return self._manager(url.scheme, host).request(
            "GET",
            url._replace(netloc=host, fragment="").geturl(),
            headers=headers | ({"Authorization": _basic(user)} if at else {}),
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=False,
            timeout=Timeout(connect=self._limits.connect, read=self._limits.read),
        )

    def _manager(self, scheme: str, host: str) -> PoolManager:
        """What connects to a host: directly, or through the proxy that the environment names."""
        proxies = getproxies()
        proxy = None if proxy_bypass(host) else proxies.get(scheme, proxies.get("all"))
        if proxy not in self._managers:
            self._managers[proxy] = self._connect(proxy)
        return self._managers[proxy]

    def _connect(self, proxy: str | None) -> PoolManager:
        if proxy is None:
            return PoolManager(ssl_context=self._tls)
        url = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        user, at, host = url.netloc.rpartition("@")
        headers = {"Proxy-Authorization": _basic(user)} if at else {}
        return ProxyManager(f"{url.scheme}://{host}", proxy_headers=headers, ssl_context=self._tls)

    def _body(self, response: BaseHTTPResponse, url: SplitResult, deadline: float) -> bytes:
        if response.status != HTTPStatus.OK:
            raise refusal(response.status, url.hostname or "", _retry_after(response))
        announced = response.headers.get("Content-Length", "")
        if announced.isdecimal() and int(announced) > self._limits.size:
            raise too_large(self._limits)
        content = bytearray()
        while piece := response.read1(_PIECE):
            content += piece
            if len(content) > self._limits.size:
                raise too_large(self._limits)
            if time.monotonic() > deadline or self._stop.is_set():
                reason = f"it is not complete after {self._limits.total:g} seconds"
                raise FetchError(reason, LATER)
        return bytes(content)


def _split(uri: str) -> SplitResult:
    try:
        url = urlsplit(uri)
    except ValueError:
        url = urlsplit("")
    if url.scheme not in {"https", "http"} or not url.hostname:
        reason = "that is no URI of the web, which begins with https:// or http:// and a host"
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
