"""Bicep files: a compiler of the test's own stands on PATH."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import aib2packer
from aib2packer.app.bicep_parameters import read_bicep_parameters
from aib2packer.text.source import FileError
from tests.arm.test_deployment import deployment
from tests.cases.templates import template


def convert(folder: Path, path: str, *arguments: str, given: str = "main.bicep") -> subprocess.CompletedProcess[str]:
    (folder / "main.bicep").write_text("resource image 'Microsoft.VirtualMachineImages/imageTemplates@2023-07-01' = {}\n")
    return subprocess.run(
        [sys.executable, "-m", "aib2packer", "convert", *([] if "--verbose" in arguments else ["-q"]), given, *arguments],
        cwd=folder,
        env={"PATH": path, "PYTHONPATH": str(Path(aib2packer.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("program", ["bicep", "az"])
def test_a_bicep_file_is_built_first(program: str, tmp_path: Path) -> None:
    (tmp_path / "built.json").write_text(json.dumps(template()))
    compiler = tmp_path / "bin" / program
    compiler.parent.mkdir()
    compiler.write_text(f"#!/bin/sh\ncase \"$*\" in *build*main.bicep*) exec /bin/cat '{tmp_path}/built.json';; esac\nexit 1\n")
    compiler.chmod(0o755)

    done = convert(tmp_path, str(compiler.parent))

    assert done.returncode == 0
    assert 'source "azure-arm" "image"' in done.stdout


def test_in_a_folder_the_file_is_built_that_calls_the_module(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images/main.bicep").write_text("module image 'image.bicep' = {\n}\n")
    (tmp_path / "images/image.bicep").write_text("resource x 'Microsoft.VirtualMachineImages/imageTemplates@2023-07-01' = {}\n")
    (tmp_path / "built.json").write_text(json.dumps(template()))
    compiler = tmp_path / "bin" / "bicep"
    compiler.parent.mkdir()
    compiler.write_text(f"#!/bin/sh\necho \"$2\" >> '{tmp_path}/calls'\nexec /bin/cat '{tmp_path}/built.json'\n")
    compiler.chmod(0o755)

    done = convert(tmp_path, str(compiler.parent), "-o", "out", given="images")

    assert done.returncode == 0
    assert {Path(line).name for line in (tmp_path / "calls").read_text().splitlines()} == {"main.bicep"}


def test_without_a_compiler_the_error_says_what_to_run(tmp_path: Path) -> None:
    done = convert(tmp_path, str(tmp_path))

    assert done.returncode == 1
    assert done.stdout == ""
    assert "bicep build main.bicep" in done.stderr


def test_what_the_compiler_says_is_told(tmp_path: Path) -> None:
    compiler = tmp_path / "bin" / "bicep"
    compiler.parent.mkdir()
    compiler.write_text("#!/bin/sh\necho 'Error BCP033' >&2\nexit 1\n")
    compiler.chmod(0o755)

    done = convert(tmp_path, str(compiler.parent))

    assert done.returncode == 1
    assert "bicep cannot build it: Error BCP033" in done.stderr


def test_of_a_bicep_parameters_file_the_error_says_what_to_run(tmp_path: Path) -> None:
    (tmp_path / "main.bicepparam").write_text("using 'main.bicep'\nparam a = 1 + 2\n")

    done = convert(tmp_path, str(tmp_path), "-p", "main.bicepparam")

    assert done.returncode == 2
    assert "bicep build-params main.bicepparam" in done.stderr


PARAMETERS = """// Bicep parameters
using './main.bicep'
extends 'base.bicepparam'

var group = 'images'
var tags = {
  team: 'it\\'s us'
  'cost-center': 42
}
param size = 'Standard_D${4}s_v5'
param regions = [ 'westeurope', group
  readEnvironmentVariable('NOT_SET', 'northeurope') /* the last */ ]
