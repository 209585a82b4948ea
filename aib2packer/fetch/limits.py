"""What holds for every way of fetching: its limits, and how it fails."""

from __future__ import annotations

from aib2packer.lazy.models import dataclass

LATER = "Try again; or convert without --fetch, and the build downloads it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long to wait, in seconds, and how much to take, in bytes."""

    connect: float = 10
    read: float = 30
    """The longest wait for the next bytes."""
    total: float = 900
    """The longest time for one file, with all attempts, and all that comes before its first byte."""
    size: int = 1 << 30
    """The most bytes of one file. The service documents no limit, and advises against more than 20 MB."""
    sum: int = 4 << 30
    """The most bytes of all files of a run."""
    in_memory: int = 8 << 20
    """The most bytes of a file that are held in memory; the rest lies on the disk while the file is worked with."""
    dead_hosts: int = 3
    """How many hosts may be out of reach, while none answers, until no further one is asked."""
    redirects: int = 10
    pauses: tuple[float, ...] = (1, 2, 4, 8)
    """How long to wait before each further attempt, where a failure may pass."""
    longest_pause: float = 60
    """The longest pause that a server may ask for (Retry-After)."""


class FetchError(Exception):
    """Why a file cannot be had, as the rest of a sentence about it, and what to do. Neither holds a secret.

    `status` is that of the answer, where there was one. `passing`: another attempt may do better, after `pause` seconds where
    the server says so. `host` is the one that is out of reach, with all its files.
    """

    host: str | None = None

    def __init__(
        self, reason: str, help_text: str, *, status: int | None = None, passing: bool = False, pause: float | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.help = help_text
        self.status = status
        self.passing = passing
        self.pause = pause


class HostError(FetchError):
    """A host is out of reach."""

    def __init__(self, reason: str, help_text: str, host: str, *, passing: bool = False) -> None:
        super().__init__(reason, help_text, passing=passing)
        self.host = host


def too_slow(limits: Limits) -> FetchError:
    """The error for a file that takes longer than it may."""
    return FetchError(f"it is not complete after {limits.total:g} seconds", LATER)


def too_large(limits: Limits) -> FetchError:
    """The error for a file that is larger than it may be."""
    return FetchError(
        f"it is larger than {limits.size / (1 << 20):,g} MiB",
        "Convert without --fetch, and the build downloads it; or let a script on the VM do so.",
    )
