"""Rights of the account that runs a build, as data (docs/reference/azure-runtime.md 4)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.lazy.models import dataclass
from aib2packer.packer.access.network import host_of
from aib2packer.packer.shell_words import CommandOutput, Word, word

if TYPE_CHECKING:
    from aib2packer.aib.ids import ResourceId
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.hcl.values import Value
    from aib2packer.packer.variables.symbols import Symbols

READER = "Reader"
PUBLISHER = "Compute Gallery Artifacts Publisher"
TAGGER = "Tag Contributor"
CONTRIBUTOR = "Contributor"
BLOB_CONTRIBUTOR, BLOB_READER = "Storage Blob Data Contributor", "Storage Blob Data Reader"
SOURCE_GROUP = "the source image's resource group"
IMAGE_GROUP = "the managed image's resource group"
_COMPUTE = "/providers/Microsoft.Compute"


def grant_command(role: str, scope: Word | str) -> str:
    """The command that gives a role to `$account`; `scope` is the id, as a word of a shell."""
    return f'az role assignment create --assignee "$account" --role "{role}" --scope {scope}'


@dataclass(frozen=True, slots=True)
class Right:
    """A role and what for. `thing` is what it is about; `scope` is its id, None where that is only known when Packer runs."""

    thing: str
    role: str
    scope: Word | None
    why: str
    name: str | None = None
    """The name of the thing, where it is known."""
    in_sentence: bool = True
    """Whether the sentence above a build names the thing, which says of some in words of its own, and nothing of others."""

    @property
    def label(self) -> str:
        """The thing and its name, as code."""
        return f"{self.thing} `{self.name}`" if self.name else self.thing

    @property
    def about_data(self) -> bool:
        """Whether the right is on what is in a storage account, which Contributor does not include."""
        return self.role in {BLOB_CONTRIBUTOR, BLOB_READER}


def group_words(resource: ResourceId, symbols: Symbols) -> tuple[Value, ...]:
    """The id of the resource group that a resource lies in, in pieces."""
    return "/subscriptions/", symbols.value(resource.subscription), *within_subscription(resource.resource_group, symbols)


def within_subscription(group: TemplateText, symbols: Symbols) -> tuple[Value, ...]:
    """The end of a resource group's id."""
    return "/resourceGroups/", symbols.value(group)


def gallery_scope(image: ResourceId, symbols: Symbols) -> Word | None:
    """The id of the gallery that an image definition is in."""
    return word(*group_words(image, symbols), f"{_COMPUTE}/galleries/", symbols.value(image["galleries"]))


def definition_scope(image: ResourceId, symbols: Symbols) -> Word | None:
    """The id of an image definition."""
    return word(gallery_scope(image, symbols), "/images/", symbols.value(image["images"]))


def account_scope(name: Word) -> Word:
    """The id of a storage account, which is not in the URL of a blob."""
    return Word((CommandOutput("az storage account show --name ", name, " --query id --output tsv"),))


def account_word(uri: TemplateText, symbols: Symbols) -> Word | None:
    """The storage account in the URI of a blob, as a word of a shell; None where only Packer's run knows it."""
    host = host_of(uri)
    if host is not None:
        return word(symbols.value(host.split(".")[0]))
    whole = word(symbols.value(uri))
    return None if whole is None else Word((CommandOutput("echo ", whole, " | cut -d/ -f3 | cut -d. -f1"),))


def account_of(uri: TemplateText) -> str | None:
    """The storage account in the URI of a blob; None where it is only known when Packer runs."""
    host = host_of(uri)
    name = None if host is None else host.split(".")[0].literal
    return name if name is not None and re.fullmatch(r"[a-z0-9]+", name) else None
