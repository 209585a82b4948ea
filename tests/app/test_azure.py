"""Image templates straight from Azure: what is asked, what is kept, and what the errors of az mean."""

import json
import re
from pathlib import Path

import pytest

from aib2packer.aib.api_versions import KNOWN
from aib2packer.cli import main
from tests.app.azure_stand_in import AzureStandIn

GROUP = "/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/images"
WEB = f"{GROUP}/providers/Microsoft.VirtualMachineImages/imageTemplates/web"
DEFINITION = f"{GROUP}/providers/Microsoft.Compute/galleries/golden/images/web"
BASE = f"{GROUP}/providers/Microsoft.Compute/galleries/golden/images/base"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/builder"
SIGNED = "https://contoso.blob.core.windows.net/scripts/setup.sh?sv=2024-01-01&sr=b&sig=c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U%3D"
TENANT = "55555555-5555-5555-5555-555555555555"
OTHER_TENANT = (
    'ERROR: Unauthorized({"error":{"code":"InvalidAuthenticationTokenTenant","message":"The access token is from the wrong '
    f"issuer 'https://sts.windows.net/4/'. It must match the tenant 'https://sts.windows.net/{TENANT}/' associated with this "
    'subscription."}})'
)
DENIED = 'ERROR: Forbidden({"error":{"code":"AuthorizationFailed","message":"The client \'x\' does not have authorization"}})'


def image_template(name: str = "web", **properties: object) -> dict[str, object]:
    """An image template as the REST API shows it."""
    return {
        "id": f"{WEB.rpartition('/')[0]}/{name}",
        "name": name,
        "type": "Microsoft.VirtualMachineImages/imageTemplates",
        "location": "westeurope",
        "identity": {
            "type": "UserAssigned",
            "userAssignedIdentities": {f"{GROUP}/providers/Microsoft.ManagedIdentity/x/y": {}},
        },
        "properties": {
            "source": {"type": "SharedImageVersion", "imageVersionId": f"{BASE}/versions/latest"},
            "customize": [{"type": "File", "sourceUri": SIGNED, "destination": "/tmp/setup.sh"}],
            "distribute": [{"type": "SharedImage", "galleryImageId": DEFINITION, "runOutputName": "web", "targetRegions": []}],
            "provisioningState": "Succeeded",
            "lastRunStatus": {"runState": "Succeeded", "message": ""},
            **properties,
        },
    }


def definition(os_type: str, generation: str = "V2", *, trusted: bool = True) -> dict[str, object]:
    """An image definition as the REST API shows it."""
    features = [{"name": "SecurityType", "value": "TrustedLaunch"}] if trusted else []
    return {"properties": {"osType": os_type, "hyperVGeneration": generation, "features": features}}


ALL = {
    f"get {WEB}": image_template(),
    f"get {WEB}/triggers": {"value": [{"name": "on-source", "properties": {"kind": "SourceImage"}}]},
    f"get {WEB}/runOutputs": {"value": [{"name": "web", "properties": {"artifactId": f"{DEFINITION}/versions/1.0.4"}}]},
    f"get {DEFINITION}": definition("Linux"),
    f"get {BASE}": definition("Linux", "V1", trusted=False),
    f"get {BASE}/versions": {"value": []},
}


def version(number: str, *disks: int, latest: bool = True) -> dict[str, object]:
    """A version of a gallery image with data disks, as the REST API shows it."""
    storage = {
        "osDiskImage": {"sizeInGB": 64},
        "dataDiskImages": [{"lun": lun, "sizeInGB": disk} for lun, disk in enumerate(disks)],
    }
    return {
        "name": number,
        "properties": {"storageProfile": storage, "publishingProfile": {"excludeFromLatest": not latest}},
    }


@pytest.fixture
def azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AzureStandIn:
    """An `az` that knows one image template, in an empty folder."""
    stand_in = AzureStandIn(tmp_path / "bin")
    stand_in.answer(ALL)
    monkeypatch.setenv("PATH", stand_in.path)
    monkeypatch.chdir(tmp_path)
    return stand_in


def run(*arguments: str) -> int:
    """Run the command; gives its exit status."""
    with pytest.raises(SystemExit) as exited:
        main(["convert", *arguments], prog_name="aib2packer")
    return int(exited.value.code or 0)


