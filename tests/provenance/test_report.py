"""The report says of every setting what became of it, for programs and for people."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from aib2packer.cli import main
from aib2packer.provenance.report import Account, as_json, as_markdown
from tests.cases import CASES, convert_case
from tests.cases.templates import template

LOSING = {"optimize": {"vmBoot": {"state": "Enabled"}}, "vmProfile": {"vmSize": "Standard_D4s_v5", "osDiskSizeGB": 0}}


def account_of(case: str) -> Account:
    conversion = convert_case(case)
    return Account(
        f"{case}.json", "converted" if conversion.hcl else "not converted", conversion.settings, conversion.source_map
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "image.json").write_text(json.dumps(template(properties=LOSING), indent=2))
    return tmp_path


def test_json_has_an_entry_for_each_setting_with_its_place_its_state_and_its_addresses(folder: Path) -> None:
    done = CliRunner().invoke(main, ["convert", str(folder / "image.json"), "--report", str(folder / "report.json")])

    assert done.exit_code == 0
    (told,) = json.loads((folder / "report.json").read_text())["templates"]
    assert told["counts"]["lost"] == 1
    entries = {entry["pointer"]: entry for entry in told["settings"]}
    size = entries["/properties/vmProfile/vmSize"]
    text = (folder / "image.json").read_text().splitlines()[size["start"]["line"] - 1]
    assert text[size["start"]["column"] - 1 : size["end"]["column"] - 1] == '"Standard_D4s_v5"'
    assert (size["state"], size["addresses"], size["code"]) == ("converted", ["source.azure-arm.image.vm_size"], None)
    assert entries["/properties/optimize/vmBoot/state"]["state"] == "lost"
    assert entries["/properties/optimize/vmBoot/state"]["code"] == "AIB2P203"
    (place,) = [place for place in told["sourceMap"] if place["address"] == "source.azure-arm.image.vm_size"]
    assert done.stdout.splitlines()[place["firstLine"] - 1].split() == ["vm_size", "=", '"Standard_D4s_v5"']
    assert [origin["pointer"] for origin in place["origins"]] == ["/properties/vmProfile/vmSize"]


def test_markdown_tells_first_what_is_lost_and_what_to_do(folder: Path) -> None:
    done = CliRunner().invoke(main, ["convert", str(folder / "image.json"), "--report", str(folder / "report.md")])

    assert done.exit_code == 0
    told = (folder / "report.md").read_text()
    assert told.index("## Lost") < told.index("## Converted")
    assert "| `/properties/optimize/vmBoot/state` |" in told
    assert "AIB2P203: optimize.vmBoot has no equivalent" in told
    assert "| `/properties/vmProfile/vmSize` |" in told
    assert "`source.azure-arm.image.vm_size` (line " in told


def test_the_summary_counts_the_settings(folder: Path) -> None:
    done = CliRunner().invoke(main, ["convert", str(folder / "image.json")])

    assert done.stderr.splitlines()[-1].endswith("10 of 11 settings converted, 1 lost.")


def test_several_templates_have_one_report_and_one_count(folder: Path) -> None:
    (folder / "other.json").write_text(json.dumps(template()))
    arguments = ["convert", str(folder), "-o", str(folder / "out"), "--report", str(folder / "out.json")]

    done = CliRunner().invoke(main, arguments)

    assert len(json.loads((folder / "out.json").read_text())["templates"]) == 2
    assert "Converted 2 of 2 templates. 19 of 20 settings converted, 1 lost." in done.stderr


def test_a_report_of_another_ending_is_refused(folder: Path) -> None:
    done = CliRunner().invoke(main, ["convert", str(folder / "image.json"), "--report", "report.xml"])

    assert done.exit_code == 2
    assert "must end in .json or .md" in done.stderr


@pytest.mark.parametrize("case", CASES)
def test_a_report_of_any_case_is_well_formed_and_shows_no_secret(case: str) -> None:
    account = account_of(case)

    told = as_json([account], version="1")
    tables = [line for line in as_markdown([account]).splitlines() if line.startswith("|")]

    assert len(json.loads(told)["templates"][0]["settings"]) == len(account.settings)
    assert len([line for line in tables if not line.startswith(("| ---", "| setting"))]) == len(account.settings)
    assert "c2VjcmV0" not in told + "".join(tables)  # how the secrets of the cases begin
