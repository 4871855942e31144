"""Every benchmark says what it would do, and does not do it, when asked for help."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"
KERAS = {"keras_side.py", "keras_throughput.py"}  # run in Keras's environment, which is not this one
COMMANDS = sorted(
    path
    for path in BENCHMARKS.rglob("*.py")
    if '__name__ == "__main__"' in path.read_text(encoding="utf-8") and path.name not in KERAS
)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=lambda path: path.stem)
def test_help_is_words_only(command: Path) -> None:
    asked = subprocess.run([sys.executable, command, "--help"], capture_output=True, text=True, timeout=60)
    assert asked.returncode == 0 and asked.stdout.startswith("usage: "), asked.stderr
