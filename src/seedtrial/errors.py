"""Errors that the user can correct: one sentence that says what was expected, what came, and what would work.

SeedtrialError                 every error below; the command line prints its sentence and exits with 1
├── Unknown                    a name that does not exist, with the nearest one that does
├── Wrong                      a setting whose value does not fit; also a ValueError
├── Busy                       another process holds the run
├── Diverged                   the loss is no longer a number
├── data.picture.Unusable      a picture file that is skipped, with the reason
├── human.game.Refused         a move that the game does not allow now
└── human.handler.Unauthorised a request that does not come from a player of this game
"""

import errno
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches


class SeedtrialError(Exception):
    """An error that the user can correct; the message is one sentence for the person at the keyboard.

    >>> try:
    ...     raise SeedtrialError("There is no folder images.")
    ... except SeedtrialError as error:
    ...     print(error)
    There is no folder images.
    """


WAYS_OUT = {  # what helps against what the operating system says
    errno.ENOSPC: "free some space; finished runs are kept, and the same command continues with the rest",
    errno.EDQUOT: "free some space; finished runs are kept, and the same command continues with the rest",
    errno.EROFS: "give a folder that can be written to, such as --runs DIR",
    errno.EACCES: "give a folder that you may read and write, such as --runs DIR",
    errno.EPERM: "give a folder that you may read and write, such as --runs DIR",
    errno.EMFILE: "allow more open files (ulimit -n), or use fewer --jobs",
    errno.ENFILE: "allow more open files (ulimit -n), or use fewer --jobs",
    errno.ENOLCK: "put the runs on a file system with locks: --runs DIR",
    errno.EFBIG: "allow larger files (ulimit -f)",
    errno.ENAMETOOLONG: "use a shorter name",
}
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)  # what the next run would meet as well


def os_sentence(error: OSError) -> str:
    """What the operating system refused, about which file, and what helps, in one sentence.

    >>> os_sentence(OSError(errno.ENAMETOOLONG, "File name too long", "runs/aaa"))
    'runs/aaa: file name too long; use a shorter name.'
    """
    reason = error.strerror or str(error) or type(error).__name__
    where = f"{error.filename}: {reason[0].lower()}{reason[1:]}" if error.filename else reason
    way = WAYS_OUT.get(error.errno or 0)
    return f"{where}; {way}." if way else f"{where.rstrip('.')}."


@contextmanager
def needs_extra(what: str, extra: str) -> Iterator[None]:
    """Around imports of what `pip install seedtrial[EXTRA]` brings: says so where it is not installed.

    what: what needs it, as the beginning of a sentence

    >>> try:
    ...     with needs_extra("Serving", "serve"):
    ...         import no_such_package
    ... except SeedtrialError as error:
    ...     print(error)
    Serving needs no_such_package, which is not installed: pip install seedtrial[serve]
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] == "seedtrial":  # a mistake of ours
            raise
        raise SeedtrialError(
            f"{what} needs {error.name}, which is not installed: pip install seedtrial[{extra}]"
        ) from None


class Diverged(SeedtrialError):
    """The training loss is no longer a finite number.

    loss:        the loss of that step
    epoch, step: where it happened, both counted from 1
    rate:        the learning rate at that step

    >>> print(Diverged(loss=float("nan"), epoch=3, step=7, rate=0.1))
    Loss is nan in epoch 3, step 7; the rate 0.1 may be too high.
    """

    def __init__(self, *, loss: float, epoch: int, step: int, rate: float) -> None:
        super().__init__(f"Loss is {loss} in epoch {epoch}, step {step}; the rate {rate:g} may be too high.")
        self.loss, self.epoch, self.step = loss, epoch, step


class Busy(SeedtrialError):
    """Another process is working on the same run.

    >>> raise Busy("Another seedtrial is working on runs/341ae1fdfea4-s0.")
    Traceback (most recent call last):
        ...
    seedtrial.errors.Busy: Another seedtrial is working on runs/341ae1fdfea4-s0.
    """


class Unknown(SeedtrialError):
    """A name that does not exist; `unknown` writes its sentence.

    >>> raise unknown("data set", "digit", ["digits"])
    Traceback (most recent call last):
        ...
    seedtrial.errors.Unknown: There is no data set 'digit'. Did you mean 'digits'? Known: digits.
    """


class Wrong(SeedtrialError, ValueError):
    """A setting whose value does not fit, from Python or from the command line.

    >>> from seedtrial.models import Dense
    >>> try:
    ...     Dense(widths=256)
    ... except Wrong as error:
    ...     print(error)
    widths should be a list, such as [256], not 256.
    """


ALSO_CALLED = {  # what other tools and people call a name of ours
    "lr": "rate", "learning_rate": "rate", "learning-rate": "rate",
    "batch": "batch_size", "bs": "batch_size", "batchsize": "batch_size", "epoch": "epochs",
    "optimizer": "optimiser", "optim": "optimiser", "scheduler": "schedule", "wd": "weight_decay",
    "augmentation": "augment", "color": "colour", "color_jitter": "colour", "vflip": "vertical_flip",
    "random_resized_crop": "resized_crop", "class_weight": "balance", "class_weights": "balance",
    "early_stopping": "stopping", "batchnorm": "batch_norm",
    "units": "widths", "hidden": "widths", "filters": "blocks",
    "img_size": "size", "image_size": "size", "imgsz": "size",
    "gpu": "cuda", "cuda:0": "cuda",
    "fashion_mnist": "fashion-mnist", "fmnist": "fashion-mnist",
    "cnn": "conv", "convnet": "conv", "mlp": "dense", "ann": "dense", "fc": "dense",
    "logistic": "linear", "softmax": "linear", "resnet18": "resnet", "resnet50": "resnet",
}  # fmt: skip


def unknown(kind: str, name: str, known: Iterable[str]) -> Unknown:
    """The error for a name that does not exist, with the nearest one that does.

    >>> print(unknown("architecture", "resnit", ["conv", "resnet"]))
    There is no architecture 'resnit'. Did you mean 'resnet'? Known: conv, resnet.
    """
    names = sorted(known)
    alias = ALSO_CALLED.get(name.lower())
    lower = {each.lower(): each for each in reversed(names)}
    within = [each for each in names if len(name) > 3 and name.lower() in each.lower()]
    close = [lower[each] for each in get_close_matches(name.lower(), lower, n=1, cutoff=0.6)]
    nearest = [alias] if alias in names else close or within
    hint = f" Did you mean '{nearest[0]}'?" if nearest else ""
    listed = f" Known: {', '.join(names)}." if names else ""
    return Unknown(f"There is no {kind} '{name}'.{hint}{listed}")
