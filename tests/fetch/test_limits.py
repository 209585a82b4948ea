"""Nothing that a server does, or does not do, holds a conversion up, fills the machine, or leads where credentials are."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_network
from pathlib import Path
from threading import Event

import pytest

from aib2packer import Options, convert
from aib2packer.app.output import write
from aib2packer.fetch import Fetcher, addresses
from aib2packer.fetch.large import LargeContent, mapped
from aib2packer.fetch.limits import Limits
from aib2packer.options import Unfetched
from aib2packer.packer.model import Asset
from tests.cases.templates import template
from tests.fetch.server import Server, body, dripping, redirect
from tests.fetch.test_fetch import DATA, FAST, PROXIES, get, refused, write_az

SHORT = Limits(connect=2, read=1, total=0.4, pauses=())


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server() -> Iterator[Server]:
    """A server without TLS."""
    with Server.start() as running:
        yield running


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each name is looked up; none but localhost is known."""
    real, asked = socket.getaddrinfo, Counter[str]()

    def look_up(host: str, *arguments: object, **named: object) -> object:
        asked[host] += 1
        if host != "localhost":
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return real(host, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


# One deadline


def slow_headers(handler: BaseHTTPRequestHandler) -> None:
    """A header that goes on and on."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.02)


def continuing(handler: BaseHTTPRequestHandler) -> None:
    """`100 Continue` without end."""
    while True:
        handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.001)


def chunk_extension(handler: BaseHTTPRequestHandler) -> None:
    """A chunk whose extension goes on and on."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=")
    while True:
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.02)


