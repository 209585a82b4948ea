"""The pipelines beside a build: judged by actionlint, and their commands run by a real shell with recorders for programs."""

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from aib2packer import Auth, Cloud, Conversion, Options, convert
from aib2packer.lazy.models import replace
from tests.cases import convert_case, read_case
from tests.cases.templates import GALLERY, GALLERY_TARGET, convert_json, template
from tests.lab.judge import home
from tests.lab.recorders import Ran, run_recorded, write_programs

VALIDATORS = {"inVMValidations": [{"type": "Shell", "name": "works", "inline": ["true"]}]}
PRIVATE = {"type": "Shell", "name": "a", "scriptUri": "https://contoso.blob.core.windows.net/scripts/a.sh"}
ELSEWHERE = {
    "type": "ManagedImage",
    "imageId": f"{GALLERY.partition('/providers')[0]}/providers/Microsoft.Compute/images/web",
    "location": "northeurope",
    "runOutputName": "copy",
}
OWN_SIZE = {"vmSize": "<size>"}
CONNECTION = {"tenantId": "t", "servicePrincipalId": "c", "servicePrincipalKey": "k"}
"""What AzureCLI@2 puts into the environment with addSpnToEnvironment, where the connection has a secret."""
BUILDS = ["packer init .", "packer validate .", "timeout 240m packer build .", "packer build ."]
WITH_VALIDATION = [
    "packer init .",
    "packer validate .",
    "packer validate validate",
    "timeout 240m packer build .",
    "packer build .",
    "timeout 240m packer build validate",
    "packer build validate",
]


def pipelines_of(auth: Auth, *, cloud: Cloud = Cloud.PUBLIC, az: bool = False, **properties: Any) -> Conversion:  # noqa: ANN401
    """What a template is converted to that Image Builder builds by itself; `az`: with steps that run the Azure CLI."""
    value = template(
        name="web",
        customize=[PRIVATE] if az else [],
        distribute=[GALLERY_TARGET, ELSEWHERE] if az else [GALLERY_TARGET],
        properties={"autoRun": {"state": "Enabled"}, **properties},
    )
    conversion = convert_json(value, Options(auth=auth, cloud=cloud, side_files=True))
    assert conversion.hcl is not None
    return conversion


@dataclass(slots=True)
class Job:
    """What a job ran, and the inputs of the actions or the task around it."""

    commands: list[str]
    actions: dict[str, dict[str, str]] = field(default_factory=dict)


def run(folder: Path, scripts: Sequence[tuple[str, Mapping[str, str]]]) -> list[str]:
    """Run scripts one after another, each with its environment; give the calls of programs."""
    return [call for script, environment in scripts for call in run_one(folder, script, **environment).calls]


def run_one(folder: Path, script: str, **environment: str) -> Ran:
    """Run a script as a step of a pipeline is."""
    write_programs(folder / "programs")
    command = ["bash", "--noprofile", "--norc", "-euo", "pipefail", "-c", script]
    ran = run_recorded(command, folder / "programs", folder, environment)
    assert ran.status == 0, ran.stderr
    return ran


def github_job(conversion: Conversion, folder: Path) -> Job:
    """Run the job of GitHub Actions, its expressions filled in with their own names."""
    job = yaml.safe_load(conversion.files["pipelines/github-actions.yml"])["jobs"]["build"]
    steps = job["steps"]
    environments = [{**job.get("env", {}), **step.get("env", {})} for step in steps if "run" in step]
    scripts = [step["run"] for step in steps if "run" in step]
    assert not [script for script in scripts if "${{" in script]
    commands = run(folder, list(zip(scripts, environments, strict=True)))
    actions = {step["uses"].partition("@")[0]: step.get("with", {}) for step in steps if "uses" in step}
    return Job(commands, actions)


def azure_job(conversion: Conversion, folder: Path) -> Job:
    """Run the job of Azure Pipelines, its macros filled in."""
    (job,) = yaml.safe_load(conversion.files["pipelines/azure-pipelines.yml"])["jobs"]
    scripts = []
    actions = {}
    for step in job["steps"]:
        script = step.get("bash") or step["inputs"]["inlineScript"]
        filled = re.sub(r"\$\(Agent\.TempDirectory\)", str(folder), script)
        inputs = step.get("inputs", {})
        scripts.append((filled, {**step.get("env", {}), **(CONNECTION if inputs.get("addSpnToEnvironment") else {})}))
        if "task" in step:
            actions[step["task"]] = inputs
    return Job([one for one in run(folder, scripts) if not one.startswith(("curl", "unzip"))], actions)


@pytest.mark.parametrize("auth", list(Auth))
def test_each_pipeline_checks_and_builds(auth: Auth, tmp_path: Path) -> None:
    conversion = pipelines_of(auth)

    for job, name in ((github_job, "github"), (azure_job, "azure")):
        folder = tmp_path / name
        folder.mkdir()
        assert [one for one in job(conversion, folder).commands if not one.startswith("az ")] == BUILDS


@pytest.mark.parametrize("auth", list(Auth))
def test_each_pipeline_runs_the_build_that_validates_after_that_of_the_image(auth: Auth, tmp_path: Path) -> None:
    conversion = pipelines_of(auth, validate=VALIDATORS)

    for job, name in ((github_job, "github"), (azure_job, "azure")):
        folder = tmp_path / name
        folder.mkdir()
        ran = [re.sub(r" -var \S+", "", one) for one in job(conversion, folder).commands if not one.startswith("az ")]
        assert ran == WITH_VALIDATION


