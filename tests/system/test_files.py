"""Inputs that are no files end with an error that names them: nothing is waited for, and nothing read without end."""

import os
import socket
import tracemalloc
from pathlib import Path

import pytest

from aib2packer.system.files import read_bytes
from aib2packer.text.source import FileError


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """A folder of everything that can have the name of a file."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "to-pipe").symlink_to("pipe")
    (tmp_path / "to-folder").symlink_to("folder")
    (tmp_path / "large").write_bytes(b"x" * 11)
    with socket.socket(socket.AF_UNIX) as listening:
        here = Path.cwd()
        os.chdir(tmp_path)  # the path of a socket may be too long
        listening.bind("socket")
        os.chdir(here)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("pipe", "is a pipe, and no file"),
        ("to-pipe", "is a pipe, and no file"),
        ("zero", "is a device, and no file"),
        ("socket", "is a socket, and no file"),
        ("folder", "is a folder"),
        ("to-folder", "is a folder"),
        ("dangling", "there is no such file"),
        ("circle", "cannot be read (Too many levels of symbolic links)"),
        ("large", "is larger than 9.53674e-06 MiB"),
        ("no\0name", "cannot be read (embedded null byte)"),
    ],
)
def test_what_is_no_file_is_an_error_with_its_name(name: str, reason: str, odd: Path) -> None:
    with pytest.raises(FileError) as raised:
        read_bytes(name, odd / name, 10)

    assert (raised.value.file, raised.value.reason) == (name, reason)


def test_a_link_to_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 10)
    (tmp_path / "link").symlink_to("file")

    assert read_bytes("link", tmp_path / "link", 10) == b"x" * 10


def test_what_a_shell_hands_over_is_read_to_its_end() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"{}")
    os.close(writing)

    assert read_bytes("it", Path(f"/dev/fd/{reading}"), 10) == b"{}"
    os.close(reading)


def test_a_file_that_may_be_large_sets_no_memory_aside(tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"x" * 3_000_000)

    tracemalloc.start()
    data = read_bytes("small", tmp_path / "small", 1 << 30)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(data) == 3_000_000
    assert most < 20_000_000
