"""The cast of the stories: two firms on one running app, and the stage they play on.

The second firm, Bright Dental, must never see anything of what happens to the first, Harbor Law. The stage checks
that after every story that does not give it a part of its own.
"""

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from aiohttp.web_app import _cached_build_middleware
from cryptography.fernet import Fernet
from sqlalchemy import Select, bindparam, func, select

from bridge import app as wiring
from bridge.jobs import sweeps
from bridge.sandbox.slack import PretendSlack
from bridge.sandbox.twilio import PretendTwilio
from bridge.services import installs, leads, numbers
from bridge.settings import Settings
from bridge.store import claims, tables
from bridge.store import firms as firm_store
from bridge.store.columns import UtcDateTime
from bridge.store.firms import Firm

KEY = Fernet.generate_key().decode()
SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
ACCOUNT, TOKEN = "AC" + "a1" * 16, "operator-token-1"
OWN_ACCOUNT, OWN_TOKEN = "AC" + "b2" * 16, "dental-token-1"

MARIA = "+14155550111"  # a lead
NOAH = "+14155550112"  # another one
OMAR = "+14155550113"
MANY = [f"+1415555{number:04d}" for number in range(130, 180)]  # fifty more


@dataclass(frozen=True)
class FirmCast:
    """A firm and its people, by their Slack ids."""

    team_id: str
    name: str
    bot_token: str
    channel: str
    number: str
    admin: str
    agent: str
    second_agent: str
    guest: str
    stranger: str
    bot_user: str


LAW = FirmCast(
    "T01LAW", "Harbor Law", "xoxb-law-1", "C01LAW", "+14155550100", "U01ADMIN", "U01AGENT", "U01AGENT2", "U01GUEST",
    "U01STRANGER", "U01BOT",
)  # fmt: skip
DENTAL = FirmCast(
    "T02DENTAL", "Bright Dental", "xoxb-dental-1", "C02DENTAL", "+14155550120", "U02ADMIN", "U02AGENT", "U02AGENT2",
    "U02GUEST", "U02STRANGER", "U02BOT",
)  # fmt: skip


class Clock:
    """Real time, plus what a story has skipped."""

    def __init__(self) -> None:
        self.skipped = timedelta(0)
        self.frozen_at: datetime | None = None

    def __call__(self) -> datetime:
        return (self.frozen_at or datetime.now(UTC)) + self.skipped


