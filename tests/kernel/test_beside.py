"""One is read while another is counted; the order stays, and so does what fails."""

import threading

import pytest

from portal.kernel.beside import read_ahead


def test_each_item_is_told_with_what_was_made_of_it_in_order():
    told = list(read_ahead(range(5), lambda number: number * 10, lambda read: read + 1))
    assert told == [(0, 1), (1, 11), (2, 21), (3, 31), (4, 41)]
    assert list(read_ahead([], abs, abs)) == []


def test_the_next_is_read_while_the_one_before_is_counted():
    """Neither would come to its end if one waited for the other."""
    second_is_read = threading.Event()

    def read(number):
        if number:
            second_is_read.set()
        return number

    def make(number):
        assert second_is_read.wait(timeout=30)
        return number

    assert [made for _, made in read_ahead([0, 1], read, make)] == [0, 1]


def test_two_are_held_at_most():
    told = []
    held = read_ahead(range(4), lambda number: told.append(number) or number, abs)
    next(held)
    assert told == [0, 1]


@pytest.mark.parametrize("half", ["read", "make"])
def test_what_fails_is_raised(half):
    def fails(number):
        raise ValueError(half)

    halves = {"read": abs, "make": abs, half: fails}
    with pytest.raises(ValueError, match=half):
        list(read_ahead([1, 2], halves["read"], halves["make"]))
