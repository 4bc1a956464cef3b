"""A text of which nobody knows whether it went out."""

from typing import Any

from tests.cast import DENTAL, LAW
from tests.stage import Stage

UNSURE = "It is not known whether this text went out. Ask the lead, or look in Twilio's log, then choose:"


async def in_doubt(stage: Stage) -> str:
    """A reply of which nobody knows whether it went out; its ts."""
    await stage.lead_texts("Hello?")
    stage.twilio.fail("create", drop=True)
    ts = await stage.staff_types("Did you get this?")
    await pass_time(stage, 4)
    assert stage.said()[-1] == UNSURE
    return ts


async def taken_unseen(stage: Stage, *, failed_looks: int) -> str:
    """A reply that Twilio took unseen, and says nothing of until some looks have failed; its ts."""
    await stage.lead_texts("Hello?")
    stage.twilio.lose_status = True
    stage.twilio.fail("create", drop=True, accept_first=True)
    stage.twilio.fail("list", status=500, times=failed_looks)
    return await stage.staff_types("Hello!")


async def pass_time(stage: Stage, steps: int, **step: float) -> None:
    """Time passes, a minute at a step unless said otherwise, and whatever becomes due happens."""
    for _ in range(steps):
        await stage.settle(ahead=0)
        stage.skip(**(step or {"seconds": 61}))
    await stage.settle()


def question(stage: Stage) -> dict[str, Any]:
    """The message that asks."""
    return next(message for message in reversed(stage.thread()) if message["text"] == UNSURE)


async def press(stage: Stage, action_id: str, ts: str, user: str) -> Any:
    """Somebody presses a button under the question."""
    return await stage.slack.click(LAW.team_id, user, LAW.channel, ts, action_id)


def creates(stage: Stage) -> int:
    """How often Twilio was asked to send a text."""
    return len([request for request in stage.twilio.requests if request.operation == "create"])


def asked_for_a_list(stage: Stage) -> int:
    """How often Twilio was asked for a lead's texts; the sweep at the start asks for those to our numbers."""
    asked = [request for request in stage.twilio.requests if request.operation == "list"]
    return len([request for request in asked if request.params.get("To") not in {LAW.number, DENTAL.number}])
