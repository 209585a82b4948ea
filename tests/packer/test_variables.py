"""Which variables a build has."""

import re

import pytest

from aib2packer.packer.variables.dependencies import free_name
from tests.cases.templates import LINUX, WINDOWS, hcl_of, template

SIGNATURE = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTI%3D"


SIGN_IN = ("use_azure_cli_auth", "tenant_id", "client_id", "oidc_request_url", "oidc_request_token")


def variables(hcl: str) -> list[str]:
    """The names of the variables, in order."""
    return re.findall(r'^variable "(\w+)"', hcl, re.MULTILINE)


def blob(name: str, number: int = 1) -> dict[str, str]:
    """Make a File customizer that fetches a blob with a signature."""
    uri = f"https://contoso.blob.core.windows.net/files/{name}?sv=2022-11-02&se=203{number}-01-01&sig={SIGNATURE}"
    return {"type": "File", "sourceUri": uri, "destination": f"/tmp/{name}"}


@pytest.mark.parametrize("token", ["<subscriptionID>", "<subscription-id>", "<SubscriptionId>", "<subscription>"])
def test_a_token_for_the_subscription_is_the_variable_of_the_subscription(token: str) -> None:
    image = f"/subscriptions/{token}/resourceGroups/images/providers/Microsoft.Compute/images/web"
    target = {"type": "ManagedImage", "imageId": image, "location": "westeurope", "runOutputName": "web"}

    hcl = hcl_of(template(distribute=[target]))

    assert variables(hcl) == [*SIGN_IN, "subscription_id", "allowed_inbound_ip_addresses", "managed_image_name"]
    assert "subscription_id    = var.subscription_id" in hcl


def test_tokens_that_are_the_same_in_snake_case_are_one_variable() -> None:
    hcl = hcl_of(template(tags={"a": "<rgName>", "b": "<rg-name>", "c": "<RG_NAME>", "d": "<rg name 2>"}))

    assert variables(hcl)[:2] == ["rg_name", "rg_name_2"]
    assert hcl.count("var.rg_name\n") == 3


@pytest.mark.parametrize(
    "name",
    ["image_version", "definition_security_type", "client_id", "allowed_inbound_ip_addresses", "build-resource-group-name"],
)
def test_a_token_does_not_take_a_name_that_means_something_else(name: str) -> None:
    hcl = hcl_of(template(tags={"a": f"<{name}>"}))

    assert f"template_{name.replace('-', '_')}" in variables(hcl)


def test_the_same_signature_is_one_variable_and_another_is_another() -> None:
    hcl = hcl_of(template(customize=[blob("a"), blob("b"), blob("c", 2)]))

    assert [name for name in variables(hcl) if "sas" in name] == ["contoso_sas_token_a", "contoso_sas_token_c"]
    assert hcl.count('?${var.contoso_sas_token_a}"\n') == 2
    assert len(re.findall(r"contoso[^}]*sensitive   = true", hcl)) == 2
    assert "It stands behind a and b." in hcl


@pytest.mark.parametrize("host", ["3contoso.blob.core.windows.net", "127.0.0.1:8080", "\u00fc.example.com", "-"])
def test_the_variable_of_a_secret_has_a_name_whatever_the_host(host: str) -> None:
    file = {"type": "File", "sourceUri": f"https://{host}/x?sv=1&sig={SIGNATURE}", "destination": "/tmp/x"}

    hcl = hcl_of(template(customize=[file]))

    (name,) = set(re.findall(r"/x\?\$\{var\.(.*?)\}", hcl))
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    assert variables(hcl)[0] == name


def test_each_secret_of_a_command_is_a_variable_that_says_which_option_it_is_for() -> None:
    secret = "cf6b" * 13
    command = f"./i.sh -SasToken \"?sv=1&se=2&sig=ab%3D\" -Url x --pat-token '{secret}'"
    hcl = hcl_of(template(customize=[{"type": "Shell", "inline": [command]}]))

    assert secret not in hcl
    assert "ab%3D" not in hcl
    assert "?sv=1&se=2&sig=${var.sas_token}" in hcl
    assert "--pat-token '${var.pat_token}'" in hcl
    assert [line for line in hcl.splitlines() if "Secret that" in line] == [
        f'  description = "Secret that a command of the template gave to the option {option}. Whoever runs Packer gives it."'
        for option in ("-SasToken", "--pat-token")
    ]


def test_a_secret_does_not_take_the_name_of_a_token() -> None:
    hcl = hcl_of(template(customize=[blob("a")], tags={"x": "<contosoSasToken>"}))

    assert {"contoso_sas_token", "contoso_sas_token_2"} < set(variables(hcl))
    assert "x = var.contoso_sas_token\n" in hcl


def test_a_variable_is_declared_only_where_it_is_used() -> None:
    hcl = hcl_of(template(source=LINUX))

    declared = set(variables(hcl))
    assert declared == set(re.findall(r"var\.(\w+)", hcl))


def test_the_variables_that_a_person_must_fill_in_come_before_those_that_may_be_left() -> None:
    target = {"type": "VHD", "runOutputName": "web"}

    names = variables(hcl_of(template(distribute=[target], location="<region>")))

    assert names == [
        "region",
        "vhd_storage_account",
        "vhd_resource_group_name",
        *SIGN_IN,
        "subscription_id",
        "allowed_inbound_ip_addresses",
        "vhd_container",
    ]


def test_a_name_that_thousands_have_already_is_found_without_looking_through_them() -> None:
    looks = 0

    class Taken(set[str]):
        def __contains__(self, name: object) -> bool:
            nonlocal looks
            looks += 1
            return super().__contains__(name)

    taken = Taken()
    for _ in range(5_000):
        taken.add(free_name("token", taken))

    assert taken == {"token", *(f"token_{number}" for number in range(2, 5_001))}
    assert looks < 5_000 * 150


def test_what_only_names_a_key_of_the_manifest_need_not_be_given() -> None:
    image = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/images/providers/Microsoft.Compute/images"
    named = [f"{image}/web", f"{image}/<second>"]
    outputs = ("<run output>", "<second>")
    targets = [
        {"type": "ManagedImage", "imageId": one, "location": "westeurope", "runOutputName": output}
        for one, output in zip(named, outputs, strict=True)
    ]

    hcl = hcl_of(template(distribute=targets))

    assert 'variable "run_output" {' in hcl
    assert 'default     = "run_output"' in hcl
    assert 'default     = "second"' not in hcl


def test_a_parameter_whose_name_says_that_it_is_a_key_is_a_secret_and_says_where_it_stands() -> None:
    step = {"type": "PowerShell", "name": "share", "inline": ["[parameters('command')]"]}
    default = "[concat('Add-Share ', parameters('acctKey'))]"
    parameters = {"acctKey": {"type": "string"}, "command": {"type": "string", "defaultValue": default}}

    hcl = hcl_of({"parameters": parameters, "resources": [template(source=WINDOWS, customize=[step])]})

    (declared,) = re.findall(r'^variable "acct_key" \{\n(.*?)^\}', hcl, re.MULTILINE | re.DOTALL)
    assert "Part of the default of command." in declared
    assert "sensitive   = true" in declared
    assert "PKR_VAR_acct_key='...'" in hcl
