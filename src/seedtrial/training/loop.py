"""The training loop of torch networks. There is no other."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial

import numpy as np
import torch
from torch import Tensor

from seedtrial.data.augment import augment
from seedtrial.data.batches import balanced_rows, batches, steps_per_epoch
from seedtrial.data.parts import Split
from seedtrial.errors import Diverged
from seedtrial.models.fast.norm import measure
from seedtrial.models.inside import Inside, inside
from seedtrial.models.layers import Network
from seedtrial.models.learner import Epoch
from seedtrial.models.plain import Plain
from seedtrial.models.views import mean_over_views
from seedtrial.seeds import Seeds
from seedtrial.training.averaging import Average
from seedtrial.training.device import Engine
from seedtrial.training.loss import Loss
from seedtrial.training.schedule import rate_share
from seedtrial.training.sharpness import Uphill
from seedtrial.training.skipping import Skipper
from seedtrial.training.spec import TrainSpec
from seedtrial.training.state import Progress

MEASURED = 2000  # training images that batch norm's averages are taken from
PREDICT_NUMBERS = 250_000_000  # in the largest output of a layer while predicting, a gigabyte
PREDICT_BATCH = 1000  # images at once; larger ones gain nothing on a CPU and take memory


def predict_batch(largest: int) -> int:
    """How many images are predicted at once: fewer where the output of a layer for one image is large.

    largest: numbers in the largest output for one image

    >>> predict_batch(64 * 28 * 28), predict_batch(64 * 1000 * 1000)
    (1000, 3)
    """
    return min(PREDICT_BATCH, max(1, PREDICT_NUMBERS // largest))


class TorchLearner:
    """A torch network, how to train it, and on what. It keeps the `Learner` protocol.

    >>> from seedtrial.data.parts import Split
    >>> from seedtrial.models import Linear
    >>> from seedtrial.training.device import choose_engine
    >>> network = Linear().build((1, 8, 8), 3, torch.Generator().manual_seed(0))
    >>> learner = TorchLearner(network, TrainSpec(epochs=2, batch_size=4), choose_engine("cpu"), Seeds(0))
    >>> train = Split("train", np.zeros((12, 1, 8, 8), np.uint8), np.arange(12) % 3)
    >>> [epoch.epoch for epoch in learner.fit(train)], learner.predict(train.images).shape
    ([1, 2], (12, 3))
    """

    def __init__(self, network: Network, spec: TrainSpec, engine: Engine, seeds: Seeds) -> None:
        self.network = engine.place(network)
        self.spec, self.engine, self.seeds = spec, engine, seeds
        self.step = self.steps = 0
        self.at_once = predict_batch(max(map(math.prod, network.shapes.values())))

    def fit(self, train: Split, *, after: Mapping[str, np.ndarray] | None = None) -> Iterator[Epoch]:
        """Learn, yielding after each pass; who iterates may stop. Raises Diverged when the loss is not finite.

        after: what `checkpoint` gave between two passes; it goes on from there, as if it had never stopped
        """
        network, engine, spec = self.network, self.engine, self.spec
        # The whole split lies on the device as uint8, 47 MB for Fashion-MNIST, so there is no DataLoader. Gathering a
        # whole pass at once was tried: index_select is under 1 % of a step in all but the smallest network.
        images = engine.tensor(train.images)  # (N, C, H, W) uint8
        labels = engine.tensor(train.labels)  # (N,)
        # One stream per purpose: switching dropout or augmentation on leaves the order of the batches as it was.
        chance = {name: self.seeds.torch(name) for name in ("batches", "augmentation", "skipping")}
        chance["dropout"] = self.seeds.torch("dropout", engine.device)
        if spec.mix is not None:
            chance["mixing"] = self.seeds.torch("mixing")
        if network.draws_globally:  # a user's own layers may; then the global generator is one of the run's streams
            chance["global"] = engine.global_generator()
            chance["global"].manual_seed(self.seeds.torch("dropout").initial_seed())
        for layer in network.dropouts():
            layer.generator = chance["dropout"]
        if network.begins is not None and after is None:
            network.begins(train.images, train.labels)
        optimiser = spec.optimiser.build(network.parameters())
        average = Average(network, spec.averaging) if spec.averaging else None
        skipper = Skipper(spec.skip, len(train), spec.epochs, chance["skipping"], engine.device)
        loss_of = Loss(spec, labels)
        random_layers = [chance[name] for name in ("dropout", "global") if name in chance]
        uphill = Uphill(network, spec.sam, random_layers) if spec.sam else None
        forward = torch.compile(network, mode="reduce-overhead") if spec.compiled else network
        self.steps = steps_per_epoch(len(train), spec.batch_size)
        self.progress = progress = Progress(network, optimiser, average, skipper, chance)
        if after is not None:
            progress.restore(after)

        # A resumed training begins behind the passes that its checkpoint holds; nothing else tells it apart.
        for epoch in range(progress.epoch + 1, spec.epochs + 1):
            started = time.perf_counter()
            sampled = spec.balance == "sampling"
            used = balanced_rows(labels, chance["batches"]) if sampled else skipper.rows(epoch)
            count = len(train) if used is None else len(used)
            self.steps = steps_per_epoch(count, spec.batch_size)
            total = self.steps * spec.epochs
            network.train()
            # Between passes the averages are in the network, because they are what predicts and what is kept.
            if average and epoch > 1:
                average.swap()
            # Losses and hits stay on the device and are read once per pass: reading one waits for all work before it.
            losses = torch.zeros(self.steps, device=engine.device)
            right = torch.zeros((), dtype=torch.int64, device=engine.device)
            for step, rows in enumerate(batches(count, spec.batch_size, chance["batches"], engine.device)):
                self.step = step
                # The rate moves with every step, not with every pass, as schedules are defined.
                rate = spec.optimiser.rate * rate_share(
                    spec.schedule, (epoch - 1 + step / self.steps) / spec.epochs, total
                )
                if used is not None:
                    rows = used[rows]
                batch, target = images.index_select(0, rows), labels.index_select(0, rows)
                if spec.augment is not None:
                    batch = augment(batch, spec.augment, chance["augmentation"])
                mixed = spec.mix.mix(batch, chance["mixing"]) if spec.mix is not None else None
                batch = batch if mixed is None else mixed.images
                if uphill:
                    uphill.begin()
                lost = partial(loss_of, target=target, mixed=mixed)
                logits, each, loss = self._loss(forward, batch, lost)
                skipper.note(rows, each.detach())
                loss.backward()
                if uphill:
                    with uphill.top():
                        self._loss(forward, batch, lost)[2].backward()
                optimiser.step(rate=rate)
                if average:
                    average.update()
                # Weighted by the batch, because the last batch of a pass may be smaller.
                losses[step] = loss.detach() * (len(rows) / count)
                right += (logits.detach().argmax(1) == (target if mixed is None else mixed.main(target))).sum()
            # Of the weights that the last step left: an overflow there would show in no loss.
            penalty = float(torch.as_tensor(network.penalty()).detach())
            broken = [(float(losses[i]), i + 1) for i in (~losses.isfinite()).nonzero().flatten().tolist()]
            if not broken and not math.isfinite(penalty):
                broken = [(penalty, self.steps)]
            if broken:
                raise Diverged(loss=broken[0][0], epoch=epoch, step=broken[0][1], rate=spec.optimiser.rate)
            accuracy = int(right) / count  # waits for the device, so the clock below is right
            seconds = time.perf_counter() - started
            if average:
                average.swap()
            if network.measured:
                self._measure(images)
            progress.epoch = epoch
            yield Epoch(
                epoch=epoch,
                loss=float(losses.sum()),
                penalty=penalty,
                accuracy=accuracy,
                seconds=seconds,
                images_per_second=count / seconds,
                rate=rate,
            )

    def _loss(
        self, forward: Callable[[Tensor], Tensor], batch: Tensor, loss_of: Callable[[Tensor], Tensor]
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Logits (n, K), the loss of each image (n,), and the loss to minimise."""
        with self.engine.autocast():
            logits = forward(batch)
        # Layers may run in bf16, whose eight bits are too few for a loss: softmax and mean are float32.
        logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
        each = loss_of(logits)
        loss = each.mean()
        if self.network.l2:
            loss = loss + self.network.penalty()
        return logits, each, loss

    @torch.no_grad()
    def _measure(self, images: torch.Tensor) -> None:
        """Take batch norm's averages from training images, spread evenly over them, without augmentation."""
        # As many as keep a mean within a few per cent; all 60,000 would cost a third of a pass, these cost a hundredth.
        chosen = images[:: max(1, len(images) // MEASURED)]
        with self.engine.autocast():
            measure(self.network, chosen.split(self.at_once))

    def checkpoint(self) -> dict[str, np.ndarray]:
        """A copy of all that `fit` needs to go on after the latest pass."""
        return self.progress.arrays()

    @torch.inference_mode()
    def predict(self, images: np.ndarray, *, mirrored: bool | None = None) -> np.ndarray:
        """Probabilities (N, K) float32, rows summing to 1, for images (N, C, H, W) uint8.

        mirrored: whether mirror images have a say too; None: as the training's settings have it
        """
        mirrored = bool(self.spec.mirrored) if mirrored is None else mirrored
        self.network.eval()
        probs = []
        for batch in torch.from_numpy(images).split(self.at_once):
            batch = batch.to(self.engine.device)
            with self.engine.autocast():
                shifted = self.spec.shifted or 0
                logits = mean_over_views(self.network, batch, mirrored=mirrored, shifted=shifted)
            probs.append(logits.softmax(1).cpu())
        return torch.cat(probs).numpy()

    def inside(self, images: np.ndarray) -> Inside:
        """The first weights, and the output of every stage for images (N, C, H, W) uint8, as when predicting."""
        return inside(self.network, images)

    def module(self) -> torch.nn.Module:
        """The network as a plain torch module on the CPU, (N, C, H, W) uint8 -> (N, K) float32 logits."""
        return Plain(self.network.cpu(), mirrored=bool(self.spec.mirrored), shifted=self.spec.shifted or 0)

    def weights(self) -> dict[str, np.ndarray]:
        """A copy of all that was learnt."""
        return {
            name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format).numpy()
            for name, tensor in self.network.state_dict().items()
        }

    def restore(self, weights: Mapping[str, np.ndarray]) -> None:
        """Go back to weights that this kind of learner gave."""
        self.network.load_state_dict({name: torch.tensor(array) for name, array in weights.items()})
