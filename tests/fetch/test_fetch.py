"""Fetching, from a server that answers well or badly."""

import os
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import pytest
import trustme

from aib2packer import Options
from aib2packer.fetch import fetch
from aib2packer.fetch.limits import Limits
from aib2packer.options import Unfetched
from aib2packer.packer.model import Asset
from tests.cases.templates import convert_json, template
from tests.fetch.server import Answer, Server, body, broken_chunks, dripping, endless, hang_up, redirect, status

FAST = Limits(connect=2, read=1, total=10, size=1 << 20, redirects=3, pauses=(0.01, 0.01), longest_pause=0.05)
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the environment of the tests is, there is no proxy."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server() -> Iterator[Server]:
    """A server without TLS."""
    with Server.start() as running:
        yield running


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority that nobody trusts yet."""
    return trustme.CA()


@pytest.fixture
def secure_server(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server with TLS, whose authority SSL_CERT_FILE names."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with Server.start(_tls(authority)) as running:
        yield running


def _tls(authority: trustme.CA) -> ssl.SSLContext:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    return tls


def get(uri: str, limits: Limits = FAST) -> bytes | Unfetched:
    """Fetch one file."""
    return fetch([Asset(uri, None)], limits=limits)[uri]


def refused(uri: str, limits: Limits = FAST) -> Unfetched:
    """Fetch one file, which must fail."""
    asset = get(uri, limits)
    assert isinstance(asset, Unfetched)
    return asset


DATA = bytes(range(256)) * 600


def test_a_file_comes_byte_for_byte(server: Server) -> None:
    assert get(server.add("/data.bin", DATA)) == DATA
    assert get(server.add("/empty", b"")) == b""


def test_a_body_that_the_server_calls_compressed_stays_as_it_is(server: Server) -> None:
    assert get(server.add("/a.gz", body(b"\x1f\x8b no gzip", Content_Encoding="gzip"))) == b"\x1f\x8b no gzip"


def test_https_trusts_what_the_system_trusts(secure_server: Server) -> None:
    assert get(secure_server.add("/a", DATA)) == DATA


def test_https_is_refused_where_nobody_vouches_for_the_server(authority: trustme.CA) -> None:
    with Server.start(_tls(authority)) as server:
        found = refused(server.add("/a", DATA))

        assert "no secure connection to localhost" in found.reason
        assert "SSL_CERT_FILE" in found.help
        assert server.count("/a") == 0


def test_a_host_that_nobody_vouches_for_is_one_finding_for_all_its_files(authority: trustme.CA) -> None:
    with Server.start(_tls(authority)) as server:
        uris = [server.add(f"/{number}.sh", DATA) for number in range(12)]
        found = fetch([Asset(uri, None) for uri in uris], limits=FAST)
        steps = [{"type": "Shell", "scriptUri": uri} for uri in uris]

        said = [one.message for one in convert_json(template(customize=steps), Options(assets=found)).findings]

        assert len([message for message in said if "no secure connection to localhost" in message]) == 1
        assert not [message for message in said if "cannot be fetched" in message]


def test_https_is_refused_for_another_host(secure_server: Server) -> None:
    uri = secure_server.add("/a", DATA).replace("localhost", "127.0.0.1")

    assert "no secure connection" in refused(uri).reason


def test_a_redirect_is_followed_also_to_a_place_beside(server: Server) -> None:
    server.add("/files/there", DATA)

    for code in (301, 302, 303, 307, 308):
        assert get(server.add("/here", redirect("files/there?x=1", code))) == DATA
    assert server.requests[-1].path == "/files/there?x=1"


def test_redirects_end(server: Server) -> None:
    uri = server.add("/loop", redirect("/loop"))

    assert refused(uri).reason == "it is redirected more than 3 times"
    assert server.count("/loop") == 4


def test_a_redirect_from_http_to_https_is_followed(server: Server, secure_server: Server) -> None:
    assert get(server.add("/a", redirect(secure_server.add("/a", DATA)))) == DATA


def test_a_redirect_never_leads_from_https_to_http(server: Server, secure_server: Server) -> None:
    found = refused(secure_server.add("/a", redirect(server.add("/a", DATA))))

    assert "localhost redirects it to a place that is not as safe (http URI)" in found.reason
    assert server.requests == []


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://localhost/a", "data:,x", "//["])
def test_a_redirect_never_leaves_the_web(server: Server, location: str) -> None:
    assert "not as safe" in refused(server.add("/a", redirect(location))).reason


@pytest.mark.parametrize("uri", ["file:///etc/passwd", "/etc/passwd", "ftp://localhost/a", "https://", "http://[", "", "x"])
def test_only_the_web_is_asked(uri: str) -> None:
    assert "not a URI of the web" in refused(uri).reason


@pytest.mark.parametrize("trouble", [status(503), status(500), status(429), status(408), hang_up, broken_chunks])
def test_trouble_that_passes_is_waited_for(server: Server, trouble: Answer) -> None:
    uri = server.add("/a", trouble, trouble, DATA)

    assert get(uri) == DATA
    assert server.count("/a") == 3


def test_a_body_that_is_not_whole_is_fetched_again(server: Server) -> None:
    assert get(server.add("/a", body(DATA[:70_000], length=len(DATA)), DATA)) == DATA
    found = refused(server.add("/b", body(DATA[:70_000], length=len(DATA))))
    assert found.reason == "the answer of localhost breaks off"
    assert server.count("/b") == 3


def test_trouble_that_does_not_pass_is_said(server: Server) -> None:
    uri = server.add("/a", status(503))

    assert refused(uri).reason == "localhost answers 503 Service Unavailable"
    assert server.count("/a") == 3


@pytest.mark.parametrize(
    ("code", "words"), [(404, "is not there"), (410, "is not there"), (401, "signed one"), (403, "signed one"), (400, "itself")]
)
def test_what_the_server_refuses_is_asked_for_once(server: Server, code: int, words: str) -> None:
    found = refused(server.add("/a", status(code)))

    assert f"localhost answers {code}" in found.reason
    assert words in found.help
    assert server.count("/a") == 1


@pytest.mark.parametrize("code", [203, 204, 206, 300, 304])
def test_a_part_of_a_file_or_none_at_all_is_no_file(server: Server, code: int) -> None:
    content = b"" if code in {204, 304} else b"part"

    assert f"answers {code}" in refused(server.add("/a", body(content, code=code))).reason


def test_the_server_says_how_long_to_wait_but_not_too_long(server: Server) -> None:
    limits = Limits(pauses=(0.01,), longest_pause=0.3)
    begin = time.monotonic()

    assert get(server.add("/a", status(429, Retry_After="3600"), DATA), limits) == DATA
    assert 0.3 <= time.monotonic() - begin < 5
    assert get(server.add("/b", status(503, Retry_After="in a while"), DATA), limits) == DATA


@pytest.mark.parametrize("answer", [body(b"x" * (FAST.size + 1)), endless, body(b"", length=FAST.size + 1)])
def test_a_file_that_is_too_large_is_left(server: Server, answer: Answer) -> None:
    assert refused(server.add("/a", answer)).reason == "it is larger than 1 MiB"
    assert server.count("/a") == 1
    assert get(server.add("/b", b"x" * FAST.size)) == b"x" * FAST.size


def test_a_server_that_stops_sending_is_not_waited_for(server: Server) -> None:
    limits = Limits(read=0.2, pauses=(0.01,))

    assert refused(server.add("/a", dripping(2)), limits).reason == "localhost stops sending"


def test_a_slow_server_is_not_waited_for_forever(server: Server) -> None:
    limits = Limits(total=0.5)
    begin = time.monotonic()

    assert refused(server.add("/a", dripping(0.05)), limits).reason == "it is not complete after 0.5 seconds"
    assert time.monotonic() - begin < 5


def test_nobody_there() -> None:
    with Server.start() as gone:
        uri = gone.add("/a", DATA)

    assert refused(uri).reason == "localhost cannot be reached (Connection refused)"
    assert refused("http://no-such-host.invalid/a").reason == "the name no-such-host.invalid is not known"


def test_each_uri_is_asked_for_once_and_the_order_is_that_of_the_assets(server: Server) -> None:
    uris = [server.add(f"/{number}", str(number).encode()) for number in range(10)]
    done: list[None] = []

    found = fetch([Asset(uri, None) for uri in (*uris, *uris)], lambda: done.append(None), FAST)

    assert list(found.items()) == [(uri, str(number).encode()) for number, uri in enumerate(uris)]
    assert len(done) == len(server.requests) == 10


def test_some_are_fetched_at_once_but_not_all(server: Server) -> None:
    together = Barrier(4)

    def meet(handler: object) -> None:
        with suppress(BrokenBarrierError):
            together.wait(timeout=2)
        body(b"x")(handler)  # type: ignore[arg-type]

    fetch([Asset(server.add(f"/{number}", meet), None) for number in range(12)], limits=FAST)

    assert server.most_at_once == 4
    assert not together.broken


def test_an_interrupt_ends_it(server: Server) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    assets = [Asset(server.add("/a", DATA), None), *(Asset(server.add(f"/{n}", dripping(0.05)), None) for n in range(8))]
    begin = time.monotonic()

    with pytest.raises(KeyboardInterrupt):
        fetch(assets, interrupt, FAST)

    assert time.monotonic() - begin < 3


def test_a_signed_query_reaches_the_server_whole_and_no_message(server: Server) -> None:
    query = "sv=2022-11-02&se=2030-01-01T00:00:00Z&sig=c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTI%3D"

    assert get(server.add("/a", DATA) + "?" + query) == DATA
    assert server.requests[-1].path == f"/a?{query}"
    for uri in (server.add("/b", status(403)), server.add("/c", hang_up), server.add("/d", redirect("ftp://x"))):
        found = refused(f"{uri}?{query}")
        assert "c2Vj" not in found.reason + found.help


def test_a_user_in_the_uri_signs_in_but_not_where_it_is_redirected_to(server: Server) -> None:
    with Server.start() as other:
        uri = server.add("/a", redirect(other.add("/b", DATA))).replace("://", "://build:p%40ss@")

        assert get(uri) == DATA

        assert server.requests[0].headers["Authorization"] == "Basic YnVpbGQ6cEBzcw=="
        assert "Authorization" not in other.requests[0].headers


def test_characters_that_no_uri_has_are_encoded(server: Server) -> None:
    server.add("/a%20b%C3%A9.sh", DATA)

    assert get(f"{server.url}/a bé.sh#part") == DATA


def test_a_proxy_is_used_as_the_environment_says(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.url.replace("://", "://me:secret@"))
    server.answers["http://example.invalid/a"] = [body(DATA)]

    assert get("http://example.invalid/a") == DATA
    assert server.requests[0].path == "http://example.invalid/a"
    assert server.requests[0].headers["Proxy-Authorization"] == "Basic bWU6c2VjcmV0"

    monkeypatch.setenv("no_proxy", "localhost")
    assert get(server.add("/b", DATA)) == DATA


def test_a_proxy_that_refuses_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server.start() as gone:
        proxy = gone.url.replace("://", "://me:secret@")
    monkeypatch.setenv("https_proxy", proxy)

    found = refused("https://example.invalid/a")

    assert "the proxy does not connect to example.invalid" in found.reason
    assert "secret" not in found.reason + found.help


# Blobs

BLOB = "http://contoso.blob.core.windows.net/files/my%20app.conf"


@pytest.fixture
def storage(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server that stands in for Azure Storage, as a proxy."""
    monkeypatch.setenv("http_proxy", server.url)
    return server


