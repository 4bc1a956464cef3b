"""The manifest that is pasted into Slack."""

from tests.commands.operator import Operator


async def test_the_manifest_has_the_address_in_it(operator: Operator) -> None:
    told = await operator.succeeds("manifest", "--url", "https://sms.example.com/")
    assert "your-app.example.com" not in told
    assert told.count("https://sms.example.com/slack/events") == 4
