"""How a network is trained: everything a training run needs to know besides images and architecture."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from seedtrial.data.augment import Augment
from seedtrial.spec import Count, Spec, Unit
from seedtrial.training.mixing import Mix
from seedtrial.training.optimiser import Adam, Optimiser
from seedtrial.training.schedule import Constant, Schedule
from seedtrial.training.skipping import Skip

Balance = Annotated[
    Literal["weights", "sampling"] | None, BeforeValidator(lambda value: None if value == "none" else value)
]


class Stopping(Spec):
    """When to stop early, judged on the validation images, and which weights to keep.

    >>> Stopping().patience
    10
    """

    monitor: Literal["val_accuracy", "val_loss"] = Field(
        "val_accuracy", description="what decides the best epoch: accuracy or loss on validation images"
    )
    patience: Annotated[Count | None, Unit("epochs")] = Field(
        10, examples=[5], description="epochs without improvement before training stops; None: it never stops early"
    )
    keep: Literal["best", "last"] = Field("best", description="weights of the best epoch, or of the last")


class TrainSpec(Spec):
    """Epochs, batches, optimiser, schedule, augmentation.

    >>> TrainSpec(epochs=5, optimiser="sgd").optimiser.rate
    0.01
    """

    epochs: Annotated[Count, Unit("epochs")] = Field(
        10, examples=[20, 30], description="passes over the training images, at most"
    )
    batch_size: Annotated[Count, Unit("images")] = Field(128, examples=[64], description="images per step")
    optimiser: Optimiser = Field(Adam(), description="how a gradient becomes a step")
    schedule: Schedule = Field(
        Constant(), examples=["cosine", "linear"], description="how the learning rate changes during training"
    )
    label_smoothing: Annotated[float, Unit("share")] = Field(
        0.0, ge=0, lt=1, examples=[0.1, 0.05], description="share of the target spread over all classes"
    )
    balance: Balance = Field(
        None,
        description="for classes of unequal size. weights: images weigh in the loss inversely to the size of their "
        "class; sampling: each epoch shows equally many images of each class; None: neither",
    )
    augment: Augment | None = Field(
        None,
        examples=[{"flip": True, "crop": 2}],
        description="random changes of training images",
    )
    mix: Mix | None = Field(
        None,
        examples=["mixup", "cutmix"],
        description="mix each image and its label with another one; None: not at all",
    )
    skip: Skip | None = Field(
        None, examples=[{"share": 0.5}], description="leave easy images out of most passes; None: every pass uses all"
    )
    sam: Annotated[float | None, Unit("length")] = Field(
        None,
        gt=0,
        le=100,
        examples=[0.05],
        description="sharpness-aware minimisation: how far uphill gradients are taken; doubles the time",
    )
    averaging: Annotated[float | None, Unit("share")] = Field(
        None,
        gt=0,
        lt=1,
        examples=[0.999],
        description="predict with a running average of the weights; the share of it that is kept per step",
    )
    mirrored: Literal[True] | None = Field(
        None, description="predict with the mean of the logits of each image and its mirror image"
    )
    shifted: Annotated[Annotated[Count, Field(le=64)] | None, Unit("pixels")] = Field(
        None,
        examples=[1],
        description="predict with the mean of the logits of each image and of copies shifted by this many pixels, up "
        "and left, down and right",
    )
    compiled: Literal[True] | None = Field(
        None,
        description="use torch.compile with CUDA graphs; for GPUs, since compiling takes a minute",
    )
    stopping: Stopping | None = Field(
        None, examples=[{"patience": 5}], description="early stopping; None: train all epochs and keep the last weights"
    )
    threads: Annotated[Annotated[Count, Field(le=256)] | None, Unit("threads")] = Field(
        None,
        examples=[2],
        description="CPU threads of one run; None: one. Another number changes the last bits, so it is another run",
    )
    precision: Literal["auto", "fp32", "bf16"] = Field("auto", description="auto: bf16 where it is faster")

    @model_validator(mode="after")
    def _goes_together(self) -> "TrainSpec":
        if self.skip is not None and self.balance == "sampling":
            raise ValueError("balance is sampling, which chooses the images of a pass, so skip should be null.")
        if self.skip is not None and self.mix is not None:
            raise ValueError("skip goes by the loss of single images, so mix should be null.")
        if self.sam is not None and self.compiled:
            raise ValueError("sam looks at each batch twice, which compiled steps do not, so compiled should be null.")
        return self
