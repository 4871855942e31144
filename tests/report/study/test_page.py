"""The page: complete, self-contained, and literal about every name."""

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from command_line import write_pictures, write_study
from seedtrial.data import idx
from seedtrial.errors import SeedtrialError
from seedtrial.execution.execute import execute
from seedtrial.report.study.page import write_report
from seedtrial.study.load import load_study
from seedtrial.study.plan import plan
from seedtrial.study.results import results

NASTY = "<script>alert(1)</script>"
RTL = "\u202eevil'\"&amp;"


def report(study: Path, runs: Path, out: Path) -> str:
    loaded = load_study(str(study))
    execute(loaded, runs=runs)
    return write_report(results(plan(loaded, runs)), out, runs=runs).read_text()


@pytest.fixture
def page(tmp_path: Path, idx_folder: Path) -> str:
    return report(write_study(tmp_path / "tiny.py", idx_folder), tmp_path / "runs", tmp_path / "page.html")


class Tags(HTMLParser):
    """Which tags a page has, and every address in it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action", "srcset")]


def test_the_page_has_all_its_parts(page: str) -> None:
    for words in (
        "Do widths matter &lt;here&gt;?",
        "not distinguishable",
        "Learning curves",
        "Confusion matrices",
        "Accuracy per class",
        "Misclassified images",
        "opened it 5 times",  # four runs, and the report itself
        "draw the report&#39;s images",
        "fingerprint",
        "training.batch_size",
        "torch",
        "95 % interval",
    ):
        assert words in page, words


def test_the_page_needs_nothing_from_elsewhere(page: str) -> None:
    tags = Tags()
    tags.feed(page)
    assert all(address.startswith(("data:image/png", "#")) for address in tags.addresses)
    assert "link" not in tags.tags and "iframe" not in tags.tags
    assert "default-src 'none'" in page
    assert not re.search(r"url\(\s*['\"]?(?!#)[a-z]+:", page)


def test_each_report_says_that_it_opened_the_test_part_once_more(tmp_path: Path, idx_folder: Path) -> None:
    study = write_study(tmp_path / "tiny.py", idx_folder, seeds=1)
    assert "opened it 3 times" in report(study, tmp_path / "runs", tmp_path / "a.html")
    assert "opened it 4 times" in report(study, tmp_path / "runs", tmp_path / "b.html")


def test_names_of_recipes_and_classes_are_shown_literally(tmp_path: Path, idx_folder: Path) -> None:
    (idx_folder / "classes.txt").write_text(f"{NASTY}\n{RTL}\n</script><img src=x>\n", encoding="utf-8")
    study = write_study(tmp_path / "tiny.py", idx_folder, labels=(NASTY, "{{ 7 * 7 }}"), seeds=1)
    text = report(study, tmp_path / "runs", tmp_path / "page.html")
    tags = Tags()
    tags.feed(text)
    assert tags.tags.count("script") == 2  # the page's data and its code
    assert "x" not in tags.addresses
    assert "<script>alert" not in text and "</script><img" not in text
    assert "{{ 7 * 7 }}" in text and "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_files_that_were_skipped_are_counted_and_named_literally(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "pictures", (8, 8), each=12)
    for number in range(25):
        (folder / "left" / f"<img src=x>{number:02d}.jpg").write_text("text")
    study = write_study(tmp_path / "tiny.py", folder, seeds=1, validation=4)
    text = report(study, tmp_path / "runs", tmp_path / "page.html")
    assert "<dt>files skipped</dt><dd>25: " in text and "), …</dd>" in text
    assert "left/&lt;img src=x&gt;00.jpg</span> (not a known picture format)" in text and "<img src=x>" not in text


def test_what_a_study_assumed_is_listed_literally_and_nothing_where_it_assumed_nothing(
    tmp_path: Path, idx_folder: Path
) -> None:
    path = write_study(tmp_path / "tiny.py", idx_folder, seeds=1)
    assert "<h3>Assumptions</h3>" not in report(path, tmp_path / "runs", tmp_path / "page.html")
    path.write_text(path.read_text().replace("seeds=1,", f"seeds=1, assumptions=('The rate.', {NASTY!r}),"))
    text = report(path, tmp_path / "runs", tmp_path / "page.html")
    assert "<h3>Assumptions</h3>" in text and "<li>The rate.</li>" in text
    assert "<li>&lt;script&gt;alert(1)&lt;/script&gt;</li>" in text and "<script>alert" not in text


def test_many_verdicts_become_a_table_and_few_stay_sentences(tmp_path: Path, idx_folder: Path) -> None:
    path = write_study(tmp_path / "tiny.py", idx_folder, labels=(NASTY, "large"), seeds=1)
    few = report(path, tmp_path / "runs", tmp_path / "page.html")
    assert '<table class="verdicts">' not in few and "<strong>large beats &lt;script&gt;" in few
    more = "Claim.beats(b, a), *(Claim.reaches(a, least) for least in range(50, 55))"
    path.write_text(path.read_text().replace("Claim.beats(b, a)", more))
    many = report(path, tmp_path / "runs", tmp_path / "page.html")
    assert '<table class="verdicts">' in many and '<th scope="row">large beats &lt;script&gt;' in many
    assert many.count('<span class="word not-tested">') == 7 and "<script>alert" not in many


def test_an_unfinished_study_says_so(tmp_path: Path, idx_folder: Path) -> None:
    study = load_study(str(write_study(tmp_path / "tiny.py", idx_folder)))
    execute(study.varied(seeds=1), runs=tmp_path / "runs")
    text = write_report(
        results(plan(study, tmp_path / "runs")), tmp_path / "p.html", runs=tmp_path / "runs"
    ).read_text()
    assert "Some runs of this study are not finished" in text and "1 of 2" in text


def test_a_run_reused_from_another_study_is_reported(tmp_path: Path, idx_folder: Path) -> None:
    path = write_study(tmp_path / "tiny.py", idx_folder, seeds=1)
    execute(load_study(str(path)), runs=tmp_path / "runs")
    path.write_text(path.read_text().replace('name="tiny"', 'name="other"'))
    text = report(path, tmp_path / "runs", tmp_path / "page.html")
    assert "opened the same images 2 times; 2 of its runs had been scored by another study (tiny)" in text


def test_no_finished_run_is_an_error_that_says_what_to_do(tmp_path: Path, idx_folder: Path) -> None:
    study = load_study(str(write_study(tmp_path / "tiny.py", idx_folder)))
    with pytest.raises(
        SeedtrialError, match="No run of tiny is finished; run it with `seedtrial run` and the same arguments"
    ):
        write_report(results(plan(study, tmp_path / "runs")), tmp_path / "page.html", runs=tmp_path / "runs")
    assert not (tmp_path / "page.html").exists()


def test_many_classes_become_a_list_of_pairs(tmp_path: Path, idx_folder: Path) -> None:
    generator = np.random.default_rng(0)
    for part, count in (("train", 64), ("t10k", 40)):
        idx.write_idx(
            idx_folder / f"{part}-images-idx3-ubyte", generator.integers(0, 256, (count, 8, 8), dtype=np.uint8)
        )
        idx.write_idx(idx_folder / f"{part}-labels-idx1-ubyte", (np.arange(count) % 30).astype(np.uint8))
    study = write_study(tmp_path / "tiny.py", idx_folder, seeds=1)
    text = report(study, tmp_path / "runs", tmp_path / "page.html")
    assert '<table class="matrix">' not in text and 'class="pairs"' in text


def published(text: str, settings: str) -> str:
    """A study file whose first recipe has something published."""
    return text.replace(
        "seeds=1,", f"seeds=1, published={{'narrow': Published(accuracy=0.5, digits=2, where='w', {settings})}},"
    ).replace(
        "from seedtrial import",
        "from seedtrial.study.published import Published, PublishedMatrix\nfrom seedtrial import",
        1,
    )


def test_published_matrices_classes_and_seconds_stand_beside_ours(tmp_path: Path, idx_folder: Path) -> None:
    path = write_study(tmp_path / "tiny.py", idx_folder, seeds=1, labels=("narrow", "wide"))
    matrix = "PublishedMatrix(counts=((71, 2, 3), (4, 75, 6), (7, 8, 79)), caption='As <printed>')"
    path.write_text(
        published(
            path.read_text(),
            f"per_class=(0.123, None, 0.987), matrix={matrix}, training_seconds=33.5, testing_seconds=0.96",
        )
    )
    text = report(path, tmp_path / "runs", tmp_path / "page.html")
    assert "narrow, as published" in text and "As &lt;printed&gt;" in text and ">71</td>" in text
    assert "narrow, published, %" in text and "12.3</td>" in text and "98.7</td>" in text
    assert "<td>33.5</td>" in text and "<td>0.96</td>" in text


def test_a_published_matrix_of_other_classes_is_left_out(tmp_path: Path, idx_folder: Path) -> None:
    path = write_study(tmp_path / "tiny.py", idx_folder, seeds=1, labels=("narrow", "wide"))
    matrix = "PublishedMatrix(counts=((71, 2), (4, 75)), caption='c')"
    path.write_text(published(path.read_text(), f"per_class=(0.123,), matrix={matrix}"))
    text = report(path, tmp_path / "runs", tmp_path / "page.html")
    assert "as published" not in text and ">71</td>" not in text and "12.3" not in text


def test_a_published_matrix_of_other_classes_bears_their_names(tmp_path: Path, idx_folder: Path) -> None:
    path = write_study(tmp_path / "tiny.py", idx_folder, seeds=1, labels=("narrow", "wide"))
    matrix = "PublishedMatrix(counts=((71, 2), (4, 75)), caption='c', classes=('digit 0', '<b>'))"
    path.write_text(published(path.read_text(), f"matrix={matrix}"))
    text = report(path, tmp_path / "runs", tmp_path / "page.html")
    assert '<th scope="row">digit 0</th>' in text and '<th scope="row">&lt;b&gt;</th>' in text and ">71</td>" in text


def test_look_alikes_of_confused_classes_are_shown(page: str) -> None:
    assert "Look-alikes" in page and '<figure class="pair">' in page


def test_a_study_that_groups_its_recipes_has_a_box_plot(tmp_path: Path, idx_folder: Path) -> None:
    path = write_study(tmp_path / "tiny.py", idx_folder, seeds=1)
    path.write_text(path.read_text().replace("seeds=1,", "seeds=1, grouped_by='model.widths',"))
    text = report(path, tmp_path / "runs", tmp_path / "page.html")
    assert "Recipes by model.widths" in text and "Mean test accuracies by model.widths" in text


def test_networks_of_many_sizes_are_set_against_their_costs(tmp_path: Path, idx_folder: Path) -> None:
    study = write_study(tmp_path / "tiny.py", idx_folder, seeds=1)
    assert "Accuracy against cost" not in report(study, tmp_path / "runs", tmp_path / "two.html")
    more = study.read_text().replace(
        "recipes={a: small, b: large}",
        "recipes={a: small, b: large}"
        "| {f'<{w}>': small.model_copy(update={'model': Dense(widths=(w,))}) for w in (8, 9)}",
    )
    study.write_text(more)
    page = report(study, tmp_path / "runs", tmp_path / "four.html")
    assert "Accuracy against cost" in page
    assert "3&nbsp;&lt;8&gt;; 4&nbsp;&lt;9&gt;." in page


def test_mirrored_predictions_are_reported_without_mirroring_too(tmp_path: Path, idx_folder: Path) -> None:
    study = write_study(tmp_path / "tiny.py", idx_folder)
    study.write_text(study.read_text().replace('precision="fp32"', "mirrored=True"))
    page = report(study, tmp_path / "runs", tmp_path / "page.html")
    assert page.count("averages over the mirrored image") == 2
    assert "%(" not in page and "Most epochs skip easy images" not in page


def test_a_study_that_is_judged_by_another_measure_shows_it_and_says_how_it_is_tested(
    tmp_path: Path, idx_folder: Path
) -> None:
    study = write_study(tmp_path / "tiny.py", idx_folder)
    study.write_text(study.read_text().replace("seeds=", 'measure="macro_f1", seeds=', 1))
    page = report(study, tmp_path / "runs", tmp_path / "page.html")
    assert '<th colspan="3" scope="colgroup">test macro-F1, %</th>' in page
    assert "Verdicts compare macro-F1; figures and other columns show accuracy." in page
    assert "This study is judged by macro-F1, the mean over the classes of F1" in page
    assert "Test macro-F1, " in page


def test_training_values_are_said_to_be_of_the_images_used(tmp_path: Path, idx_folder: Path) -> None:
    study = write_study(tmp_path / "tiny.py", idx_folder)
    study.write_text(study.read_text().replace('precision="fp32"', 'skip={"share": 0.5}'))
    page = report(study, tmp_path / "runs", tmp_path / "page.html")
    assert page.count("Most epochs skip easy images; training values cover only the images that an epoch used.") == 2
