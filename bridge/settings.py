"""Every environment variable, read once, frozen. All that is missing or malformed is told at once.

`Settings.load()` is the only reader. `VARIABLES` lists the same variables for the README and for `doctor`.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bridge import shapes
from bridge.shapes import RECIPE, Networks, is_loopback, listed

__all__ = ["VARIABLES", "Networks", "Settings", "SettingsError", "Variable", "is_loopback"]

_PAIRS = (  # one without the other is a mistake
    ("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET"),
    ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"),
    ("TWILIO_API_KEY_SID", "TWILIO_API_KEY_SECRET"),
)


class SettingsError(Exception):
    """The environment cannot be used. `problems` holds one plain sentence each, never a secret's value."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _open(meaning: str, default: object = "") -> Any:
    return Field(default, description=meaning)


def _hidden(meaning: str, default: object = SecretStr("")) -> Any:
    return Field(default, description=meaning, repr=False)  # not in repr: this is what makes a variable secret


class Settings(BaseSettings):
    """What the environment said; read it with `load`. A text or secret that was not given is empty, so false."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    database_url: shapes.DatabaseUrl = _hidden(  # secret: it may carry a password
        "Where everything is stored: sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME.", "sqlite:///bridge.db"
    )
    encryption_key: shapes.FernetKeys = _hidden(
        f"Fernet keys that seal tokens at rest, separated by commas; the first one seals, all open. {RECIPE}"
    )
    public_base_url: shapes.PublicUrl = _open(
        "Where Slack and Twilio reach this app, such as https://sms.example.com. May carry a path."
    )
    host: str = _open("The address to listen on.", "127.0.0.1")
    port: shapes.Port = _open("The port to listen on; 0 takes a free one.", 3000)
    trusted_proxies: shapes.ProxyNetworks = _open(
        "Networks of reverse proxies, separated by commas, such as 10.0.0.0/8. Their X-Forwarded-For is believed "
        "when addresses that send forged requests are turned away.",
        (),
    )
    metrics_port: shapes.PortOrNone = _open(
        "The port at which a `worker` shows /metrics, /readyz and /healthz; 0 for none. Others show them at PORT.",
        0,
    )
    metrics_host: str = _open("The address to listen on at METRICS_PORT.", "127.0.0.1")
    log_level: shapes.Level = _open("How much to log: DEBUG, INFO, WARNING, ERROR or CRITICAL.", "INFO")

    slack_signing_secret: SecretStr = _hidden('Proves that requests are Slack\'s: "Basic Information" of the app.')
    slack_bot_token: shapes.BotToken = _hidden("The bot token of the one workspace to serve.")
    slack_app_token: shapes.AppToken = _hidden("Reserved; not used yet. App-level token for Socket Mode.")
    slack_client_id: str = _open("Reserved; not used yet. The app's client id, for installs into many workspaces.")
    slack_client_secret: SecretStr = _hidden("Reserved; not used yet. The secret of SLACK_CLIENT_ID.")
    slack_api_url: shapes.SlackUrl = _open("Where Slack's Web API is.", "https://slack.com/api/")
    slack_inbox_channel: shapes.ChannelId = _open("The id of the channel in which the first firm's threads open.")
    slack_posts_per_second: shapes.Rate = _open("Posts per second and channel; 0 turns pacing off.", 1.0)

    twilio_account_sid: shapes.AccountSid = _open("The Twilio account.")
    twilio_auth_token: shapes.AuthTokens = _hidden(
        "The account's auth token. During a rotation several, separated by commas: the first calls Twilio, "
        "all are accepted in signatures."
    )
    twilio_api_key_sid: shapes.KeySid = _open("Calls Twilio with this API key instead of the auth token.")
    twilio_api_key_secret: SecretStr = _hidden("The secret of TWILIO_API_KEY_SID.")
    twilio_number: shapes.Number = _open("The first firm's number in full, such as +14155550100.")
    twilio_api_url: shapes.ServiceUrl = _open(
        "Sends all calls for Twilio here (…/api, …/lookups, …/messaging): the sandbox."
    )
    twilio_signatures: shapes.Signatures = _open(
        'Wrong Twilio signatures: "check" refuses them, "log" only logs them, while setting up.', "check"
    )

    stripe_api_key: shapes.StripeKey = _hidden(
        "Stripe's secret key, or a restricted one, of the account to which firms with the add-on pay."
    )
    stripe_webhook_secret: shapes.WebhookSecret = _hidden(
        "Proves that webhooks are Stripe's. stripe-setup prints it as it makes the endpoint."
    )
    stripe_api_url: shapes.ServiceUrl = _open("Sends all calls for Stripe here: the sandbox.")
    price_currency: shapes.Currency = _open("Of the add-on's price: usd or cad.", "usd")
    price_per_month: shapes.MonthPrice = _open(
        "What the add-on costs a month, in dollars; charged ahead.", Decimal("15.00")
    )
    price_per_text: shapes.TextPrice = _open(
        "What each further text costs once those that are free are used up, in dollars.", Decimal("0.06")
    )
    free_texts_per_month: shapes.Count = _open("Outbound texts a month that cost nothing more.", 250)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)  # what load() read; no os.environ and no .env file on the side

    @classmethod
    def load(cls, environ: Mapping[str, str] = os.environ, *, need: Iterable[str] = ()) -> Self:
        """Read `environ`. `need` names variables that must be set besides ENCRYPTION_KEY.

        Raises SettingsError with everything that is missing or malformed.
        """
        problems: list[str] = []
        given: dict[str, Any] = {name.lower(): text for name, text in _given(environ, problems)}
        problems += _missing(environ, {"ENCRYPTION_KEY", *need})
        try:
            settings = cls(**given)
        except ValidationError as wrong:
            problems += _malformed(wrong)
        if problems:
            raise SettingsError(problems)
        return settings

    @property
    def encryption_keys(self) -> tuple[SecretStr, ...]:
        """ENCRYPTION_KEY taken apart, the one that seals first."""
        return listed(self.encryption_key.get_secret_value())

    @property
    def twilio_auth_tokens(self) -> tuple[SecretStr, ...]:
        """TWILIO_AUTH_TOKEN taken apart, the current one first; empty when there is none."""
        return listed(self.twilio_auth_token.get_secret_value())


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable. A secret one can also come from a file, which NAME_FILE then names."""

    name: str
    meaning: str
    default: str  # "" for none
    secret: bool


