"""`--verify`: what Packer says of the output becomes findings about the template; what could not be checked is said."""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aib2packer import Conversion, Options, Severity
from aib2packer.findings import codes
from aib2packer.findings.model import Code, Finding
from aib2packer.verify import packer as runner
from aib2packer.verify import verify
from aib2packer.verify.values import made_up_values
from tests.cases import GOLDEN
from tests.cases.templates import GALLERY, GALLERY_TARGET, convert_json, template
from tests.lab.judge import Packer

Json = Any

SHELL = {"type": "Shell", "inline": ["true"]}
SIZED = {"vmProfile": {"vmSize": "Standard_D4s_v5"}}
MADE = convert_json(template(customize=[SHELL], properties=SIZED), Options(side_files=True))


@pytest.fixture(autouse=True)
def _forget_versions() -> Iterator[None]:
    """Packers of tests before are not those of this one."""
    runner.unfit.cache_clear()
    yield
    runner.unfit.cache_clear()


@pytest.fixture
def on_path(packer: Packer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the real Packer on PATH, with the stand-in for Azure."""
    monkeypatch.setenv("PATH", f"{packer.program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PACKER_PLUGIN_PATH", str(packer.plugins))


def changed(old: str, new: str) -> Conversion:
    """Make a conversion with something wrong in its HCL."""
    assert MADE.hcl is not None
    assert old in MADE.hcl
    return replace(MADE, hcl=MADE.hcl.replace(old, new))


def said(conversion: Conversion, code: Code) -> list[Finding]:
    """What verifying a conversion adds of a kind."""
    return [found for found in verify(conversion, file="<stdin>").findings if found.code is code]


@pytest.mark.usefixtures("on_path")
def test_nothing_is_said_of_a_valid_build() -> None:
    assert verify(MADE, file="<stdin>") == MADE


@pytest.mark.usefixtures("on_path")
def test_what_packer_refuses_is_an_error_at_the_setting_that_its_line_comes_from() -> None:
    conversion = changed("  vm_size ", "  vm_sizes ")

    (found,) = said(conversion, codes.REFUSED_BY_PACKER)
    assert found.span.text == '"Standard_D4s_v5"'
    assert "`vm_sizes " in found.message
    assert 'An argument named "vm_sizes" is not expected here. Did you mean "vm_size"?' in found.message
    assert verify(conversion, file="<stdin>").hcl is None
    assert not verify(conversion, file="<stdin>").files


@pytest.mark.usefixtures("on_path")
def test_what_packer_refuses_of_our_own_is_an_error_about_the_file() -> None:
    (found,) = said(changed("locals {", "locales {"), codes.REFUSED_BY_PACKER)

    assert found.is_about_file
    assert found.span.source.name == "<stdin>"
    assert "`locales {`" in found.message


@pytest.mark.usefixtures("on_path")
def test_what_packer_fmt_would_change_is_said() -> None:
    (found,) = said(changed('os_type         = "Linux"', 'os_type = "Linux"'), codes.NOT_FORMATTED)

    assert found.severity is Severity.NOTE


@pytest.mark.usefixtures("on_path")
def test_a_file_of_values_beside_the_build_counts() -> None:
    whole = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {"size": {"type": "string", "allowedValues": ["Standard_D2s_v5"]}},
        "resources": [template(customize=[SHELL], properties={"vmProfile": {"vmSize": "[parameters('size')]"}})],
    }
    conversion = convert_json(whole, Options(side_files=True, settings=("size=Standard_D2s_v5",)))

    assert any(path.endswith(".auto.pkrvars.hcl") for path in conversion.files)
    assert verify(conversion, file="<stdin>") == conversion


@pytest.mark.usefixtures("on_path")
def test_a_made_up_value_that_packer_refuses_is_no_error() -> None:
    whole = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {"size": {"type": "string"}},
        "variables": {"sizes": {"size-small": "Standard_D2s_v5", "size-large": "Standard_D8s_v5"}},
        "resources": [
            template(
                customize=[SHELL],
                properties={"vmProfile": {"vmSize": "[variables('sizes')[concat('size-', parameters('size'))]]"}},
            )
        ],
    }
    conversion = convert_json(whole)

    assert said(conversion, codes.REFUSED_BY_PACKER) == []
    (found,) = said(conversion, codes.NOT_VERIFIED)
    assert "-var size=…" in found.help
    assert verify(conversion, file="<stdin>").hcl is not None


@pytest.mark.usefixtures("packer")
def test_without_plugins_the_syntax_is_checked_and_the_rest_said(
    on_path: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del on_path
    monkeypatch.setenv("PACKER_PLUGIN_PATH", str(tmp_path))

    (note,) = said(MADE, codes.NOT_VERIFIED)
    assert "github.com/hashicorp/azure" in note.message
    assert verify(MADE, file="<stdin>").hcl == MADE.hcl
    (error,) = said(changed('os_type         = "Linux"', "os_type = ["), codes.REFUSED_BY_PACKER)
    assert error.severity is Severity.ERROR
    # What only a plugin knows is not seen then.
    assert said(changed("  vm_size ", "  vm_sizes "), codes.REFUSED_BY_PACKER) == []


def test_without_packer_the_syntax_is_checked_and_the_rest_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    (note,) = said(MADE, codes.NOT_VERIFIED)
    assert note.message == "there is no packer on PATH: the output is not validated"
    assert verify(MADE, file="<stdin>").hcl == MADE.hcl
    (error,) = said(changed('os_type         = "Linux"', "os_type = ["), codes.REFUSED_BY_PACKER)
    assert "this is not HCL" in error.message


def test_what_python_hcl2_cannot_read_but_packer_can_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    conversion = changed('os_type         = "Linux"', 'os_type         = "$${${var.subscription_id} %%{ $$${x}"')

    assert said(conversion, codes.REFUSED_BY_PACKER) == []


def program(folder: Path, script: str) -> None:
    """Put a program called packer into a folder."""
    file = folder / "packer"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


def test_another_program_of_that_name_is_not_taken_for_packer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "cat; echo '0 0'")  # the one of cracklib reads words
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")

    (note,) = said(MADE, codes.NOT_VERIFIED)
    assert "is not HashiCorp's Packer" in note.message


def test_a_packer_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, f"[ $1 = version ] && echo Packer v1.16.0 && exit; echo $$ > {tmp_path}/pid; sleep 300")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setattr(runner, "_VALIDATE_SECONDS", 1)

    (note,) = said(MADE, codes.NOT_VERIFIED)

    assert "within 1 seconds" in note.message
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_packer_sees_neither_credentials_nor_variables_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, f"env > {tmp_path}/$1; [ $1 = version ] && echo Packer v1.16.0 || true")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    users: Mapping[str, str] = {
        "ARM_CLIENT_SECRET": "canary",
        "AZURE_CONFIG_DIR": "canary",
        "PKR_VAR_subscription_id": "canary",
        "PACKER_LOG": "1",
        "HCP_CLIENT_SECRET": "canary",
        "GITHUB_TOKEN": "canary",
    }
    for name, value in users.items():
        monkeypatch.setenv(name, value)

    verify(MADE, file="<stdin>")

    seen = (tmp_path / "validate").read_text()
    assert "canary" not in seen
    assert "PACKER_LOG=" not in seen
    assert "CHECKPOINT_DISABLE=1" in seen


def test_a_packer_that_fails_without_a_word_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "[ $1 = version ] && echo Packer v1.16.0 && exit; exit 7")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")

    (error,) = said(MADE, codes.REFUSED_BY_PACKER)
    assert "it ended with 7" in error.message


def test_what_was_not_converted_is_not_verified() -> None:
    failed = convert_json({})

    assert verify(failed, file="<stdin>") is failed


@pytest.mark.usefixtures("on_path")
def test_a_validation_build_is_judged_though_no_build_has_left_a_record_yet() -> None:
    validators = {"validate": {"inVMValidations": [{**SHELL, "name": "works"}]}}
    target = {**GALLERY_TARGET, "galleryImageId": f"{GALLERY}/images/image"}
    conversion = convert_json(template(customize=[SHELL], properties=validators, distribute=[target]), Options(side_files=True))

    assert "validate/build.pkr.hcl" in conversion.files
    assert verify(conversion, file="<stdin>") == conversion


def test_made_up_parts_of_an_id_are_an_id_together() -> None:
    values = made_up_values((GOLDEN / "variables/ids-in-parts.pkr.hcl").read_text(encoding="utf-8"))

    assert re.fullmatch(r"/subscriptions/.*/galleries/[^/]+/images/[^/]+", f"{values['gallery_id']}{values['definition']}")
    assert str(values["image_id"]).endswith("/Microsoft.Compute/images/madeup")
    assert values["release"] == "madeup-madeup"


def test_what_is_made_up_for_an_object_fits_where_the_build_takes_it_apart() -> None:
    values = made_up_values((GOLDEN / "variables/late-whole-objects.pkr.hcl").read_text())

    vm = values["vm"]
    assert isinstance(vm, dict)
    assert vm["vnetConfig"]["subnetId"].endswith("/virtualNetworks/madeup/subnets/madeup")
    assert vm["userAssignedIdentities"][0].endswith("/userAssignedIdentities/madeup")
