"""Learners that need one pass: what they learn, and that what predicts is what scikit-learn's own would."""

import numpy as np
import pytest
import torch
from sklearn.ensemble import RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier

from seedtrial.data.parts import Split
from seedtrial.errors import SeedtrialError
from seedtrial.models import Forest, Hog, Majority, ModelSpec, Neighbours
from seedtrial.models.hog import Histograms
from seedtrial.models.once import OnceLearner
from seedtrial.runs.recipe import Recipe
from seedtrial.seeds import Seeds
from seedtrial.training.device import Engine
from seedtrial.training.prepare import prepare, usual


@pytest.fixture
def train() -> Split:
    generator = np.random.default_rng(0)
    labels = np.array([0] * 30 + [1] * 20 + [2] * 10)
    images = generator.integers(0, 100, (60, 1, 6, 6)) + 50 * labels[:, None, None, None]
    return Split("train", images.astype(np.uint8), labels)


def fitted(spec: ModelSpec, train: Split, engine: Engine) -> OnceLearner:
    learner = prepare(spec, usual(spec), shape=(1, 6, 6), classes=3, engine=engine, seeds=Seeds(0))
    assert isinstance(learner, OnceLearner)
    assert [epoch.epoch for epoch in learner.fit(train)] == [1]
    return learner


@pytest.mark.parametrize("spec", [Majority(), Neighbours(), Forest(trees=7, leaves=5)], ids=repr)
def test_restored_it_predicts_the_same_bits(spec: ModelSpec, train: Split, engine: Engine) -> None:
    first = fitted(spec, train, engine)
    second = prepare(spec, usual(spec), shape=(1, 6, 6), classes=3, engine=engine, seeds=Seeds(1))
    second.restore(first.weights())
    assert np.array_equal(first.predict(train.images), second.predict(train.images))


def test_the_majority_is_the_largest_class_with_the_shares_as_probabilities(train: Split, engine: Engine) -> None:
    probs = fitted(Majority(), train, engine).predict(train.images[:2])
    np.testing.assert_allclose(probs, [[30 / 60, 20 / 60, 10 / 60]] * 2, rtol=1e-6)


def test_neighbours_vote_as_those_of_scikit_learn(train: Split, engine: Engine) -> None:
    ours = fitted(Neighbours(neighbours=5), train, engine).predict(train.images)
    theirs = KNeighborsClassifier(5).fit(train.images.reshape(60, -1) / 255, train.labels)
    votes = 5 * theirs.predict_proba(train.images.reshape(60, -1) / 255)
    np.testing.assert_allclose(ours, (votes + 1 / 3) / 6, rtol=1e-5)


def test_a_forest_predicts_what_the_one_of_scikit_learn_does(train: Split, engine: Engine) -> None:
    learner = fitted(Forest(trees=7, leaves=9), train, engine)
    flat = train.images.reshape(60, -1)
    seed = int(Seeds(0).numpy("weights").integers(2**31))
    theirs = RandomForestClassifier(7, max_leaf_nodes=9, random_state=seed).fit(flat, train.labels)
    np.testing.assert_allclose(learner.predict(train.images), theirs.predict_proba(flat), atol=2e-6)


def test_a_forest_without_an_image_of_some_class_still_knows_the_class(engine: Engine, train: Split) -> None:
    two = train.take(train.labels < 2, "train")
    assert fitted(Forest(trees=3), two, engine).predict(train.images).shape == (60, 3)


def test_settings_that_one_pass_would_ignore_are_refused() -> None:
    training = usual(Forest()).model_copy(update={"epochs": 3})
    assert Recipe(model=Forest(), training=training).problem() == (
        "A random forest learns in one pass, so training.epochs should be 1, not 3."
    )


def test_histograms_separate_edges_by_their_direction() -> None:
    upright, lying = torch.zeros(2, 1, 8, 8)
    upright[..., 4:], lying[..., 4:, :] = 1, 1
    one, other = Histograms(2, 4)(torch.stack([upright, lying])).reshape(2, 4, 2, -1).sum((1, 3))
    assert one.argmax() != other.argmax()


def test_histograms_hardly_change_when_light_gets_half_as_strong() -> None:
    image = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    histograms = Histograms(9, 4)
    assert (histograms(image) - histograms(image / 2)).abs().max() < 1e-3


def test_cells_that_are_too_large_are_named() -> None:
    with pytest.raises(SeedtrialError, match="Cells of 4 pixels leave no block of 2 x 2 cells on 7x7 pixels"):
        Hog(cell=4).build((1, 7, 7), 3)
