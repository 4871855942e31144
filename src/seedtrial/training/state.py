"""All that changes while a network learns, as arrays: from them a training goes on as if it had never stopped."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from seedtrial.training.averaging import Average
from seedtrial.training.optimiser import Steps
from seedtrial.training.skipping import Skipper


class Progress:
    """A training between two passes: weights, the optimiser's memory, averages, losses, and every random stream.

    generators: by the name of their stream

    >>> from seedtrial.models import Linear
    >>> from seedtrial.training.optimiser import SGD
    >>> network = Linear().build((1, 2, 2), 2, torch.Generator().manual_seed(0))
    >>> steps, chance = SGD().build(network.parameters()), torch.Generator()
    >>> progress = Progress(network, steps, None, Skipper(None, 4, 1, chance), {"batches": chance})
    >>> list(progress.arrays())[-2:]
    ['random.batches', 'counts']
    """

    def __init__(
        self,
        network: nn.Module,
        optimiser: Steps,
        average: Average | None,
        skipper: Skipper,
        generators: Mapping[str, torch.Generator],
    ) -> None:
        self.network, self.optimiser, self.average = network, optimiser, average
        self.skipper, self.generators = skipper, dict(generators)
        self.epoch = 0

    def arrays(self) -> dict[str, np.ndarray]:
        """Copies of everything, by name."""
        # Copies, since training goes on while they are written.
        arrays = {name: tensor.detach().cpu().numpy(force=True).copy() for name, tensor in self._tensors().items()}
        # Generators are saved as they stand: drawing anew from the seed would repeat the masks of the first pass.
        arrays |= {f"random.{name}": generator.get_state().numpy() for name, generator in self.generators.items()}
        done = self.average.done if self.average else 0
        return arrays | {"counts": np.array([self.epoch, self.optimiser.done, done])}

    def restore(self, saved: Mapping[str, np.ndarray]) -> None:
        """Become what was saved. Raises KeyError or RuntimeError when that was of another training."""
        self.epoch, self.optimiser.done, done = (int(count) for count in saved["counts"])
        if self.average:
            self.average.done = done
        # In place: the optimiser and the fused steps hold references to these very tensors.
        with torch.no_grad():
            for name, tensor in self._tensors().items():
                tensor.copy_(torch.from_numpy(saved[name]))
        for name, generator in self.generators.items():
            generator.set_state(torch.from_numpy(saved[f"random.{name}"]))

    def _tensors(self) -> dict[str, Tensor]:
        """Every tensor that changes, by name."""
        lists = {"optimiser": self.optimiser.memory(), "average": self.average.averages if self.average else []}
        tensors = {f"network.{name}": tensor for name, tensor in self.network.state_dict().items()}
        tensors |= {f"{kind}.{i}": tensor for kind, tensors in lists.items() for i, tensor in enumerate(tensors)}
        # Losses of the images decide which ones the next pass skips.
        return tensors | {"losses": self.skipper.losses}
