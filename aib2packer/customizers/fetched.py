"""Scripts and files that a customizer names by URI: read, and checked against what was fetched of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aib2packer.aib.model import Fetched
from aib2packer.aib.tokens import literal_text
from aib2packer.arm.language.symbolic import Secret, parameters_of
from aib2packer.arm.language.text import LateExpression
from aib2packer.findings import codes
from aib2packer.hcl.values import Interpolation
from aib2packer.lazy.models import dataclass, field, replace
from aib2packer.lazy.patterns import pattern
from aib2packer.options import Unfetched
from aib2packer.packer.layout import beside_template
from aib2packer.packer.model import Download, Provisioner
from aib2packer.packer.steps.download import is_private, percent_encoded
from aib2packer.text.checksum import sha256_of
from aib2packer.text.secrets import find_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.aib.fields import Fields, Spelling
    from aib2packer.aib.model import Located
    from aib2packer.arm.language.symbolic import ParameterSymbol
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.hcl.values import Value
    from aib2packer.packer.steps.build_context import BuildContext

_DIGITS = 12  # of a digest that is to tell addresses apart
_URI = pattern(r"https?://", re.IGNORECASE)
# Where GitHub, GitLab and Bitbucket show a file to people.
_WEB_PAGE = pattern(
    r"https?://(?:(?:(?:www\.)?github\.com/[^/]+/[^/]+|[^/]+(?:/[^/]+)+/-)/(?:blob|tree)/|bitbucket\.org/[^/]+/[^/]+/src/)"
    r"(?!.*[?&]raw=(?:1|true))",
    re.IGNORECASE,
)
_ON_WEB_PAGES = ("/blob/", "/tree/", "/src/")
_SHA256 = pattern(r"[0-9a-f]{64}")
# Byte order marks of scripts, and what they stand for.
_LARGEST_SCRIPT = 4 << 20
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


@dataclass(frozen=True, slots=True)
class Supply:
    """How a file comes to the machine that runs Packer: as settings of a `file` provisioner, those after the destination apart.

    `origin` says for a comment where it was fetched; the comment of a download says that in its place.
    """

    source: Mapping[str, Value]
    more: Mapping[str, Value] = field(default_factory=dict)
    downloads: tuple[Download, ...] = ()
    assets: Mapping[str, bytes] = field(default_factory=dict)
    origin: str = ""

    def upload(self, head: Mapping[str, Value], destination: Value, comment: str) -> Provisioner:
        """Put the file on the VM; `head` are the first settings."""
        return Provisioner("file", {**head, **self.source, "destination": destination, **self.more}, comment)


def read_fetched(fields: Fields, key: str, *others: Spelling) -> Fetched | None:
    """Read the URI of a file and its checksum, and take what was fetched from there."""
    address = _address(fields.revealed(key, *others))
    assets = fields.reading.assets or {}
    asset = None if address is None else assets.get(address)
    late = None if asset is not None else fields.late_text("sha256Checksum")
    if late is not None and late.known is not None and not _SHA256.fullmatch(late.known.lower()):
        late = None  # an error, which is told of as any other
    checksum = _checksum(fields) if late is None else None
    # What is fetched now needs no variables.
    uri = fields.uri(key, *others) if asset is None else fields.shown_uri(key, *others)
    if uri is None:
        if checksum is not None or late is not None:
            fields.report.add(
                codes.IGNORED_FIELD,
                fields.key_span("sha256Checksum") if checksum is None else checksum.span,
                f"there is no {key} for this checksum: the service ignores it",
                help="Remove it.",
            )
        return None
    sha256 = literal_text(checksum.value, checksum.span) if checksum is not None else late.text if late is not None else None
    start = uri.parts[0]
    if sha256 is None and isinstance(start, str) and start.lower().startswith("http://"):
        fields.report.add(
            codes.UNPROTECTED,
            uri.span,
            "this is fetched over http without a checksum: anyone on the way can change what goes into the image",
            help="Use https://, or add the sha256Checksum of the file.",
        )
    if asset is not None and address is not None:
        shown = literal_text(_shown(uri, address), uri.span)
        return Fetched(shown, sha256, address, _content(fields, uri, shown, asset, checksum))
    if isinstance(start, str) and not start.lower().startswith(("http://", "https://")):
        fields.report.add(
            codes.BAD_ADDRESS,
            uri.span,
            f"`{uri}` is not a URI that the service fetches: it must begin with https:// or http://",
            help="Put the file where it can be fetched, and write its URI.",
        )
    elif fields.reading.assets is not None:
        fields.report.add(
            codes.FETCHED_LATER,
            uri.span,
            f"{uri} is not known before Packer runs: the build fetches it",
            help="Fill in what is left open, or give the parameters a value (--set, -p), and convert again.",
        )
    leads_to = address or uri.visible
    if any(one in leads_to.lower() for one in _ON_WEB_PAGES) and _WEB_PAGE.match(leads_to):
        fields.report.add(
            codes.WEB_PAGE,
            uri.span,
            "this is the web page that shows a file, not the file itself",
            help="Use the URI of the file itself, which the button `Raw` opens.",
        )
    places = (uri.span,) if sha256 is None else (uri.span, sha256.span)
    return Fetched(uri, sha256, address, origins=places)


def _address(text: str | None) -> str | None:
    """A text that says where a file is; None for any other, such as the empty default of a parameter."""
    return text if text is not None and _URI.match(text) else None


def base_name(uri: TemplateText) -> str:
    """The last segment of a URI's path, as far as it is known."""
    last = uri.split("?")[0].split("#")[0].split("/")[-1]
    return last.literal or ""


