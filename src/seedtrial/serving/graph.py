"""A network as an ONNX graph, and the proof that the graph computes what the network computes.

N images, C channels, H x W pixels, K classes. Exporters are known to have written wrong residual networks, so no graph
is handed over before it has been compared on real images.
"""

import io
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from seedtrial.errors import SeedtrialError, needs_extra
from seedtrial.evaluation.calibration import at_temperature
from seedtrial.models.fast import kernels
from seedtrial.serving.session import INPUT, OUTPUT, run_graph, session

MOST = 10_000  # images that are compared
EQUAL, LARGEST = 0.9999, 1e-3  # what a graph must reach: share of equal answers, difference of probabilities


@dataclass(frozen=True)
class Parity:
    """How a graph compares with its network in float32.

    images, split:      how many were compared, and of which split
    equal_answers:      share of the images with the same answer
    largest_difference: of two probabilities

    >>> Parity(100, "validation", 1.0, 1e-6, "1.32.0", 20).plain()["images"]
    100
    """

    images: int
    split: str
    equal_answers: float
    largest_difference: float
    onnxruntime: str
    opset: int

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def onnx_bytes(module: nn.Module, shape: tuple[int, int, int]) -> tuple[bytes, int]:
    """A module as an ONNX graph with any number of images, weights inside, and the version of its operators.

    module: (N, C, H, W) uint8 -> (N, K) float32, as `Learner.module` gives it

    Raises SeedtrialError when the exporter is not installed or cannot follow the module.
    """
    with needs_extra("Exporting", "export"):
        import onnx
        import onnxscript  # noqa: F401  torch's exporter needs it and says so less plainly
    example = torch.zeros(2, *shape, dtype=torch.uint8)
    try:
        with _quiet(), kernels.off(), torch.no_grad():
            program = torch.onnx.export(
                _Named(module),
                (example,),
                dynamo=True,
                dynamic_shapes=({0: torch.export.Dim("n")},),
                input_names=[INPUT],
                output_names=[OUTPUT],
                verbose=False,
            )
            assert program is not None
            proto = program.model_proto
    except Exception as error:  # the exporter raises whatever its passes raise
        reason = f"{type(error).__name__}: {error}".split("\n")[0]
        raise SeedtrialError(f"torch's exporter cannot write this network as ONNX: {reason[:200]}.") from None
    file = io.BytesIO()
    onnx.save_model(proto, file)
    return file.getvalue(), int(proto.opset_import[0].version)


class _Named(nn.Module):
    """A module whose weights are called network.*, so that none has the name of the graph's input or output."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.eval()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.network(images)
        return logits


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what torch's exporter tells about packages that are not there and about its own future."""
    log = logging.getLogger("torch.onnx")
    before = log.level
    log.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            log.setLevel(before)


def compare_graph(
    model: bytes, logits: Callable[[np.ndarray], np.ndarray], images: np.ndarray, *, split: str, opset: int
) -> tuple[Parity, np.ndarray]:
    """Compare a graph with its network, and return the graph's logits too.

    images: (N, C, H, W) uint8, of a split that is open

    Raises SeedtrialError when fewer than 99.99 % of the answers are equal, or a probability differs by over 1e-3.
    """
    import onnxruntime

    images = images[:MOST]
    theirs = run_graph(session(model), images)
    ours = np.concatenate([logits(images[start : start + 500]) for start in range(0, len(images), 500)])
    equal = float((theirs.argmax(axis=1) == ours.argmax(axis=1)).mean())
    apart = float(np.abs(at_temperature(theirs, 1.0) - at_temperature(ours, 1.0)).max())
    parity = Parity(len(images), split, equal, apart, onnxruntime.__version__, opset)
    if equal < EQUAL or apart > LARGEST:
        raise SeedtrialError(
            f"The exported graph is not the network: {equal:.2%} of {len(images):,} answers are equal (at least "
            f"{EQUAL:.2%} must be) and probabilities differ by up to {apart:.2g} (at most {LARGEST:g} may); nothing "
            "was exported."
        )
    return parity, theirs
