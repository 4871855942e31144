"""The Keras side of throughput.py; it runs in an environment of its own, without seedtrial.

Reads a folder with job.json (the model and optimiser as seedtrial's JSON, and how Keras is to be used), images.npy and
labels.npy, trains, and prints what `pace` measured as its last line, JSON. Augmentation is Keras's.
"""

import argparse
import json
import os
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.legacy.preprocessing.image import ImageDataGenerator

from keras_side import build
from pace import clock, pace


def main(folder: Path) -> None:
    """Measure one way of using Keras."""
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    if job["threads"]:
        tf.config.threading.set_intra_op_parallelism_threads(job["threads"])
        tf.config.threading.set_inter_op_parallelism_threads(job["threads"])
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16" if job["precision"] == "bf16" else "float32")
    images = np.load(folder / "images.npy").transpose(0, 2, 3, 1)  # (N, C, H, W) -> (N, H, W, C)
    labels = np.load(folder / "labels.npy")
    arrays = job["input"] == "arrays"
    if arrays:  # as the reports have it: scaled once, as floats
        images = np.divide(images, 255, dtype=np.float32)
    model = build(job["model"], images.shape[1:], job["classes"], scaled=arrays)
    kinds: dict[str, Any] = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}
    model.compile(
        kinds[job["optimiser"]["kind"]](job["optimiser"]["rate"]),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile="auto" if job["jit"] == "auto" else False,
    )
    size = job["batch_size"]
    if job.get("augment"):  # as the reports would: ImageDataGenerator, which works on floats, image by image
        stream = ImageDataGenerator(**job["augment"])

        def fit(count: int, passes: int) -> object:
            return model.fit(stream.flow(images[:count], labels[:count], batch_size=size), epochs=passes, verbose=0)
    elif arrays:

        def fit(count: int, passes: int) -> object:
            return model.fit(images[:count], labels[:count], batch_size=size, epochs=passes, verbose=0)
    else:
        stream = tf.data.Dataset.from_tensor_slices((images, labels)).shuffle(10_000).batch(size, drop_remainder=True)

        def fit(count: int, passes: int) -> object:
            return model.fit(stream.take(count // size).prefetch(tf.data.AUTOTUNE), epochs=passes, verbose=0)

    result: dict[str, Any] = dict(pace(fit, batch_size=size, available=len(images), seconds=job["seconds"]))
    if job["evaluate"]:
        test = images[: job["evaluate"]]
        model.predict(test, batch_size=job["evaluate_batch"], verbose=0)
        result["evaluation"] = clock(lambda: model.predict(test, batch_size=job["evaluate_batch"], verbose=0))
    if job.get("validate"):
        few = images[: job["validate"]], labels[: job["validate"]]
        model.evaluate(*few, verbose=0)
        result["validation"] = clock(lambda: model.evaluate(*few, verbose=0))
    result["versions"] = {"keras": keras.__version__, "tensorflow": tf.__version__}
    print(json.dumps(result))


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="with job.json and the arrays")
    main(parser.parse_args().folder)
