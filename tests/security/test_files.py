"""Names that we make are safe on every system, and a template reaches no file but those that were given."""

import json
import os
import re
from pathlib import Path
from socket import AF_UNIX, socket

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aib2packer import Options, convert
from aib2packer.app.inputs import collect
from aib2packer.findings.text import render
from aib2packer.hcl.names import portable_name
from aib2packer.packer.layout import customizer_file
from aib2packer.system.files import MOST
from aib2packer.text.source import FileError
from tests.arm.test_deployment import deployment
from tests.cases.templates import template
from tests.estate.runs import convert as convert_folder
from tests.estate.runs import image, lay
from tests.fuzz.test_terraform import image as terraform_image
from tests.security.hostile import HOSTILE

DEVICES = ("CON", "prn", "Aux", "NUL", "CONIN$", "conout$", "COM1", "lpt9", "com\u00b2", "nul.tar", "con.x.json")
CLASHES = ("web", "WEB", "Web.", "web ", "w\u00e9b", "we\u0301b", "stra\u00dfe", "strasse", "-web", ".web", "web?", "web*")
ODD = (
    "...",
    ". .",
    "~",
    "a\x1b]0;b\a",
    "a\nb",
    "x'$(touch pwned)'",
    'a"b',
    "a:b",
    "C:a",
    "a\\b",
    "%PATH%",
    "a\u202eb",
    "\udce9",
)


def is_portable(name: str) -> bool:
    """Whether Linux, macOS, Windows and a shell take a name as it is."""
    device = re.match(r"(?i)(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[\d\u00b9\u00b2\u00b3])(\.|$)", name)
    odd = re.search(r"[<>:\"/\\|?*'$`;&!%(){}\[\]#~^\x00-\x1f\x7f]", name) or not name.isprintable()
    return not (device or odd or name[0] in "-. " or name[-1] in ". " or len(name.encode()) > 128)


@given(
    st.one_of(st.text(), st.sampled_from((*DEVICES, *CLASHES, *ODD, *HOSTILE)), st.text("conulptCOM.-/ 19\u00e9", max_size=9))
)
@example("x" * 300)
@example("\u00e9" * 119 + ".-")
def test_a_portable_name_is_portable_and_stays_so(name: str) -> None:
    made = portable_name(name, "template")

    assert is_portable(made)
    assert portable_name(made, "template") == made
    assert is_portable(customizer_file(1, name, ".sh"))
    assert is_portable(customizer_file(1, name))


def test_folders_of_templates_are_portable_and_apart(tmp_path: Path) -> None:
    names = [name for name in (*DEVICES, *CLASHES, *ODD) if "\\" not in name and "\0" not in name]
    for folder in ("", "x'$(touch pwned)'"):
        (tmp_path / folder).mkdir(exist_ok=True)
        for name in names:
            (tmp_path / folder / f"{name}.json").write_text("{}")

    folders = [one.folder for one in collect((str(tmp_path),), None)]

    assert len(folders) == 2 * len(names)
    assert len({str(folder).casefold() for folder in folders}) == len(folders)
    assert all(is_portable(part) for folder in folders for part in folder.parts)


