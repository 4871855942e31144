"""The functions of kernels.c on tensors: ReLU, dropout, 2x2 max pooling and batch normalisation, on a CPU.

The C file is compiled when seedtrial is installed. Where there was no compiler, or SEEDTRIAL_KERNELS=off, `usable` says
so and networks run torch's layers one by one: the same numbers, later.
"""

import ctypes
import os
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import torch
from torch import Tensor

from seedtrial.models.fast.random_bits import LANES, highest_dropped

VERSION = 2  # of the functions' arguments, as kernels.c has it
Drawn = tuple[int, float]  # dropout: what `Dropout.draw` drew, and the rate
NAMES = {torch.bfloat16: "bf16", torch.float32: "float", torch.float64: "double"}


class _Dropout(ctypes.Structure):
    _fields_ = [
        ("seed", ctypes.c_int64),
        ("highest", ctypes.c_int64),
        ("factor", ctypes.c_double),
    ]


def _load() -> tuple[ctypes.CDLL | None, str]:
    """The compiled file, or why there is none that can be used here."""
    if os.environ.get("SEEDTRIAL_KERNELS") == "off":
        return None, "SEEDTRIAL_KERNELS is off"
    path = Path(__file__).parent / f"_kernels{sysconfig.get_config_var('EXT_SUFFIX')}"
    if not path.exists():
        return None, "they were not compiled when seedtrial was installed, which needs a C compiler"
    try:
        _show_openmp()
        library = ctypes.CDLL(str(path))
        if library.kernels_version() != VERSION:
            return None, f"{path.name} is of another version; install seedtrial again"
        library.level.restype = ctypes.c_char_p
    except (OSError, AttributeError) as error:
        return None, f"{path.name} cannot be loaded: {error}"
    return library, ""


def _show_openmp() -> None:
    """Let the compiled file see the OpenMP functions that torch has brought along, where they are hidden in it."""
    maps = Path("/proc/self/maps")
    if maps.exists():
        for path in {line.split()[-1] for line in maps.read_text(encoding="utf-8").splitlines() if "/libgomp" in line}:
            ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL)


LIBRARY, REASON = _load()
LEVEL = LIBRARY.level().decode() if LIBRARY else None  # instructions of this processor that they use
_OFF = ContextVar("off", default=False)


@contextmanager
def off() -> Iterator[None]:
    """Run torch's own layers within the block: for torch.func, which cannot look into the kernels, and to compare both.

    >>> with off():
    ...     usable(torch.ones(3))
    False
    """
    before = _OFF.set(True)
    try:
        yield
    finally:
        _OFF.reset(before)


def usable(x: Tensor) -> bool:
    """Whether the functions here take this tensor.

    >>> usable(torch.ones(3, dtype=torch.int32))
    False
    """
    if LIBRARY is None or _OFF.get() or torch.compiler.is_compiling():  # torch's compiler cannot look into them
        return False
    return x.device.type == "cpu" and x.dtype in NAMES and x.numel() > 0 and _dense(x)


def rectify(x: Tensor, dropout: Drawn | None) -> Tensor:
    """ReLU, then dropout if there is one."""
    return _flat(x, 1, dropout)


def drop(x: Tensor, dropout: Drawn) -> Tensor:
    """Dropout alone; also the gradient for what it was given."""
    return _flat(x, 0, dropout)


def _flat(x: Tensor, rectifies: int, dropout: Drawn | None) -> Tensor:
    out = torch.empty_strided(x.shape, x.stride(), dtype=x.dtype, device=x.device)
    _call("rectify", x, out, x, x.numel(), rectifies, _dropout(x, dropout), torch.get_num_threads())
    return out


def rectify_back(out: Tensor, gradient: Tensor, rate: float) -> Tensor:
    """The gradient for what `rectify` was given; it passes where what came out is positive."""
    back = torch.empty_strided(out.shape, out.stride(), dtype=out.dtype, device=out.device)
    like = _in_order(gradient, out)
    _call("rectify_back", out, back, out, like, out.numel(), ctypes.c_double(_factor(rate)), torch.get_num_threads())
    return back


