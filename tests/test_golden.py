"""The golden files: what every case in tests/cases becomes.

A case is `<room>/<case>.json`; `<case>.options.json` beside it holds the options that differ from the default. After a change:
`pytest tests/test_golden.py --snapshot-update`, and read the diff.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import hcl2
import pytest
from click.testing import CliRunner
from syrupy.assertion import SnapshotAssertion

from aib2packer import Layout, Options, Severity
from aib2packer.app.inputs import collect
from aib2packer.app.run import Request, run
from aib2packer.audit import as_json, as_page, as_text
from aib2packer.audit.gather import gather
from aib2packer.cli import main
from aib2packer.findings import codes, text
from aib2packer.findings.model import Code
from aib2packer.text.source import decode
from tests.cases import CASES, GOLDEN, case_of, convert_case, convert_case_anew, folder_of, golden_hcl, golden_of, read_case
from tests.conftest import golden_files

ESTATE = Path(__file__).parent / "audit" / "estate"
IMAGES = Path(__file__).parent / "estate" / "images"
CONVERTED = [case for case in CASES if golden_hcl(case).exists()]
VALIDATIONS = sorted(file.parent.parent.name for file in GOLDEN.glob("*/*/validate/build.pkr.hcl"))

# What no small readable case shows, and where it is tested instead.
CODES_WITHOUT_CASE = {
    codes.LARGE_FILE: "customizers/test_fetched.py: it takes a file of more than 20 MB",
    codes.TOO_MANY_SETTINGS: "aib/test_reading.py: it takes thousands of steps",
    codes.JSON_TOO_DEEP: "test_properties.py: it takes hundreds of brackets",
    codes.REFUSED_BY_PACKER: "verify/test_verify.py: it takes Packer",
    codes.NOT_VERIFIED: "verify/test_verify.py",
    codes.NOTED_BY_PACKER: "verify/test_verify.py",
    codes.NOT_FORMATTED: "verify/test_verify.py",
    codes.UNREADABLE: "cli/test_cli.py: a file",
    codes.NOT_BUILT: "cli/test_cli_estate.py: a compiler",
    codes.PARAMETERS_BESIDE: "cli/test_cli_estate.py: a file",
    codes.NOT_WRITTEN: "cli/test_cli.py: a file",
    codes.OUT_OF_DATE: "app/test_drift.py: a file",
    codes.LEFT_OVER: "cli/test_cli.py: a file",
    codes.OTHER_BUILDS: "estate/test_landing.py: a file",
    codes.NOT_OF_ALL: "estate/test_landing.py: files",
    codes.KEPT: "app/test_azure.py: Azure",
    codes.UNACCOUNTED: "provenance/test_accounting.py: no template should ever have it",
}

# Valid for Packer, but python-hcl2 8.1 cannot read it.
NOT_FOR_PYTHON_HCL2 = {
    "arm-text": "an escaped `$${` right before an interpolation",
}


@pytest.mark.filterwarnings("ignore:\\s*Can not relate snapshot")
@pytest.mark.parametrize("case", CASES)
def test_a_case_becomes_its_golden_files(case: str, golden: SnapshotAssertion) -> None:
    conversion, place = convert_case(case), f"{folder_of(case).name}/{case}"

    findings = text.render(conversion.findings, color=False)
    assert f"{findings}\n".lstrip("\n").encode() == golden(name=f"{place}.findings.txt")
    if conversion.hcl is not None:
        assert conversion.hcl.encode() == golden(name=f"{place}.pkr.hcl")
    for path, data in conversion.files.items():
        # What is written for people is shown by a few cases: a golden file of each would only say the same again.
        if case.startswith("folder-") or not _for_people(path):
            assert data == golden(name=f"{place}/{path}")


@pytest.mark.filterwarnings("ignore:\\s*Can not relate snapshot")
def test_an_estate_becomes_its_golden_reports(golden: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ESTATE.parent)
    request = Request(options=Options(), folder=Path("never"), look=True)
    audit = gather([result for one in collect((ESTATE.name,), None) for result in run(one, request)])

    assert f"{as_text.render(audit, color=False)}\n".encode() == golden(name="audit/report.txt")
    for ending, render in (("md", as_page.markdown), ("html", as_page.html), ("json", as_json.render)):
        assert render(audit, version="0.0.0", of="images/", date="2026-11-27").encode() == golden(name=f"audit/report.{ending}")


@pytest.mark.filterwarnings("ignore:\\s*Can not relate snapshot")
def test_an_estate_becomes_its_golden_files(golden: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("aib2packer.__version__", "0.0.0")
    shutil.copytree(IMAGES, tmp_path / "from" / IMAGES.name)  # the way from the output to the input is on record
    monkeypatch.chdir(tmp_path / "from")
    Path(".git").mkdir()  # a header names its source by the way from the top of the repository
    out = tmp_path / "out"
    done = CliRunner().invoke(main, ["convert", IMAGES.name, "-o", str(out), "--config", ""])

    assert done.exit_code == 1
    made = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    for path in made:
        assert (out / path).read_bytes() == golden(name=f"estate/{path}")
    assert [
        file.relative_to(GOLDEN / "estate").as_posix() for file in golden_files() if GOLDEN / "estate" in file.parents
    ] == made


def _for_people(path: str) -> bool:
    return path in {"MIGRATION.md", ".gitignore", ".gitattributes", "example.pkrvars.hcl"} or path.startswith("pipelines/")


@pytest.mark.parametrize("case", CASES)
def test_a_case_has_hcl_unless_a_finding_is_an_error(case: str) -> None:
    conversion = convert_case(case)

    failed = any(finding.severity is Severity.ERROR for finding in conversion.findings)
    assert (conversion.hcl is None) == failed
    assert golden_hcl(case).exists() is not failed  # one of before the error is a leftover
    assert not (failed and conversion.files)


WHOLE = [case for case in CONVERTED if read_case(case)[1].layout is Layout.SINGLE]


@pytest.mark.parametrize("case", [case for case in WHOLE if case not in NOT_FOR_PYTHON_HCL2])
def test_an_independent_parser_reads_the_golden_hcl(case: str) -> None:
    parsed = hcl2.loads(golden_hcl(case).read_text())

    assert {"packer", "source", "build"} <= set(parsed)


@pytest.mark.parametrize("case", VALIDATIONS)
def test_an_independent_parser_reads_the_golden_build_that_validates(case: str) -> None:
    parsed = hcl2.loads((golden_of(case) / "validate/build.pkr.hcl").read_text())

    assert {"packer", "source", "build"} <= set(parsed)


@pytest.mark.parametrize("case", CASES)
def test_converting_twice_gives_the_same_bytes(case: str) -> None:
    first, second = convert_case(case), convert_case_anew(case)

    assert (first.hcl, first.files) == (second.hcl, second.files)
    assert text.render(first.findings, color=False) == text.render(second.findings, color=False)


@pytest.mark.parametrize("case", [case for case in CASES if b"\r" not in read_case(case)[0]])
def test_line_ends_and_byte_order_marks_of_the_input_change_nothing(case: str) -> None:
    data = read_case(case)[0]
    if case != "form-jsonc":  # which has a raw line end inside a string: it is part of that
        assert convert_case_anew(case, data.replace(b"\n", b"\r\n")).hcl == convert_case(case).hcl

    # The text alone is converted, whatever bytes it comes in.
    assert decode(b"\xef\xbb\xbf" + data, case) == decode(data.decode().encode("utf-16"), case) == decode(data, case)


@pytest.mark.parametrize("case", ["folder-everything", "arm-text", "tf-count"])
def test_the_bytes_of_the_input_change_nothing_of_the_output(case: str) -> None:
    data = read_case(case)[0]

    for encoded in (b"\xef\xbb\xbf" + data, data.decode().encode("utf-16")):
        assert convert_case_anew(case, encoded).hcl == convert_case(case).hcl


def test_the_order_of_hashes_changes_nothing() -> None:
    assert os.environ.get("PYTHONHASHSEED", "random") != "1"  # here it is another one
    script = "from tests.cases import *; print([(c.hcl, dict(c.files), c.findings) for c in map(convert_case, CASES)])"

    printed = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONHASHSEED": "1", "PATH": ""}, capture_output=True, check=True, timeout=60
    ).stdout

    here = [(made.hcl, dict(made.files), made.findings) for made in map(convert_case, CASES)]
    assert printed.decode() == f"{here}\n"


def test_every_golden_file_has_a_case() -> None:
    files = [file.relative_to(GOLDEN) for file in golden_files()]
    leftovers = [file.name for file in files if file.parts[0] not in {"audit", "estate"} and case_of(file) not in CASES]

    assert leftovers == []


def test_every_code_has_a_case() -> None:
    shown = "\n".join(file.read_text() for file in GOLDEN.glob("*/*.findings.txt"))
    all_codes = [value for value in vars(codes).values() if isinstance(value, Code)]

    without = {*CODES_WITHOUT_CASE, *codes.SPLIT}
    missing = [f"{code.id} {code.title}" for code in all_codes if f" {code.id} " not in shown and code not in without]
    assert missing == []
