"""The Home tab is looked at."""

from typing import Any

from slack_bolt.async_app import AsyncBoltContext

from bridge.services import home
from bridge.store.database import patiently

PATIENCE = 2.2  # seconds of the three that Slack waits


async def on_opened(event: dict[str, Any], context: AsyncBoltContext) -> None:
    """Of the app's two tabs, Home; the other shows messages."""
    deps, firm, now = context["deps"], context["firm"], context["now"]
    if event.get("tab") == "home":
        await patiently(lambda: home.opened(deps, firm, event["user"], now), seconds=PATIENCE)
