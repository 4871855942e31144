"""scikit-learn's handwritten digits, the smallest real data set: no download."""

from pathlib import Path

import numpy as np

from seedtrial.data.citation import DIGITS
from seedtrial.data.parts import Parts, Split
from seedtrial.data.reader import Facts, Form, Reader

TEST = 360  # images, the last ones, which are by other writers


def read(source: str, data_dir: Path | None, form: Form) -> Parts:
    """1,797 digits of 8x8 pixels; the last 360 are the test part.

    Source: Alpaydin and Kaynak 1998, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository.

    >>> parts = read("digits", None, Form())
    >>> len(parts.train), len(parts.test)
    (1437, 360)
    """
    from sklearn.datasets import load_digits  # inside, since it is slow to import

    digits = load_digits()
    images = np.rint(digits.images * (255 / 16)).astype(np.uint8)[:, None]  # 0..16 -> 0..255
    labels = digits.target.astype(np.int64)
    return Parts(
        Split("train", images[:-TEST].copy(), labels[:-TEST].copy()),  # shares no memory with the test part
        Split("test", images[-TEST:].copy(), labels[-TEST:].copy()),
        classes=tuple(str(digit) for digit in range(10)),
        origin="embedded in scikit-learn",
    )


READER = Reader(
    name="digits",
    title="1,797 grey 8x8 handwritten digits, embedded in scikit-learn, no download",
    claims=lambda source: source == "digits",
    read=read,
    facts=Facts(
        fingerprint="ed44642ab3b16ada9bfeb3b6c84f29236f3fbc7eb5194107090cf2943b15dfeb",
        classes=tuple("0123456789"),
        shape=(1, 8, 8),
        train=1437,
        test=360,
    ),
    citation=DIGITS,
)
