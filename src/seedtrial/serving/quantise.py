"""A graph in 8 bits: weights per channel, activations by their range on training images (static quantisation, QDQ)."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seedtrial.data.parts import Split
from seedtrial.errors import SeedtrialError
from seedtrial.runs import machine
from seedtrial.serving import session

CALIBRATED_ON = 500  # training images, spread over the part
MOST_LOST = 0.005  # share of the validation images


@dataclass(frozen=True)
class Int8:
    """A graph in 8 bits and what it costs.

    accuracy, float_accuracy: on the validation images

    >>> Int8(b"...", 0.91, 0.912, 6000, "a processor").plain()["accuracy"]
    0.91
    """

    model: bytes
    accuracy: float
    float_accuracy: float
    images: int
    processor: str

    def plain(self) -> dict[str, Any]:
        """As JSON values, without the graph."""
        return {
            "accuracy": self.accuracy,
            "float_accuracy": self.float_accuracy,
            "images": self.images,
            "processor": self.processor,
        }


def quantise(model: bytes, train: Split, validation: Split, *, force: bool) -> Int8:
    """The graph in 8 bits. Raises SeedtrialError when it loses more than half a point of accuracy, unless forced."""
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory(prefix="seedtrial-") as name:
        plain, prepared, small = (str(Path(name, each)) for each in ("plain.onnx", "prepared.onnx", "small.onnx"))
        Path(plain).write_bytes(model)
        quant_pre_process(plain, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            small,
            _Calibration(train.images[:: max(1, len(train) // CALIBRATED_ON)]),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            weight_type=QuantType.QInt8,
            activation_type=QuantType.QUInt8,
        )
        raw = Path(small).read_bytes()
    before, after = (
        float((session.run_graph(session.session(each), validation.images).argmax(axis=1) == validation.labels).mean())
        for each in (model, raw)
    )
    if before - after > MOST_LOST and not force:
        raise SeedtrialError(
            f"In 8 bits the network classifies {100 * after:.2f} % of the validation images correctly instead of "
            f"{100 * before:.2f} %; more than half a point is lost, so nothing was exported. --force takes it even so."
        )
    return Int8(raw, after, before, len(validation), machine.processor())


class _Calibration:
    """Batches of training images, as onnxruntime's quantiser asks for them."""

    def __init__(self, images: np.ndarray) -> None:
        self.batches: Iterator[np.ndarray] = iter(np.array_split(images, max(1, len(images) // 50)))

    def get_next(self) -> dict[str, np.ndarray] | None:
        batch = next(self.batches, None)
        return None if batch is None else {session.INPUT: np.ascontiguousarray(batch)}
