"""One seed -> independent random streams, so that changing one use of chance leaves the others as they were."""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

STREAMS = ("split", "weights", "batches", "augmentation", "dropout", "skipping", "game")


@dataclass(frozen=True)
class Seeds:
    """The random streams of one run.

    >>> int(Seeds(1).numpy("weights").integers(100)) == int(Seeds(1).numpy("weights").integers(100))
    True
    """

    seed: int

    def number(self, stream: str) -> int:
        """A 63-bit seed for one of STREAMS; each stream's is unrelated to the others'."""
        if stream not in STREAMS:
            raise ValueError(f"no stream {stream!r}; there are {STREAMS}")
        return int.from_bytes(hashlib.sha256(f"{self.seed}/{stream}".encode()).digest()[:8]) >> 1

    def torch(self, stream: str, device: str = "cpu") -> "torch.Generator":
        """A fresh torch generator at the start of the stream, on the device."""
        import torch  # most users of a split need no torch

        return torch.Generator(device).manual_seed(self.number(stream))

    def numpy(self, stream: str) -> np.random.Generator:
        """A fresh NumPy generator at the start of the stream."""
        return np.random.default_rng(self.number(stream))