@dataclass
class Stage:
    """Everything a story touches. `law` and `dental` are the firms' rows; `logs`, what the app logged."""

    slack: PretendSlack
    twilio: PretendTwilio
    clock: Clock
    settings: Settings
    app: wiring.Running
    law: Firm
    dental: Firm
    logs: list[Any] = field(default_factory=list)
    dental_plays: bool = False
    expects_incidents: bool = False
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _stop_app: Callable[[], Any] | None = None

    @classmethod
    @asynccontextmanager
    async def set(cls, database_url: str, **environ: str) -> AsyncIterator["Stage"]:
        """Start everything; afterwards stop it, and check what must hold after every story."""
        async with AsyncExitStack() as stack:
            logs = stack.enter_context(structlog.testing.capture_logs())
            port = free_port()
            slack, twilio = PretendSlack(signing_secret=SIGNING_SECRET), PretendTwilio()
            await slack.start()
            stack.push_async_callback(slack.stop)
            await twilio.start()
            stack.push_async_callback(twilio.stop)
            slack.request_url = f"http://127.0.0.1:{port}/slack/events"
            people_slack(slack)
            people_twilio(twilio)
            settings = Settings.load(environment(database_url, port, slack, twilio) | environ)
            clock = Clock()
            twilio.now, slack.clock = clock, lambda: clock().timestamp()
            stage = cls(slack, twilio, clock, settings, None, None, None, logs)  # type: ignore[arg-type]
            await stage.start_app()
            stack.push_async_callback(stage.stop_app)
            await stage._install()
            yield stage
            await stage.settle()
            await stage.check()

    async def start_app(self) -> None:
        """Start the app, as at boot."""
        self._stack = AsyncExitStack()
        self.app = await self._stack.enter_async_context(
            wiring.running(self.settings, serve_web=True, work=True, clock=self.clock)
        )

    async def stop_app(self) -> None:
        """Stop the app gracefully."""
        await self._stack.aclose()
        _cached_build_middleware.cache_clear()  # it would keep this app, with all that belongs to it, until the end

    async def _install(self) -> None:
        deps = self.app.deps
        async with deps.db.read() as tx:
            law = await firm_store.by_team(tx, LAW.team_id)
        assert law is not None
        gateway = deps.clients.slack_with(DENTAL.bot_token)
        dental = await installs.from_token(deps, gateway, DENTAL.bot_token, DENTAL.channel, self.clock())
        await deps.keep(lambda: self._enable(law.id, dental.id))
        await numbers.connect(deps, self.dental, DENTAL.number, self.clock())

    async def _enable(self, law_id: int, dental_id: int) -> None:
        deps = self.app.deps
        async with deps.db.begin() as tx:
            own = {"account_sid": OWN_ACCOUNT, "account_token": deps.vault.seal(OWN_TOKEN)}
            await firm_store.change(tx, dental_id, two_way=True, **own)
            await firm_store.change(tx, law_id, two_way=True)
            self.law, self.dental = await firm_store.get(tx, law_id), await firm_store.get(tx, dental_id)

    # --- what people do

    async def lead_texts(self, body: str = "", *, phone: str = MARIA, **more: Any) -> str:
        """A lead texts Harbor Law, and the story goes on when everything has settled."""
        sid = await self.twilio.text(phone, LAW.number, body, **more)
        await self.settle()
        return sid

    async def turn_two_way(self, *, on: bool, firm: Firm | None = None) -> None:
        """Somebody switches two-way SMS on or off, for Harbor Law if nobody else is named."""
        await installs.set_two_way(self.app.deps, firm or self.law, self.clock(), on=on)

    async def who_answers_keywords(self, who: str) -> None:
        """Harbor Law's number is set up so that STOP and HELP are answered by the "carrier", or by the "bridge"."""
        self.twilio.numbers[LAW.number].settles_keywords = who == "carrier"
        await numbers.connect(self.app.deps, self.law, LAW.number, self.clock(), keyword_replies=who)

    async def strangers_text(self, bodies: Sequence[str]) -> dict[str, str]:
        """Each of these comes from a phone of its own, all at once; what each phone said, when all has settled."""
        said = dict(zip(MANY, bodies, strict=False))
        await asyncio.gather(*(self.twilio.text(phone, LAW.number, body) for phone, body in said.items()))
        await self.settle()
        return said

    async def signup(self, name: str, phone: str = MARIA, *, source: str | None = None) -> None:
        """Somebody signs up with Harbor Law."""
        await leads.add(self.app.deps, self.law, self.clock(), name=name, phone=phone, source=source)

    async def sweep_for_missed_texts(self) -> None:
        """What the clock does every few minutes."""
        await sweeps.missed_texts(self.app.deps, self.clock())
        await self.settle()

    async def staff_says(self, text: str, *, user: str = LAW.agent, phone: str = MARIA, **more: Any) -> str:
        """Somebody of Harbor Law writes in a lead's thread; the message's ts, when everything has settled."""
        ts = await self.staff_types(text, user=user, phone=phone, **more)
        await self.settle()
        return ts

    async def staff_types(self, text: str, *, user: str = LAW.agent, phone: str = MARIA, **more: Any) -> str:
        """As staff_says, but the story goes on at once."""
        root_ts = self.root(phone)["ts"]
        return await self.slack.say(LAW.team_id, LAW.channel, user, text, thread_ts=root_ts, **more)

    def skip(self, **time: float) -> None:
        """Let time pass, for the app and for the services."""
        self.clock.skipped += timedelta(**time)
        self.app.deps.db.wake.announce()

    def freeze(self) -> None:
        """From now on no time passes but what the story skips, however slow the machine is."""
        self.clock.frozen_at = datetime.now(UTC)

    async def wait(self, **time: float) -> None:
        """Let time pass once everything has settled, and settle what is due then."""
        await self.settle(ahead=0)
        self.skip(**time)
        await self.settle(ahead=0)

    # --- what there is to see

    def roots(self, firm: FirmCast = LAW) -> list[dict[str, Any]]:
        """The root messages in a firm's channel."""
        return [message for message in self.slack.roots(firm.team_id, firm.channel) if not message.get("deleted")]

    def root(self, phone: str = MARIA) -> dict[str, Any]:
        """The newest root about this phone number."""
        number = f"({phone[2:5]}) {phone[5:8]}-{phone[8:]}"
        return [root for root in self.roots() if number in root["text"]][-1]

    def thread(self, phone: str = MARIA) -> list[dict[str, Any]]:
        """All messages under a lead's root, the root itself left out."""
        root = self.root(phone)
        return [
            each for each in self.slack.thread(LAW.team_id, LAW.channel, root["ts"]) if each["ts"] != root["ts"]
        ]

    def said(self, phone: str = MARIA) -> list[str]:
        """The fallback texts of everything the app posted under a lead's root."""
        return [message["text"] for message in self.thread(phone) if message.get("bot_id")]

    def marks(self, ts: str) -> list[str]:
        """The reactions on a message."""
        return self.slack.reactions(LAW.team_id, LAW.channel, ts)

    def told(self, user: str = LAW.agent) -> list[str]:
        """What only this person was shown, oldest first."""
        return [each["text"] for each in self.slack.ephemerals(LAW.team_id, LAW.channel, user)]

    def phone(self, phone: str = MARIA) -> list[str]:
        """The bodies of the texts on a lead's phone, Twilio's own answers left out."""
        return [text.body for text in self.twilio.texts_to(phone) if not text.automatic]

    async def rows(self, statement: Any) -> list[Any]:
        """Rows of the app's database."""
        async with self.app.deps.db.read() as tx:
            return list(await tx.rows(statement))

    async def count(self, table: Any, *where: Any) -> int:
        """How many rows a table has."""
        return int((await self.rows(select(func.count()).select_from(table).where(*where)))[0][0])

    async def until(self, happened: Callable[[], bool], seconds: float = 5.0) -> None:
        """Until this has happened."""
        async with asyncio.timeout(seconds):
            while not happened():
                await asyncio.sleep(0.01)

    async def contact(self, phone: str = MARIA) -> Any:
        """What Harbor Law knows about a phone number."""
        c = tables.contacts.c
        (row,) = await self.rows(tables.contacts.select().where(c.firm_id == self.law.id, c.phone == phone))
        return row

    async def settle(self, seconds: float = 30.0, *, ahead: float = 3.0) -> None:
        """Until nothing is on its way any more: no delivery, no open outbox row due within `ahead` seconds.

        With an `ahead` of 0 whatever waits for a next try is left waiting. Where there is nothing to do but wait,
        the wait is skipped.
        """
        quiet = idle = 0
        try:
            async with asyncio.timeout(seconds):
                while quiet < 2:
                    await self.slack.settled()
                    await self.twilio.settled()
                    quiet = 0 if await self._is_busy(ahead) else quiet + 1
                    idle = 0 if quiet or await self._is_busy(0) else idle + 1
                    if idle > 1:  # seen twice: the first time something may have been on its way to a service
                        await self._skip_to_what_is_next(ahead)
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"not settled: {await self._open_rows()} {self.logs}") from None

    async def _skip_to_what_is_next(self, ahead: float) -> None:
        now = self.clock()
        async with self.app.deps.db.read() as tx:
            due = await claims.next_due(tx, now)
        # What made the stage busy may have happened since; then the next thing is perhaps an hour away.
        if due is not None and (seconds := (due - now).total_seconds()) <= ahead:
            self.skip(seconds=seconds + 0.001)

    async def _open_rows(self) -> list[Any]:
        o = tables.outbox.c
        open_rows = select(o.id, o.kind, o.state, o.lane, o.route, o.attempts, o.error, o.due_at)
        return await self.rows(open_rows.where(o.state.in_(["ready", "sending", "unknown"])))

    async def _is_busy(self, ahead: float) -> bool:
        if self.app.worker is not None and self.app.worker._tasks:
            return True  # no need to ask the database
        now = self.clock()
        async with self.app.deps.db.read() as tx:
            return await tx.row(SOMETHING_OPEN, {"now": now, "soon": now + timedelta(seconds=ahead)}) is not None

    async def check(self) -> None:
        """What must hold after every story."""
        if not self.dental_plays:
            await self._check_dental_saw_nothing()
        incidents = [entry for entry in self.logs if entry["log_level"] == "error"]
        assert self.expects_incidents or not incidents, incidents

    async def _check_dental_saw_nothing(self) -> None:
        assert self.slack.messages(DENTAL.team_id, DENTAL.channel) == []
        assert self.slack.ephemerals(DENTAL.team_id) == []
        theirs = [call for call in self.slack.calls if call.team_id == DENTAL.team_id]
        assert {call.method for call in theirs} <= {"auth.test"}
        for table in (tables.messages, tables.contacts, tables.conversations, tables.outbox, tables.consent_events):
            assert await self.count(table, table.c.firm_id == self.dental.id) == 0, table.name


