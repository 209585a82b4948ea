"""Signals that end the program, where ending at once would leave things half done."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    Handler = Callable[[int, FrameType | None], object]

_ENDING = tuple(
    signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if name in signal.Signals.__members__
)


class Interrupted(KeyboardInterrupt):
    """The program is to end, and a block of `deferred` has come to where it can."""


def end_in_order() -> None:
    """Have every signal that ends the program unwind it, as ctrl-C does: what is open is closed, what is half done undone."""
    for number in _ENDING:
        if number is not signal.SIGINT and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _exit)


def ignore() -> None:
    """Have no signal that can be ignored end the process, as one that another process ends."""
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def deferred() -> Iterator[Callable[[], None]]:
    """A block that no signal interrupts: one that comes counts when the block is left, or where the block asks for it.

    What it gives raises Interrupted if there was one. Signals interrupt the main thread only; elsewhere nothing is done.
    """
    waiting: list[int] = []
    before: dict[int, Handler] = {}

    def wait(number: int, _frame: object) -> None:
        waiting.append(number)

    def check() -> None:
        if waiting:
            raise Interrupted

    try:
        if threading.current_thread() is threading.main_thread():
            for number in _ENDING:
                handler = signal.getsignal(number)
                if callable(handler) and not isinstance(handler, signal.Handlers):
                    before[number] = handler
                    signal.signal(number, wait)
        yield check
    finally:
        for restored, handler in before.items():
            signal.signal(restored, handler)
        for came in waiting[:1]:
            signal.raise_signal(came)


def _exit(number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + number)
