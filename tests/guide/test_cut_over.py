"""The commands of the cut-over, of which docs/cut-over.md says what they are for."""

import json
import re
from collections.abc import Callable, Mapping

import pytest

from aib2packer import Options, convert
from aib2packer.guide import cut_over
from aib2packer.packer.facts import Service
from tests.cases.templates import GALLERY_TARGET, template

TOLD_NOTHING = Service(
    name="",
    subscription="",
    group="",
    identities=(),
    triggers=("source",),
    auto_run=False,
    subnets=(),
    definitions=(),
    managed_images=(),
    counts=False,
    staging_group="",
    images=(),
    late_images=(),
    wants=(),
    numbers_by_time=False,
)


@pytest.mark.parametrize("commands", [cut_over.stop, cut_over.start_again, cut_over.delete])
def test_what_the_template_does_not_tell_is_asked_for_by_the_names_that_the_commands_use(
    commands: Callable[[Service], tuple[str, ...]],
) -> None:
    asked = "\n".join((*cut_over.values((TOLD_NOTHING,)), *cut_over.name(TOLD_NOTHING)))
    used = re.findall(r'"\$(\w+)"', "\n".join(commands(TOLD_NOTHING)))

    assert set(used) == set(re.findall(r"^(\w+)=", asked, re.MULTILINE))


def test_a_trigger_whose_name_only_the_deployment_knows_has_no_piece_of_an_expression_for_a_name() -> None:
    kind = "Microsoft.VirtualMachineImages/imageTemplates"
    named = {"type": f"{kind}/triggers", "apiVersion": "2024-02-01", "properties": {"kind": "SourceImage"}}
    parameters = {"s": {"type": "string"}}
    names = ("[concat('web/t-', parameters('s'))]", "[concat('web/', parameters('s'))]", "web/nightly")
    resources = [template(name="web"), *({**named, "name": name} for name in names)]
    text = json.dumps({"$schema": "deploymentTemplate.json", "parameters": parameters, "resources": resources})

    page = convert(text, options=Options(side_files=True)).files["MIGRATION.md"].decode()

    assert re.findall(r"trigger delete .* --name (\S+)", page) == ["...", "nightly"]


def test_a_name_that_the_build_makes_up_for_its_run_output_is_not_taken_for_that_of_the_template() -> None:
    parameters = {"called": {"type": "string"}}
    target = {**GALLERY_TARGET, "runOutputName": "[concat(parameters('called'), 'Output')]"}
    document = {"parameters": parameters, "resources": [template(name="[parameters('called')]", distribute=[target])]}
    made = convert(json.dumps(document), options=Options(side_files=True, facts=True))

    assert made.facts is not None
    assert made.facts.name == ""
    page = made.files["MIGRATION.md"].decode()
    assert "image builder run" in page
    assert not re.search(r"=called\b|--name called\b", page)
    given = convert(json.dumps(document), options=Options(side_files=True, facts=True, settings=("called=web",)))
    assert given.facts is not None
    assert given.facts.name == "web"


def test_a_variable_of_the_shell_is_asked_for_where_a_command_has_it_or_the_parts_of_what_it_holds() -> None:
    lines = ("id=...", "id_field=...", "unused=...", 'id_field_5=$(echo "$id" | cut -d / -f 5)')

    assert cut_over.needed(lines, ('az group show --name "$id_field_5"',)) == (lines[0], lines[3])


def test_a_version_is_held_back_from_its_first_moment_on() -> None:
    page = _page(template(distribute=[GALLERY_TARGET]))

    assert "before the first build write `shared_gallery_image_version_exclude_from_latest = true`" in page
    assert page.count("excludeFromLatest=true") == 1  # the way back


def test_an_identity_that_is_still_to_be_filled_in_has_no_commands() -> None:
    own = {"type": "UserAssigned", "userAssignedIdentities": {"": {}}}

    assert "az identity" not in _page(template(identity=own))


def _page(value: Mapping[str, object]) -> str:
    return convert(json.dumps(value), options=Options(side_files=True)).files["MIGRATION.md"].decode()
