"""The files for people in the folder of a build: the page about it, and starter pipelines."""

import json
import re
import shlex
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from markdown_it import MarkdownIt

from aib2packer import Auth, Options, OsType
from aib2packer.guide import cut_over
from tests.cases import CASES, GOLDEN, convert_case
from tests.cases.templates import GALLERY_TARGET, WINDOWS, convert_json, template
from tests.cases.variables import required_variables
from tests.lab.judge import Packer

FOLDER = Options(side_files=True)
LINUX_FOLDER = Options(side_files=True, os_type=OsType.LINUX)
ON_SUBMISSION = {"autoRun": {"state": "Enabled"}}
CASES_WITH_FOLDER = [case for case in CASES if case.startswith("folder-")]
CASES_WITH_PIPELINES = ["folder-auto-run", "folder-everything", "folder-trigger"]


def page_of(value: Any, options: Options = FOLDER) -> str:  # noqa: ANN401 - JSON
    return convert_json(value, options).files["MIGRATION.md"].decode()


def section(page: str, title: str) -> str:
    return page.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def commands(page: str, language: str = "sh") -> list[str]:
    """All commands in blocks of code."""
    return [line for token in MarkdownIt().parse(page) if token.info == language for line in token.content.splitlines() if line]


def schema(name: str) -> Draft7Validator:
    return Draft7Validator(json.loads(files("check_jsonschema").joinpath(f"builtin_schemas/vendor/{name}.json").read_text()))


@pytest.mark.parametrize("case", CASES_WITH_PIPELINES)
@pytest.mark.parametrize("system", ["github-workflows", "azure-pipelines"])
def test_pipelines_are_what_their_system_takes(case: str, system: str) -> None:
    name = {"github-workflows": "github-actions", "azure-pipelines": "azure-pipelines"}[system]
    text = convert_case(case).files[f"pipelines/{name}.yml"].decode()
    pipeline = yaml.load(text, Loader=_Yaml12)  # noqa: S506 - a safe loader

    errors = schema(system).iter_errors(_texts(pipeline) if system == "azure-pipelines" else pipeline)
    assert [error.message for error in errors] == []


def _texts(value: Any) -> Any:  # noqa: ANN401 - YAML
    """Scalars as texts, as the schema of Azure Pipelines has them everywhere but in the inputs of tasks."""
    match value:
        case dict():
            return {key: item if key == "inputs" else _texts(item) for key, item in value.items()}
        case list():
            return [_texts(item) for item in value]
        case _:
            return str(value).lower() if isinstance(value, bool | int) else value


class _Yaml12(yaml.SafeLoader):
    """YAML 1.2, where `on` is a word: what both systems read."""


