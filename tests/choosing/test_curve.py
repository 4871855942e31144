"""What more images would give."""

from seedtrial.choosing.curve import Curve


def test_errors_that_halve_with_ten_times_the_images_go_on_doing_so() -> None:
    curve = Curve(((100, 0.6), (1000, 0.8)))
    assert abs((curve.at(10_000) or 0) - 0.9) < 1e-9


def test_nothing_is_expected_where_the_accuracy_did_not_rise() -> None:
    assert Curve(((100, 0.8), (1000, 0.8))).at(2000) is None
    assert Curve(((100, 0.8),)).at(2000) is None


def test_nothing_is_expected_where_few_validation_images_explain_the_rise() -> None:
    points = ((100, 0.55), (1000, 0.62))
    assert Curve(points, judged=100).at(2000) is None
    assert Curve(points, judged=10_000).at(2000) is not None
