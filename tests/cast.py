"""The cast of the stories: two firms, their people and leads, and what the app is told of them.

The second firm, Bright Dental, must never see anything of what happens to the first, Harbor Law.
"""

from dataclasses import dataclass

from cryptography.fernet import Fernet

from bridge.sandbox.slack import PretendSlack
from bridge.sandbox.twilio import PretendTwilio

KEY = Fernet.generate_key().decode()
SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
ACCOUNT, TOKEN = "AC" + "a1" * 16, "operator-token-1"
OWN_ACCOUNT, OWN_TOKEN = "AC" + "b2" * 16, "dental-token-1"

MARIA = "+14155550111"  # a lead
NOAH = "+14155550112"  # another one
OMAR = "+14155550113"
MANY = [f"+1415555{number:04d}" for number in range(130, 180)]  # fifty more


@dataclass(frozen=True)
class FirmCast:
    """A firm and its people, by their Slack ids."""

    team_id: str
    name: str
    bot_token: str
    channel: str
    number: str
    admin: str
    agent: str
    second_agent: str
    guest: str
    stranger: str
    bot_user: str


LAW = FirmCast(
    "T01LAW", "Harbor Law", "xoxb-law-1", "C01LAW", "+14155550100", "U01ADMIN", "U01AGENT", "U01AGENT2", "U01GUEST",
    "U01STRANGER", "U01BOT",
)  # fmt: skip
DENTAL = FirmCast(
    "T02DENTAL", "Bright Dental", "xoxb-dental-1", "C02DENTAL", "+14155550120", "U02ADMIN", "U02AGENT", "U02AGENT2",
    "U02GUEST", "U02STRANGER", "U02BOT",
)  # fmt: skip


def environment(database_url: str, port: int, slack: PretendSlack, twilio: PretendTwilio) -> dict[str, str]:
    """The app's environment on the stage."""
    return {
        "DATABASE_URL": database_url.replace("+aiosqlite", "").replace("+asyncpg", ""),
        "ENCRYPTION_KEY": KEY,
        "PUBLIC_BASE_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_BOT_TOKEN": LAW.bot_token,
        "SLACK_API_URL": slack.api_url,
        "SLACK_INBOX_CHANNEL": LAW.channel,
        "SLACK_POSTS_PER_SECOND": "0",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_NUMBER": LAW.number,
        "TWILIO_API_URL": twilio.url,
    }


def people_slack(slack: PretendSlack) -> None:
    """Both workspaces with their people and channels."""
    for firm in (LAW, DENTAL):
        slack.add_workspace(
            firm.team_id, name=firm.name, bot_token=firm.bot_token, bot_user_id=firm.bot_user,
            bot_id="B" + firm.bot_user[1:],
        )  # fmt: skip
        slack.add_person(firm.team_id, firm.admin, "Ada Admin", admin=True)
        slack.add_person(firm.team_id, firm.agent, "Ben Agent")
        slack.add_person(firm.team_id, firm.second_agent, "Cleo Agent")
        slack.add_person(firm.team_id, firm.guest, "Gus Guest", guest="single")
        slack.add_person(firm.team_id, firm.stranger, "Sam Stranger", stranger=True)
        everyone = [firm.admin, firm.agent, firm.second_agent, firm.guest, firm.stranger]
        slack.add_channel(firm.team_id, firm.channel, "leads", members=everyone)


def people_twilio(twilio: PretendTwilio) -> None:
    """The operator's Twilio account with one number, and one of the second firm's own."""
    twilio.add_account(ACCOUNT, TOKEN)
    twilio.add_number(ACCOUNT, LAW.number)
    twilio.add_account(OWN_ACCOUNT, OWN_TOKEN)
    twilio.add_number(OWN_ACCOUNT, DENTAL.number)
