"""Which cloud a document is for, found out from the regions and hosts that are named in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.azure.clouds import recognise
from aib2packer.jsonc.tree import texts_in
from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from aib2packer.azure.clouds import Cloud
    from aib2packer.jsonc.tree import Json
    from aib2packer.options import Options

# What a parameter may be is not what it is; and commands may speak of any cloud.
_SAYS_NOTHING = {"allowedvalues", "metadata", "inline"}
_IN_QUOTES = pattern(r'"([^"\n]*)"')


def find_cloud(document: Json, options: Options) -> Cloud:
    """The cloud that the user says; else that of the location they give, of the values of parameters, or of the document."""
    if options.cloud is not None:
        return options.cloud
    given = [setting.partition("=")[2].strip('"') for setting in options.settings]
    given += [text for file in options.parameter_files for text in _IN_QUOTES.findall(file.text)]
    if options.location is not None:
        return recognise((options.location,))
    return recognise(given + texts_in(document, _SAYS_NOTHING))
