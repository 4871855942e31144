"""Multinomial logistic regression on features, whose penalty cross-validation on the training images chooses.

N images, F features, K classes.
"""

import numpy as np

STRENGTHS = tuple(10.0**power for power in range(-4, 2))  # of the regularisation: C, its inverse
FOLDS = 3  # that choose the strength
LEAST_SPREAD = 0.05  # of the features' mean deviation
ABSENT = -30.0  # logit of a class that no training image has


def logistic_regression(
    features: np.ndarray, labels: np.ndarray, classes: int, *, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Weights (K, F) and biases (K,) float32 of a multinomial logistic regression with an L2 penalty.

    features: (N, F) float32; they are standardised within, and the answer takes them as they are
    labels:   (N,) int64, in [0, K)

    The penalty's strength is the one with the least loss in cross-validation. A class without images is never answered.

    >>> features, labels = np.array([[0.0], [0.1], [1.0], [1.1]] * 3, np.float32), np.array([0, 0, 1, 1] * 3)
    >>> kernel, bias = logistic_regression(features, labels, 2, seed=0)
    >>> (features @ kernel.T + bias).argmax(1).tolist()[:4]
    [0, 0, 1, 1]
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score

    mean, deviation = features.mean(0), features.std(0)
    # A feature that hardly ever moves would otherwise turn rounding into evidence.
    deviation = np.maximum(deviation, LEAST_SPREAD * deviation.mean() + 1e-6)
    x = (features - mean) / deviation / np.sqrt(features.shape[1])  # so that the same strengths suit any number

    def model(strength: float) -> LogisticRegression:
        return LogisticRegression(C=strength * len(x), max_iter=500)

    folds = min(FOLDS, int(np.bincount(labels)[np.unique(labels)].min()))
    best = 1.0
    if folds > 1:
        split = StratifiedKFold(folds, shuffle=True, random_state=seed)
        losses = {c: -cross_val_score(model(c), x, labels, cv=split, scoring="neg_log_loss").mean() for c in STRENGTHS}
        best = min(losses, key=lambda strength: losses[strength])
    fitted = model(best).fit(x, labels)
    scale = deviation * np.sqrt(features.shape[1])
    kernel, bias = fitted.coef_ / scale, fitted.intercept_ - (fitted.coef_ / scale) @ mean
    if len(fitted.classes_) == 2:  # scikit-learn keeps one row; two with half of it each are the same
        kernel, bias = np.concatenate([-kernel, kernel]) / 2, np.concatenate([-bias, bias]) / 2
    whole, biases = np.zeros((classes, features.shape[1]), np.float32), np.full(classes, ABSENT, np.float32)
    whole[fitted.classes_], biases[fitted.classes_] = kernel, bias
    return whole, biases
