"""A signature is right when the vendor's own code says so, and only then."""

import base64
import hashlib
import hmac
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as some
from slack_sdk.signature import SignatureVerifier
from twilio.request_validator import RequestValidator

from bridge.handlers.signatures import is_slacks, is_twilios

NOW = 1_795_000_000
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
URL = "https://sms.example.com/twilio/sms"
words = some.text(some.characters(exclude_categories=["Cs"]), max_size=20)
forms = some.dictionaries(words, words, max_size=6)
urls = some.sampled_from(
    [URL, URL + "?mid=7&x=%2B1", "https://sms.example.com:443/a", "http://127.0.0.1:3000/a", "http://[::1]/a",
     "https://sms.example.com/a/b/", "https://sms.example.com:8443/x?fb=1"]
)  # fmt: skip


def signed(body: bytes, timestamp: int | str = NOW) -> str:
    base = b"v0:" + str(timestamp).encode() + b":" + body
    return "v0=" + hmac.new(SECRET.encode(), base, hashlib.sha256).hexdigest()


@pytest.mark.faults("F20", "S3")
def test_slacks_own_example() -> None:
    """docs.slack.dev, "Verifying requests from Slack"."""
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    assert is_slacks(SECRET.encode(), "1531420618", body, signature, 1531420618)
    assert not is_slacks(SECRET.encode(), "1531420618", body + b" ", signature, 1531420618)


@pytest.mark.faults("F20", "S3")
@given(words)
def test_what_we_take_for_slacks_is_what_slacks_sdk_takes(text: str) -> None:
    body = text.encode()
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=str(NOW), body=body) or ""
    assert signature == signed(body)
    assert is_slacks(SECRET.encode(), str(NOW), body, signature, NOW)
    assert not is_slacks(SECRET.encode(), str(NOW), body + b"x", signature, NOW)
    assert not is_slacks(b"another secret", str(NOW), body, signature, NOW)


@pytest.mark.faults("F20", "S3")
@pytest.mark.parametrize(
    ("timestamp", "is_good"),
    [
        (str(NOW), True),
        (str(NOW - 300), True),
        (str(NOW + 300), True),
        (str(NOW - 301), False),
        (str(NOW + 301), False),
        ("", False),
        ("abc", False),
        (f" {NOW}", False),
        (f"{NOW}\n", False),
        (f"{NOW}.0", False),
        (f"-{NOW}", False),
        ("1.795e9", False),
        ("1_795_000_000", False),
        ("١٧٩٥٠٠٠٠٠٠", False),  # digits, but not Slack's
        ("9" * 5000, False),
    ],
)
def test_a_timestamp_is_a_recent_number_and_nothing_else(timestamp: str, is_good: bool) -> None:
    assert is_slacks(SECRET.encode(), timestamp, b"{}", signed(b"{}", timestamp), NOW) is is_good


@pytest.mark.faults("F18", "F20")
@pytest.mark.parametrize(
    "signature",
    ["", "v0=", "v0=" + "0" * 64, "v1=" + "0" * 64, "ü" * 67, "\udcff" * 67, "v0=" + "é" * 64, "x" * 9999],
)
def test_a_wrong_signature_is_wrong_whatever_it_is_made_of(signature: str) -> None:
    assert not is_slacks(SECRET.encode(), str(NOW), b"{}", signature, NOW)
    assert not is_slacks(SECRET.encode(), str(NOW), b"{}", signed(b"{}")[:-1] + signature[:1], NOW)
    assert not is_twilios(["12345"], URL, {"Body": "x"}, signature)
    assert not is_twilios([], URL, {"Body": "x"}, signature)


@pytest.mark.faults("F18", "S2")
def test_every_token_counts_and_every_letter() -> None:
    form = {"AccountSid": "AC" + "a1" * 16, "Body": "Hello", "From": "+14155550111", "To": "+14155550100"}
    signature = RequestValidator("12345").compute_signature(URL, form)
    assert is_twilios(["12345"], URL, form, signature)
    assert is_twilios(["new", "12345"], URL, form, signature)
    assert is_twilios(["12345", "old"], URL, form, signature)
    assert not is_twilios(["new"], URL, form, signature)
    assert not is_twilios(["12345"], URL.replace("https", "http"), form, signature)
    assert not is_twilios(["12345"], URL + "?", form, signature)
    assert not is_twilios(["12345"], URL + "/", form, signature)
    assert not is_twilios(["12345"], URL, {**form, "Body": "hello"}, signature)
    assert not is_twilios(["12345"], URL, form, signature[:-1])
    assert not is_twilios(["12345"], URL, form, signature + "=")
    assert not is_twilios(["12345"], URL, form, signature.swapcase())


@pytest.mark.faults("F18", "S2")
@given(urls, forms, some.booleans())
def test_what_we_take_for_twilios_is_what_twilios_sdk_takes(
    url: str, form: dict[str, str], is_port_told: bool
) -> None:
    told = urlsplit(url)
    default = {"https": 443, "http": 80}[told.scheme]
    netloc = f"{told.netloc}:{default}" if told.port is None and is_port_told else told.netloc
    signature = RequestValidator("token").compute_signature(told._replace(netloc=netloc).geturl(), form)
    assert is_twilios(["token"], url, form, signature)
    if "[" not in url:  # the SDK cannot take the port from an IPv6 address
        assert RequestValidator("token").validate(url, form, signature)
    assert not is_twilios(["other"], url, form, signature)
    assert not is_twilios(["token"], url + "x", form, signature)
    assert not is_twilios(["token"], url, {**form, "Extra": "x"}, signature)


@pytest.mark.faults("F21", "S2")
def test_half_a_character_can_be_signed() -> None:
    signed_bytes = (URL + "Body").encode() + "\ud83d".encode("utf-8", "surrogatepass")
    digest = hmac.new(b"token", signed_bytes, hashlib.sha1).digest()
    assert is_twilios(["token"], URL, {"Body": "\ud83d"}, base64.b64encode(digest).decode())
