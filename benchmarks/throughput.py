"""How many templates a second one process converts: the example, and the cases of the tests.

Usage: python benchmarks/throughput.py [SECONDS]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from aib2packer import convert

_ROOT = Path(__file__).parent.parent


def _rate(texts: list[bytes], seconds: float) -> float:
    for text in texts:  # imports and caches
        convert(text)
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        for text in texts:
            convert(text)
        count += len(texts)
    return count / (time.perf_counter() - start)


def main() -> None:
    """Measure, and print a line each."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    example = (_ROOT / "examples" / "web-server.json").read_bytes()
    cases = [path.read_bytes() for path in sorted((_ROOT / "tests" / "cases").glob("*.json"))]
    print(f"{'examples/web-server.json':32} {_rate([example], seconds):8.0f} templates/s")
    if cases:
        print(f"{f'tests/cases ({len(cases)} templates)':32} {_rate(cases, seconds):8.0f} templates/s")


if __name__ == "__main__":
    main()
