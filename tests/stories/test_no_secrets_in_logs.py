"""Whatever happens, and however much is logged: no token, no phone number and no word of anybody is printed."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp
import pytest

from bridge.logs import mask
from bridge.sandbox.ports import free_port
from bridge.sandbox.slack import PretendSlack
from bridge.sandbox.slack.model import PretendFile
from bridge.sandbox.twilio import PretendMedia, PretendTwilio
from tests import cast
from tests.cast import ACCOUNT, LAW, MARIA, NOAH, TOKEN
from tests.commands.operator import BARE
from tests.forked import ROOT, say
from tests.pretenders import services
from tests.stories.canaries import LEADS, WITH_BUGS, found

PNG = b"\x89PNG\r\n\x1a\ncanary pixels"
# What a proxy between us and a service may answer: everything that it was sent.
ECHO = f"<html>502 for Authorization: Bearer {LAW.bot_token} {TOKEN}, To={MARIA}, canary words</html>"


@dataclass
class Serving:
    """The app as processes, with everything they print, and the world around them."""

    slack: PretendSlack
    twilio: PretendTwilio
    environ: dict[str, str]
    stack: AsyncExitStack
    processes: list[asyncio.subprocess.Process] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)
    printed: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.environ["PUBLIC_BASE_URL"]

    async def serve(self, command: str, figures: str, **environ: str) -> None:
        """Start a process of the app, with its bugs, and wait for its one line."""
        process = await self._start("-c", WITH_BUGS, command, **environ)
        assert process.stdout is not None
        async with asyncio.timeout(30):
            self.printed.append(await process.stdout.readline())
        assert b"ready" in self.printed[-1]
        self.processes.append(process)
        self.figures.append(figures)

    async def operate(self, *words: str) -> list[str]:
        """What an operator's command prints."""
        said = await say(words, BARE | self.environ)
        return [*said.out.splitlines(), *said.err.splitlines()]

    async def _start(self, *words: str, **environ: str) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *words, cwd=ROOT, env=BARE | self.environ | environ,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip

        @self.stack.push_async_callback
        async def end() -> None:
            if process.returncode is None:
                process.kill()
            await process.communicate()

        return process

    async def until(self, happened: Callable[[], object], seconds: float = 20.0) -> None:
        async with asyncio.timeout(seconds):
            while not happened():
                await asyncio.sleep(0.02)

    async def shown(self) -> str:
        """What /metrics of all processes shows."""
        told = ""
        async with aiohttp.ClientSession() as session:
            for place in self.figures:
                async with session.get(f"{place}/metrics") as answer:
                    told += await answer.text()
        return told

    async def stop(self) -> list[str]:
        """End everything as an operator does; what it printed."""
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            async with asyncio.timeout(20):
                self.printed += [each for each in await process.communicate() if each]
            assert process.returncode == 0, self.printed
        return b"".join(self.printed).decode().splitlines()


@pytest.fixture
async def serving(database_url: str) -> AsyncIterator[Serving]:
    """Everything is logged that can be, and two-way SMS is on. On PostgreSQL the worker is a process of its own."""
    async with AsyncExitStack() as stack:
        slack, twilio = await stack.enter_async_context(services())
        environ = cast.environment(database_url, free_port(), slack, twilio) | {"LOG_LEVEL": "DEBUG"}
        slack.request_url = environ["PUBLIC_BASE_URL"] + "/slack/events"
        app = Serving(slack, twilio, environ, stack)
        twilio.fail("list", status=502, body=ECHO)  # which the first sweep gets
        if database_url.startswith("sqlite"):
            await app.serve("serve", app.url)
        else:
            port = str(free_port())
            await app.serve("web", app.url)
            await app.serve("worker", f"http://127.0.0.1:{port}", METRICS_PORT=port)
        assert "is on" in (await app.operate("firms", "two-way", "on"))[0]
        yield app


async def a_day_with_everything(app: Serving) -> None:
    """A conversation with pictures, notes, keywords, refusals, and every kind of trouble that is logged."""
    slack, twilio = app.slack, app.twilio
    media = [PretendMedia(PNG), PretendMedia(b"<svg canary/>")]
    await twilio.text(MARIA, LAW.number, "canary question", media=media)
    await app.until(lambda: slack.roots(LAW.team_id, LAW.channel))
    root = slack.roots(LAW.team_id, LAW.channel)[0]["ts"]
    for words in ("canary answer", "// canary note", "canary " * 300):
        await slack.say(LAW.team_id, LAW.channel, LAW.agent, words, thread_ts=root)
    picture = PretendFile("canary.png", PNG)
    await slack.say(LAW.team_id, LAW.channel, LAW.agent, "", thread_ts=root, files=[picture])
    await app.until(lambda: len(twilio.texts_to(MARIA)) == 2)
    await slack.say(LAW.team_id, LAW.channel, LAW.guest, "canary answer of a guest", thread_ts=root)
    await slack.command(LAW.team_id, LAW.agent, LAW.channel, "/sms", "canary command")
    await slack.command(LAW.team_id, LAW.agent, LAW.channel, "/other", "canary command")
    await trouble_outside(app, root)
    await knocks(app)
    for words in ("canary value", "canary key", "canary row", "canary type", "canary task", "canary post"):
        await twilio.text(NOAH, LAW.number, words)
    for words in ("STOP", "canary question", "START", "HELP"):
        await twilio.text(NOAH, LAW.number, words)
    await slack.settled()
    await twilio.settled()
    await asyncio.sleep(1)


