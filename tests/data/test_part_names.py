"""What people call their training, validation and test parts."""

import pytest

from seedtrial.data.part_names import by_part, part_of


@pytest.mark.parametrize("name", ["test tube train", "cats", "contest", "12", ""])
def test_other_names_are_no_parts(name: str) -> None:
    assert part_of(name) is None


def test_a_longer_name_beside_a_bare_one_is_no_part() -> None:
    assert by_part(["train", "train_old", "test", "my_test"]) == {"train": ["train"], "test": ["test"]}
