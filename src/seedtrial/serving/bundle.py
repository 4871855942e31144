"""A bundle: what is handed over so that a network can be used without seedtrial, and seedtrial's own way to use it.

A folder, or a .zip of it, with model.onnx, weights.safetensors, bundle.json, card.md, parity.json, sample.png and
predict.py. Nothing in it is code but predict.py, which seedtrial never runs.
"""

import hashlib
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seedtrial.data.picture import Unusable
from seedtrial.errors import SeedtrialError
from seedtrial.serving import session
from seedtrial.serving.decision import Decision
from seedtrial.serving.familiar import Familiar
from seedtrial.serving.predictor import NetworkAnswers, Predictor

FORMAT = 1  # of bundle.json
DESCRIPTION = "bundle.json"
MOST_BYTES = 2**31  # of a file in a .zip, unpacked


@dataclass(frozen=True)
class Bundle:
    """An exported network.

    description: bundle.json
    predictor:   what answers
    card:        card.md
    """

    path: Path
    description: dict[str, Any]
    predictor: Predictor
    card: str

    @classmethod
    def load(cls, path: Path | str, *, threads: int | None = None) -> "Bundle":
        """A bundle from its folder or .zip. threads: of onnxruntime; None: as many as there are cores

        Raises SeedtrialError when it is none, when a file is missing or changed, or when onnxruntime is not installed.
        """
        path = bundle_at(Path(path).expanduser())
        description = read_description(path)
        try:
            shape, spec = tuple(description["shape"]), description["pixels"]
            network = session.session(checked(path, description, "model.onnx"), threads=threads)
            familiar = description.get("familiar")
            predictor = Predictor(
                classes=tuple(description["classes"]),
                shape=(shape[0], shape[1], shape[2]),
                logits=lambda images: session.run_graph(network, images),
                temperature=float(description["temperature"]),
                familiar=None if familiar is None else Familiar.of(familiar),
                span=None if spec["range"] is None else (spec["range"][0], spec["range"][1]),
                background=spec["background"],
                fit=spec.get("fit", "crop"),
                decision=Decision.of(description),
            )
            card = checked(path, description, "card.md").decode("utf-8")
        except (KeyError, TypeError, IndexError, ValueError) as error:
            raise SeedtrialError(f"{path} is a damaged bundle ({type(error).__name__}: {error}).") from None
        return cls(path, description, predictor, card)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the labels."""
        return self.predictor.classes

    def predict(self, pictures: "Path | str | Sequence[Path | str] | np.ndarray") -> NetworkAnswers:
        """Answers for picture files, or for images (N, C, H, W) uint8. Raises SeedtrialError for an unusable file."""
        if isinstance(pictures, np.ndarray):
            return self.predictor.predict(pictures)
        if isinstance(pictures, Path | str):
            pictures = [pictures]
        images = []
        for picture in pictures:
            try:
                images.append(self.predictor.pixels(Path(picture)))
            except Unusable as error:
                raise SeedtrialError(f"Cannot use the picture {picture}: {error}.") from None
            except FileNotFoundError:
                raise SeedtrialError(f"There is no picture {picture}.") from None
        return self.predictor.predict(np.stack(images) if images else np.empty((0, *self.predictor.shape), np.uint8))


def bundle_at(path: Path) -> Path:
    """The bundle that a path means: itself, or the one in a folder that `choose` wrote.

    >>> bundle_at(Path("network.zip")).name
    'network.zip'
    """
    inside = path / "bundle"
    return inside if path.is_dir() and not is_bundle(path) and is_bundle(inside) else path


def is_bundle(path: Path) -> bool:
    """Whether a folder or a .zip is a bundle.

    >>> is_bundle(Path("no/such/folder"))
    False
    """
    if path.is_dir():
        return (path / DESCRIPTION).is_file()
    try:
        with zipfile.ZipFile(path) as archive:
            return DESCRIPTION in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def read_description(path: Path) -> dict[str, Any]:
    """bundle.json of a bundle. Raises SeedtrialError when there is none, or it is of a later version.

    >>> try:
    ...     read_description(Path("no-such-bundle"))
    ... except SeedtrialError as error:
    ...     print(error)
    There is no bundle no-such-bundle.
    """
    if not path.exists():
        raise SeedtrialError(f"There is no bundle {path}.")
    if not is_bundle(path):
        raise SeedtrialError(
            f"{path} is no bundle: it has no {DESCRIPTION}. `seedtrial export RUN --out DIR` makes one."
        )
    try:
        description = json.loads(_read(path, DESCRIPTION))
        version = int(description["format"])
    except (ValueError, KeyError, TypeError):
        raise SeedtrialError(f"{path / DESCRIPTION} is damaged.") from None
    if version > FORMAT:
        raise SeedtrialError(
            f"{path} was exported by a later seedtrial (format {version}); update seedtrial to read it."
        )
    return dict(description)


def checked(path: Path, description: dict[str, Any], name: str) -> bytes:
    """The bytes of one of a bundle's files. Raises SeedtrialError unless they are those that were exported."""
    raw = _read(path, name)
    if hashlib.sha256(raw).hexdigest() != description["files"][name]:
        raise SeedtrialError(f"{path / name} was changed after the export; export the network again.")
    return raw


def _read(path: Path, name: str) -> bytes:
    try:
        if path.is_dir():
            return (path / name).read_bytes()
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(name).file_size > MOST_BYTES:
                raise SeedtrialError(f"{name} in {path} is too large.")
            return archive.read(name)
    except KeyError:
        raise SeedtrialError(f"{path} has no {name}; export the network again.") from None
    except OSError as error:
        raise SeedtrialError(f"Cannot read {path / name}: {error.strerror or error}.") from None
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise SeedtrialError(f"{path} is a damaged .zip file ({error}).") from None
