"""The network from scratch: its gradients are right, it learns, and it is a learner like any other."""

import ast
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.preprocessing import StandardScaler
from torch.nn import functional

from seedtrial.data.dataset import Dataset, load
from seedtrial.data.seal import Ledger
from seedtrial.errors import Diverged, SeedtrialError
from seedtrial.models import numpy_net
from seedtrial.models.learner import Weights
from seedtrial.models.numpy_arithmetic import TRAINED, forward, gradients, scaled
from seedtrial.models.numpy_net import NumpyNet, NumpyNetLearner
from seedtrial.runs.examine import examine
from seedtrial.runs.recipe import Recipe
from seedtrial.runs.run import run
from seedtrial.seeds import Seeds
from seedtrial.spec import override
from seedtrial.training.device import Engine
from seedtrial.training.optimiser import SGD
from seedtrial.training.prepare import engine_for, prepare, problem, usual
from seedtrial.training.spec import Stopping, TrainSpec


def learner(seed: int = 0, **settings: object) -> NumpyNetLearner:
    """For the tiny images: 8 hidden units, batches of 16, unless said otherwise."""
    model = NumpyNet(hidden=8, divide_by=settings.pop("divide_by", "batch"))
    chosen = {"epochs": 3, "batch_size": 16, "rate": 0.1} | settings
    return NumpyNetLearner(model, shape=(1, 8, 8), classes=3, seeds=Seeds(seed), **chosen)


@pytest.fixture
def batch() -> tuple[Weights, np.ndarray, np.ndarray]:
    """Weights of a network with 6 inputs, 5 hidden units and 4 classes, 7 images and their labels, in float64."""
    generator = np.random.default_rng(0)
    learnt = numpy_net.first_weights(6, 5, 4, generator, np.float64)
    for name in TRAINED:
        learnt[name] += generator.normal(0, 0.5, learnt[name].shape)
    return learnt, generator.normal(size=(7, 6)), generator.integers(0, 4, 7)


def slopes(learnt: Weights, x: np.ndarray, labels: np.ndarray, divisor: int) -> Weights:
    out = {name: np.empty_like(learnt[name]) for name in TRAINED}
    gradients(learnt, x, labels, divisor=divisor, out=out)
    return out


@pytest.mark.parametrize("divisor", [7, 60])
def test_gradients_are_those_of_torch(batch: tuple[Weights, np.ndarray, np.ndarray], divisor: int) -> None:
    learnt, x, labels = batch
    w = {name: torch.from_numpy(learnt[name]).requires_grad_() for name in TRAINED}
    hidden = torch.sigmoid(torch.from_numpy(x) @ w["hidden.kernel"] + w["hidden.bias"])
    logits = hidden @ w["output.kernel"] + w["output.bias"]
    loss = functional.cross_entropy(logits, torch.from_numpy(labels), reduction="sum")
    (loss / divisor).backward()
    result = slopes(learnt, x, labels, divisor)
    for name in TRAINED:
        np.testing.assert_allclose(result[name], w[name].grad.numpy(), rtol=1e-10, atol=1e-14)
    total, right = gradients(learnt, x, labels, divisor=divisor, out=result)
    assert total == pytest.approx(loss.item(), rel=1e-12)
    assert right == int((logits.argmax(1).numpy() == labels).sum())


def test_gradients_are_those_of_finite_differences(batch: tuple[Weights, np.ndarray, np.ndarray]) -> None:
    learnt, x, labels = batch
    result, ignored = slopes(learnt, x, labels, 7), slopes(learnt, x, labels, 7)
    for name in TRAINED:
        for index in np.ndindex(learnt[name].shape):
            losses = []
            for step in (1e-5, -1e-5):
                moved = {key: array.copy() for key, array in learnt.items()}
                moved[name][index] += step
                losses.append(gradients(moved, x, labels, divisor=7, out=ignored)[0] / 7)
            assert result[name][index] == pytest.approx((losses[0] - losses[1]) / 2e-5, rel=1e-6, abs=1e-9)