def script_text(content: bytes) -> str:
    """A script as text, whatever its encoding: for looking into it, not for running it."""
    encoding = next((encoding for mark, encoding in _MARKS.items() if content.startswith(mark)), "utf-8")
    return content.decode(encoding, "replace")


def is_large(content: bytes) -> bool:
    """Whether a file is no script that a person has written: it stays on the disk, and is not looked into."""
    return len(content) > _LARGEST_SCRIPT


def is_binary(content: bytes) -> bool:
    """Whether a file is no text, so that looking into it tells nothing."""
    return b"\0" in content and not content.startswith(tuple(_MARKS))


def supply(fetched: Fetched, folder: str, file_name: str, context: BuildContext) -> Supply:
    """Have a file on the machine that runs Packer: in a folder beside the HCL, or downloaded by the build."""
    if fetched.content is None:
        name = _name_for_all(fetched.uri, file_name, context) if context.shares_downloads else file_name
        download = Download(name, fetched, is_private(fetched.uri))
        return Supply({"source": Interpolation((context.downloads, f"/{name}"))}, {"generated": True}, (download,))
    path = f"{folder}/{file_name}"
    return Supply({"source": beside_template(path)}, assets={path: fetched.content}, origin=f"From {fetched.uri}")


def _name_for_all(uri: TemplateText, file_name: str, context: BuildContext) -> str:
    """What a download is called where other builds may fetch it too: by where it is from, if that is the same for all."""
    number, _, name = file_name.partition("-")
    if uri.literal is None:
        return f"{context.decisions.name}-{number}-{name}"
    return f"{sha256_of(uri.literal.encode())[:_DIGITS]}-{name}"


def _checksum(fields: Fields) -> Located[str] | None:
    checksum = fields.word("sha256Checksum")
    if checksum is None:
        return None
    sha256 = checksum.value.lower()
    if not _SHA256.fullmatch(sha256):
        fields.report.add(
            codes.BAD_CHECKSUM,
            checksum.span,
            f"`{checksum.value}` is not a SHA-256 checksum, which has 64 hexadecimal digits",
            help="Write what `sha256sum` prints for the file, or remove the checksum.",
        )
        return None
    if sha256 != checksum.value:
        fields.report.add(
            codes.WRONG_CASE,
            checksum.span,
            "the service wants the checksum in lower case; it is read that way",
            help="Write it in lower case.",
        )
    return replace(checksum, value=sha256)


def _content(
    fields: Fields, uri: TemplateText, shown: TemplateText, asset: bytes | Unfetched, checksum: Located[str] | None
) -> bytes:
    """What was fetched; empty after an error, for what is in it is not to be looked at then."""
    report = fields.report
    if isinstance(asset, Unfetched):
        what = f"{shown} cannot be fetched" if asset.host is None else f"nothing can be fetched from {asset.host}"
        message = f"{what}: {asset.reason}"
        # What a host that is out of reach has is one finding, not one a file.
        if not any((finding.code, finding.message) == (codes.NOT_FETCHED, message) for finding in report.findings):
            report.add(codes.NOT_FETCHED, uri.span, message, help=asset.help)
        return b""
    actual = sha256_of(asset)
    if checksum is not None and actual != checksum.value:
        report.add(
            codes.CHECKSUM,
            checksum.span,
            f"{shown} does not match its checksum: expected {checksum.value}, got {actual}",
            help="Look at what changed. If the new file is right, write its checksum; if not, restore the old one.",
        )
        return b""
    if names := ", ".join(dict.fromkeys(parameter.name for parameter in _parameters(uri))):
        report.add(
            codes.FOLDED,
            uri.span,
            f"this was fetched with the current value of {names}: the variables of the build no longer decide it",
            help="To use another value, convert again with --set.",
        )
    if any(isinstance(symbol, Secret) for symbol in uri.symbols):
        report.add(
            codes.SECRET,
            uri.span,
            "this holds a secret: it was used to fetch, and is in no file of the output",
            help="Rotate the secret: the template exposed it.",
        )
    return asset


def _parameters(uri: TemplateText) -> tuple[ParameterSymbol, ...]:
    return tuple(
        parameter for symbol in uri.symbols if isinstance(symbol, LateExpression) for parameter in parameters_of(symbol.value)
    )


def _shown(uri: TemplateText, address: str) -> str:
    """A URI for people: without user, without the query if that holds a secret, with no more than the host if the rest may."""
    url = urlsplit(address)
    host = f"{url.scheme}://{url.netloc.rpartition('@')[2]}"
    if any(parameter.secure for parameter in _parameters(uri)):
        return percent_encoded(f"{host}/")
    query = f"?{url.query}" if url.query and not find_secrets(address) else ""
    return percent_encoded(f"{host}{url.path}{query}")
