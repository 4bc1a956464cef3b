"""A number that carriers kept filtering is blocked until an admin lifts that from its card, with a reason."""

import pytest

from bridge.refusals import Refusal
from bridge.services import blocks as service
from bridge.store import contacts, tables
from bridge.views import blocks, cards
from tests.cast import LAW, MARIA
from tests.desk import Desk
from tests.stage import Stage


async def blocked(stage: Stage) -> None:
    """Maria's number."""
    await stage.lead_texts("Hello?")
    async with stage.app.deps.db.begin() as tx:
        known = await contacts.ensure_all(tx, stage.law.id, [MARIA], stage.clock())
        await contacts.change(tx, stage.law.id, known[MARIA].id, blocked_at=stage.clock(), filtered=3)


async def card(stage: Stage, user: str) -> Desk:
    """Somebody looks at her card."""
    desk = Desk(stage, user)
    await stage.slack.click(LAW.team_id, user, LAW.channel, stage.root()["ts"], cards.OPEN)
    return desk


@pytest.mark.rows(113)
async def test_with_a_reason_from_the_card(stage: Stage) -> None:
    await blocked(stage)
    desk = await card(stage, LAW.admin)
    assert Refusal.BLOCKED.sentence in desk.text()
    await desk.presses(blocks.LIFT)
    assert (await desk.submit({blocks.REASON: "  "})).json["errors"] == {blocks.REASON: service.NO_REASON}
    assert (await desk.submit({blocks.REASON: "They changed their carrier"})).json["response_action"] == "update"
    assert service.LIFTED in desk.text()
    await stage.settle()
    await stage.staff_says("Welcome back")
    assert stage.phone() == ["Welcome back"]
    lifted = [row for row in await stage.rows(tables.audit.select()) if row.action == "lift_block"]
    assert [(row.actor, row.facts["reason"]) for row in lifted] == [(LAW.admin, "They changed their carrier")]


async def test_nobody_else_is_offered_it_or_may(stage: Stage) -> None:
    await blocked(stage)
    desk = await card(stage, LAW.agent)
    assert blocks.LIFT not in desk.text()
    chosen = f"phone:{MARIA}"
    for user in (LAW.agent, LAW.guest, LAW.stranger):
        await stage.slack.shortcut(LAW.team_id, user, "start_new")
        view = Desk(stage, user).top | blocks.ask(chosen)
        view["state"] = {"values": {blocks.REASON: {blocks.REASON: {"type": "plain_text_input", "value": "mine"}}}}
        forged = {"type": "view_submission", "view": view, "response_urls": []}
        done = await stage.slack.interact(LAW.team_id, user, forged)
        assert list(done.json["errors"]) == [blocks.REASON]
    assert (await stage.contact()).blocked_at is not None
