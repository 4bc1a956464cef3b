"""Texts that somebody writes to leads by night, and what becomes of them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bridge.refusals import Refusal
from bridge.rules.sending import Purpose
from bridge.services import hours, sending
from bridge.services.drafts import Draft
from bridge.store import contacts, conversations, firms, numbers, tables
from bridge.store.contacts import Contact
from bridge.views import later as views
from tests.cast import LAW, MARIA
from tests.stage import Stage

PACIFIC = ZoneInfo("America/Los_Angeles")  # where +1 415 is


async def by_clock(stage: Stage, hour: int, minute: int = 0, *, day: int | None = None) -> datetime:
    """Let time pass until it is so late where Maria is; on a day of so many from now, if that matters."""
    await stage.settle(ahead=0)
    local = stage.clock().astimezone(PACIFIC)
    then = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    then += timedelta(days=day if day is not None else int(then <= local))
    stage.skip(seconds=(then.astimezone(UTC) - stage.clock()).total_seconds() + 1)
    return stage.clock()


async def known_staff(stage: Stage) -> None:
    """Ben and Ada have been looked up, and Maria has a thread; she wrote long ago."""
    await stage.prefers(quiet_hours="strict")
    await stage.lead_texts("Hello?")
    await stage.staff_says("// I am here")
    await stage.staff_says("// and I", user=LAW.admin)
    stage.skip(hours=25)


async def first(stage: Stage, body: str = "Good morning", *, phone: str = MARIA, **more: Any) -> int | Refusal:
    """Ben texts somebody first."""
    now, deps = stage.clock(), stage.app.deps
    async with deps.db.begin() as tx:
        firm = await firms.get(tx, stage.law.id)
        contact = (await contacts.ensure_all(tx, firm.id, [phone], now))[phone]
        number = (await numbers.of_firm(tx, firm.id))[0]
        talk = (await conversations.ensure_all(tx, firm.id, {contact.id: (number.id, now)}))[contact.id]
        values = {"purpose": Purpose.FIRST, "author_id": LAW.agent} | more
        return await sending.queue(tx, firm, talk, Draft(body=body, **values), now)


async def opening(stage: Stage, phone: str = MARIA) -> datetime | None:
    """When they may be texted first."""
    async with stage.app.deps.db.read() as tx:
        firm = await firms.get(tx, stage.law.id)
        contact = await contacts.by_phone(tx, firm.id, phone) or Contact(0, phone)
        return await hours.next_opening(tx, firm, contact, None, stage.clock())


async def put_off(stage: Stage, body: str = "Good morning", **more: Any) -> int:
    """Ben texts somebody first, at the next opening."""
    accepted = await first(stage, body, send_at=await opening(stage), **more)
    assert isinstance(accepted, int)
    await stage.settle()
    return accepted


async def state(stage: Stage, message_id: int) -> str:
    m = tables.messages.c
    return str((await stage.rows(tables.messages.select().where(m.id == message_id)))[0].state)


def line(stage: Stage) -> dict[str, Any]:
    """The newest line that says when something goes out, or what became of it."""
    return next(each for each in reversed(stage.thread()) if views.CANCEL in str(each["blocks"]))


async def press(stage: Stage, action_id: str, user: str = LAW.agent) -> None:
    clicked = await stage.slack.click(LAW.team_id, user, LAW.channel, line(stage)["ts"], action_id)
    assert clicked.status == 200
    await stage.settle()
