"""The Keras side of keras_parity.py; it runs in an environment of its own, without seedtrial. It builds the networks of
keras_throughput.py too.

Reads a folder with job.json (the model and optimiser as seedtrial's JSON) and arrays.npz (first weights, batches,
images to evaluate), trains on the batches, and writes keras.npz with losses, final weights and probabilities.

Weights travel in torch's layout: dense (out, in), convolution (out, in, H, W).
"""

import argparse
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np


def activation(name: str) -> Any:
    """A layer, since one of the reports puts batch norm behind it."""
    return keras.layers.LeakyReLU(negative_slope=0.1) if name == "leaky_relu" else keras.layers.Activation(name)


def build(model: dict[str, Any], shape: tuple[int, ...], classes: int, *, scaled: bool = False) -> keras.Model:
    """The network as the reports would write it. shape: (H, W, C); scaled: whether pixels come in [0, 1]"""
    layers: list[Any] = [keras.layers.Input(shape), *([] if scaled else [keras.layers.Rescaling(1 / 255)])]

    def l2(factor: float) -> Any:
        return keras.regularizers.L2(factor) if factor else None

    def norm_around(layer: Any, norm_place: str | None) -> list[Any]:
        norm = keras.layers.BatchNormalization
        return [*([norm()] if norm_place == "before" else []), layer, *([norm()] if norm_place == "after" else [])]

    def dropout(rate: float) -> list[Any]:
        return [keras.layers.Dropout(rate)] if rate else []

    if model["kind"] == "conv":
        for block in model["blocks"]:
            for _ in range(block["repeat"]):
                layers.append(
                    keras.layers.Conv2D(
                        block["filters"], block["kernel"], padding=block["padding"], kernel_regularizer=l2(model["l2"])
                    )
                )
                layers += norm_around(activation(model["activation"]), model["batch_norm"])
                layers += dropout(block["dropout"])
            if block["pool"]:
                pool = keras.layers.MaxPooling2D if block["pool"] == "max" else keras.layers.AveragePooling2D
                layers += [pool(block["pool_size"]), *dropout(block["pool_dropout"])]
    layers.append(keras.layers.Flatten())
    if model["kind"] == "conv":
        widths, factor, norm_place, rate = model["dense"], model["dense_l2"], None, model["dense_dropout"]
        name = model["dense_activation"] or model["activation"]
    else:
        halving = [model["first"] >> i for i in range(model["layers"])] if model.get("first") else []
        widths, factor, rate = model.get("widths") or halving, model["l2"], model.get("dropout", 0.0)
        name, norm_place = model.get("activation", "relu"), model.get("batch_norm")
    for width in widths:
        layers.append(keras.layers.Dense(width, kernel_regularizer=l2(factor)))
        layers += norm_around(activation(name), norm_place) + dropout(rate)
    # In mixed precision the probabilities stay float32, as Keras's guide has it.
    exact = "float32" if keras.mixed_precision.dtype_policy().name == "mixed_bfloat16" else None
    layers.append(keras.layers.Dense(classes, activation="softmax", kernel_regularizer=l2(factor), dtype=exact))
    return keras.Sequential(layers)


def exchange(model: keras.Model, weights: dict[str, np.ndarray] | None) -> dict[str, np.ndarray]:
    """Set the weights from torch's layout, if any are given, and return them in it."""
    counts: dict[str, int] = {}
    exchanged: dict[str, np.ndarray] = {}
    image: tuple[int, ...] | None = None  # (H, W, C) before the flattening
    for layer in model.layers:
        kind = {"Dense": "dense", "Conv2D": "conv", "BatchNormalization": "batch_norm"}.get(type(layer).__name__)
        if isinstance(layer, keras.layers.Flatten):
            image = tuple(layer.input.shape[1:])
        if kind is None:
            continue
        counts[kind] = counts.get(kind, 0) + 1
        name = f"{kind}{counts[kind]}"
        if kind == "batch_norm":
            parts = ("weight", "bias", "running_mean", "running_var")
            if weights is not None:
                layer.set_weights([weights[f"{name}.{part}"] for part in parts])
            exchanged |= {f"{name}.{part}": w for part, w in zip(parts, layer.get_weights(), strict=True)}
            continue
        if weights is not None:
            kernel = weights[f"{name}.weight"]
            if kind == "conv":
                kernel = kernel.transpose(2, 3, 1, 0)  # (out, in, H, W) -> (H, W, in, out)
            elif image is not None:
                h, w, c = image
                kernel = kernel.reshape(-1, c, h, w).transpose(2, 3, 1, 0).reshape(h * w * c, -1)
            else:
                kernel = kernel.T
            layer.set_weights([kernel, weights[f"{name}.bias"]])
        kernel, bias = layer.get_weights()
        if kind == "conv":
            kernel = kernel.transpose(3, 2, 0, 1)
        elif image is not None:
            h, w, c = image
            kernel = kernel.reshape(h, w, c, -1).transpose(3, 2, 0, 1).reshape(-1, c * h * w)
        else:
            kernel = kernel.T
        if kind == "dense":
            image = None  # only the first dense layer sees the flattened image
        exchanged |= {f"{name}.weight": kernel, f"{name}.bias": bias}
    return exchanged


def main(folder: Path) -> None:
    """Train on the given batches and write what came out."""
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    keras.config.set_floatx(job["dtype"])
    arrays = np.load(folder / "arrays.npz", allow_pickle=False)
    images = arrays["images"].transpose(0, 2, 3, 1)  # (N, C, H, W) -> (N, H, W, C)
    model = build(job["model"], images.shape[1:], job["classes"])
    exchange(model, {n.removeprefix("first/"): arrays[n] for n in arrays.files if n.startswith("first/")})
    optimiser = job["optimiser"]
    optimisers = {
        "adam": lambda: keras.optimizers.Adam(optimiser["rate"]),
        "sgd": lambda: keras.optimizers.SGD(optimiser["rate"]),
    }
    model.compile(optimisers[optimiser["kind"]](), "sparse_categorical_crossentropy")
    losses = []
    for rows in arrays["batches"]:
        losses.append(float(model.train_on_batch(images[rows], arrays["labels"][rows])))
    probs = model.predict(arrays["others"].transpose(0, 2, 3, 1), verbose=0)
    final = {f"final/{name}": value for name, value in exchange(model, None).items()}
    parameters = np.array(model.count_params())
    np.savez(
        folder / "keras.npz", allow_pickle=False, losses=np.array(losses), probs=probs, parameters=parameters, **final
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="with job.json and the arrays")
    main(parser.parse_args().folder)
