"""How a build signs in: one file for a laptop and for pipelines."""

from pathlib import Path
from typing import Any

import pytest

from aib2packer import Auth, Options
from tests.cases.templates import GALLERY_TARGET, convert_json, hcl_of, template
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


def in_own_subscription(*targets: dict[str, Any], **settings: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """A deployment whose targets lie in the subscription that it is deployed to."""
    return {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": [template(location="westeurope", distribute=list(targets), **settings)],
    }


OWN_GALLERY = {**GALLERY_TARGET, "galleryImageId": "[resourceId('Microsoft.Compute/galleries/images', 'golden', 'web')]"}
OWN_IMAGE = {
    "type": "ManagedImage",
    "runOutputName": "managed",
    "imageId": "[resourceId('Microsoft.Compute/images', 'web')]",
    "location": "westeurope",
}


@pytest.mark.parametrize(
    "targets",
    [
        [OWN_GALLERY],
        [OWN_IMAGE],
        [OWN_IMAGE, OWN_GALLERY],
        [
            {**OWN_GALLERY, "runOutputName": "second", "galleryImageId": f"{OWN_GALLERY['galleryImageId'][:-4]}2')]"},
            OWN_GALLERY,
        ],
    ],
)
def test_what_lies_in_the_subscription_of_the_deployment_builds_in_that_of_the_azure_cli(
    packer: Packer, tmp_path: Path, targets: list[dict[str, Any]]
) -> None:
    file = tmp_path / "build.pkr.hcl"
    file.write_text(hcl_of(in_own_subscription(*targets), Options(resource_group="images")))

    assert "subscription_id != " not in file.read_text()
    verdict = packer.validate(file, {}, environment={})
    assert verdict.ok, verdict.output


def test_a_build_that_signs_in_as_a_client_asks_for_its_subscription() -> None:
    hcl = hcl_of(in_own_subscription(OWN_GALLERY), Options(resource_group="images", auth=Auth.SERVICE_PRINCIPAL))

    assert "subscription_id != " in hcl


@pytest.mark.parametrize(
    "further",
    [
        {"tags": {"account": "[subscription().subscriptionId]"}},
        {"customize": [{"type": "Shell", "name": "a", "inline": ["[concat('echo ', subscription().id)]"]}]},
    ],
)
def test_a_subscription_that_a_tag_or_a_script_has_may_not_be_empty(further: dict[str, Any]) -> None:
    hcl = hcl_of(in_own_subscription(OWN_GALLERY, **further), Options(resource_group="images"))

    assert "subscription_id != " in hcl
    assert "build.SubscriptionID" not in hcl


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


def test_a_build_whose_script_names_the_subscription_says_where_it_may_come_from(packer: Packer, tmp_path: Path) -> None:
    file = tmp_path / "build.pkr.hcl"
    says = {"type": "Shell", "name": "a", "inline": ["[concat('echo ', subscription().subscriptionId)]"]}
    file.write_text(hcl_of(in_own_subscription(OWN_GALLERY, customize=[says]), Options(resource_group="images")))

    verdict = packer.validate(file)

    assert not verdict.ok
    assert "Set ARM_SUBSCRIPTION_ID" in verdict.output
    assert packer.validate(file, environment=IN_SUBSCRIPTION).ok


@pytest.mark.parametrize("auth", list(Auth))
def test_a_template_that_leaves_nothing_open_is_built_without_an_option(auth: Auth) -> None:
    conversion = convert_json(template(), Options(auth=auth, side_files=True))

    page = conversion.files["MIGRATION.md"].decode()
    assert "\ntimeout 240m packer build .\n" in page
    assert ("\nexport ARM_SUBSCRIPTION_ID='...'\n" in page) == (auth in {Auth.OIDC, Auth.SERVICE_PRINCIPAL})