_Yaml12.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not (tag.endswith(":bool") and first in set("yYnNoO"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@pytest.mark.parametrize("auth", list(Auth))
def test_a_pipeline_gives_the_build_every_value_that_it_needs(auth: Auth) -> None:
    value = template(properties={**ON_SUBMISSION, "vmProfile": {"vmSize": "<size>"}})
    conversion = convert_json(value, Options(side_files=True, auth=auth))

    assert conversion.hcl is not None
    needed = {f"PKR_VAR_{name}" for name in required_variables(conversion.hcl) if name != "subscription_id"}
    pipelines = {path: yaml.safe_load(data) for path, data in conversion.files.items() if path.startswith("pipelines/")}
    assert set(pipelines["pipelines/github-actions.yml"]["jobs"]["build"]["env"]) >= needed
    assert set(pipelines["pipelines/azure-pipelines.yml"]["jobs"][0]["steps"][-1]["env"]) >= needed


def test_what_is_built_on_request_has_no_pipeline() -> None:
    assert not [path for path in convert_json(template(), FOLDER).files if path.startswith("pipelines/")]


def test_on_standard_output_there_is_nothing_beside_the_build() -> None:
    assert convert_json(template(properties=ON_SUBMISSION)).files == {}


@pytest.mark.parametrize("case", CASES_WITH_FOLDER)
def test_the_commands_of_the_page_are_valid(case: str, packer: Packer, tmp_path: Path) -> None:
    conversion = convert_case(case)
    assert conversion.hcl is not None
    page = conversion.files["MIGRATION.md"].decode()
    for path, data in {**conversion.files, "build.pkr.hcl": conversion.hcl.encode()}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)

    exported = set(re.findall(r"export PKR_VAR_(\w+)", page))
    exported |= {"subscription_id"} if "\nexport ARM_SUBSCRIPTION_ID=" in page else set()
    for line in (
        line for line in commands(page) if line.startswith("packer validate")
    ):  # as in a fresh checkout: nothing is built
        target = shlex.split(line)[-1]
        given = dict(re.findall(r"-var (\w+)=(\S+)", line))
        made_up = {name: value for name, value in given.items() if value != "..."}
        values = required_variables((tmp_path / target / "build.pkr.hcl").read_text())
        example = conversion.files.get("example.pkrvars.hcl", b"").decode() if "-var-file=values.pkrvars.hcl" in line else ""
        assert set(values) <= {*given, *exported, *re.findall(r"^# (\w+) = ", example, re.MULTILINE)}
        assert set(given) <= {*values, *made_up}
        assert (verdict := packer.validate(tmp_path / target, {**values, **made_up})).ok, verdict.output


def test_the_validation_build_is_checked_before_there_is_an_image(packer: Packer, tmp_path: Path) -> None:
    validators = {"inVMValidations": [{"type": "Shell", "name": "works", "inline": ["true"]}]}
    gallery = {**GALLERY_TARGET, "galleryImageId": GALLERY_TARGET["galleryImageId"].partition("/versions")[0]}
    conversion = convert_json(template(properties={**ON_SUBMISSION, "validate": validators}, distribute=[gallery]), FOLDER)
    for path, data in conversion.files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)

    [of_page] = [
        line for line in commands(conversion.files["MIGRATION.md"].decode()) if re.match("packer validate.* validate$", line)
    ]
    pipelines = [data.decode() for path, data in conversion.files.items() if path.startswith("pipelines/")]
    made_up = dict(re.findall(r"-var (\w+)=(\d\S*)", of_page))
    assert made_up
    assert all(f"packer validate -var image_version={made_up['image_version']} validate" in text for text in pipelines)
    values = {"subscription_id": "11111111-1111-1111-1111-111111111111"}
    assert (verdict := packer.validate(tmp_path / "validate", {**values, **made_up})).ok, verdict.output
    assert not packer.validate(tmp_path / "validate", values).ok


def test_the_command_that_counts_versions_on_has_all_that_it_needs_in_the_shell() -> None:
    whole = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {"gallery": {"type": "string"}},
        "resources": [
            template(
                properties=ON_SUBMISSION,
                distribute=[
                    {
                        **GALLERY_TARGET,
                        "galleryImageId": "[resourceId('Microsoft.Compute/galleries/images', parameters('gallery'), 'web')]",
                    }
                ],
            )
        ],
    }
    conversion = convert_json(whole, Options(side_files=True, settings=("gallery=golden",)))
    assert conversion.hcl is not None
    page, github = conversion.files["MIGRATION.md"].decode(), conversion.files["pipelines/github-actions.yml"].decode()

    [counting] = [line for line in commands(page) if "next-version" in line]
    before = commands(page)[: commands(page).index(counting)]
    named = re.findall(r"\$(\w+)", counting)
    assert named == ["subscription_id", "resource_group_name", "gallery"]
    assert before[-3:] == ["subscription_id=...", "resource_group_name=...", "gallery=golden"]
    assert "#   subscription_id=... resource_group_name=... gallery=golden\n" in conversion.hcl
    in_pipeline = 'subscription_id="$ARM_SUBSCRIPTION_ID" resource_group_name="$PKR_VAR_resource_group_name" gallery=golden'
    assert f"      #   {in_pipeline}\n" in github


def test_a_template_without_a_name_has_a_page_without_one() -> None:
    value = template()
    del value["name"]
    assert page_of(value).startswith("# VM image\n")


@pytest.mark.parametrize(
    ("uri", "server"),
    [
        ("https://example.com/a.sh", "| example.com | 443 |"),
        ("http://example.com/a.sh", "| example.com | 80 |"),
        ("https://example.com:8443/a.sh", "| example.com | 8443 |"),
    ],
)
def test_the_page_names_the_port_of_a_download(uri: str, server: str) -> None:
    assert server in page_of(template(customize=[{"type": "Shell", "scriptUri": uri}]))


@pytest.mark.parametrize("case", CASES_WITH_FOLDER)
def test_every_loss_and_change_is_on_the_page(case: str) -> None:
    conversion = convert_case(case)
    page = conversion.files["MIGRATION.md"].decode()

    kinds = re.split(r"^- \*\*.*\((AIB2P\d+)\)$", page, flags=re.MULTILINE)
    places = [
        (code, *place)
        for code, text in zip(kinds[1::2], kinds[2::2], strict=True)
        for place in re.findall(r":(\d+):(\d+)`", text)
    ]
    assert sorted(places) == sorted(
        (finding.code.id, str(finding.span.position[0]), str(finding.span.position[1])) for finding in conversion.findings
    )


