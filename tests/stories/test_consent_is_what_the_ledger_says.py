"""Whatever is said about texting a number, and in whatever order: the contact is what the ledger adds up to."""

from datetime import timedelta
from typing import Any

import pytest

from bridge.refusals import Refusal
from bridge.rules import consent as rules
from bridge.rules.consent import Scope
from bridge.rules.sending import Purpose
from bridge.rules.signups import Consent, Signup
from bridge.services import consent, leads, sending
from bridge.services.consent import Outcome, Say
from bridge.services.drafts import Draft
from bridge.store import consent as ledger
from bridge.store import contacts, conversations, tables
from tests.cast import LAW, MARIA, NOAH
from tests.stage import Stage
from tests.stories.test_texts_that_never_came import lost

FORM = Consent(
    "marketing", "form", {"text": "Yes, text me offers", "url": "https://harbor.example/join", "ip": "::1"}
)

OFF, QUIET = Say(Scope.ALL, LAW.agent, "asked by phone"), Say(Scope.MARKETING, LAW.agent, "wants no offers")


async def _adds_up(stage: Stage, phone: str = MARIA) -> Any:
    """The contact, whose columns are what the ledger adds up to."""
    contact = await stage.contact(phone)
    async with stage.app.deps.db.read() as tx:
        state = rules.fold(await ledger.history(tx, stage.law.id, contact.id))
    assert {name: getattr(contact, name) for name in state.columns} == state.columns
    return contact


async def _unsubscribe(stage: Stage, say: Say = OFF, phone: str = MARIA) -> Outcome:
    outcome = await consent.unsubscribe(stage.app.deps, stage.law, phone, say, stage.clock())
    await stage.settle()
    return outcome


async def _undo(stage: Stage, say: Say = OFF, phone: str = MARIA) -> Outcome:
    outcome = await consent.undo(stage.app.deps, stage.law, phone, say, stage.clock())
    await stage.settle()
    return outcome


async def _send(stage: Stage, purpose: Purpose, phone: str = MARIA) -> Any:
    """What the gate says to a text of this purpose; it is not delivered before the story settles."""
    now = stage.clock()
    async with stage.app.deps.db.begin() as tx:
        contact = (await contacts.ensure_all(tx, stage.law.id, [phone], now))[phone]
        conversation = (await conversations.with_contacts(tx, stage.law.id, [contact.id])).get(contact.id)
        assert conversation is not None
        draft = Draft(body=f"A text for {purpose}", purpose=purpose)
        return await sending.queue(tx, stage.law, conversation, draft, now)


@pytest.mark.rows(133)
async def test_staff_take_a_lead_off_all_texts_and_may_take_that_back(stage: Stage) -> None:
    await stage.lead_texts("Hi")
    assert await _unsubscribe(stage) is Outcome.DONE
    assert await _unsubscribe(stage) is Outcome.NOTHING_TO_DO
    assert (await _adds_up(stage)).opted_out
    assert stage.said()[-1] == f":no_entry: <@{LAW.agent}> opted this lead out of all texts."
    assert ":no_entry: opted out" in str(stage.root()["blocks"])
    await stage.staff_says("One more thing")
    assert stage.told() == [Refusal.STOPPED.sentence]

    assert await _undo(stage, Say(Scope.ALL, LAW.agent, "the wrong Maria")) is Outcome.DONE
    assert await _undo(stage) is Outcome.NOTHING_TO_DO
    await stage.staff_says("Sorry, that was a mistake")
    assert stage.phone() == ["Sorry, that was a mistake"]
    events = await stage.rows(tables.consent_events.select().order_by(tables.consent_events.c.id))
    assert [(each.change, each.source, each.actor, each.evidence["reason"]) for each in events] == [
        ("opt_out", "staff", LAW.agent, "asked by phone"), ("undo", "staff", LAW.agent, "the wrong Maria"),
    ]  # fmt: skip


@pytest.mark.rows(127, 128)
async def test_nobody_takes_back_what_the_lead_said(stage: Stage) -> None:
    await stage.lead_texts("Hi")
    await _unsubscribe(stage)
    await stage.lead_texts("STOP")
    assert await _undo(stage) is Outcome.LEADS_OWN
    assert await _undo(stage, Say(Scope.MARKETING, LAW.admin, "please")) is Outcome.LEADS_OWN
    assert (await _adds_up(stage)).opted_out
    await stage.lead_texts("START")
    assert not (await _adds_up(stage)).opted_out


@pytest.mark.rows(132)
async def test_what_the_carrier_said_is_the_lead_s_word_even_after_staff_said_the_same(stage: Stage) -> None:
    await stage.lead_texts("Hi")
    stage.twilio.lose_status = True
    await stage.staff_says("Hello")
    sent = stage.twilio.texts_to(MARIA)[0]
    await _unsubscribe(stage)
    stage.twilio.lose_status = False
    await stage.twilio.callback(sent.sid, "failed", 21610)
    await stage.settle()
    assert (await _adds_up(stage)).carrier_blocked
    assert await _undo(stage) is Outcome.LEADS_OWN


