"""What kind of line a number is, by what is known, what Twilio says, and whether it has texted us."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bridge.rules.lines import LIMIT, UNKNOWN, after_look_up
from bridge.rules.preferences import LINES
from bridge.rules.sending import refuse_line

KINDS = sorted(LINES | {"mobile", "fixedVoip", "nonFixedVoip", "personal", UNKNOWN})


@pytest.mark.rows(111)
@pytest.mark.parametrize(
    ("known", "said", "has_texted", "counts"),
    [
        (None, "mobile", False, "mobile"),
        (None, "landline", False, "landline"),
        (None, "landline", True, None),
        (None, "tollFree", True, None),
        (None, "nonFixedVoip", True, "nonFixedVoip"),
        (None, None, False, UNKNOWN),
        (None, UNKNOWN, True, UNKNOWN),
        ("landline", None, False, "landline"),
        ("landline", UNKNOWN, False, "landline"),
        ("landline", "mobile", False, "mobile"),
        ("landline", "landline", True, "landline"),  # a carrier has said so since
        ("mobile", "landline", True, "mobile"),
        (UNKNOWN, "landline", True, UNKNOWN),
    ],
)
def test_who_counts_for_how_much(known: str | None, said: str | None, has_texted: bool, counts: str | None) -> None:
    assert after_look_up(known, said, has_texted=has_texted) == counts


@pytest.mark.rows(106, 111)
@given(
    some.none() | some.sampled_from(KINDS), some.none() | some.sampled_from(KINDS) | some.text(), some.booleans()
)
def test_no_look_up_closes_a_line_that_has_texted_or_of_which_it_knows_nothing(
    known: str | None, said: str | None, has_texted: bool
) -> None:
    counts = after_look_up(known, said, has_texted=has_texted)
    if has_texted or said in {None, UNKNOWN}:
        assert counts not in LINES or counts == known
    assert after_look_up(counts, said, has_texted=has_texted) == counts
    assert len(counts or "") <= max(LIMIT, len(known or ""))


@pytest.mark.rows(111, 112)
@given(some.none() | some.sampled_from(KINDS) | some.text(), some.frozensets(some.sampled_from(KINDS)))
def test_a_line_is_refused_just_when_its_kind_is_on_the_list(line: str | None, closed: frozenset[str]) -> None:
    assert (refuse_line(line, closed) is not None) == (line in closed)