def write_az(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put an `az` on PATH that keeps its arguments, and then runs the script; $file is where the blob goes."""
    az = folder / "bin/az"
    az.parent.mkdir()
    az.write_text(
        "#!/bin/sh\n"
        f'for word; do echo "$word"; [ "$previous" != --file ] || file=$word; previous=$word; done > {folder}/arguments\n'
        f"{script}\n"
    )
    az.chmod(0o755)
    monkeypatch.setenv("PATH", f"{az.parent}:{os.environ['PATH']}")
    return folder / "arguments"


def test_a_public_blob_needs_no_sign_in(storage: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = write_az(tmp_path, "exit 1", monkeypatch)
    storage.answers[BLOB] = [body(DATA)]

    assert get(BLOB) == DATA
    assert not arguments.exists()


@pytest.mark.parametrize("code", [401, 403, 404, 409])
def test_a_private_blob_is_read_with_the_azure_cli(
    storage: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    arguments = write_az(tmp_path, 'printf "private\\r\\n" > "$file"', monkeypatch)
    storage.answers[BLOB] = [status(code)]

    assert get(BLOB) == b"private\r\n"

    words = arguments.read_text().splitlines()
    assert words[:5] == ["storage", "blob", "download", "--auth-mode", "login"]
    assert words[words.index("--blob-url") + 1] == BLOB
    assert not Path(words[words.index("--file") + 1]).exists()


def test_what_the_azure_cli_says_is_passed_on(storage: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_az(tmp_path, "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1", monkeypatch)
    storage.answers[BLOB] = [status(409)]

    found = refused(BLOB)

    assert found.reason.endswith("the Azure CLI cannot read it: Please run 'az login' to setup account.")
    assert "Storage Blob Data Reader" in found.help


def test_without_the_azure_cli_a_private_blob_cannot_be_had(
    storage: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    storage.answers[BLOB] = [status(404)]

    found = refused(BLOB)

    assert "the Azure CLI, which could sign in to read it, is not installed" in found.reason


def test_a_signed_blob_is_not_read_in_another_way(storage: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = write_az(tmp_path, "exit 1", monkeypatch)
    storage.answers[BLOB] = [status(403)]

    assert "answers 403" in refused(f"{BLOB}?sv=1&sig=c2VjcmV0").reason
    assert not arguments.exists()


def test_a_blob_that_is_too_large_is_left(storage: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_az(tmp_path, 'head -c 2000000 /dev/zero > "$file"', monkeypatch)
    storage.answers[BLOB] = [status(404)]

    assert refused(BLOB).reason == "it is larger than 1 MiB"
