"""TOML that may be anything: whatever is wrong with it is one kind of error."""

from __future__ import annotations

from aib2packer.lazy.patterns import pattern

_LONG_KEY = pattern(r"""(?:(?:(?<![\w-])[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){50}""")


def read_toml(text: str) -> dict[str, object]:
    """The table that a text in TOML is.

    Raises:
        ValueError: It is no TOML, or has more than can be read.

    """
    import tomllib

    if _LONG_KEY.search(text):  # reading one takes the square of its length, of time and of memory
        message = "a key has more parts than anybody reads"
        raise ValueError(message)
    try:
        return tomllib.loads(text)
    except RecursionError:
        message = "its values are nested too deeply"
    except ValueError as error:
        if not str(error).startswith("Exceeds the limit"):
            raise
        message = "a number in it is too long"
    raise ValueError(message)
