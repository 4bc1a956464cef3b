"""What kind of line a number is: Twilio is asked once, within seconds, and nobody waits for it for long."""

import asyncio
from datetime import timedelta

import pytest

from bridge.rules.signups import Signup
from bridge.sandbox.ports import free_port
from bridge.sandbox.twilio import magic
from bridge.services import leads, lookups
from bridge.store import agenda, tables
from tests.apart import Apart, is_lookup
from tests.cast import ACCOUNT, LAW, MANY, MARIA, NOAH, OMAR
from tests.stage import Stage
from tests.store.scratch import only_postgres
from tests.stories.begun import first_text, is_now

KIND, STATE = tables.outbox.c.kind, tables.outbox.c.state


async def asked(stage: Stage) -> int:
    """How many look-ups were ever promised."""
    return await stage.count(tables.outbox, KIND == "lookup")


@pytest.mark.rows(104, 106)
async def test_a_signup_is_looked_up_within_seconds_and_never_again(stage: Stage) -> None:
    await stage.signup("Maria Lopez")
    await stage.until(lambda: stage.twilio.looked_up(MARIA) == 1)
    await stage.settle()
    assert (await stage.contact()).line_type == "mobile"

    await stage.signup("M. Lopez", source="autumn")
    await first_text(stage)
    await stage.settle()
    await stage.lead_texts("Hello?")
    await stage.staff_says("Hello again!")
    assert stage.phone() == ["Hello!", "Hello again!"]
    assert (stage.twilio.looked_up(MARIA), await asked(stage)) == (1, 1)
    assert "mobile · " in str(stage.root()["blocks"])


@pytest.mark.rows(104, 106)
@pytest.mark.faults("F27")
async def test_five_signups_with_one_number_at_once_are_one_look_up(stage: Stage) -> None:
    await asyncio.gather(*(stage.signup(f"Maria {number}") for number in range(5)))
    await stage.settle()
    assert stage.twilio.looked_up(MARIA) == 1
    assert await stage.count(tables.contacts) == 1


@pytest.mark.rows(104, 106)
async def test_a_table_is_looked_up_once_however_often_it_is_entered(stage: Stage) -> None:
    deps = stage.app.deps
    table = [Signup(f"Lead {phone}", phone, origin=f"row:{phone}") for phone in MANY[:12]]
    table += [Signup("Lead again", MANY[0], origin="row:again"), Signup("No phone", None, "no@example.com")]
    assert await lookups.count_unknown(deps, stage.law, [one.phone for one in table if one.phone]) == 12
    for _ in range(2):
        await leads.enter(deps, stage.law, table, stage.clock())
    await stage.settle()
    await leads.enter(deps, stage.law, table, stage.clock())
    await stage.settle()
    assert [stage.twilio.looked_up(phone) for phone in MANY[:13]] == [1] * 12 + [0]
    assert await asked(stage) == 12
    assert await lookups.count_unknown(deps, stage.law, MANY[:13]) == 1


@pytest.mark.rows(105, 106)
async def test_of_a_lead_entered_without_it_the_first_text_asks(stage: Stage) -> None:
    signups = [Signup("Maria", MARIA, origin="row:1")]
    await leads.enter(stage.app.deps, stage.law, signups, stage.clock(), look_up=False)
    await stage.settle()
    assert stage.twilio.looked_up(MARIA) == 0
    await first_text(stage)
    await first_text(stage, "Are you there?")
    await stage.settle()
    await first_text(stage, "Goodbye.")
    await stage.settle()
    assert stage.phone() == ["Hello!", "Are you there?", "Goodbye."]
    assert (stage.twilio.looked_up(MARIA), await asked(stage)) == (1, 1)


@pytest.mark.rows(105, 106)
async def test_a_text_goes_as_soon_as_the_answer_is_there(stage: Stage) -> None:
    stage.freeze()
    await first_text(stage)
    await stage.until(lambda: stage.phone() == ["Hello!"])
    assert stage.twilio.looked_up(MARIA) == 1


