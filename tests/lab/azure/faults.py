"""What goes wrong on purpose."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from tests.lab.azure.answer import Question

_READING_POSTS = re.compile(r"/(listkeys|validate|oauth2/.*|oidctoken)$|userdelegationkey", re.IGNORECASE)


class Harm(Enum):
    """Ways in which a request can go wrong."""

    REFUSED = "is refused"
    DONE = "is done, and its caller told that it failed"
    KILLED = "is done, and its caller killed"


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to the `call`-th request that changes something."""

    call: int
    harm: Harm = Harm.REFUSED
    status: int = 409


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
