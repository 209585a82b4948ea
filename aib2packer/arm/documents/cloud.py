"""Which cloud a document is for, found out from the regions and hosts that are named in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.azure.clouds import recognise
from aib2packer.jsonc.tree import JsonArray, JsonObject, JsonScalar
from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from aib2packer.azure.clouds import Cloud
    from aib2packer.jsonc.tree import Json
    from aib2packer.options import Options

# What a parameter may be is not what it is.
_SAYS_NOTHING = {"allowedvalues", "metadata"}
_IN_QUOTES = pattern(r'"([^"\n]*)"')


def find_cloud(document: Json, options: Options) -> Cloud:
    """The cloud that the user says; else that of the location they give, of the values of parameters, or of the document."""
    if options.cloud is not None:
        return options.cloud
    given = [setting.partition("=")[2].strip('"') for setting in options.settings]
    given += [text for file in options.parameter_files for text in _IN_QUOTES.findall(file.text)]
    if options.location is not None:
        return recognise((options.location,))
    _add_texts(document, given)
    return recognise(given)


def _add_texts(value: Json, texts: list[str]) -> None:
    """Add all strings in a document that say what is, but for keys."""
    if isinstance(value, JsonScalar):
        if isinstance(value.value, str):
            texts.append(value.value)
    elif isinstance(value, JsonObject):
        for member in value.members:
            if member.key.lower() not in _SAYS_NOTHING:
                _add_texts(member.value, texts)
    elif isinstance(value, JsonArray):
        for item in value.items:
            _add_texts(item, texts)
