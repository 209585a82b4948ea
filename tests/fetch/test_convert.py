"""`convert --fetch`, run as users run it: what is written, and that nothing is where something is missing."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from tests.cases.templates import template
from tests.cli.test_cli import on_terminal
from tests.fetch.server import Server, body, status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

SCRIPT = b"#!/bin/bash\r\necho caf\xe9\r\n"
DATA = bytes(range(256))

_OF_EVERY_FOLDER = ("build.pkr.hcl", "scripts/generalize.sh", "SHA256SUMS", "MIGRATION.md", ".gitignore", ".gitattributes")
BESIDE = {"web.json", *(f"out/{name}" for name in _OF_EVERY_FOLDER)}


@pytest.fixture
def server() -> Iterator[Server]:
    """A server."""
    with Server.start() as running:
        yield running


def convert(folder: Path, customize: Sequence[Mapping[str, Any]], *options: str) -> subprocess.CompletedProcess[str]:
    """Convert a template with those customizers into `folder/out`."""
    (folder / "web.json").write_text(json.dumps(template(customize=customize)))
    return run("convert", "web.json", "--fetch", "-o", "out", *options, cwd=folder)


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the tool in a process of its own, without a proxy."""
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    path = os.pathsep.join(filter(None, sys.path))
    return subprocess.run(
        [sys.executable, "-m", "aib2packer", *arguments],
        capture_output=True,
        check=False,
        text=True,
        cwd=cwd,
        env={**environment, "PYTHONPATH": path},
        timeout=60,
    )


def files(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_what_is_fetched_lies_beside_the_hcl_with_its_checksum(server: Server, tmp_path: Path) -> None:
    customize = [
        {"type": "Shell", "scriptUri": server.add("/setup.sh", SCRIPT), "sha256Checksum": hashlib.sha256(SCRIPT).hexdigest()},
        {"type": "File", "sourceUri": server.add("/tool.sh", DATA), "destination": "/tmp/tool.sh"},
    ]

    done = convert(tmp_path, customize)

    assert done.returncode == 0, done.stderr
    written = files(tmp_path / "out")
    assert (written["scripts/01-setup.sh"], written["files/02-tool.sh"]) == (SCRIPT, DATA)
    assert os.access(tmp_path / "out/scripts/01-setup.sh", os.X_OK)
    assert not os.access(tmp_path / "out/files/02-tool.sh", os.X_OK)
    assert "curl" not in written["build.pkr.hcl"].decode()
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=tmp_path / "out", check=True, capture_output=True)
    assert "AIB2P416" not in done.stderr


def test_doing_it_again_changes_nothing_until_the_files_do(server: Server, tmp_path: Path) -> None:
    customize = [{"type": "Shell", "scriptUri": server.add("/setup.sh", SCRIPT, SCRIPT, SCRIPT, b"other")}]
    convert(tmp_path, customize)
    before = files(tmp_path / "out")

    assert convert(tmp_path, customize).returncode == 0
    assert files(tmp_path / "out") == before

    assert convert(tmp_path, customize, "--check").returncode == 0

    changed = convert(tmp_path, customize)
    assert changed.returncode == 1
    assert "setup.sh" in changed.stderr
    assert files(tmp_path / "out") == before

    assert convert(tmp_path, customize, "--force").returncode == 0
    assert files(tmp_path / "out")["scripts/01-setup.sh"] == b"other"


def test_nothing_is_written_where_a_file_cannot_be_had(server: Server, tmp_path: Path) -> None:
    uri = server.add("/secret.sh", status(403))
    customize = [
        {"type": "Shell", "scriptUri": server.add("/setup.sh", SCRIPT)},
        {"type": "Shell", "scriptUri": f"{uri}?sv=1&sig=c2VjcmV0c2VjcmV0"},
    ]

    done = convert(tmp_path, customize)

    assert done.returncode == 1
    assert f"{uri} cannot be fetched: localhost answers 403 Forbidden" in done.stderr
    assert "c2VjcmV0" not in done.stdout + done.stderr
    assert not (tmp_path / "out").exists()


