"""Throw-away machines that Packer can build on: an sshd with a root, a process table and a host name of its own.

Nothing that a build does there reaches the machine that runs the test: it can only see the machine's /usr, below its own.
The network is shared, so that the VM reaches a server of the test's on loopback.
"""

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

from tests.lab.requirements import UnavailableError, require_programs

FILES = Path(__file__).parent / "vm-files"
USER = "packer"
USER_ID = 1000
PORT = 2222
BOOT_SECONDS = 20

# The machine's own: without them /usr does not work.
SHARED_ETC = ("alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d")
FOLDERS = ("dev", "etc", "home", "mnt", "opt", "proc", "run", "srv", "sys", "usr", "var/lib", "var/www", "../usr-work")
FOLDERS_WITH_MODE = {"root": 0o700, "tmp": 0o1777, "var/tmp": 0o1777, "var/log/recorded": 0o777}
SECRET_ETC = {"shadow": 0o600, "sudoers": 0o440}


@dataclass(frozen=True)
class VM:
    """A running machine. Its files can be looked at while it runs and afterwards."""

    root: Path
    address: str
    key_file: Path
    user: str = USER
    port: ClassVar[int] = PORT

    @classmethod
    @contextmanager
    def start(cls, folder: Path) -> Iterator[Self]:
        """Start one that keeps its files in the folder, and end it with all that runs in it.

        Raises:
            UnavailableError: this machine cannot run one.

        """
        require_programs("sshd", "ssh-keygen", "sudo", "unshare", "setpriv", "userdel")
        if os.geteuid() != 0:
            message = "only root can start a VM"
            raise UnavailableError(message)
        # On loopback, an address of its own: nobody takes the port while the VM reboots.
        host = f"127.{64 + secrets.randbelow(190)}.{secrets.randbelow(256)}.{1 + secrets.randbelow(254)}"
        vm = cls(folder / "root", f"{host}:{cls.port}", folder / "key")
        with _umask(0o022):
            vm._furnish(host)
        with vm._running(folder / "console.log"):
            yield vm

    def read(self, path: str) -> bytes:
        """Give the bytes of a file of the VM."""
        return self.path(path).read_bytes()

    def exists(self, path: str) -> bool:
        """Tell whether the VM has that file or folder; of /usr only what the VM itself wrote."""
        return self.path(path).exists()

    def path(self, path: str) -> Path:
        """Tell where a file of the VM lies on this machine."""
        found = (self.root / path.lstrip("/")).resolve()
        if not found.is_relative_to(self.root.resolve()):
            message = f"{path} leads out of the VM's files, to {found}"
            raise ValueError(message)
        return found

    def log(self, name: str) -> list[str]:
        """Give the arguments of each call of a recorded program, oldest first."""
        log = self.root / "var/log/recorded" / name
        return log.read_text().splitlines() if log.exists() else []

    def _furnish(self, host: str) -> None:
        for name in (*FOLDERS, *FOLDERS_WITH_MODE):
            (self.root / name).mkdir(parents=True)
        for name, mode in FOLDERS_WITH_MODE.items():
            (self.root / name).chmod(mode)
        for name in SHARED_ETC:
            _copy(Path("/etc", name), self.root / "etc" / name)
        for source in (file for file in (FILES / "etc").rglob("*") if file.is_file()):
            _install(source, self.root / "etc" / source.relative_to(FILES / "etc"), SECRET_ETC.get(source.name, 0o644))
        (self.root / "etc/os-release").symlink_to("../usr/lib/os-release")
        (self.root / "var/run").symlink_to("/run")
        (self.root / "var/lib/boot-id").touch()
        _install(FILES / "record", self.root / "usr/local/lib/record", 0o755)

        home = self.root / "home" / USER
        home.mkdir()
        os.chown(home, USER_ID, USER_ID)

        ssh = self.root / "etc/ssh"
        for key in (self.key_file, ssh / "host_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True, timeout=30)
        _install(self.key_file.with_suffix(".pub"), ssh / "authorized_keys", 0o644)
        with (ssh / "sshd_config").open("a") as config:
            config.write(f"ListenAddress {host}:{self.port}\n")

    @contextmanager
    def _running(self, console: Path) -> Iterator[None]:
        namespaces = ("--mount", "--pid", "--fork", "--uts", "--ipc", "--kill-child")
        # The VM ends with this process, however that ends.
        command = ["setpriv", "--pdeathsig", "KILL", "unshare", *namespaces, "bash", str(FILES / "init")]
        with (
            console.open("wb") as output,
            subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=self.root) as process,
        ):
            try:
                self._await_sshd(process, console)
                yield
            finally:
                _end(process)

    def _await_sshd(self, process: subprocess.Popen[bytes], console: Path) -> None:
        host, port = self.address.split(":")
        deadline = time.monotonic() + BOOT_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            try:
                with socket.create_connection((host, int(port)), timeout=BOOT_SECONDS) as connection:
                    if connection.recv(4) == b"SSH-":
                        return
            except OSError:
                time.sleep(0.05)
        message = f"the VM does not start: {console.read_text(errors='replace')}"
        raise UnavailableError(message)


