"""Many templates at once: what is found, several in one input, parameters files beside them."""

from __future__ import annotations

import json
import re
from io import StringIO
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest

from aib2packer.app.inputs import Template
from aib2packer.cli.printing import doing, fetching, progress
from tests.cli.test_cli import GOOD, TEMPLATE, WRONG, convert, files_in, run

if TYPE_CHECKING:
    from tests.lab.judge import Packer

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"


def deployment(*resources: dict[str, Any], **parameters: Any) -> str:  # noqa: ANN401 - JSON
    return json.dumps({"$schema": SCHEMA, "contentVersion": "1.0.0.0", "parameters": parameters, "resources": resources})


def values(**given: Any) -> str:  # noqa: ANN401 - JSON
    parameters = {name: {"value": value} for name, value in given.items()}
    return json.dumps(
        {"$schema": SCHEMA.replace("Template", "Parameters"), "contentVersion": "1.0.0.0", "parameters": parameters}
    )


def lay(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


SIZED = deployment(
    {
        **TEMPLATE,
        "tags": {"owner": "[parameters('owner')]"},
        "properties": {**TEMPLATE["properties"], "vmProfile": {"vmSize": "[parameters('size')]"}},
    },
    size={"type": "string", "metadata": {"description": "How large the build VM is."}},
    owner={"type": "string"},
)


def test_a_place_that_several_templates_of_one_file_share_is_named_once(tmp_path: Path) -> None:
    odd = {**TEMPLATE["properties"], "distribute": [], "source": {"type": "Nope"}}
    copied = {**TEMPLATE, "name": "[concat('web', copyIndex())]", "copy": {"name": "c", "count": 3}, "properties": odd}
    lay(tmp_path, all_json=deployment(copied))
    stderr = convert("all.json", "-o", "out", cwd=tmp_path)[2]
    assert "Nope" in stderr
    assert "= also" not in stderr


# What is found


def test_links_out_of_the_folder_are_named_in_one_line_with_what_to_do(tmp_path: Path) -> None:
    lay(tmp_path, in__a_json=GOOD, shared__b_json=GOOD.replace("web", "db"))
    (tmp_path / "in/x").symlink_to("../shared")
    (tmp_path / "in/y").symlink_to(tmp_path)
    (tmp_path / "in/same").symlink_to(".")
    (tmp_path / "in/z.json").symlink_to("../shared/b.json")
    named = "in/x, in/y, in/z.json. To include what lies there, name their paths too."
    told = f"links lead out of the folder and are not followed: {named}"
    status, _, stderr = convert("in", "-o", "out", cwd=tmp_path)
    assert (status, f"\n3 {told}\n" in stderr) == (0, True)
    done = run("audit", "in", "-o", "r.json", "-o", "r.html", "-o", "r.md", cwd=tmp_path)
    assert f"3 {told}" in " ".join(done.stdout.decode().split())
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["linksNotFollowed"] == ["in/x", "in/y", "in/z.json"]
    assert all("3 links lead out of" in (tmp_path / name).read_text(encoding="utf-8") for name in ("r.html", "r.md"))
    status, _, stderr = convert("in", "in/x", "--exclude", "y", "-o", "out", cwd=tmp_path)
    assert (status, "Converted 2 of 2 templates." in stderr, "not followed" in stderr) == (0, True, False)
    (tmp_path / "in/a.json").unlink()
    status, _, stderr = convert("in", "-o", "out", cwd=tmp_path)
    assert (status, "links are not followed, such as in/" in stderr) == (2, True)


def test_files_without_a_template_are_one_line_and_no_error_even_if_they_are_broken(tmp_path: Path) -> None:
    lay(tmp_path, good_json=GOOD, package_json='{"name": "x"}', broken_json="{", sub__bytes_json="")
    (tmp_path / "sub/bytes.json").write_bytes(b"\xff\xff")
    status, _, stderr = convert(".", "-o", "out", cwd=tmp_path)
    assert status == 0
    assert "3 other files hold no image template.\n" in stderr
    assert not re.search(r"package\.json|broken\.json|bytes\.json", stderr)


def test_a_broken_file_that_speaks_of_image_templates_is_an_error(tmp_path: Path) -> None:
    lay(tmp_path, good_json=GOOD, broken_json='{"type": "Microsoft.VirtualMachineImages/imageTemplates", }}')
    status, _, stderr = convert(".", "-o", "out", cwd=tmp_path)
    assert status == 1
    assert re.search(r"^broken\.json:1:\d+: AIB2P001 error: ", stderr, re.MULTILINE)
    assert "Converted 1 of 2 templates." in stderr


@pytest.mark.parametrize("pad", [1_100_000, 1_048_570])
def test_a_file_over_the_limit_that_speaks_of_image_templates_anywhere_is_an_error(tmp_path: Path, pad: int) -> None:
    lay(tmp_path, large_json=f'{{"pad": "{"x" * pad}", "resources": [{GOOD}]}}', other_json=f'["{"x" * pad}"]')
    status, _, stderr = convert(".", "-o", "out", "--max-size", "1", cwd=tmp_path)
    assert status == 2
    assert re.search(r"^large\.json: AIB2P020 error", stderr, re.MULTILINE)
    assert "1 other file holds no image template.\n" in stderr


def test_a_file_over_the_limit_whose_words_lie_far_apart_is_an_error_too(tmp_path: Path) -> None:
    properties = {"source": {}, "customize": ["x" * 1_200_000], "distribute": ["x" * 1_200_000]}
    lay(tmp_path, large_json=json.dumps({"properties": properties}))
    status, _, stderr = convert(".", "-o", "out", "--max-size", "2", cwd=tmp_path)
    assert status == 2
    assert re.search(r"^large\.json: AIB2P020 error", stderr, re.MULTILINE)


def test_a_rule_passes_over_a_file_over_the_limit_that_does_not_speak_of_image_templates(tmp_path: Path) -> None:
    rule = '[[template]]\nmatch = "in/*.json"\nparameters = "in/{stem}.values.json"\n'
    lay(tmp_path, aib2packer_toml=rule, in__ok_json=SIZED, in__zdata_json=f'["{"x" * 1_100_000}"]')
    (tmp_path / "in/ok.values.json").write_text(values(size="Standard_D2s_v5", owner="a"), encoding="utf-8")
    status, _, stderr = convert("in", "-o", "out", "--max-size", "1", cwd=tmp_path)
    assert status == 0, stderr


def test_excluded_files_are_not_seen(tmp_path: Path) -> None:
    lay(tmp_path, good_json=GOOD, old__wrong_json=WRONG)
    assert convert(".", "-o", "out", cwd=tmp_path)[0] == 1
    assert convert(".", "-o", "out", "--exclude", "old/**", cwd=tmp_path)[0] == 0


def test_a_bicep_file_without_a_compiler_is_a_row_that_says_what_is_missing(tmp_path: Path) -> None:
    lay(tmp_path, good_json=GOOD, main_bicep="resource i 'Microsoft.VirtualMachineImages/imageTemplates@2024-02-01' = {}\n")
    lay(tmp_path, network_bicep="resource n 'Microsoft.Network/virtualNetworks@2024-01-01' = {}\n")
    status, _, stderr = convert(".", "-o", "out", cwd=tmp_path, PATH=str(tmp_path))
    assert status == 1
    assert "main.bicep: AIB2P024 error: a Bicep file needs the Bicep compiler, which is not on PATH\n" in stderr
    assert re.search(r"^main\.bicep +not built +1", stderr, re.MULTILINE)
    assert "network.bicep" not in stderr
    assert (tmp_path / "out/t/build.pkr.hcl").exists()
    known = '[[accepted]]\ncode = "AIB2P024"\ntemplate = "*.bicep"\nreason = "They are built elsewhere."\n'
    (tmp_path / "known.toml").write_text(known, encoding="utf-8")
    assert convert(".", "-o", "out", "--baseline", "known.toml", cwd=tmp_path, PATH=str(tmp_path))[0] == 0


# Several image templates in one input


def listed(*names: str) -> list[dict[str, Any]]:
    return [{**TEMPLATE, "name": name} for name in names]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(listed("web", "db")),
        json.dumps({"value": listed("web", "db")}),
        deployment(*listed("web", "db")),
        deployment({**TEMPLATE, "name": "[createArray('web', 'db')[copyIndex()]]", "copy": {"name": "c", "count": 2}}),
    ],
    ids=["az image builder list", "REST", "resources", "copy"],
)
def test_each_image_template_of_an_input_becomes_a_build(tmp_path: Path, text: str) -> None:
    lay(tmp_path, list_json=text)
    status, _, stderr = convert("list.json", "-o", "out", cwd=tmp_path)
    assert status == 0
    assert files_in(tmp_path / "out") == {"web/build.pkr.hcl", "db/build.pkr.hcl"}
    assert "VM image db" in (tmp_path / "out/db/build.pkr.hcl").read_text(encoding="utf-8")
    assert re.search(r"^list\.json \(web\) +converted ", stderr, re.MULTILINE)
    assert stderr.splitlines()[-1].startswith("Converted 2 of 2 templates.")
    assert convert("list.json", "-o", "out", "--check", cwd=tmp_path)[0] == 0


