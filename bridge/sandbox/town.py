"""The pretend world of the demo: a law firm and a dental clinic, and where the app finds them.

Two-way SMS is included in what the law firm pays. The clinic would have to pay for it, and has not switched it on.
"""

from dataclasses import dataclass

from bridge.sandbox.ports import free_port
from bridge.sandbox.slack import PretendSlack
from bridge.sandbox.slack.manifest import Manifest
from bridge.sandbox.stripe import PretendStripe
from bridge.sandbox.twilio import PretendTwilio

SIGNING_SECRET = "demo-signing-secret"
ACCOUNT, TOKEN = "AC" + "0d" * 16, "demo-auth-token"
STRIPE_KEY = "sk_test_demo"
RETRIES = (1.0, 10.0, 60.0)  # seconds; Slack's own take up to five minutes, which nobody waits for on a page
STRANGER = "+14155550111"


@dataclass(frozen=True)
class Firm:
    """A workspace that has the app: an admin, two agents, a guest, and somebody of another company."""

    team: str
    name: str
    token: str
    channel: str
    number: str
    admin: tuple[str, str]  # Slack id and name
    agents: tuple[tuple[str, str], tuple[str, str]]
    guest: tuple[str, str]
    outsider: tuple[str, str]
    pays: bool = False  # for two-way SMS by itself

    @property
    def members(self) -> list[str]:
        """Who is in the channel."""
        return [one for one, _ in (self.admin, *self.agents, self.guest, self.outsider)]


HARBOR = Firm(
    "T01HARBOR", "Harbor Law", "xoxb-demo", "C01LEADS", "+14155550100",
    ("U01ADA", "Ada"), (("U01BEN", "Ben"), ("U01CLEO", "Cleo")), ("U01GUS", "Gus"), ("U01SAM", "Sam"),
)  # fmt: skip
MAPLE = Firm(
    "T02MAPLE", "Maple Dental", "xoxb-maple", "C02LEADS", "+14155550101",
    ("U02DANA", "Dana"), (("U02ELI", "Eli"), ("U02FAY", "Fay")), ("U02GIL", "Gil"), ("U02SUE", "Sue"),
    pays=True,
)  # fmt: skip
FIRMS = (HARBOR, MAPLE)
TEAM, CHANNEL, FIRM_NUMBER = HARBOR.team, HARBOR.channel, HARBOR.number
ADA, BEN = HARBOR.admin[0], HARBOR.agents[0][0]


@dataclass
class Town:
    """The pretend services, started, and the address that the app is to take."""

    slack: PretendSlack
    twilio: PretendTwilio
    stripe: PretendStripe
    app_url: str

    @classmethod
    async def founded(cls) -> "Town":
        """Start the services and put the people in."""
        slack, stripe = PretendSlack(signing_secret=SIGNING_SECRET), PretendStripe(api_key=STRIPE_KEY)
        town = cls(slack, PretendTwilio(), stripe, f"http://127.0.0.1:{free_port()}")
        await town.slack.start()
        await town.twilio.start()
        await town.stripe.start()
        town.slack.make_app(Manifest.read())
        town.slack.retry_delays = RETRIES
        town.slack.request_url = f"{town.app_url}/slack/events"
        town.twilio.add_account(ACCOUNT, TOKEN)
        for firm in FIRMS:
            town._settle(firm)
        return town

    def _settle(self, firm: Firm) -> None:
        """Let the people of a firm move in."""
        bot = firm.team.replace("T0", "0")
        self.slack.add_workspace(
            firm.team, name=firm.name, bot_token=firm.token, bot_user_id=f"U{bot}BOT", bot_id=f"B{bot}BOT"
        )
        self.slack.add_person(firm.team, *firm.admin, admin=True)
        for agent in firm.agents:
            self.slack.add_person(firm.team, *agent)
        self.slack.add_person(firm.team, *firm.guest, guest="multi")
        self.slack.add_person(firm.team, *firm.outsider, stranger=True)
        self.slack.add_channel(firm.team, firm.channel, "leads", members=firm.members)
        self.twilio.add_number(ACCOUNT, firm.number)
        self.twilio.numbers[firm.number].settings["FriendlyName"] = firm.name

    async def closed(self) -> None:
        """Stop the services."""
        await self.slack.stop()
        await self.twilio.stop()
        await self.stripe.stop()

    def of(self, firm: Firm) -> dict[str, str]:
        """What the app must be told to get to know this firm."""
        return {
            "SLACK_BOT_TOKEN": firm.token,
            "SLACK_INBOX_CHANNEL": firm.channel,
            "TWILIO_NUMBER": firm.number,
        }

    def environment(self, database: str, encryption_key: str) -> dict[str, str]:
        """What the app must be told: other addresses than in earnest, and that posts may come fast."""
        return {
            "DATABASE_URL": f"sqlite:///{database}",
            "ENCRYPTION_KEY": encryption_key,
            "PUBLIC_BASE_URL": self.app_url,
            "PORT": self.app_url.rpartition(":")[2],
            "SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "SLACK_API_URL": self.slack.api_url,
            "SLACK_POSTS_PER_SECOND": "20",
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_API_URL": self.twilio.url,
            "STRIPE_API_KEY": STRIPE_KEY,
            "STRIPE_API_URL": self.stripe.url,
            "LOG_LEVEL": "WARNING",
            **self.of(HARBOR),
        }
