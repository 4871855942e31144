"""The results of a study as a table in a file of another kind: .csv, .md, .tex."""

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

from seedtrial.data.citation import tex
from seedtrial.errors import SeedtrialError
from seedtrial.evaluation.statistics import Spread
from seedtrial.files import check_output
from seedtrial.report import html
from seedtrial.study.other_data import shown_source
from seedtrial.study.results import Results

COLUMNS = (
    "recipe", "parameters", "seeds", "accuracy", "sd", "low", "high", "balanced", "validation", "seconds per epoch",
    "data",
)  # fmt: skip
FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would compute


def columns(results: Results) -> tuple[str, ...]:
    """The header: accuracy, or what else the study is judged by, with its sd and interval."""
    return tuple(results.measure if name == "accuracy" else name for name in COLUMNS)


def rows(results: Results) -> list[tuple[str, ...]]:
    """A line per recipe, in per cent; accuracies are on the split that the study is judged on.

    >>> from pathlib import Path
    >>> from seedtrial.study.load import load_study
    >>> from seedtrial.study.plan import plan
    >>> from seedtrial.study.results import results
    >>> rows(results(plan(load_study("quickstart"), Path("no-such-folder"))))[0][:3]
    ('dense', '1501770', '0')
    """

    def percent(spread: Spread | None, name: str) -> str:
        value = getattr(spread, name) if spread is not None else float("nan")
        return f"{100 * value:.2f}" if value == value else ""

    return [
        (
            row.label,
            str(row.parameters),
            str(row.seeds),
            *(percent(row.measured or row.judged, name) for name in ("mean", "sd", "low", "high")),
            percent(row.balanced, "mean"),
            percent(row.validation, "mean"),
            f"{row.seconds_per_epoch.mean:.3f}" if row.seconds_per_epoch else "",
            shown_source(results.plan.study.recipes[row.label].data.source),
        )
        for row in results.rows
    ]


def as_csv(results: Results) -> str:
    """Comma-separated, with a header; labels that a spreadsheet would compute are quoted by an apostrophe.

    >>> from pathlib import Path
    >>> from seedtrial.study.load import load_study
    >>> from seedtrial.study.plan import plan
    >>> from seedtrial.study.results import results
    >>> as_csv(results(plan(load_study("quickstart"), Path("no-such-folder")))).splitlines()[1]
    'dense,1501770,0,,,,,,,,fashion-mnist'
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns(results))
    writer.writerows([f"'{cell}" if cell.startswith(FORMULAS) else cell for cell in row] for row in rows(results))
    return file.getvalue()


def as_markdown(results: Results) -> str:
    """A table, and the verdicts as a list.

    >>> from pathlib import Path
    >>> from seedtrial.study.load import load_study
    >>> from seedtrial.study.plan import plan
    >>> from seedtrial.study.results import results
    >>> as_markdown(results(plan(load_study("quickstart"), Path("no-such-folder")))).splitlines()[0]
    '# Does a small convolutional network beat a dense one of more than ten times its size?'
    """
    lines = [_line(columns(results)), _line(["---", *["---:"] * (len(COLUMNS) - 2), "---"]), *map(_line, rows(results))]
    verdicts = [f"- {verdict.claim}: **{verdict.word}**. {verdict.sentence}" for verdict in results.verdicts]
    paragraphs = ("", results.plan.data_line, "", results.guess, "", *verdicts, "")
    return "\n".join([f"# {results.plan.study.question}", "", *lines, *paragraphs])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def as_tex(results: Results) -> str:
    """A tabular for LaTeX with booktabs.

    >>> from pathlib import Path
    >>> from seedtrial.study.load import load_study
    >>> from seedtrial.study.plan import plan
    >>> from seedtrial.study.results import results
    >>> as_tex(results(plan(load_study("quickstart"), Path("no-such-folder")))).splitlines()[2][:6]
    'recipe'
    """
    head = " & ".join(map(tex, columns(results))) + r" \\"
    body = [" & ".join(map(tex, row)) + r" \\" for row in rows(results)]
    lines = [
        r"\begin{tabular}{lrrrrrrrrrl}",
        r"\toprule",
        head,
        r"\midrule",
        *body,
        r"\bottomrule",
        r"\end{tabular}",
        "",
    ]
    return "\n".join(lines)


def results_table(results: Results, suffix: str) -> str:
    """The table as a file of this kind has it. Raises SeedtrialError when no run is finished.

    >>> from seedtrial.study.load import load_study
    >>> from seedtrial.study.plan import plan
    >>> from seedtrial.study.results import results
    >>> try:
    ...     results_table(results(plan(load_study("quickstart"), Path("no-such-folder"))), ".csv")
    ... except SeedtrialError as error:
    ...     print(error)
    No run of quickstart is finished; run it with `seedtrial run` and the same arguments.
    """
    check_finished(results)
    return WRITERS[suffix](results)


def check_finished(results: Results) -> None:
    """Raise SeedtrialError when no run is finished, so that there is nothing to report.

    >>> from seedtrial.study.load import load_study
    >>> from seedtrial.study.plan import plan
    >>> from seedtrial.study.results import results
    >>> try:
    ...     check_finished(results(plan(load_study("quickstart"), Path("no-such-folder"))))
    ... except SeedtrialError as error:
    ...     print(error)
    No run of quickstart is finished; run it with `seedtrial run` and the same arguments.
    """
    if not any(row.observed for row in results.rows):
        name = results.plan.study.name
        raise SeedtrialError(f"No run of {name} is finished; run it with `seedtrial run` and the same arguments.")


WRITERS: dict[str, Callable[[Results], str]] = {".csv": as_csv, ".md": as_markdown, ".tex": as_tex}


def check_report(out: Path) -> Path:
    """Make the folder of a report, and return its path. Raises SeedtrialError when no report can be written there.

    >>> check_report(Path("table.tex")).name
    'table.tex'
    """
    return check_output(out, "--out", *html.PAGES, *WRITERS)


def writer_for(path: Path) -> Callable[[Results], str] | None:
    """What writes a file of this name; None for an HTML page.

    >>> writer_for(Path("table.csv")) is as_csv, writer_for(Path("page.html"))
    (True, None)
    """
    return WRITERS.get(path.suffix.lower())