def pool(
    x: Tensor,
    *,
    rectifies: bool,
    before: Drawn | None,
    after: Drawn | None,
    marks: bool,
) -> tuple[Tensor, Tensor | None]:
    """ReLU, dropout, 2x2 max pooling, dropout of (N, C, H, W), and which number of each square has the gradient.

    rectifies: whether ReLU comes first; dropout needs it
    before:    dropout between ReLU and pooling
    after:     dropout behind the pooling
    marks:     whether the second is wanted, (N, C, H // 2, W // 2) uint8: 0 to 3 in the order of reading, 4 none
    """
    images, channels, height, width = x.shape
    layout = memory_order(x)
    out = torch.empty((images, channels, height // 2, width // 2), dtype=x.dtype, device=x.device, memory_format=layout)
    which = torch.empty_like(out, dtype=torch.uint8) if marks else None
    done = _call(
        "pool",
        x,
        out,
        which,
        x,
        *_extent(x),
        int(rectifies),
        _dropout(x, before),
        _dropout(out, after),
        torch.get_num_threads(),
    )
    _done(done)
    return out, which


def pool_back(size: tuple[int, int], which: Tensor, gradient: Tensor, *, before: float, after: float) -> Tensor:
    """The gradient for what `pool` was given.

    size:          its height and width
    which:         what `pool` gave second
    before, after: rates of the dropouts, 0 where there was none
    """
    shape = (*which.shape[:2], *size)
    back = torch.empty(shape, dtype=gradient.dtype, device=which.device, memory_format=memory_order(which))
    factors = (ctypes.c_double(_factor(rate)) for rate in (before, after))
    ordered = _in_order(gradient, which)
    _call("pool_back", back, back, which, ordered, *_extent(back), *factors, torch.get_num_threads())
    return back


def normalises(x: Tensor, shortcut: Tensor | None) -> bool:
    """Whether the functions for batch normalisation take these tensors: (N, C, H, W) in channels-last order.

    Of (N, C) torch's own are quicker: a Python call costs more than there is to save.

    >>> normalises(torch.ones(4, 3), None)
    False
    """
    if not usable(x) or x.ndim != 4 or not x.is_contiguous(memory_format=torch.channels_last):
        return False
    return shortcut is None or (shortcut.dtype == x.dtype and shortcut.shape == x.shape)


def moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and biased variance of every channel, (C,) float64."""
    mean, variance = torch.empty(2, x.shape[1], dtype=torch.float64, device=x.device)
    _done(_call("moments", x, mean, variance, x, *_positions(x), torch.get_num_threads()))
    return mean, variance


def normalise(x: Tensor, shortcut: Tensor | None, scale: Tensor, shift: Tensor, *, rectifies: bool) -> Tensor:
    """scale * x + shift + shortcut, then ReLU. scale, shift: (C,) float64"""
    out = torch.empty_strided(x.shape, x.stride(), dtype=x.dtype, device=x.device)
    added = None if shortcut is None else _as_positions(shortcut)
    threads = torch.get_num_threads()
    _done(_call("normalise", x, out, x, added, *_positions(x), scale, shift, int(rectifies), threads))
    return out


def gradient_sums(gradient: Tensor, out: Tensor | None, x: Tensor, mean: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The gradient where out is positive, and for every channel the sums of it and of its products with x - mean.

    out:  what came out, None if it was not rectified
    mean: (C,) float64, as the sums are
    """
    gradient = _as_positions(gradient)
    passed = gradient if out is None else torch.empty_strided(x.shape, x.stride(), dtype=x.dtype, device=x.device)
    sums, products = torch.empty(2, x.shape[1], dtype=torch.float64, device=x.device)
    threads = torch.get_num_threads()
    _done(_call("gradient_sums", x, sums, products, passed, gradient, out, x, *_positions(x), mean, threads))
    return passed, sums, products


def normalise_back(gradient: Tensor, x: Tensor, values: list[Tensor]) -> Tensor:
    """factor * gradient - constant - slope * (x - centre) by channel. values: these four, each (C,) float64"""
    back = torch.empty_strided(x.shape, x.stride(), dtype=x.dtype, device=x.device)
    stacked = torch.stack(values)
    _done(_call("normalise_back", x, back, gradient, x, *_positions(x), stacked, torch.get_num_threads()))
    return back


def _call(name: str, kind: Tensor, *arguments: object) -> int:
    """The C function for numbers of this type."""
    given = [a.data_ptr() if isinstance(a, Tensor) else a for a in arguments]
    given = [ctypes.c_int64(a) if type(a) is int else a for a in given]
    return int(getattr(LIBRARY, f"{name}_{NAMES[kind.dtype]}_{LEVEL}")(*given))


def _dropout(x: Tensor, dropout: Drawn | None) -> object:
    """The C structure for dropout of the numbers of x, or a null pointer."""
    if dropout is None:
        return None
    seed, rate = dropout
    return ctypes.byref(_Dropout(seed, highest_dropped(rate, LANES[x.element_size()]), _factor(rate)))


def _done(done: int) -> None:
    if not done:
        raise MemoryError


def _factor(rate: float) -> float:
    return 1 / (1 - rate)


def _extent(x: Tensor) -> tuple[int, int, int, int]:
    """Images, height, width and numbers per position, in the memory order of x."""
    images, channels, height, width = x.shape
    if memory_order(x) is torch.channels_last:
        return images, height, width, channels
    return images * channels, height, width, 1


def memory_order(x: Tensor) -> torch.memory_format:
    """How x lies in memory; with one channel both are the same.

    >>> memory_order(torch.ones(2, 3, 4, 4))
    torch.contiguous_format
    """
    return torch.contiguous_format if x.is_contiguous() else torch.channels_last


def _dense(x: Tensor) -> bool:
    return x.is_contiguous() or (x.ndim == 4 and x.is_contiguous(memory_format=torch.channels_last))


def _in_order(x: Tensor, like: Tensor) -> Tensor:
    """x in the memory format of another tensor of its shape."""
    return x.contiguous(memory_format=memory_order(like))


def _positions(x: Tensor) -> tuple[int, int]:
    """Positions and numbers per position of (N, C, H, W) in channels-last order."""
    return x.numel() // x.shape[1], x.shape[1]


def _as_positions(x: Tensor) -> Tensor:
    """x in channels-last order: the numbers of a position side by side."""
    return x.contiguous(memory_format=torch.channels_last)
