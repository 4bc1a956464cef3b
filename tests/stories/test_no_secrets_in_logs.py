"""Whatever happens, and however much is logged: no token, no phone number and no word of anybody is in the log."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from bridge.logs import mask
from bridge.sandbox.slack import PretendSlack
from bridge.sandbox.twilio import PretendMedia, PretendTwilio
from tests import cast
from tests.cast import ACCOUNT, LAW, MARIA, NOAH, SIGNING_SECRET, TOKEN
from tests.pretenders import services

ROOT = Path(__file__).parents[2]
WORDS = [
    "canaryquestion",
    "canaryanswer",
    "canarynote",
    "canaryforgery",
    "canarycommand",
    "canarybug",
]
SECRETS = [LAW.bot_token, SIGNING_SECRET, TOKEN, cast.KEY]
PEOPLE = ["Ben Agent", "Ada Admin", "Maria"]
PHONES = [re.compile(r"[\D]{0,3}".join(phone[-7:])) for phone in (MARIA, NOAH, LAW.number)]

# The app as it is, but for one thing: a lead's text with a certain word in it meets a bug that repeats what it saw.
WITH_A_BUG = """
from bridge.__main__ import main
from bridge.services import inbound
take = inbound.receive_all
async def receive_all(deps, arrivals):
    for sms, firm in [(arrival.sms, arrival.firm) for arrival in arrivals]:
        if "canarybug" in sms.body:
            raise ValueError(f"cannot take {sms!r} of {firm!r} from {sms.from_} with xoxb-law-1")
    return await take(deps, arrivals)
inbound.receive_all = receive_all
main()
"""


@dataclass
class Serving:
    """The app as a process, with everything it prints, and the world around it."""

    process: asyncio.subprocess.Process
    slack: PretendSlack
    twilio: PretendTwilio
    url: str
    printed: list[bytes] = field(default_factory=list)

    async def until(self, happened: Any, seconds: float = 15.0) -> None:
        async with asyncio.timeout(seconds):
            while not happened():
                await asyncio.sleep(0.02)

    async def stop(self) -> list[str]:
        """End it as an operator does; what it printed."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            self.printed += [each for each in await self.process.communicate() if each]
        assert self.process.returncode == 0, self.printed
        return b"".join(self.printed).decode().splitlines()


@pytest.fixture
async def serving(database_url: str) -> AsyncIterator[Serving]:
    """Everything is logged that can be, and two-way SMS is on."""
    async with AsyncExitStack() as stack:
        slack, twilio = await stack.enter_async_context(services())
        environ = cast.environment(database_url, cast.free_port(), slack, twilio) | {"LOG_LEVEL": "DEBUG"}
        slack.request_url = environ["PUBLIC_BASE_URL"] + "/slack/events"
        process = await _start(stack, environ, "-c", WITH_A_BUG, "serve")
        assert process.stdout is not None
        async with asyncio.timeout(30):
            first = await process.stdout.readline()
        assert b"bridge is ready" in first
        switch = await _start(stack, environ, "-m", "bridge", "firms", "two-way", "on")
        assert await switch.wait() == 0
        yield Serving(process, slack, twilio, environ["PUBLIC_BASE_URL"], [first])


async def _start(stack: AsyncExitStack, environ: dict[str, str], *words: str) -> asyncio.subprocess.Process:
    bare = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, cwd=ROOT, env=bare | environ,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip

    @stack.push_async_callback
    async def end() -> None:
        if process.returncode is None:
            process.kill()
        await process.communicate()

    return process


async def a_day_with_everything(app: Serving) -> None:
    """A conversation, a picture, a note, keywords, refusals, and every kind of trouble that is logged."""
    slack, twilio = app.slack, app.twilio
    await twilio.text(MARIA, LAW.number, "canaryquestion", media=[PretendMedia(b"<svg canaryquestion/>")])
    await app.until(lambda: slack.roots(LAW.team_id, LAW.channel))
    root = slack.roots(LAW.team_id, LAW.channel)[0]["ts"]
    for words in ("canaryanswer", "// canarynote"):
        await slack.say(LAW.team_id, LAW.channel, LAW.agent, words, thread_ts=root)
    await app.until(lambda: twilio.texts_to(MARIA))
    await slack.say(LAW.team_id, LAW.channel, LAW.guest, "canaryanswer of a guest", thread_ts=root)
    await slack.command(LAW.team_id, LAW.agent, LAW.channel, "/sms", "canarycommand")
    await slack.command(LAW.team_id, LAW.agent, LAW.channel, "/other", "canarycommand")
    await trouble_outside(app, root)
    await knocks(app)
    await twilio.text(NOAH, LAW.number, "canarybug")
    await twilio.text(NOAH, LAW.number, "STOP")
    await twilio.text(NOAH, LAW.number, "canaryquestion")
    await slack.settled()
    await twilio.settled()
    await asyncio.sleep(1)


async def trouble_outside(app: Serving, root: str) -> None:
    refusal = f"The number {MARIA} is not valid for canaryanswer with {TOKEN}"
    app.twilio.fail("create", status=400, code=21211, message=refusal)
    await app.slack.say(LAW.team_id, LAW.channel, LAW.agent, "canaryanswer to nobody", thread_ts=root)
    app.slack.fail("chat.postMessage", status=500, times=1)
    app.slack.fail("users.info", error="user_not_found", times=1)
    app.slack.fail("reactions.add", error="invalid_name", times=1)
    await app.twilio.text(NOAH, LAW.number, "canaryquestion")
    await app.until(lambda: len(app.slack.roots(LAW.team_id, LAW.channel)) == 2)


