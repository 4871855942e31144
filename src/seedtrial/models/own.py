"""A network of your own: any torch.nn.Module, built by a function in your study file.

C channels, H x W pixels, K classes.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from seedtrial.errors import SeedtrialError
from seedtrial.models.count import traced
from seedtrial.models.layers import Network
from seedtrial.models.model import Model

SettingValue = str | int | float | bool | tuple[int, ...]


class OwnModule(Model):
    """Your own torch.nn.Module, trained, compared, explained and saved like any other network.

    name, version, settings: what the digest of a recipe knows of it; change the version when you change the function,
                             or runs of the earlier function would count as runs of this one
    build_module:            build(shape, classes, **settings) -> nn.Module, which maps images (N, C, H, W) float32 in
                             [0, 1] to logits (N, K); its first weights are those that it gives itself, drawn from the
                             run's seed

    >>> def small(shape, classes):
    ...     return nn.Sequential(nn.Flatten(), nn.Linear(shape[0] * shape[1] * shape[2], classes))
    >>> OwnModule(name="small", version="1", build_module=small).summary((1, 8, 8), 10).parameters
    650
    """

    kind: Literal["own"] = "own"
    name: str = Field(min_length=1, max_length=80, description="what the network is called")
    version: str = Field(min_length=1, max_length=80, description="changes whenever the function gives another network")
    settings: dict[str, SettingValue] = Field({}, description="arguments of the function beside shape and classes")
    build_module: Callable[..., nn.Module] | None = Field(None, exclude=True, repr=False)

    title: ClassVar[str] = "network of your own"

    def build(self, shape: tuple[int, ...], classes: int, generator: torch.Generator | None = None) -> Network:
        """The module behind the scaling of pixels, with its first weights; without a generator any first weights.

        Raises SeedtrialError when the function is not at hand, fails, or gives something else than a network.
        """
        module = self._module(shape, classes, generator)
        layer = self.name.replace(".", "_")  # torch allows no dots in the name of a layer
        network = Network(shape[0], {layer: Whole(module, traced(module, shape))}, shapes={layer: (classes,)}, l2={})
        network.draws_globally = True
        return network

    def _module(self, shape: tuple[int, ...], classes: int, generator: torch.Generator | None) -> nn.Module:
        if self.build_module is None:
            raise SeedtrialError(
                f"The network '{self.name}' (version {self.version}) is a module of your own; name the study file that "
                "builds it, with --study FILE or open_run(folder, model=...)."
            )
        with torch.random.fork_rng(devices=[]):  # torch's own layers draw first weights from the global generator
            torch.manual_seed(int(torch.randint(2**62, (), generator=generator)) if generator else 0)
            try:
                module = self.build_module(shape, classes, **self.settings)
            except SeedtrialError:
                raise
            except Exception as error:  # whatever a user's function may raise
                raise SeedtrialError(
                    f"The function that builds '{self.name}' failed: {type(error).__name__}: {error}."
                ) from None
        if not isinstance(module, nn.Module):
            raise SeedtrialError(
                f"The function that builds '{self.name}' should return a torch.nn.Module, not {type(module).__name__}."
            )
        self._check(module, shape, classes)
        return module

    @torch.no_grad()
    def _check(self, module: nn.Module, shape: tuple[int, ...], classes: int) -> None:
        trains = module.training
        module.eval()
        try:
            out = module(torch.zeros(2, *shape))
        except Exception as error:
            why = f"{type(error).__name__}: {error}".split("\n")[0]
            raise SeedtrialError(f"'{self.name}' cannot take images of shape {shape}: {why}.") from None
        finally:
            module.train(trains)
        given = tuple(out.shape) if isinstance(out, Tensor) else type(out).__name__
        if given != (2, classes):
            raise SeedtrialError(f"'{self.name}' should give logits of shape (2, {classes}) for 2 images, not {given}.")


class Whole(nn.Module):
    """A module of a user's as one layer.

    parts: name -> shape of its output for one image, and multiply-adds, of every layer in it

    >>> whole = Whole(nn.Linear(4, 2), {"": ((2,), 8)})
    >>> whole.multiply_adds((2,)), whole(torch.zeros(1, 4)).shape
    (8, torch.Size([1, 2]))
    """

    def __init__(self, module: nn.Module, parts: Mapping[str, tuple[tuple[int, ...], int]]) -> None:
        super().__init__()
        self.module, self.parts = module, parts

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.module(x)
        return out

    def multiply_adds(self, out: tuple[int, ...]) -> int:
        """Of one image, as counted when it was built."""
        return sum(adds for _, adds in self.parts.values())
