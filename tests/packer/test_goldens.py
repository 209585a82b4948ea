"""The real Packer judges every golden file: `packer fmt -check` has nothing to change, and `packer validate` accepts it."""

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from tests.cases import CASES, convert_case
from tests.cases.variables import required_variables
from tests.conftest import GOLDEN
from tests.packer.judge import Packer, Verdict

CONVERTED = [case for case in CASES if (GOLDEN / f"{case}.pkr.hcl").exists()]


def write_case(case: str, folder: Path) -> Path:
    """Lay the golden HCL out beside its side files, as `-o DIR` does."""
    for path, data in convert_case(case).files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    build = folder / "build.pkr.hcl"
    build.write_bytes((GOLDEN / f"{case}.pkr.hcl").read_bytes())
    return build


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    """Packer runs beside the tests, for it waits more than it works."""
    with ThreadPoolExecutor(os.cpu_count()) as executor:
        yield executor
        executor.shutdown(cancel_futures=True)


def _validate(packer: Packer, case: str, folder: Path) -> Verdict:
    file = write_case(case, folder)
    return packer.validate(file, required_variables(file.read_text()))


def _verdicts(
    packer: Packer, pool: ThreadPoolExecutor, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Future[Verdict]]:
    return {case: pool.submit(partial(_validate, packer, case, tmp_path_factory.mktemp("case"))) for case in CONVERTED}


@pytest.fixture(scope="module")
def verdicts(
    packer: Packer, pool: ThreadPoolExecutor, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Future[Verdict]]:
    """What `packer validate` with the stand-in says of each case."""
    return _verdicts(packer, pool, tmp_path_factory)


@pytest.fixture(scope="module")
def real_verdicts(
    packer_with_real_plugins: Packer, pool: ThreadPoolExecutor, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Future[Verdict]]:
    """What it says with the real plugins."""
    return _verdicts(packer_with_real_plugins, pool, tmp_path_factory)


@pytest.mark.parametrize("case", CONVERTED)
def test_packer_accepts_the_golden_build(case: str, verdicts: Mapping[str, Future[Verdict]]) -> None:
    verdict = verdicts[case].result()

    assert verdict.ok, verdict.output


@pytest.mark.parametrize("case", CONVERTED)
def test_the_real_plugins_accept_the_golden_build(case: str, real_verdicts: Mapping[str, Future[Verdict]]) -> None:
    verdict = real_verdicts[case].result()

    assert verdict.ok, verdict.output


def test_packer_would_not_format_any_golden_build_otherwise(packer: Packer, pool: ThreadPoolExecutor) -> None:
    texts = [(GOLDEN / f"{case}.pkr.hcl").read_text() for case in CONVERTED]

    changes = dict(zip(CONVERTED, pool.map(packer.fmt_check, texts), strict=True))

    assert {case: change for case, change in changes.items() if change} == {}
