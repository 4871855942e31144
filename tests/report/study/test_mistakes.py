"""Which images land in which cell of a confusion matrix, over several seeds."""

import numpy as np

from seedtrial.evaluation.predictions import Predictions
from seedtrial.report.study.mistakes import CellImage, answers, gallery, mean_confusion, tiles

LABELS = np.array([0, 0, 1, 2])


def said(*answered: tuple[int, float]) -> Predictions:
    probs = np.full((len(answered), 3), 0.0, np.float32)
    for row, (answer, confidence) in zip(probs, answered, strict=True):
        row[:] = (1 - confidence) / 2
        row[answer] = confidence
    return Predictions(LABELS, probs)


SEEDS = [
    said((0, 0.9), (1, 0.8), (0, 0.6), (2, 0.9)),
    said((0, 0.9), (1, 0.6), (1, 0.7), (2, 0.9)),
]


def test_confusion_is_the_mean_over_seeds() -> None:
    assert mean_confusion(SEEDS).tolist() == [[1, 1, 0], [0.5, 0.5, 0], [0, 0, 1]]


def test_cells_hold_their_images_with_seeds_and_mean_confidence() -> None:
    cells = answers(SEEDS)
    assert set(cells) == {(0, 0), (0, 1), (1, 0), (1, 1), (2, 2)}
    (images,) = cells[0, 1]
    assert (images.index, images.label, images.answer, images.seeds) == (1, 0, 1, 2)
    assert np.isclose(images.confidence, 0.7)
    assert cells[1, 0][0].seeds == 1 and np.isclose(cells[1, 0][0].confidence, 0.6)


def test_cells_list_shared_and_sure_mistakes_first() -> None:
    unsure, sure = said((1, 0.6), (1, 0.9), (1, 0.5), (2, 0.9)), said((0, 0.9), (1, 0.9), (1, 0.5), (2, 0.9))
    assert [a.index for a in answers([unsure, sure])[0, 1]] == [1, 0]


def test_gallery_has_mistakes_only_and_no_more_than_asked_for() -> None:
    shown = gallery(answers(SEEDS), most=5)
    assert [a.index for a in shown] == [1, 2]
    assert len(gallery(answers(SEEDS), most=1)) == 1


def test_every_cell_has_an_image_before_any_has_two() -> None:
    cells = {
        (0, 0): [CellImage(n, 0, 0, 1, 0.9) for n in range(9)],
        (0, 1): [CellImage(n, 0, 1, 1, 0.9) for n in (20, 21)],
    }

    def counts(**limits: int) -> list[int]:
        return [len(images) for images in tiles(cells, **limits).values()]

    assert counts(per_cell=8, most=100) == [8, 2]
    assert counts(per_cell=8, most=5) == [3, 2]
    assert counts(per_cell=8, most=1) == [1, 1]  # a cell that can be chosen is never empty
