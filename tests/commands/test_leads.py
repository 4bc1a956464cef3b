"""Leads are entered by hand."""

import json

import pytest

from tests.cast import LAW
from tests.commands.operator import Operator, connect, install


async def test_leads_are_entered_with_numbers_as_carriers_want_them(operator: Operator) -> None:
    install(operator, LAW.team_id)
    assert "No signups" in await operator.succeeds("leads", "list")
    await operator.succeeds("leads", "add", "--name", "Maria Lopez", "--phone", "(415) 555-0111", "--source", "web")
    await operator.succeeds("leads", "add", "--name", "No Phone", "--email", "no@example.com", LAW.team_id)
    assert operator.sql("SELECT name, phone, email, source FROM leads ORDER BY id") == [
        ("Maria Lopez", "+14155550111", None, "web"),
        ("No Phone", None, "no@example.com", None),
    ]
    newest, oldest = (await operator.succeeds("leads", "list")).splitlines()
    assert "No Phone" in newest
    assert "Maria Lopez  (415) 555-0111" in oldest
    listed = await operator.succeeds("firms", "list")
    assert "\x1b" not in listed  # what others chose as a name cannot steer a terminal


async def test_leads_are_found_and_it_says_who_cannot_be_texted(operator: Operator) -> None:
    install(operator, LAW.team_id)
    await operator.succeeds("firms", "two-way", "on", LAW.team_id)
    for name, phone in (("Maria Lopez", "(415) 555-0111"), ("Maria Lopez-Smith", "(415) 555-0111")):
        await operator.succeeds("leads", "add", "--name", name, "--phone", phone)
    await operator.succeeds("leads", "add", "--name", "Mario", "--email", "mario@example.com")
    assert "Nobody is called that" in await operator.succeeds("leads", "find", "zo\u00eb")
    assert "Nobody is called that" in await operator.succeeds("leads", "find", "m")
    without, once = (await operator.succeeds("leads", "find", "mari")).splitlines()
    assert "Maria Lopez-Smith  (415) 555-0111" in once  # the newest signup with the number
    assert without.endswith("Mario  no number  mario@example.com  (no number that can be texted)")
    assert "Maria Lopez-Smith" in await operator.succeeds("leads", "find", "lopez", "0111")


@pytest.mark.rows(106)
async def test_a_number_is_looked_up_once_more(operator: Operator) -> None:
    install(operator, LAW.team_id)
    await operator.succeeds("leads", "add", "--name", "Maria", "--phone", "(415) 555-0111")
    assert operator.sql("SELECT kind FROM outbox") == []  # there is no number at Twilio yet
    assert "No number of a Twilio account" in await operator.fails("leads", "check", "(415) 555-0111")
    connect(operator)
    told = await operator.succeeds("leads", "check", "(415) 555-0111")
    assert told == "(415) 555-0111 will be looked up.\n"
    assert operator.sql("SELECT kind, service, state FROM outbox") == [("lookup", "lookups", "ready")]
    assert await operator.fails("leads", "check", "+1 415 555 0199") == "No lead has that number."
    assert "no phone number" in await operator.fails("leads", "check", "0199", status=2)


@pytest.mark.rows(113)
async def test_a_block_is_lifted_with_a_reason(operator: Operator) -> None:
    install(operator, LAW.team_id)
    await operator.succeeds("firms", "two-way", "on", LAW.team_id)
    await operator.succeeds("leads", "add", "--name", "Maria", "--phone", "(415) 555-0111")
    operator.sql("UPDATE contacts SET blocked_at = '2026-01-02 12:00:00.000000', filtered = 3")
    assert "(blocked, for carriers take it for spam)" in await operator.succeeds("leads", "find", "maria")
    assert "Missing option" in await operator.fails("leads", "lift-block", "4155550111", status=2)
    assert "Say why" in await operator.fails("leads", "lift-block", "4155550111", "--reason", " ", status=2)
    for told in ("The block is lifted: this number can be texted again.\n", "This number is not blocked.\n"):
        assert await operator.succeeds("leads", "lift-block", "4155550111", "--reason", "They called.") == told
    assert operator.sql("SELECT blocked_at, filtered FROM contacts") == [(None, 0)]
    [(actor, facts)] = operator.sql("SELECT actor, facts FROM audit WHERE action = 'lift_block'")
    assert (actor, json.loads(facts)["reason"]) == ("operator", "They called.")
