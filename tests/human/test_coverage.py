"""The intervals of a simulated player cover the player's known accuracy per class."""

import numpy as np

from players import simulated
from seedtrial.human import outcomes

ACCURACY = np.array([0.81, 0.99, 0.73, 0.82, 0.73, 0.96, 0.68, 0.83, 0.98, 0.92])  # of people, as published
SIMULATIONS = 200


def test_intervals_cover_the_accuracy_of_a_simulated_player() -> None:
    """Of 200 games by one player 95 +- 3 % of the intervals cover the accuracy, in total and over the classes.

    Fixed: the accuracies per class, a test part of 10,000 images with 1,000 of each class, games of 1,000 images drawn
    without repetition, and the seed 6, from which both images and answers are drawn. 200 coin tosses of 95 % have
    a standard deviation of 1.5 points, so that by chance about one seed in twenty would fall outside.
    """
    generator, labels = np.random.default_rng(6), np.arange(10_000) % 10
    total, each = 0, np.zeros(10)
    for _ in range(SIMULATIONS):
        images = generator.permutation(10_000)[:1000]
        player = simulated(labels, ACCURACY, generator, images=images)
        whole = outcomes.share(player.right)
        assert whole is not None
        total += whole.low <= ACCURACY.mean() <= whole.high
        for label, share in enumerate(outcomes.by_class(player, 10)):
            assert share is not None
            each[label] += share.low <= ACCURACY[label] <= share.high
    assert 0.92 <= total / SIMULATIONS <= 0.98
    assert 0.92 <= each.mean() / SIMULATIONS <= 0.98
    assert (each / SIMULATIONS >= 0.90).all()  # of a single class, near 100 % above all, Wilson's wavers
