"""Pictures in, answers out: by run or bundle, from files, folders and tables; what cannot be used is named."""

import csv
import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from command_line import Shell
from seedtrial.data.picture import Unusable
from seedtrial.data.reader import Form
from seedtrial.data.readers.picture_folder import read
from seedtrial.errors import SeedtrialError
from seedtrial.runs.trained import Run
from seedtrial.serving.bundle import Bundle
from seedtrial.serving.decision import NOT_SURE, UNLIKE, Decision
from seedtrial.serving.inputs import pictures
from seedtrial.serving.of_run import predictor
from seedtrial.serving.photo import like_fashion_mnist, preparation
from seedtrial.serving.predict import predict, sort
from serving.odd_pictures import odd_pictures


def test_a_run_and_its_bundle_give_the_same_answers(trained: Run, bundle: Bundle, blocks: Path) -> None:
    ours, theirs = predictor(trained), bundle.predictor
    images = read(blocks, Form(channels=1)).test.images
    np.testing.assert_allclose(ours.predict(images).probs, theirs.predict(images).probs, atol=1e-5)
    assert ours.temperature == pytest.approx(theirs.temperature, rel=1e-3)
    assert ours.familiar is not None and theirs.familiar is not None
    assert ours.familiar.threshold == pytest.approx(theirs.familiar.threshold, rel=1e-2)


def test_a_folder_is_walked_and_its_answers_are_counted(folder: Path, blocks: Path, shell: Shell) -> None:
    result = shell("predict", folder, blocks, "--truth")
    assert result.code == 0 and "240 pictures: " in result.out and "Correct: " in result.out
    assert f"The network learnt from '{blocks.name}': on these pictures it does better" in result.out
    assert "learnt from" not in shell("predict", folder, blocks / "left", "--truth").out
    share = json.loads(shell("predict", folder, blocks, "--truth", "--json").out)["accuracy"]
    assert share["accuracy"] > 0.9 and share["low"] < share["accuracy"] <= share["high"] and share["images"] == 240


def test_files_that_cannot_be_used_are_named_and_the_others_answered(
    folder: Path, blocks: Path, tmp_path: Path, shell: Shell
) -> None:
    (tmp_path / "text.png").write_text("text")
    result = shell("predict", folder, tmp_path / "text.png", next(blocks.rglob("*.png")))
    assert result.code == 3 and "1 picture: " in result.out
    assert f"{tmp_path / 'text.png'}: not a known picture format" in result.out
    missing = shell("predict", folder, tmp_path / "nowhere.png")
    assert missing.code == 1 and "There is no picture or folder" in missing.err


def test_links_that_lead_elsewhere_are_named_and_a_folder_without_pictures_is_an_error(
    folder: Path, blocks: Path, tmp_path: Path, shell: Shell
) -> None:
    (tmp_path / "in").mkdir()
    answered = shell("predict", folder, tmp_path / "in")
    assert answered.code == 1 and f"There is no picture in {tmp_path / 'in'}" in answered.err
    (tmp_path / "in" / "link.png").symlink_to(next(blocks.rglob("*.png")))
    answered = shell("predict", folder, tmp_path / "in")
    assert answered.code == 3 and "link.png: a link that leads out of the folder" in answered.out
    assert "No picture could be used." in answered.out


def test_a_folder_that_sort_made_names_its_class_again(bundle: Bundle, blocks: Path, tmp_path: Path) -> None:
    slashed = replace(bundle.predictor, classes=("T-shirt/top", "middle", "right"))
    rows, _ = predict(pictures([blocks], slashed), slashed)
    sort(rows, tmp_path / "sorted")
    again, _ = predict(pictures([tmp_path / "sorted"], slashed), slashed)
    assert {row.truth for row in again if row.answer == "T-shirt/top"} == {"T-shirt/top"}


def test_the_folder_that_is_given_names_its_own_pictures(folder: Path, blocks: Path, shell: Shell) -> None:
    answered = json.loads(shell("predict", folder, blocks / "left", "--truth", "--json").out)
    assert answered["accuracy"]["images"] == 80 and answered["accuracy"]["accuracy"] > 0.9


def test_a_bundle_that_is_not_there_is_not_taken_for_a_run(tmp_path: Path, blocks: Path, shell: Shell) -> None:
    answered = shell("predict", tmp_path / "network.zip", blocks)
    assert answered.code == 1 and f"There is no bundle {tmp_path / 'network.zip'}." in answered.err