@pytest.mark.parametrize("indent", [None, 2])
def test_a_finding_about_an_image_template_of_a_list_has_the_place_that_it_has_there(
    tmp_path: Path, indent: int | None
) -> None:
    wrong = [
        {**TEMPLATE, "name": name, "properties": {**TEMPLATE["properties"], "vmProfile": {"osDiskSizeGB": name}}}
        for name in "abc"
    ]
    text = json.dumps(wrong, indent=indent)
    lay(tmp_path, list_json=text)
    _, _, stderr = convert("list.json", "-o", "out", cwd=tmp_path)
    for number, line in enumerate(text.split("\n"), 1):
        for place in re.finditer(r'(?<="osDiskSizeGB": )"', line):
            assert f"list.json:{number}:{place.start() + 1}" in stderr


def test_below_a_folder_they_lie_in_the_folder_of_their_file_and_count_as_expected(tmp_path: Path) -> None:
    lay(tmp_path, in__list_json=json.dumps(listed("web", "db")), in__good_json=GOOD)
    assert convert("in", "-o", "out", cwd=tmp_path)[0] == 0
    assert files_in(tmp_path / "out") == {"list/web/build.pkr.hcl", "list/db/build.pkr.hcl", "t/build.pkr.hcl"}
    assert convert("in", "-o", "out", "--check", cwd=tmp_path)[0] == 0


