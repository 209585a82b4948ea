"""The literal templates of the corpus of public ones, where that is: each converts, or fails with an error that says why.

Packer validates every tenth; all of them with AIB2PACKER_FULL_CORPUS=1. One test prints how many convert.
"""

import csv
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from aib2packer import Conversion, Options, Severity, convert
from aib2packer.findings import text
from tests.cases.variables import required_variables
from tests.corpus.publishing import way_of_publishing
from tests.lab.judge import Packer
from tests.lab.tally import Tally

CORPUS = Path(__file__).parents[3] / "shared/corpus"
SAMPLE = 1 if os.environ.get("AIB2PACKER_FULL_CORPUS") == "1" else 10


def literal_templates() -> list[str]:
    """Name the files that hold templates without expressions."""
    if not (CORPUS / "index.csv").exists():
        return []
    with (CORPUS / "index.csv").open(newline="", encoding="utf-8") as index:
        rows = list(csv.DictReader(index))
    return [row["file"] for row in rows if row["has_expressions"] == "False" and row["kind"] != "arm-params"]


FILES = literal_templates()
needs_corpus = pytest.mark.skipif(not FILES, reason="../shared/corpus is not there")


@cache
def converted(file: str, *, side_files: bool = False) -> Conversion:
    """Convert a file of the corpus."""
    return convert((CORPUS / file).read_bytes(), file=file, options=Options(side_files=side_files))


@needs_corpus
@pytest.mark.parametrize("side_files", [False, True], ids=["all in the HCL", "with side files"])
@pytest.mark.parametrize("file", FILES)
def test_a_public_template_converts_or_an_error_says_why_not(file: str, *, side_files: bool) -> None:
    conversion = converted(file, side_files=side_files)

    errors = [finding for finding in conversion.findings if finding.severity is Severity.ERROR]
    assert (conversion.hcl is None) == bool(errors)
    assert all(finding.message and finding.help for finding in conversion.findings)
    assert text.render(conversion.findings, color=False) or not conversion.findings


@needs_corpus
def test_most_public_templates_convert(capsys: pytest.CaptureFixture[str], tally: Tally) -> None:
    failed: Counter[str] = Counter()
    for file in FILES:
        findings = converted(file).findings
        failed.update({f"{found.code.id} {found.code.title}" for found in findings if found.severity is Severity.ERROR})
    count = sum(converted(file).hcl is not None for file in FILES)

    for file in FILES:
        if (hcl := converted(file).hcl) is not None:
            tally(f"corpus: {way_of_publishing(hcl)}")
    with capsys.disabled():
        print(f"\ncorpus: {count} of {len(FILES)} literal templates convert; errors:")  # noqa: T201 - the figure is the point
        for title, files in failed.most_common():
            print(f"  {files:4} {title}")  # noqa: T201
    assert count > len(FILES) * 0.7


def _complaint(packer: Packer, file: str) -> str:
    """What `packer validate` and `packer fmt` have against a converted file."""
    conversion = converted(file, side_files=True)
    assert conversion.hcl is not None
    with TemporaryDirectory() as folder:
        for path, data in {**conversion.files, "build.pkr.hcl": conversion.hcl.encode()}.items():
            target = Path(folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        verdict = packer.validate(Path(folder, "build.pkr.hcl"), required_variables(conversion.hcl))
    return ("" if verdict.ok else verdict.output) + packer.fmt_check(conversion.hcl)


def _complaints(packer: Packer) -> dict[str, str]:
    files = [file for file in FILES if converted(file, side_files=True).hcl is not None][::SAMPLE]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = dict(zip(files, pool.map(lambda file: _complaint(packer, file), files), strict=True))
    return {file: complaint for file, complaint in found.items() if complaint}


@needs_corpus
def test_packer_accepts_what_public_templates_become(packer: Packer) -> None:
    assert _complaints(packer) == {}


@needs_corpus
def test_the_real_plugins_accept_what_public_templates_become(packer_with_real_plugins: Packer) -> None:
    assert _complaints(packer_with_real_plugins) == {}
