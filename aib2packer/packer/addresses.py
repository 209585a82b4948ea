"""The names of the places of a build, and where in the template each comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.hcl.values import Attribute, Block

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aib2packer.packer.model import Build
    from aib2packer.text.source import Span

HEADER = "header"
"""The comment at the top of the file, which holds the run instructions."""


def source_address(build: Build) -> str:
    """The address of the source block, as Packer names it."""
    return f"source.azure-arm.{build.label}"


def origins(build: Build) -> Iterator[tuple[str, Span]]:
    """Each place of a build that comes from the template, with where it comes from; in the order of the file."""
    source = source_address(build)
    yield from ((HEADER, origin) for origin in build.header_origins)
    yield from ((f"var.{variable.name}", variable.origin) for variable in build.variables if variable.origin is not None)
    if build.origin is not None:
        yield source, build.origin
    for section in build.sections:
        for item in section.body:
            if isinstance(item, Attribute | Block) and item.origins:
                yield from ((f"{source}.{item.name}", origin) for origin in item.origins)
    for number, step in enumerate(build.provisioners):
        yield from ((f"build.provisioner[{number}]", origin) for origin in step.origins)
    for number, chain in enumerate(build.post_processors):
        yield from ((f"build.post-processor[{number}]", origin) for origin in chain.origins)


def blocks(build: Build) -> Iterator[str]:
    """The addresses of what is a block of its own, or one within the source."""
    yield from (f"var.{variable.name}" for variable in build.variables)
    yield source_address(build)
    for section in build.sections:
        yield from (f"{source_address(build)}.{item.name}" for item in section.body if isinstance(item, Block))
    yield from (f"build.provisioner[{number}]" for number in range(len(build.provisioners)))
    for number in range(len(build.post_processors)):
        yield f"build.post-processor[{number}]"
