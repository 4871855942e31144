"""One seed -> independent random streams, so that one use of chance can change while the others stay as they were.

Turning augmentation on, for example, changes neither the first weights nor the order of the batches.
"""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

STREAMS = ("split", "weights", "batches", "augmentation", "dropout", "skipping", "mixing", "game")


@dataclass(frozen=True)
class Seeds:
    """The random streams of one run.

    >>> first, again = Seeds(1).numpy("weights"), Seeds(1).numpy("weights")
    >>> int(first.integers(100)) == int(again.integers(100))
    True
    >>> Seeds(1).number("weights") == Seeds(1).number("batches")
    False
    """

    seed: int

    def number(self, stream: str) -> int:
        """A 63-bit seed for one of STREAMS. Raises ValueError for another name."""
        if stream not in STREAMS:
            raise ValueError(f"no stream {stream!r}; there are {STREAMS}")
        # Hashed by name, not seed + position in the list: streams of neighbouring seeds would be equal, and a new
        # name in the list would change the others.
        return int.from_bytes(hashlib.sha256(f"{self.seed}/{stream}".encode()).digest()[:8]) >> 1

    def torch(self, stream: str, device: str = "cpu") -> "torch.Generator":
        """A fresh torch generator at the start of the stream, on the device."""
        import torch  # inside, since splitting data needs no torch, which is slow to import

        return torch.Generator(device).manual_seed(self.number(stream))

    def numpy(self, stream: str) -> np.random.Generator:
        """A fresh NumPy generator at the start of the stream."""
        return np.random.default_rng(self.number(stream))
