"""Two processes on one PostgreSQL: each takes work, nothing comes twice, every conversation keeps its order.

On SQLite the second one is refused.
"""

import asyncio
from dataclasses import dataclass

import pytest

from bridge.sandbox.ports import free_port
from bridge.store import tables
from tests.apart import Apart
from tests.cast import LAW
from tests.faults.processes import Process
from tests.stage import Stage
from tests.store.scratch import only_postgres, only_sqlite

LEADS = [f"+141555501{number:02d}" for number in range(30, 36)]
STAFF = [LAW.agent, LAW.second_agent, LAW.admin]


@dataclass
class Pair:
    """Both processes; each has an address of its own, so that the services' calls tell who has made them."""

    apart: Apart
    ports: tuple[int, int]
    second: Process

    @classmethod
    async def of(cls, apart: Apart) -> "Pair":
        """Start the second one."""
        port = free_port()
        return cls(apart, (apart.stage.settings.port, port), await apart.start(port=port))

    @property
    def stage(self) -> Stage:
        """What they play on."""
        return self.apart.stage

    def face(self, which: int) -> None:
        """From now on the services call this one."""
        port = self.ports[which % 2]
        self.stage.slack.request_url = f"http://127.0.0.1:{port}/slack/events"
        self.stage.twilio.numbers[LAW.number].settings["SmsUrl"] = f"http://127.0.0.1:{port}/twilio/sms"

    def senders(self) -> set[str]:
        """The ports of those that have sent texts."""
        sent = [message.status_callback for message in self.stage.twilio.messages() if message.status_callback]
        return {url.split(":")[2].partition("/")[0] for url in sent}


@only_postgres
@pytest.mark.rows(72, 121)
@pytest.mark.faults("F2", "F27")
async def test_both_take_work_and_nothing_comes_twice_or_out_of_order(apart: Apart) -> None:
    pair = await Pair.of(apart)
    stage = pair.stage
    heard: dict[str, list[str]] = {phone: [] for phone in LEADS}
    texted: dict[str, list[str]] = {phone: [] for phone in LEADS}
    for turn in range(4):
        await _leads_text(pair, heard, turn)
        await _staff_answer(pair, texted, turn)
        if turn and len(pair.senders()) == 2:
            break
    assert pair.senders() == {str(port) for port in pair.ports}, "both take work"

    assert len(stage.roots()) == len(LEADS)
    assert {phone: "\n".join(stage.said(phone)).split("\n") for phone in LEADS} == heard
    assert {phone: stage.phone(phone) for phone in LEADS} == texted
    assert await stage.count(tables.contacts) == await stage.count(tables.threads) == len(LEADS)


async def _leads_text(pair: Pair, heard: dict[str, list[str]], turn: int) -> None:
    """All at once, and each webhook reaches both processes, one of them twice."""
    stage = pair.stage
    for number in range(2):
        sids = [await stage.twilio.text(phone, LAW.number, f"{turn}.{number}", deliver=False) for phone in LEADS]
        for which in (turn, turn + 1):
            pair.face(which)
            pushes = [
                stage.twilio.text(phone, LAW.number, sid=sid, copies=1 + which % 2)
                for phone, sid in zip(LEADS, sids, strict=True)
            ]
            await asyncio.gather(*pushes)
        for phone in LEADS:
            heard[phone].append(f"{turn}.{number}")
    await stage.settle(30)


async def _staff_answer(pair: Pair, texted: dict[str, list[str]], turn: int) -> None:
    stage = pair.stage
    stage.slack.duplicates = 1
    for number, phone in enumerate(LEADS):
        pair.face(number + turn)
        text = f"answer {turn} to {phone[-2:]}"
        root = stage.root(phone)["ts"]
        await stage.slack.say(LAW.team_id, LAW.channel, STAFF[number % 3], text, thread_ts=root)
        texted[phone].append(text)
    await stage.settle(30)


@only_postgres
@pytest.mark.faults("F1", "F27")
async def test_what_one_had_claimed_when_it_died_the_other_takes_over(apart: Apart) -> None:
    pair = await Pair.of(apart)
    stage, o = pair.stage, tables.outbox.c
    assert apart.app is not None

    async def slowly(_call: object) -> None:
        await asyncio.sleep(0.5)

    stage.slack.on_call = slowly
    for number, phone in enumerate(LEADS):
        pair.face(number)
        await stage.twilio.text(phone, LAW.number, "Hi")
    await apart.app.kill()
    stage.slack.on_call = None
    await asyncio.sleep(1.5)  # the other one ends what it has begun itself
    async with stage.app.deps.db.begin() as tx:  # time passes
        left = tables.outbox.update().where(o.state == "sending").values(lease_until=stage.clock())
        assert await tx.run(left) > 0
        tx.wakes = True
    await stage.settle(30)
    assert len(stage.roots()) == len(LEADS)
    assert {phone: stage.said(phone) for phone in LEADS} == {phone: ["Hi"] for phone in LEADS}
    assert await stage.count(tables.outbox, o.state != "done") == 0


@only_sqlite
@pytest.mark.faults("F27")
async def test_a_second_process_on_the_same_file_is_refused_and_the_first_goes_on(apart: Apart) -> None:
    with pytest.raises(AssertionError, match="Another process"):
        await apart.start(port=free_port())
    await apart.stage.twilio.text(LEADS[0], LAW.number, "Hi")
    await apart.stage.settle()
    assert apart.stage.said(LEADS[0]) == ["Hi"]
