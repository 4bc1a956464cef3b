"""The pretender's signatures: Twilio's published examples, and Twilio's own validator on random requests."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from bridge.sandbox.twilio import PretendTwilio
from bridge.sandbox.twilio.signing import signature

ACCOUNT, OLD, NEW, OURS = "AC" + "a" * 32, "token-of-the-first-firm", "the-next-token", "+14155550100"
EXAMPLE = "https://mycompany.com/myapp.php?foo=1&bar=2"
CALL = {"CallSid": "CA1234567890ABCDE", "Digits": "1234", "To": "+18005551212"}


@pytest.mark.parametrize(
    ("url", "params", "expected"),
    [
        (
            "https://example.com/myapp.php?foo=1&bar=2",
            {**CALL, "Caller": "+14158675310", "From": "+14158675310"},
            "L/OH5YylLD5NRKLltdqwSvS0BnU=",
        ),
        (EXAMPLE, {**CALL, "Caller": "+14158675309", "From": "+14158675309"}, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (
            EXAMPLE + "&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620",
            {},
            "a9nBmqA0ju/hNViExpshrM61xv4=",
        ),
    ],
)
def test_published_examples(url: str, params: dict[str, str], expected: str) -> None:
    assert signature("12345", url, params) == expected
    assert signature("12345", url + "#rc=3&rp=5xx", params) == expected


TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.dictionaries(st.text("ABCabc123", min_size=1), TEXT), TEXT)
def test_twilios_own_validator_agrees(params: dict[str, str], token: str) -> None:
    url = "http://127.0.0.1:8080/twilio/sms?mid=1"
    assert RequestValidator(token).validate(url, params, signature(token, url, params))


def test_equal_pairs_count_once() -> None:
    repeated = [("Media", "b"), ("Media", "a"), ("Media", "b")]
    assert signature("t", "https://a.example/", repeated) == signature("t", "https://a.example/", repeated[:2])


async def test_rotation_switches_all_signatures_at_once(twilio: PretendTwilio, app: Any) -> None:
    twilio.add_account(ACCOUNT, OLD, secondary_token=NEW)
    await twilio.text("+14155550111", OURS, "Signed with the primary token")
    twilio.rotate_token(ACCOUNT, NEW)
    await twilio.text("+14155550111", OURS, "Signed with the promoted token")
    assert [call.genuine for call in app.calls] == [True, False]
    app.validator = RequestValidator(NEW)
    await twilio.text("+14155550111", OURS, "Again")
    assert app.calls[-1].genuine


async def test_odd_requests_by_hand(twilio: PretendTwilio, app: Any) -> None:
    url, params = f"{app.url}/twilio/sms", {"AccountSid": ACCOUNT, "Body": "Hi"}
    assert await twilio.post_webhook(url, params) == (200, "")
    await twilio.post_webhook(url, params, signature="forged")
    await twilio.post_webhook(url, {"Body": "unsigned"})
    await twilio.post_webhook(url, params, headers={"X-Twilio-Signature": "é"}, body=b"%FF=\xff")
    assert [call.genuine for call in app.calls] == [True, False, False, False]
    assert "X-Twilio-Signature" not in app.calls[2].headers
    assert [webhook.kind for webhook in twilio.webhooks] == ["raw"] * 4
    assert await twilio.post_webhook("http://127.0.0.1:1/", {}) == (0, "")
