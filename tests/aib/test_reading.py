"""Reading an image template: what is larger than what people write is refused before it costs anything."""

import pytest

from tests.cases.templates import convert_json, template


@pytest.mark.parametrize(("steps", "refused"), [(500, False), (3_000, True)])
def test_an_image_template_with_more_settings_than_are_converted_is_an_error(steps: int, *, refused: bool) -> None:
    made = convert_json(template(customize=[{"type": "Shell", "inline": ["true"]}] * steps))

    assert [finding.code.id for finding in made.findings if finding.code.id == "AIB2P148"] == ["AIB2P148"] * refused
    assert (made.hcl is None) == refused
