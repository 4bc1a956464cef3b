"""A colleague whom nobody knows yet."""

from tests.stage import Stage


def asked_about(stage: Stage) -> list[str]:
    """The people about whom Slack was asked, in that order."""
    return [call.args["user"] for call in stage.slack.calls if call.method == "users.info"]


async def types_unknown(stage: Stage, text: str) -> str:
    """They reply to a lead, and Slack will not say for half a minute who that is; the reply's ts."""
    stage.slack.fail("users.info", status=429, retry_after=30)
    ts = await stage.staff_types(text)
    await stage.until(lambda: asked_about(stage) != [])
    await stage.settle(ahead=0)
    return ts