@pytest.mark.rows(105, 106)
async def test_who_has_texted_us_is_never_looked_up(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says("Hello!")
    await stage.signup("Maria Lopez")
    await stage.settle()
    assert stage.phone() == ["Hello!"]
    assert (stage.twilio.looked_up(MARIA), await asked(stage)) == (0, 0)


@pytest.mark.rows(106)
async def test_who_wants_no_texts_is_not_paid_for(stage: Stage) -> None:
    signups = [Signup("Maria", MARIA, origin="row:1")]
    await leads.enter(stage.app.deps, stage.law, signups, stage.clock(), look_up=False)
    async with stage.app.deps.db.begin() as tx:
        await tx.run(tables.contacts.update().values(opted_out=True))
    await stage.signup("Maria Lopez")
    await stage.settle()
    assert (stage.twilio.looked_up(MARIA), await asked(stage)) == (0, 0)


@pytest.mark.rows(106)
async def test_who_texts_while_a_look_up_waits_need_not_be_looked_up(stage: Stage) -> None:
    stage.twilio.fail("lookup", status=429, code=20429, retry_after=60)
    await stage.signup("Maria Lopez")
    await stage.settle()
    await stage.lead_texts("Hello?")
    await stage.wait(seconds=61)
    await stage.settle()
    assert stage.twilio.looked_up(MARIA) == 1  # the one that was put off
    assert await stage.count(tables.outbox, STATE != "done") == 0


@pytest.mark.rows(111)
@pytest.mark.parametrize("phone", [magic.CANADIAN, magic.NO_LOOKUP, magic.UNKNOWN_LINE])
async def test_of_whose_line_nobody_knows_the_kind_can_be_texted(stage: Stage, phone: str) -> None:
    await stage.signup("Jean", phone)
    await stage.settle()
    await first_text(stage, phone=phone)
    await stage.settle()
    contact = await stage.contact(phone)
    assert (contact.line_type, contact.line_checked_at is not None) == ("unknown", True)
    assert stage.phone(phone) == ["Hello!"]
    assert stage.twilio.looked_up(phone) == 1


@pytest.mark.rows(111)
@pytest.mark.parametrize("code", [20003, 20404])
async def test_a_look_up_that_is_refused_holds_no_text_back(stage: Stage, code: int) -> None:
    stage.twilio.fail("lookup", times=5, code=code)
    await stage.signup("Maria Lopez")
    await stage.settle()
    await first_text(stage)
    await stage.settle()
    assert (stage.phone(), (await stage.contact()).line_type) == (["Hello!"], "unknown")
    assert await stage.count(tables.routes, tables.routes.c.off_reason.is_not(None)) == 0


@pytest.mark.rows(105, 111)
@pytest.mark.faults("F9")
async def test_with_look_ups_down_a_text_waits_two_seconds_and_goes(stage: Stage) -> None:
    stage.freeze()
    stage.twilio.fail("lookup", times=100, status=503)
    await first_text(stage)
    await stage.until(lambda: stage.twilio.looked_up(MARIA) > 0)
    await asyncio.sleep(0.3)
    assert stage.phone() == []
    stage.skip(seconds=2.01)
    await stage.until(lambda: stage.phone() == ["Hello!"])
    await first_text(stage, "And at once.")
    await stage.until(lambda: stage.phone() == ["Hello!", "And at once."])

    stage.twilio.heal()
    await stage.wait(minutes=5)
    await stage.settle()
    assert (await stage.contact()).line_type == "mobile"
    assert stage.phone() == ["Hello!", "And at once."]


@pytest.mark.rows(105, 111)
@pytest.mark.faults("F9")
async def test_a_look_up_that_takes_longer_is_kept_when_it_comes(stage: Stage) -> None:
    stage.freeze()
    stage.twilio.fail("lookup", hang=1.0)
    is_now(stage, "landline")
    await first_text(stage)
    await stage.until(lambda: stage.twilio.looked_up(MARIA) > 0)
    await asyncio.sleep(0.3)
    assert stage.phone() == []
    stage.skip(seconds=2.01)
    await stage.until(lambda: stage.phone() == ["Hello!"])
    await stage.settle()
    assert (await stage.contact()).line_type == "landline"


@pytest.mark.rows(111)
async def test_after_a_day_of_trying_its_kind_is_unknown(stage: Stage) -> None:
    await stage.signup("Dana", magic.LOOKUP_DOWN)
    for _ in range(5):
        await stage.wait(minutes=6)
    await stage.wait(hours=25)
    contact = await stage.contact(magic.LOOKUP_DOWN)
    assert (contact.line_type, contact.line_checked_at is not None) == ("unknown", True)
    assert await stage.count(tables.outbox, STATE != "done") == 0


@pytest.mark.rows(104)
async def test_texts_never_wait_behind_look_ups_that_hang(stage: Stage) -> None:
    stage.twilio.fail("lookup", times=20, hang=1.0)
    await asyncio.gather(*(stage.signup(f"Lead {phone}", phone) for phone in MANY[:20]))
    await stage.until(lambda: sum(map(stage.twilio.looked_up, MANY[:20])) >= 8)
    await stage.twilio.text(NOAH, LAW.number, "Hello?")
    await stage.until(lambda: any(NOAH[-4:] in root["text"] for root in stage.roots()))
    await stage.until(lambda: stage.said(NOAH) == ["Hello?"])
    await stage.staff_types("Hello!", phone=NOAH)
    await stage.until(lambda: stage.phone(NOAH) == ["Hello!"])
    assert await stage.count(tables.outbox, KIND == "lookup", STATE != "done") > 0
    await stage.settle()


@pytest.mark.rows(104)
async def test_a_new_signup_does_not_wait_behind_a_whole_table(stage: Stage) -> None:
    stage.freeze()  # so that the way of the many does not get free
    table = [Signup("Lead", phone, origin=phone) for phone in MANY]
    await leads.enter(stage.app.deps, stage.law, table, stage.clock())
    await stage.signup("Maria Lopez")
    await stage.until(lambda: stage.twilio.looked_up(MARIA) == 1)
    assert sum(map(stage.twilio.looked_up, MANY)) <= 20
    stage.skip(hours=1)  # however long the others wait, nobody is alarmed
    async with stage.app.deps.db.read() as tx:
        assert await agenda.oldest_due(tx, stage.clock()) is None
        assert (await agenda.oldest_due(tx, stage.clock(), kind="lookup") or ("",))[0] == "lookup"
    await stage.settle()


@pytest.mark.rows(104, 105)
async def test_without_a_number_at_twilio_nothing_is_asked_until_there_is_one(stage: Stage) -> None:
    async with stage.app.deps.db.begin() as tx:
        await tx.run(tables.numbers.update().where(tables.numbers.c.phone == LAW.number).values(ready=False))
    await stage.signup("Maria Lopez")
    assert await lookups.count_unknown(stage.app.deps, stage.law, [MARIA]) == 0
    assert await lookups.check(stage.app.deps, stage.law, MARIA, stage.clock())
    await stage.settle()
    assert await asked(stage) == 0
    async with stage.app.deps.db.begin() as tx:
        await tx.run(tables.numbers.update().values(ready=True))
    await first_text(stage)
    await stage.settle()
    assert (stage.phone(), stage.twilio.looked_up(MARIA)) == (["Hello!"], 1)


@pytest.mark.rows(111)
async def test_without_credentials_it_is_tried_later_and_nothing_is_switched_off(stage: Stage) -> None:
    async with stage.app.deps.db.begin() as tx:
        await tx.run(tables.numbers.update().values(account_sid="AC" + "c3" * 16))
    await stage.signup("Maria Lopez")
    await stage.wait(seconds=1)
    assert await stage.count(tables.routes, tables.routes.c.off_reason.is_not(None)) == 0
    assert (await stage.contact()).line_checked_at is None
    async with stage.app.deps.db.begin() as tx:
        await tx.run(
            tables.numbers.update().where(tables.numbers.c.phone == LAW.number).values(account_sid=ACCOUNT)
        )
    await stage.wait(minutes=1)
    assert (await stage.contact()).line_type == "mobile"


@pytest.mark.rows(106)
@pytest.mark.faults("F1", "F9")
async def test_who_dies_with_the_answer_asks_again_and_keeps_it(apart: Apart) -> None:
    stage = apart.stage
    is_now(stage, "landline")
    apart.unsaved(is_lookup)
    await stage.signup("Maria Lopez")
    await apart.begin_again(later=timedelta(seconds=100))
    await stage.settle()
    assert (await stage.contact()).line_type == "landline"
    assert stage.twilio.looked_up(MARIA) == 2
    await first_text(stage)
    await stage.settle()
    assert (stage.phone(), stage.twilio.looked_up(MARIA)) == ([], 2)


@only_postgres
@pytest.mark.rows(106)
@pytest.mark.faults("F27")
async def test_two_processes_ask_about_each_number_once(apart: Apart) -> None:
    await apart.start(port=free_port())
    stage = apart.stage
    phones = [*MANY[:10], OMAR]
    await asyncio.gather(*(stage.signup(f"Lead {phone}", phone) for phone in phones for _ in range(3)))
    await asyncio.gather(*(first_text(stage, phone=phone) for phone in phones))
    await stage.settle()
    assert [stage.twilio.looked_up(phone) for phone in phones] == [1] * len(phones)
    assert [stage.phone(phone) for phone in phones] == [["Hello!"]] * len(phones)
