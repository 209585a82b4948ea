"""What is to be converted: the templates that the arguments of the command line stand for."""

from __future__ import annotations

import os
import re
import sys
from functools import cache
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING

from aib2packer.app.azure.template_ids import name_of_template
from aib2packer.app.folders import SUFFIXES, Claims
from aib2packer.findings.text import safe
from aib2packer.hcl.names import portable_name
from aib2packer.lazy.models import dataclass, replace
from aib2packer.packer.layout import AZURE_FILE
from aib2packer.system.files import is_within, read_bytes, read_most, unreadable
from aib2packer.text.source import FileError, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import BinaryIO

    from aib2packer.text.source import SourceText

STDIN = "-"
_PIECE = 1_048_576  # bytes of a large file that are looked at together
_SEAM = 1_024  # bytes of a piece that the next one begins with: longer than any words that are looked for


@dataclass(frozen=True, slots=True)
class Template:
    """One input: its name for people, where it is, and the folder for its output, relative to that of all."""

    name: str
    path: Path | None
    """Where the input lies; None: standard input."""
    folder: PurePosixPath
    found: bool = False
    """Whether it was found in a folder rather than named; such a file need not be a template."""
    root: Path | None = None
    """The folder that it was found in."""
    calls: bool = False
    """Whether it calls a file of that folder that speaks of image templates."""
    image: str | None = None
    """Which image template of the input is meant, where it holds several."""
    resource: str | None = None
    """The id of the image template, where it is read from Azure."""
    is_placed: bool = False
    """Whether its folder stays as it is; another is named after the image template in it, once that is known."""

    @property
    def shown(self) -> str:
        """The name, and which image template of it is meant."""
        return self.name if self.image is None else f"{self.name} ({self.image})"

    def read(self, most: int) -> bytes | None:
        """The bytes of the input, up to `most`; None for a file that was found, and does not speak of image templates.

        Raises:
            FileError: It cannot be read.

        """
        if self.path is None and sys.stdin is None:  # closed: `<&-`
            raise FileError(self.name, "standard input is closed", "Give a file.")
        if (data := self._own_bytes(most)) is None:
            return None
        if self.path is not None and self.root is not None and not is_within(self.path, self.root):
            raise FileError(self.name, "this is a link to a file outside of the folder", "Give that file by its own name.")
        return _built(self.path, data)

    def is_other(self, most: int) -> bool:
        """Whether it was found in a folder, and what it holds, up to `most` bytes, does not speak of image templates.

        Raises:
            FileError: It cannot be read.

        """
        return self.found and not self.calls and self._own_bytes(most) is None

    def _own_bytes(self, most: int) -> bytes | None:
        """The bytes as they are; None for a file that was found, and does not speak of image templates."""
        try:
            data = _read(self.name, self.path, most)
        except FileError:
            if self.found and self.path is not None and _is_silent(self.path, most):
                return None
            raise
        if not self.found or self.calls:
            return data
        from aib2packer.app.walk import speaks_of_image_templates

        return data if speaks_of_image_templates(data) else None

    def of_images(self, images: Sequence[str]) -> tuple[Template, ...]:
        """A template for each image template of the input, each with a folder of its own in that of the input."""
        claims = Claims()
        folders = [claims.claim(PurePosixPath(_image_folder(image))) for image in images]
        return tuple(
            replace(self, image=image, folder=self.folder / folder) for image, folder in zip(images, folders, strict=True)
        )


def place_of(template: Template, top: Path | None) -> str:
    """Where a template stands: in its repository, else by the way from the folder of all outputs.

    That has nothing of the machine, nor of the folder that a run is started from.
    """
    if template.path is None or template.resource is not None:
        return given_path(template)
    path = Path(os.path.normpath(Path.cwd() / template.path))
    repository = _repository(path.parent)
    found = path.relative_to(repository).as_posix() if repository else way(path, top) if top else None
    return given_path(template) if found is None else safe(found)


def shown_place(template: Template, top: Path | None) -> str:
    """Where a template stands, as people are told: without the way up to what it has in common with the outputs."""
    return re.sub(r"^(?:\.\./)+", "", place_of(template, top))


def given_path(template: Template) -> str:
    """The path of an input as it was given, from the working folder or the one that was searched: nothing of the machine."""
    if template.resource is not None:
        return AZURE_FILE
    if template.path is None:
        return safe(template.name)
    path, bases = template.path, (Path.cwd(), *(() if template.root is None else (template.root,)))
    if path.is_absolute() or ".." in path.parts:
        path = next((path.relative_to(base) for base in bases if path.is_relative_to(base)), Path(path.name))
    return safe(path.name if ".." in path.parts else path.as_posix())


def way(path: Path, top: Path) -> str | None:
    """The way from the folder of all outputs; None where it would name users and disks."""
    there, here = Path.cwd() / path, Path.cwd() / top
    try:
        common = Path(os.path.commonpath((os.path.normpath(there), os.path.normpath(here))))
    except ValueError:  # another disk
        return None
    if common in {Path(common.anchor), Path.home().parent}:
        return None
    return Path(os.path.relpath(there, here)).as_posix()


@cache
def _repository(folder: Path) -> Path | None:
    """The top of the repository that a folder is in."""
    return next((one for one in (folder, *folder.parents) if os.path.lexists(one / ".git")), None)


