"""Runs of many templates: the same whatever the number of processors, ended in order, and small in memory."""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from aib2packer.app import estate
from aib2packer.app.run import make as make_one
from aib2packer.cli import main

if TYPE_CHECKING:
    from collections.abc import Sequence

EXAMPLE = Path(__file__).parents[2] / "examples" / "web-server.json"


def _estate(folder: Path, count: int) -> Path:
    template = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    folder.mkdir()
    for number in range(count):
        template["name"] = f"web-{number}"
        (folder / f"web-{number}.json").write_text(json.dumps(template if number % 5 else {"no": "imageTemplates"}))
    return folder


def _run(arguments: Sequence[str], cwd: Path) -> tuple[int, str, dict[str, bytes]]:
    os.chdir(cwd)
    result = CliRunner().invoke(main, ["convert", "images", "-o", "out", *arguments])
    files = {file.relative_to(cwd).as_posix(): file.read_bytes() for file in sorted((cwd / "out").rglob("*")) if file.is_file()}
    return result.exit_code, result.stderr, files


@pytest.mark.parametrize("arguments", [[], ["-v"], ["--findings", "json"], ["--report", "out/report.json"], ["--check"]])
def test_several_processors_give_what_one_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    _estate(tmp_path / "images", 12)
    monkeypatch.chdir(tmp_path)
    alone = _run(arguments, tmp_path)
    shutil.rmtree(tmp_path / "out", ignore_errors=True)
    monkeypatch.setattr(estate, "ALL_PROCESSORS_FROM", 2)
    monkeypatch.setattr(estate, "_processors", lambda: 3)

    assert _run(arguments, tmp_path) == alone
    assert ("out/web-1/build.pkr.hcl" in alone[2]) is (arguments != ["--check"])


def test_what_earlier_runs_have_written_is_not_sent_to_other_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from concurrent.futures import Executor, Future, ProcessPoolExecutor

    _estate(tmp_path / "images", 40)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(estate, "ALL_PROCESSORS_FROM", 2)
    monkeypatch.setattr(estate, "_processors", lambda: 2)
    sizes: list[int] = []

    def submit(self: Executor, work: Any, jobs: Any, **given: Any) -> Future[Any]:  # noqa: ANN401 - as what it stands for
        sizes.append(len(pickle.dumps(jobs)))
        return sent(self, work, jobs, **given)

    sent = ProcessPoolExecutor.submit
    monkeypatch.setattr(ProcessPoolExecutor, "submit", submit)
    first, again = _run([], tmp_path), _run([], tmp_path)

    assert first == again
    assert sizes[: len(sizes) // 2] == sizes[len(sizes) // 2 :]


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("whole_group", [False, True], ids=["alone", "with its group"])
def test_a_run_that_is_ended_leaves_nothing_half_done(tmp_path: Path, number: signal.Signals, *, whole_group: bool) -> None:
    _estate(tmp_path / "images", estate.ALL_PROCESSORS_FROM * 2)
    command = [sys.executable, "-m", "aib2packer", "convert", "images", "-o", "out"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True) as run:
        deadline = time.monotonic() + 60
        while not list((tmp_path / "out").glob(".*/9.new")) and time.monotonic() < deadline:
            time.sleep(0.01)
        if whole_group:  # as a terminal does, and a pipeline that is cancelled
            os.killpg(run.pid, number)
        else:
            run.send_signal(number)
        try:
            _, told = run.communicate(timeout=60)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(run.pid, signal.SIGKILL)

    assert run.returncode != 0
    assert "Traceback" not in told
    assert told.removesuffix("\nAborted!\n").endswith("\nNothing was written.\n")
    assert not (tmp_path / "out").exists()


def test_rows_and_what_to_act_on_are_shown_as_soon_as_they_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _estate(tmp_path / "images", 5)
    wrong = json.loads(EXAMPLE.read_text(encoding="utf-8")) | {"properties": {"source": {"type": "ISO"}, "distribute": []}}
    (tmp_path / "images/web-2.json").write_text(json.dumps(wrong), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    told: list[str] = []

    def make(*job: Any) -> Any:  # noqa: ANN401 - as what it stands for
        told.append(capsys.readouterr().err)
        return make_one(*job)

    monkeypatch.setattr(estate, "make", make)
    with pytest.raises(SystemExit):
        main(["convert", "images", "-o", "out"])

    _, _, row, row_with_finding, after = told
    assert re.fullmatch(r"template .*\nimages/web-1\.json +converted +.*\n", row)
    assert re.match(r"images/web-2\.json +not converted +[1-9].*\n\nimages/web-2\.json:.* error: ", row_with_finding)
    assert re.fullmatch(r"images/web-3\.json +converted +.*\n", after)
    assert "\nimages/web-4.json  " in f"\n{(last := capsys.readouterr().err)}"
    assert "Converted 3 of 4 templates." in last


def test_what_a_result_keeps_does_not_hold_its_input(tmp_path: Path) -> None:
    from aib2packer.app.inputs import collect
    from aib2packer.app.run import Request, at_rest, run
    from aib2packer.options import Options

    file = tmp_path / "web.json"
    file.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    (result,) = run(collect((str(file),), None)[0], Request(options=Options()))

    kept = at_rest(result, with_account=False)

    assert result.findings
    for finding, before in zip(kept.findings, result.findings, strict=True):
        assert finding.span.source.text.count("\n") <= before.span.text.count("\n") + 1
        assert str(finding.span) == str(before.span)
    assert (kept.settings, kept.source_map) == ((), ())
    assert kept.states.total() == len(result.settings)
