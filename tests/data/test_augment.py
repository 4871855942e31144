"""Augmentation moves each image in a way of its own, as Keras would, and keeps shape, type and range of values."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from seedtrial.data.augment import Augment, ResizedCrop, augment, crop, draw_motions, erase, part_enlarged, warp
from seedtrial.data.colour import Colour
from seedtrial.errors import SeedtrialError
from seedtrial.spec import check

ALL = Augment(rotation=40, shift=0.2, shear=20, zoom=0.2, flip=True)
KERAS = {
    "rotation": st.floats(0, 180),
    "shift": st.floats(0, 1),
    "shear": st.floats(0, 80),
    "zoom": st.floats(0, 0.9),
    "flip": st.booleans(),
}
PARTS = st.sampled_from([None, True, {"scale": (0.01, 0.02), "ratio": (0.1, 10)}])
# Those that keep the range of values; crop brings zeros in, erase noise, and colour changes values.
SPECS = st.builds(Augment, **KERAS, vertical_flip=st.sampled_from([True, None]), resized_crop=PARTS)
SHAPES = st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(1, 12), st.integers(1, 12))
SEEDS = st.integers(0, 2**32)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(0, 256, shape, generator=generator(seed), dtype=torch.uint8)


def maps(*rows: list[list[float]]) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.float64)


@given(SHAPES, SPECS, SEEDS, st.sampled_from([torch.uint8, torch.float32, torch.bfloat16]))
def test_shape_and_type_stay_and_no_value_is_new(
    shape: tuple[int, ...], spec: Augment, seed: int, dtype: torch.dtype
) -> None:
    images = noise(*shape, seed=seed).to(dtype)
    moved = augment(images, spec, generator(seed))
    assert (moved.shape, moved.dtype) == (images.shape, dtype)
    for before, after in zip(images.flatten(1).float(), moved.flatten(1).float(), strict=True):
        assert before.min() - 1e-3 <= after.min() and after.max() <= before.max() + 1e-3


@given(SHAPES, SEEDS)
def test_nothing_set_changes_nothing(shape: tuple[int, ...], seed: int) -> None:
    images = noise(*shape, seed=seed)
    assert torch.equal(augment(images, Augment(), generator(seed)), images)


def test_a_flip_is_the_exact_mirror_image_of_about_half_of_the_images() -> None:
    images = noise(1000, 3, 6, 7)
    moved = augment(images, Augment(flip=True), generator())
    mirrored = torch.tensor([torch.equal(a, b) for a, b in zip(moved, images.flip(3), strict=True)])
    same = torch.tensor([torch.equal(a, b) for a, b in zip(moved, images, strict=True)])
    assert (mirrored ^ same).all()
    assert 450 < mirrored.sum() < 550  # 3 standard deviations are 47


@given(SHAPES, st.integers(-15, 15), st.integers(-15, 15))
def test_a_shift_by_whole_pixels_is_exact_and_repeats_the_edge(shape: tuple[int, ...], down: int, across: int) -> None:
    images = noise(*shape)
    row = (torch.arange(shape[2]) + down).clamp(0, shape[2] - 1)
    column = (torch.arange(shape[3]) + across).clamp(0, shape[3] - 1)
    every = maps([[1, 0, down], [0, 1, across]]).expand(shape[0], 2, 3)
    assert torch.equal(warp(images, every), images[:, :, row][:, :, :, column])


@pytest.mark.parametrize("quarters", [1, 2, 3, 4])
@pytest.mark.parametrize("side", [1, 2, 7, 28])
def test_quarter_turns_of_a_square_are_those_of_numpy(side: int, quarters: int) -> None:
    images = noise(4, 2, side, side)
    cos, sin = math.cos(quarters * math.pi / 2), math.sin(quarters * math.pi / 2)
    turned = warp(images, maps([[cos, -sin, 0], [sin, cos, 0]]).expand(4, 2, 3))
    assert np.array_equal(turned, np.rot90(images.numpy(), -quarters, axes=(2, 3)))


def keras_map(spec: Augment, height: int, width: int, uniform: torch.Tensor) -> np.ndarray:
    """The 3x3 matrix around the centre that Keras multiplies together for one image, its flip included."""
    turn, down, across, lean, tall, wide = (2 * uniform[:6] - 1).tolist()
    angle, shear = math.radians(spec.rotation * turn), math.radians(spec.shear * lean)
    rotated = [[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, 1]]
    shifted = [[1, 0, spec.shift * height * down], [0, 1, spec.shift * width * across], [0, 0, 1]]
    sheared = [[1, -math.sin(shear), 0], [0, math.cos(shear), 0], [0, 0, 1]]
    zoomed = np.diag([1 + spec.zoom * tall, 1 + spec.zoom * wide, 1])
    flipped = np.diag([1, -1 if spec.flip and uniform[6] < 0.5 else 1, 1])
    return np.array(rotated) @ shifted @ sheared @ zoomed @ flipped


@given(st.builds(Augment, **KERAS), SHAPES, SEEDS)
def test_the_maps_are_those_that_keras_composes(spec: Augment, shape: tuple[int, ...], seed: int) -> None:
    count, _, height, width = shape
    drawn = draw_motions(spec, count, height=height, width=width, generator=generator(seed))
    uniform = torch.rand(7, count, dtype=torch.float64, generator=generator(seed))
    expected = np.stack([keras_map(spec, height, width, uniform[:, image])[:2] for image in range(count)])
    assert np.allclose(drawn, expected, atol=1e-12)


@given(SPECS, SHAPES, SEEDS)
def test_images_are_moved_as_scipy_moves_them(spec: Augment, shape: tuple[int, ...], seed: int) -> None:
    count, _, height, width = shape
    images = noise(*shape, seed=seed)
    moved = augment(images.float(), spec, generator(seed))
    rounded = augment(images, spec, generator(seed))
    drawn = draw_motions(spec, count, height=height, width=width, generator=generator(seed)).numpy()
    centre = np.array([(height - 1) / 2, (width - 1) / 2])
    for image, linear, shift, ours in zip(images.numpy(), drawn[:, :, :2], drawn[:, :, 2], moved, strict=True):
        offset = centre + shift - linear @ centre
        for before, after in zip(image.astype(np.float64), ours.numpy(), strict=True):
            expected = ndimage.affine_transform(before, linear, offset, order=1, mode="nearest")
            assert np.allclose(after, expected, atol=0.02)  # 255 times the rounding of float32 coordinates
    assert (rounded.float() - moved).abs().max() <= 0.5


def test_the_same_state_of_the_generator_gives_the_same_images_and_the_next_draw_others() -> None:
    images, state = noise(5, 1, 9, 9), generator(3)
    first, second = augment(images, ALL, state), augment(images, ALL, state)
    assert torch.equal(first, augment(images, ALL, generator(3)))
    assert not torch.equal(first, second)


def test_each_image_is_moved_in_a_way_of_its_own() -> None:
    moved = augment(noise(1, 1, 16, 16).expand(50, 1, 16, 16), ALL, generator())
    assert len({image.numpy().tobytes() for image in moved}) == 50


def test_an_image_does_not_depend_on_the_others_of_its_batch() -> None:
    images, drawn = noise(6, 2, 8, 8), draw_motions(ALL, 6, height=8, width=8, generator=generator())
    assert torch.equal(warp(images, drawn)[2:3], warp(images[2:3], drawn[2:3]))


def test_ranges_are_filled_to_their_ends_and_not_left() -> None:
    def drawn(**ranges: float) -> torch.Tensor:
        return draw_motions(Augment(**ranges), 10_000, height=10, width=20, generator=generator())

    turned = drawn(rotation=30)
    angles = torch.rad2deg(torch.atan2(turned[:, 1, 0], turned[:, 0, 0]))
    shifts = drawn(shift=0.25)[:, :, 2]
    sheared = torch.rad2deg(torch.asin(-drawn(shear=15)[:, 0, 1]))
    zooms = drawn(zoom=0.2)[:, [0, 1], [0, 1]]
    for values, low, high in (
        (angles, -30, 30),
        (shifts[:, 0], -2.5, 2.5),
        (shifts[:, 1], -5, 5),
        (sheared, -15, 15),
        (zooms[:, 0], 0.8, 1.2),
        (zooms[:, 1], 0.8, 1.2),
    ):
        slack = (high - low) / 1000
        assert low <= values.min() < low + slack and high - slack < values.max() <= high
        assert abs(values.mean() - (low + high) / 2) < (high - low) / 50
    assert abs(np.corrcoef(zooms.T)[0, 1]) < 0.05 and abs(np.corrcoef(shifts.T)[0, 1]) < 0.05


def test_one_range_leaves_what_the_others_draw_as_it_was() -> None:
    turned = draw_motions(Augment(rotation=30), 9, height=8, width=8, generator=generator())
    both = draw_motions(Augment(rotation=30, zoom=0.2), 9, height=8, width=8, generator=generator())
    angles = [torch.atan2(drawn[:, 1, 0], drawn[:, 0, 0]) for drawn in (turned, both)]
    assert torch.allclose(*angles)


@pytest.mark.parametrize(
    "values, words",
    [
        ({"rotation": 181}, "^rotation should be less than or equal to 180, not 181.$"),
        ({"rotation": -1}, "^rotation should be greater than or equal to 0, not -1.$"),
        ({"shift": 2}, "^shift should be less than or equal to 1, not 2.$"),
        ({"shear": 90}, "^shear should be less than 90, not 90.$"),
        ({"zoom": 1}, "^zoom should be less than 1, not 1.$"),
        ({"flipp": True}, "There is no setting 'flipp'. Did you mean 'flip'?"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_cannot_be_meant_is_refused(values: dict[str, float], words: str) -> None:
    with pytest.raises(SeedtrialError, match=words):
        check(Augment, values)


@given(SHAPES, SEEDS, st.integers(1, 5))
def test_a_crop_is_the_image_moved_with_zeros_from_outside(shape: tuple[int, ...], seed: int, most: int) -> None:
    images = noise(*shape, seed=seed)
    offsets = torch.randint(-most, most + 1, (2, shape[0]), generator=generator(seed))
    moved = crop(images, offsets)
    wide = torch.zeros(*shape[:2], shape[2] + 2 * most, shape[3] + 2 * most, dtype=torch.uint8)
    wide[:, :, most : most + shape[2], most : most + shape[3]] = images
    for image, source, (down, across) in zip(moved, wide, offsets.T.tolist(), strict=True):
        top, left = most + down, most + across
        assert torch.equal(image, source[:, top : top + shape[2], left : left + shape[3]])


def test_crops_are_uniform_over_all_offsets() -> None:
    images = torch.zeros(9000, 1, 5, 5, dtype=torch.uint8)
    images[:, :, 2, 2] = 255
    moved = augment(images, Augment(crop=1), generator())
    places = moved.flatten(1).argmax(1)
    counts = torch.bincount(places, minlength=25).view(5, 5)[1:4, 1:4]
    assert counts.sum() == 9000 and ((counts - 1000).abs() < 5 * math.sqrt(1000)).all()


@pytest.mark.parametrize("probability", [0.25, 1.0])
def test_a_rectangle_of_so_many_images_becomes_noise(probability: float) -> None:
    images = torch.full((2000, 3, 28, 28), 300.0)
    out = erase(images, probability, generator())
    gone = (out != 300).all(1)  # all channels together
    assert torch.equal(gone, (out != 300).any(1)) and out[out != 300].max() <= 255
    hit = gone.flatten(1).any(1)
    assert abs(int(hit.sum()) - 2000 * probability) <= 5 * math.sqrt(2000 * probability * (1 - probability))
    for image in gone[hit][:200]:
        rows, columns = image.any(1), image.any(0)
        assert torch.equal(image, rows[:, None] & columns)  # a rectangle
        assert 1 <= image.sum() <= 0.5 * 28 * 28


def test_mirroring_alone_draws_and_gives_what_a_warp_would() -> None:
    images = noise(200, 1, 7, 8)
    maps = draw_motions(Augment(flip=True), 200, height=7, width=8, generator=generator(3))
    assert torch.equal(augment(images, Augment(flip=True), generator(3)), warp(images, maps))


def test_a_vertical_flip_is_exact_and_independent_of_the_other_flip() -> None:
    images = noise(1000, 3, 6, 7)
    moved = augment(images, Augment(flip=True, vertical_flip=True), generator())
    ways = [images, images.flip(2), images.flip(3), images.flip(2, 3)]
    counts = [sum(torch.equal(a, b) for a, b in zip(moved, way, strict=True)) for way in ways]
    assert sum(counts) == 1000 and all(200 < count < 300 for count in counts)
    sideways = augment(images, Augment(flip=True), generator())
    as_before = [torch.equal(a, b) or torch.equal(a.flip(1), b) for a, b in zip(moved, sideways, strict=True)]
    assert all(as_before)  # the other flip draws what it drew


def test_an_enlarged_part_is_what_cutting_and_resizing_gives() -> None:
    images = noise(3, 1, 8, 8).float()
    spec = ResizedCrop(scale=(0.25, 0.25), ratio=(1, 1))
    still = torch.eye(2, 3, dtype=torch.float64).repeat(3, 1, 1)
    drawn = part_enlarged(still, spec, height=8, width=8, generator=generator())
    assert (drawn[:, :, 2].abs() <= 2).all() and drawn[:, :, 2].unique().numel() == 6
    drawn[:, :, 2] = torch.tensor([[-2.0, -2.0], [2.0, 0.0], [0.0, 2.0]])  # corners that are whole pixels
    tops, lefts = (0, 4, 2), (0, 2, 4)
    for moved, image, top, left in zip(warp(images, drawn), images, tops, lefts, strict=True):
        part = image[:, top : top + 4, left : left + 4]
        expected = torch.nn.functional.interpolate(part[None], size=(8, 8), mode="bilinear", align_corners=False)[0]
        assert torch.allclose(
            moved[:, 1:-1, 1:-1], expected[:, 1:-1, 1:-1], atol=1e-3
        )  # at the rim its neighbours show


def test_enlarged_parts_have_the_asked_areas_and_ratios_and_lie_inside() -> None:
    spec = ResizedCrop(scale=(0.3, 0.6), ratio=(0.5, 2))
    still = torch.eye(2, 3, dtype=torch.float64).repeat(5000, 1, 1)
    drawn = part_enlarged(still, spec, height=30, width=40, generator=generator())
    tall, wide = drawn[:, 0, 0] * 30, drawn[:, 1, 1] * 40
    free = (tall < 29.9) & (wide < 39.9)
    assert 0.3 <= (tall * wide)[free].min() / 1200 and (tall * wide).max() / 1200 <= 0.6
    assert 0.5 <= (wide / tall)[free].min() < 0.6 and 1.6 < (wide / tall)[free].max() <= 2
    for moved, part, side in ((drawn[:, 0, 2], tall, 30), (drawn[:, 1, 2], wide, 40)):
        assert ((moved.abs() + part / 2) <= side / 2 + 1e-9).all()


def test_true_is_the_usual_strength_and_one_setting_keeps_the_others_usual() -> None:
    spec = check(Augment, {"colour": True, "resized_crop": {"scale": [0.5, 0.9]}, "vertical_flip": None})
    assert spec == Augment(colour=Colour(), resized_crop=ResizedCrop(scale=(0.5, 0.9)))
    assert check(Augment, {"colour": False}) == Augment()


def test_settings_that_are_not_asked_for_are_no_part_of_a_digest() -> None:
    assert Augment().canonical() == {"rotation": 0.0, "shift": 0.0, "shear": 0.0, "zoom": 0.0, "flip": False}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"scale": (0.9, 0.1)}, "from the least to the most, such as"), ({"scale": (0.5, 2)}, "a share of the area")],
)
def test_ranges_without_sense_are_refused(wrong: dict[str, tuple[float, float]], words: str) -> None:
    with pytest.raises(SeedtrialError, match=words):
        ResizedCrop(**wrong)
