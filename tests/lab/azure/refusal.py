"""How the simulated Azure says no."""


class RefusedError(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class GapError(Exception):
    """A request that is not simulated: the fault of the lab, never of what is tested."""
