"""What Slack's own client makes of a refusal."""

from collections.abc import Awaitable

import pytest
from slack_sdk.errors import SlackApiError


async def refusal(call: Awaitable[object]) -> SlackApiError:
    """The exception that a call must end with."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value


async def refused(call: Awaitable[object]) -> str:
    """The error that a call must be answered with."""
    return str((await refusal(call)).response["error"])
