"""How long a run may take, guessed from the size of its network and the number of images."""

import math

from seedtrial.data.reader import Facts
from seedtrial.runs.recipe import Recipe

# Fitted to a 2-core machine with bf16 (AMD Zen 5); elsewhere a rough guess, and the output calls it one.
MULTIPLY_ADDS_PER_SECOND = 80e9  # forward and backward together, counting the forward ones
OUTPUTS_PER_SECOND = 1.2e9  # numbers that activations, pooling and dropout read and write
SECONDS_PER_STEP = 0.5e-3
SECONDS_PER_EPOCH = 1e-3  # validation, a line of epochs.jsonl, the progress display
SECONDS_PER_RUN = 0.5


def seconds(recipe: Recipe, facts: Facts) -> float:
    """A guess at a run's seconds on two CPU cores, right within a factor of about two.

    >>> from seedtrial.data.dataset import DataSpec, facts
    >>> from seedtrial.models import Linear
    >>> recipe = Recipe(data=DataSpec(source="digits"), model=Linear())
    >>> 0.5 < seconds(recipe, facts(recipe.data)) < 5
    True
    """
    counted = recipe.model.summary(facts.shape, len(facts.classes))
    images, held_out = facts.train, 0
    if recipe.data.validation is not None:
        size = recipe.data.validation.size
        held_out = int(facts.train * size) if isinstance(size, float) else size
    images = min(images - held_out, recipe.data.limit or images)
    outputs = sum(math.prod(layer.shape) for layer in counted.layers)
    per_image = counted.multiply_adds / MULTIPLY_ADDS_PER_SECOND + outputs / OUTPUTS_PER_SECOND
    work = recipe.model.work(facts.shape, len(facts.classes)) / MULTIPLY_ADDS_PER_SECOND + outputs / OUTPUTS_PER_SECOND
    looks = 1 if recipe.training.sam is None else 2  # at each batch
    per_epoch = (
        images * work * looks
        + images * looks / recipe.training.batch_size * SECONDS_PER_STEP
        + held_out * per_image / 3
    )
    per_epoch += SECONDS_PER_EPOCH
    epochs, skip = recipe.training.epochs, recipe.training.skip
    return (skip.whole(epochs) if skip else epochs) * per_epoch + facts.test * per_image / 3 + SECONDS_PER_RUN
