"""A load generator that believes nothing but its own history.

It sends what Twilio and Slack would send, signed, over real HTTP, and repeats it as they do, with the same
MessageSid and the same event_id, until it is acknowledged. Some of it comes again after that.
"""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bridge.sandbox.slack.model import PretendFile
from bridge.sandbox.slack.signing import signature_headers
from bridge.sandbox.twilio import inbound
from bridge.sandbox.twilio.records import PretendMedia
from tests.cast import FirmCast
from tests.faults.history import ACKNOWLEDGED, History, Input
from tests.faults.world import World, agent, until

CANARY = "Nachtigall"  # in every body, so that words in a log are found
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 0.2  # seconds between tries; the real ones are seconds to minutes
TWILIO_WAITS, SLACK_WAITS = 15.0, 3.0  # seconds
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


def lead(number: int) -> str:
    """A reserved phone number for each lead."""
    return f"+1{200 + number // 100}55501{number % 100:02d}"


class Load:
    """Sends inputs. `again` is the share of them that come once more although they were acknowledged.

    `copies` of each are sent at the same moment. Nobody sends it any more after `patience` seconds. Answers are
    waited for as Twilio and Slack do, or for `waits` seconds.
    """

    def __init__(
        self,
        world: World,
        *,
        seed: int = 1,
        again: float = 0.1,
        copies: int = 1,
        patience: float = 60.0,
        waits: float | None = None,
    ) -> None:
        self.world, self.history = world, History()
        self._patience, self._copies, self._waits = patience, copies, waits
        self._again, self._chance = again, random.Random(seed)
        self._agents = 0
        self._roots: dict[tuple[str, str], str] = {}
        self._session: aiohttp.ClientSession | None = None

    @classmethod
    @asynccontextmanager
    async def on(cls, world: World, **options: Any) -> AsyncIterator["Load"]:
        """A load for this world."""
        load = cls(world, **options)
        # A connection for each request, as from many machines; who was killed leaves no dead one behind.
        load._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, force_close=True))
        async with load._session:
            yield load

    # --- one input

    async def text(
        self, firm: FirmCast, phone: str, *, media: tuple[PretendMedia, ...] = (), words: str = ""
    ) -> Input:
        """A lead texts a firm. Returns when it is acknowledged, or when Twilio would not try any more.

        With `words` of its own, such as STOP, it cannot be known again, and is not part of the history.
        """
        history = History() if words else self.history
        given = history.new("in", firm.team_id, phone, self._now())
        twilio, body = self.world.twilio, words or f"{CANARY} {given.token}"
        sid = await twilio.text(phone, firm.number, body, media=media, deliver=False)
        params = inbound.webhook_params(twilio, twilio.log[sid], None)
        url = f"{self.world.url}/twilio/sms"
        headers = {
            "Content-Type": FORM,
            "X-Twilio-Signature": twilio.sign(twilio.log[sid].account_sid, url, params),
        }
        await self._bring(given, url, urlencode(params).encode(), headers, TWILIO_WAITS)
        return given

    async def reply(
        self, firm: FirmCast, phone: str, *, author: str | None = None, files: tuple[PretendFile, ...] = ()
    ) -> Input:
        """Somebody of a firm replies in a lead's thread, one after the other of its people if nobody is named."""
        given = self.history.new("out", firm.team_id, phone, self._now())
        self._agents += 1
        who = author or agent(firm, self._agents % self.world.size.agents)
        slack, words = self.world.slack, f"{CANARY} {given.token}"
        ts = await slack.say(firm.team_id, firm.channel, who, words, thread_ts=self.root(firm, phone), files=files)
        body = json.dumps(self.world.courier.held.pop(ts)).encode()
        headers = {"Content-Type": JSON}
        await self._bring(given, f"{self.world.url}/slack/events", body, headers, SLACK_WAITS)
        return given

    async def _bring(self, given: Input, url: str, body: bytes, headers: Mapping[str, str], wait: float) -> None:
        pause, until = FIRST_PAUSE, time.monotonic() + self._patience
        while True:
            began = time.monotonic()
            several = (self._post(url, body, headers, wait) for _ in range(self._copies))
            statuses = await asyncio.gather(*several)
            given.answers += statuses
            given.seconds.append(time.monotonic() - began)
            if ACKNOWLEDGED in statuses:
                given.acknowledged_at = self._now()
                break
            if time.monotonic() > until:
                return
            await asyncio.sleep(pause * self._chance.uniform(0.5, 1))
            pause = min(pause * 1.5, LONGEST_PAUSE)
        if self._chance.random() < self._again:
            given.others.append(await self._post(url, body, headers, wait))

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str], wait: float) -> int:
        """The status; 0 for a broken connection, -1 for an answer that did not come in time."""
        assert self._session is not None
        sent = dict(headers)
        if headers["Content-Type"] == JSON:
            sent |= signature_headers(self.world.slack.signing_secret, body, int(time.time()))
        try:
            async with self._session.post(
                url, data=body, headers=sent, timeout=aiohttp.ClientTimeout(total=self._waits or wait)
            ) as answer:
                await answer.read()
                return answer.status
        except TimeoutError:
            return -1
        except aiohttp.ClientError:
            return 0

    def _now(self) -> float:
        return self.world.fate.clock().timestamp()

    # --- conversations

    def root(self, firm: FirmCast, phone: str) -> str:
        """The ts of the conversation's thread. Raises LookupError while there is none."""
        place = (firm.team_id, phone)
        if place not in self._roots:
            tokens = {given.token for given in self.history.inputs if given.place == place and given.way == "in"}
            channel = self.world.slack.channel(firm.team_id, firm.channel)
            for message in channel.messages.values():
                if message.is_reply and tokens & set(str(message.body.get("text")).split()):
                    self._roots[place] = message.root_ts
                    break
        return self._roots[place]

    def has_root(self, firm: FirmCast, phone: str) -> bool:
        """Whether the conversation's thread is there."""
        try:
            self.root(firm, phone)
        except LookupError:
            return False
        return True

    async def open(self, pairs: list[tuple[FirmCast, str]], seconds: float = 30.0) -> None:
        """Each of these leads writes for the first time; returns when every thread is there."""
        await asyncio.gather(*(self.text(firm, phone) for firm, phone in pairs))
        for firm, phone in pairs:
            await until(lambda f=firm, p=phone: self.has_root(f, p), seconds, what="a first thread")

    async def converse(self, firm: FirmCast, phone: str, stop: asyncio.Event, pause: float) -> None:
        """Both ends of a conversation write at the same time, each when its last was acknowledged."""

        async def speak(say: Any) -> None:
            while not stop.is_set():
                await say(firm, phone)
                await asyncio.sleep(pause * self._chance.uniform(0.2, 1.8))

        await asyncio.gather(speak(self.text), speak(self.reply))


def pairs_of(world: World, conversations: int, first: int = 0) -> list[tuple[FirmCast, str]]:
    """Conversations of all firms by turns."""
    return [
        (world.firms[number % len(world.firms)], lead(number)) for number in range(first, first + conversations)
    ]
