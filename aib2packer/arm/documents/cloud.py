"""Which cloud a document is for, found out from the regions and hosts that are named in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.azure.clouds import Cloud, cloud_of_hosts, cloud_of_regions, may_name_others
from aib2packer.jsonc.reader import ReadText
from aib2packer.jsonc.tree import texts_in
from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from aib2packer.jsonc.tree import Json
    from aib2packer.options import Options
    from aib2packer.text.source import SourceText

# What a parameter may be is not what it is; and what a script, a tag or a comment says, no setting does.
_SAYS_NOTHING = {"allowedvalues", "metadata", "comments", "description", "tags", "artifacttags", "inline"}
_IN_QUOTES = pattern(r'"([^"\n]*)"')


def find_cloud(document: Json, options: Options) -> Cloud:
    """The cloud that the user says; else that of the regions, or where none is named of the hosts, that settings name.

    What the user gives, a location or values of parameters, counts for more than what the document has.
    """
    if options.cloud is not None:
        return options.cloud
    if options.location is not None:
        return cloud_of_regions((options.location,)) or Cloud.PUBLIC
    given = [setting.partition("=")[2].strip('"') for setting in options.settings]
    given += [text for file in options.parameter_files for text in _texts_of(file)]
    named = texts_in(document, _SAYS_NOTHING)
    if not may_name_others((*given, *named)):
        return Cloud.PUBLIC
    tries = (cloud(texts) for cloud in (cloud_of_regions, cloud_of_hosts) for texts in (given, named))
    return next((cloud for cloud in tries if cloud is not None), Cloud.PUBLIC)


def _texts_of(file: SourceText) -> list[str]:
    """The strings in a parameters file, which may be in Bicep, or may not be JSON at all."""
    if isinstance(file, ReadText) and file.tree is not None:
        return texts_in(file.tree, ())
    return _IN_QUOTES.findall(file.text)
