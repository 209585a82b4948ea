"""The pipelines of an estate: judged by actionlint, the schema of Azure Pipelines and ShellCheck, and their scripts run."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cases import GOLDEN
from tests.estate.runs import convert, image, lay
from tests.lab.judge import Packer, home
from tests.lab.recorders import run_recorded, write_programs

ESTATE = GOLDEN / "estate"


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    """A repository with the estate in it, and programs that only record."""
    write_programs(tmp_path / "programs")
    shutil.copytree(ESTATE, tmp_path / "repository/builds")
    git(tmp_path / "repository", "init", "-q", "-b", "main")
    commit(tmp_path / "repository")
    return tmp_path / "repository/builds"


def git(folder: Path, *arguments: str) -> str:
    """Run git."""
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, encoding="utf-8", timeout=60).stdout.strip()


def commit(folder: Path) -> str:
    """Commit everything; gives the commit."""
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "-q", "--allow-empty", "-m", "x")
    return git(folder, "rev-parse", "HEAD")


def script(estate: Path, name: str, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """Run one of the scripts: exit status, output, and the calls of programs."""
    command = ["bash", str(estate / "pipelines" / name), *arguments]
    ran = run_recorded(command, estate.parent.parent / "programs", estate.parent, environment)
    return ran.status, ran.stdout + ran.stderr, "".join(f"{call}\n" for call in ran.calls)


def picked(estate: Path, **environment: str) -> dict[str, str]:
    """What GitHub Actions is told to build, with the versions."""
    output = estate.parent.parent / "output"
    output.write_text("")
    status, said, _ = script(estate, "pick.sh", GITHUB_OUTPUT=str(output), GITHUB_REPOSITORY="o/r", **environment)
    assert status == 0, said
    name, _, text = output.read_text().partition("=")
    assert name == "builds"
    return {one["name"]: one["version"] for one in json.loads(text)}


AZURE = {
    "SYSTEM_ACCESSTOKEN": "t",
    "SYSTEM_COLLECTIONURI": "https://dev.azure.com/o/",
    "SYSTEM_TEAMPROJECTID": "p",
    "SYSTEM_DEFINITIONID": "7",
    "BUILD_SOURCEBRANCH": "refs/heads/main",
}


def test_by_hand_all_are_built_or_the_one_that_is_named(estate: Path) -> None:
    names = {one["name"] for one in json.loads((estate / "pipelines/builds.json").read_bytes())}

    assert set(picked(estate, EVENT="workflow_dispatch", BUILD="all")) == names
    assert picked(estate, EVENT="workflow_dispatch", BUILD="linux-web") == {"linux-web": "1.2.3"}  # the schedule knows it then
    assert picked(estate, EVENT="workflow_dispatch", BUILD="linux-web", NEWEST="") == {"linux-web": ""}

    status, said, _ = script(estate, "pick.sh", EVENT="workflow_dispatch", BUILD="web", GITHUB_OUTPUT="/dev/null")
    assert status == 1
    assert f"No build is called web. There are: {', '.join(sorted(names))}" in said


def test_more_builds_than_a_matrix_may_have_are_told_before_any_runs(estate: Path, tmp_path: Path) -> None:
    pick, output = estate / "pipelines/pick.sh", tmp_path / "output"
    text = pick.read_text()
    assert [text.count(words) for words in ("$count -gt 256 ]", "GitHub runs 256 jobs of a matrix at most")] == [1, 1]
    pick.write_text(text.replace("256", "4"))  # jq takes a while, for each of so many
    assert len(json.loads((estate / "pipelines/builds.json").read_bytes())) == 5

    status, said, _ = script(estate, "pick.sh", EVENT="workflow_dispatch", BUILD="all", GITHUB_OUTPUT=str(output))

    assert status == 1
    assert "GitHub runs 4 jobs of a matrix at most, and these are 5" in said
    assert not output.exists()


def test_a_push_builds_what_has_changed_of_what_is_built_then(estate: Path) -> None:
    before = commit(estate)
    (estate / "linux/base/build.pkr.hcl").write_text("# changed\n")
    middle = commit(estate)
    (estate / "linux/web/build.pkr.hcl").write_text("# changed\n")
    commit(estate)

    assert set(picked(estate, EVENT="push", BEFORE=before)) == {"linux-web"}
    assert set(picked(estate, EVENT="push", BEFORE="0" * 40)) == {"linux-web"}
    git(estate, "checkout", "-q", middle)
    assert picked(estate, EVENT="push", BEFORE=before) == {}


def test_a_schedule_builds_what_has_a_version_that_nothing_was_built_from(estate: Path) -> None:
    assert picked(estate, EVENT="schedule", SCHEDULE="17 3 * * *") == {"linux-base": "1.2.3", "linux-web": "1.2.3"}
    assert picked(estate, EVENT="schedule", SCHEDULE="17 3 * * *", KNOWN="1") == {}


@pytest.mark.parametrize("schedule", ["0 0 * * *", ""])
def test_a_schedule_that_no_build_is_on_fails_with_those_that_there_are(estate: Path, schedule: str) -> None:
    status, said, _ = script(estate, "pick.sh", EVENT="schedule", SCHEDULE=schedule, GITHUB_OUTPUT="/dev/null")

    assert status == 1
    assert f"on the schedule {schedule or 'that has no name'}. There are: 17 3 * * *" in said


def test_azure_pipelines_are_told_the_same(estate: Path) -> None:
    status, said, _ = script(estate, "pick.sh", EVENT="Schedule", SCHEDULE="17 3 * * *", **AZURE)
    assert status == 0
    assert "##vso[task.setvariable variable=builds;isOutput=true] linux-base linux-web \n" in said
    assert "##vso[task.setvariable variable=version_linux_base;isOutput=true]1.2.3\n" in said

    _, said, calls = script(estate, "pick.sh", EVENT="Schedule", SCHEDULE="17 3 * * *", KNOWN="1", **AZURE)
    assert "variable=builds;isOutput=true]  \n" in said
    assert "tagFilters=source-linux-base-1.2.3" in calls

    before = commit(estate)
    (estate / "estate.pkrvars.hcl").write_text("# changed\n")
    commit(estate)
    _, said, _ = script(estate, "pick.sh", EVENT="IndividualCI", BEFORE=before, **AZURE)
    assert "variable=builds;isOutput=true] linux-web \n" in said


def test_a_pipeline_of_one_build_picks_no_other(estate: Path) -> None:
    assert picked(estate, EVENT="workflow_dispatch", ONLY="linux-web") == {"linux-web": "1.2.3"}
    assert picked(estate, EVENT="push", ONLY="linux-base", BEFORE="0" * 40) == {}
    assert picked(estate, EVENT="schedule", ONLY="linux-base", SCHEDULE="17 3 * * *") == {"linux-base": "1.2.3"}
    assert picked(estate, EVENT="schedule", ONLY="linux-base", SCHEDULE="17 3 * * *", KNOWN="1") == {}


def test_a_pipeline_of_one_build_may_have_another_schedule_but_not_a_build_that_is_not_there(estate: Path) -> None:
    assert picked(estate, EVENT="schedule", ONLY="linux-base", SCHEDULE="0 5 * * *") == {"linux-base": "1.2.3"}
    for event in ("schedule", "push", "workflow_dispatch"):
        status, said, _ = script(estate, "pick.sh", EVENT=event, ONLY="base", SCHEDULE="17 3 * * *", GITHUB_OUTPUT="/dev/null")
        assert status == 1
        assert "No build is called base. There are: " in said


def test_an_image_without_a_version_fails_rather_than_builds(estate: Path) -> None:
    assert script(estate, "pick.sh", EVENT="Schedule", SCHEDULE="17 3 * * *", NEWEST="", **AZURE)[0] == 1


def test_a_build_runs_its_commands_in_its_folder_with_its_secrets(estate: Path) -> None:
    status, said, calls = script(estate, "run.sh", "linux-database", LINUX_DATABASE_CONTOSO_SAS_TOKEN="s3cret")  # noqa: S106
    assert status == 0, said
    assert [line for line in calls.splitlines() if line.startswith("packer")] == [
        "packer init .",
        "packer validate -no-warn-undeclared-var -var-file=../../estate.pkrvars.hcl .",
        "packer build -var-file=../../estate.pkrvars.hcl .",
    ]
    assert "s3cret" not in said

    status, said, calls = script(estate, "run.sh", "linux-database")
    assert (status, calls) == (1, "")
    assert "the secret LINUX_DATABASE_CONTOSO_SAS_TOKEN is not set" in said


def test_a_build_that_is_not_there_is_told_with_those_that_are(estate: Path) -> None:
    for arguments, name in ((("database",), "database"), ((), '""')):
        status, said, calls = script(estate, "run.sh", *arguments)
        assert (status, calls) == (1, "")
        assert f"No build is called {name}. There are: linux-base, " in said


def test_the_values_of_a_build_itself_are_passed_where_it_has_any(estate: Path) -> None:
    builds = estate / "pipelines/builds.json"
    builds.write_text(builds.read_text().replace("estate.pkrvars.hcl .", "estate.pkrvars.hcl -var-file=values.pkrvars.hcl ."))
    secret = {"LINUX_DATABASE_CONTOSO_SAS_TOKEN": "s3cret"}
    assert "values.pkrvars.hcl" not in script(estate, "run.sh", "linux-database", **secret)[2]

    (estate / "linux/database/values.pkrvars.hcl").touch()
    calls = script(estate, "run.sh", "linux-database", **secret)[2]
    assert "\npacker build -var-file=../../estate.pkrvars.hcl -var-file=values.pkrvars.hcl .\n" in calls


def test_secrets_of_builds_do_not_collide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    secret = {"type": "securestring"}
    for folder, name in (("in", "web-a"), ("in/web", "a"), ("in", "2web")):
        value = {**image(name), "tags": {"t": "[parameters('token')]"}}
        schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
        lay(folder, **{name: {"$schema": schema, "parameters": {"token": secret}, "resources": [value]}})
    convert("in", "-o", "out")

    builds = json.loads(Path("out/pipelines/builds.json").read_bytes())
    assert {one["name"]: one["secrets"] for one in builds} == {
        "2web": {"PKR_VAR_token": "IMAGE_2WEB_TOKEN"},
        "web-a": {"PKR_VAR_token": "WEB_A_TOKEN"},
        "web-a-2": {"PKR_VAR_token": "WEB_A_2_TOKEN"},
    }


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="no ShellCheck")
def test_shellcheck_finds_nothing() -> None:
    files = [ESTATE / "pipelines/pick.sh", ESTATE / "pipelines/run.sh", ESTATE / "inventory.sh"]
    done = subprocess.run(["shellcheck", *files], capture_output=True, encoding="utf-8", check=False, timeout=120)

    assert (done.returncode, done.stdout) == (0, "")


def test_actionlint_finds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    actionlint = home() / "bin/actionlint"
    if not actionlint.exists():
        pytest.skip(f"no actionlint in {actionlint.parent}: run tests/lab/install-actionlint")
    monkeypatch.chdir(tmp_path)
    for auth in ("cli", "oidc", "msi", "service-principal"):
        convert(str(Path(__file__).parents[1] / "estate/images"), "-o", auth, "--auth", auth, "--config", "")
    files = [*tmp_path.rglob("github-actions*.yml"), *ESTATE.rglob("github-actions*.yml")]
    done = subprocess.run([actionlint, "-no-color", *files], capture_output=True, encoding="utf-8", check=False, timeout=120)

    assert (done.returncode, done.stdout) == (0, "")


def whole(file: Path) -> Any:  # noqa: ANN401 - YAML
    """A pipeline of an estate with all its jobs."""
    pipeline = yaml.safe_load(file.read_text(encoding="utf-8"))
    builds = pipeline["parameters"][-1]["default"]
    loops = [jobs for item in pipeline["jobs"] for key, jobs in item.items() if key.startswith("${{ each build in ")]
    jobs = [expanded(job, one) for jobs in loops for one in builds for job in jobs]
    return {**pipeline, "jobs": [*(item for item in pipeline["jobs"] if "job" in item), *jobs]}


def expanded(node: Any, build: dict[str, Any]) -> Any:  # noqa: ANN401 - YAML
    """A job as Azure DevOps reads it once its template expressions are carried out: those that ours has."""
    if isinstance(node, list):
        return [expanded(item, build) for item in node]
    if isinstance(node, dict):
        found: dict[str, Any] = {}
        for key, value in node.items():
            if key.startswith("${{ if"):
                found |= expanded(value, build) if build["pool"] == "" else {}
            elif key.startswith("${{ else"):
                found |= expanded(value, build) if build["pool"] != "" else {}
            else:
                found[key] = expanded(value, build)
        return found
    if isinstance(node, str):
        for name, value in build.items():
            if node == f"${{{{ build.{name} }}}}":
                return value
            node = node.replace(f"${{{{ build.{name} }}}}", str(value))
    return node


def as_texts(node: Any) -> Any:  # noqa: ANN401 - YAML
    """A document whose numbers and truth values are texts, which they are to the schema but for the inputs of a task."""
    if isinstance(node, dict):
        return {key: value if key == "inputs" else as_texts(value) for key, value in node.items()}
    if isinstance(node, list):
        return [as_texts(one) for one in node]
    return str(node).lower() if isinstance(node, bool) else node if node is None else str(node)


OF_ESTATES = [ESTATE / "pipelines/azure-pipelines.yml", *sorted(ESTATE.glob("pipelines/single/azure-pipelines-*.yml"))]
OF_ONE_BUILD = sorted(GOLDEN.glob("guide/*/pipelines/azure-pipelines.yml"))


def test_the_schema_of_azure_pipelines_takes_the_pipelines(tmp_path: Path) -> None:
    check = shutil.which("check-jsonschema", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if check is None:
        pytest.skip("no check-jsonschema, which brings the schema")
    of_estates = [whole(file) for file in OF_ESTATES]
    assert [len(one["jobs"]) for one in of_estates] == [1 + 5, 1 + 1, 1 + 1]
    assert "${{ e" not in json.dumps(of_estates)
    files = []
    for number, pipeline in enumerate(
        [*of_estates, *(yaml.safe_load(file.read_text(encoding="utf-8")) for file in OF_ONE_BUILD)]
    ):
        files.append(tmp_path / f"{number}.json")
        files[-1].write_text(json.dumps(as_texts(pipeline)))

    command = [check, "--regex-variant", "python", "--builtin-schema", "vendor.azure-pipelines", *map(str, files)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=120)

    assert (done.returncode, done.stdout[-3000:]) == (0, "ok -- validation done\n")


REAL = """\
#!/bin/sh
case "$1" in
  validate) exec "$REAL_PACKER" "$@" ;;
