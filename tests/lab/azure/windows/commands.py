"""What Packer's commands on Windows say, read as text.

packer-community/winrmcp cp.go: `echo BASE64 >> FILE`, and the script that decodes it. packer-plugin-sdk guestexec/elevated.go
and rgl/packer-plugin-windows-update elevated-template.go: scheduled tasks of another user. All of PowerShell comes encoded.
"""

import base64
import re
from collections.abc import Mapping

_PATH = re.compile(r"""(?:[A-Za-z]:|\$env:TEMP|%TEMP%|\$Env:SystemRoot)[\\/][^\s"'<>|&;,)}]+""", re.IGNORECASE)
_ENCODED = re.compile(r"-EncodedCommand\s+([A-Za-z0-9+/=]+)", re.IGNORECASE)
_QUIET = "$ProgressPreference = 'SilentlyContinue';"
PACKERS_OWN = re.compile(r"/(packer-(ps-env-vars|cleanup|elevated-shell|windows-update)|script-)[\w-]*\.ps1$")


def one_spelling(path: str) -> str:
    """Write a path in one way, whatever way it came."""
    plain = path.strip("'\"").replace("\\", "/").lower()
    return re.sub(r"^\$env:systemroot", "c:/windows", re.sub(r"^%temp%|^\$env:temp", "temp:", plain))


def in_clear(text: str) -> str:
    """Decode what is encoded in a command."""
    return _ENCODED.sub(lambda found: base64.b64decode(found[1]).decode("utf-16-le").removeprefix(_QUIET), text)


def as_text(data: bytes) -> str:
    """Decode a file."""
    return data.decode("utf-16") if data.startswith(b"\xff\xfe") else data.decode("utf-8-sig", "replace")


def appended(command: str) -> tuple[str, bytes] | None:
    """Give the file and what is appended to it, where a command does that."""
    found = re.fullmatch(r'echo (\S+) >> "(.+)"', command.strip())
    return found and (one_spelling(found[2]), found[1].encode() + b"\r\n")


def moved(clear: str) -> tuple[str, str] | None:
    """Give the file in Base64 and where it is decoded to (nowhere: it is deleted), where a command does that."""
    source = re.search(r'\$tmp_file_path = \[System\.IO\.Path\]::GetFullPath\("(.*?)"\)', clear)
    target = re.search(r'\$dest_file_path = \[System\.IO\.Path\]::GetFullPath\("(.*?)"\.Trim', clear)
    return source and (one_spelling(source[1]), target[1].strip("'") if target else "")


def decoded_file(data: bytes) -> bytes:
    """Decode what was appended, line by line."""
    return b"".join(map(base64.b64decode, data.split()))


def followed(text: str, files: Mapping[str, bytes]) -> list[str]:
    """Give a command and each uploaded file that it names, and that these name."""
    parts: list[str] = []
    waiting, seen = [text], set()
    while waiting:
        parts.append(waiting.pop(0))
        for path in map(one_spelling, _PATH.findall(in_clear(parts[-1]))):
            if path in files and path not in seen:
                seen.add(path)
                waiting.append(as_text(files[path]))
    return parts


def task_user(text: str, user: str) -> str:
    """Say as whom a command runs: the user of its scheduled task, or whoever is signed in."""
    found = re.search(r"<UserId>(.*?)</UserId>", text)
    return found[1] if found else user


def wanted_updates(call: str, titles: list[str]) -> list[str]:
    """Choose among updates by the filters of a call: the first that says something of one decides, and none means no."""
    filters = re.findall(r"'((?:[^']|'')*)'", call.partition("-Filters")[2]) or ["include:$true"]
    limit = int(found[1]) if (found := re.search(r"-UpdateLimit (\d+)", call)) else 1000
    return [title for title in titles if _is_wanted(title, filters)][:limit]


def _is_wanted(title: str, filters: list[str]) -> bool:
    for text in filters:
        action, _, expression = text.replace("''", "'").partition(":")
        like = re.fullmatch(r"\$_\.Title -like '\*(.*)\*'", expression.strip())
        if expression.strip() == "$true" or (like and like[1].lower() in title.lower()):
            return action == "include"
    return False


def update_call(text: str) -> str:
    """Give the call of the plugin's script in the text of its scheduled task."""
    found = _ENCODED.search(text)
    return base64.b64decode(found[1]).decode("utf-16-le") if found else ""