param tags = { team: tags.team, on: true, no: null }
param script = '''
echo ${group}
'''
param password = az.getSecret('s', 'g', 'v', 'name')
#disable-next-line no-unused
param disk = -1
"""


def test_a_parameters_file_of_values_needs_no_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from aib2packer.app.bicep import build_parameters

    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "web.bicepparam").write_text(PARAMETERS)
    (tmp_path / "base.bicepparam").write_text("using none\nparam size = 'small'\nparam zone = 1\n")

    parameters = json.loads(build_parameters(tmp_path / "web.bicepparam"))["parameters"]

    vault = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v"
    assert parameters == {
        "size": {"value": "Standard_D4s_v5"},
        "zone": {"value": 1},
        "regions": {"value": ["westeurope", "images", "northeurope"]},
        "tags": {"value": {"team": "it's us", "on": True, "no": None}},
        "script": {"value": "echo ${group}\n"},
        "password": {"reference": {"keyVault": {"id": vault}, "secretName": "name"}},
        "disk": {"value": -1},
    }


def test_a_value_of_a_bicep_parameters_file_has_its_place_there(tmp_path: Path) -> None:
    values = "using 'main.bicep'\n\nparam a = 1\nparam noSuch = [\n  'x'\n]\n// the end\n"
    (tmp_path / "main.bicepparam").write_text(values)
    (tmp_path / "web.json").write_text(json.dumps(deployment(template(), parameters={"a": {"type": "string"}})))

    done = convert(tmp_path, str(tmp_path), "-p", "main.bicepparam", "--verbose", given="web.json")

    assert "main.bicepparam:3:11: AIB2P114 error: the value of the parameter a is not" in done.stderr
    assert "main.bicepparam:4:16: AIB2P421 note: the template has no parameter `noSuch`" in done.stderr
    assert "3 | param a = 1" in done.stderr


def test_a_region_in_a_bicep_parameters_file_tells_the_cloud(tmp_path: Path) -> None:
    (tmp_path / "main.bicepparam").write_text("using 'main.bicep'\n\nparam region = 'usgovvirginia'\n")
    image = template(location="[parameters('region')]", distribute=[{"type": "VHD", "runOutputName": "disk"}])
    (tmp_path / "web.json").write_text(json.dumps(deployment(image, parameters={"region": {"type": "string"}})))

    done = convert(tmp_path, str(tmp_path), "-p", "main.bicepparam", given="web.json")

    assert 'cloud_environment_name = "USGovernment"' in done.stdout


def test_a_bicep_parameters_file_is_no_template(tmp_path: Path) -> None:
    (tmp_path / "main.bicepparam").write_text("using './main.bicep'\nparam a = 1\n")

    done = convert(tmp_path, str(tmp_path), given="main.bicepparam")

    assert done.returncode == 2
    assert "aib2packer convert ./main.bicep -p main.bicepparam" in done.stderr


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("param a = concat('a', 'b')", "1:11"),
        ("using none\nparam a = 1 + 2", "2:13"),
        ("import { x } from 'y.bicep'", "1:7"),
        ("param a = x", "1:11"),
        ("param a = 'it", "1:14"),
        ("param a = readEnvironmentVariable('NOT_SET')", "1:11"),
        ("extends 'web.bicepparam'", "1:8"),
        ("param a = " + 100 * "[", "1:62"),
    ],
)
def test_an_expression_in_a_parameters_file_needs_a_compiler(
    text: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aib2packer.app.bicep import build_parameters
    from aib2packer.text.source import FileError

    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "web.bicepparam").write_text(text)

    with pytest.raises(FileError, match=rf"web\.bicepparam:{place}: .*no Bicep compiler") as error:
        build_parameters(tmp_path / "web.bicepparam")
    assert "bicep build-params" in error.value.help


_DOUBLED_TEXT = "\n".join(f"var a{at} = '${{a{at - 1}}}${{a{at - 1}}}'" for at in range(1, 40))
_DOUBLED_LIST = "\n".join(f"var a{at} = [a{at - 1}, a{at - 1}]" for at in range(1, 40))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"var a0 = 'xxxxxxxxxx'\n{_DOUBLED_TEXT}\nparam p = a39", "its values come to more than is read"),
        (f"var a0 = 'x'\n{_DOUBLED_LIST}\nparam p = a39", "its values come to more than is read"),
        ("extends 'b.bicepparam'\nextends 'b.bicepparam'", "a file extends one other"),
        ("param p = {", "a key and a value belong here"),
        ("param p = '\\u{FFFFFF}'", "there is no such character"),
        ("param p = '\\u{D800}'", "there is no such character"),
        (f"param p = {'9' * 5000}", "an expression is for the Bicep compiler"),
        (f"param p = {chr(39)}{('${' + chr(39)) * 600}", "values are nested too deep"),
        ("var l = { a: 1 }\nparam p = l.?a", "an expression is for the Bicep compiler"),
        ("param p = 1\nparam p = 2", "p is given twice"),
    ],
)
def test_a_parameters_file_that_cannot_be_read_is_refused_with_the_reason(text: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "b.bicepparam").write_text("param b = 1\n")
    (tmp_path / "web.bicepparam").write_text(f"using none\n{text}\n")

    with pytest.raises(FileError, match=reason):
        read_bicep_parameters(tmp_path / "web.bicepparam")


def test_what_a_parameters_file_gives_counts_more_than_what_it_extends(tmp_path: Path) -> None:
    (tmp_path / "b.bicepparam").write_text("using none\nparam a = 1\nparam b = 1\n")
    (tmp_path / "web.bicepparam").write_text("using none\nparam a = 2\nextends 'b.bicepparam'\n")

    assert read_bicep_parameters(tmp_path / "web.bicepparam") == {"parameters": {"a": {"value": 2}, "b": {"value": 1}}}
