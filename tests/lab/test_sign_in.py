"""Sign-in that lasts: the real Azure CLI in a pipeline on the simulated Azure, whose tokens and assertions expire."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from aib2packer.packer.steps.cli_session import SCRIPT
from tests.lab.azure.cloud import SimulatedAzure
from tests.lab.azure.entra import CLIENT, DEVOPS_HOST, GITHUB_HOST, REQUEST_TOKEN, TENANT
from tests.lab.azure.fixtures import SUBSCRIPTIONS, AzureLab

MINUTES, HOURS = 60, 3600
GITHUB = {
    "ACTIONS_ID_TOKEN_REQUEST_URL": f"https://{GITHUB_HOST}/idtoken?api-version=2.0",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": REQUEST_TOKEN,
    "ARM_CLIENT_ID": CLIENT,
    "ARM_TENANT_ID": TENANT,
    "ARM_SUBSCRIPTION_ID": SUBSCRIPTIONS[1],
}
LOGIN = f"az login --service-principal --username {CLIENT} --tenant {TENANT} --output none --federated-token"
ASK = "az group list --output none"
STORAGE = "az account get-access-token --resource https://storage.azure.com/ --output none"


@pytest.fixture
def azure(azure_lab: AzureLab) -> SimulatedAzure:
    """A new Azure; `date`, `sleep` and curl on PATH live in its time and reach its hosts."""
    return azure_lab.new()


def run(lab: AzureLab, script: str, environment: Mapping[str, str]) -> tuple[int, str]:
    ended = lab.cli.run(script, environment, patience=24 * HOURS)
    return ended.status, ended.output


def signed_in_by_the_pipeline(lab: AzureLab, azure: SimulatedAzure, pipeline: str) -> None:
    """Sign in as azure/login and AzureCLI@2 do at the start of a job."""
    (Path(lab.cli.folder) / "home/assertion").write_text(azure.entra.assertion(pipeline))
    status, output = run(lab, f'{LOGIN} "$(cat ~/assertion)"', {})
    assert status == 0, output


def test_without_more_the_azure_cli_is_signed_out_after_hours(azure_lab: AzureLab, azure: SimulatedAzure) -> None:
    signed_in_by_the_pipeline(azure_lab, azure, "github")
    assert run(azure_lab, ASK, GITHUB)[0] == 0

    azure.clock.sleep(4 * HOURS)

    status, output = run(azure_lab, ASK, GITHUB)
    assert status != 0
    assert "AADSTS700024" in output


@pytest.mark.parametrize("minutes", [6, 57, 240])
@pytest.mark.parametrize("ask", [ASK, STORAGE])
def test_a_script_signs_in_again_whenever_its_turn_comes(
    azure_lab: AzureLab, azure: SimulatedAzure, ask: str, minutes: int
) -> None:
    signed_in_by_the_pipeline(azure_lab, azure, "github")

    azure.clock.sleep(minutes * MINUTES)

    status, output = run(azure_lab, f"{SCRIPT}{ask}\naz account show --query id --output tsv\n", GITHUB)
    assert (status, output.splitlines()[-1]) == (0, SUBSCRIPTIONS[1]), output
    assert REQUEST_TOKEN not in output


def test_after_it_one_command_may_take_most_of_an_hour(azure_lab: AzureLab, azure: SimulatedAzure) -> None:
    signed_in_by_the_pipeline(azure_lab, azure, "github")
    azure.clock.sleep(40 * MINUTES)  # the CLI would go on with the token that it has, which ends in 20 minutes

    status, output = run(azure_lab, f"{SCRIPT}sleep {54 * MINUTES}\n{ASK}\n", GITHUB)

    assert status == 0, output


def test_a_loop_that_waits_for_hours_stays_signed_in(azure_lab: AzureLab, azure: SimulatedAzure) -> None:
    signed_in_by_the_pipeline(azure_lab, azure, "github")
    loop = f"for round in $(seq 8); do\n  sleep {25 * MINUTES}\n  sign_in\n  {ASK}\n  {STORAGE}\ndone\n"

    status, output = run(azure_lab, f"{SCRIPT}{loop}", GITHUB)

    assert status == 0, output
    assert azure.clock.slept() > 3 * HOURS


def test_a_job_that_may_not_ask_for_tokens_ends_with_an_error(azure_lab: AzureLab, azure: SimulatedAzure) -> None:
    signed_in_by_the_pipeline(azure_lab, azure, "github")

    status, output = run(azure_lab, f"{SCRIPT}{ASK}\n", {**GITHUB, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "another"})

    assert status != 0
    assert "401" in output


@pytest.mark.parametrize("missing", ["ACTIONS_ID_TOKEN_REQUEST_URL", "ARM_CLIENT_ID"])
def test_elsewhere_the_sign_in_that_is_there_stays(azure_lab: AzureLab, azure: SimulatedAzure, missing: str) -> None:
    asked = len(azure.entra.given)
    environment = {name: value for name, value in GITHUB.items() if name != missing}

    status, output = run(azure_lab, f"{SCRIPT}{ASK}\n", environment)  # signed in with a secret

    assert status == 0, output
    assert "assertion" not in azure.entra.given[asked:]


def test_in_azure_devops_the_session_is_kept_alive(azure_lab: AzureLab, azure: SimulatedAzure) -> None:
    """What AzureCLI@2 does with keepAzSessionActive: it signs in each 480 seconds, with a new token of the job."""
    signed_in_by_the_pipeline(azure_lab, azure, "devops")
    url = f"https://{DEVOPS_HOST}/contoso/images/_apis/distributedtask/hubs/build/plans/p/jobs/j/oidctoken"
    header = f"Authorization: Bearer {REQUEST_TOKEN}"
    token = f"""$(curl -fsS -X POST -H '{header}' '{url}' | sed 's/.*: *"\\(.*\\)".*/\\1/')"""
    again = f'sleep 480\n{LOGIN} "{token}"\n'
    script = f"for round in $(seq 16); do\n{again}{again}sleep 470\n{ASK}\ndone\n"

    status, output = run(azure_lab, f"{SCRIPT}{script}", {})

    assert status == 0, output
    assert azure.clock.slept() > 6 * HOURS