def _something_open() -> Select[tuple[int]]:
    """Rows in flight or soon due. Those of a way that rests are left out, or that is off until its next probe."""
    o, r = tables.outbox.c, tables.routes.c
    now, soon = bindparam("now", type_=UtcDateTime()), bindparam("soon", type_=UtcDateTime())
    # Reactions are paced at seconds each: a story that made many does not wait for the last of them.
    is_paced = r.name.in_(["react", "unreact"]) & (r.free_at > now)
    ways = select(r.id).where(r.firm_id == o.firm_id, r.name.in_([o.route, o.service]))
    rests = ways.where((r.free_at > soon) | is_paced).exists()
    is_waiting = o.state.in_(["ready", "unknown"]) & (o.due_at <= soon) & ~rests
    elder = tables.outbox.alias()
    leader_waits = select(elder.c.id).where(elder.c.id == o.batch, elder.c.state != "sending").exists()
    in_flight = (o.state == "sending") & ~leader_waits
    blocked = (
        select(elder.c.id)
        .where(elder.c.lane == o.lane, elder.c.id < o.id, elder.c.state.in_(["ready", "unknown"]))
        .exists()
    )
    return select(o.id).where(is_waiting | in_flight, in_flight | ~blocked).limit(1)


SOMETHING_OPEN = _something_open()


