"""The script that sets up WinRM from the user data of the VM."""

import re
from base64 import b64decode
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from aib2packer import Options, WinrmBootstrap
from aib2packer.packer.layout import WINRM_SCRIPT
from aib2packer.packer.vm.winrm import SCRIPT
from tests.cases.templates import WINDOWS, codes_of, convert_json, hcl_of, template
from tests.lab.judge import Packer, Verdict

USER_DATA = Options(winrm_bootstrap=WinrmBootstrap.USER_DATA)
IN_FOLDER = Options(winrm_bootstrap=WinrmBootstrap.USER_DATA, side_files=True)
TEMPLATE = template(source=WINDOWS, customize=[{"type": "WindowsRestart"}])
LONGEST_USER_DATA = 65536


def syntax_errors(script: str) -> list[str]:
    """What an independent grammar of PowerShell cannot read."""

    def walk(node: Node) -> list[str]:
        here = [script[node.start_byte : node.end_byte]] if node.is_error or node.is_missing else []
        return [*here, *(error for child in node.children for error in walk(child))]

    return walk(Parser(Language(tree_sitter_powershell.language())).parse(script.encode()).root_node)


def validated(packer: Packer, folder: Path, options: Options) -> Verdict:
    conversion = convert_json(TEMPLATE, options)
    assert conversion.hcl is not None
    for path, data in {**conversion.files, "build.pkr.hcl": conversion.hcl.encode()}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    verdict = packer.validate(folder / "build.pkr.hcl", {"subscription_id": "11111111-1111-1111-1111-111111111111"})
    assert verdict.ok, verdict.output
    return verdict


def command(verdict: Verdict) -> str:
    """The PowerShell between the quotes of the custom script."""
    assert verdict.source is not None
    found = re.fullmatch(r'powershell (?:-\w+ )*-ExecutionPolicy Bypass -Command "([^"]+)"', verdict.source["custom_script"])
    assert found
    return found[1]


def test_the_grammar_would_find_an_error() -> None:
    assert syntax_errors("if ($a { b }")


def test_the_script_is_powershell_that_5_1_reads_without_an_encoding() -> None:
    assert syntax_errors(SCRIPT) == []
    assert SCRIPT.isascii()
    assert not re.search(r"\?\?|\?\.|&&|\|\|", SCRIPT)  # operators of PowerShell 7


def test_on_standard_output_the_script_is_the_user_data_in_base64(packer: Packer, tmp_path: Path) -> None:
    verdict = validated(packer, tmp_path, USER_DATA)

    assert verdict.source is not None
    assert b64decode(verdict.source["user_data"], validate=True).decode() == SCRIPT
    assert len(verdict.source["user_data"]) < LONGEST_USER_DATA
    assert verdict.source["skip_create_build_key_vault"] is True
    assert verdict.source["communicator"] == "winrm"
    assert verdict.source["winrm_use_ssl"] is True


def test_in_a_folder_the_script_is_a_file(packer: Packer, tmp_path: Path) -> None:
    verdict = validated(packer, tmp_path, IN_FOLDER)

    assert verdict.source is not None
    assert "user_data" not in verdict.source
    assert Path(verdict.source["user_data_file"]).read_text() == SCRIPT


def test_the_vm_is_told_to_fetch_and_run_its_user_data(packer: Packer, tmp_path: Path) -> None:
    run = command(validated(packer, tmp_path, USER_DATA))

    assert syntax_errors(run) == []
    # cmd.exe, which runs it, leaves alone what is in double quotes but for these.
    assert not set("%!^\n") & set(run)
    address = urlsplit(re.findall(r"'(http[^']+)'", run)[0])
    assert (address.hostname, address.path) == ("169.254.169.254", "/metadata/instance/compute/userData")
    written = re.findall(r"'(C:\\[^']+)'", run)[0]
    assert run.endswith(f"; . {written}")


@pytest.mark.parametrize("options", [Options(), Options(side_files=True)])
def test_by_default_packer_brings_the_certificate_through_a_key_vault(options: Options) -> None:
    conversion = convert_json(TEMPLATE, options)

    assert conversion.hcl is not None
    assert "skip_create_build_key_vault" not in conversion.hcl
    assert WINRM_SCRIPT not in conversion.files


def test_on_linux_the_option_changes_nothing_but_says_so() -> None:
    linux = template(customize=[{"type": "Shell", "inline": ["true"]}])

    assert hcl_of(linux, USER_DATA) == hcl_of(linux)
    assert set(codes_of(linux, USER_DATA)) - set(codes_of(linux)) == {"AIB2P428"}
