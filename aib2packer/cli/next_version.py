"""`aib2packer next-version`."""

from __future__ import annotations

import sys

import click

from aib2packer.aib.gallery_versions import LARGEST_PART, next_version
from aib2packer.app.azure.gallery import list_versions, parse_image
from aib2packer.cli.printing import echo, print_error
from aib2packer.cli.standard import OwnHelp
from aib2packer.text.source import InputError


@click.command("next-version", cls=OwnHelp)
@click.argument("images", metavar="GALLERY_IMAGE_ID...", nargs=-1, required=True)
@click.option(
    "--major",
    type=click.IntRange(-1, LARGEST_PART),
    metavar="N",
    help="Stay within this major version; without it, or with -1, increment the highest version.",
)
def next_version_command(images: tuple[str, ...], major: int | None) -> None:
    """Print the next version of a gallery image, as Image Builder counts.

    GALLERY_IMAGE_ID is the resource id of the image definition: /subscriptions/.../galleries/GALLERY/images/NAME. The Azure
    CLI, which must be signed in, lists the versions it has: the highest goes up by one in its last number, the first is 1.0.0.
    Of several images it is the next that all of them can have.

    \b
      packer build -var image_version=$(aib2packer next-version ID) build.pkr.hcl

    Exit status: 0 printed; 2 wrong usage, or no answer from the Azure CLI.
    """  # noqa: D301 - click's mark for lines that stay as they are
    try:
        found = [parse_image(image) for image in images]
        for image in found:
            if image.version is not None:
                echo(f"The id names version {image.version}: it is left out.")
        version = max(next_version(list_versions(image), None if major == -1 else major) for image in found)
    except InputError as error:
        print_error(str(error))
        sys.exit(2)
    click.echo(version)
