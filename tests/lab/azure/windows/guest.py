"""A Windows VM: a listener, the files that were uploaded, and a record of what it was told to run."""

import re
import secrets
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.lab.azure.windows.commands import (
    PACKERS_OWN,
    appended,
    as_text,
    decoded_file,
    followed,
    in_clear,
    moved,
    one_spelling,
    task_user,
    update_call,
    wanted_updates,
)
from tests.lab.azure.windows.listener import Listener

Json = Any

DOWN_SECONDS = 1.0
REBOOT_NEEDED, SHUTTING_DOWN = 101, 1115  # windows-update.ps1; ERROR_SHUTDOWN_IN_PROGRESS


@dataclass(slots=True)
class WindowsGuest:
    """Records what it is told to run, and runs nothing.

    `updates`: title of each that is offered, and how often it is offered anew after it was installed (-1: for ever). Exit
    codes: an
    `exit N` alone on the last such line of what would run, else 0. `shutdown /r /t 0` cuts the connection for a while.
    """

    user: str
    tls: ssl.SSLContext
    updates: dict[str, int] = field(default_factory=dict)
    host: str = field(
        default_factory=lambda: f"127.{100 + secrets.randbelow(100)}.{secrets.randbelow(256)}.{1 + secrets.randbelow(254)}"
    )
    files: dict[str, bytes] = field(default_factory=dict)
    record: list[dict[str, Json]] = field(default_factory=list)
    boots: int = 1
    going_down: bool = False
    stopped: bool = False
    listener: Listener | None = None

    def listen(self) -> None:
        """Open the listener."""
        if not self.stopped:
            self.listener = Listener(self.host, self.tls, self.run)

    def stop(self) -> None:
        """End it."""
        self.stopped = True
        if self.listener is not None:
            self.listener.close()

    def extension(self, command: str, user_data: str) -> None:
        """Record what Azure's agent runs; it opens the listener where that makes one."""
        self._say("extension", command=command, user_data=user_data)
        if "-Transport HTTPS" in command + user_data and "5986" in command + user_data:
            self.listen()

    def run(self, command: str) -> tuple[str, int]:
        """Take one command."""
        if appending := appended(command):
            path, data = appending
            self.files[path] = self.files.get(path, b"") + data
            return "", 0
        clear = in_clear(command)
        if moving := moved(clear):
            self._move(*moving)
            return "", 0
        if re.search(r"\bshutdown(\.exe)?\b", clear, re.IGNORECASE) and "script-" not in clear:
            return self._shut_down(clear)
        return ("", 1) if self.going_down else self._run(clear)

    def _run(self, clear: str) -> tuple[str, int]:
        parts = followed(clear, self.files)
        text = "\n".join(map(in_clear, parts))
        user = task_user(text, self.user)
        if "packer-windows-update" in clear and "-OnlyCheckForRebootRequired" in text:
            return "Exiting with code 0\n", 0
        if "packer-windows-update-elevated" in clear:
            return self._update("\n".join(parts), user)
        if "WinRM connected." in clear:  # packer-plugin-sdk communicator/step_connect_winrm.go
            return "WinRM connected.\n", 0
        if "restarted." in clear:  # packer provisioner/windows-restart
            return "LAB restarted.\n", 0
        if "packer-cleanup" in clear:
            return "", 0
        own = [part for part in parts[1:] if "Schedule.Service" not in part and part.strip()]
        code = next((int(found[-1]) for part in reversed(own) if (found := re.findall(r"(?mi)^\s*exit (\d+)\s*$", part))), 0)
        self._say("run", user=user, command=clear, texts=own, exit=code)
        return "", code

    def _move(self, source: str, target: str) -> None:
        data = decoded_file(self.files.pop(source, b"")) if target else self.files.pop(source, b"")
        if not target:
            return
        self.files[one_spelling(target)] = data
        if not PACKERS_OWN.search(one_spelling(target)):
            self._say("upload", path=target, text=as_text(data))

    def _shut_down(self, clear: str) -> tuple[str, int]:
        if self.going_down:
            return "", SHUTTING_DOWN
        if re.search(r"[/-]t 0\b", clear):
            self._say("restart", command=clear)
            self.going_down = True
            threading.Thread(target=self._restart, daemon=True).start()
        return "", 0

    def _restart(self) -> None:
        time.sleep(0.3)
        if self.listener is not None:
            self.listener.close()
        time.sleep(DOWN_SECONDS)
        self.going_down, self.boots = False, self.boots + 1
        self.listen()

    def _update(self, text: str, user: str) -> tuple[str, int]:
        """Do what windows-update.ps1 would; whether each update is a reason to restart is read in its own text (facts 9)."""
        call = update_call(text)
        always = "-or $true" in as_text(self.files.get("c:/windows/temp/packer-windows-update.ps1", b""))
        found = wanted_updates(call, list(self.updates))
        for title in found:
            again = self.updates[title]
            if again == 0:
                del self.updates[title]
            elif again > 0:
                self.updates[title] = again - 1
        code = REBOOT_NEEDED if found and always else 0
        self._say("update", user=user, call=call, installed=found, exit=code)
        return "".join(f"Found {title}\n" for title in found) + f"Exiting with code {code}\n", code

    def _say(self, kind: str, **more: Json) -> None:
        self.record.append({"boot": self.boots, "kind": kind, **more})


def listens_from_the_start(profile: Mapping[str, Json]) -> bool:
    """Tell whether Azure itself opens a listener: one with a certificate from a vault (spec: compute.json, WinRMListener)."""
    listeners = (profile["windowsConfiguration"].get("winRM") or {}).get("listeners") or []
    return any(one["protocol"].lower() == "https" and one.get("certificateUrl") for one in listeners)
