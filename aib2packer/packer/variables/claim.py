"""Names for what is only known when Packer runs: most templates hold nothing that needs one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.lazy.models import replace
from aib2packer.packer.variables.ours import PACKER_VERSION
from aib2packer.packer.variables.symbols import Symbols
from aib2packer.packer.variables.texts import symbols_in, texts_in

if TYPE_CHECKING:
    from aib2packer.aib.model import ImageTemplate
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.findings.model import Report


def claim(template: ImageTemplate, region: TemplateText | None, report: Report, *, values_apart: bool) -> Symbols:
    """What stands in HCL for the symbols of a template that is built in a region.

    `values_apart`: what the user gave goes into a file of its own, and not into the defaults.
    """
    texts = texts_in(template)
    if found := tuple(dict.fromkeys(symbol for text in texts for symbol in symbols_in(text))):
        from aib2packer.packer.variables.claims import claim_names

        return claim_names(replace(template, location=region), texts, found, report, values_apart=values_apart)
    return Symbols(
        names={},
        leaves={},
        variables=None,
        references={},
        computed={},
        ids={},
        order=(),
        resolve=template.resolve,
        report=report,
        given={},
        packer_version=PACKER_VERSION,
    )
