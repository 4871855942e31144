"""What somebody would do without seedtrial, in the same minutes; it runs in an environment of its own.

    python choose_side.py tutorial|tuner|svm FOLDER SECONDS

FOLDER has job.npz: images (N, H, W, C) uint8, labels (N,), new (M, H, W, C). It writes answers.npz: answers (M,).
"""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

STARTED = time.monotonic()
SHARE = 0.2  # of the images, for validation, as the tutorial has it
SEARCHED = 6_000  # images that a search for an SVM's settings uses at most
FEATURES = [{"orientations": o, "cell": c} for o in (8, 9, 12) for c in (4, 6, 8, 16)]
STRENGTHS = (0.01, 0.1, 1.0, 10.0)


def left(seconds: float) -> float:
    """Seconds until the time is up."""
    return seconds - (time.monotonic() - STARTED)


def keras_model(shape: tuple[int, ...], classes: int, setting: Any = None) -> Any:
    """The network of Keras's tutorial on image classification; a tuner's setting may vary it."""
    import keras

    moved = [keras.layers.RandomFlip("horizontal"), keras.layers.RandomRotation(0.1), keras.layers.RandomZoom(0.1)]
    filters = setting.Choice("filters", [16, 32, 64]) if setting else 16
    augmented = setting.Boolean("augmented") if setting else shape[-1] == 3
    layers = [keras.layers.Input(shape), *(moved if augmented else []), keras.layers.Rescaling(1 / 255)]
    for stage in range(3):
        layers.append(keras.layers.Conv2D(filters * 2**stage, 3, padding="same", activation="relu"))
        if min(shape[:2]) >> (stage + 1) >= 1:
            layers.append(keras.layers.MaxPooling2D())
    layers.append(keras.layers.Dropout(setting.Float("dropout", 0.0, 0.5, step=0.1) if setting else 0.2))
    units = setting.Choice("units", [64, 128, 256]) if setting else 128
    layers += [keras.layers.Flatten(), keras.layers.Dense(units, activation="relu"), keras.layers.Dense(classes)]
    model = keras.Sequential(layers)
    rate = setting.Float("rate", 1e-4, 1e-2, sampling="log") if setting else 1e-3
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(rate), loss=loss, metrics=["accuracy"])
    return model


def parted(images: np.ndarray, labels: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Training and validation images."""
    order = np.random.default_rng(0).permutation(len(images))
    kept = round(SHARE * len(images))
    return (images[order[kept:]], labels[order[kept:]]), (images[order[:kept]], labels[order[:kept]])


def tutorial(images: np.ndarray, labels: np.ndarray, new: np.ndarray, seconds: float) -> np.ndarray:
    """Trained until its validation loss has not fallen for five epochs, or the time is up."""
    import keras

    class Clock(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if left(seconds) < 5:
                self.model.stop_training = True

    keras.utils.set_random_seed(0)
    train, validation = parted(images, labels)
    model = keras_model(images.shape[1:], int(labels.max()) + 1)
    stop = keras.callbacks.EarlyStopping(patience=5, restore_best_weights=True)
    model.fit(*train, validation_data=validation, epochs=200, batch_size=32, verbose=0, callbacks=[stop, Clock()])
    return np.asarray(model.predict(new, verbose=0)).argmax(1)


def tuner(images: np.ndarray, labels: np.ndarray, new: np.ndarray, seconds: float) -> np.ndarray:
    """KerasTuner's Hyperband on that network, until the time is up; its best model answers."""
    import tempfile

    import keras
    import keras_tuner

    class TimeIsUp(keras_tuner.errors.FatalError):  # type: ignore[misc, unused-ignore]
        """The one kind that ends the search; after others it goes on with the next trial."""

    class Clock(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if left(seconds) < 5:
                raise TimeIsUp

    keras.utils.set_random_seed(0)
    train, validation = parted(images, labels)
    classes = int(labels.max()) + 1
    with tempfile.TemporaryDirectory() as place:
        search = keras_tuner.Hyperband(
            lambda setting: keras_model(images.shape[1:], classes, setting),
            objective="val_accuracy", max_epochs=30, hyperband_iterations=100, seed=0, directory=place,
            project_name="tuner",
        )  # fmt: skip
        stop = keras.callbacks.EarlyStopping(patience=3)
        try:
            search.search(*train, validation_data=validation, batch_size=32, verbose=0, callbacks=[stop, Clock()])
        except TimeIsUp:
            pass
        try:
            model = search.get_best_models(1)[0]
        except (IndexError, ValueError, OSError):  # not one trial was finished
            return np.zeros(len(new), np.int64)
        return np.asarray(model.predict(new, verbose=0)).argmax(1)


def svm(images: np.ndarray, labels: np.ndarray, new: np.ndarray, seconds: float) -> np.ndarray:
    """Histograms of oriented gradients under a linear SVM; settings by three-fold cross-validation."""
    from skimage.feature import hog
    from sklearn.model_selection import cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import LinearSVC

    def features(pictures: np.ndarray, orientations: int, cell: int) -> np.ndarray:
        axis = -1 if pictures.shape[-1] == 3 else None
        each = [hog(p if axis else p[..., 0], orientations, (cell, cell), (2, 2), channel_axis=axis) for p in pictures]
        return np.array(each, np.float32)

    def model(strength: float) -> Any:
        return make_pipeline(StandardScaler(), LinearSVC(C=strength, max_iter=300, dual="auto"))

    some = np.random.default_rng(0).permutation(len(images))[:SEARCHED]
    best: tuple[float, dict[str, int], float] = (-1.0, FEATURES[0], 0.1)
    for setting in FEATURES:
        if 2 * setting["cell"] > min(images.shape[1:3]) or left(seconds) < 0.6 * seconds:
            continue
        found = features(images[some], **setting)
        for strength in STRENGTHS:
            if left(seconds) > 0.6 * seconds:
                score = float(cross_val_score(model(strength), found, labels[some], cv=3).mean())
                best = max(best, (score, setting, strength), key=lambda each: each[0])
    fitted = model(best[2]).fit(features(images, **best[1]), labels)
    return np.asarray(fitted.predict(features(new, **best[1])))


TOOLS: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray, float], np.ndarray]] = {
    "tutorial": tutorial,
    "tuner": tuner,
    "svm": svm,
}


def main() -> None:
    """Learn and answer."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("tool", choices=TOOLS)
    reader.add_argument("folder", type=Path)
    reader.add_argument("seconds", type=float)
    given = reader.parse_args()
    with np.load(given.folder / "job.npz") as job:
        answers = TOOLS[given.tool](job["images"], job["labels"], job["new"], given.seconds)
    np.savez(given.folder / "answers.npz", answers=answers)


if __name__ == "__main__":
    main()
