"""Events arrive signed, more than once, late, and in any order, when Slack's rules or a test say so."""

import asyncio
import hashlib
import hmac
import time

from aiohttp import web

from bridge.sandbox.slack import PretendSlack
from tests.sandbox.slack.conftest import SECRET, App


async def test_requests_are_signed_by_slacks_rule(slack: PretendSlack, app: App) -> None:
    await slack.say("T1", "C1INBOX", "U1AGENT", "hi")
    await slack.settled()
    [request] = app.received
    timestamp = request.headers["x-slack-request-timestamp"]
    base = f"v0:{timestamp}:".encode() + request.body
    expected = hmac.new(SECRET.encode(), base, hashlib.sha256).hexdigest()
    assert request.headers["x-slack-signature"] == f"v0={expected}"
    assert abs(int(timestamp) - time.time()) < 5


def test_the_example_that_slack_publishes() -> None:
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    headers = PretendSlack(signing_secret=SECRET).sign(body, 1531420618)
    assert headers["X-Slack-Signature"] == "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


async def test_failures_are_retried_three_times(slack: PretendSlack, app: App) -> None:
    app.will_answer(*(web.Response(status=500) for _ in range(4)))
    await slack.say("T1", "C1INBOX", "U1AGENT", "hi")
    await slack.settled()
    assert len({r.json["event_id"] for r in app.received}) == 1
    assert [r.headers.get("x-slack-retry-num") for r in app.received] == [None, "1", "2", "3"]
    assert app.received[1].headers["x-slack-retry-reason"] == "http_error"
    assert [(d.attempt, d.status) for d in slack.deliveries] == [(1, 500), (2, 500), (3, 500), (4, 500)]


async def test_an_app_that_says_no_retry_gets_none(slack: PretendSlack, app: App) -> None:
    app.will_answer(web.Response(status=404, headers={"x-slack-no-retry": "1"}))
    await slack.say("T1", "C1INBOX", "U1AGENT", "hi")
    await slack.settled()
    assert len(app.received) == 1


async def test_slow_answers_count_as_timeouts(slack: PretendSlack, app: App) -> None:
    slack.timeout, app.delay = 0.05, 0.2
    await slack.say("T1", "C1INBOX", "U1AGENT", "hi")
    await asyncio.sleep(0.06)
    app.delay = 0
    await slack.settled()
    assert [(d.status, d.reason) for d in slack.deliveries] == [(None, "http_timeout"), (200, None)]
    assert app.received[1].headers["x-slack-retry-reason"] == "http_timeout"


async def test_an_app_that_is_down(slack: PretendSlack) -> None:
    slack.request_url = "http://127.0.0.1:9/slack/events"
    await slack.say("T1", "C1INBOX", "U1AGENT", "hi")
    await slack.settled()
    assert [d.reason for d in slack.deliveries] == ["connection_failed"] * 4


async def test_one_channel_is_told_in_order_and_does_not_wait_for_retries(slack: PretendSlack, app: App) -> None:
    slack.retry_delays = (1.0,)  # the others are told before that
    app.will_answer(web.Response(status=500))
    for text in ("one", "two", "three"):
        await slack.say("T1", "C1INBOX", "U1AGENT", text)
    await slack.settled()
    assert [e["text"] for e in app.events] == ["one", "two", "three", "one"]


async def test_duplicates_share_the_event_id_and_phantoms_do_not(slack: PretendSlack, app: App) -> None:
    slack.duplicates, slack.phantom = 2, 10
    await slack.say("T1", "C1INBOX", "U1AGENT", "hi")
    await slack.settled()
    assert len(app.received) == 13
    assert len({e["ts"] for e in app.events}) == 1
    ids = [r.json["event_id"] for r in app.received]
    repeated = [r for r in app.received if "x-slack-retry-num" in r.headers]
    assert len(set(ids)) == 11
    assert sorted(r.headers["x-slack-retry-num"] for r in repeated) == ["1", "2"]


async def test_disorder(slack: PretendSlack, app: App) -> None:
    slack.disorder = True
    for number in range(12):
        await slack.say("T1", "C1INBOX", "U1AGENT", str(number))
    await slack.settled()
    arrived = [e["text"] for e in app.events]
    assert sorted(arrived, key=int) == [str(n) for n in range(12)]
    assert arrived != sorted(arrived, key=int)


async def test_odd_requests(slack: PretendSlack, app: App) -> None:
    app.will_answer(web.Response(status=401, text="no"))
    assert await slack.post_raw(b"\xff", {"X-Slack-Signature": "v0=x"}) == (401, "no")
    assert app.received[0].body == b"\xff"
    app.will_answer(web.Response(), web.Response(status=503))
    event = {"type": "message", "channel": "C1INBOX"}
    assert await slack.send_event("T1", event, event_id="Ev1", times=2, headers={"x-a": "b"}) == [200, 503]
    assert [r.json["event_id"] for r in app.received[1:]] == ["Ev1", "Ev1"]
    assert app.received[1].headers["x-a"] == "b"


async def test_without_a_request_url_nothing_is_sent(slack: PretendSlack, app: App) -> None:
    slack.request_url = None
    await slack.say("T1", "C1INBOX", "U1AGENT", "hi")
    await slack.settled()
    assert app.received == []


async def test_a_request_url_that_goes_away_between_retries(slack: PretendSlack, app: App) -> None:
    app.will_answer(web.Response(status=500))
    await slack.say("T1", "C1INBOX", "U1AGENT", "hi")
    while not app.received:
        await asyncio.sleep(0.005)
    slack.request_url = None
    await slack.settled()
    assert [d.reason for d in slack.deliveries] == ["http_error", *["connection_failed"] * 3]


async def test_stop_gives_up_what_is_under_way(app: App) -> None:
    slack = PretendSlack(signing_secret=SECRET, request_url=app.url)
    await slack.start()
    app.delay = 5
    slack.add_workspace("T1", name="A", bot_token="x", bot_user_id="U1BOT", bot_id="B1")
    slack.add_person("T1", "U1", "One")
    slack.add_channel("T1", "C1", "c")
    await slack.say("T1", "C1", "U1", "hi")
    await asyncio.sleep(0.05)
    before = asyncio.all_tasks()
    await slack.stop()
    await asyncio.sleep(0)
    assert not [t for t in before - {asyncio.current_task()} if not t.done() and "Postman" in repr(t)]
    await slack.stop()  # twice is harmless
