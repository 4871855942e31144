"""Answers as they are sent. A template is made once, since JSON of many numbers takes long to write."""

import base64
import json
from collections.abc import Sequence
from itertools import repeat

import numpy as np

from seedtrial.data.png import png
from seedtrial.serving.heat import occlusion
from seedtrial.serving.predictor import NetworkAnswers, Predictor


class Reply:
    """JSON of one answer after the other. predictor: whose classes and decision they are

    >>> predictor = Predictor(("cat", "dog"), (1, 4, 4), lambda images: np.zeros((len(images), 2), np.float32))
    >>> answers = NetworkAnswers(np.array([[0.25, 0.75]], np.float32), np.array([False]))
    >>> json.loads(Reply(predictor).of(answers)[0])["probabilities"]
    {'cat': 0.25, 'dog': 0.75}
    """

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self._names = [json.dumps(name) for name in predictor.classes]
        self._probabilities = ", ".join(name.replace("%", "%%") + ": %.6f" for name in self._names)

    def of(self, answers: NetworkAnswers, more: Sequence[str] | None = None) -> list[str]:
        """A JSON object for each picture; "decision" is what `Decision` makes of it, such as "not sure".

        more: further members of each object, as `looked` gives them
        """
        decided = self._predictor.decision.words(self._predictor.classes, answers.probs, answers.unlike)
        rows = zip(answers.probs.tolist(), answers.unlike.tolist(), decided, more or repeat(""), strict=False)
        return [self._object(*row) for row in rows]

    def _object(self, probs: list[float], unlike: bool, decision: str, more: str) -> str:
        highest = max(probs)
        return (
            f'{{"answer": {self._names[probs.index(highest)]}, "decision": {json.dumps(decision)}, '
            f'"probability": {highest:.6f}, "looks_like_none": {"true" if unlike else "false"}, '
            f'"probabilities": {{{self._probabilities % tuple(probs)}}}{more}}}'
        )


def looked(predictor: Predictor, pixels: np.ndarray, answer: int) -> str:
    """The picture as the network saw it, as a PNG file in base64, and the heat map of its answer; for `Reply.of`.

    pixels: (C, H, W) uint8

    >>> predictor = Predictor(("a", "b"), (1, 4, 4), lambda images: np.zeros((len(images), 2), np.float32))
    >>> looked(predictor, np.zeros((1, 4, 4), np.uint8), 0)[:20]
    ', "seen": "iVBORw0KG'
    """
    heat = np.round(occlusion(predictor, pixels, answer), 4).tolist()
    return f', "seen": "{base64.b64encode(png(pixels)).decode()}", "heat": {json.dumps(heat)}'
