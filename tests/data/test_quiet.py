"""Warnings of Pillow are silenced while pictures are read, by however many threads, and only then."""

import warnings
from contextlib import ExitStack

import pytest

from seedtrial.data.picture import quiet


def test_warnings_come_back_when_the_last_reader_has_finished_in_any_order() -> None:
    first, second = ExitStack(), ExitStack()  # of two threads, whose pictures take different times
    before = list(warnings.filters)
    first.enter_context(quiet())
    second.enter_context(quiet())
    first.close()
    warnings.warn("odd metadata", stacklevel=1)
    second.close()
    assert warnings.filters == before
    with pytest.warns(UserWarning, match="odd"):
        warnings.warn("odd metadata", stacklevel=1)


def test_warnings_come_back_after_an_error() -> None:
    before = list(warnings.filters)
    with pytest.raises(ZeroDivisionError), quiet():
        1 / 0  # noqa: B018
    assert warnings.filters == before
