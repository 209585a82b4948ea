"""The real azure-arm takes every way in which a gallery version can be made, of the file that can go each of them."""

import json
from pathlib import Path
from typing import Any

import pytest

from aib2packer import Options, SecurityType, convert
from tests.cases.templates import template
from tests.lab.judge import Packer

TYPES = [None, "", *(one.value for one in SecurityType if one is not SecurityType.CONFIDENTIAL)]
GROUP = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/staging"


def write(folder: Path, options: Options, **of_template: Any) -> Path:  # noqa: ANN401 - parts of a template
    """Convert a template to a file."""
    conversion = convert(json.dumps(template(**of_template)), options=options)
    assert conversion.hcl is not None, conversion.findings
    file = folder / "build.pkr.hcl"
    file.write_text(conversion.hcl)
    return file


@pytest.mark.parametrize("group", [None, "builds"])
@pytest.mark.parametrize("security_type", TYPES)
def test_azure_arm_takes_each_type_of_a_definition_that_is_not_known(
    security_type: str | None, group: str | None, packer_with_real_plugins: Packer, tmp_path: Path
) -> None:
    file = write(tmp_path, Options(), properties={"stagingResourceGroup": GROUP})
    given = {"definition_security_type": security_type, "build_resource_group_name": group}

    verdict = packer_with_real_plugins.validate(file, {name: value for name, value in given.items() if value is not None})

    assert verdict.ok, verdict.output


def test_a_type_that_azure_arm_cannot_publish_to_is_refused(packer_with_real_plugins: Packer, tmp_path: Path) -> None:
    verdict = packer_with_real_plugins.validate(write(tmp_path, Options()), {"definition_security_type": "ConfidentialVM"})

    assert not verdict.ok
    assert "must be one of Standard, TrustedLaunch" in verdict.output


@pytest.mark.parametrize("security_type", [one for one in SecurityType if one is not SecurityType.CONFIDENTIAL])
def test_azure_arm_takes_each_type_that_is_given(
    security_type: SecurityType, packer_with_real_plugins: Packer, tmp_path: Path
) -> None:
    verdict = packer_with_real_plugins.validate(write(tmp_path, Options(security_type=security_type)))

    assert verdict.ok, verdict.output