def trailers(handler: BaseHTTPRequestHandler) -> None:
    """A file that is there, and trailers that do not end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n")
    while True:
        handler.wfile.write(b"X: y\r\n")
        handler.wfile.flush()
        time.sleep(0.02)


@pytest.mark.parametrize("answer", [slow_headers, continuing, chunk_extension, trailers, dripping(0.02)])
def test_there_is_one_deadline_for_all_that_a_server_sends(server: Server, answer: object) -> None:
    assert refused(server.add("/a", answer), SHORT).reason == "it is not complete after 0.4 seconds"  # type: ignore[arg-type]


def test_there_is_one_deadline_for_looking_up_the_name_too(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go = Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: let_go.wait(60))

    assert refused("http://example.com/a", SHORT).reason == "it is not complete after 0.4 seconds"
    let_go.set()


def test_a_tls_handshake_that_does_not_come_ends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        uri = f"https://localhost:{listening.getsockname()[1]}/a"

        assert refused(uri, SHORT).reason == "it is not complete after 0.4 seconds"


def test_an_azure_cli_that_hangs_ends_with_all_it_has_started(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    write_az(tmp_path, f"sleep 60 & echo $! > {tmp_path}/pid; wait", monkeypatch)

    found = refused("http://contoso.blob.core.windows.net/files/a", Limits(total=2, pauses=()))

    assert "not" in found.reason
    pid = int((tmp_path / "pid").read_text())
    while not _is_gone(pid):
        time.sleep(0.05)


def _is_gone(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("answer", [slow_headers, continuing, dripping(0.05)])
def test_a_signal_ends_it_at_once_and_leaves_nothing(
    server: Server, tmp_path: Path, number: signal.Signals, answer: object
) -> None:
    uris = [server.add(f"/{name}", answer) for name in "abcdefgh"]  # type: ignore[arg-type]
    (tmp_path / "web.json").write_text(json.dumps(template(customize=[{"type": "Shell", "scriptUri": uri} for uri in uris])))
    command = [sys.executable, "-m", "aib2packer", "convert", "web.json", "--fetch", "-o", "out"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as running:
        while not server.requests:
            time.sleep(0.02)
        running.send_signal(number)
        _, said = running.communicate(timeout=20)

    assert running.returncode in {1, 128 + number}
    assert "Traceback" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["web.json"]


# How much


def test_a_host_that_takes_all_the_time_for_a_file_is_asked_for_no_other(server: Server) -> None:
    uris = [server.add(f"/{number}", dripping(0.05)) for number in range(12)]

    found = Fetcher(SHORT).fetch([Asset(uri, None) for uri in uris])

    reasons = Counter(one.reason for one in found.values() if isinstance(one, Unfetched))
    assert reasons["it is not complete after 0.4 seconds"] == 4
    assert reasons["localhost takes longer than 0.4 seconds for a file: nothing more was requested from it"] == 8


def test_all_files_of_a_run_together_have_a_limit(server: Server) -> None:
    fetcher = Fetcher(Limits(sum=250_000, pauses=()))
    uris = [server.add(f"/{name}", b"x" * 100_000) for name in "abc"]

    found = [fetcher.fetch([Asset(uri, None)])[uri] for uri in uris]

    assert found[:2] == [b"x" * 100_000] * 2
    assert isinstance(found[2], Unfetched)
    assert found[2].reason == "all files together are larger than 0.238419 MiB"


def test_what_is_large_lies_on_the_disk_and_is_converted_and_written_as_it_is(server: Server, tmp_path: Path) -> None:
    script = b"#!/bin/bash\necho hi\n" + b"#" * 5000 + b"\n"
    uris = [server.add("/a.sh", script), server.add("/b.bin", DATA)]
    customize = [{"type": "Shell", "scriptUri": uris[0]}, {"type": "File", "sourceUri": uris[1], "destination": "/tmp/b"}]
    text = json.dumps(template(customize=customize))

    small, large = (Fetcher(Limits(in_memory=most)).fetch([Asset(uri, None) for uri in uris]) for most in (1 << 20, 1000))

    assert all(isinstance(found, LargeContent) for found in large.values())
    assert large == small == dict(zip(uris, (script, DATA), strict=True))
    of_small, of_large = (convert(text, options=Options(side_files=True, assets=assets)) for assets in (small, large))
    assert of_large.hcl == of_small.hcl is not None
    assert of_large.files == of_small.files
    for _ in range(2):  # the second time, what is there is the same
        write(tmp_path, of_large.files, force=False)
    assert {name: (tmp_path / name).read_bytes() for name in of_small.files} == of_small.files


# How often


def test_each_uri_is_asked_for_once_a_run_whoever_names_it(server: Server) -> None:
    fetcher, asset = Fetcher(FAST), Asset(server.add("/a", DATA), None)

    assert fetcher.fetch([asset]) == fetcher.fetch([asset, asset]) == {asset.uri: DATA}
    assert server.count("/a") == 1


def test_a_host_that_is_out_of_reach_is_asked_once_a_run(looked_up: Counter[str]) -> None:
    fetcher = Fetcher(FAST)
    uris = [f"http://gone.example/{number}" for number in range(50)]
    for uri in uris[:2]:
        fetcher.fetch([Asset(uri, None)])

    found = fetcher.fetch([Asset(uri, None) for uri in uris])

    assert {one.host for one in found.values() if isinstance(one, Unfetched)} == {"gone.example"}
    assert looked_up == {"gone.example": 2}  # the second chance


def test_off_line_not_every_host_is_asked(looked_up: Counter[str]) -> None:
    fetcher = Fetcher(FAST)

    found = [fetcher.fetch([Asset(uri, None)])[uri] for uri in (f"http://h{number}.example/" for number in range(31))]

    assert sum(looked_up.values()) <= 2 * FAST.dead_hosts
    assert isinstance(found[-1], Unfetched)
    assert found[-1].host == "other hosts"
    assert found[-1].reason == "none of h0.example, h1.example, h2.example could be reached, so no other host was tried"


def test_a_host_that_answers_keeps_the_others_in_the_game(looked_up: Counter[str], server: Server) -> None:
    fetcher = Fetcher(FAST)
    fetcher.fetch([Asset(server.add("/a", DATA), None)])
    for number in range(6):
        fetcher.fetch([Asset(f"http://h{number}.example/", None)])

    assert len(looked_up) == 7


def test_what_a_host_has_that_is_out_of_reach_is_one_finding() -> None:
    customize = [{"type": "Shell", "scriptUri": f"https://gone.example/{number}.sh"} for number in range(50)]
    gone = Unfetched("the name gone.example is not known", "Check the URI.", "gone.example")
    text = json.dumps(template(customize=customize))
    options = Options(side_files=True)
    assets = {asset.uri: gone for asset in convert(text, options=options).assets}

    conversion = convert(text, options=Options(side_files=True, assets=assets))

    messages = [finding.message for finding in conversion.findings if finding.code.id == "AIB2P116"]
    assert conversion.hcl is None
    assert messages == ["nothing can be fetched from gone.example: the name gone.example is not known"]


# Where to

METADATA = (
    *(
        "169.254.169.254",
        "168.63.129.16",
        "169.254.0.1",
        "100.100.100.200",
        "metadata.google.internal",
        "METADATA.google.internal.",
    ),
    *("2852039166", "0xa9fea9fe", "0xA9.0xFE.0xA9.0xFE", "0251.0376.0251.0376", "169.254.43518", "169.16689662"),
    *(
        *("[::ffff:169.254.169.254]", "[::169.254.169.254]"),
        "[::ffff:a9fe:a9fe]",
        "[fe80::1]",
        "[fe80::1%25eth0]",
        "[fd00:ec2::254]",
        "[64:ff9b::a9fe:a9fe]",
    ),
    *("[2002:a9fe:a9fe::]", "169.254.169.254.", "user:pass@169.254.169.254", "169.254.169.254:80"),
)


@pytest.mark.parametrize("host", METADATA)
@pytest.mark.parametrize("redirected", [False, True])
def test_addresses_of_the_machines_own_network_are_refused(
    server: Server, host: str, monkeypatch: pytest.MonkeyPatch, *, redirected: bool
) -> None:
    real = socket.socket.connect

    def connect(connection: socket.socket, address: tuple[str, int]) -> None:
        assert address[0] in {"127.0.0.1", "::1"}
        real(connection, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    uri = f"http://{host}/latest/meta-data/"

    found = refused(server.add("/a", redirect(uri)) if redirected else uri, SHORT)

    assert "is an address of the machine's own network" in found.reason


@pytest.mark.parametrize("redirected", [False, True])
def test_a_name_that_leads_to_such_an_address_is_refused_before_anything_is_sent(
    server: Server, monkeypatch: pytest.MonkeyPatch, *, redirected: bool
) -> None:
    with Server.start() as inner:
        uri = inner.add("/a", DATA)
        if redirected:
            assert get(server.add("/b", redirect(uri))) == DATA
            inner.requests.clear()
        monkeypatch.setattr(addresses, "_REFUSED", (ip_network("127.0.0.0/8"), ip_network("::1/128")))

        assert "localhost is an address of the machine's own network" in refused(uri, SHORT).reason
        assert inner.requests == []


@pytest.mark.parametrize(
    "host", ["example.com", "10.0.0.1", "192.168.1.1", "1.2.3.4", "[::1]", "169.253.1.1", "a.169.254.169.254.x"]
)
def test_other_addresses_are_not(host: str) -> None:
    addresses.require_allowed(host)


def test_a_proxy_may_lie_in_the_machines_own_network(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "_REFUSED", (ip_network("127.0.0.0/8"), ip_network("::1/128")))
    monkeypatch.setenv("http_proxy", server.url)
    server.answers["http://example.invalid/a"] = [body(DATA)]

    assert get("http://example.invalid/a") == DATA


@pytest.mark.parametrize("kind", ["File", "Shell"])
def test_a_large_file_is_not_looked_into(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "large").write_bytes(b"echo hi\n" * (1 << 20))
    uri = "https://example.com/large"
    where = {"scriptUri": uri} if kind == "Shell" else {"sourceUri": uri, "destination": "/tmp/large"}
    with (tmp_path / "large").open("rb") as file:
        content = mapped(file)
    monkeypatch.setattr(LargeContent, "__getattr__", None)  # what makes a copy in memory

    made = convert(
        json.dumps(template(customize=[{"type": kind, "name": "a", **where}])),
        options=Options(side_files=True, assets={uri: content}),
    )

    assert made.hcl is not None
    assert content in made.files.values()