@pytest.mark.rows(59, 182)
async def test_marketing_needs_consent_and_what_answers_does_not(stage: Stage) -> None:
    await stage.lead_texts("Hi")
    assert await _send(stage, Purpose.MARKETING) is Refusal.NO_MARKETING_CONSENT
    for purpose in (Purpose.REPLY, Purpose.TRANSACTIONAL, Purpose.CANNED):
        assert isinstance(await _send(stage, purpose), int)
    await stage.settle()
    assert len(stage.phone()) == 3

    await consent.agree(stage.app.deps, stage.law, MARIA, FORM, "operator", stage.clock())
    assert isinstance(await _send(stage, Purpose.MARKETING), int)
    await stage.settle()
    assert stage.phone()[-1] == "A text for marketing"

    await _unsubscribe(stage, QUIET)
    assert await _send(stage, Purpose.MARKETING) is Refusal.NO_MARKETING_CONSENT
    await stage.staff_says("Your contract is ready")
    assert stage.phone()[-1] == "Your contract is ready"
    assert stage.said()[-1] == f":no_bell: <@{LAW.agent}> took this lead off marketing texts."
    assert await _undo(stage, QUIET) is Outcome.DONE
    assert (await _adds_up(stage)).marketing == "granted"


@pytest.mark.rows(59, 123)
async def test_start_brings_texts_back_and_marketing_only_new_consent(stage: Stage) -> None:
    await stage.lead_texts("Hi")
    await consent.agree(stage.app.deps, stage.law, MARIA, FORM, "operator", stage.clock())
    await stage.lead_texts("STOP")
    await stage.lead_texts("START")
    assert (await _adds_up(stage)).marketing == "revoked"
    assert await _send(stage, Purpose.MARKETING) is Refusal.NO_MARKETING_CONSENT
    assert isinstance(await _send(stage, Purpose.REPLY), int)
    await consent.agree(stage.app.deps, stage.law, MARIA, FORM, "operator", stage.clock())
    assert isinstance(await _send(stage, Purpose.MARKETING), int)
    await stage.settle()


@pytest.mark.rows(59)
async def test_implied_consent_ends_by_itself_even_for_a_text_that_waits(stage: Stage) -> None:
    await stage.lead_texts("Hi")
    implied = Consent(
        "marketing", "verbal", {"text": "asked about wills"}, until=stage.clock() + timedelta(hours=1)
    )
    await consent.agree(stage.app.deps, stage.law, MARIA, implied, LAW.agent, stage.clock())
    stage.twilio.fail("create", status=429, code=20429, retry_after=2 * 3600)
    assert isinstance(await _send(stage, Purpose.MARKETING), int)
    await stage.settle(ahead=0)
    await stage.wait(hours=2, minutes=1)
    await stage.settle()
    assert stage.phone() == []
    assert Refusal.NO_MARKETING_CONSENT.sentence in "\n".join(stage.said())
    assert await _send(stage, Purpose.MARKETING) is Refusal.NO_MARKETING_CONSENT
    assert (await _adds_up(stage)).marketing == "granted"  # what was said stays said


@pytest.mark.rows(59, 133)
async def test_what_a_signup_agreed_to_is_in_the_ledger_once(stage: Stage) -> None:
    signups = [
        Signup("Maria", MARIA, origin="form:1", consent=FORM),
        Signup("Noah", NOAH, origin="form:2"),
        Signup("Nobody", None, "n@example.com", origin="form:3", consent=FORM),
    ]
    for _ in range(3):
        await leads.enter(stage.app.deps, stage.law, signups, stage.clock())
    (event,) = await stage.rows(tables.consent_events.select())
    assert (event.change, event.scope, event.source, event.evidence) == (
        "opt_in",
        "marketing",
        "form",
        FORM.evidence,
    )
    assert (await _adds_up(stage)).marketing == "granted"
    ids = [row.id for row in await stage.rows(tables.leads.select())]
    assert await leads.forget(stage.app.deps, stage.law, ids, stage.clock()) == 3
    assert await stage.count(tables.leads) == await stage.count(tables.lead_terms) == 0
    assert (await _adds_up(stage)).marketing == "granted"
    assert await stage.count(tables.consent_events) == 1


@pytest.mark.rows(59, 127)
async def test_no_signup_lifts_a_stop_whatever_it_agrees_to(stage: Stage) -> None:
    await stage.lead_texts("STOP")
    for number, category in enumerate(("marketing", "informational")):
        agreed = Consent(category, "form", {"text": "anything"})
        signup = Signup("Maria", MARIA, origin=f"form:{number}", consent=agreed)
        await leads.enter(stage.app.deps, stage.law, [signup], stage.clock())
    contact = await _adds_up(stage)
    assert (contact.opted_out, contact.marketing) == (True, "granted")
    assert await _send(stage, Purpose.MARKETING) is Refusal.STOPPED


@pytest.mark.rows(59, 122)
@pytest.mark.faults("F4")
async def test_consent_from_before_a_stop_that_is_entered_after_it_counts_for_nothing(stage: Stage) -> None:
    await stage.lead_texts("STOP")
    old = Consent("marketing", "import", {"text": "yes"}, stage.clock() - timedelta(days=400))
    signup = Signup("Maria", MARIA, origin="csv:1", consent=old)
    await leads.enter(stage.app.deps, stage.law, [signup], stage.clock())
    assert (await _adds_up(stage)).marketing == "revoked"


@pytest.mark.rows(122, 123, 133)
@pytest.mark.faults("F4")
@pytest.mark.parametrize("words", [["STOP", "START"], ["START", "STOP"], ["STOP", "please stop", "START"]])
async def test_words_that_come_late_add_up_too(stage: Stage, words: list[str]) -> None:
    await consent.agree(stage.app.deps, stage.law, MARIA, FORM, "operator", stage.clock())
    for word in words:
        await lost(stage, word)
        stage.skip(minutes=2)
    await stage.lead_texts("HELP")
    stage.skip(minutes=5)
    await stage.sweep_for_missed_texts()
    contact = await _adds_up(stage)
    assert contact.opted_out is (words[-1] == "STOP")
    assert contact.suspected_at is None
    assert contact.marketing == "revoked"