esac
"""


def test_packer_takes_the_values_that_builds_share(packer_with_real_plugins: Packer, estate: Path) -> None:
    program = estate.parent.parent / "programs/packer"
    program.write_text(REAL)
    (program.parent / "timeout").write_text("#!/bin/sh\n")
    real = {
        "REAL_PACKER": str(packer_with_real_plugins.program),
        "PACKER_PLUGIN_PATH": str(packer_with_real_plugins.plugins),
        "ARM_SUBSCRIPTION_ID": "22222222-2222-2222-2222-222222222222",
        "CHECKPOINT_DISABLE": "1",
        "HOME": str(estate.parent.parent),
        "LINUX_DATABASE_CONTOSO_SAS_TOKEN": "sv=2022-11-02&sig=x",
    }
    names = [one["name"] for one in json.loads((estate / "pipelines/builds.json").read_bytes())]
    assert script(estate, "run.sh", "linux-web", **real)[0] == 1

    shared = estate / "estate.pkrvars.hcl"
    shared.write_text(shared.read_text(encoding="utf-8").replace('# team = "..."', 'team = "platform"'), encoding="utf-8")
    outcomes = {name: script(estate, "run.sh", name, **real)[:2] for name in names}
    assert {name: said for name, (status, said) in outcomes.items() if status} == {}

    shared.write_text(f'{shared.read_text(encoding="utf-8")}subnet = "no id"\n', encoding="utf-8")
    status, said, _ = script(estate, "run.sh", "linux-web", **real)
    assert status == 1
    assert "The subnet must be a resource id" in said