def free_port() -> int:
    """A port that nobody has. Not one of those that connections take for their own end: it would soon be gone."""
    while True:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def environment(database_url: str, port: int, slack: PretendSlack, twilio: PretendTwilio) -> dict[str, str]:
    """The app's environment on the stage."""
    return {
        "DATABASE_URL": database_url.replace("+aiosqlite", "").replace("+asyncpg", ""),
        "ENCRYPTION_KEY": KEY,
        "PUBLIC_BASE_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_BOT_TOKEN": LAW.bot_token,
        "SLACK_API_URL": slack.api_url,
        "SLACK_INBOX_CHANNEL": LAW.channel,
        "SLACK_POSTS_PER_SECOND": "0",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_NUMBER": LAW.number,
        "TWILIO_API_URL": twilio.url,
    }


def people_slack(slack: PretendSlack) -> None:
    """Both workspaces with their people and channels."""
    for firm in (LAW, DENTAL):
        slack.add_workspace(
            firm.team_id, name=firm.name, bot_token=firm.bot_token, bot_user_id=firm.bot_user,
            bot_id="B" + firm.bot_user[1:],
        )  # fmt: skip
        slack.add_person(firm.team_id, firm.admin, "Ada Admin", admin=True)
        slack.add_person(firm.team_id, firm.agent, "Ben Agent")
        slack.add_person(firm.team_id, firm.second_agent, "Cleo Agent")
        slack.add_person(firm.team_id, firm.guest, "Gus Guest", guest="single")
        slack.add_person(firm.team_id, firm.stranger, "Sam Stranger", stranger=True)
        everyone = [firm.admin, firm.agent, firm.second_agent, firm.guest, firm.stranger]
        slack.add_channel(firm.team_id, firm.channel, "leads", members=everyone)


def people_twilio(twilio: PretendTwilio) -> None:
    """The operator's Twilio account with one number, and one of the second firm's own."""
    twilio.add_account(ACCOUNT, TOKEN)
    twilio.add_number(ACCOUNT, LAW.number)
    twilio.add_account(OWN_ACCOUNT, OWN_TOKEN)
    twilio.add_number(OWN_ACCOUNT, DENTAL.number)
