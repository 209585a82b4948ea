"""A wheel has byte code for the Python that built it: no start compiles anything where it was installed as .ci/run does."""

import subprocess
import sys
from importlib.metadata import distribution
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from pathlib import Path

import pytest

import aib2packer
from aib2packer.rendering.templates import COMPILED

PACKAGE = Path(aib2packer.__file__).parent
CHECKED_HASH = 0b11
# Says which files of the package are compiled while it converts.
PROGRAM = """
import sys
def said(event, arguments):
    if event == "compile" and "aib2packer" in str(arguments[1]):
        print(arguments[1], file=sys.stderr)
sys.addaudithook(said)
from aib2packer.__main__ import main
main(["convert", "-q", sys.argv[1]])
"""

pytestmark = pytest.mark.skipif(not (PACKAGE / COMPILED).is_dir(), reason="what is tested is no wheel")


def test_all_sources_have_byte_code_that_goes_by_their_hash() -> None:
    sources = [*PACKAGE.rglob("*.py")]
    listed = {file.locate() for file in distribution("aib2packer").files or ()}

    assert len(sources) > 300
    for source in sources:
        kept = Path(cache_from_source(str(source)))
        header = kept.read_bytes()[:16]
        assert kept in listed
        assert header == MAGIC_NUMBER + CHECKED_HASH.to_bytes(4, "little") + source_hash(source.read_bytes())


def test_a_conversion_compiles_nothing() -> None:
    example = Path(__file__).parents[2] / "examples" / "web-server.json"
    done = subprocess.run([sys.executable, "-B", "-c", PROGRAM, example], check=True, capture_output=True, text=True)

    assert done.stdout.startswith("# VM image web-server")
    assert done.stderr == ""
