"""Functions that write text in other alphabets: base64, URIs, JSON (docs/reference/arm-expressions.md 2.4)."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes, urljoin, urlsplit

from aib2packer.arm.evaluation.budget import NODE
from aib2packer.arm.evaluation.functions.base import Pure
from aib2packer.arm.evaluation.functions.json_text import JsonTextError, read_json
from aib2packer.arm.evaluation.functions.text import utf8
from aib2packer.arm.language.symbolic import Concat, concat, starts
from aib2packer.lazy.models import replace
from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from aib2packer.arm.evaluation.functions.base import Arguments
    from aib2packer.arm.language.symbolic import ArmValue

_DATA = pattern(r"data:(?:[^;,]*)(?:;charset=([^;,]*))?(;base64)?,([^,]*)", re.IGNORECASE)
_match_escapes = pattern(r"(?:%[0-9A-Fa-f]{2})+")
_SCHEME = pattern(r"[A-Za-z][A-Za-z0-9+.-]*:")
_DEFAULT_PORTS = {"http": 80, "https": 443, "ftp": 21}


def _base64(arguments: Arguments) -> ArmValue:
    return base64.b64encode(utf8(arguments.string(0))).decode()


def _decoded(arguments: Arguments, text: str) -> str:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode(errors="replace")
    except (binascii.Error, ValueError):
        arguments.fail("this is not base64", "Base64 is letters, digits, `+` and `/`, in groups of four.", 0)


def _base64_to_string(arguments: Arguments) -> ArmValue:
    return _decoded(arguments, arguments.string(0))


def _base64_to_json(arguments: Arguments) -> ArmValue:
    return _parsed(arguments, _decoded(arguments, arguments.string(0)))


def _json(arguments: Arguments) -> ArmValue:
    return _parsed(arguments, arguments.string(0))


def _parsed(arguments: Arguments, text: str) -> ArmValue:
    arguments.budget.allow_values(text.count(",") + text.count(":"))
    arguments.budget.pay(NODE * sum(map(text.count, ",:[{")))
    try:
        return read_json(text)
    except JsonTextError as error:
        arguments.fail(f"the text is not JSON: reading ends at character {error.at + 1}", "Check the text.", 0)


def _data_uri(arguments: Arguments) -> ArmValue:
    return f"data:text/plain;charset=utf-8;base64,{base64.b64encode(utf8(arguments.string(0))).decode()}"


def _data_uri_to_string(arguments: Arguments) -> ArmValue:
    match = _DATA.fullmatch(arguments.string(0))
    if match is None:
        arguments.fail("this is not a data URI", "It looks like `data:text/plain;base64,SGVsbG8=`.", 0)
    charset = (match[1] or "utf-8").lower()
    if charset.replace("-", "") not in {"utf8", "usascii"}:
        arguments.fail(f"the character set `{match[1]}` is not supported", "Write the text as UTF-8.", 0)
    return _decoded(arguments, match[3]) if match[2] else _unescaped(match[3])


def _uri_component(arguments: Arguments) -> ArmValue:
    data = utf8(arguments.string(0))
    arguments.budget.allow_text(3 * len(data))
    return quote(data, safe="-_.~")


def _uri_component_to_string(arguments: Arguments) -> ArmValue:
    return _unescaped(arguments.string(0))


def _unescaped(text: str) -> str:
    """`Uri.UnescapeDataString`: escapes that are no UTF-8 stay as they are."""

    def decode(match: re.Match[str]) -> str:
        try:
            return unquote_to_bytes(match[0]).decode()
        except UnicodeDecodeError:
            return match[0]

    return _match_escapes.sub(decode, text)


def _uri(arguments: Arguments) -> ArmValue:
    base, relative = arguments.string(0), arguments.string(1)
    if not _SCHEME.match(base) or not urlsplit(base).netloc:
        arguments.fail("the base is not an absolute URI", "It looks like `https://host/folder/`.", 0)
    try:
        joined = urlsplit(urljoin(base, relative))
    except ValueError:
        arguments.fail("the two make no URI", "Check the second.", 1)
    return joined._replace(path=joined.path or "/").geturl() if joined.netloc else joined.geturl()


def _uri_partly(arguments: Arguments) -> ArmValue | None:
    """A relative path of which the beginning is known, on a base that is known."""
    base, relative = arguments.values
    known = starts(relative)
    if not isinstance(base, str) or not isinstance(relative, Concat) or not re.match(r"[^/:?#.][^:?#]*/|[^/:?#.]+\.", known):
        return None
    mark = "x"
    head = _uri(replace(arguments, values=(base, mark)))
    return concat((str(head)[: -len(mark)], *relative.parts))


def _parse_uri(arguments: Arguments) -> ArmValue:
    text = arguments.string(0)
    parts = urlsplit(text)
    if not parts.scheme or not parts.hostname:
        arguments.fail("this is not an absolute URI", "It looks like `https://host/path`.", 0)
    try:
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme, -1)
    except ValueError:
        arguments.fail("the port is not a number", "It looks like `https://host:8080/path`.", 0)
    query = f"?{parts.query}" if parts.query else ""
    return {"scheme": parts.scheme, "host": parts.hostname, "port": port, "path": parts.path or "/", "query": query}


def _build_uri(arguments: Arguments) -> ArmValue:
    parts = {key.lower(): value for key, value in arguments.object(0).items()}
    scheme, host = parts.get("scheme"), parts.get("host")
    if not isinstance(scheme, str) or not isinstance(host, str):
        arguments.fail("`scheme` and `host` are needed", "Give an object with both.", 0)
    port, path, query = parts.get("port"), parts.get("path"), parts.get("query")
    at = f":{port}" if isinstance(port, int) and port > 0 and port != _DEFAULT_PORTS.get(scheme) else ""
    where = path if isinstance(path, str) else ""
    what = query if isinstance(query, str) else ""
    slash = "" if where.startswith("/") else "/"
    mark = "" if not what or what.startswith("?") else "?"
    return f"{scheme}://{host}{at}{slash}{where}{mark}{what}"


FUNCTIONS = (
    Pure("base64", 1, 1, _base64),
    Pure("base64ToString", 1, 1, _base64_to_string),
    Pure("base64ToJson", 1, 1, _base64_to_json),
    Pure("json", 1, 1, _json),
    Pure("dataUri", 1, 1, _data_uri),
    Pure("dataUriToString", 1, 1, _data_uri_to_string),
    Pure("uriComponent", 1, 1, _uri_component),
    Pure("uriComponentToString", 1, 1, _uri_component_to_string),
    Pure("uri", 2, 2, _uri, _uri_partly),
    Pure("parseUri", 1, 1, _parse_uri),
    Pure("buildUri", 1, 1, _build_uri),
)