def test_values_that_were_given_lie_beside_the_build_and_are_not_asked_for(packer: Packer, tmp_path: Path) -> None:
    conversion = convert_case("arm-values-folder")
    assert conversion.hcl is not None
    (tmp_path / "build.pkr.hcl").write_text(conversion.hcl)
    (tmp_path / "web.auto.pkrvars.hcl").write_bytes(conversion.files["web.auto.pkrvars.hcl"])
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/generalize.sh").write_bytes(conversion.files["scripts/generalize.sh"])

    example = conversion.files.get("example.pkrvars.hcl", b"").decode()
    asked = {*re.findall(r"export PKR_VAR_(\w+)", conversion.hcl), *re.findall(r"^# (\w+) = ", example, re.MULTILINE)}
    values = dict.fromkeys(asked, "22222222-2222-2222-2222-222222222222")
    assert "team" not in values
    assert packer.validate(tmp_path, values).ok
    assert not packer.validate(tmp_path / "build.pkr.hcl", values).ok  # of a file Packer does not read them


@pytest.mark.parametrize("name", ["a`b``c", "a|b", "a\nb", "# a", "&lt;b", "[x](y)", "a_b_ *c*"])
def test_no_name_breaks_the_page_or_a_pipeline(name: str) -> None:
    value = template(
        name=name,
        properties=ON_SUBMISSION,
        customize=[{"type": "Shell", "name": name, "scriptUri": f"https://example.com/{name}.sh"}],
        distribute=[{**GALLERY_TARGET, "galleryImageId": GALLERY_TARGET["galleryImageId"].replace("/golden/", f"/{name}/")}],
    )
    conversion = convert_json(value, FOLDER)
    assert conversion.hcl is not None
    page, github = conversion.files["MIGRATION.md"].decode(), conversion.files["pipelines/github-actions.yml"].decode()

    plain = page_of(template(properties=ON_SUBMISSION, customize=[{"type": "Shell", "scriptUri": "https://example.com/a.sh"}]))
    assert re.findall(r"^## .*", page, re.MULTILINE) == re.findall(r"^## .*", plain, re.MULTILINE)
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(page)
    heading = tokens[1]
    assert "".join(child.content for child in heading.children or ()) == f"VM image {name}".replace("\n", "\\n")
    assert not {"html_block", "html_inline", "link_open", "em_open"} & {
        part.type for token in tokens for part in (token, *(token.children or ()))
    }
    assert yaml.safe_load(github)["jobs"]


def test_no_secret_stands_on_the_page() -> None:
    uri = "https://a.blob.core.windows.net/c/x.sh?sv=2020&sig=c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmU%3D"
    conversion = convert_json(template(customize=[{"type": "Shell", "scriptUri": uri}]), FOLDER)

    assert all(b"c2VjcmV0" not in data for data in conversion.files.values())
    assert "export PKR_VAR_a_sas_token='...'" in conversion.files["MIGRATION.md"].decode()


def test_the_page_names_the_input_without_its_folders() -> None:
    assert "`<stdin>`" in page_of(template())
    from aib2packer import convert

    page = convert(json.dumps(template()), file="/home/somebody/images/web.json", options=FOLDER).files["MIGRATION.md"].decode()
    assert "somebody" not in page
    assert "`web.json`" in page


def test_windows_has_commands_of_its_own_where_nothing_is_fetched() -> None:
    assert "$env:PKR_VAR_" not in page_of(template(source=WINDOWS, customize=[{"type": "WindowsRestart"}]))
    fetched = [{"type": "PowerShell", "scriptUri": "https://example.com/a.ps1"}]

    assert commands(page_of(template(source=WINDOWS, customize=[{"type": "WindowsRestart"}])), "powershell")
    assert not commands(page_of(template(source=WINDOWS, customize=fetched)), "powershell")


def test_rights_are_given_for_the_scopes_that_are_known() -> None:
    rights = section(page_of(template()), "Rights")

    assert f"--scope {GALLERY_TARGET['galleryImageId'].partition('/images/')[0]}" in rights
    assert "| Compute Gallery Artifacts Publisher | the gallery `golden` |" in rights
    opaque = [{**GALLERY_TARGET, "galleryImageId": "<image-id>"}]
    of_gallery = section(page_of(template(distribute=opaque)), "Rights")
    assert 'image_id=...\nimage_id_field_3=$(echo "$image_id" | cut -d / -f 3)\n' in of_gallery
    assert '/resourceGroups/$image_id_field_5/providers/Microsoft.Compute/galleries/$image_id_field_9"' in of_gallery


