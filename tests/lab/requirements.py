"""Says what a machine lacks, so that a test can be skipped with that reason."""

import shutil


class UnavailableError(Exception):
    """This machine cannot run the test: the message is the reason."""


def require_programs(*names: str) -> None:
    """Raise UnavailableError that names the first programs that are not installed here."""
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    if missing := [name for name in names if shutil.which(name) is None and shutil.which(name, path=path) is None]:
        message = f"not installed: {', '.join(missing)}"
        raise UnavailableError(message)
