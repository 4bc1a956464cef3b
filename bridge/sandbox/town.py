"""The pretend world of the demo: one law firm, its people, its number, and where the app finds them all."""

import socket
from dataclasses import dataclass

from bridge.sandbox.slack import PretendSlack
from bridge.sandbox.twilio import PretendTwilio

SIGNING_SECRET = "demo-signing-secret"
ACCOUNT, TOKEN = "AC" + "0d" * 16, "demo-auth-token"
TEAM, BOT_TOKEN, CHANNEL = "T01HARBOR", "xoxb-demo", "C01LEADS"
ADA, BEN = "U01ADA", "U01BEN"
FIRM_NUMBER = "+14155550100"
STRANGER = "+14155550111"


@dataclass
class Town:
    """The pretend services, started, and the address that the app is to take."""

    slack: PretendSlack
    twilio: PretendTwilio
    app_url: str

    @classmethod
    async def founded(cls) -> "Town":
        """Start the services and put the people in."""
        town = cls(PretendSlack(signing_secret=SIGNING_SECRET), PretendTwilio(), f"http://127.0.0.1:{_free_port()}")
        await town.slack.start()
        await town.twilio.start()
        town.slack.request_url = f"{town.app_url}/slack/events"
        town.slack.add_workspace(
            TEAM, name="Harbor Law", bot_token=BOT_TOKEN, bot_user_id="U01BOT", bot_id="B01BOT"
        )
        town.slack.add_person(TEAM, ADA, "Ada", admin=True)
        town.slack.add_person(TEAM, BEN, "Ben")
        town.slack.add_channel(TEAM, CHANNEL, "leads", members=[ADA, BEN])
        town.twilio.add_account(ACCOUNT, TOKEN)
        town.twilio.add_number(ACCOUNT, FIRM_NUMBER)
        return town

    async def closed(self) -> None:
        """Stop the services."""
        await self.slack.stop()
        await self.twilio.stop()

    def environment(self, database: str, encryption_key: str) -> dict[str, str]:
        """What the app must be told: other addresses than in earnest, and nothing else."""
        return {
            "DATABASE_URL": f"sqlite:///{database}",
            "ENCRYPTION_KEY": encryption_key,
            "PUBLIC_BASE_URL": self.app_url,
            "PORT": self.app_url.rpartition(":")[2],
            "SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_API_URL": self.slack.api_url,
            "SLACK_INBOX_CHANNEL": CHANNEL,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_NUMBER": FIRM_NUMBER,
            "TWILIO_API_URL": self.twilio.url,
            "LOG_LEVEL": "WARNING",
        }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