def test_each_image_template_of_a_linked_template_beside_its_folder_becomes_a_build(tmp_path: Path) -> None:
    link = {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2022-09-01",
        "name": "images",
        "properties": {"mode": "Incremental", "templateLink": {"relativePath": "../parts/images.json"}},
    }
    lay(tmp_path, in__stack__main_json=deployment(link), in__parts__images_json=deployment(*listed("web", "db")))
    assert convert("in", "-o", "out", cwd=tmp_path)[0] == 0
    builds = {f"{folder}/{name}/build.pkr.hcl" for folder in ("stack/main", "parts/images") for name in ("web", "db")}
    assert files_in(tmp_path / "out") == builds


def test_image_templates_of_one_name_are_told_apart(tmp_path: Path) -> None:
    lay(tmp_path, list_json=json.dumps(listed("web", "Web", "../x")))
    assert convert("list.json", "-o", "out", cwd=tmp_path)[0] == 0
    assert files_in(tmp_path / "out") == {"web/build.pkr.hcl", "Web-2/build.pkr.hcl", "x/build.pkr.hcl"}
    status, hcl, _ = convert("list.json", "--name", "Web#2", cwd=tmp_path)
    assert status == 0
    assert hcl.startswith("# VM image Web,")


def test_on_standard_output_the_error_lists_the_names(tmp_path: Path) -> None:
    lay(tmp_path, list_json=json.dumps(listed("web", "db")))
    status, hcl, stderr = convert("list.json", cwd=tmp_path)
    assert (status, hcl) == (1, "")
    assert "the input holds 2 image templates: `web`, `db`" in stderr
    assert "--name NAME, or convert all of them, each into a folder of its own: -o DIR" in stderr


# Parameters files beside a template


