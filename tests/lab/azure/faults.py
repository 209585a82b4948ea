"""What goes wrong on purpose."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.lab.azure.answer import Question

_READING_POSTS = re.compile(r"/(listkeys|validate|oauth2/.*|oidctoken)$|userdelegationkey", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fault:
    """The `call`-th request that changes something is refused with `status`, or, with `kill`, done and its caller killed."""

    call: int
    status: int = 409
    kill: bool = False


@dataclass(slots=True)
class Faults:
    """Counts the requests that change something, and says when the fault has come."""

    planned: Fault | None = None
    changes: int = 0
    kill: Callable[[], None] = lambda: None
    happened: str = ""  # the request that it happened to

    def due(self, question: Question) -> Fault | None:
        """Count a request; give the fault if it is this one's."""
        if not changes_something(question):
            return None
        self.changes += 1
        if self.planned is None or self.planned.call != self.changes:
            return None
        self.happened = f"{question.method} {question.path}"
        return self.planned


def changes_something(question: Question) -> bool:
    """Tell what changes something from what only asks."""
    if question.method == "POST":
        return not _READING_POSTS.search(question.url.split("&")[0])
    return question.method in ("PUT", "PATCH", "DELETE")
