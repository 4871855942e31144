"""Whether the runs fit into memory, asked before anything is trained."""

import math
from collections.abc import Sequence

from seedtrial import memory
from seedtrial.runs.watch import Watch
from seedtrial.study.plan import Planned
from seedtrial.training.loop import predict_batch
from seedtrial.words import counted

PROCESS = 300_000_000  # bytes of Python, torch and its libraries
LARGE = 64 * 64  # pixels, from which smaller pictures are proposed
NUMBER = 4  # bytes; bf16 takes half, but the gradients of it do not all


def bytes_needed(item: Planned) -> int:
    """About what a run takes beside the images: weights with their optimiser, and the activations of a batch.

    >>> from pathlib import Path
    >>> from seedtrial.study.load import load_study
    >>> from seedtrial.study.plan import plan
    >>> bytes_needed(plan(load_study("quickstart"), Path("no-such-folder")).runs[0]) > PROCESS
    True
    """
    counts = item.recipe.model.summary(item.facts.shape, len(item.facts.classes))
    outputs = [math.prod(item.facts.shape), *(math.prod(layer.shape) for layer in counts.layers)]
    weights = 4 * counts.parameters  # the weights, their gradients, and the optimiser's two averages
    training = 2 * item.recipe.training.batch_size * sum(outputs)  # activations and their gradients
    predicting = 2 * predict_batch(max(outputs)) * max(outputs)
    return PROCESS + NUMBER * (weights + max(training, predicting))


def too_large(item: Planned) -> str:
    """Why a run does not fit into memory, with the numbers and what to make smaller; empty if it fits.

    >>> from pathlib import Path
    >>> from seedtrial.study.load import load_study
    >>> from seedtrial.study.plan import plan
    >>> too_large(plan(load_study("quickstart"), Path("no-such-folder")).runs[0])
    ''
    """
    need, free = bytes_needed(item), memory.available()
    if free is None or need <= free:
        return ""
    return (
        f"It needs about {memory.gigabytes(need)} GB of memory, but {memory.gigabytes(free)} GB are free{smaller(item)}"
    )


def smaller(item: Planned) -> str:
    """What to make smaller, to go on a sentence with: the network if its weights need more than its activations.

    >>> from pathlib import Path
    >>> from seedtrial.study.load import load_study
    >>> from seedtrial.study.plan import plan
    >>> print(smaller(plan(load_study("quickstart"), Path("no-such-folder")).runs[0]))
     with batches of 1,024; try --set training.batch_size=512, or --jobs 1 if several runs go on at once.
    """
    counts = item.recipe.model.summary(item.facts.shape, len(item.facts.classes))
    batch, (height, width) = item.recipe.training.batch_size, item.facts.shape[1:]
    activations = 2 * batch * sum(math.prod(layer.shape) for layer in counts.layers)  # and their gradients
    if 4 * counts.parameters > activations:
        return f": the network has {counts.parameters:,} parameters; it needs fewer."
    pictures = f" on {width} x {height} pixels" if height * width > LARGE else ""
    size = "smaller pictures (--set data.size=64), " if pictures else ""
    return (
        f" with batches of {batch:,}{pictures}; try {size}--set training.batch_size={max(1, batch // 2)}, or --jobs 1 "
        "if several runs go on at once."
    )


def jobs_that_fit(todo: Sequence[Planned], jobs: int, watch: Watch) -> int:
    """How many runs at a time fit into memory: at most `jobs`, at least one.

    >>> from pathlib import Path
    >>> from seedtrial.runs.watch import Silent
    >>> from seedtrial.study.load import load_study
    >>> from seedtrial.study.plan import plan
    >>> jobs_that_fit(plan(load_study("quickstart"), Path("no-such-folder")).runs, 1, Silent())
    1
    """
    need, free = max(map(bytes_needed, todo)), memory.available()
    fitting = jobs if free is None else max(1, min(jobs, free // need))
    if fitting < jobs:
        watch.note(f"Note: {counted(fitting, 'run')} at a time, for lack of memory ({need / 1e9:.1f} GB each).")
    return fitting
