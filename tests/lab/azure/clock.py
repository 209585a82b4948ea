"""The time of the simulated Azure: real time, and what has been slept through since."""

import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LabClock:
    """A clock that is moved on by whoever sleeps: az in host.py and `sleep` on PATH add a byte a second to the file."""

    file: Path

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self.slept()

    def slept(self) -> int:
        """How many seconds have been slept through."""
        return self.file.stat().st_size if self.file.exists() else 0

    def sleep(self, seconds: int) -> None:
        """Let time pass."""
        with self.file.open("ab") as file:
            file.write(b"." * seconds)

    def reset(self) -> None:
        """Go back to real time."""
        self.file.unlink(missing_ok=True)