def test_where_nothing_runs_the_azure_cli_github_does_not_sign_it_in(tmp_path: Path) -> None:
    assert set(github_job(pipelines_of(Auth.CLI), tmp_path).actions) == {"actions/checkout", "hashicorp/setup-packer"}


@pytest.mark.parametrize("auth", list(Auth))
def test_what_runs_the_azure_cli_is_signed_in(auth: Auth, tmp_path: Path) -> None:
    conversion = pipelines_of(auth, az=True)
    for name in ("github", "azure"):
        (tmp_path / name).mkdir()

    login = github_job(conversion, tmp_path / "github").actions["azure/login"]
    azure = azure_job(conversion, tmp_path / "azure")

    federated = {"client-id", "tenant-id", "subscription-id"}
    ways = {Auth.MSI: {"auth-type", "allow-no-subscriptions"}, Auth.SERVICE_PRINCIPAL: {"creds"}}
    assert set(login) == ways.get(auth, federated)
    if auth is Auth.MSI:
        assert azure.commands[0] == "az login --identity --output none"
    else:
        task = azure.actions["AzureCLI@2"]
        assert task.get("keepAzSessionActive", False) is (auth in {Auth.CLI, Auth.OIDC})
        assert task.get("addSpnToEnvironment", False) is (auth is Auth.SERVICE_PRINCIPAL)


@pytest.mark.parametrize("auth", [Auth.OIDC, Auth.SERVICE_PRINCIPAL])
def test_azure_devops_takes_the_subscription_of_the_connection(auth: Auth, tmp_path: Path) -> None:
    job = azure_job(pipelines_of(auth), tmp_path)

    assert job.commands[0] == "az account show --query id --output tsv"


@pytest.mark.parametrize("cloud", [Cloud.US_GOVERNMENT, Cloud.CHINA])
def test_another_cloud_is_set_before_anything_else(cloud: Cloud, tmp_path: Path) -> None:
    conversion = pipelines_of(Auth.CLI, cloud=cloud, az=True)

    for job, name in ((github_job, "github"), (azure_job, "azure")):
        folder = tmp_path / name
        folder.mkdir()
        ran = job(conversion, folder)
        assert ran.commands[0] == f"az cloud set --name {cloud.facts.cli_name}"
        if "azure/login" in ran.actions:
            assert ran.actions["azure/login"]["environment"] == cloud.facts.cli_name


def test_on_a_schedule_a_build_waits_for_a_version_that_nothing_was_built_from(tmp_path: Path) -> None:
    conversion = convert_case("folder-trigger")
    jobs = yaml.safe_load(conversion.files["pipelines/github-actions.yml"])["jobs"]
    script = next(step["run"] for step in jobs["source"]["steps"] if "run" in step)
    output = tmp_path / "output"
    calls = run_one(tmp_path, script, KNOWN="1", GITHUB_REPOSITORY="o/r", GITHUB_OUTPUT=str(output)).calls
    assert output.read_text() == "version=1.2.3\nbuilt=1\n"
    assert "gh api repos/o/r/actions/artifacts?name=source-web-1.2.3" in calls[1]
    assert jobs["build"]["steps"][-1]["with"]["name"] == "source-web-${{ needs.source.outputs.version }}"

    steps = yaml.safe_load(conversion.files["pipelines/azure-pipelines.yml"])["jobs"][0]["steps"]
    script = steps[-1]["inputs"]["inlineScript"]
    azure = {"SYSTEM_COLLECTIONURI": "c/", "SYSTEM_TEAMPROJECTID": "p", "SYSTEM_DEFINITIONID": "7", "SYSTEM_ACCESSTOKEN": "t"}
    azure |= {"PACKER_GITHUB_API_TOKEN": "", "tenantId": "", "servicePrincipalId": "", "servicePrincipalKey": ""}
    built = {}
    for reason, known in (("Schedule", "1"), ("Schedule", "0"), ("Manual", "1")):
        ran = run_one(tmp_path, script, BUILD_REASON=reason, KNOWN=known, **azure)
        built[reason, known] = "##vso[build.addbuildtag]source-web-1.2.3" in ran.stdout
        assert built[reason, known] is any(call.startswith("timeout") for call in ran.calls)
    assert built == {("Schedule", "1"): False, ("Schedule", "0"): True, ("Manual", "1"): True}


@pytest.mark.parametrize("az", [False, True])
@pytest.mark.parametrize("auth", list(Auth))
def test_actionlint_finds_nothing(auth: Auth, az: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a parameter of a test
    actionlint = home() / "bin/actionlint"
    if not actionlint.exists():
        pytest.skip(f"no actionlint in {actionlint.parent}: run tests/lab/install-actionlint")
    all_properties: dict[str, dict[str, Any]] = {
        "plain": {},
        "validated": {"validate": VALIDATORS},
        "long": {"buildTimeoutInMinutes": 960},
        "open": {"vmProfile": OWN_SIZE},
    }
    for name, properties in all_properties.items():
        conversion = pipelines_of(auth, az=az, **properties)
        (tmp_path / f"{name}.yml").write_bytes(conversion.files["pipelines/github-actions.yml"])
    data, options = read_case("folder-trigger")
    triggered = convert(data, options=replace(options, auth=auth))
    (tmp_path / "triggered.yml").write_bytes(triggered.files["pipelines/github-actions.yml"])

    done = subprocess.run(
        [actionlint, "-no-color", *tmp_path.glob("*.yml")], capture_output=True, encoding="utf-8", check=False, timeout=120
    )

    assert (done.returncode, done.stdout) == (0, "")
