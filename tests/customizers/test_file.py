"""The File customizer: what a file is called in a folder on the VM."""

import pytest

from tests.cases.templates import WINDOWS, codes_of, hcl_of, template


def template_of(uri: str) -> dict[str, object]:
    """A template that puts a file into a folder."""
    file = {"type": "File", "name": "f", "sourceUri": uri, "destination": "C:\\temp\\"}
    return template(source=WINDOWS, customize=[file])


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/dir/app.config?sv=2024#x", "app.config"),
        ("/app%20one.config", "app one.config"),
        ("/app%20one.config?sv=1&sig=c2VjcmV0", "app one.config"),
        ("/..%5Capp.config", "..%5Capp.config"),
        ("/%2e%2e", "%2e%2e"),
        ("/a%0Ab", "a%0Ab"),
        ("/c%3Ab", "c%3Ab"),
    ],
)
def test_a_file_has_the_name_of_its_uri(path: str, name: str) -> None:
    hcl = hcl_of(template_of(f"https://example.com{path}"))

    assert f'destination = "C:\\\\temp\\\\{name}"' in hcl


@pytest.mark.parametrize("uri", ["https://example.com/", "https://example.com", "https://example.com/dir/?a=b&sig=c2VjcmV0"])
def test_a_uri_that_names_no_file_is_told(uri: str) -> None:
    assert 'destination = "C:\\\\temp\\\\"' in hcl_of(template_of(uri))
    assert "AIB2P417" in codes_of(template_of(uri))
