"""Why a file cannot be had, in words: of errors of the connection, and of answers."""

from __future__ import annotations

import ssl
from http import HTTPStatus
from typing import TYPE_CHECKING

from urllib3.exceptions import (
    ConnectTimeoutError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from aib2packer.fetch.limits import LATER, FetchError, HostError

if TYPE_CHECKING:
    from urllib3.exceptions import HTTPError

_CHECK = f"Check the URI and your network. {LATER}"
_GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
_FORBIDDEN = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT}
_PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


def reason_of(error: HTTPError, host: str) -> FetchError:
    """What an error of the connection means."""
    match error:
        case SSLError():
            # What a host shows that nobody vouches for, it shows for each of its files.
            return HostError(
                f"there is no secure connection to {host} ({_tls_words(error)})",
                "If your network has a certificate authority of its own, name its certificates in SSL_CERT_FILE.",
                host,
            )
        case ProxyError(original_error=original):
            return HostError(
                f"the proxy does not connect to {host} ({_system_words(original)})",
                "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY.",
                host,
                passing=True,
            )
        case NameResolutionError():
            words, dead = f"the name {host} is not known", True
        case NewConnectionError():
            words, dead = f"{host} cannot be reached ({_system_words(error)})", True
        case ConnectTimeoutError():
            # Who did not answer for so long does not answer the next moment.
            return HostError(f"{host} does not answer in time", _CHECK, host)
        case ReadTimeoutError():
            words, dead = f"{host} stops sending", False
        case ProtocolError():
            words, dead = f"the answer of {host} breaks off", False
        case _:
            return FetchError(f"it cannot be requested ({type(error).__name__})", "Check the URI and the proxy.")
    return HostError(words, _CHECK, host, passing=True) if dead else FetchError(words, _CHECK, passing=True)


def refusal(status: int, host: str, pause: float | None) -> FetchError:
    """What an answer without the file means; `pause` is how long the server asks to wait, in seconds."""
    known = {item.value: item.phrase for item in HTTPStatus}
    words = f"{host} answers {status} {known.get(status, '')}".rstrip()
    passing = status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    if passing:
        help_text = LATER
    elif status in _GONE:
        help_text = "Check the URI: the file is not there, or not public."
    elif status in _FORBIDDEN:
        help_text = "Use a URI that may be read: that of a public file, or a signed one that has not expired."
    else:
        help_text = "Check that the URI is that of the file itself."
    return FetchError(words, help_text, status=status, passing=passing, pause=pause)


def _tls_words(error: SSLError) -> str:
    cause = error.args[0] if error.args else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return cause.verify_message
    return (getattr(cause, "reason", None) or type(cause).__name__).replace("_", " ").lower()


def _system_words(error: BaseException) -> str:
    """What the system says, which holds neither URI nor user."""
    cause = error if isinstance(error, OSError) else error.__cause__
    return getattr(cause, "strerror", None) or (str(cause) if isinstance(cause, OSError) else type(error).__name__)