def test_an_image_template_is_read_with_what_belongs_to_it(azure: AzureStandIn, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(WEB, "-o", "web", "-v") == 0

    told = capsys.readouterr().err
    hcl = Path("web/build.pkr.hcl").read_text()
    assert 'os_type                  = "Linux"' in hcl or "os_type" in hcl
    assert "security_type" in hcl
    assert "the trigger on-source is not converted" in told
    asked = [call[call.index("--uri") + 1] for call in azure.calls()]
    assert asked == [WEB, f"{WEB}/triggers", f"{WEB}/runOutputs", DEFINITION, BASE, f"{BASE}/versions"]
    assert all(call[:3] == ["rest", "--method", "get"] for call in azure.calls())
    assert azure.calls()[0][6] == f"api-version={KNOWN[-1]}"


@pytest.mark.parametrize("known", [DEFINITION, BASE])
def test_the_image_definitions_say_what_the_template_leaves_open(azure: AzureStandIn, known: str) -> None:
    bare = image_template(customize=[])
    azure.answer({f"get {WEB}": bare, f"get {known}": definition("Windows")})

    assert run(WEB, "-o", "web") == 0

    assert re.search(r'os_type\s+= "Windows"', Path("web/build.pkr.hcl").read_text())


def test_the_source_says_which_plan_and_which_disks_it_has(azure: AzureStandIn, capsys: pytest.CaptureFixture[str]) -> None:
    plan = {"name": "cis-l1", "product": "cis-ubuntu", "publisher": "center-for-internet-security-inc"}
    base = definition("Linux")
    base["properties"] = {**base["properties"], "purchasePlan": plan}  # type: ignore[dict-item]
    versions = [version("1.9.0"), version("1.10.0", 128, 256), version("2.0.0", latest=False)]
    small = image_template(vmProfile={"osDiskSizeGB": 32})
    azure.answer({**ALL, f"get {WEB}": small, f"get {BASE}": base, f"get {BASE}/versions": {"value": versions}})

    assert run(WEB, "-o", "web", "-v") == 0

    told = " ".join(capsys.readouterr().err.split())
    hcl = Path("web/build.pkr.hcl").read_text()
    assert re.search(r'plan_info {\s+plan_name += "cis-l1"\s+plan_product += "cis-ubuntu"\s+plan_publisher += "center-', hcl)
    assert "the source has 2 data disks (128 GB, 256 GB), which are not in the new image" in told
    assert "az vm image terms accept" in told
    assert "the disk of the source has 64 GB, and cannot shrink: 32 GB is too small" in told
    assert json.loads(Path("web/azure.json").read_text())["sourceVersion"]["name"] == "1.10.0"


def test_a_source_that_has_no_more_than_the_template_tells_is_no_finding(
    azure: AzureStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    source = {"type": "SharedImageVersion", "imageVersionId": f"{BASE}/versions/1.9.0"}
    azure.answer({**ALL, f"get {WEB}": image_template(source=source), f"get {BASE}/versions/1.9.0": version("1.9.0")})

    assert run(WEB, "-o", "web", "-v") == 0

    assert "AIB2P470" not in capsys.readouterr().err


def test_what_was_read_is_kept_without_secrets_and_a_second_run_needs_no_azure(
    azure: AzureStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(WEB, "-o", "web") == 0
    first = {file: file.read_bytes() for file in Path("web").rglob("*") if file.is_file()}
    azure.answer({})
    before = len(azure.calls())

    assert run(WEB, "-o", "web") == 0
    assert run(f"{WEB.lower()}/", "-o", "web", "--check", "-v") == 0

    assert {file: file.read_bytes() for file in Path("web").rglob("*") if file.is_file()} == first
    assert len(azure.calls()) == before
    kept = Path("web/azure.json").read_text()
    assert "c2VjcmV0" not in kept
    assert json.loads(kept)["readFromAzure"] == WEB
    assert "Azure was not asked again" in capsys.readouterr().err


def test_azure_is_asked_again_when_told_to(azure: AzureStandIn) -> None:
    assert run(WEB, "-o", "web") == 0
    azure.answer(ALL | {f"get {WEB}": image_template(buildTimeoutInMinutes=77)})

    assert run(WEB, "-o", "web", "--refresh", "--check") == 1
    assert run(WEB, "-o", "web", "--refresh", "--force") == 0
    assert "77m" in Path("web/build.pkr.hcl").read_text()


@pytest.mark.usefixtures("azure")
def test_the_kept_file_is_a_template_itself(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(WEB) == 0
    straight = capsysbinary.readouterr().out
    assert run(WEB, "-o", "web") == 0
    capsysbinary.readouterr()

    assert run("web/azure.json") == 0

    assert capsysbinary.readouterr().out == straight


def test_an_older_azure_is_asked_by_an_older_api_version(azure: AzureStandIn) -> None:
    refused = 'ERROR: Bad Request({"error":{"code":"NoRegisteredProviderFound","message":"No registered provider"}})'
    azure.answer(ALL | {f"get {WEB} {KNOWN[-1]}": refused})

    assert run(WEB, "-o", "web") == 0

    assert json.loads(Path("web/azure.json").read_text())["imageTemplate"]["apiVersion"] == KNOWN[-2]


def test_what_may_not_be_read_beside_the_template_is_told_and_does_not_stop(
    azure: AzureStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    azure.answer(ALL | {f"get {DEFINITION}": DENIED})

    assert run(WEB, "-o", "web", "-v") == 0

    assert f"{DEFINITION} could not be read: the account that az is signed in with may not read this" in capsys.readouterr().err


def test_a_template_that_image_builder_refused_is_told(azure: AzureStandIn, capsys: pytest.CaptureFixture[str]) -> None:
    refused = image_template(provisioningState="Failed", provisioningError={"message": "no\n  access"}, lastRunStatus=None)
    azure.answer(ALL | {f"get {WEB}": refused})

    assert run(WEB, "-o", "web", "-v") == 0

    told = " ".join(capsys.readouterr().err.split())
    assert "Image Builder refused this image template when it was deployed: no access" in told
    assert "has never run" not in told  # a run output is there


def test_a_version_made_from_the_time_is_higher_than_that_of_the_last_run(azure: AzureStandIn) -> None:
    outputs = {"value": [{"name": "web", "properties": {"artifactId": f"{DEFINITION}/versions/3.0.1"}}]}
    azure.answer(ALL | {f"get {WEB}/runOutputs": outputs})

    assert run(WEB, "-o", "web") == 0

    assert 'format("3.%d.%d"' in Path("web/build.pkr.hcl").read_text()


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({"runState": "Failed", "message": "exit 1 of\n  customizer"}, "ended as Failed: exit 1 of customizer"),
        (None, "this image template has never run"),
    ],
)
def test_how_the_last_build_ended_is_told(
    azure: AzureStandIn, capsys: pytest.CaptureFixture[str], status: object, said: str
) -> None:
    azure.answer(ALL | {f"get {WEB}": image_template(lastRunStatus=status), f"get {WEB}/runOutputs": {"value": []}})

    assert run(WEB, "-o", "web", "-v") == 0

    assert said in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("ERROR: Please run 'az login' to setup account.", "the Azure CLI is not signed in"),
        ("ERROR: AADSTS700082: The refresh token has expired.", "the Azure CLI is not signed in"),
        (DENIED, "the account that az is signed in with may not read this"),
        ('ERROR: Not Found({"error":{"code":"ResourceNotFound","message":"x"}})', "this is not there"),
        ('ERROR: Not Found({"error":{"code":"ResourceGroupNotFound","message":"x"}})', "no such resource group"),
        ('ERROR: Not Found({"error":{"code":"SubscriptionNotFound","message":"x"}})', "sees no such subscription"),
        ("ERROR: Subscription 'x' not found. Check the spelling and casing and try again.", "sees no such subscription"),
        ("ERROR: Max retries exceeded with url", "Azure cannot be reached"),
        (OTHER_TENANT, f"signed in to another tenant than that of the subscription = help: Run: az login --tenant {TENANT}"),
        ("ERROR: AADSTS53003: Access has been blocked by Conditional Access policies.", "a policy of the organization"),
        ("ERROR: No subscription found. Run 'az account set' to select a subscription.", "has no subscription to work in"),
        ('ERROR: Too Many Requests({"error":{"code":"TooManyRequests","message":"x"}})', "asked too often"),
        ("Traceback (most recent call last):\n  File x\nKeyError: 'y'", "the Azure CLI failed: KeyError: 'y'"),
        ('ERROR: Conflict({"error":{"code":"Odd","message":"something else"}})', "the Azure CLI failed: something else"),
        ([], "did not answer as it should"),
    ],
)
def test_errors_of_az_are_told_as_they_are_meant(
    azure: AzureStandIn, capsys: pytest.CaptureFixture[str], said: object, reason: str
) -> None:
    azure.answer({f"get {WEB}": said})

    assert run(WEB, "-o", "web") == 2

    assert reason in " ".join(capsys.readouterr().err.split())
    assert not Path("web").exists()


def test_a_list_that_azure_does_not_give_again_is_told_to_be_the_earlier_one(
    azure: AzureStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    subscription = ("--subscription", "44444444-4444-4444-4444-444444444444")
    azure.answer(ALL | {GRAPH: {"data": [{"id": WEB}]}})
    assert run(*subscription, "-o", "out") == 0
    azure.answer({GRAPH: DENIED})

    assert run(*subscription, "-o", "out", "--force") == 0

    told = " ".join(capsys.readouterr().err.split())
    assert "AIB2P487" in told
    assert "its image templates could not be listed again, and are those of an earlier run: the account that az" in told


def test_without_the_azure_cli_it_is_said_how_to_get_it(
    azure: AzureStandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (azure.folder / "az").unlink()
    monkeypatch.setenv("PATH", str(azure.folder))

    assert run(WEB) == 2

    assert "https://aka.ms/azure-cli" in capsys.readouterr().err


GRAPH = "post /providers/Microsoft.ResourceGraph/resources"


def test_all_image_templates_of_a_subscription_are_converted_page_after_page(azure: AzureStandIn) -> None:
    other = f"{WEB.rpartition('/')[0]}/other"
    azure.answer(
        ALL
        | {
            GRAPH: {"data": [{"id": WEB}], "$skipToken": "more"},
            f"{GRAPH} more": {"data": [{"id": other}]},
            f"get {other}": image_template("other"),
            "account show --subscription Images": {"id": "44444444-4444-4444-4444-444444444444"},
        }
    )

    assert run("--subscription", "Images", "-o", "out") == 0

    assert {file.parent.name for file in Path("out").glob("*/build.pkr.hcl")} == {"web", "other"}
    azure.answer({})
    assert run("--subscription", "44444444-4444-4444-4444-444444444444", "-o", "out", "--check") == 0


def test_all_image_templates_of_a_resource_group_are_converted(azure: AzureStandIn) -> None:
    azure.answer(ALL | {GRAPH: {"data": [{"id": WEB}]}, "account show": {"id": "44444444-4444-4444-4444-444444444444"}})

    assert run("--resource-group", "images", "-o", "out") == 0

    assert Path("out/web/build.pkr.hcl").exists()


def test_a_group_without_image_templates_is_told(azure: AzureStandIn, capsys: pytest.CaptureFixture[str]) -> None:
    azure.answer({GRAPH: {"data": []}, "account show": {"id": "44444444-4444-4444-4444-444444444444"}})

    assert run("--resource-group", "images", "-o", "out") == 2

    assert "no image template in it" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[WEB], ["--resource-group", "images"]])
def test_an_audit_looks_into_azure_and_keeps_nothing(
    azure: AzureStandIn, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    azure.answer(ALL | {GRAPH: {"data": [{"id": WEB}]}, "account show": {"id": "44444444-4444-4444-4444-444444444444"}})

    with pytest.raises(SystemExit) as exited:
        main(["audit", *arguments], prog_name="aib2packer")

    assert exited.value.code == 0
    assert "web" in capsys.readouterr().out
    assert list(Path().iterdir()) == [Path("bin")]


@pytest.mark.parametrize("arguments", [["x.json", "--subscription", "y"], [GROUP], ["--subscription", "y"]])
def test_what_cannot_be_meant_is_wrong_usage(azure: AzureStandIn, arguments: list[str]) -> None:
    assert run(*arguments) == 2
    assert azure.calls() == []


def test_an_audit_tells_why_azure_does_not_list_with_a_code(azure: AzureStandIn, capsys: pytest.CaptureFixture[str]) -> None:
    azure.answer({GRAPH: DENIED})

    with pytest.raises(SystemExit) as exited:
        main(["audit", "--subscription", "44444444-4444-4444-4444-444444444444"], prog_name="aib2packer")

    assert exited.value.code == 2
    assert "AIB2P020 error: the account that az is signed in with may not read this" in capsys.readouterr().err