@pytest.mark.parametrize("inner", ["validate", "Scripts", "files", "downloads", "pipelines"])
def test_no_template_gets_a_folder_that_the_output_of_another_makes(inner: str, tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web.json").write_text("{}")
    (tmp_path / "web" / f"{inner}.json").write_text("{}")

    nested, outer = (one.folder for one in collect((str(tmp_path),), None))

    assert (str(nested), str(outer)) == (f"web/{inner}", "web-2")


@pytest.mark.parametrize("name", DEVICES)
def test_no_file_of_a_build_is_a_device(name: str) -> None:
    conversion = convert(json.dumps(template(name=name)), options=Options(side_files=True))

    assert all(is_portable(part) for path in conversion.files for part in path.split("/") if not part.startswith(".git"))


def linking(path: str) -> dict[str, object]:
    """Make a template that links to another one."""
    link = {"mode": "Incremental", "templateLink": {"relativePath": path}}
    deployment = {"type": "Microsoft.Resources/deployments", "apiVersion": "2021-04-01", "name": "x", "properties": link}
    return {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": [deployment],
    }


HIDDEN = "geheim-4711"


@pytest.mark.parametrize(
    "path",
    [
        "../outside.json",
        "../given/../outside.json",
        "nested/../../outside.json",
        "link.json",
        "folder/outside.json",
        "..\\outside.json",
        "/proc/self/environ",
        "../../../../../../proc/self/environ",
        "secrets.env",
        ".env",
        "pipe.json",
        "circle.json",
        "nested",
        "a\0b.json",
    ],
)
@pytest.mark.parametrize("deep", [False, True])
def test_a_link_reaches_no_file_outside_of_the_folder_and_none_is_quoted(path: str, tmp_path: Path, *, deep: bool) -> None:
    given_folder = tmp_path / "given"
    (given_folder / "nested").mkdir(parents=True)
    (tmp_path / "outside.json").write_text(f'{HIDDEN} {{"x": "{HIDDEN}"}}')
    (given_folder / "link.json").symlink_to("../outside.json")
    (given_folder / "folder").symlink_to("..")
    (given_folder / "circle.json").symlink_to("circle.json")
    (given_folder / "secrets.env").write_text(HIDDEN)
    (given_folder / ".env").write_text(HIDDEN)
    os.mkfifo(given_folder / "pipe.json")
    if deep:
        (given_folder / "nested/inner.json").write_text(json.dumps(linking(f"../{path}" if path[0] != "/" else path)))
        path = "nested/inner.json"

    conversion = convert(json.dumps(linking(path)), file=str(given_folder / "web.json"))

    shown = render(conversion.findings, color=False)
    assert "AIB2P010" in shown
    assert HIDDEN not in shown
    assert "PATH=" not in shown


def test_a_template_behind_a_link_that_leads_out_of_a_folder_is_not_read_but_named(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "outside.json").write_text(json.dumps(template(name=HIDDEN)))
    (tmp_path / "in/a.json").write_text(json.dumps(template()))
    (tmp_path / "in/link.json").symlink_to("../outside.json")
    left: list[Path] = []
    (one,) = collect((str(tmp_path / "in"),), None, (), left.append)
    assert (one.name, left) == (str(tmp_path / "in/a.json"), [tmp_path / "in/link.json"])
    (tmp_path / "in/a.json").unlink()
    with pytest.raises(FileError, match=r"no .* file in this folder"):
        collect((str(tmp_path / "in"),), None)
    (tmp_path / "in/a.json").symlink_to("b.json")
    (tmp_path / "in/b.json").write_text(json.dumps(template()))
    (one,) = collect((str(tmp_path / "in"),), None)
    (tmp_path / "in/b.json").unlink()
    (tmp_path / "in/b.json").symlink_to("../outside.json")
    with pytest.raises(FileError, match="a link to a file outside of the folder") as raised:
        one.read(MOST)
    assert HIDDEN not in str(raised.value)


@pytest.mark.parametrize("kind", ["pipe", "device", "circle"])
def test_nothing_waits_for_what_lies_where_a_file_is_expected(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lay("in", web=image("web"), db=image("db"))
    assert convert_folder("in", "-o", "out")[0] == 0

    def put(path: str) -> None:
        Path(path).unlink(missing_ok=True)
        os.mkfifo(path) if kind == "pipe" else Path(path).symlink_to("/dev/zero" if kind == "device" else Path(path).name)

    for path in ("in/x.json", "in/x.bicep", "in/.gitignore", "out/web/build.pkr.hcl", "out/db/MIGRATION.md"):
        put(path)
        status, said = convert_folder("in", "-o", "out", "--force")
        assert status == 2 or path.endswith(".gitignore")
        assert path in said or path.endswith(".gitignore")
    assert convert_folder("in", "-o", "out", "--check")[0] == 2
    for path in ("out/.aib2packer.json", "out/old/build.pkr.hcl", "in/aib2packer.toml", "r.json"):
        Path(path).parent.mkdir(exist_ok=True)
        put(path)
        assert convert_folder("in", "-o", "out", "--check", "--report", "r.json")[0] == 2


def _no_file(kind: str, place: Path) -> None:
    match kind:
        case "pipe":
            os.mkfifo(place)
        case "socket":
            with socket(AF_UNIX) as one:
                one.bind(str(place))
        case "folder":
            place.mkdir()
        case "bytes":
            place.write_bytes(b"\xff\xfe\xfd")
        case _:
            targets = {"device": "/dev/zero", "circle": place.name, "nothing": "nothing", "outside": "/proc/self/environ"}
            place.symlink_to(targets[kind])


@pytest.mark.parametrize("kind", ["pipe", "socket", "folder", "device", "circle", "nothing", "outside", "bytes"])
def test_values_that_cannot_be_read_are_an_error_and_the_rest_is_converted(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("terraform.tfvars", "a.auto.tfvars"):
        folder = Path("in", name[0])
        folder.mkdir(parents=True)
        (folder / "main.tf").write_text(terraform_image('"true"'))
        _no_file(kind, folder / name)
    lay("in", db=image("db"))

    status, said = convert_folder("in", "-o", "out")

    assert status != 0
    assert "in/a/a.auto.tfvars: AIB2P020 error" in said
    assert "in/t/terraform.tfvars" in said
    assert "PATH=" not in said
    assert Path("out/db/build.pkr.hcl").exists()


@pytest.mark.parametrize("kind", ["pipe", "socket", "device", "circle", "nothing", "outside", "bytes"])
def test_a_configuration_beside_another_that_cannot_be_read_is_told(kind: str, tmp_path: Path) -> None:
    _no_file(kind, tmp_path / "variables.tf")
    (tmp_path / ".#main.tf").symlink_to("somebody@nowhere")  # how an editor locks a file; Terraform reads it as little

    conversion = convert(terraform_image('"true"'), file=str(tmp_path / "main.tf"))

    assert conversion.hcl is not None
    assert [finding.span.source.name for finding in conversion.findings if finding.code.id == "AIB2P422"] == [
        str(tmp_path / "variables.tf")
    ]


def test_a_link_is_followed_within_the_folder_that_was_given(tmp_path: Path) -> None:
    for folder in ("shared", "web"):
        (tmp_path / folder).mkdir()
    (tmp_path / "shared/image.json").write_text(json.dumps(deployment(template())))
    file = tmp_path / "web/main.json"
    text = json.dumps(linking("../shared/image.json"))

    assert convert(text, file=str(file), options=Options(root=tmp_path)).hcl is not None
    assert convert(text, file=str(file)).hcl is None
