"""The stage that stories play on: the app and the pretend services, running, with two firms.

The stage checks after every story that the second firm has seen nothing, if the story does not give it a part of
its own.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from aiohttp.web_app import _cached_build_middleware
from sqlalchemy import bindparam, func, select

from bridge import app as wiring
from bridge.jobs import sweeps
from bridge.sandbox.ports import free_port
from bridge.sandbox.slack import PretendSlack
from bridge.sandbox.stripe import PretendStripe
from bridge.sandbox.twilio import PretendTwilio
from bridge.services import installs, leads, numbers
from bridge.settings import Settings
from bridge.store import agenda, tables
from bridge.store import firms as firm_store
from bridge.store.firms import Firm
from bridge.store.prepared import Prepared
from tests.cast import (
    DENTAL,
    LAW,
    MANY,
    MARIA,
    OWN_ACCOUNT,
    OWN_TOKEN,
    environment,
)
from tests.pretenders import billing, services
from tests.seen import Seen
from tests.underway import is_busy, open_rows
from tests.unsaid import labels, telling

SEEN = (
    tables.messages,
    tables.contacts,
    tables.conversations,
    tables.outbox,
    tables.consent_events,
    tables.imports,
)
KNOWN = {"SLACK_BOT_TOKEN": "", "TWILIO_NUMBER": ""}  # a firm that is installed need not be looked for at the start
OF_A_FIRM = [select(func.count()).where(table.c.firm_id == bindparam("firm_id")) for table in SEEN]
SEEN_BY_A_FIRM = Prepared(select(*(count.label(table.name) for count, table in zip(OF_A_FIRM, SEEN, strict=True))))
SHORTEST_PAUSE, LONGEST_PAUSE = 0.004, 0.03  # seconds between two looks whether all has settled


class Clock:
    """Real time, plus what a story has skipped."""

    def __init__(self) -> None:
        self.skipped = self.set_by = timedelta(0)
        self.frozen_at: datetime | None = None

    def __call__(self) -> datetime:
        return (self.frozen_at or datetime.now(UTC)) + self.skipped + self.set_by

    def steady(self) -> float:
        """Seconds, which nobody can set."""
        return (self() - self.set_by).timestamp()


@dataclass
class Stage(Seen):
    """Everything a story touches. `law` and `dental` are the firms' rows; `logs`, what the app logged."""

    slack: PretendSlack
    twilio: PretendTwilio
    stripe: PretendStripe
    clock: Clock
    settings: Settings
    logs: list[Any]
    app: wiring.Running = field(init=False)
    law: Firm = field(init=False)
    dental: Firm = field(init=False)
    dental_plays: bool = False
    expects_incidents: bool = False
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    @classmethod
    @asynccontextmanager
    async def set(
        cls,
        database_url: str,
        tell: Callable[[PretendTwilio, str], None] | None = None,
        *,
        pays: bool = False,
        **environ: str,
    ) -> AsyncIterator["Stage"]:
        """Start everything; afterwards stop it, and check what must hold after every story. Few stories pay.

        Firms that are not in the database yet are installed. `tell` says to Twilio, before the app starts, what it
        has to know about those that are; the app's address is its second argument.
        """
        async with AsyncExitStack() as stack:
            logs = stack.enter_context(structlog.testing.capture_logs())
            port = free_port()
            slack, twilio = await stack.enter_async_context(services())
            stripe = await stack.enter_async_context(billing()) if pays else PretendStripe()
            slack.request_url = f"http://127.0.0.1:{port}/slack/events"
            known = {} if tell is None else KNOWN
            paying = {"STRIPE_API_KEY": stripe.api_key, "STRIPE_API_URL": stripe.url} if pays else {}
            settings = Settings.load(environment(database_url, port, slack, twilio) | known | paying | environ)
            if tell is not None:
                tell(twilio, settings.public_base_url)
            clock = Clock()
            twilio.now, slack.clock, stripe.clock = clock, lambda: clock().timestamp(), clock
            stage = cls(slack, twilio, stripe, clock, settings, logs)
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
            wiring.running(self.settings, serve_web=True, work=True, clock=self.clock, steady=self.clock.steady)
        )

    async def stop_app(self) -> None:
        """Stop the app gracefully."""
        await self._stack.aclose()
        _cached_build_middleware.cache_clear()  # it would keep this app, with all that belongs to it, until the end

    async def _install(self) -> None:
        deps = self.app.deps
        async with deps.db.read() as tx:
            law, dental = [await firm_store.by_team(tx, firm.team_id) for firm in (LAW, DENTAL)]
        assert law is not None
        if dental is not None:
            self.law, self.dental = law, dental
            return
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
            for firm_id in (law_id, dental_id):  # stories are played by day and by night
                await firm_store.change(tx, firm_id, preferences={"quiet_hours": "off"})
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

    async def prefers(self, **choices: object) -> None:
        """Harbor Law wants something otherwise."""
        for name, value in choices.items():
            await installs.prefer(self.app.deps, self.law, name, value, self.clock())

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

    def set_clock(self, **by: float) -> None:
        """Somebody sets everybody's clock; no time passes."""
        self.clock.set_by += timedelta(**by)
        self.app.deps.db.wake.announce()

    def freeze(self) -> None:
        """From now on no time passes but what the story skips, however slow the machine is."""
        self.clock.frozen_at = datetime.now(UTC)

    async def wait(self, **time: float) -> None:
        """Let time pass once everything has settled, and settle what is due then."""
        await self.settle(ahead=0)
        self.skip(**time)
        await self.settle(ahead=0)

    async def until(self, happened: Callable[[], bool], seconds: float = 5.0) -> None:
        """Until this has happened."""
        async with asyncio.timeout(seconds):
            while not happened():
                await asyncio.sleep(0.01)

    async def settle(self, seconds: float = 30.0, *, ahead: float = 3.0) -> None:
        """Until nothing is on its way any more: no delivery, no open outbox row due within `ahead` seconds.

        With an `ahead` of 0 whatever waits for a next try is left waiting. Where there is nothing to do but wait,
        the wait is skipped.
        """
        quiet = idle = 0
        pause = SHORTEST_PAUSE
        try:
            async with asyncio.timeout(seconds):
                while quiet < 2:
                    await self.slack.settled()
                    await self.twilio.settled()
                    await self.stripe.settled()
                    quiet = 0 if await is_busy(self.app, self.clock(), ahead) else quiet + 1
                    idle = 0 if quiet or await is_busy(self.app, self.clock(), 0) else idle + 1
                    if idle > 1:  # seen twice: the first time something may have been on its way to a service
                        await self._skip_to_what_is_next(ahead)
                    await asyncio.sleep(SHORTEST_PAUSE if quiet else pause)
                    pause = min(pause * 1.5, LONGEST_PAUSE)
        except TimeoutError:
            raise AssertionError(f"not settled: {await open_rows(self.app)} {self.logs}") from None

    async def _skip_to_what_is_next(self, ahead: float) -> None:
        now = self.clock()
        async with self.app.deps.db.read() as tx:
            due = (await agenda.outlook(tx, now)).next_due
        # What made the stage busy may have happened since; then the next thing is perhaps an hour away.
        if due is not None and (seconds := (due - now).total_seconds()) <= ahead:
            self.skip(seconds=seconds + 0.001)

    async def check(self) -> None:
        """What must hold after every story."""
        if not self.dental_plays:
            await self._check_dental_saw_nothing()
        incidents = [entry for entry in self.logs if entry["log_level"] == "error"]
        assert self.expects_incidents or not incidents, incidents
        told = [str(entry | {"exc_info": None}) for entry in self.logs]
        assert telling([*told, *labels()], self.twilio) == []

    async def _check_dental_saw_nothing(self) -> None:
        assert self.slack.messages(DENTAL.team_id, DENTAL.channel) == []
        assert self.slack.ephemerals(DENTAL.team_id) == []
        theirs = [call for call in self.slack.calls if call.team_id == DENTAL.team_id]
        assert {call.method for call in theirs} <= {"auth.test"}
        async with self.app.deps.db.read() as tx:
            counts = await tx.row(SEEN_BY_A_FIRM, {"firm_id": self.dental.id})
        assert list(counts) == [0] * len(SEEN), [table.name for table in SEEN]
