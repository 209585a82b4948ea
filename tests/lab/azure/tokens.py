"""Tokens of the simulated Entra and of the pipelines that it trusts: JWTs, signed so that nobody can make one up."""

import base64
import hashlib
import hmac
import json
from typing import Any

Json = Any

_KEY = b"simulated"


def sign(claims: dict[str, Json]) -> str:
    """Make a token."""
    head = f"{_encoded({'alg': 'HS256', 'typ': 'JWT', 'kid': 'lab'})}.{_encoded(claims)}"
    return f"{head}.{_text(_signature(head))}"


def claims_of(token: str) -> dict[str, Json] | None:
    """Give what a token says, if it is one of ours; it may be too old."""
    head, _, signature = token.rpartition(".")
    if head.count(".") != 1 or not hmac.compare_digest(signature, _text(_signature(head))):
        return None
    middle = head.split(".")[1]
    claims: dict[str, Json] = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    return claims


def _signature(head: str) -> bytes:
    return hmac.new(_KEY, head.encode(), hashlib.sha256).digest()


def _encoded(value: Json) -> str:
    return _text(json.dumps(value).encode())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
