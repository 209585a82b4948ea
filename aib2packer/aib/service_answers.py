"""What the service answers, as far as an answer was seen: the end of a sentence about what is wrong, or nothing."""

from __future__ import annotations

from aib2packer.lazy.patterns import pattern

_TARGET = pattern(r"distribute\[\d+\]")


def missing_field(path: str, key: str) -> str:
    """The answer where the object at `path` has no `key`."""
    # Logged for targets, not for what stands in them (docs/reference/aib-behaviour.md 8); without a type, nobody saw it.
    return _validation(f".{path}", f"Missing field '{key}'") if _TARGET.fullmatch(path) and key != "type" else ""


def bad_kind(path: str) -> str:
    """The answer where the `type` of the object at `path` is none."""
    # Logged for targets (docs/reference/aib-behaviour.md 6)
    return _validation("", f"Field '{path}.type' has a bad value: ''") if _TARGET.fullmatch(path) else ""


def bad_image_id() -> str:
    """The answer where the id of a source's managed image is none."""
    # Logged (docs/reference/aib-behaviour.md 8)
    return _validation(".source", "Field 'imageId' has a bad value")


def unknown_field(key: str) -> str:
    """The answer to a key that the service does not know."""
    # Logged for `vmboot` (docs/reference/aib-behaviour.md 6)
    return f": the service answers 'Unmarshalling entity encountered error: … unknown field \"{key}\"'"


def error_code(code: str) -> str:
    """The code of the service for an error of that kind."""
    # From the definitions of its API (docs/reference/aib-behaviour.md 8); with what text it comes was not seen.
    return f": the service refuses it ({code})"


def _validation(place: str, what: str) -> str:
    return f": the service answers \"Validation failed: 'ImageTemplate.properties{place}': {what}\""
