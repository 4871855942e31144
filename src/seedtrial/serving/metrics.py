"""Counters of a server, in Prometheus's text format. Several processes count side by side in memory that they share.

Each process writes a row of its own and reads all of them, so that nobody waits for a lock; a row outlives its process.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import bisect
import mmap

import numpy as np

STATUSES = (200, 400, 401, 403, 404, 405, 408, 413, 415, 421, 422, 500, 503)  # others are counted as "other"
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
COLUMN = {status: column for column, status in enumerate(STATUSES)}
OTHER = len(STATUSES)
NAMES = [*map(str, STATUSES), "other"]
PICTURES, UNLIKE, IN_PROGRESS, SECONDS, ALIVE, FIRST_BUCKET = range(OTHER + 1, OTHER + 7)
COLUMNS = FIRST_BUCKET + len(BOUNDS) + 1
FAMILIES = {
    "requests_total": ("counter", "Answers given, by HTTP status."),
    "pictures_total": ("counter", "Pictures classified."),
    "looks_like_none_total": ("counter", "Pictures that look like none of the classes."),
    "requests_in_progress": ("gauge", "Requests with pictures that are not answered yet."),
    "workers": ("gauge", "Processes that answer."),
    "predict_seconds": (
        "histogram",
        "Seconds from a complete request with pictures to its answer, refused ones left out.",
    ),
}


class ServerMetrics:
    """What one process counts, and what all of them have counted.

    memory: shared by all processes; None: this process is alone
    worker: the number of this process, its row

    >>> metrics = ServerMetrics()
    >>> metrics.answered(200)
    >>> metrics.predicted(2, 0, 0.003)
    >>> [line for line in metrics.text().splitlines() if "200" in line or 'le="0.005"' in line]
    ['seedtrial_requests_total{status="200"} 1', 'seedtrial_predict_seconds_bucket{le="0.005"} 1']
    """

    def __init__(self, memory: mmap.mmap | None = None, worker: int = 0) -> None:
        values = np.zeros(COLUMNS) if memory is None else np.frombuffer(memory, np.float64)
        self.rows = values.reshape(-1, COLUMNS)
        self.row = self.rows[worker]
        self.row[IN_PROGRESS], self.row[ALIVE] = 0, 1

    def answered(self, status: int) -> None:
        """An answer begins."""
        self.row[COLUMN.get(status, OTHER)] += 1

    def begun(self, change: int) -> None:
        """A request with pictures has come (1), or is answered (-1)."""
        self.row[IN_PROGRESS] += change

    def predicted(self, pictures: int, unlike: int, seconds: float) -> None:
        """The pictures of a request are classified."""
        self.row[PICTURES] += pictures
        self.row[UNLIKE] += unlike
        self.row[SECONDS] += seconds
        self.row[FIRST_BUCKET + bisect.bisect_left(BOUNDS, seconds)] += 1

    @property
    def in_progress(self) -> int:
        """Requests with pictures that are not answered yet, of all processes."""
        return int(self.rows[:, IN_PROGRESS].sum())

    def text(self) -> str:
        """All counters, for GET /metrics."""
        sums = self.rows.sum(axis=0)
        upto = np.cumsum(sums[FIRST_BUCKET:])
        samples = {
            "requests_total": [
                (f'{{status="{name}"}}', sums[column])
                for column, name in enumerate(NAMES)
                if sums[column] or name == "200"
            ],
            "pictures_total": [("", sums[PICTURES])],
            "looks_like_none_total": [("", sums[UNLIKE])],
            "requests_in_progress": [("", sums[IN_PROGRESS])],
            "workers": [("", sums[ALIVE])],
            "predict_seconds": [
                *((f'_bucket{{le="{bound}"}}', count) for bound, count in zip(BOUNDS, upto, strict=False)),
                ('_bucket{le="+Inf"}', upto[-1]),
                ("_sum", sums[SECONDS]),
                ("_count", upto[-1]),
            ],
        }
        lines = []
        for name, (kind, meaning) in FAMILIES.items():
            lines += [f"# HELP seedtrial_{name} {meaning}", f"# TYPE seedtrial_{name} {kind}"]
            lines += [f"seedtrial_{name}{rest} {value:.15g}" for rest, value in samples[name]]
        return "\n".join([*lines, ""])


def shared_size(workers: int) -> int:
    """Bytes of the memory that so many processes share.

    >>> shared_size(2) == 2 * shared_size(1)
    True
    """
    return workers * COLUMNS * 8