def test_nothing_is_written_where_a_checksum_is_wrong(server: Server, tmp_path: Path) -> None:
    actual = hashlib.sha256(SCRIPT).hexdigest()
    customize = [{"type": "Shell", "scriptUri": server.add("/setup.sh", SCRIPT), "sha256Checksum": "ab" * 32}]

    done = convert(tmp_path, customize)

    assert done.returncode == 1
    assert f"expected {'ab' * 32}, got {actual}" in done.stderr
    assert not (tmp_path / "out").exists()


def test_nothing_is_fetched_for_a_template_that_is_wrong(server: Server, tmp_path: Path) -> None:
    customize = [{"type": "Shell", "scriptUri": server.add("/setup.sh", SCRIPT)}, {"type": "Shell"}]

    assert convert(tmp_path, customize).returncode == 1
    assert server.requests == []


@pytest.mark.parametrize(
    "path",
    [
        "/../../../etc/passwd",
        "/%2e%2e%2f%2e%2e%2fpasswd",
        "/..%5C..%5Cpasswd",
        "/C:%5Cpasswd",
        "/NUL",
        "/con.sh",
        "/a%00b.sh",
        "/a%0Ab.sh",
        "/.bashrc",
        "/-rf",
        "/" + "n" * 300 + ".sh",
        "/%F0%9F%98%80.sh",
        "/a.",
        "/",
    ],
)
def test_a_name_never_leads_out_of_the_folder(server: Server, tmp_path: Path, path: str) -> None:
    server.answers = defaultdict(lambda: [body(SCRIPT)])
    customize = [
        {"type": "File", "sourceUri": server.url + path, "destination": "/tmp/a"},
        {"type": "Shell", "scriptUri": server.url + path},
    ]

    done = convert(tmp_path, customize)

    assert done.returncode == 0, done.stderr
    names = sorted(set(files(tmp_path)) - BESIDE)
    assert len(names) == 2
    for name, start in zip(names, ("out/files/01-", "out/scripts/02-"), strict=True):
        assert name.startswith(start)
        assert len(name) < 120
        assert set(name.removeprefix(start)) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
        assert not name.endswith((".", "-"))


def test_without_a_folder_there_is_no_place_for_files(tmp_path: Path) -> None:
    (tmp_path / "web.json").write_text(json.dumps(template()))

    for options in ([], ["-o", "web.pkr.hcl"]):
        done = run("convert", "web.json", "--fetch", *options, cwd=tmp_path)
        assert done.returncode == 2
        assert "--fetch lays files beside the HCL, and needs a folder to write to: -o DIR." in " ".join(done.stderr.split())


@pytest.mark.skipif(os.name != "posix", reason="needs a terminal of POSIX")
def test_a_terminal_shows_how_far_it_got(server: Server, tmp_path: Path) -> None:
    customize = [{"type": "Shell", "scriptUri": server.add(f"/{number}.sh", SCRIPT)} for number in range(3)]
    (tmp_path / "web.json").write_text(json.dumps(template(customize=customize)))
    arguments = ("convert", "web.json", "--fetch", "-o", "out")

    exit_status, shown = on_terminal(*arguments, cwd=tmp_path, no_proxy="localhost")

    assert exit_status == 0
    assert "Fetching" in shown
    assert "100%" in shown
    assert "Fetching" not in on_terminal(*arguments, "--quiet", cwd=tmp_path, no_proxy="localhost")[1]


def test_each_of_several_templates_gets_its_own(server: Server, tmp_path: Path) -> None:
    uri = server.add("/setup.sh", SCRIPT)
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text(json.dumps(template(name=name, customize=[{"type": "Shell", "scriptUri": uri}])))

    assert run("convert", "a.json", "b.json", "--fetch", "-o", "out", cwd=tmp_path).returncode == 0
    assert files(tmp_path / "out")["a/scripts/01-setup.sh"] == files(tmp_path / "out")["b/scripts/01-setup.sh"] == SCRIPT
