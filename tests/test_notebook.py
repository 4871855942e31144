"""The example notebook runs, and what it shows are the tables and figures that it says; data frames and HTML."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import seedtrial
from seedtrial import notebook
from seedtrial.errors import SeedtrialError
from seedtrial.report.comparison import compare
from seedtrial.runs.trained import Run
from seedtrial.study.plan import plan
from seedtrial.study.results import results
from seedtrial.study.study import Study

EXAMPLE = Path(__file__).parent.parent / "docs" / "examples" / "compare.ipynb"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::RuntimeWarning")
def test_the_example_notebook_runs_and_shows_tables_and_figures(tmp_path: Path) -> None:
    cells = nbformat.read(EXAMPLE, as_version=4)
    NotebookClient(cells, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [
        "".join(out["data"].get("text/html", ""))
        for cell in cells.cells
        for out in cell.get("outputs", [])
        if "data" in out
    ]
    assert "Does convolution pay on digits" in shown[0]
    assert "conv beats dense" in shown[1] and "<svg" in shown[1]
    assert "test_accuracy" in shown[2]


def test_the_example_notebook_has_no_outputs() -> None:
    cells = nbformat.read(EXAMPLE, as_version=4).cells
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


def test_a_study_its_results_and_a_run_show_themselves_escaped(tiny_study: Study, runs: Path) -> None:
    odd = tiny_study.model_copy(update={"question": "Is <b> better?", "seeds": 1})
    comparison = compare(odd, runs=runs)
    (run, *_), _ = (list(row.runs.values()) for row in comparison.results.rows)
    assert "Is &lt;b&gt; better?" in odd._repr_html_() and "<b>" not in odd._repr_html_()
    assert "linear" in comparison.results._repr_html_() and "<svg" in comparison._repr_html_()
    assert "validation" in run._repr_html_()


def test_data_frames_have_a_row_per_recipe_run_and_epoch(tiny_study: Study, runs: Path) -> None:
    comparison = compare(tiny_study, runs=runs)
    assert list(tiny_study.to_dataframe()["recipe"]) == ["linear", "dense"]
    scores = comparison.to_dataframe()
    assert len(scores) == 4 and scores["test_accuracy"].between(0, 1).all()
    run = next(iter(comparison.results.rows[0].runs.values()))
    assert list(run.to_dataframe()["epoch"]) == [1, 2]
    assert results(plan(tiny_study, runs)).to_dataframe().equals(scores)


def test_without_pandas_and_polars_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(notebook, "import_module", missing)
    with pytest.raises(SeedtrialError, match="A data frame needs pandas or polars: pip install pandas"):
        notebook.data_frame([{"a": 1}])


def test_a_comparison_writes_the_report(examined: Run, tiny_study: Study, runs: Path, tmp_path: Path) -> None:
    path = seedtrial.compare(tiny_study, runs=runs).report(tmp_path / "page.html")
    assert "Is a hidden layer worth it?" in path.read_text(encoding="utf-8")
