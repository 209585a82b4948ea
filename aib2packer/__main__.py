"""The program: sets Python up, and leaves the rest to the command line."""

from __future__ import annotations

# The start makes many objects, all of which stay: looking for garbage among them each 700 takes a tenth of it.
_ALLOCATIONS = 50_000


def main() -> None:
    """Run the command line."""
    import atexit
    import gc

    gc.set_threshold(_ALLOCATIONS)
    atexit.register(gc.freeze)  # else Python looks for garbage twice before it ends, which takes a tenth too
    from aib2packer import cli

    cli.main(prog_name="aib2packer")


if __name__ == "__main__":
    main()
