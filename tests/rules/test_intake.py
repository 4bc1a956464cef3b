"""What other programs say of a lead, and what it comes to."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.rules import intake
from bridge.rules.intake import Handed
from bridge.rules.intake_shapes import Lead
from bridge.rules.signups import Signup

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DANA = {"id": "1", "name": "Dana", "phone": "(415) 555-0123"}
AGREED = {"category": "marketing", "text": "Yes", "captured_at": "2026-11-20T10:00:00Z"}


def read(said: Any) -> Signup | list[tuple[str, str]]:
    """What it comes to, or each complaint with its place."""
    found = intake.read(said, "#", by="key", now=NOW)
    return found if isinstance(found, Signup) else [(each.pointer, each.detail) for each in found]


def agreed(**changed: str) -> dict[str, Any]:
    return {"consent": AGREED | changed}


def entered(said: Any) -> Signup:
    found = read(said)
    assert isinstance(found, Signup), found
    return found


@pytest.mark.parametrize(
    ("more", "pointer", "detail"),
    [
        ({"id": ""}, "#/id", "It must be of the form ^[A-Za-z0-9][A-Za-z0-9._:@+~=-]{0,127}$"),
        ({"id": 1}, "#/id", "It must be text."),
        ({"id": "1\n"}, "#/id", "It must be of the form ^[A-Za-z0-9][A-Za-z0-9._:@+~=-]{0,127}$"),
        ({"name": " "}, "#/name", "It is empty."),
        ({"name": "\0"}, "#/name", "It is empty."),
        ({"name": "x" * 201}, "#/name", "It may have 200 characters."),
        ({"phone": "(415) 555"}, "#/phone", "That is no phone number that anybody has."),
        ({"phone": 4155550123}, "#/phone", "It must be text."),
        ({"email": "dana"}, "#/email", "That is no e-mail address."),
        ({"country": "us"}, "#/country", "It must be of the form ^[A-Z]{2}$"),
        ({"country": "XX"}, "#/country", "It must be a country's two letters, such as US."),
        ({"time_zone": "EST5"}, "#/time_zone", "It must be a time zone's name, such as America/Chicago."),
        ({"tags": "one"}, "#/tags", "It must be a list."),
        ({"tags": ["x"] * 21}, "#/tags", "It may have 20 entries."),
        ({"tags": ["x" * 51]}, "#/tags/0", "It may have 50 characters."),
        ({"attributes": {"a": 1}}, "#/attributes/a", "It must be text."),
        ({"attributes": {"a/b~": None}}, "#/attributes/a~1b~0", "It must be text."),
        ({"attributes": {"": "x"}}, "#/attributes/", "It is empty."),
        ({"attributes": []}, "#/attributes", "It must be an object."),
        ({"attributes": {str(n): "" for n in range(51)}}, "#/attributes", "It may have 50 entries."),
        ({"Ärger": 1}, "#/%C3%84rger", "There is no such field."),
        ({"\ud800": 1}, "#", "It holds half a character."),
        ({"x" * 900: 1}, "#/" + "x" * 100, "There is no such field."),
        ({"consent": {}}, "#/consent/category", "It is missing."),
        (agreed(category="all"), "#/consent/category", "It must be 'marketing' or 'informational'."),
        (agreed(ip="1.2.3"), "#/consent/ip", "It must be an IP address."),
        (agreed(url="javascript:x"), "#/consent/url", "It must be of the form ^https?://[!-~]{1,1990}$"),
        (agreed(captured_at="2026-11-23T12:05:01Z"), "#/consent/captured_at", "It has not come yet."),
        (agreed(until=AGREED["captured_at"]), "#/consent/until", "It must be after captured_at."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_a_plain_sentence_with_its_place(more: Any, pointer: str, detail: str) -> None:
    found = read({**DANA, **more})
    assert isinstance(found, list)
    assert found[0] == (pointer, detail)


def test_it_needs_a_number_or_an_address_and_consent_a_number() -> None:
    assert read({"id": "1", "name": "Dana"}) == [("#", "It has neither a phone number nor an e-mail address.")]
    assert read({"id": "1", "email": "d@example.com", "consent": AGREED}) == [
        ("#/consent", "It is kept with a phone number, and there is none.")
    ]


@pytest.mark.parametrize(
    "moment",
    [
        1763895600, "1763895600", "2026-11-20", "2026-11-20T10:00:00", "2026-11-20T10:00Z", "2026-02-30T10:00:00Z",
        "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "2026-11-20T10:00:60Z",
        "２０２６-11-20T10:00:00Z", "20261120T100000Z", None,
    ],
)  # fmt: skip
def test_a_moment_without_its_time_zone_is_none(moment: Any) -> None:
    sentence = "It must be a moment with its time zone, such as 2026-01-15T12:30:00Z."
    assert read({**DANA, "consent": {**AGREED, "captured_at": moment}}) == [("#/consent/captured_at", sentence)]


@pytest.mark.parametrize(
    "moment", ["2026-11-20T10:00:00Z", "2026-11-20t02:00:00.000-08:00", "2026-11-20T10:00:00+00:00"]
)
def test_a_moment_is_the_same_in_any_notation(moment: str) -> None:
    signup = entered({**DANA, "consent": {**AGREED, "captured_at": moment, "until": "2027-01-01T00:00:00Z"}})
    assert signup.consent is not None
    assert signup.consent.at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert signup.consent.until == datetime(2027, 1, 1, tzinfo=UTC)


def test_what_no_database_takes_is_left_out() -> None:
    signup = entered({**DANA, "name": "Da\0na\ud800", "tags": ["a\0b"], "attributes": {"k\0": "\ud800"}})
    assert (signup.name, signup.tags, signup.attributes) == ("Dana\ufffd", ("ab",), {"k": "\ufffd"})


def test_it_is_known_again_by_its_id_and_by_what_it_says() -> None:
    signup, other = entered(DANA), entered({**DANA, "id": "2"})
    same = [
        {**DANA, "country": "US", "tags": [], "email": None},
        {**DANA, "name": " Dana "},
        dict(reversed(DANA.items())),
    ]
    for each in same:
        assert (entered(each).origin, entered(each).digest) == (signup.origin, signup.digest)
    assert signup.origin != other.origin
    assert len(signup.origin or "") <= 80
    for differs in ({"name": "Dan"}, {"tags": ["x"]}, {"consent": AGREED}, {"phone": "415-555-0123"}):
        assert entered({**DANA, **differs}).digest != signup.digest


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=12), inside, max_size=4),
    max_leaves=12,
)
FIELDS = sorted(Lead.model_fields)
NEARLY = st.dictionaries(st.sampled_from(FIELDS), ANYTHING, max_size=8).map(lambda said: {**DANA, **said})


@given(ANYTHING | NEARLY)
def test_whatever_it_is_it_is_a_signup_or_a_complaint(said: Any) -> None:
    found = intake.read(said, "#", by="key", now=NOW)
    if isinstance(found, Signup):
        json.dumps([found.name, found.tags, found.attributes], ensure_ascii=False).encode()
        assert found.phone or found.email
    else:
        assert 1 <= len(found) <= intake.MOST_COMPLAINTS
        assert all(each.pointer.startswith("#") and each.pointer.isascii() for each in found)
        assert all(each.detail.endswith((".", "$")) for each in found), found


@given(st.binary(max_size=60))
def test_whatever_comes_is_json_or_not(body: bytes) -> None:
    try:
        found = intake.handed(body)
    except ValueError:
        return
    assert isinstance(found, Handed) or found


def test_nobody_prints_what_people_said() -> None:
    lead = Lead.model_validate({**DANA, "consent": AGREED})
    assert "Dana" not in f"{lead!r} {lead} {lead.consent!r}"


def test_one_is_one_and_several_have_their_places() -> None:
    one, several = (
        intake.handed(json.dumps(DANA).encode()),
        intake.handed(json.dumps({"leads": [DANA, 1]}).encode()),
    )
    assert isinstance(one, Handed)
    assert isinstance(several, Handed)
    assert (one.is_one, one.place(0)) == (True, "#")
    assert (several.is_one, several.place(1), len(several.leads)) == (False, "#/leads/1", 2)
    assert intake.identity(DANA) == "1"
    assert intake.identity({"id": "no good"}) is intake.identity([]) is None
    assert timedelta(0) < intake.AHEAD
