"""All answers as a CSV file that spreadsheets can open without running anything in it."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

from seedtrial.errors import SeedtrialError
from seedtrial.files import make_folder, write_atomic
from seedtrial.human.answers import CANNOT_TELL
from seedtrial.human.store import Store

COLUMNS = (
    "player", "data", "fingerprint", "mode", "seed", "position", "image", "label", "choice",
    "right_class", "chosen_class", "right", "seconds", "at",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # wide signs count as well


def defused(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe before what begins like one.

    Source: OWASP, CSV Injection.
    """
    return f"'{text}" if text.lstrip(" \u00a0").startswith(FORMULA) else text


def write(store: Store, out: Path) -> int:
    """Write all answers and return how many those are. Raises SeedtrialError when there are none, or no place for them.

    image: row of the test part, from 0; label, choice: numbers of classes, the choice empty for "cannot tell";
    at: when it was answered, in UTC
    """
    if out.is_dir():
        raise SeedtrialError(f"Cannot write {out}: it is a folder; --export takes a file.")
    listing = store.listing()
    if not listing:
        raise SeedtrialError(f"There are no answers in {store.path} yet.")
    known = {data.fingerprint: data for data in store.datasets()}
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow(COLUMNS)
    for player, fingerprint, mode, seed, position, image, label, choice, seconds, at in listing:
        data, told = known[fingerprint], choice != CANNOT_TELL
        chosen = data.classes[choice] if told else "cannot tell"
        when = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
        given = (player, data.name, fingerprint, mode, seed, position, image, label, choice if told else "")
        found = (data.classes[label], chosen, int(choice == label), f"{seconds:.3f}", when)
        table.writerow([defused(cell) if isinstance(cell, str) else cell for cell in (*given, *found)])
    make_folder(out.parent)
    try:
        write_atomic(out, file.getvalue())
    except OSError as error:
        raise SeedtrialError(f"Cannot write {out}: {error.strerror or error}.") from None
    return len(listing)
