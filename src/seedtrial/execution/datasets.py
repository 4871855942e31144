"""The data sets of an execution: each source is read once, and its folds are cut as they are needed."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from seedtrial.data.dataset import Dataset, DataSpec, Source


class Datasets(Mapping[DataSpec, Dataset]):
    """Data sets by their specification; one that is asked for is read, and kept.

    Of a source that is divided into folds only the latest fold is kept, since each is a copy of nearly all images.

    >>> datasets = Datasets({}, None)
    >>> digits = DataSpec(source="digits")
    >>> digits in datasets, len(datasets[digits].train), digits in datasets
    (False, 1293, True)
    """

    def __init__(self, at_hand: Mapping[DataSpec, Dataset], data_dir: Path | None) -> None:
        self._whole = dict(at_hand)
        self._sources: dict[DataSpec, Source] = {}
        self._fold: tuple[DataSpec, Dataset] | None = None
        self._data_dir = data_dir

    def __getitem__(self, data: DataSpec) -> Dataset:
        if data in self._whole:
            return self._whole[data]
        if self._fold is not None and self._fold[0] == data:
            return self._fold[1]
        key = data.in_fold(None)
        if data.fold is None:
            self._whole[data] = Source.read(data, data_dir=self._data_dir).dataset(data)
            return self._whole[data]
        if key not in self._sources:
            self._sources[key] = Source.read(data, data_dir=self._data_dir)
        self._fold = data, self._sources[key].dataset(data)
        return self._fold[1]

    def __contains__(self, data: object) -> bool:
        """Whether the images were read already."""
        return isinstance(data, DataSpec) and any(data.in_fold(None) in each for each in (self._whole, self._sources))

    def __iter__(self) -> Iterator[DataSpec]:
        return iter({**self._whole, **self._sources})

    def __len__(self) -> int:
        return len({**self._whole, **self._sources})