async def trouble_outside(app: Serving, root: str) -> None:
    """Refusals that repeat what was asked, and proxies that repeat how."""
    refusal = f"The number {MARIA} is not valid for canary answer with {TOKEN}"
    app.twilio.fail("create", status=400, code=21211, message=refusal)
    await app.slack.say(LAW.team_id, LAW.channel, LAW.agent, "canary answer to nobody", thread_ts=root)
    await app.until(lambda: app.twilio.requests[-1].operation == "create")
    app.twilio.fail("create", status=407, body=ECHO)
    await app.slack.say(LAW.team_id, LAW.channel, LAW.agent, "canary answer by a proxy", thread_ts=root)
    for method, trouble in [
        ("chat.postMessage", {"status": 502, "body": ECHO}),
        ("users.info", {"error": "user_not_found"}),
        ("reactions.add", {"error": f"invalid_name {MARIA} canary"}),
    ]:
        app.slack.fail(method, **trouble)  # type: ignore[arg-type]  # a number or words
    await app.twilio.text(NOAH, LAW.number, "canary question")
    await app.until(lambda: len(app.slack.roots(LAW.team_id, LAW.channel)) == 2)


async def knocks(app: Serving) -> None:
    """Strangers, and Slack and Twilio with what nobody expects of them."""
    event = {"type": "message", "text": "canary forgery", "user": LAW.agent, "ts": "2.1", "thread_ts": "2.0"}
    body = json.dumps(
        {"type": "event_callback", "team_id": LAW.team_id, "event_id": "Ev1", "event": event}
    ).encode()
    form = {"AccountSid": ACCOUNT, "From": MARIA, "To": LAW.number, "Body": "canary forgery", "NumMedia": "0"}
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
            (f"/media/1/1/9999999999/canary?phone={MARIA}", b"", {}),
            (f"/canary/{MARIA}", sent, {**as_form, "Authorization": f"Bearer {LAW.bot_token}"}),
        ]:
            async with session.post(app.url + path, data=words, headers=headers) as answer:
                assert answer.status >= 400
    reader, writer = await asyncio.open_connection("127.0.0.1", int(app.url.rpartition(":")[2]))
    writer.write(b"POST /canary\x00 HTTP/1.1\r\nCanary: " + MARIA.encode() + b"\r\n\r\n")
    assert b"anary" not in await reader.read()
    writer.close()


@pytest.mark.faults("F25", "S6", "S22")
async def test_nothing_that_was_said_or_sealed_is_ever_printed(serving: Serving) -> None:
    await a_day_with_everything(serving)
    figures = await serving.shown()
    assert found(figures.splitlines()) == []
    assert "bridge_incidents_total 0.0" not in figures.partition("bridge_incidents_total")[2].splitlines()[0]
    for words in (["doctor"], ["doctor", "--json"], ["outbox", "list"]):
        said = await serving.operate(*words)
        assert found(said, LEADS) == [], words  # an operator may read the firm's own number
        assert len(said) > 1
    lines = await serving.stop()
    assert found(lines) == []
    entries = [json.loads(line) for line in lines if line.startswith("{")]
    assert all({"event", "level", "timestamp", "logger"} <= set(entry) for entry in entries)
    others = [line for line in lines if not line.startswith("{")]
    assert len(others) == len(serving.processes)  # every line of the log is one record
    there_was_something_to_tell(entries)


def there_was_something_to_tell(entries: list[dict[str, str]]) -> None:
    """Each mistake is in the log with the place where it was made, and with what may be told of it."""
    events = {entry["event"].partition("\n")[0] for entry in entries}
    assert {
        "request_failed", "slack_listener_failed", "call_failed", "promise_broken", "backfill_failed",
        "Task exception was never retrieved",
    } <= events  # fmt: skip
    told = "\n".join(entry["exception"] for entry in entries if "exception" in entry)
    for part in (
        "in receive_all",
        "ValueError: [words]",
        "KeyError: ('[words]')",
        "sqlalchemy.exc.IntegrityError: ",
        "aiohttp.client_exceptions.ClientResponseError: [words]",
        "RuntimeError: cannot show [<",
        "direct cause of the following exception",
    ):
        assert part in told, f"{part} not in {told}"
    assert "for query argument [secret]" in told or "binding parameter" in told  # as asyncpg and sqlite3 put it


@pytest.mark.faults("F25", "S22")
def test_the_check_itself_finds_what_it_looks_for() -> None:
    hits = [
        "x canary question",
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
        (
            "GET https://x.example/Messages.json?To=you&Body=hi+there: 502",
            "GET https://x.example/Messages.json?[secret] 502",
        ),
        ("<Task finished exception=ValueError('hi there')>", "<Task finished exception=[secret]>"),
        ("what is this? nothing", "what is this? nothing"),
        ("Authorization: Basic QUMxMjM0NTY3ODkwOng=", "Authorization: Basic [secret]"),
        ("DETAIL:  Failing row contains (1, hi there).\nCONTEXT", "DETAIL:[secret]\nCONTEXT"),
        ("invalid input for query argument $1: 'hi there' (no)", "invalid input for query argument [secret]"),
    ],
)
def test_what_slips_into_an_exceptions_text_is_masked(told: str, logged: str) -> None:
    assert mask(told) == logged
