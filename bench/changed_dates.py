"""Drawn sequences of changes: the release on its base against one from nothing, table by table.

The tests draw a few; here each run draws others. Hypothesis prints the sequence that differs.
"""

import os
import subprocess
import sys
from pathlib import Path

SEQUENCES = 40
TESTS = ("tests/integration/test_changed_dates.py", "tests/integration/test_any_stream.py")


def run(seed: int, sequences: int = SEQUENCES) -> int:
    """Draw that many sequences of each test; return 1 when one of them differs."""
    command = [sys.executable, "-m", "pytest", "-q", *TESTS, f"--hypothesis-seed={seed}"]
    environ = {**os.environ, "TIDEMARK_SEQUENCES": str(sequences)}
    root = Path(__file__).resolve().parent.parent
    return int(subprocess.run(command, env=environ, cwd=root, check=False).returncode != 0)