async def knocks(app: Serving) -> None:
    """Strangers, and Slack and Twilio with what nobody expects of them."""
    event = {"type": "message", "text": "canaryforgery", "user": LAW.agent, "ts": "2.1", "thread_ts": "2.0"}
    body = json.dumps(
        {"type": "event_callback", "team_id": LAW.team_id, "event_id": "Ev1", "event": event}
    ).encode()
    form = {"AccountSid": ACCOUNT, "From": MARIA, "To": LAW.number, "Body": "canaryforgery", "NumMedia": "0"}
    sent = urlencode(form | {"MessageSid": "SM" + "1" * 32}).encode()
    as_json, as_form = ({"Content-Type": f"application/{each}"} for each in ("json", "x-www-form-urlencoded"))
    async with aiohttp.ClientSession() as session:
        for path, words, headers in [
            ("/slack/events", body, as_json),
            ("/slack/events", body, {**as_json, "X-Slack-Signature": "v0=é", "X-Slack-Request-Timestamp": "x"}),
            ("/slack/events", body, {**as_json, **app.slack.sign(body)}),  # an event without its channel: a bug
            ("/slack/events", body[:-9], {**as_json, **app.slack.sign(body[:-9])}),
            ("/twilio/sms", sent, as_form),
            ("/twilio/sms", sent + b"&x=" + b"y" * 70_000, as_form),
            (f"/media/1/1/9999999999/canaryforgery?phone={MARIA}", b"", {}),
            (f"/canaryforgery/{MARIA}", sent, {**as_form, "Authorization": f"Bearer {LAW.bot_token}"}),
        ]:
            async with session.post(app.url + path, data=words, headers=headers) as answer:
                assert answer.status >= 400
        async with session.get(app.url + "/metrics") as answer:
            app.printed.append((await answer.text()).encode())
    reader, writer = await asyncio.open_connection("127.0.0.1", int(app.url.rpartition(":")[2]))
    writer.write(b"POST /canaryforgery\x00 HTTP/1.1\r\nCanaryforgery: " + MARIA.encode() + b"\r\n\r\n")
    assert b"canary" not in await reader.read()
    writer.close()


def found(lines: list[str]) -> list[str]:
    """The lines that tell too much."""
    plain = [*WORDS, *SECRETS, *PEOPLE]
    return [
        line for line in lines
        if any(secret in line for secret in plain) or any(phone.search(line) for phone in PHONES)
    ]  # fmt: skip


@pytest.mark.faults("F25", "S6", "S22")
async def test_nothing_that_was_said_or_sealed_is_ever_printed(serving: Serving) -> None:
    await a_day_with_everything(serving)
    lines = await serving.stop()
    assert found(lines) == []
    entries = [json.loads(line) for line in lines if line.startswith("{")]
    events = {entry["event"] for entry in entries}
    assert {"request_failed", "slack_listener_failed", "call_failed"} <= events  # there was something to tell
    assert all({"event", "level", "timestamp", "logger"} <= set(entry) for entry in entries)
    tracebacks = [entry["exception"] for entry in entries if "exception" in entry]
    assert any("cannot take <" in told and "[phone ..12]" in told for told in tracebacks)
    others = [line for line in lines if not line.startswith(("{", "#", "bridge_"))]
    assert others == [lines[0]]  # every line of the log is one record


@pytest.mark.faults("F25", "S22")
def test_the_check_itself_finds_what_it_looks_for() -> None:
    hits = [
        "x canaryquestion",
        f"+{MARIA[1:]}",
        "(415) 555-0111",
        "415.555.0112",
        TOKEN,
        "To=%2B14155550111",
        "Ben Agent",
    ]
    assert found(hits) == hits
    assert found(["2026-11-22T04:06:59.123456Z", "port 5432", "SM" + "1" * 32]) == []


@pytest.mark.faults("F25", "S22")
@pytest.mark.parametrize(
    ("told", "logged"),
    [
        ("to +14155550111 now", "to [phone ..11] now"),
        ("(415) 555-0111", "[phone ..11]"),
        ("415-555-0111", "[phone ..11]"),
        ("To=%2B14155550111&x", "To=[phone ..11]&x"),
        ("To=%2b14155550111", "To=[phone ..11]"),
        ("whatsapp:+14155550111", "whatsapp:[phone ..11]"),
        ("contacts.phone='+1 (415) 555-0111'", "contacts.phone='[phone ..11]'"),
        ("2026-11-22T04:06:59.123456Z", "2026-11-22T04:06:59.123456Z"),
        ("on 2026-11-22 04:06:59", "on 2026-11-22 04:06:59"),
        ("ts 1764000000.123456", "ts 1764000000.123456"),
        ("SM" + "1" * 32, "SM" + "1" * 32),
        ("row 12345678 of 2", "row 12345678 of 2"),
        ("xoxb-1-2-abc and xoxp-3", "[secret] and [secret]"),
        ("xoxe.xoxb-1-abc, xapp-1-A", "[secret], [secret]"),
        ("token " + "0123456789abcdef" * 2, "token [secret]"),
        ("sk_" + "live_1234 whsec_1234", "[secret] [secret]"),
        ("gAAAAABl" + "x" * 40 + "==", "[secret]"),
        ("postgresql://user:pass@db/x", "postgresql://[secret]@db/x"),
        ("Authorization: Basic QUMxMjM0NTY3ODkwOng=", "Authorization: Basic [secret]"),
        ("DETAIL:  Failing row contains (1, hi there).\nCONTEXT", "DETAIL:[secret]\nCONTEXT"),
        ("invalid input for query argument $1: 'hi there' (no)", "invalid input for query argument [secret]"),
    ],
)
def test_what_slips_into_an_exceptions_text_is_masked(told: str, logged: str) -> None:
    assert mask(told) == logged