def _variables() -> Iterator[Variable]:
    for name, field in Settings.model_fields.items():
        default = "" if isinstance(field.default, SecretStr | tuple) else str(field.default)
        yield Variable(name.upper(), field.description or "", default, secret=not field.repr)


VARIABLES: tuple[Variable, ...] = tuple(_variables())


def _is_given(environ: Mapping[str, str], variable: Variable) -> bool:
    names = [variable.name, f"{variable.name}_FILE"] if variable.secret else [variable.name]
    return any(environ.get(name, "").strip() for name in names)


def _given(environ: Mapping[str, str], problems: list[str]) -> Iterator[tuple[str, str]]:
    """Names and values that are set, here or in files; what stands in the way joins `problems`."""
    for variable in VARIABLES:
        text, path = environ.get(variable.name, "").strip(), environ.get(f"{variable.name}_FILE", "").strip()
        if variable.secret and path:
            try:
                text = _from_file(variable.name, text, path)
            except ValueError as wrong:
                problems.append(str(wrong))
                continue
        if text:
            yield variable.name, text


def _from_file(name: str, text: str, path: str) -> str:
    """A secret's file. Raises ValueError, without the path: the secret itself may stand there by mistake."""
    if text:
        raise ValueError(f"{name} and {name}_FILE are both set. Remove one of them.")
    try:
        content = Path(path).read_text("utf-8").strip()
    except (OSError, ValueError) as wrong:
        why = getattr(wrong, "strerror", None) or "it is not text"
        raise ValueError(f"{name}_FILE names a file that cannot be read: {why}.") from None
    if not content:
        raise ValueError(f"{name}_FILE names a file that is empty.")
    return content


def _missing(environ: Mapping[str, str], need: set[str]) -> Iterator[str]:
    absent = {variable.name: variable for variable in VARIABLES if not _is_given(environ, variable)}
    for name, other in _PAIRS:
        if (name in absent) != (other in absent):
            need |= {name, other}
    for name in (name for name in absent if name in need):
        yield f"{name} is missing. {absent[name].meaning}"


def _malformed(wrong: ValidationError) -> Iterator[str]:
    for error in wrong.errors(include_url=False, include_input=False):
        sentence = error.get("ctx", {}).get("error", error["msg"])
        yield f"{'.'.join(map(str, error['loc'])).upper()} {sentence}"