def read_values(name: str, path: Path, most: int) -> SourceText:
    """A file of values, up to `most` bytes; a Bicep parameters file with its values.

    Raises:
        FileError: It cannot be read.

    """
    source = decode(_read(name, path, most), name)
    if path.suffix.lower() != ".bicepparam":
        return source
    from aib2packer.app.bicep import build_parameters
    from aib2packer.app.bicep_parameters import at_places

    return at_places(build_parameters(path), source)


def _read(name: str, path: Path | None, most: int) -> bytes:
    """The bytes of a file as they are.

    Raises:
        FileError: It cannot be read.

    """
    try:
        return read_most(name, sys.stdin.buffer, most) if path is None else read_bytes(name, path, most)
    except OSError as error:
        raise unreadable(name, error) from error


def _is_silent(path: Path, most: int) -> bool:
    """Whether a file that is too large to be converted does not speak of image templates."""
    from aib2packer.app.walk import any_speaks

    try:
        if path.stat().st_size <= most:
            return False
        with path.open("rb") as file:
            return not any_speaks(_pieces(file))
    except OSError:
        return False


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    """What a file holds, a piece after the other, each with the end of the one before."""
    end = b""
    while piece := file.read(_PIECE):
        yield end + piece
        end = piece[-_SEAM:]


def _built(path: Path | None, data: bytes) -> bytes:
    suffix = "" if path is None else path.suffix.lower()
    if path is not None and suffix == ".bicep":
        from aib2packer.app.bicep import build

        return build(path)
    if path is not None and suffix == ".bicepparam":
        from aib2packer.app.bicep_parameters import template_of

        template = template_of(decode(data, str(path)))
        reason = "this is a parameters file, not a template"
        raise FileError(str(path), reason, f"Give the template, and this file with -p: aib2packer convert {template} -p {path}")
    return data


def is_folder(path: Path) -> bool:
    """Whether there is a folder at a path; none where that may not be seen, which reading it will tell."""
    try:
        return path.is_dir()
    except OSError:
        return False


def collect(
    arguments: tuple[str, ...],
    output: Path | None,
    exclude: Sequence[str] = (),
    leave: Callable[[Path], object] = lambda _link: None,
) -> tuple[Template, ...]:
    """The templates that the arguments stand for: files, folders that are searched, ids in Azure, and `-` for standard input.

    Each gets a folder named after its file, below a given folder at the same place; `name-2` where that is taken. Most get
    another when the name of what is in the file is known. The output folder is not searched, nor what matches a pattern of
    `exclude`. A file that is named twice comes once. `leave` is called with each link to a folder that none of the arguments
    leads to: links are not followed.

    Raises:
        FileError: A folder cannot be read or holds no file that may be a template.

    """

    def leave_outer(link: Path) -> None:
        if not any(is_within(link, Path(argument)) for argument in arguments):
            leave(link)

    claims = Claims()
    templates: dict[Path | str | None, Template] = {}
    for argument in arguments:
        if (image := name_of_template(argument)) is not None:
            if (resource := argument.rstrip("/").lower()) not in templates:
                folder = claims.claim(PurePosixPath(_image_folder(image)))
                templates[resource] = Template(argument, None, folder, resource=argument, is_placed=True)
            continue
        root = Path(argument)
        for one in _expand(argument, output, exclude, leave_outer):
            key = one.path and one.path.absolute()
            if key not in templates:
                templates[key] = replace(one, folder=claims.claim(one.folder), root=root if one.found else None)
    return tuple(templates.values())


def require_there(templates: Sequence[Template]) -> None:
    """Refuse a path that was named, and where nothing is.

    Raises:
        FileError: There is one.

    """
    for one in templates:
        if one.path is not None and not one.found:
            try:
                one.path.stat()
            except OSError as error:
                raise unreadable(one.name, error) from error


def _expand(argument: str, output: Path | None, exclude: Sequence[str], leave: Callable[[Path], object]) -> Iterator[Template]:
    """The templates that an argument stands for, with their folders as they should be."""
    if argument == STDIN:
        yield Template("<stdin>", None, PurePosixPath("stdin"))
        return
    path = Path(argument)
    if not is_folder(path):
        yield Template(argument, path, PurePosixPath(_folder_name(path.name)))
        return
    from aib2packer.app.walk import modules_of

    files = _files(path, output, exclude, leave)
    modules = modules_of(files)
    for file in files:
        if file not in modules.called:
            folder = PurePosixPath(*map(_folder_name, file.relative_to(path).parts))
            yield Template(str(file), file, folder, found=True, calls=file in modules.callers)


def _files(folder: Path, output: Path | None, exclude: Sequence[str], leave: Callable[[Path], object]) -> list[Path]:
    """The files below a folder that may be templates, sorted by their path."""
    from aib2packer.app.walk import candidates

    def fail(error: OSError) -> None:
        raise unreadable(error.filename, error) from error

    links: list[Path] = []
    files = candidates(folder, output, exclude, fail, links.append)
    for link in sorted(links):
        leave(link)
    if not files:
        reason = "no *.json, *.jsonc, *.bicep or *.tf file in this folder"
        also = f"; links are not followed, such as {min(links)}" if links else ""
        raise FileError(
            str(folder), f"{reason} that is not left out" if exclude else reason, f"Give one that holds image templates{also}."
        )
    return files


def _folder_name(name: str) -> str:
    """The name of a folder for a file of this name."""
    path = PurePath(name)
    return portable_name(path.stem if path.suffix.lower() in SUFFIXES else name, "template")


def _image_folder(name: str) -> str:
    """The name of a folder for an image template of this name, which may be an expression."""
    return portable_name("-".join(re.findall(r"[\w.-]+", name)), "template")
