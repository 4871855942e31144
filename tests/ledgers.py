"""What the ledgers in a folder of runs say."""

from pathlib import Path
from typing import Any

from seedtrial.files import read_json_lines


def openings(runs: Path) -> list[dict[str, Any]]:
    """Every opening of test images that is written down there, file by file."""
    return [entry for path in sorted(runs.glob("*.ledger.jsonl")) for entry in read_json_lines(path)]
