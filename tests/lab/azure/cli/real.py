"""The real Azure CLI, for a test: in an environment of its own, signed in to the simulated Azure, fast."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.lab.azure.entra import CLIENT, SECRET, TENANT
from tests.lab.azure.server import Front

HERE = Path(__file__).parent
REAL_SECONDS = 300
DATE = """\
#!/bin/sh
# The lab's time, where it is asked for in seconds.
[ "$*" = +%s ] || exec /bin/date "$@"
echo $(($(/bin/date +%s) + $(stat -c %s "$LAB_CLOCK" 2>/dev/null || echo 0)))
"""
PATIENCE = 3 * 3600  # of the lab's time: what takes longer waits for what has long happened


@dataclass(frozen=True, slots=True)
class Ended:
    """How a script ended. `late`: it was stopped because it had slept for longer than anybody would wait."""

    status: int
    output: str
    late: bool = False


@dataclass(slots=True)
class RealAzureCli:
    """`az` on PATH, beside a `sleep` that takes no time.

    Its configuration is in `folder`/config, signed in when it was started.
    """

    folder: Path
    front: Front

    @classmethod
    @contextmanager
    def start(cls, folder: Path, front: Front, authority: Path, python: Path) -> Iterator["RealAzureCli"]:
        """Start the process that the calls are forks of."""
        cli = cls(folder, front)
        (folder / "bin").mkdir()
        (folder / "config").mkdir()
        (folder / "home").mkdir()
        (folder / "authority.pem").write_bytes(authority.read_bytes())
        _executable(folder / "bin/az", f'#!/bin/sh\nexec {sys.executable} -SE {HERE / "az"} "$@"\n')
        _executable(folder / "bin/sleep", '#!/bin/sh\nhead -c "${1%%[.s]*}" /dev/zero >> "$LAB_CLOCK"\n')
        _executable(folder / "bin/date", DATE)
        # Names lead to the lab for curl too.
        (folder / "home/.curlrc").write_text(f'connect-to = "::{front.address}"\ncacert = "{folder / "authority.pem"}"\n')
        with subprocess.Popen(
            [python, HERE / "host.py", folder / "socket"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=cli.environment(),
            start_new_session=True,
            encoding="utf-8",
        ) as host:
            try:
                while (said := host.stdout.readline() if host.stdout else "") != "ready\n":
                    if not said:
                        message = "the Azure CLI does not start"
                        raise RuntimeError(message)
                yield cli
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(host.pid, signal.SIGKILL)

    def sign_in(self) -> None:
        """Sign in with a secret, and keep how the configuration is then, for `reset`."""
        command = f"az login --service-principal -u {CLIENT} -p {SECRET} --tenant {TENANT} --output none"
        done = self.run(command)
        if done.status:
            message = f"az login: {done.output}\n{self.front.azure.log}\n{self.front.azure.gaps}"
            raise RuntimeError(message)
        shutil.copytree(self.folder / "config", self.folder / "signed-in")

    def sign_out(self) -> None:
        """Leave nothing of a sign-in."""
        shutil.rmtree(self.folder / "config")
        (self.folder / "config").mkdir()

    def reset(self) -> None:
        """Bring the configuration back to how it was after signing in."""
        shutil.rmtree(self.folder / "config")
        shutil.copytree(self.folder / "signed-in", self.folder / "config")

    def environment(self) -> dict[str, str]:
        """What a script needs to call it."""
        return {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "HOME": str(self.folder / "home"),
            "LANG": "C.UTF-8",
            "AZURE_CONFIG_DIR": str(self.folder / "config"),
            "AZURE_CORE_COLLECT_TELEMETRY": "no",
            "AZURE_CORE_NO_COLOR": "1",
            "AZURE_CORE_ONLY_SHOW_ERRORS": "0",
            "REQUESTS_CA_BUNDLE": str(self.folder / "authority.pem"),
            "LAB_AZ": str(self.folder / "socket"),
            "LAB_ADDRESS": self.front.address,
            "LAB_CLOCK": str(self.front.azure.clock.file),
        }

    def run(self, script: str, environment: Mapping[str, str] | None = None, *, patience: int = PATIENCE) -> Ended:
        """Run a text as Packer's shell-local does an inline one."""
        file = self.folder / "script"
        _executable(file, f"#!/bin/sh -e\n{script}")
        return self.execute([str(file)], environment, patience=patience)

    def execute(
        self, command: Sequence[str], environment: Mapping[str, str] | None = None, *, patience: int = PATIENCE
    ) -> Ended:
        """Execute a command; a planned fault may kill it."""
        azure = self.front.azure
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.folder / "home",
            env={**self.environment(), **(environment or {})},
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        ) as process:
            late: list[bool] = []

            def kill() -> None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

            def give_up() -> None:
                late.append(True)
                kill()

            azure.faults.kill = kill
            azure.out_of_patience = (azure.clock.slept() + patience, give_up)
            try:
                output, _ = process.communicate(timeout=REAL_SECONDS)
            except subprocess.TimeoutExpired:
                give_up()
                output, _ = process.communicate()
        return Ended(process.returncode, output, bool(late))


def _executable(file: Path, text: str) -> None:
    file.write_text(text)
    file.chmod(0o755)
