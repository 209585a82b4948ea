"""How much room a template takes in a run of many: little, whatever the number, so that 50,000 fit into the memory."""

from __future__ import annotations

import gc
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aib2packer.app.estate import EVERYTHING
from aib2packer.app.inputs import collect
from aib2packer.app.run import Request, at_rest, deliver, make
from aib2packer.cli.reporting import Reporting, Telling
from aib2packer.estate.kept import Kept
from aib2packer.estate.landing import land
from aib2packer.findings.formats import Format
from aib2packer.lazy.models import replace
from aib2packer.options import Options
from aib2packer.system.digests import Digests
from aib2packer.system.packed import Packed, PackedText

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aib2packer.app.run import Result
    from aib2packer.system.packed import Content

EXAMPLE = Path(__file__).parents[2] / "examples" / "web-server.json"
TOP = Path("out")
FEW, MORE = 100, 200  # enough for the buffers of what is packed, so that only the builds are compared


def _write(folder: Path, files: Mapping[str, Content], *, force: bool) -> None:
    assert files or force, folder


REQUEST = Request(options=Options(), folder=TOP, estate=True, write=_write)


@pytest.fixture(scope="module")
def result() -> Result:
    """A template that is converted, as it waits for the others."""
    (made,) = make(collect((str(EXAMPLE),), None)[0], REQUEST)
    return deliver(at_rest(made, with_account=False), REQUEST)


def _of(result: Result, number: int) -> Result:
    """The result of another template that resembles it."""
    assert result.facts is not None
    service = replace(result.facts.service, name=f"web-{number}")
    facts = replace(result.facts, name=f"web-{number}", targets=(f"version of web-{number}",), service=service)
    name = f"images/team-{number // 20}/web-{number}.json"
    return replace(result, name=name, folder=TOP / f"web-{number}", home=f"web-{number}", on_record=name, facts=facts)


def _kept(result: Result, count: int, reporting: Reporting | None = None) -> tuple[Kept, Telling]:
    kept, telling = Kept(TOP), Telling(reporting or Reporting(), many=True)
    for number in range(count):
        telling.add(_of(result, number))
        kept.add(_of(result, number))
    return kept, telling


def _room(work: Callable[[int], object], *, at_most: bool) -> float:
    """The bytes that one template more takes: at the end, or at most meanwhile."""
    sizes = []
    as_before = gc.get_threshold()
    gc.set_threshold(1_000)  # the program looks later, and a test of it may have been here before
    for count in (FEW, FEW, MORE):  # what is made once is made the first time
        gc.collect()
        tracemalloc.start()
        made = work(count)
        gc.collect()
        sizes.append(tracemalloc.get_traced_memory()[at_most])
        tracemalloc.stop()
        del made
    gc.set_threshold(*as_before)
    return (sizes[2] - sizes[1]) / (MORE - FEW)


@pytest.mark.parametrize(
    "reporting", [Reporting(), Reporting(verbose=True), Reporting(quiet=True), Reporting(findings=Format.CONCISE)]
)
def test_of_a_result_that_waits_for_the_others_little_is_kept(result: Result, reporting: Reporting) -> None:
    assert _room(lambda count: _kept(result, count, reporting), at_most=False) < 800


def test_of_a_file_of_an_earlier_run_little_more_than_its_path_is_kept() -> None:
    def written(count: int) -> Digests:
        return Digests(TOP, [(f"images/web-{number}/build.pkr.hcl", f"{number:064x}") for number in range(count)])

    assert _room(written, at_most=False) < 200


def test_the_files_for_all_builds_take_little_room_while_they_are_made(result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aib2packer.system.packed._PIECE", 1 << 12)  # so that few builds fill some
    kept = {count: _kept(result, count)[0] for count in (FEW, MORE)}

    assert _room(lambda count: land(kept[count], TOP, REQUEST, EVERYTHING), at_most=True) < 1_500


def test_what_is_packed_comes_back_as_it_was_in_its_order() -> None:
    items = [(f"web-{number}", "x" * 1_000, number) for number in range(100)]
    packed = Packed(items)

    assert [*packed] == items
    assert (packed[-1], packed[40:42], len(packed)) == (items[-1], items[40:42], 100)


def test_a_text_in_pieces_is_the_text() -> None:
    pieces = [f"line {number}: ü\n" for number in range(50_000)]
    text = PackedText(pieces)

    assert b"".join(text) == "".join(pieces).encode()
    assert len(text) == len("".join(pieces).encode())
    assert len([*text]) > 1