@pytest.mark.parametrize(
    ("uri", "name", "account"),
    [
        (None, "vhd_storage_account", '"$vhd_storage_account"'),
        ("[parameters('uri')]", "uri", '"$(echo "$uri" | cut -d/ -f3 | cut -d. -f1)"'),
        ("[format('https://{0}.blob.core.windows.net/vhds/web.vhd', parameters('a'))]", "a", '"$a"'),
    ],
)
def test_the_account_of_a_vhd_has_roles_also_where_its_name_is_a_variable(uri: str | None, name: str, account: str) -> None:
    vhd = {"type": "VHD", "runOutputName": "vhd"} | ({} if uri is None else {"uri": uri})
    declared = {} if uri is None else {"parameters": {name: {"type": "string"}}}
    rights = section(page_of({**declared, "resources": [template(distribute=[vhd])]}), "Rights")

    assert f"\n{name}=...\n" in rights
    for role in ("Reader", "Storage Blob Data Contributor"):
        assert f'--role "{role}" --scope "$(az storage account show --name {account} --query id --output tsv)"\n' in rights
    assert "A scope that only the build knows" not in rights


def test_what_validators_fetch_needs_rights_network_and_an_entry_in_gitignore() -> None:
    validators = [{"type": "Shell", "scriptUri": "https://tests.blob.core.windows.net/scripts/check.sh"}]
    conversion = convert_json(template(properties={"validate": {"inVMValidations": validators}}), FOLDER)
    page = conversion.files["MIGRATION.md"].decode()

    assert "| Storage Blob Data Reader | the blobs of the storage account `tests` |" in section(page, "Rights")
    assert "| Packer | tests.blob.core.windows.net | 443 |" in section(page, "Network")
    assert "Run this in this folder, on Linux." in page
    assert b"downloads/" in conversion.files[".gitignore"]


def test_a_pipeline_checks_the_validation_build_before_there_is_an_image() -> None:
    pipeline = yaml.safe_load(convert_case("folder-everything").files["pipelines/github-actions.yml"])

    runs = [step["run"] for step in pipeline["jobs"]["build"]["steps"] if "run" in step]
    assert [" ".join(run.split()[-2:]) for run in runs[1:]] == [
        "validate .",
        "image_version=1.0.0 validate",
        "-on-error=abort .",
        "-on-error=abort validate",
    ]


def test_what_the_azure_cli_tags_and_where_a_vhd_goes_have_rights_of_their_own() -> None:
    rights = section(convert_case("folder-everything").files["MIGRATION.md"].decode(), "Rights")

    assert "| Tag Contributor | the gallery `golden` |" in rights
    assert "| Reader | the storage account `contoso` |" in rights
    assert "Tag Contributor" not in page_of(template())


def test_what_was_fetched_when_converting_needs_no_network() -> None:
    page = convert_case("fetch-linux").files["MIGRATION.md"].decode()

    assert "fetches scripts and files" not in section(page, "Network")
    assert "`SHA256SUMS`" in page


