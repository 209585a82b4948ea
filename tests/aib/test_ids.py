"""Resource ids, taken apart."""

import pytest

from aib2packer import SourceText, Span
from aib2packer.aib.ids import GALLERY_IMAGE, GALLERY_VERSION, MANAGED_IMAGE, parse_id
from aib2packer.arm.language.text import Placeholder, Segment, TemplateText

SPAN = Span(SourceText("x", ""), 0, 0)
IMAGE = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/images/web"


def text(*parts: str | Placeholder) -> TemplateText:
    """Make a text."""
    return TemplateText(parts, SPAN)


@pytest.mark.parametrize(
    "id_", [IMAGE, f"{IMAGE}/", IMAGE.replace("resourceGroups", "RESOURCEGROUPS").replace("images", "Images")]
)
def test_the_case_of_segments_and_a_slash_at_the_end_do_not_matter(id_: str) -> None:
    found = parse_id(text(id_), MANAGED_IMAGE)

    assert found is not None
    assert [str(part) for part in (found.subscription, found.resource_group, found["images"])] == ["s", "rg", "web"]


@pytest.mark.parametrize(
    "id_",
    [
        "",
        "web",
        "/",
        IMAGE.removeprefix("/"),
        IMAGE.replace("/images/", "/disks/"),
        IMAGE.removesuffix("/web"),
        f"{IMAGE}/versions/1.0.0",
        IMAGE.replace("/rg/", "//"),
        f"https://management.azure.com{IMAGE}",
    ],
)
def test_what_has_another_shape_is_no_such_id(id_: str) -> None:
    assert parse_id(text(id_), MANAGED_IMAGE) is None


def test_any_of_several_shapes_will_do() -> None:
    gallery = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/galleries/g/images/i"

    without, with_version = (
        parse_id(text(id_), GALLERY_IMAGE, GALLERY_VERSION) for id_ in (gallery, f"{gallery}/versions/1.0.0")
    )

    assert without is not None
    assert with_version is not None
    assert "versions" not in without.segments
    assert str(with_version["versions"]) == "1.0.0"


def test_placeholders_within_segments_stay_there() -> None:
    group, name = Placeholder("<rg>"), Placeholder("<name>")
    parts = ("/subscriptions/s/resourceGroups/", group, "/providers/Microsoft.Compute/images/web-", name)

    found = parse_id(text(*parts), MANAGED_IMAGE)

    assert found is not None
    assert found.resource_group.parts == (group,)
    assert found["images"].parts == ("web-", name)


@pytest.mark.parametrize("end", ["gallery/g/images/i", "galleries/g"])
def test_what_has_the_names_of_another_shape_is_no_such_id_whatever_a_placeholder_comes_to(end: str) -> None:
    parts = ("/subscriptions/", Placeholder("<id>"), f"/resourceGroups/rg/providers/Microsoft.Compute/{end}")

    assert parse_id(text(*parts), GALLERY_IMAGE, GALLERY_VERSION) is None
    assert parse_id(text(*parts[:2], "/x", *parts[2:]), GALLERY_IMAGE) is not None  # it may be more than one segment


def test_an_id_that_is_one_placeholder_is_taken_apart_when_packer_runs() -> None:
    whole = text(Placeholder("<imageId>"))

    found = parse_id(whole, MANAGED_IMAGE)

    assert found is not None
    assert found.subscription.parts == (Segment(whole, 2),)
    assert found.resource_group.parts == (Segment(whole, 4),)
    assert found["images"].parts == (Segment(whole, 8),)
