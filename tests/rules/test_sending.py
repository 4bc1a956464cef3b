"""May this text go out? Every purpose times every reason; of two reasons the earlier one of the product's order."""

import time
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.refusals import Refusal
from bridge.rules.preferences import LINES
from bridge.rules.sending import PAID_FOR, PROACTIVE, RATE_LIMIT, Facts, File, Purpose, refuse, refuse_contact

FINE: dict[str, Any] = {
    "two_way": True,
    "opted_out": False,
    "carrier_blocked": False,
    "textable": True,
    "line_type": "mobile",
    "body": "Hello",
    "marketing": True,
}
# In the order of the product (features.md, section W): what is the matter, and what staff read.
STEPS: tuple[tuple[str, dict[str, Any], Refusal], ...] = (
    ("two-way off", {"two_way": False}, Refusal.TWO_WAY_OFF),
    ("opted out", {"opted_out": True}, Refusal.STOPPED),
    ("blocked by Twilio", {"carrier_blocked": True}, Refusal.STOPPED),
    ("suspected", {"suspected": True}, Refusal.SUSPECTED),
    ("no consent to marketing", {"marketing": False}, Refusal.NO_MARKETING_CONSENT),
    ("no number", {"textable": False}, Refusal.NO_PHONE),
    ("landline", {"line_type": "landline"}, Refusal.LANDLINE),
    ("another line", {"line_type": "pager"}, Refusal.OTHER_LINE),
    ("taken for spam", {"blocked": True}, Refusal.BLOCKED),
    ("said just now", {"said_just_now": True}, Refusal.DUPLICATE),
    ("too fast", {"recent": RATE_LIMIT}, Refusal.TOO_FAST),
    ("recipient limit", {"crowded": True}, Refusal.RECIPIENT_LIMIT),
    ("daily limit", {"capped": True}, Refusal.DAILY_LIMIT),
    ("unpaid", {"unpaid": True}, Refusal.UNPAID),
    ("monthly cap", {"month_full": True}, Refusal.MONTHLY_CAP),
    ("empty", {"body": " \n"}, Refusal.EMPTY),
    ("not filled in", {"body": "Hello {{ name }}"}, Refusal.UNFILLED),
    ("too long", {"body": "x" * 1601}, Refusal.TOO_LONG),
    ("a long one", {"body": "x" * 161, "short_only": True}, Refusal.LONG),
    ("custom emoji", {"custom_emoji": True}, Refusal.CUSTOM_EMOJI),
    ("bad file", {"files": (File("text/html", 10),)}, Refusal.BAD_FILE),
    ("at night", {"quiet": True}, Refusal.QUIET_HOURS),
)
FILES_SETTLE = {("empty", "bad file"), ("a long one", "bad file")}


def fine(purpose: Purpose) -> dict[str, Any]:
    """What speaks against nothing: what says that two-way SMS is off goes out only while it is."""
    return FINE | {"two_way": purpose is not Purpose.AWAY}


def expected(purpose: Purpose, step: tuple[str, dict[str, Any], Refusal]) -> Refusal | None:
    """What a purpose is refused with when only this is the matter."""
    name, _, refusal = step
    if purpose is Purpose.COMPLIANCE:
        return refusal if name in {"blocked by Twilio", "no number"} else None
    passes = {
        "two-way off": purpose in {Purpose.TRANSACTIONAL, Purpose.MARKETING, Purpose.AWAY},
        "no consent to marketing": purpose is not Purpose.MARKETING,
        "unpaid": purpose not in PAID_FOR,
        "monthly cap": purpose not in PAID_FOR,
        "a long one": purpose not in PAID_FOR,
        "at night": purpose not in PROACTIVE,
    }
    return None if passes.get(name, False) else refusal


@pytest.mark.rows(114, 127, 129)
@pytest.mark.parametrize("purpose", Purpose)
def test_every_purpose_times_every_reason(purpose: Purpose) -> None:
    assert refuse(Facts(purpose=purpose, **fine(purpose))) is None
    for step in STEPS:
        assert refuse(Facts(purpose=purpose, **fine(purpose) | step[1])) is expected(purpose, step), step[0]


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ("{{\n}}", Refusal.UNFILLED),
        ("}} {{{}}", Refusal.UNFILLED),
        ("}} and {{", None),
        ("{}}", None),
        ("{{" * 20_000, Refusal.TOO_LONG),
    ],
)
def test_what_is_not_filled_in(body: str, refusal: Refusal | None) -> None:
    began = time.process_time()
    assert refuse(Facts(purpose=Purpose.REPLY, **FINE | {"body": body})) is refusal
    assert time.process_time() - began < 1


@pytest.mark.parametrize("purpose", Purpose)
def test_of_two_reasons_the_earlier_one_is_told(purpose: Purpose) -> None:
    applying = [step for step in STEPS if expected(purpose, step)]
    for (first, early, refusal), (second, late, _) in combinations(applying, 2):
        # One field says one thing, and a message with a file is not empty, nor long: it is an MMS.
        if not early.keys() & late.keys() and (first, second) not in FILES_SETTLE:
            assert refuse(Facts(purpose=purpose, **fine(purpose) | early | late)) is refusal, (first, second)


@given(
    st.sampled_from(Purpose),
    st.booleans(),
    st.sampled_from([None, "mobile", "unknown", "fixedVoip", *sorted(LINES)]),
    st.booleans(),
    st.text(max_size=30),
    st.booleans(),
    st.booleans(),
)
def test_nobody_who_opted_out_is_texted_whatever_else_is_so(
    purpose: Purpose, two_way: bool, line: str | None, textable: bool, body: str, marketing: bool, suspected: bool
) -> None:
    facts = Facts(
        purpose=purpose, two_way=two_way, opted_out=True, carrier_blocked=False, textable=textable, line_type=line,
        body=body, marketing=marketing, suspected=suspected,
    )  # fmt: skip
    if purpose is Purpose.COMPLIANCE:
        assert refuse(replace(facts, carrier_blocked=True)) is Refusal.STOPPED
    else:
        said = {Refusal.STOPPED, Refusal.TWO_WAY_OFF, Refusal.ON_AGAIN}
        assert refuse(facts) in said
        assert refuse_contact(facts) in said


def test_what_says_that_it_is_off_is_not_sent_while_it_is_on() -> None:
    assert refuse(Facts(purpose=Purpose.AWAY, **FINE)) is Refusal.ON_AGAIN


def test_numbers_of_an_unknown_kind_are_texted() -> None:
    for line in (None, "unknown", "mobile", "fixedVoip", "nonFixedVoip", "personal"):
        assert refuse(Facts(purpose=Purpose.REPLY, **FINE | {"line_type": line})) is None
    internet = LINES | {"fixedVoip"}
    facts = Facts(purpose=Purpose.REPLY, **FINE | {"line_type": "fixedVoip", "untextable_lines": internet})
    assert refuse(facts) is Refusal.OTHER_LINE
