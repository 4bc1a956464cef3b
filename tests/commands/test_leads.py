"""Leads are entered by hand."""

from tests.cast import LAW
from tests.commands.operator import Operator, install


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
