"""The people report is complete, self-contained and escapes names; a study's report has a section on people."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page

from command_line import Shell, write_study
from players import RTL, answers, some
from seedtrial.data import idx
from seedtrial.data.dataset import DataSpec, load
from seedtrial.errors import SeedtrialError
from seedtrial.execution.execute import execute
from seedtrial.human import crowd
from seedtrial.human.answers import CANNOT_TELL, Answers
from seedtrial.human.crowd import Votes
from seedtrial.report.people import command as people_command
from seedtrial.report.people import page as people
from seedtrial.report.people.numbers import PeopleNumbers, people_json
from seedtrial.report.study import page
from seedtrial.study.load import load_study
from seedtrial.study.plan import plan
from seedtrial.study.results import Results, results


def played(monkeypatch: pytest.MonkeyPatch, players: Sequence[Answers]) -> None:
    """These people have answered, whatever a store says."""
    monkeypatch.setattr(people, "players", lambda runs, fingerprint: list(players))


@pytest.fixture
def study(tmp_path: Path, idx_folder: Path) -> Path:
    path = write_study(tmp_path / "tiny.py", idx_folder, labels=("small", "<b>large"), seeds=2)
    execute(load_study(str(path)), runs=tmp_path / "runs")
    return path


def of(study: Path) -> Results:
    return results(plan(load_study(str(study)), study.parent / "runs"))


def data(study: Path) -> DataSpec:
    return load_study(str(study)).recipes["small"].data


def page_of(study: Path) -> tuple[Path, PeopleNumbers]:
    page, runs = study.parent / "page.html", study.parent / "runs"
    return people.write_people_report(data(study), page, runs=runs, results=of(study))


def test_the_page_has_all_its_parts(study: Path, labels: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    played(monkeypatch, some(labels))
    out, _ = page_of(study)
    text = out.read_text()
    for words in (
        "3 players classify",
        "mean of 3 players",
        "Accuracy so far",
        "Gaussian windows of 50 and 20 answers",
        "People and networks",
        "small beats people",
        "p-values are adjusted for 8 comparisons",
        "Accuracy per class",
        "Confusion matrices",
        "can’t tell",
        "Response times",
        "To measure learning, a player needs at least 200 answers",
        "Fleiss’ kappa",
        "With networks",
        "Images that everybody misclassifies",
        'alt="Test image 0"',
        "people: 1",
    ):
        assert words in text, words
    assert "Published numbers and ours" not in text  # nobody published of these images
    assert "Imported votes" not in text


def test_the_page_needs_nothing_from_elsewhere_and_shows_names_literally(
    study: Path, labels: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    played(monkeypatch, some(labels))
    out, _ = page_of(study)
    text = out.read_text()
    assert "<script" not in text and "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<b>large" not in text and "&lt;b&gt;large" in text
    assert "default-src 'none'" in text and "<link" not in text
    assert all(address.startswith(("data:image/png", "#")) for address in re.findall(r'(?:src|href)="([^"]*)', text))
    assert f"<bdi>{RTL[0]}evil&#39;&#34;&amp;amp;</bdi>" in text


def test_every_page_says_how_often_the_test_part_was_opened(
    study: Path, labels: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    played(monkeypatch, some(labels))
    for times in (1, 2):
        out, _ = people.write_people_report(data(study), study.parent / "page.html", runs=study.parent / "runs")
        assert f"people: {times}" in out.read_text()


def test_a_single_player_without_networks_has_a_page(
    study: Path, labels: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    played(monkeypatch, some(labels, ["ann"]))
    out, numbers = people.write_people_report(data(study), study.parent / "page.html", runs=study.parent / "runs")
    text = out.read_text()
    assert "<bdi>ann</bdi> classifies" in text and numbers.pairwise == numbers.against == []
    for words in ("People and networks", "Agreement</h2>", "Images that everybody", "over players", "bootstrap"):
        assert words not in text, words


def test_who_has_seen_little_has_a_page_too(study: Path, labels: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    few = [
        answers(labels[[5]], labels[[5]], images=[5]),
        answers(labels[[7, 8]], labels[[8, 7]], images=[7, 8], player="ben"),
    ]
    played(monkeypatch, few)
    out, numbers = page_of(study)
    assert "No image was seen by all players." in out.read_text() and numbers.fleiss is None
    assert "NaN" not in json.dumps(people_json(numbers))


def test_imported_votes_alone_have_a_page(study: Path, labels: np.ndarray) -> None:
    runs = study.parent / "runs"
    votes = np.eye(3, dtype=np.int64)[labels] * 3
    votes[:6] = 1
    crowd.save_votes(Votes(votes), runs, load(data(study)).facts.fingerprint)
    out, numbers = page_of(study)
    text = out.read_text()
    assert "Imported votes" in text and "3 on each of 24 test images" in text and "18, correct on" in text
    assert numbers.crowd is not None and numbers.mean is None
    assert numbers.crowd.majority.mean == pytest.approx((18 + 6 / 3) / 24)
    small = numbers.crowd.networks[0]
    right = np.mean([seed.right for seed in numbers.people.networks["small"]], axis=0)
    assert small.where_unanimous is not None and small.where_unanimous.mean == pytest.approx(right[6:].mean())
    assert small.elsewhere is not None and small.elsewhere.mean == pytest.approx(right[:6].mean())
    assert 'href="#players"' not in text and people_json(numbers)["crowd"]["unanimous"] == 18


def test_nobody_has_played_is_an_error_that_says_what_to_do(study: Path) -> None:
    with pytest.raises(SeedtrialError, match="Nobody has played with .*blocks yet; `seedtrial play --data .*` starts"):
        people.write_people_report(data(study), study.parent / "page.html", runs=study.parent / "runs")
    assert not (study.parent / "page.html").exists()
    assert not (study.parent / "runs" / "human.ledger.jsonl").exists()


def test_a_studys_report_has_a_section_where_people_played(
    study: Path, labels: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, runs = study.parent / "study.html", study.parent / "runs"
    assert 'id="people"' not in page.write_report(of(study), out, runs=runs).read_text()
    played(monkeypatch, some(labels))
    text = page.write_report(of(study), out, runs=runs).read_text()
    assert '<section id="people">' in text and '<a href="#people">People</a>' in text
    assert "small beats people" in text and "mean of 3 players" in text and "<script>alert" not in text
    assert "seedtrial people tiny" in text


def test_the_section_is_left_out_where_no_network_has_these_images(
    study: Path, labels: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    played(monkeypatch, some(labels))
    shown = page.ReportedDataset(load(data(study)), page.Album(np.zeros((24, 1, 8, 8), np.uint8)), "d0")
    assert people.section((), shown, runs=study.parent / "runs") is None


def test_many_classes_become_a_list_of_confusions(
    tmp_path: Path, idx_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = np.random.default_rng(0)
    for part, count in (("train", 64), ("t10k", 40)):
        idx.write_idx(
            idx_folder / f"{part}-images-idx3-ubyte", generator.integers(0, 256, (count, 8, 8), dtype=np.uint8)
        )
        idx.write_idx(idx_folder / f"{part}-labels-idx1-ubyte", (np.arange(count) % 30).astype(np.uint8))
    played(monkeypatch, [answers([0, 1, 2], [0, 2, CANNOT_TELL])])
    out, _ = people.write_people_report(DataSpec(source=str(idx_folder)), tmp_path / "page.html", runs=tmp_path)
    text = out.read_text()
    assert '<table class="matrix">' not in text
    assert "<li>1 answered as 2: 1</li>" in text and "<li>2 answered as can’t tell: 1</li>" in text


def test_the_command_writes_the_page_and_prints_the_numbers(
    study: Path,
    labels: np.ndarray,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    played(monkeypatch, some(labels, ["ann", "ben"]))
    seedtrial, runs, out = Shell(capsys, monkeypatch), study.parent / "runs", study.parent / "h.html"
    output = seedtrial("people", study, "--runs", runs, "--out", out, "--only", "small")
    assert (output.code, output.err) == (0, "") and f"Report: {out}" in output.out
    assert "ann" in output.out and "small beats people: " in output.out and "large" not in output.out
    output = seedtrial("people", study, "--runs", runs, "--out", out, "--json")
    assert set(json.loads(output.out)["by_class"]) == {"people", "small", "<b>large"}
    source = load_study(str(study)).recipes["small"].data.source
    output = seedtrial("people", "--set", f"data.source={source}", "--runs", runs, "--out", out)
    assert output.code == 0 and "beats" not in output.out


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("report", "human"), "is written by `seedtrial people [STUDY]`"),
        (("people", "--only", "conv"), "name the study: seedtrial people STUDY"),
        (("people", "--seeds", "2"), "name the study: seedtrial people STUDY"),
        (("people", "--folds", "5"), "of a study; name it: seedtrial people STUDY"),
        (("people", "thingwal2019"), "Did you mean 'thingwall2019'?"),
        (("people", "--set", "data.source=digits"), "Nobody has played with digits yet"),
    ],
)
def test_what_the_command_cannot_do_is_a_sentence(
    arguments: tuple[str, ...],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = Shell(capsys, monkeypatch)(*arguments, "--runs", tmp_path / "runs", "--out", tmp_path / "h.html")
    assert output.code == 1 and words in output.err and output.err.count("\n") == 1 and not output.out


def test_without_a_store_nobody_has_played(tmp_path: Path) -> None:
    assert people.players(tmp_path, "abc") == []
    assert people_command.people_report is not None


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_its_screen(
    width: int, scheme: str, study: Path, labels: np.ndarray, monkeypatch: pytest.MonkeyPatch, browse: Page
) -> None:
    played(monkeypatch, some(labels))
    crowd.save_votes(Votes(np.full((24, 3), 2)), study.parent / "runs", load(data(study)).facts.fingerprint)
    out, _ = page_of(study)
    errors: list[str] = []
    browse.on("console", lambda message: errors.append(message.text))
    browse.on("pageerror", lambda error: errors.append(str(error)))
    browse.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    browse.set_viewport_size({"width": width, "height": 800})
    browse.goto(out.as_uri())
    assert browse.evaluate("document.documentElement.scrollWidth") <= width
    assert browse.locator("svg").count() == 3 and errors == []
    ink, paper = browse.evaluate("(s => [s.color, s.backgroundColor])(getComputedStyle(document.body))")
    assert (ink == "rgb(230, 233, 237)") == (scheme == "dark") and paper != ink
    for link in browse.locator("nav a").all():
        assert browse.locator(f"section{link.get_attribute('href')}").count() == 1
