"""What a run puts aside: on the disk in a file without a name, in the memory where there is no room."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aib2packer.system.shelf import Pieces, Shelf

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = [b"one", b"", b"three" * 1_000]


def _put() -> Pieces:
    pieces = Pieces(Shelf())
    for text in TEXTS:
        pieces.append(text)
    return pieces


def test_pieces_come_back_by_their_numbers_and_no_file_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    pieces = _put()

    assert [*pieces] == TEXTS
    assert (pieces[-1], len(pieces)) == (TEXTS[-1], 3)
    assert [*tmp_path.iterdir()] == []
    with pytest.raises(IndexError):
        pieces[3]


@pytest.mark.parametrize("refused", ["TemporaryFile", "os.write"])
def test_what_there_is_no_room_for_stays_in_the_memory(monkeypatch: pytest.MonkeyPatch, refused: str) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(f"aib2packer.system.shelf.{refused}", refuse)
        pieces = _put()

    assert [*pieces] == TEXTS