def test_a_parameters_file_beside_a_template_is_named_when_it_is_not_used(tmp_path: Path) -> None:
    lay(tmp_path, web_json=SIZED, web_parameters_json=values(size="Standard_D4s_v5"))
    _, _, stderr = convert("web.json", cwd=tmp_path)
    assert "web.parameters.json: AIB2P461 note: " in stderr
    for used in (("-p", "web.parameters.json"), ("--parameters-beside",)):
        _, hcl, stderr = convert("web.json", *used, cwd=tmp_path)
        assert "AIB2P461" not in stderr
        assert '"Standard_D4s_v5"' in hcl
    lay(tmp_path, db_json=SIZED, web_prod_parameters_json=values(size="Standard_D8s_v5"))
    _, _, stderr = convert(".", "-o", "out", cwd=tmp_path)
    assert "    for web.parameters.json, web.prod.parameters.json\n" in stderr
    _, hcl, stderr = convert("web.json", "--parameters-beside", cwd=tmp_path)
    assert '"Standard_D4s_v5"' in hcl
    assert "AIB2P461 note: web.prod.parameters.json lies beside the template, but is not used" in stderr


def test_several_become_one_build_and_a_file_of_values_each(tmp_path: Path, packer: Packer) -> None:
    lay(tmp_path, web_json=SIZED)
    lay(tmp_path, web_parameters_dev_json=values(size="Standard_D2s_v5", owner="me"))
    lay(tmp_path, web_parameters_prod_json=values(size="Standard_D8s_v5", owner=""))
    status, _, stderr = convert("web.json", "-o", "out", "--parameters-beside", cwd=tmp_path)
    assert status == 0, stderr
    out = tmp_path / "out"
    assert "Standard_D2s_v5" in (out / "dev.pkrvars.hcl").read_text(encoding="utf-8")
    prod = (out / "prod.pkrvars.hcl").read_text(encoding="utf-8")
    assert '"Standard_D8s_v5"' in prod
    assert '\n# owner = "..."\n' in prod  # an empty value is none
    assert "Standard_D" not in (out / "build.pkr.hcl").read_text(encoding="utf-8")
    assert "-var-file=dev.pkrvars.hcl" in (out / "build.pkr.hcl").read_text(encoding="utf-8")
    page = (out / "MIGRATION.md").read_text(encoding="utf-8")
    assert "take `prod.pkrvars.hcl` instead of `dev.pkrvars.hcl`, and fill in what is open at its end." in page
    assert "# Fill in" not in page
    (out / "dev.auto.pkrvars.hcl").write_bytes((out / "dev.pkrvars.hcl").read_bytes())
    assert (verdict := packer.validate(out)).ok, verdict.output


def test_a_parameter_that_a_file_leaves_empty_is_open_even_with_a_default(tmp_path: Path, packer: Packer) -> None:
    text = json.loads(SIZED)
    text["parameters"]["size"]["defaultValue"] = "Standard_D2s_v5"
    lay(tmp_path, web_json=json.dumps(text))
    lay(tmp_path, web_parameters_dev_json=values(size="", owner="me"))
    lay(tmp_path, web_parameters_prod_json=values(size="Standard_D8s_v5", owner="me"))
    assert convert("web.json", "-o", "out", "--parameters-beside", cwd=tmp_path)[0] == 0
    dev, prod = ((tmp_path / f"out/{name}.pkrvars.hcl").read_text(encoding="utf-8") for name in ("dev", "prod"))
    assert dev.endswith(
        "\n# Open: the parameters file has no value for these.\n\n# How large the build VM is.\n"
        "# The parameters file leaves it empty. Without a value, the build uses the template's default.\n"
        '# size = "Standard_D2s_v5"\n'
    )
    assert "# Open" not in prod
    for name in ("MIGRATION.md", "build.pkr.hcl"):
        text = (tmp_path / "out" / name).read_text(encoding="utf-8")
        assert "# Fill in size at the end of dev.pkrvars.hcl.\n" in text
    assert "# dev.pkrvars.hcl gives values to owner.\n" in text
    assert "D2s_v5" in (tmp_path / "out/build.pkr.hcl").read_text(encoding="utf-8")
    done = run("audit", ".", "--parameters-beside", "-o", "r.json", cwd=tmp_path)
    assert [one["what"] for one in json.loads((tmp_path / "r.json").read_text())["byHand"]["Values"]] == ["size"], done
    (tmp_path / "out/dev.auto.pkrvars.hcl").write_text(dev, encoding="utf-8")
    assert (verdict := packer.validate(tmp_path / "out")).ok, verdict.output


