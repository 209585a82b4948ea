"""How a build signs in: one file for a laptop and for pipelines."""

from pathlib import Path
from typing import Any

import pytest

from aib2packer import Auth, Options
from tests.cases.templates import convert_json, hcl_of, template
from tests.lab.judge import Packer

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
GITHUB = {
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://pipelines.example.com/token?api-version=2.0",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "a-token-of-the-job",
}
CLIENT = {"ARM_CLIENT_ID": "88888888-8888-8888-8888-888888888888", "ARM_TENANT_ID": "99999999-9999-9999-9999-999999999999"}
IN_SUBSCRIPTION = {"ARM_SUBSCRIPTION_ID": SUBSCRIPTION}
SIGN_IN = ("use_azure_cli_auth", "tenant_id", "client_id", "oidc_request_url", "oidc_request_token", "subscription_id")


def signs_in(packer: Packer, folder: Path, environment: dict[str, str], variables: dict[str, str]) -> dict[str, Any]:
    """What azure-arm is given to sign in with; what is empty counts as nothing to it."""
    file = folder / "build.pkr.hcl"
    file.write_text(hcl_of(template()))
    verdict = packer.validate(file, variables, environment=environment)
    assert verdict.ok, verdict.output
    assert verdict.source is not None
    return {name: verdict.source[name] for name in SIGN_IN if verdict.source.get(name)}


@pytest.mark.parametrize("environment", [{}, GITHUB, CLIENT, IN_SUBSCRIPTION, {**CLIENT, "ARM_CLIENT_SECRET": "x"}])
def test_without_all_that_a_token_takes_the_azure_cli_signs_in(
    packer: Packer, tmp_path: Path, environment: dict[str, str]
) -> None:
    assert signs_in(packer, tmp_path, environment, {})["use_azure_cli_auth"] is True


def test_in_github_actions_a_token_of_the_job_signs_in(packer: Packer, tmp_path: Path) -> None:
    assert signs_in(packer, tmp_path, {**GITHUB, **CLIENT, **IN_SUBSCRIPTION}, {}) == {
        "tenant_id": CLIENT["ARM_TENANT_ID"],
        "client_id": CLIENT["ARM_CLIENT_ID"],
        "oidc_request_url": GITHUB["ACTIONS_ID_TOKEN_REQUEST_URL"],
        "oidc_request_token": GITHUB["ACTIONS_ID_TOKEN_REQUEST_TOKEN"],
        "subscription_id": SUBSCRIPTION,
    }


@pytest.mark.parametrize("environment", [{}, {"ARM_TENANT_ID": CLIENT["ARM_TENANT_ID"]}])
def test_a_managed_identity_is_given_no_tenant(packer: Packer, tmp_path: Path, environment: dict[str, str]) -> None:
    given = signs_in(packer, tmp_path, environment, {"use_azure_cli_auth": "false"})

    assert given == {}


@pytest.mark.parametrize(
    ("auth", "environment"),
    [
        (Auth.CLI, {}),
        (Auth.CLI, GITHUB),
        (Auth.CLI, CLIENT),
        (Auth.CLI, {**GITHUB, **CLIENT, **IN_SUBSCRIPTION}),
        (Auth.CLI, {"PKR_VAR_use_azure_cli_auth": "false", **CLIENT}),
        (Auth.MSI, {}),
        (Auth.SERVICE_PRINCIPAL, {**CLIENT, **IN_SUBSCRIPTION, "ARM_CLIENT_SECRET": "a-secret"}),
        (Auth.OIDC, {**GITHUB, **CLIENT, **IN_SUBSCRIPTION}),
        (Auth.OIDC, {"PKR_VAR_use_azure_cli_auth": "true", **IN_SUBSCRIPTION}),
    ],
)
def test_azure_arm_takes_what_each_place_offers(
    packer_with_real_plugins: Packer, tmp_path: Path, auth: Auth, environment: dict[str, str]
) -> None:
    file = tmp_path / "build.pkr.hcl"
    file.write_text(hcl_of(template(), Options(auth=auth)))

    assert (verdict := packer_with_real_plugins.validate(file, environment=environment)).ok, verdict.output


def test_a_build_that_names_its_subscription_says_where_it_may_come_from(packer: Packer, tmp_path: Path) -> None:
    image = (
        "[concat('/subscriptions/', subscription().subscriptionId, '/resourceGroups/g/providers/Microsoft.Compute/images/web')]"
    )
    target = {"type": "ManagedImage", "imageId": image, "location": "westeurope", "runOutputName": "web"}
    file = tmp_path / "build.pkr.hcl"
    value = {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"}
    file.write_text(hcl_of({**value, "resources": [template(distribute=[target])]}))

    verdict = packer.validate(file)

    assert not verdict.ok
    assert "Set ARM_SUBSCRIPTION_ID" in verdict.output
    assert packer.validate(file, environment=IN_SUBSCRIPTION).ok


@pytest.mark.parametrize("auth", list(Auth))
def test_a_template_that_leaves_nothing_open_is_built_without_an_option(auth: Auth) -> None:
    conversion = convert_json(template(), Options(auth=auth, side_files=True))

    page = conversion.files["MIGRATION.md"].decode()
    assert "\ntimeout 240m packer build .\n" in page
    assert ("\nexport ARM_SUBSCRIPTION_ID=...\n" in page) == (auth in {Auth.OIDC, Auth.SERVICE_PRINCIPAL})
