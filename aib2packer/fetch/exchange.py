"""One file that is being fetched: what it has open, so that another thread can end it at any moment."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING

from aib2packer.system.programs import end_program

if TYPE_CHECKING:
    import subprocess


class Exchange:
    """The connections and processes of one file, until `deadline` (of time.monotonic)."""

    def __init__(self, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def seconds_left(self) -> float:
        """How long there is until the deadline; none once it is over."""
        return 0 if self._over.is_set() else max(0, self.deadline - time.monotonic())

    def wait(self, seconds: float) -> bool:
        """Wait so long; False, and at once, where it is over by then."""
        return self.seconds_left > seconds and not self._over.wait(seconds)

    def adopt(self, connection: socket.socket) -> None:
        """End a connection with the exchange: as a duplicate, for TLS takes the socket itself."""
        with self._lock:
            self._sockets.append(connection.dup())
        if self._over.is_set():
            self.end()

    def adopt_process(self, process: subprocess.Popen[bytes]) -> None:
        """End a process, which has a session of its own, with the exchange."""
        with self._lock:
            self._processes.append(process)
        if self._over.is_set():
            self.end()

    def end(self) -> None:
        """End all that is open: what waits for it ends with an error, or as if the other side had hung up."""
        self._over.set()
        with self._lock:
            for connection in self._sockets:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            for process in self._processes:
                with contextlib.suppress(OSError):
                    end_program(process)

    def close(self) -> None:
        """Forget what is done with."""
        with self._lock:
            for connection in self._sockets:
                connection.close()
            self._sockets.clear()
            self._processes.clear()