def test_nothing_is_written_where_the_answers_cannot_be(folder: Path, tmp_path: Path, shell: Shell) -> None:
    answered = shell("predict", folder, tmp_path / "nowhere.png", "--out", tmp_path / "a.csv")
    assert answered.code == 1 and not (tmp_path / "a.csv").exists()
    answered = shell("predict", folder, tmp_path / "nowhere.png", "--out", tmp_path)
    assert answered.code == 1 and "it is a folder; --out takes a file" in answered.err


def test_answers_do_not_overwrite_the_table_that_they_are_of(folder: Path, tmp_path: Path, shell: Shell) -> None:
    (tmp_path / "mine.csv").write_text("label\n")
    result = shell("predict", folder, tmp_path / "mine.csv", "--out", tmp_path / "mine.csv")
    assert result.code == 1 and "has the pictures that are to be predicted" in result.err
    assert (tmp_path / "mine.csv").read_text() == "label\n"


def test_noise_looks_like_none_of_the_classes(bundle: Bundle, noise: np.ndarray) -> None:
    assert bundle.predict(noise).unlike.mean() > 0.9


def test_a_threshold_makes_unsure_answers_say_so(bundle: Bundle, blocks: Path) -> None:
    unsure = replace(bundle.predictor, decision=Decision(threshold=0.99))
    rows, _ = predict(pictures([blocks], unsure), unsure)
    assert {row.answer for row in rows} <= {NOT_SURE, UNLIKE} | set(bundle.classes)
    assert any(row.answer == NOT_SURE for row in rows)
    assert all(row.probability >= 0.99 for row in rows if row.answer in bundle.classes)


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_answers_are_written_as_the_name_says(
    folder: Path, blocks: Path, tmp_path: Path, shell: Shell, kind: str
) -> None:
    out = tmp_path / f"a.{kind}"
    assert shell("predict", folder, blocks, "--out", out).code == 0
    if kind == "csv":
        rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
        assert set(rows[0]) == {"file", "answer", "probability", "left", "middle", "right"}
        assert float(rows[0]["left"]) + float(rows[0]["middle"]) + float(rows[0]["right"]) == pytest.approx(1, abs=1e-5)
    elif kind == "json":
        rows = json.loads(out.read_text(encoding="utf-8"))["answers"]
    else:
        rows = pytest.importorskip("pyarrow.parquet").read_table(out).to_pylist()
    assert len(rows) == 240
    assert shell("predict", folder, blocks, "--out", tmp_path / "a.xlsx").code == 1


def test_pictures_are_copied_into_folders_of_their_answers(bundle: Bundle, blocks: Path, tmp_path: Path) -> None:
    rows, _ = predict(pictures([blocks], bundle.predictor), bundle.predictor)
    assert sort(rows, tmp_path / "sorted") == 240
    for row in rows:
        assert row.path is not None
        copy = tmp_path / "sorted" / row.answer / row.path.name
        assert copy.read_bytes() == row.path.read_bytes()
    assert sort(rows[:1], tmp_path / "sorted") == 1  # it is there already
    copy = tmp_path / "sorted" / rows[0].answer / rows[0].path.name  # type: ignore[union-attr]
    copy.write_bytes(b"another picture of this name")
    assert sort(rows[:1], tmp_path / "sorted") == 1  # gets another name
    assert len(list((tmp_path / "sorted").rglob("*.png"))) == 241


def test_arrays_and_tables_are_predicted_row_by_row(bundle: Bundle, blocks: Path, tmp_path: Path) -> None:
    split = read(blocks, Form(channels=1)).test
    np.savez(tmp_path / "a.npz", images=split.images[:, 0], labels=split.labels)
    lines = ["label," + ",".join(f"p{k}" for k in range(64))]
    lines += [
        ",".join(map(str, [label, *image.ravel()])) for image, label in zip(split.images, split.labels, strict=True)
    ]
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    direct = bundle.predict(split.images)
    for name in ("a.npz", "a.csv"):
        rows, _ = predict(pictures([tmp_path / name], bundle.predictor), bundle.predictor)
        np.testing.assert_allclose([row.probs for row in rows], direct.probs, atol=1e-6)
        assert [row.truth for row in rows] == [bundle.classes[label] for label in split.labels]


