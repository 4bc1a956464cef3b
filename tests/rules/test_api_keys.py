"""How a key looks, and what is kept of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.rules.api_keys import BYTES, SHOWN, digest, is_key, made_of

CHANCE = st.binary(min_size=BYTES, max_size=BYTES)


@given(CHANCE)
def test_a_key_can_be_told_from_everything_else(chance: bytes) -> None:
    key = made_of(chance)
    assert is_key(key)
    assert (len(key), key[:7]) == (56, "bridge_")
    assert key.isascii()
    assert len(digest(key)) == 32


@given(CHANCE, CHANCE)
def test_two_keys_differ(one: bytes, other: bytes) -> None:
    assert (made_of(one) == made_of(other)) == (one == other) == (digest(made_of(one)) == digest(made_of(other)))


@given(CHANCE, st.integers(0, 55), st.sampled_from("0aZ"))
def test_one_that_was_copied_badly_is_none(chance: bytes, place: int, letter: str) -> None:
    key = made_of(chance)
    changed = key[:place] + letter + key[place + 1 :]
    assert is_key(changed) == (changed == key)


@pytest.mark.parametrize(
    "text", ["", "bridge_", "bridge_" + "0" * 48, "bridge_" + "٣" * 49, made_of(b"x" * 32) + "\n"]
)
def test_other_words_are_none(text: str) -> None:
    assert not is_key(text)


def test_what_is_shown_leaves_enough_to_chance() -> None:
    assert SHOWN <= 16
    assert (43 - (SHOWN - len("bridge_"))) * 5.95 > 200  # bits