@pytest.mark.parametrize("autocrlf", ["true", "input"])
def test_git_changes_no_line_ends_of_what_the_vm_gets(autocrlf: str, tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", "-C", tmp_path, "-c", f"core.autocrlf={autocrlf}", *arguments], check=True, capture_output=True)

    written = {
        path: data for path, data in convert_case("fetch-windows").files.items() if path.startswith((".git", "files", "scr"))
    }
    written["files/lf.txt"], written["files/crlf.txt"] = b"a\nb\n", b"a\r\nb\r\n"
    for path, data in written.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(data)
    git("init")
    git("add", ".")
    for path in written:
        if not path.startswith("."):
            (tmp_path / path).unlink()
    git("checkout-index", "--all", "--force")

    assert {path: (tmp_path / path).read_bytes() for path in written} == written


def test_git_is_told_so_wherever_there_are_such_files() -> None:
    assert ".gitattributes" in convert_json(template(), FOLDER).files
    assert ".gitattributes" in convert_case("validation-folder").files


def test_what_only_the_deployment_calls_by_name_is_called_by_its_kind() -> None:
    gallery = {"type": "Microsoft.Compute/galleries", "apiVersion": "2023-07-03", "name": "[parameters('g')]"}
    value = {"parameters": {"g": {"type": "string"}}, "resources": [template(), gallery, {**gallery, "name": "golden"}]}

    page = page_of(value)
    assert "his template also deploys a gallery and the gallery golden: Packer" in page


def test_an_image_that_is_made_on_the_way_needs_a_right_to_its_resource_group() -> None:
    source = {"type": "ManagedImage", "imageId": GALLERY_TARGET["galleryImageId"].partition("/galleries/")[0] + "/images/base"}

    assert "| Contributor | the resource group `images` | makes a managed image on the way" in page_of(
        template(source=source), LINUX_FOLDER
    )


def test_the_validating_build_says_that_its_files_were_fetched() -> None:
    uri = "https://example.com/check.sh"
    value = template(properties={"validate": {"inVMValidations": [{"type": "Shell", "scriptUri": uri}]}})
    files = convert_json(value, Options(side_files=True, assets={uri: b"true\n"})).files

    assert "validate/SHA256SUMS" in files
    assert b"`sha256sum --check SHA256SUMS`" in files["validate/build.pkr.hcl"]


def test_the_validating_build_needs_no_right_to_what_it_does_not_make() -> None:
    header = convert_case("folder-everything").files["validate/build.pkr.hcl"].decode().partition("packer {")[0]

    assert "the gallery" in header
    assert "storage account" not in header
    assert "managed image" not in header


@pytest.mark.parametrize(
    ("parameter", "minutes", "page", "pipeline"),
    [
        ({"type": "int"}, "[parameters('minutes')]", "timeout ...m packer", 'timeout "${PKR_VAR_minutes}m" packer'),
        ({"type": "int", "defaultValue": 90}, "[parameters('minutes')]", "timeout 90m", '"${PKR_VAR_minutes:-90}m" packer'),
        ({"type": "int"}, "[add(parameters('minutes'), 1)]", "timeout ...m packer", "run: packer build"),
    ],
)
def test_the_time_of_a_build_that_a_variable_says_is_no_number_of_ours(
    parameter: Any,  # noqa: ANN401 - JSON
    minutes: str,
    page: str,
    pipeline: str,
) -> None:
    resource = template(properties={**ON_SUBMISSION, "buildTimeoutInMinutes": minutes})
    files = convert_json({"parameters": {"minutes": parameter}, "resources": [resource]}, FOLDER).files
    told = files["MIGRATION.md"].decode()

    assert page in told
    assert "Give timeout the minutes of the build: var.minutes" in told
    assert pipeline in files["pipelines/github-actions.yml"].decode()
    assert all("240m" not in data.decode() for data in files.values())


def test_no_command_hides_that_the_one_within_it_fails() -> None:
    hiding = re.compile(r"\b(?:export|local|readonly|declare|typeset)\b[^\n;&|]*=[\"']?\$\(")
    written = (path for path in GOLDEN.rglob("*") if path.suffix in {".md", ".yml", ".sh", ".hcl", ".txt", ".ps1"})

    assert [str(path.relative_to(GOLDEN)) for path in written if hiding.search(path.read_text(errors="replace"))] == []


IMAGES = GALLERY_TARGET["galleryImageId"].rpartition("/images/")[0] + "/images"


@pytest.mark.parametrize(
    ("definition", "given"),
    [
        (f"{IMAGES}/', parameters('n'))]", "n='web'"),
        ("', parameters('n'))]", f"n='{IMAGES}/web'"),
    ],
)
def test_who_uses_an_image_is_asked_also_where_its_name_is_a_variable(definition: str, given: str, tmp_path: Path) -> None:
    late = [{**GALLERY_TARGET, "galleryImageId": f"[concat('{definition}"}]
    known = [{**GALLERY_TARGET, "galleryImageId": f"{IMAGES}/web"}]
    value = {"parameters": {"n": {"type": "string"}}, "resources": [template(distribute=late)]}

    queries = []
    for page, line in ((page_of(value), given), (page_of(template(distribute=known)), "")):
        (query,) = re.findall(r"^cat > consumers\.kql.*?^EOF$", page, re.MULTILINE | re.DOTALL)
        fill = "\n".join(re.findall(r"^\w+_field_\d+=.*", section(page, "Cut-over"), re.MULTILINE))
        subprocess.run(["bash", "-euc", f"{line}\n{fill}\n{query}"], cwd=tmp_path, check=True, timeout=60)
        queries.append((tmp_path / "consumers.kql").read_text(encoding="utf-8"))

    assert queries[0] == queries[1]
    assert "images/(?:web)" in queries[0]


def test_a_query_says_what_image_it_does_not_ask_for() -> None:
    assert cut_over.find_consumers((), [("galleries/{}/images/{}", "golden", "...")]) == (
        "# An image whose name is only known when Packer runs is not in the query.",
    )
