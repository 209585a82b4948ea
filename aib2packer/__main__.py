"""The program: the command line, for which Python is set up before anything else is imported."""

import atexit
import gc

# The start makes many objects, all of which stay: looking for garbage among them each 700 takes a tenth of it.
gc.set_threshold(100_000)
atexit.register(gc.freeze)  # else Python looks for garbage twice before it ends, which takes a tenth too

from pathlib import Path  # noqa: E402 - all that is imported comes after that

import aib2packer  # noqa: E402

_kept = aib2packer.__spec__ and aib2packer.__spec__.cached
if _kept and not Path(_kept).exists():  # of the package, just imported: Python may not write to its folder
    from aib2packer.system.byte_code import keep_byte_code

    keep_byte_code(Path(aib2packer.__file__).parent, aib2packer.__version__)

from aib2packer.cli import main  # noqa: E402

__all__ = ["main"]

if __name__ == "__main__":
    main(prog_name="aib2packer")
