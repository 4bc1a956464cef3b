"""Texts as Twilio brings them and replies as Slack does, with genuine signatures, as whole requests."""

import base64
import hashlib
import hmac
import json
import time
from urllib.parse import urlencode

from benchmarks.providers import ACCOUNT, BOT, CHANNEL, NUMBER, TEAM, TOKEN
from benchmarks.wire import post

SIGNING_SECRET = "bench-signing-secret"
AUTHORS = 20_000  # each may send ten texts a minute: enough that nobody is too fast


def lead(number: int) -> str:
    """A reserved phone number for each lead."""
    return f"+1{200 + number // 100}55501{number % 100:02d}"


def author(number: int) -> str:
    """The Slack user who writes this reply."""
    return f"U{100_000 + number % AUTHORS}"


def text(url: str, number: int, from_: int) -> bytes:
    """A lead's text; `url` is the app's public one, which is part of the signature."""
    sid = f"SM{number:032x}"
    params = {
        "MessageSid": sid, "SmsSid": sid, "SmsMessageSid": sid, "AccountSid": ACCOUNT,
        "From": lead(from_), "To": NUMBER, "Body": f"Hello, this is text number {number}",
        "NumMedia": "0", "NumSegments": "1", "SmsStatus": "received", "ApiVersion": "2010-04-01",
        "FromCity": "", "FromState": "CA", "FromZip": "", "FromCountry": "US",
        "ToCity": "", "ToState": "CA", "ToZip": "", "ToCountry": "US",
    }  # fmt: skip
    signed = f"{url}/twilio/sms" + "".join(name + params[name] for name in sorted(params))
    digest = hmac.digest(TOKEN.encode(), signed.encode(), "sha1")
    headers = {
        "User-Agent": "TwilioProxy/1.1",
        "X-Twilio-Signature": base64.b64encode(digest).decode(),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return post(url, "/twilio/sms", urlencode(params).encode(), headers)


def reply(url: str, number: int, root: str) -> bytes:
    """A reply in the thread with this root; it is valid for five minutes."""
    words = f"Yes, this is reply number {number}"
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": words}]}
    event = {
        "type": "message", "channel": CHANNEL, "channel_type": "channel", "user": author(number), "team": TEAM,
        "text": words, "blocks": [{"type": "rich_text", "block_id": "b1", "elements": [section]}],
        "ts": f"1800000000.{number:06d}", "thread_ts": root, "parent_user_id": BOT,
        "client_msg_id": f"client-{number}",
    }  # fmt: skip
    body = {"type": "event_callback", "team_id": TEAM, "event_id": f"Ev{number}", "event": event}
    return _signed(url, json.dumps(body).encode())


def _signed(url: str, body: bytes) -> bytes:
    timestamp = str(int(time.time()))
    signed = f"v0:{timestamp}:".encode() + body
    headers = {
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": "v0=" + hmac.new(SIGNING_SECRET.encode(), signed, hashlib.sha256).hexdigest(),
        "Content-Type": "application/json",
    }
    return post(url, "/slack/events", body, headers)
