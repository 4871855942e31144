"""What mattered in a picture: how much the probability of the answer falls when a part of it is hidden.

C channels, H x W pixels.

Source: Zeiler and Fergus 2014, Visualizing and understanding convolutional networks (occlusion sensitivity).
"""

import numpy as np

from seedtrial.serving.predictor import Predictor

PLACES = 14  # of the hiding square along each side


def occlusion(predictor: Predictor, pixels: np.ndarray, answer: int) -> np.ndarray:
    """(P, P) float, P at most 14: how the answer's probability falls where a square, a quarter of the side, is hidden.

    pixels: (C, H, W) uint8
    answer: label of the class

    The square has the picture's mean colour. Negative values mean that the answer is surer without that part.

    >>> brightness = lambda images: np.stack([images[:, 0, 0, 0] / 25, 5 - images[:, 0, 0, 0] / 50], 1)
    >>> predictor = Predictor(("bright", "dark"), (1, 8, 8), brightness)
    >>> picture = np.zeros((1, 8, 8), np.uint8)
    >>> picture[0, 0, 0] = 255
    >>> heat = occlusion(predictor, picture, 0)
    >>> bool(heat[0, 0] > 0.5), float(heat[-1, -1])
    (True, 0.0)
    """
    _, height, width = pixels.shape
    side = (max(1, height // 4), max(1, width // 4))
    rows, columns = (
        np.unique(np.linspace(0, size - part, PLACES).round().astype(int))
        for size, part in zip((height, width), side, strict=True)
    )
    mean = pixels.reshape(len(pixels), -1).mean(axis=1).round().astype(np.uint8)[:, None, None]
    hidden = np.repeat(pixels[None], len(rows) * len(columns) + 1, axis=0)
    for number, (row, column) in enumerate((row, column) for row in rows for column in columns):
        hidden[number, :, row : row + side[0], column : column + side[1]] = mean
    probs = predictor.predict(hidden).probs[:, answer]
    return np.asarray(probs[-1] - probs[:-1]).reshape(len(rows), len(columns))
