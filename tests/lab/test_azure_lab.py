"""The simulated Azure itself: it says what it does not know, and behaves as Azure and its CLI are known to."""

from typing import Any

import pytest

from tests.lab.azure.answer import Answer, Question
from tests.lab.azure.arm.kinds import CopyEnd
from tests.lab.azure.cloud import SimulatedAzure
from tests.lab.azure.entra import CLIENT, TENANT
from tests.lab.azure.faults import Fault, Faults
from tests.lab.azure.fixtures import SUBSCRIPTIONS, AzureLab

GROUP = f"/subscriptions/{SUBSCRIPTIONS[0]}/resourceGroups/images"
COMPUTE = f"{GROUP}/providers/Microsoft.Compute"
DEFINITION = f"{COMPUTE}/galleries/golden/images/web"


@pytest.fixture
def azure(azure_lab: AzureLab) -> SimulatedAzure:
    """An Azure with a group, a snapshot that can be copied, and a definition."""
    azure = azure_lab.new()
    azure.put(GROUP, location="westeurope")
    azure.put(f"{COMPUTE}/snapshots/here", location="westeurope", properties={"incremental": True, "hyperVGeneration": "V2"})
    return azure


def ask(azure: SimulatedAzure, method: str, path: str, body: Any = None, *, seconds: int | None = None) -> Answer:  # noqa: ANN401
    """Send a request that is signed in."""
    token = azure.entra.token("https://management.azure.com", seconds)
    headers = {"authorization": f"Bearer {token}"}
    url = f"https://management.azure.com{path}?api-version=2024-03-02"
    return azure.answer(Question(method, "management.azure.com", path, {"api-version": "2024-03-02"}, headers, body, url))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/providers/Microsoft.Cache/redis/x"),
        ("PUT", "/providers/Microsoft.Compute/images/x/frobnicate"),
        ("GET", "/providers/Microsoft.Cache/redis/x"),
        ("GET", "/providers/Microsoft.Cache/redis"),
    ],
)
def test_what_is_not_simulated_is_a_gap(azure: SimulatedAzure, method: str, path: str) -> None:
    assert ask(azure, method, f"{GROUP}{path}", {}).status == 501
    assert len(azure.gaps) == 1


def test_a_token_that_has_expired_opens_nothing(azure: SimulatedAzure) -> None:
    assert ask(azure, "GET", GROUP, seconds=60).status == 200
    assert ask(azure, "GET", GROUP, seconds=0).body["error"]["code"] == "ExpiredAuthenticationToken"


def test_an_assertion_that_has_expired_gives_no_token(azure_lab: AzureLab, azure: SimulatedAzure) -> None:
    assertion = azure.entra.assertion("github")
    azure.clock.sleep(301)
    azure_lab.cli.sign_out()

    done = azure_lab.cli.run(f"az login --service-principal -u {CLIENT} --tenant {TENANT} --federated-token {assertion}")

    assert done.status != 0
    assert "AADSTS700024" in done.output


COPY = f"""
az snapshot create --resource-group images --name there --location northeurope --source {COMPUTE}/snapshots/here \\
  --copy-start true --incremental true --output none
"""
WAIT = "az snapshot wait --resource-group images --name there --interval 30 --timeout 86400 --custom"


def test_a_wait_for_what_the_cli_calls_a_property_goes_on_and_on(azure_lab: AzureLab, azure: SimulatedAzure) -> None:
    """The condition that builds had at first: `wait` looks at the answer of Azure, where it is one level deeper."""
    done = azure_lab.cli.run(f"{COPY}{WAIT} 'completionPercent == `100` || copyCompletionError'")

    assert done.late
    assert azure.gaps == []


def test_a_wait_for_the_property_of_the_answer_ends_when_the_copy_does(azure_lab: AzureLab, azure: SimulatedAzure) -> None:
    done = azure_lab.cli.run(f"{COPY}{WAIT} 'properties.completionPercent == `100`'")

    assert (done.status, done.late) == (0, False), done.output
    assert azure.clock.slept() < 600


def test_a_wait_that_gives_up_says_that_all_is_well(azure_lab: AzureLab, azure: SimulatedAzure) -> None:
    azure.arm.copies = CopyEnd.NEVER

    done = azure_lab.cli.run(f"{COPY}{WAIT.replace('86400', '300')} 'properties.completionPercent == `100`'")

    assert done.status == 0
    assert azure.clock.slept() >= 300


def test_only_incremental_snapshots_are_copied_between_regions(azure_lab: AzureLab, azure: SimulatedAzure) -> None:
    azure.put(f"{COMPUTE}/snapshots/here", location="westeurope", properties={"incremental": False})

    assert azure_lab.cli.run(COPY).status != 0


@pytest.mark.parametrize(
    ("security", "source", "published"),
    [
        ("", "virtualMachines", True),
        ("", "images", True),
        ("TrustedLaunchSupported", "virtualMachines", False),
        ("TrustedLaunchSupported", "images", True),
        ("TrustedLaunch", "virtualMachines", False),
        ("TrustedLaunch", "images", False),
    ],
)
def test_the_definition_decides_what_a_version_can_be_made_of(
    azure: SimulatedAzure, security: str, source: str, *, published: bool
) -> None:
    features = [{"name": "SecurityType", "value": security}] if security else []
    azure.put(f"{COMPUTE}/galleries/golden", location="westeurope")
    azure.put(DEFINITION, location="westeurope", properties={"features": features, "osState": "Generalized"})
    azure.put(f"{COMPUTE}/{source}/made", location="westeurope", hidden={"generalized": True})
    profile = {"targetRegions": [{"name": "West Europe"}]}
    storage = {"source": {"id": f"{COMPUTE}/{source}/made"}}

    answer = ask(
        azure,
        "PUT",
        f"{DEFINITION}/versions/1.0.0",
        {"location": "westeurope", "properties": {"publishingProfile": profile, "storageProfile": storage}},
    )

    assert (answer.status == 201) is published, answer.body
    assert azure.gaps == []


def test_the_chosen_request_is_refused_and_no_other(azure: SimulatedAzure) -> None:
    azure.faults = Faults(Fault(2))
    disk = {"location": "westeurope", "properties": {"creationData": {"createOption": "Empty"}}}

    statuses = [ask(azure, "PUT", f"{COMPUTE}/disks/{name}", disk).status for name in ("a", "b", "c")]

    assert statuses == [202, 409, 202]
    assert azure.faults.happened == f"PUT {COMPUTE}/disks/b"


def test_the_cli_itself_tries_again_after_an_error_of_the_server(azure_lab: AzureLab, azure: SimulatedAzure) -> None:
    azure.faults = Faults(Fault(1, status=500))

    done = azure_lab.cli.run("az disk create --resource-group images --name d --location westeurope --size-gb 4 --output none")

    assert done.status == 0, done.output
    assert azure.faults.changes == 2
