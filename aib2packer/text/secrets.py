"""Secrets that stand in a text: found by what surrounds them, and masked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MASK = "***"

# The patterns are compiled where a text may hold what they find (re keeps them then): most templates hold no secret.

# As written, percent-encoded (once or more often), as an HTML entity, and as a JSON escape (System.Text.Json writes & so).
_BETWEEN = r"[?&#;]|%(?:25)*(?:3[fF]|26|23)|&amp;|\\u0026"
_EQUALS = r"(?:=|%(?:25)*3[dD]|\\u003[dD])"

# To the next parameter or the end of what can be a URL; what stands for a value that is filled in later is none.
_VALUE = (
    r"(?P<value>(?![${\[*]|%(?![0-9a-fA-F]{2}))"
    rf"(?:(?!%(?:25)*26[\w.~-]+{_EQUALS})(?:[^&\s\"'`<>#\\]|\\/|\\u00(?!2[267]|3[cCeE])[0-9a-fA-F]{{2}}))+)"
)

# https://learn.microsoft.com/rest/api/storageservices/create-service-sas: sig is the signature of a shared access signature.
# Without a parameter before it, a parameter after it or its own length tells it from a variable called sig: the Base64 of the
# 32 bytes of HMAC-SHA256 has 44 characters.
_SIGNATURE = rf"[sS][iI][gG]{_EQUALS}"
_PARAMETER_BEFORE = pattern(rf"(?:{_BETWEEN})$")
_WORD_BEFORE = pattern(r"[\w$.-]$")
_BASE64 = r"[\w%+/.~-]"
_FIRST_SIGNATURE = pattern(rf"(?P<value>{_BASE64}{{40,}}={{0,2}}|{_BASE64}+={{0,2}}(?=(?:{_BETWEEN})[\w.~-]{{1,50}}{_EQUALS}))")
_FURTHER_SIGNATURE = pattern(_VALUE)

# Connection strings of Azure Storage and Service Bus.
_ACCOUNT_KEY = r"(?:AccountKey|SharedAccessKey)=(?P<value>[A-Za-z0-9+/=]+)"

_AUTHORITY = r":\\?/\\?/(?P<authority>[^\s/?#\"'`<>]*+)"
_REST_OF_URL = r"[^\s\"'`<>]*+"

# Parameters that grant access by themselves: tokens and secrets of any kind, but for those of a page in a list; Azure Functions
# (code), Azure DevOps (pat), Google (key), AWS and Google signatures. `key` and `auth` name other things too, short ones.
_PARAMETER = (
    rf"(?i:(?:{_BETWEEN})(?:(?!(?:continuation|next|page|skip|sync)[-_.]?token)[\w.-]{{0,40}}token|code|pat"
    r"|[\w.-]{0,40}(?:api|access|account|activation|auth|functions?|host|licen[cs]e|master|primary|private|product|registration"
    r"|secondary|secret|session|shared|signing|storage|subscription)[-_.]?key"
    r"|[\w.-]{0,40}(?:secret|password|passwd|passphrase|passcode|pwd|connection[-_.]?string|signature)"
    r"|pass|rlkey|tempauth|hdn(?:ea|ts)|sas|jwt|hmac|otp|cred(?:ential)?s?|authorization|bearer|ticket|session(?:[-_.]?id)?"
    r"|x-(?:amz|goog)-(?:signature|security-token|credential)"
    rf"|(?:key|auth)(?={_EQUALS}[\w%.~+/=-]{{16}}))"
    rf"{_EQUALS}{_VALUE})"
)

# A name with letters of it percent-encoded: servers decode it.
_ENCODED_NAME = rf"[?&;#](?P<name>[\w.~-]{{0,60}}%[0-9a-fA-F]{{2}}[\w.%~-]{{0,60}})={_VALUE}"
_ANY_VALUE = "x" * 16
_SHORTEST_WITH_OPTION = 11  # `-pwd abcde1`
_LONGEST_BEFORE = 2_100

_SIGNS = ("=", "@", "%3", "%25", "\\u00")

# Options of commands: a value that somebody made up or copied by hand is no word, so it is long and has digits and letters.
# What names a file, a page or the key of an assembly has none behind it.
_OPTION = pattern(
    r"(?<![\w-])--?(?P<option>(?!(?i:(?:public[-_]?key|continuation|next|page|skip|sync)[-_]?token\b))[\w-]{0,40}"
    r"(?:(?i:token|password|passwd|passphrase|pwd|secret|sas)|(?i:api|access|account|license|shared|subscription)[-_]?(?i:key)"
    r"|[pP][aA][tT]))(?:[ \t]*+[=:][ \t]*+|[ \t]++)(?:\\{0,3}[\"'])?"
    r"(?P<value>(?=[\w+/.~=-]{0,200}?\d)(?=[\w+/.~=-]{0,200}?[A-Za-z])[A-Za-z0-9+_][\w+/.~=-]{19,})(?=[\"'\s;,)\\]|$)",
    re.ASCII,
)
# A password may be short, but has a digit and a letter all the same.
_PASSWORD = pattern(
    r"(?<![\w-])--?(?P<option>[\w-]{0,40}(?i:password|passwd|passphrase|pwd))(?:[ \t]*+[=:][ \t]*+|[ \t]++)(?:\\{0,3}[\"'])?"
    r"(?P<value>(?![$%<>{\[(@/.~-])(?=[^\s\"'`]{0,200}?\d)(?=[^\s\"'`]{0,200}?[A-Za-z])[^\s\"'`;,()\\$<>{}|&]{6,})"
    r"(?=[\"'\s;,)\\]|$)",
    re.ASCII,
)
_WORDS_IN_OPTIONS = ("token", "pass", "pwd", "secret", "sas", "key", "pat")  # one of them stands in each
_BEHIND_OPTION = r"(?:^|[\s\"'(])(?P<option>--?[A-Za-z][\w-]{0,60})(?:[ \t]*+[=:][ \t]*+|[ \t]++)[\"']?[^\s\"']{0,2000}$"

# What is called so by itself, or behind other words; a public key, the token of a page and the like are none.
_NAME = (
    r"(?:password|passwd|passphrase|secret|connection_?string|(?:access|account|acct|api|private|shared|storage)_?key|sas_?token"
    r"|(?:^|_)(?:(?<!public_)key|(?<!continuation_)(?<!next_)(?<!page_)(?<!skip_)(?<!sync_)token|pwd|sas|pat|credentials?))$"
)
_USER_PAIR = r"(?!\$\w+:\$\w+$|\$\{[^}]*\}:\$\{[^}]*\}$|%\w+%:%\w+%$|\{\{.*\}\}$)[^:]*:.+"
_LONG_USER = r"(?=\D*\d)[\w-]{20,}"  # `https://ghp_…@github.com`


def find_secrets(text: str) -> tuple[tuple[int, int], ...]:
    """The (start, end) offsets of secret values in a text, in order and apart.

    Secret are: the signature of a shared access signature in anything that looks like a query string, account keys in
    connection strings, in URLs the well-known parameters that grant access, and the user with a password, and what is given to
    an option of a command such as `-PatToken`.
    Values that are filled in later (`$TOKEN`, `<token>`, `{{token}}`, `%TOKEN%`) are none.
    """
    if not may_hold_secrets(text):
        return ()
    return apart([*_signatures(text), *_account_keys(text), *_in_urls(text), *_behind_options(text)])


def may_hold_secrets(text: str) -> bool:
    """Whether there is anything in a text that stands in every one with a secret."""
    return any(sign in text for sign in _SIGNS) or has_options(text)


def has_options(text: str) -> bool:
    """Whether there may be an option with a secret in a text."""
    if not _may_have_options(text):
        return False
    return _OPTION.search(text) is not None or next(_passwords(text), None) is not None


def _may_have_options(text: str) -> bool:
    return len(text) > _SHORTEST_WITH_OPTION and "-" in text and any(map(text.lower().__contains__, _WORDS_IN_OPTIONS))


def option_before(text: str) -> str:
    """The option of a command that gets what follows on a text, `-SasToken`; "" where there is none."""
    found = re.search(_BEHIND_OPTION, text[-_LONGEST_BEFORE:])
    return found["option"] if found else ""


def names_secret(name: str) -> bool:
    """Whether what has a name such as `acctKey` or `registry_password` is a secret, as the name says."""
    return re.search(_NAME, re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[-.]", "_", name).lower()) is not None


def apart(pieces: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Pieces of a text in order, those that touch as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(pieces):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)


def mask(text: str) -> str:
    """The text with `***` for each secret value, and all else as it was."""
    pieces = []
    at = 0
    for start, end in find_secrets(text):
        pieces += [text[at:start], _MASK]
        at = end
    return "".join([*pieces, text[at:]])


def _signatures(text: str) -> Iterator[tuple[int, int]]:
    """Values of `sig`, where it is a parameter of a query string: something before or after says so, or the value does."""
    if "sig" not in text.lower():
        return
    end = 0
    for match in re.finditer(_SIGNATURE, text):  # there may be a hundred thousand
        start = match.start()
        if start < end:
            continue
        before = text[max(0, start - 12) : start]
        after_parameter = _PARAMETER_BEFORE.search(before)
        if not after_parameter and _WORD_BEFORE.search(before):
            continue
        if value := (_FURTHER_SIGNATURE if after_parameter else _FIRST_SIGNATURE).match(text, match.end()):
            end = value.end("value")
            yield value.span("value")


def _behind_options(text: str) -> Iterator[tuple[int, int]]:
    if _may_have_options(text):
        yield from (match.span("value") for match in _OPTION.finditer(text))
        yield from (match.span("value") for match in _passwords(text))


def _passwords(text: str) -> Iterator[re.Match[str]]:
    lower = text.lower()
    return _PASSWORD.finditer(text) if "passw" in lower or "pwd" in lower or "passphrase" in lower else iter(())


def _account_keys(text: str) -> Iterator[tuple[int, int]]:
    if "Key=" in text:
        yield from (match.span("value") for match in re.finditer(_ACCOUNT_KEY, text))


def _in_urls(text: str) -> Iterator[tuple[int, int]]:
    if ":/" not in text and ":\\/" not in text:
        return
    end = 0
    for url in re.finditer(_AUTHORITY, text):
        user, at, _ = url["authority"].rpartition("@")
        if at and (re.fullmatch(_USER_PAIR, user) or re.fullmatch(_LONG_USER, user)):
            yield url.start("authority"), url.start("authority") + len(user)
        if url.end() < end:  # within another URL, which was searched
            continue
        if rest := re.compile(_REST_OF_URL).match(text, url.end()):
            end = rest.end()
            yield from (match.span("value") for match in re.compile(_PARAMETER).finditer(text, *rest.span()))
            if "%" in rest[0]:
                yield from _behind_encoded_names(text, *rest.span())


def _behind_encoded_names(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    from urllib.parse import unquote

    for match in re.compile(_ENCODED_NAME).finditer(text, start, end):
        name = unquote(match["name"])
        if name.lower() == "sig" or re.fullmatch(_PARAMETER, f"?{name}={_ANY_VALUE}"):
            yield match.span("value")