def test_two_steps_are_those_of_torchs_gradient_descent(tiny: Dataset) -> None:
    net = learner(epochs=2, batch_size=48, dtype=np.float64)
    w = {name: torch.from_numpy(net.weights()[name]).requires_grad_() for name in TRAINED}
    x = torch.from_numpy(StandardScaler().fit_transform(tiny.train.images.reshape(48, -1)))
    for epoch in net.fit(tiny.train):
        hidden = torch.sigmoid(x @ w["hidden.kernel"] + w["hidden.bias"])
        logits = hidden @ w["output.kernel"] + w["output.bias"]
        loss = functional.cross_entropy(logits, torch.from_numpy(tiny.train.labels))
        assert epoch.loss == pytest.approx(loss.item(), rel=1e-12)
        for weight, slope in zip(w.values(), torch.autograd.grad(loss, list(w.values())), strict=True):
            weight.data -= 0.1 * slope
    for name in TRAINED:
        np.testing.assert_allclose(net.weights()[name], w[name].detach().numpy(), rtol=1e-10, atol=1e-12)


def test_it_is_the_network_of_the_report() -> None:
    counted = NumpyNet().summary((1, 28, 28), 10)
    net = NumpyNetLearner(NumpyNet(), shape=(1, 28, 28), classes=10, epochs=1, batch_size=1, rate=1, seeds=Seeds(0))
    held = sum(net.weights()[name].size for name in TRAINED)
    assert counted.parameters == counted.trained == held == 784 * 128 + 128 + 128 * 10 + 10
    assert counted.multiply_adds == 784 * 128 + 128 * 10
    with_parameters = [(row.shape, row.parameters) for row in counted.layers if row.parameters]
    assert with_parameters == [((128,), 100_480), ((10,), 1_290)]


def test_kernels_begin_glorot_uniform_and_biases_at_zero() -> None:
    learnt = numpy_net.first_weights(784, 128, 10, np.random.default_rng(0), np.float32)
    for layer, inputs, outputs in (("hidden", 784, 128), ("output", 128, 10)):
        kernel, limit = learnt[f"{layer}.kernel"], np.sqrt(6 / (inputs + outputs))
        assert kernel.shape == (inputs, outputs) and kernel.dtype == np.float32
        assert 0.98 * limit < np.abs(kernel).max() <= np.float32(limit)
        assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.05)
        assert not learnt[f"{layer}.bias"].any()


