"""An exported graph at work in onnxruntime. No torch is needed here, which takes a second to import.

N images, C channels, H x W pixels, K classes.
"""

from pathlib import Path
from typing import Any

import numpy as np

from seedtrial.errors import SeedtrialError, needs_extra

INPUT, OUTPUT = "images", "logits"  # names in the graph


def session(model: bytes | Path, *, threads: int | None = None) -> Any:
    """An onnxruntime session on the CPU. threads: None: as many as there are cores

    Raises SeedtrialError when onnxruntime is not installed or cannot read the model.
    """
    with needs_extra("An exported network", "export"):
        import onnxruntime
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors alone
    if threads is not None:
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # others want the processor too
    content = model if isinstance(model, bytes) else str(model)
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has a dozen kinds, none of them public
        raise SeedtrialError(f"onnxruntime cannot read the network ({str(error).splitlines()[0][:150]}).") from None


def run_graph(session: Any, images: np.ndarray, *, at_once: int = 500) -> np.ndarray:
    """(N, K) float32 logits. images: (N, C, H, W) uint8"""
    parts = [
        session.run([OUTPUT], {INPUT: np.ascontiguousarray(images[start : start + at_once])})[0]
        for start in range(0, len(images), at_once)
    ]
    return np.concatenate(parts)
