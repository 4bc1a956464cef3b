"""What the app's manifest makes of it in the pretend Slack."""

import pytest

from bridge.sandbox.slack import PretendSlack
from bridge.sandbox.slack.manifest import Manifest

TEAM, BEN, CHANNEL = "T1", "U1", "C1"
GIVEN = {
    "display_information": {"name": "Two-way SMS"},
    "features": {
        "slash_commands": [{"command": "/sms", "description": "How it stands", "usage_hint": "[status]"}],
        "shortcuts": [{"name": "Assign", "type": "message", "callback_id": "assign", "description": "It"}],
    },
    "oauth_config": {"scopes": {"bot": ["commands", "chat:write"]}},
    "settings": {"event_subscriptions": {"bot_events": ["message.channels"]}},
}


@pytest.fixture
def slack() -> PretendSlack:
    slack = PretendSlack(signing_secret="secret")
    slack.make_app(Manifest(GIVEN))
    slack.add_workspace(TEAM, name="Firm", bot_token="xoxb-1", bot_user_id="U0", bot_id="B0")
    slack.add_person(TEAM, BEN, "Ben")
    slack.add_channel(TEAM, CHANNEL, "leads", members=[BEN])
    return slack


def test_it_has_the_scopes_and_events_that_it_asks_for(slack: PretendSlack) -> None:
    assert slack.workspace(TEAM).scopes == {"commands", "chat:write"}
    assert slack.subscriptions == {"message.channels"}


async def test_only_its_own_commands_are_known(slack: PretendSlack) -> None:
    with pytest.raises(LookupError, match="/poll is no command here"):
        await slack.command(TEAM, BEN, CHANNEL, "/poll")


async def test_only_its_own_shortcuts_are_there_each_in_its_place(slack: PretendSlack) -> None:
    with pytest.raises(LookupError, match="no global shortcut assign"):
        await slack.shortcut(TEAM, BEN, "assign")
    ts = await slack.say(TEAM, CHANNEL, BEN, "Hello")
    with pytest.raises(LookupError, match="no message shortcut resolve"):
        await slack.shortcut(TEAM, BEN, "resolve", channel_id=CHANNEL, message_ts=ts)


def test_the_demo_runs_the_app_of_our_own_manifest() -> None:
    manifest = Manifest.read()
    assert manifest.name == "Two-way SMS"
    assert manifest.has_command("/sms")
    assert "message.groups" in manifest.events
    assert "files:read" in manifest.scopes
