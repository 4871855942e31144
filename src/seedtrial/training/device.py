"""On what a network runs: device, precision, threads, memory format, detected once and recorded with every run."""

import contextlib
import ctypes
import sys
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import torch

from seedtrial.errors import SeedtrialError, unknown
from seedtrial.models.layers import Network

DEVICES = ("auto", "cpu", "cuda")
KEEP = {-4: 0, -1: 2**31 - 1, -2: 64 * 2**20}  # malloc.h: no M_MMAP_MAX, highest M_TRIM_THRESHOLD, M_TOP_PAD in bytes


@dataclass(frozen=True)
class Engine:
    """The choices that change speed and rounding, but not what is computed.

    >>> Engine("cpu", "fp32", threads=1).record()
    {'device': 'cpu', 'precision': 'fp32', 'threads': 1}
    """

    device: str
    precision: Literal["fp32", "bf16"]
    threads: int

    def place(self, network: Network) -> Network:
        """The network on the device, convolutions in channels-last order, which oneDNN and cuDNN are faster in."""
        return network.to(device=self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def tensor(self, array: np.ndarray) -> torch.Tensor:
        """An array on the device; on the CPU it shares memory with the array."""
        return torch.from_numpy(array).to(self.device)

    def autocast(self) -> contextlib.AbstractContextManager[None]:
        """Where layers run in bf16 if that was chosen; weights and losses stay float32."""
        # Casts are not cached: the cache saves nothing where every weight is used once, and would outlive a step.
        return torch.autocast(self.device, torch.bfloat16, enabled=self.precision == "bf16", cache_enabled=False)

    def global_generator(self) -> torch.Generator:
        """The generator that torch's own layers draw from on this device."""
        if self.device == "cuda":
            return torch.cuda.default_generators[torch.cuda.current_device()]
        return torch.default_generator

    def record(self) -> dict[str, Any]:
        """What machine.json says of it."""
        return asdict(self)


def choose_engine(device: str = "auto", precision: str = "auto", *, threads: int | None = None) -> Engine:
    """The engine for this machine.

    device:    auto (cuda where there is one), cpu or cuda
    precision: auto (bf16 where the hardware has it), fp32 or bf16

    Sets torch's number of threads, how memory is freed, and deterministic kernels: equal seeds give equal weights.
    Raises SeedtrialError when cuda is asked for and there is none.

    >>> choose_engine("cpu", "fp32", threads=1).threads
    1
    """
    if device not in DEVICES:
        raise unknown("device", device, DEVICES)
    if device == "cuda" and not torch.cuda.is_available():
        raise SeedtrialError("There is no CUDA device here that torch can use; leave --device at auto, or say cpu.")
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if threads is not None:
        torch.set_num_threads(threads)
    keep_freed_memory()
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = False  # fp32 means all of its bits, for convolutions too
    chosen: Literal["fp32", "bf16"] = (
        "bf16" if precision == "bf16" or (precision == "auto" and has_bf16(device)) else "fp32"
    )
    return Engine(device=device, precision=chosen, threads=torch.get_num_threads())


def has_bf16(device: str) -> bool:
    """Whether bf16 is computed by the hardware; emulated, it is slower than float32.

    >>> isinstance(has_bf16("cpu"), bool)
    True
    """
    if device == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def keep_freed_memory() -> bool:
    """Make glibc keep freed memory; returns whether that worked. Elsewhere nothing happens.

    A training step frees and asks for the same large blocks again and again. By default they go back to the system,
    and every step waits for the system to map and clear the pages anew, a quarter of its time or more.

    >>> keep_freed_memory() in (True, False)
    True
    """
    if sys.platform != "linux":
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is None:
        return False
    return all([mallopt(option, value) for option, value in KEEP.items()])