@pytest.mark.parametrize("differ", [False, True])
def test_of_several_the_one_without_an_environment_is_called_default_and_no_pipeline_runs_it(
    tmp_path: Path, *, differ: bool
) -> None:
    text = SIZED
    if differ:
        source = {**TEMPLATE["properties"]["source"], "type": "[parameters('kind')]"}
        text = deployment({**TEMPLATE, "properties": {**TEMPLATE["properties"], "source": source}}, kind={"type": "string"})
    given = values(kind="PlatformImage") if differ else values(size="Standard_D2s_v5", owner="me")
    lay(tmp_path, in__web_json=text, in__web_parameters_json=given, in__web_parameters_prod_json=given)
    status, _, stderr = convert("in", "-o", "out", "--parameters-beside", cwd=tmp_path)
    assert status == 0, stderr
    told = "web.parameters.json names no environment: it becomes `default`, which no pipeline runs"
    assert told in " ".join(stderr.split())
    assert (tmp_path / "out/t" / ("default/build.pkr.hcl" if differ else "default.pkrvars.hcl")).exists()
    jobs = json.loads((tmp_path / "out/pipelines/builds.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in jobs] == ["t-prod"]
    if not differ:
        page = (tmp_path / "out/t/MIGRATION.md").read_text(encoding="utf-8")
        assert "take `default.pkrvars.hcl` instead of `prod.pkrvars.hcl`" in page


@pytest.mark.parametrize("used", [("--parameters-beside",), ("-p", "web.parameters.json")])
def test_what_the_only_parameters_file_leaves_empty_is_open_and_what_set_gives_empty_is_not(
    tmp_path: Path, used: tuple[str, ...]
) -> None:
    lay(tmp_path, web_json=SIZED, web_parameters_json=values(size="", owner="me"))
    assert convert("web.json", "-o", "out", *used, cwd=tmp_path)[0] == 0
    assert '\n# size = "..."\n' in (tmp_path / "out/example.pkrvars.hcl").read_text(encoding="utf-8")
    assert "size" not in (tmp_path / "out/t.auto.pkrvars.hcl").read_text(encoding="utf-8")
    run("audit", "web.json", *used, "-o", "r.json", cwd=tmp_path)
    assert [one["what"] for one in json.loads((tmp_path / "r.json").read_text())["byHand"]["Values"]] == ["size"]
    assert convert("web.json", "-o", "set", *used, "--set", "size=", cwd=tmp_path)[0] == 0
    assert "size" in (tmp_path / "set/t.auto.pkrvars.hcl").read_text(encoding="utf-8")
    assert not (tmp_path / "set/example.pkrvars.hcl").exists()


def test_environments_whose_builds_differ_get_a_build_each(tmp_path: Path) -> None:
    source = {**TEMPLATE["properties"]["source"], "type": "[parameters('kind')]"}
    text = deployment({**TEMPLATE, "properties": {**TEMPLATE["properties"], "source": source}}, kind={"type": "string"})
    lay(tmp_path, web_json=text)
    for name in ("dev", "prod"):
        (tmp_path / f"web.parameters.{name}.json").write_text(values(kind="PlatformImage"), encoding="utf-8")
    status, _, stderr = convert("web.json", "-o", "out", "--parameters-beside", cwd=tmp_path)
    assert status == 0, stderr
    assert files_in(tmp_path / "out") == {"dev/build.pkr.hcl", "prod/build.pkr.hcl"}


def test_a_build_with_open_values_shows_which_and_is_run_with_a_file_of_them(tmp_path: Path, packer: Packer) -> None:
    lay(tmp_path, web_json=SIZED)
    assert convert("web.json", "-o", "out", cwd=tmp_path)[0] == 0
    example = (tmp_path / "out/example.pkrvars.hcl").read_text(encoding="utf-8")
    assert '\n# How large the build VM is. Whoever runs Packer gives it.\n# size = "..."\n' in example
    assert "-var-file=values.pkrvars.hcl" in (tmp_path / "out/build.pkr.hcl").read_text(encoding="utf-8")
    refused = packer.validate(tmp_path / "out")
    assert not refused.ok
    filled = re.sub(r'^# (\w+) = "\.\.\."$', r'\1 = "x"', example, flags=re.MULTILINE)
    (tmp_path / "out/values.auto.pkrvars.hcl").write_text(filled, encoding="utf-8")
    assert (verdict := packer.validate(tmp_path / "out")).ok, verdict.output


def test_a_long_list_of_values_is_no_long_command_on_standard_output_either(tmp_path: Path) -> None:
    names = [f"value{number}" for number in range(8)]
    tags = {name: f"[parameters('{name}')]" for name in names}
    lay(tmp_path, web_json=deployment({**TEMPLATE, "tags": tags}, **{name: {"type": "string"} for name in names}))
    done = run("convert", "web.json", cwd=tmp_path)
    head = done.stdout.decode().partition("\n\n")[0]
    assert max(map(len, head.splitlines())) <= 128
    assert all(name in head for name in names)


# How it feels


@pytest.mark.parametrize("command", [(), ("convert",), ("audit",), ("explain",), ("next-version",)])
def test_a_short_option_shows_the_help(command: tuple[str, ...]) -> None:
    short, long = (run(*command, option) for option in ("-h", "--help"))
    assert short.returncode == 0
    assert short.stdout == long.stdout != b""
    assert b"aib2packer " in short.stdout.partition(b"\n\n")[2]  # there is an example


@pytest.mark.parametrize(
    "name", ["build.tf", "out.json", "x/main.bicep", "foo.hcl", "foo.hcl2", "foo.pkr.json", "foo.pkr.hcl.txt"]
)
def test_an_output_that_cannot_be_meant_is_asked_about(tmp_path: Path, name: str) -> None:
    lay(tmp_path, web_json=GOOD)
    status, _, stderr = convert("web.json", "-o", name, cwd=tmp_path)
    assert status == 2
    stem = name.rpartition(".")[0].removesuffix(".hcl").removesuffix(".pkr")
    assert f"Did you mean {stem}.pkr.hcl, or the folder {name}/?" in " ".join(stderr.split())
    several = convert(".", "-o", name, cwd=tmp_path)[2]
    assert f"Did you mean the folder {name}/?" in " ".join(several.split())
    assert not (tmp_path / name).exists()
    assert convert("web.json", "-o", f"{name}/", cwd=tmp_path)[0] == 0


def test_a_loss_beside_the_settings_does_not_contradict_their_count(tmp_path: Path) -> None:
    trigger = {
        "type": f"{TEMPLATE['type']}/triggers",
        "apiVersion": "2022-07-01",
        "name": "t/src",
        "properties": {"kind": "SourceImage"},
    }
    lay(tmp_path, web_json=deployment(TEMPLATE, trigger))
    _, _, stderr = convert("web.json", cwd=tmp_path)
    assert re.search(r"^Converted with 1 loss, .*settings converted, 1 lost\.$", stderr, re.MULTILINE)


@pytest.mark.parametrize(
    ("template", "what"),
    [
        (Template("web.json", Path("web.json"), PurePosixPath()), "web.json"),
        (Template("web.bicep", Path("web.bicep"), PurePosixPath()), "building web.bicep"),
        (Template("/subscriptions/s/web", None, PurePosixPath(), resource="/subscriptions/s/web"), "waiting for az: web"),
    ],
)
def test_progress_names_what_is_waited_for(template: Template, what: str) -> None:
    assert doing(template) == what


class Terminal(StringIO):
    """What is written to a terminal."""

    def isatty(self) -> bool:
        """It is one."""
        return True


@pytest.mark.parametrize("columns", [46, 80])
def test_a_bar_names_where_is_fetched_from_and_no_secret(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("COLUMNS", str(columns))
    uris = ["https://me:secret@a.example.com/x.sh?sig=secret", "https://b.example.com/y.sh", "x:y"]
    with fetching(uris, quiet=False) as advance:
        advance()
    assert ("a.example.com and 1 more" in terminal.getvalue()) is (columns == 80)
    assert "secret" not in terminal.getvalue()
    lines = re.split(r"[\r\n]", re.sub(r"\x1b\[[?\d]*\w", "", terminal.getvalue()))
    assert max(map(len, lines)) < columns


@pytest.mark.parametrize("columns", [20, 46, 80, 200])
def test_the_line_of_progress_is_never_longer_than_the_terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    names = [f"{'folder/' * count}{count}.json" for count in range(40)]
    with progress(names, lambda name: name or "", quiet=False, label="Converting") as running:
        assert list(running) == names
    lines = re.split(r"[\r\n]", re.sub(r"\x1b\[[?\d]*\w", "", terminal.getvalue()))
    assert max(map(len, lines)) < columns
    assert any(line.rstrip().endswith("/39.json") for line in lines) is (columns > 60)
