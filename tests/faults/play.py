"""What a scene is played with: leads that nobody knows yet, conversations, commands, and the moment of death."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import aiohttp
from sqlalchemy import select

from bridge.rules.carrier import State
from bridge.store import tables
from bridge.store.outbox import Kind
from bridge.store.staff import Role
from tests.cast import LAW
from tests.faults.load import Load, lead
from tests.faults.processes import Process
from tests.faults.quiet import settle
from tests.faults.world import World, agent, until

# Arranges everything, yields, and then does what leads to the moment; in between the test dooms somebody.
Scene = Callable[["Play"], AsyncIterator[None]]
FIRST_LEAD = 1_000  # far from those of other loads


@dataclass
class Play:
    """One world, used by one scene after the other."""

    load: Load
    _leads: "count[int]" = field(default_factory=lambda: count(FIRST_LEAD))
    _people: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def world(self) -> World:
        """Everything but the app."""
        return self.load.world

    def lead(self) -> str:
        """The phone of somebody who never wrote."""
        return lead(next(self._leads))

    def person(self) -> str:
        """Somebody in the firm's Slack whom the app has never heard of."""
        user_id = f"U01NEW{next(self._people):04d}"
        self.world.slack.add_person(LAW.team_id, user_id, "Nia New")
        return user_id

    async def conversation(self) -> str:
        """The phone of a lead whose thread is there."""
        phone = self.lead()
        await self.text(phone)
        await settle(self.world)
        assert self.load.has_root(LAW, phone)
        return phone

    async def text(self, phone: str, **more: Any) -> None:
        """The lead writes, until it is acknowledged."""
        await self.load.text(LAW, phone, **more)

    async def reply(self, phone: str, **more: Any) -> str:
        """Somebody replies, until it is acknowledged; the ts of the message."""
        await self.load.reply(LAW, phone, **more)
        return self.last_said(phone)

    def last_said(self, phone: str) -> str:
        """The ts of what a person last wrote in the thread."""
        channel = self.world.slack.channel(LAW.team_id, LAW.channel)
        root = self.load.root(LAW, phone)
        people = [m for m in channel.messages.values() if m.root_ts == root and not m.body.get("bot_id")]
        return people[-1].ts

    async def command(self, *words: str) -> Process:
        """An operator's command, typed again when it died or stumbled."""
        while True:
            process = await self.world.fleet.maker.run(*words)
            if process.status == 0:
                return process
            assert process.status is None or self.world.fate.victim() is not None, process.said
            await asyncio.sleep(0.05)

    async def key(self) -> tuple[str, str]:
        """A new API key with its name; of those that nobody was shown, because somebody died, none is of use."""
        while True:
            name = f"form {uuid.uuid4().hex[:8]}"
            said = (await self.world.fleet.maker.run("keys", "create", name, LAW.team_id)).said
            if said.startswith("bridge_"):
                return name, said.split()[0]
            await asyncio.sleep(0.05)

    async def ask(self, method: str, path: str, key: str, body: Any = None) -> None:
        """Another program asks, again and again until it is done."""
        headers = {"Authorization": f"Bearer {key}"}
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
            while True:
                with suppress(aiohttp.ClientError):
                    async with session.request(method, self.world.url + path, json=body, headers=headers) as answer:
                        if answer.status < 300:
                            return
                await asyncio.sleep(0.05)

    async def restart(self) -> None:
        """Everybody dies and is started, and nobody waits for them here."""
        self.world.let_leases_end()
        await self.world.fleet.restart()

    async def die_at(self, point: str, work: Any, *, again: bool = True) -> None:
        """Part of an arrangement: somebody dies at this point while this is done, and comes back if wanted."""
        self.world.fate.doom(point)
        working = asyncio.ensure_future(work)
        await self.death(point)
        if again:
            self.world.let_leases_end()
            await self.world.fleet.start()
        await working

    async def death(self, point: str) -> None:
        """Until somebody has died at this point."""
        fate, maker = self.world.fate, self.world.fleet.maker
        await until(lambda: fate.victim() is not None, what=f"a death {point}")
        victim = fate.victim()
        await next(process for process in maker.all if process.pid == victim).ended.wait()

    async def stumble(self, point: str) -> None:
        """Until somebody has met at this point whatever was ordered."""
        await until(lambda: self.world.fate.victim() is not None, what=f"a stumble {point}")

    async def calls(self, method: str, times: int) -> None:
        """Until Slack was called so often."""
        await until(lambda: sum(call.method == method for call in self.world.slack.calls) >= times, what=method)

    # --- what people do

    def agent(self) -> str:
        """Somebody of the firm whom the app knows."""
        return agent(LAW, 0)

    async def delete_root(self, phone: str) -> None:
        """Somebody deletes the root of a thread; what was said in it stays."""
        await self.world.slack.delete(LAW.team_id, LAW.channel, self.load.root(LAW, phone))

    async def delete_thread(self, phone: str) -> None:
        """All of a thread is deleted, and Slack keeps that to itself."""
        slack, root = self.world.slack, self.load.root(LAW, phone)
        url, slack.request_url = slack.request_url, None
        for message in reversed(slack.thread(LAW.team_id, LAW.channel, root)):
            await slack.delete(LAW.team_id, LAW.channel, message["ts"])
        slack.request_url = url

    async def press(self, phone: str, action_id: str, user_id: str) -> None:
        """Somebody presses a button of a question in the thread, again and again until the app answers."""
        await settle(self.world)
        root, slack = self.load.root(LAW, phone), self.world.slack
        asking = [m for m in slack.thread(LAW.team_id, LAW.channel, root) if action_id in str(m.get("blocks"))]
        while (
            asking and (await slack.click(LAW.team_id, user_id, LAW.channel, asking[-1]["ts"], action_id)).problem
        ):
            await asyncio.sleep(0.1)
            asking = [m for m in slack.thread(LAW.team_id, LAW.channel, root) if action_id in str(m.get("blocks"))]

    async def event(self, event: dict[str, Any]) -> None:
        """Slack tells something that nobody wrote, with one id, until it is taken."""
        while (await self.world.slack.send_event(LAW.team_id, event, event_id="Ev0" + event["type"]))[0] != 200:
            await asyncio.sleep(0.1)

    # --- what operators do

    async def operator_says(self, verb: str, kind: str) -> None:
        """What has died of this kind is tried again, or dropped."""
        await settle(self.world)
        o = tables.outbox.c
        for row in await self.world.rows(select(o.id).where(o.state == "dead", o.kind == kind)):
            is_dead = select(o.id).where(o.id == row.id, o.state == "dead")
            while await self.world.rows(is_dead):
                await self.world.fleet.maker.run("outbox", verb, str(row.id))

    async def examine(self) -> None:
        """The doctor is asked, and may find what it likes."""
        while (await self.world.fleet.maker.run("doctor")).status is None:
            await asyncio.sleep(0.05)

    async def forget_admins(self) -> None:
        """As if the firm's admins had never been looked up."""
        s = tables.staff.c
        async with self.world.db.begin() as tx:
            await tx.run(tables.staff.delete().where(s.role == Role.ADMIN))

    async def until_off(self) -> None:
        """Until a way out was found broken."""
        r = tables.routes.c
        while not await self.world.rows(select(r.id).where(r.off_reason.is_not(None))):
            await asyncio.sleep(0.02)

    async def until_postponed(self) -> None:
        """Until a try to send has come to nothing."""
        o = tables.outbox.c
        while not await self.world.rows(
            select(o.id).where(o.kind == "text", o.state == "ready", o.error.is_not(None))
        ):
            await asyncio.sleep(0.02)

    async def put_off(self) -> None:
        """What waits for Twilio waits for its hour instead, which comes at once."""
        o, m = tables.outbox.c, tables.messages.c
        waits = tables.outbox.update().where(o.kind == Kind.TEXT, o.state == "ready")
        changed = 0
        while not changed:
            async with self.world.db.begin() as tx:
                changed = await tx.run(waits.values(kind=Kind.DUE))
                put_off = tables.messages.update().where(m.state == State.QUEUED)
                if changed and not await tx.run(put_off.values(state=State.LATER, send_at=self.world.fate.clock())):
                    raise AssertionError("no text waits")
                tx.wakes = True

    async def until_later_is_now(self) -> None:
        """Until no text waits for its hour any more."""
        m = tables.messages.c
        while await self.world.rows(select(m.id).where(m.state == State.LATER)):
            await asyncio.sleep(0.02)

    async def until_sent(self) -> None:
        """Until no text is under way any more."""
        m = tables.messages.c
        while await self.world.rows(select(m.id).where(m.state == State.SENDING)):
            await asyncio.sleep(0.02)
