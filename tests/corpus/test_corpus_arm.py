"""The deployment templates of the corpus of public ones, where that is: each converts, or fails with an error that says why.

Those that a parameters file belongs to are converted with it too. Packer validates every 15th; all with
AIB2PACKER_FULL_CORPUS=1. One test prints how many convert.
"""

import csv
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from aib2packer import Conversion, Options, Severity, convert
from aib2packer.findings import text
from aib2packer.text.source import decode
from aib2packer.verify.values import parts_of_ids
from tests.cases.variables import required_variables
from tests.corpus.publishing import way_of_publishing
from tests.lab.judge import Packer
from tests.lab.tally import Tally

CORPUS = Path(__file__).parents[3] / "shared/corpus"
SAMPLE = 1 if os.environ.get("AIB2PACKER_FULL_CORPUS") == "1" else 15
Job = tuple[str, str]
"""A template, and the parameters file to convert it with; "" for none."""


def _rows() -> list[dict[str, str]]:
    if not (CORPUS / "index.csv").exists():
        return []
    with (CORPUS / "index.csv").open(newline="", encoding="utf-8") as index:
        return list(csv.DictReader(index))


def _jobs() -> Iterator[Job]:
    rows = _rows()
    templates = [row for row in rows if row["has_expressions"] == "True" and row["kind"] != "arm-params"]
    yield from ((row["file"], "") for row in templates)
    for values in (row for row in rows if row["kind"] == "arm-params"):
        yield from ((row["file"], values["file"]) for row in _templates_of(values, templates))


def _templates_of(values: Mapping[str, str], templates: list[dict[str, str]]) -> list[dict[str, str]]:
    """Find the template that a parameters file belongs to by name, else by what the index says: that of the same commit."""
    by_name = re.sub(r"(?i)\.parameters(?=\.json$)", "", values["path"]).replace("_params_", "_deploy_")
    noted = re.match(r"parameters for ([^;]+)", values["notes"])
    for path in (by_name, noted[1] if noted else ""):
        found = [row for row in templates if row["repo"] == values["repo"] and row["path"] == path]
        if found:
            return [row for row in found if row["commit"] == values["commit"]] or found[:1]
    return []


JOBS = list(_jobs())
needs_corpus = pytest.mark.skipif(not JOBS, reason="../shared/corpus is not there")


# Values for what decides the shape of public modules, where a template leaves it to its caller.
_SOURCE = (
    '{"type": "PlatformImage", "publisher": "Canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts-gen2"}'
)
_STEPS = '[{"type": "Shell", "name": "update", "inline": ["apt-get update"]}]'
IMAGE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/galleries/golden/images/web"
_DEFINITION = f'"sharedImageGalleryImageDefinitionResourceId": "{IMAGE}"'
SHAPES = {
    "imageSource": _SOURCE,
    "imageTemplateImageSource": _SOURCE,
    "customizationSteps": _STEPS,
    "distributions": f'[{{"type": "SharedImage", "imageName": "web", {_DEFINITION}}}]',
    "sigImageDefinitionId": IMAGE,
    "customizetype": "PowerShell",
}


@cache
def converted(job: Job) -> Conversion:
    """Convert a file of the corpus; once more with values for the parameters that decide the shape, where it asks for them."""
    file, values = job
    files = (decode((CORPUS / values).read_bytes(), values),) if values else ()
    # As from the command line: what public files leave empty is open.
    options = Options(parameter_files=files, side_files=True)
    conversion = convert((CORPUS / file).read_bytes(), file=file, options=options)
    asked = {name for found in conversion.findings for name in re.findall(r"--set (\w+)=", found.help)}
    if conversion.hcl is not None or not asked & SHAPES.keys():
        return conversion
    text = (CORPUS / file).read_text(encoding="utf-8-sig", errors="replace")
    settings = tuple(f"{name}={value}" for name, value in SHAPES.items() if f'"{name}"' in text)
    return convert((CORPUS / file).read_bytes(), file=file, options=replace(options, settings=settings))


@needs_corpus
@pytest.mark.parametrize("job", JOBS, ids=" with ".join)
def test_a_public_deployment_template_converts_or_an_error_says_why_not(job: Job) -> None:
    conversion = converted(job)

    errors = [finding for finding in conversion.findings if finding.severity is Severity.ERROR]
    assert (conversion.hcl is None) == bool(errors)
    assert all(finding.message and finding.help for finding in conversion.findings)
    assert text.render(conversion.findings, color=False) or not conversion.findings


@needs_corpus
def test_most_public_deployment_templates_convert(capsys: pytest.CaptureFixture[str], tally: Tally) -> None:
    failed: Counter[str] = Counter()
    for job in JOBS:
        findings = converted(job).findings
        failed.update({f"{found.code.id} {found.code.title}" for found in findings if found.severity is Severity.ERROR})
    count = sum(converted(job).hcl is not None for job in JOBS)

    for job in JOBS:
        if (hcl := converted(job).hcl) is not None:
            tally(f"corpus: {way_of_publishing(hcl)}")
    with capsys.disabled():
        print(f"\ncorpus: {count} of {len(JOBS)} deployment templates convert; errors:")  # noqa: T201 - the figure is the point
        for title, files in failed.most_common():
            print(f"  {files:4} {title}")  # noqa: T201
    assert count > len(JOBS) * 0.7


def _assigned(path: str, data: bytes) -> list[str]:
    """Name the variables that a file gives values."""
    return re.findall(r"^(\w+) +=", data.decode(), re.MULTILINE) if path.endswith(".auto.pkrvars.hcl") else []


def _complaint(packer: Packer, job: Job) -> str:
    """What `packer validate` and `packer fmt` have against a converted template."""
    conversion = converted(job)
    assert conversion.hcl is not None
    with TemporaryDirectory() as name:
        folder = Path(name, "build")
        for path, data in {**conversion.files, "build.pkr.hcl": conversion.hcl.encode()}.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        given = {name for path, data in conversion.files.items() for name in _assigned(path, data)}
        # What public files give for ids is often empty.
        verdict = packer.validate(folder, {**required_variables(conversion.hcl, given), **parts_of_ids(conversion.hcl)})
    return ("" if verdict.ok else verdict.output) + packer.fmt_check(conversion.hcl)


def _complaints(packer: Packer) -> dict[Job, str]:
    jobs = [job for job in JOBS if converted(job).hcl is not None][::SAMPLE]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = dict(zip(jobs, pool.map(lambda job: _complaint(packer, job), jobs), strict=True))
    return {job: complaint for job, complaint in found.items() if complaint}


@needs_corpus
def test_packer_accepts_what_public_deployment_templates_become(packer: Packer) -> None:
    assert _complaints(packer) == {}


@needs_corpus
def test_the_real_plugins_accept_what_public_deployment_templates_become(packer_with_real_plugins: Packer) -> None:
    assert _complaints(packer_with_real_plugins) == {}