@dataclass(frozen=True)
class LinuxVM(VM):
    """A Linux machine: sudo needs no password, a reboot is a reboot, and waagent deletes the user who builds.

    Logs: waagent, reboot, shutdown, systemctl, init, telinit, poweroff, halt; `boot` has the boot id of each start.
    """

    POWER: ClassVar = (
        "bin/systemctl",
        "sbin/reboot",
        "sbin/shutdown",
        "sbin/init",
        "sbin/telinit",
        "sbin/poweroff",
        "sbin/halt",
    )

    def set_reboot_lag(self, seconds: float) -> None:
        """Let a reboot command return, and the machine go down that much later. By default it never returns."""
        (self.root / "var/lib/reboot-lag").write_text(f"{seconds:g}\n")

    def _furnish(self, host: str) -> None:
        super()._furnish(host)
        _install(FILES / "linux/waagent", self.root / "usr/sbin/waagent", 0o755)
        for name in self.POWER:
            _install(FILES / "linux/power", self.root / "usr" / name, 0o755)
        self.set_reboot_lag(0)


@dataclass(frozen=True)
class PowerShellCall:
    """One call of powershell: its arguments, as the shell of the sshd left them, and the scripts that they led to."""

    arguments: tuple[str, ...]
    scripts: dict[str, bytes]

    @property
    def script(self) -> bytes | None:
        """The script of a provisioner, whole; None where this is Packer's own cleaning up, or a command."""
        return self._only("script-")

    @property
    def inline(self) -> str | None:
        """The text that stood in `inline`: what Packer put in the try block of its wrapper."""
        payload = re.search(
            rb"\ttry \{\n\t\$env:[^\n]*\n\t(.*)\n\t\n\t\$exitCode = 0\n\t\} catch \{", self.script or b"", re.DOTALL
        )
        return payload and payload[1].decode()

    @property
    def elevated_user(self) -> str | None:
        """Whom the scheduled task runs as; None where the script is not elevated."""
        user = re.search(rb"<UserId>(.*)</UserId>", self._only("packer-elevated-shell-") or b"")
        return user and user[1].decode()

    def _only(self, prefix: str) -> bytes | None:
        return next((script for name, script in self.scripts.items() if name.startswith(prefix)), None)


@dataclass(frozen=True)
class WindowsVM(VM):
    """A Linux machine that Packer can take for Windows: it runs no PowerShell, but keeps what it was asked to run.

    Logs: powershell.exe and shutdown, which windows-restart calls.
    """

    def powershell_calls(self) -> list[PowerShellCall]:
        """Give every call, oldest first; Packer's own cleaning up is among them."""
        calls = []
        for folder in sorted((self.root / "var/log/recorded/powershell").iterdir()):
            arguments = (folder / "arguments").read_bytes().decode().split("\0")[:-1]
            calls.append(PowerShellCall(tuple(arguments), {file.name: file.read_bytes() for file in folder.glob("*.ps1")}))
        return calls

    def scripts(self) -> list[PowerShellCall]:
        """Give the calls that ran a provisioner's script, oldest first: one for each script, and each retry."""
        return [call for call in self.powershell_calls() if call.script is not None]

    def fail_powershell(self, status: int, containing: str = "") -> None:
        """Let powershell exit with the status where a provisioner's script has that text; the text is of one line."""
        with (self.root / "var/lib/powershell").open("a") as answers:
            answers.write(f"{status} {containing}\n")

    def uploaded(self, destination: str) -> bytes:
        r"""Give the bytes of a file that was uploaded to a path such as C:\x.ps1."""
        return (self.root / "home" / USER / destination).read_bytes()

    def _furnish(self, host: str) -> None:
        super()._furnish(host)
        for recorder in (FILES / "windows").iterdir():
            _install(recorder, self.root / "usr/local/bin" / recorder.name, 0o755)
        calls = self.root / "var/log/recorded/powershell"
        calls.mkdir()
        calls.chmod(0o777)
        (self.root / "var/lib/powershell").touch()
        # Packer writes both spellings.
        for drive in ("C:", "c:"):
            (self.root / "home" / USER / drive / "Windows/Temp").mkdir(parents=True)
        subprocess.run(["chown", "-R", f"{USER_ID}:{USER_ID}", self.root / "home" / USER], check=True, timeout=30)


@contextmanager
def _umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    elif source.exists():
        shutil.copy2(source, target)


def _install(source: Path, target: Path, mode: int) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(mode)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End process 1 of the VM. The kernel ends all others and unmounts everything before `unshare` returns."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    for child in children.read_text().split() if process.poll() is None else ():
        os.kill(int(child), signal.SIGKILL)
    try:
        process.wait(timeout=BOOT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
