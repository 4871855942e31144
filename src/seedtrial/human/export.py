"""Writes all answers to a CSV file in which a spreadsheet finds no formula to run."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

from seedtrial.errors import SeedtrialError
from seedtrial.files import check_output, write_atomic
from seedtrial.human.answers import CANNOT_TELL
from seedtrial.human.store import Store

COLUMNS = (
    "player", "data", "fingerprint", "mode", "seed", "position", "image", "label", "choice",
    "right_class", "chosen_class", "right", "seconds", "at",
)  # fmt: skip
# Spreadsheets also accept the full-width forms of = + - @.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def spreadsheet_safe(text: str) -> str:
    """The text with an apostrophe in front if a spreadsheet would take it for a formula.

    Source: OWASP, CSV Injection.

    >>> spreadsheet_safe("=1+1"), spreadsheet_safe("Ada")
    ("'=1+1", 'Ada')
    """
    return f"'{text}" if text.lstrip(" \u00a0").startswith(FORMULA) else text


def write_answers(store: Store, out: Path) -> int:
    """Writes all answers, one line each, and returns their number.

    Columns that need explaining:
    image:         row of the test part, from 0
    label, choice: class numbers; choice is empty for "cannot tell"
    at:            time of the answer, in UTC

    Raises SeedtrialError when there are no answers or the file cannot be written.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     store = Store(Path(folder) / "play.sqlite")
    ...     try:
    ...         write_answers(store, Path(folder) / "answers.csv")
    ...     except SeedtrialError as error:
    ...         print("no answers" in str(error))
    ...     store.close()
    True
    """
    check_output(out, "--export", ".csv", "")
    listing = store.listing()
    if not listing:
        raise SeedtrialError(f"There are no answers in {store.path} yet.")
    known = {data.fingerprint: data for data in store.datasets()}
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow(COLUMNS)
    for player, fingerprint, mode, seed, position, image, label, choice, seconds, at in listing:
        data, has_choice = known[fingerprint], choice != CANNOT_TELL
        chosen_class = data.classes[choice] if has_choice else "cannot tell"
        when = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
        row = (
            player, data.name, fingerprint, mode, seed, position, image, label, choice if has_choice else "",
            data.classes[label], chosen_class, int(choice == label), f"{seconds:.3f}", when,
        )  # fmt: skip
        table.writerow([spreadsheet_safe(cell) if isinstance(cell, str) else cell for cell in row])
    try:
        write_atomic(out, file.getvalue())
    except OSError as error:
        raise SeedtrialError(f"Cannot write {out}: {error.strerror or error}.") from None
    return len(listing)
