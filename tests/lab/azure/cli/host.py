"""Runs the real Azure CLI again and again without its start-up time. Runs in the environment of azure-cli, not in ours.

    AZURE_CONFIG_DIR=DIR python host.py SOCKET

Each connection to SOCKET is one call of `az` (see `az` beside this file): a fork of this process, which has already imported
what
`az` imports. All the code that runs there is that of azure-cli, but for two things that belong to the machine and not to it:

* names: every host is the simulated Azure at LAB_ADDRESS (a test needs neither a network nor a hosts file of its own);
* time: it is that of the simulated Azure, real time and what has been slept through (see clock.py). A sleep moves it on and
takes none itself. But where azure-cli's own loop waits for a poller in another thread, the poller's sleeps move it on, and the
  loop's do not.

When the caller is gone, so is the call: as if the process itself had been killed.
"""

from __future__ import annotations

import array
import contextlib
import gc
import importlib
import inspect
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import time
import traceback
from pathlib import Path
from typing import Any, SupportsIndex

DESCRIPTORS = 3
LOOP = "azure.cli.core.commands"  # the module of LongRunningOperation, which looks each second whether a poller is done
# What the commands of builds import when they run, beyond their table.
LATER = (
    "azure.cli.command_modules.resource._params",
    "azure.cli.command_modules.resource.custom",
    "azure.cli.command_modules.storage._params",
    "azure.cli.command_modules.storage.operations.blob",
    "azure.cli.command_modules.vm._params",
    "azure.cli.core._completers",
    "azure.cli.core._help_loaders",
    "azure.common",
    "azure.core.pipeline.transport._requests_basic",
    "azure.mgmt.compute",
    "azure.mgmt.imagebuilder",
    "azure.mgmt.monitor",
    "azure.mgmt.resource.resources.v2024_11_01",
    "azure.mgmt.storage",
    "azure.storage.blob",
    "msal",
)


def serve(path: str) -> None:
    """Answer calls until the standard input ends: the test's process is gone then."""
    preload()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    running: dict[int, socket.socket] = {}
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        selector.register(sys.stdin, selectors.EVENT_READ)
        wake, waker = socket.socketpair()
        waker.settimeout(0)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker.fileno())
        selector.register(wake, selectors.EVENT_READ)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            for key, _ in selector.select():
                if key.fileobj is sys.stdin:
                    sys.exit()
                elif key.fileobj is wake:
                    wake.recv(4096)
                    report_ended(running, selector)
                elif key.fileobj is listener:
                    connection, _ = listener.accept()
                    child = start(connection, [listener, *running.values()])
                    running[child] = connection
                    selector.register(connection, selectors.EVENT_READ, child)
                else:  # whoever called sends nothing after the call: the connection has ended
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(key.data, signal.SIGKILL)
                    selector.unregister(key.fileobj)


def preload() -> None:
    """Import what commands take, by having azure-cli build its whole table of commands once."""
    from azure.cli.core import get_default_cli

    cli = get_default_cli()
    parts = {"parser_cls": cli.parser_cls, "commands_loader_cls": cli.commands_loader_cls, "help_cls": cli.help_cls}
    cli.invocation = cli.invocation_cls(cli_ctx=cli, **parts)
    cli.invocation.commands_loader.load_command_table(None)
    for name in LATER:
        importlib.import_module(name)
    gc.freeze()


def start(connection: socket.socket, others: list[socket.socket]) -> int:
    """Fork for one call; give the process."""
    message, ancillary, _, _ = connection.recvmsg(1 << 20, socket.CMSG_SPACE(DESCRIPTORS * 4))
    descriptors = array.array("i")
    for _, _, data in ancillary:
        descriptors.frombytes(data)
    child = os.fork()
    if child:
        for descriptor in descriptors:
            os.close(descriptor)
        return child
    status = 1
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for other in [connection, *others]:
            other.close()
        for number, descriptor in enumerate(descriptors):
            os.dup2(descriptor, number)
        status = call(json.loads(message))
    except BaseException:  # noqa: BLE001 (nothing may come back into the server's loop)
        traceback.print_exc()
    finally:
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def call(what: dict[str, Any]) -> int:
    """Do what `python -m azure.cli` does with these arguments, in this folder and environment."""
    os.environ.clear()
    os.environ.update(what["environment"])
    os.chdir(what["folder"])
    sys.argv = ["az", *what["arguments"]]
    take_names(os.environ["LAB_ADDRESS"])
    take_time(Path(os.environ["LAB_CLOCK"]))
    try:
        runpy.run_module("azure.cli", run_name="__main__", alter_sys=True)
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else int(done.code is not None)
    return 0


def take_names(address: str) -> None:
    """Lead every host name to the simulated Azure."""
    host, _, port = address.rpartition(":")
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, int(port)))]
    socket.getaddrinfo = lambda *_, **__: list(found)


def take_time(clock: Path) -> None:
    """Make the time and the sleep of this process those of the simulated Azure."""
    real_time, real_sleep = time.time, time.sleep

    def slept() -> float:
        return clock.stat().st_size if clock.exists() else 0

    def sleep(seconds: float | SupportsIndex) -> None:
        if _caller() == LOOP:
            real_sleep(0.002)
        else:
            with clock.open("ab") as file:
                file.write(b"." * max(1, round(float(seconds))))

    time.time = lambda: real_time() + slept()
    time.sleep = sleep


def _caller() -> str:
    """Give the module that has called the caller of this."""
    frame = inspect.currentframe()
    caller = frame and frame.f_back and frame.f_back.f_back
    return str(caller.f_globals["__name__"]) if caller else ""


def report_ended(running: dict[int, socket.socket], selector: selectors.BaseSelector) -> None:
    """Tell each caller whose process has ended its exit status."""
    while True:
        try:
            child, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if child == 0:
            return
        connection = running.pop(child)
        with contextlib.suppress(KeyError, ValueError):
            selector.unregister(connection)
        code = os.waitstatus_to_exitcode(status)
        with contextlib.suppress(OSError):
            connection.sendall(str(code if code >= 0 else 128 - code).encode())
        connection.close()


if __name__ == "__main__":
    serve(sys.argv[1])
