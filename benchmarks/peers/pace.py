"""How fast a network trains, measured in a process of its own. NumPy is all it needs, so Keras's side can use it."""

import math
import resource
import time
from collections.abc import Callable


def pace(fit: Callable[[int, int], object], *, batch_size: int, available: int, seconds: float) -> dict[str, float]:
    """Images per second and the process's peak memory, after warming up.

    fit:       trains on so many images, in so many passes; it gets whole batches only
    available: images that there are
    seconds:   how long the measured training should take, at least 0.7 of it
    """
    most = available // batch_size  # batches in a pass
    batches = 4.0
    fit(min(4, most) * batch_size, 1)  # compiles, chooses kernels, asks for memory
    while True:
        passes = math.ceil(batches / most)
        images = math.ceil(batches / passes) * batch_size
        taken = clock(fit, images, passes)
        if taken["seconds"] >= 0.7 * seconds:
            break
        batches *= min(8.0, 1.1 * seconds / taken["seconds"])  # a short time is a bad guess
    return taken | {
        "images": images * passes,
        "images_per_second": images * passes / taken["seconds"],
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,  # kilobytes on Linux
    }


def clock(do: Callable[..., object], *arguments: object) -> dict[str, float]:
    """The seconds that it takes by the clock and of the processor."""
    started, worked = time.perf_counter(), time.process_time()
    do(*arguments)
    return {"seconds": time.perf_counter() - started, "processor_seconds": time.process_time() - worked}