def test_it_knows_nothing_of_torch() -> None:
    tree = ast.parse(Path(numpy_net.__file__).read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert not any(str(name).startswith("torch") for name in imported)


def test_pixels_are_standardised_as_scikit_learn_does_it(tiny: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    images = tiny.train.images.reshape(48, -1).copy()
    images[:, 5] = 17  # a pixel that is always the same
    expected = StandardScaler().fit(images)
    monkeypatch.setattr(numpy_net, "SCALER_BATCH", 13)
    net = learner(dtype=np.float64)
    net._standardise(images)
    np.testing.assert_allclose(scaled(net.learnt, images), expected.transform(images), rtol=1e-12, atol=1e-12)


def test_the_scaler_sees_training_images_only(tiny: Dataset) -> None:
    net = learner()
    list(net.fit(tiny.train))
    np.testing.assert_allclose(net.weights()["pixels.mean"], tiny.train.images.reshape(48, -1).mean(axis=0), rtol=1e-6)


def test_the_tiny_images_are_learnt(tiny: Dataset) -> None:
    net = learner(epochs=40)
    epochs = list(net.fit(tiny.train))
    assert [epoch.epoch for epoch in epochs] == list(range(1, 41))
    assert epochs[-1].accuracy > 0.95 > epochs[0].accuracy
    assert epochs[-1].loss < 0.3 * epochs[0].loss
    assert (net.predict(tiny.validation.images).argmax(axis=1) == tiny.validation.labels).mean() > 0.8


def test_divided_by_all_training_images_next_to_nothing_is_learnt(tiny: Dataset) -> None:
    by_batch, by_train = (
        list(learner(epochs=20, batch_size=1, rate=0.02, divide_by=by).fit(tiny.train)) for by in ("batch", "train")
    )
    assert by_batch[-1].loss < 0.1 and by_train[-1].loss > 0.9
    assert by_batch[-1].accuracy > 0.95 and by_train[-1].accuracy < 0.6


def test_dividing_by_all_training_images_is_a_lower_rate(tiny: Dataset) -> None:
    whole, batch = learner(divide_by="train", rate=0.3, dtype=np.float64), learner(rate=0.1, dtype=np.float64)
    for _ in zip(whole.fit(tiny.train), batch.fit(tiny.train), strict=True):  # 48 images, batches of 16
        for name, weight in whole.weights().items():
            np.testing.assert_allclose(weight, batch.weights()[name], rtol=1e-9, atol=1e-12)


def test_every_image_is_used_once_per_pass_in_another_order(tiny: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[np.ndarray] = []

    def watch(learnt: Weights, pixels: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        seen.append(pixels.copy())
        return scaled(learnt, pixels, out)

    monkeypatch.setattr(numpy_net, "scaled", watch)
    list(learner(epochs=2, batch_size=20).fit(tiny.train))
    assert [len(batch) for batch in seen] == [20, 20, 8] * 2
    passes = [np.concatenate(seen[start : start + 3]) for start in (0, 3)]
    assert not np.array_equal(*passes)
    for images in passes:
        assert sorted(map(bytes, images)) == sorted(map(bytes, tiny.train.images))


def test_a_batch_larger_than_the_data_is_the_data(tiny: Dataset) -> None:
    net = learner(epochs=1, batch_size=2**70)
    (epoch,) = net.fit(tiny.train)
    assert net.steps == 1 and np.isfinite(epoch.loss)


def test_the_loss_of_a_pass_is_the_mean_over_its_images(tiny: Dataset) -> None:
    net = learner(epochs=1, batch_size=20, rate=1e-30)
    (epoch,) = net.fit(tiny.train)
    probs = net.predict(tiny.train.images)
    assert epoch.loss == pytest.approx(-np.log(probs[range(48), tiny.train.labels]).mean(), rel=1e-5)
    assert epoch.accuracy == (probs.argmax(axis=1) == tiny.train.labels).mean()


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(tiny: Dataset) -> None:
    nets = [learner(seed) for seed in (0, 0, 1)]
    for net in nets:
        list(net.fit(tiny.train))
    result = [net.weights() for net in nets]
    assert all(np.array_equal(result[0][name], result[1][name]) for name in result[0])
    assert not any(np.array_equal(result[0][name], result[2][name]) for name in TRAINED)


def test_predictions_do_not_depend_on_the_batch(tiny: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    net = learner()
    list(net.fit(tiny.train))
    together = net.predict(tiny.train.images)
    monkeypatch.setattr(numpy_net, "PREDICT_BATCH", 7)
    np.testing.assert_allclose(net.predict(tiny.train.images), together, rtol=1e-5, atol=1e-7)


def test_far_out_images_have_probabilities_too(batch: tuple[Weights, np.ndarray, np.ndarray]) -> None:
    learnt, x, _ = batch
    hidden, logits = forward(learnt, 1e6 * x)
    assert ((0 <= hidden) & (hidden <= 1)).all()
    probs, _ = numpy_net.softmax(1e6 * logits)
    np.testing.assert_allclose(probs.sum(axis=1), 1)


def test_weights_are_a_copy_that_training_can_be_taken_back_to(tiny: Dataset) -> None:
    net = learner()
    fitting: Iterator[object] = net.fit(tiny.train)
    next(fitting)
    kept, before = net.weights(), net.predict(tiny.validation.images)
    next(fitting)
    assert not np.array_equal(net.predict(tiny.validation.images), before)
    net.restore(kept)
    assert np.array_equal(net.predict(tiny.validation.images), before)


@pytest.mark.parametrize("batch_size, epoch, step", [(16, 1, 2), (48, 2, 1), (24, 1, 2)])
def test_epoch_and_step_of_the_first_broken_loss_are_reported(
    batch_size: int, epoch: int, step: int, tiny: Dataset
) -> None:
    """A rate beyond float32: the first step breaks the weights, and the next loss shows it."""
    words = rf"^Loss is (nan|inf) in epoch {epoch}, step {step}; the rate 1e\+39 may be too high\.$"
    with pytest.raises(Diverged, match=words) as caught:
        list(learner(batch_size=batch_size, rate=1e39).fit(tiny.train))
    assert (caught.value.epoch, caught.value.step) == (epoch, step)


@pytest.fixture
def recipe(tiny_recipe: Recipe) -> Recipe:
    """The tiny recipe with the network from scratch."""
    training = TrainSpec(epochs=3, batch_size=16, optimiser=SGD(rate=0.1))
    return Recipe(data=tiny_recipe.data, model=NumpyNet(hidden=8), training=training)


def test_a_run_folder_gives_the_network_back(recipe: Recipe, tmp_path: Path) -> None:
    stopping = Stopping(monitor="val_loss", patience=None)
    recipe = recipe.model_copy(update={"training": recipe.training.model_copy(update={"stopping": stopping})})
    result = examine(run(recipe, runs=tmp_path / "runs"))
    assert result.recipe == recipe and result.metrics.kept == "best"
    engine = engine_for(recipe.model, recipe.training, shape=(1, 8, 8), classes=3)
    other = prepare(recipe.model, recipe.training, shape=(1, 8, 8), classes=3, engine=engine, seeds=Seeds(9))
    other.restore(result.weights())
    test = load(recipe.data).test.open(Ledger(tmp_path, "again"), "to compare")
    assert np.array_equal(other.predict(test.images), result.predictions["test"].probs)


def test_a_run_records_cpu_and_float32(recipe: Recipe, tmp_path: Path) -> None:
    assert run(recipe, runs=tmp_path / "runs").machine.engine == Engine("cpu", "fp32", 1)


def test_weights_that_break_in_the_very_last_step_are_noticed_too(recipe: Recipe, tmp_path: Path) -> None:
    training = TrainSpec(epochs=1, batch_size=48, optimiser=SGD(rate=1e39))
    result = run(recipe.model_copy(update={"training": training}), runs=tmp_path / "runs")
    assert result.diverged and result.metrics.step == 1


@pytest.mark.parametrize(
    "setting, words",
    [
        ("training.optimiser=adam", "training.optimiser.kind should be sgd, not adam"),
        ("training.optimiser.momentum=0.9", "training.optimiser.momentum should be 0, not 0.9"),
        ("training.optimiser.weight_decay=0.1", "training.optimiser.weight_decay should be 0, not 0.1"),
        ("training.schedule=cosine", "training.schedule.kind should be constant, not cosine"),
        ("training.label_smoothing=0.1", "training.label_smoothing should be 0, not 0.1"),
        ("training.augment={}", "training.augment should be null"),
        ("training.precision=bf16", "training.precision should be auto or fp32, not bf16"),
        ("data.scaling=standard", "data.scaling should be unit, not standard"),
    ],
)
def test_settings_that_it_does_not_honour_are_refused_in_a_sentence(
    recipe: Recipe, setting: str, words: str, tmp_path: Path
) -> None:
    varied = override(recipe, [setting])
    total = varied.problem()
    assert total is not None and total.startswith("A NumPy network ") and total.endswith(f", so {words}.")
    with pytest.raises(SeedtrialError, match=words.replace(".", r"\.")):
        run(varied, runs=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_settings_that_are_refused_give_no_learner(engine: Engine) -> None:
    with pytest.raises(SeedtrialError, match="should be sgd, not adam"):
        prepare(NumpyNet(), TrainSpec(), shape=(1, 8, 8), classes=3, engine=engine, seeds=Seeds(0))
    assert problem(NumpyNet(), usual(NumpyNet())) is None
    assert problem(NumpyNet(), TrainSpec(optimiser=SGD(), precision="fp32")) is None