def test_values_that_are_no_pixels_are_refused_and_not_turned_into_others(bundle: Bundle, tmp_path: Path) -> None:
    lines = [",".join(f"p{k}" for k in range(64)), ",".join(["0.5"] * 64)]
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(
        SeedtrialError, match=r"a\.csv, line 2 has values from 0\.5 to 0\.5; this network takes 0 to 255, who"
    ):
        list(pictures([tmp_path / "a.csv"], bundle.predictor))
    widened = replace(bundle.predictor, span=(0.0, 1.0))
    (picture,) = pictures([tmp_path / "a.csv"], widened)
    assert picture.pixels is not None and (picture.pixels == 128).all()
    np.savez(tmp_path / "a.npz", images=np.full((1, 8, 8), 0.5))
    (picture,) = pictures([tmp_path / "a.npz"], widened)
    assert picture.pixels is not None and (picture.pixels == 128).all()


@pytest.mark.filterwarnings("ignore:'mode' parameter is deprecated:DeprecationWarning")
def test_forty_odd_pictures_become_the_same_bytes_on_every_way(
    trained: Run, bundle: Bundle, folder: Path, tmp_path: Path
) -> None:
    space: dict[str, object] = {"__name__": "predict", "__file__": str(folder / "predict.py")}
    exec(compile((folder / "predict.py").read_text(encoding="utf-8"), "predict.py", "exec"), space)
    for path in odd_pictures(tmp_path):
        ours = trained.pixels(path)
        np.testing.assert_array_equal(bundle.predictor.pixels(path), ours)
        np.testing.assert_array_equal(space["pixels"](path), ours)  # type: ignore[operator]
    space["BUNDLE"]["pixels"]["fit"] = "pad"  # type: ignore[index]
    padding = replace(bundle.predictor, fit="pad")
    for path in odd_pictures(tmp_path):
        np.testing.assert_array_equal(space["pixels"](path), padding.pixels(path))  # type: ignore[operator]


def garment(colour: tuple[int, int, int], frame: int) -> bytes:
    """A drawn pullover on white, as a JPEG file."""
    image = Image.new("RGB", (300 + 2 * frame, 260 + frame), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((frame + 90, 40, frame + 210, 230), fill=colour)
    draw.polygon([(frame + 90, 40), (frame + 20, 200), (frame + 60, 215), (frame + 100, 110)], fill=colour)
    draw.polygon([(frame + 210, 40), (frame + 280, 200), (frame + 240, 215), (frame + 200, 110)], fill=colour)
    file = BytesIO()
    image.save(file, "JPEG", quality=75)
    return file.getvalue()


@pytest.mark.parametrize("colour", [(30, 40, 120), (150, 20, 30), (60, 60, 60), (20, 100, 40), (180, 120, 20)])
@pytest.mark.parametrize("frame", [0, 80])
def test_a_garment_fills_its_image_whatever_its_colour_and_frame(
    tmp_path: Path, colour: tuple[int, int, int], frame: int
) -> None:
    (tmp_path / "a.jpg").write_bytes(garment(colour, frame))
    image = like_fashion_mnist(tmp_path / "a.jpg")[0]
    rows, columns = np.flatnonzero(image.max(axis=1) > 30), np.flatnonzero(image.max(axis=0) > 30)
    assert max(rows[-1] - rows[0], columns[-1] - columns[0]) >= 26  # the longer side fills it
    assert abs(int(columns[0]) - (27 - int(columns[-1]))) <= 1 and abs(int(rows[0]) - (27 - int(rows[-1]))) <= 2
    assert image[14, 14] > 60 and image[0, 0] == 0


def test_a_photograph_of_nothing_is_named(tmp_path: Path) -> None:
    Image.new("RGB", (300, 300), (250, 250, 250)).save(tmp_path / "a.png")
    with pytest.raises(Unusable, match="nothing in it differs from its corners"):
        like_fashion_mnist(tmp_path / "a.png")
    with pytest.raises(SeedtrialError, match=r"gives images of shape \(1, 28, 28\); this network takes \(3, 8, 8\)"):
        preparation("fashion-mnist", (3, 8, 8))
    with pytest.raises(SeedtrialError, match="Did you mean 'fashion-mnist'"):
        preparation("mnist", (1, 28, 28))


def test_a_page_shows_what_the_network_saw(folder: Path, blocks: Path, tmp_path: Path, shell: Shell) -> None:
    evil = tmp_path / "<img src=x onerror=alert(1)>.png"
    evil.write_bytes(next(blocks.rglob("*.png")).read_bytes())
    result = shell("predict", folder, evil, "--show", tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert result.code == 0 and "data:image/png;base64," in text and "<main>" in text
    assert "<img src=x" not in text and "&lt;img src=x" in text
