"""What goes wrong on purpose."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from tests.lab.azure.answer import Question
from tests.lab.azure.blobs import ENDPOINT

_READING_POSTS = re.compile(r"/(listkeys|validate|oauth2/.*|oidctoken)$|userdelegationkey", re.IGNORECASE)


class Harm(Enum):
    """Ways in which a request can go wrong."""

    REFUSED = "is refused"
    DONE = "is done, and its caller told that it failed"
    KILLED = "is done, and its caller killed"


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to the `call`-th request that changes something, or to the first that asks for the `call`-th thing."""

    call: int
    harm: Harm = Harm.REFUSED
    status: int = 409
    only_asks: bool = False


@dataclass(slots=True)
class Faults:
    """Counts the requests that change something, and the things asked for, and says when the fault has come."""

    planned: Fault | None = None
    changes: int = 0
    asked: set[str] = field(default_factory=set)
    kill: Callable[[], None] = lambda: None
    happened: str = ""  # the request that it happened to

    def due(self, question: Question) -> Fault | None:
        """Count a request; give the fault if it is this one's."""
        request = f"{question.method} {question.path}"
        if changes_something(question):
            self.changes += 1
            call, only_asks = self.changes, False
        elif _asks(question) and request not in self.asked:
            self.asked.add(request)
            call, only_asks = len(self.asked), True
        else:
            return None
        if self.planned is None or (self.planned.call, self.planned.only_asks) != (call, only_asks):
            return None
        self.happened = request
        return self.planned


def changes_something(question: Question) -> bool:
    """Tell what changes something from what only asks."""
    if question.method == "POST":
        return not _READING_POSTS.search(question.url.split("&")[0])
    return question.method in ("PUT", "PATCH", "DELETE")


def _asks(question: Question) -> bool:
    """Tell what asks for a resource or a blob from what signs in or finds the way."""
    return question.method in ("GET", "HEAD") and (
        question.path.lower().startswith("/subscriptions/") or ENDPOINT.fullmatch(question.host) is not None
    )
