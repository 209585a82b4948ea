"""Words of an audit that not everybody who reads it knows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.lazy.models import dataclass
from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator
    from re import Pattern

    from aib2packer.audit.model import Audit


@dataclass(frozen=True, slots=True)
class Term:
    """A term, what it means, and how the page is searched for it."""

    name: str
    meaning: str
    found: Pattern[str]


_TERMS = (
    Term(
        "$name",
        "A value that a template leaves open: a variable of its build. In a command it is a shell variable, to be set "
        "first; words in capitals are for you to fill in.",
        pattern(r"\$\{?[A-Za-z_]"),
    ),
    Term(
        "--set, -p and other options",
        "Options of `aib2packer convert` and `audit`, which `aib2packer.toml` can also hold: `--set NAME=VALUE` gives "
        "a parameter of a template a value, `-p FILE` gives those in a parameters file.",
        pattern(r"(?<![\w-])--?[a-z]"),
    ),
    Term(
        "API version",
        "The date that names a form of the template: Image Builder knows other settings in other API versions.",
        pattern(r"API version"),
    ),
    Term("ARM", "Azure Resource Manager: what manages all of Azure, and the form of its templates.", pattern(r"\bARM\b(?!_)")),
    Term(
        "azure-arm",
        "The part of Packer that makes images in Azure: it starts a VM, runs the steps on it, and makes an image of its disk.",
        pattern(r"azure-arm"),
    ),
    Term(
        "baseline",
        "A file of findings that you accept, each with the reason; they are not counted any more.",
        pattern(r"baseline"),
    ),
    Term("customize[0]", "The first step of an image template: steps are counted from 0.", pattern(r"customize\[\d")),
    Term(
        "customizer",
        "A step of an image template, such as a script or a restart. In Packer it becomes a provisioner.",
        pattern(r"customiz|provisioner", re.IGNORECASE),
    ),
    Term(
        "gallery, image definition, version",
        "An Azure Compute Gallery holds image definitions; each build publishes one more version of one of them.",
        pattern(r"galler|image definition", re.IGNORECASE),
    ),
    Term("HCL", "HashiCorp's configuration language, in which Packer's files are written.", pattern(r"\bHCL\b|\.hcl\b")),
    Term("managed image", "An image that lies in a resource group, outside of any gallery.", pattern(r"managed image")),
    Term(
        "post-processor",
        "A step of a Packer build that runs after the image is made, where Packer runs and not on the VM.",
        pattern(r"post-processor"),
    ),
    Term(
        "purchase plan",
        "The terms of a marketplace image that a publisher sells: each subscription accepts them once.",
        pattern(r"purchase plan"),
    ),
    Term("runner", "The machine that runs a pipeline, and so Packer.", pattern(r"runner")),
    Term(
        "SAS token",
        "The end of an address that lets whoever has it read a file in a storage account: a secret.",
        pattern(r"\bSAS\b|sas_token", re.IGNORECASE),
    ),
    Term(
        "security type",
        "How a VM is protected, such as Trusted Launch. An image definition states one, and its versions must match.",
        pattern(r"security.type"),
    ),
    Term("Sysprep", "The Windows tool that prepares an installation to become an image.", pattern(r"Sysprep")),
    Term("tenant", "A directory of Microsoft Entra ID, in which accounts are.", pattern(r"\btenant|TENANT")),
    Term("VHD", "A disk as a file in a storage account.", pattern(r"VHD")),
    Term("vnetConfig", "The setting of an image template that names the subnet of the build VM.", pattern(r"vnetConfig")),
    Term("WinRM", "How Windows is managed over the network: Packer runs its steps on a Windows VM this way.", pattern("WinRM")),
)


def terms(audit: Audit) -> tuple[Term, ...]:
    """The terms that occur."""
    text = "\n".join(_texts(audit))
    return tuple(term for term in _TERMS if term.found.search(text))


def _texts(audit: Audit) -> Iterator[str]:
    for cause in (*audit.obstacles, *(cause for causes in audit.asked.values() for cause in causes)):
        yield cause.code.title
        for said in cause.said:
            yield from (said.message, said.help)
    for chapter in (*audit.by_hand, *audit.shared):
        yield chapter.sentence
        for need in chapter.needs:
            yield from (need.what, need.about, need.command)
