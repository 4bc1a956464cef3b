"""Every environment variable, read once, frozen. All that is missing or malformed is told at once.

`Settings.load()` is the only reader. `VARIABLES` lists the same variables for the README and for `doctor`.
"""

import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from cryptography.fernet import Fernet
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}
Networks = tuple[IPv4Network | IPv6Network, ...]

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_RECIPE = "Make one with: python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
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


def is_loopback(host: str | None) -> bool:
    """Whether a host name or address can only mean this machine (127.0.0.0/8, ::1, localhost)."""
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"


# --- what a value must look like: each check returns the value to keep, or raises ValueError with a sentence
#     that goes on from the variable's name


def _split(value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        _ = parts.port  # raises ValueError when it is no number
    except ValueError:
        raise ValueError("is not a URL.") from None
    return parts


def _service_url(value: str) -> str:
    parts = _split(value)
    if not parts.hostname or parts.username is not None or parts.query or parts.fragment:
        raise ValueError("must be a plain URL such as https://example.com, without user, query or fragment.")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        raise ValueError("must begin with https:// (http:// only for this machine, such as http://127.0.0.1).")
    return value.rstrip("/")


def _slack_url(value: str) -> str:
    return _service_url(value) + "/"  # method names are put right behind it


def _public_url(value: str) -> str:
    url = _service_url(value)
    if "_" in (urlsplit(url).hostname or ""):  # Twilio refuses such callback addresses: error 21609
        raise ValueError("must not have an underscore in its host name: Twilio would refuse it.")
    return url


def _database_url(value: str) -> str:
    parts = _split(value)
    driver = _DRIVERS.get(parts.scheme)
    if driver is None:
        raise ValueError("must begin with sqlite:/// or postgresql://.")
    if driver == _DRIVERS["sqlite"] and (parts.netloc or parts.path.strip("/") in ("", ":memory:")):
        raise ValueError("must name a file, such as sqlite:///bridge.db: in memory nothing would last.")
    # hosting services hand out URLs with libpq's sslmode; asyncpg calls the same thing ssl
    query = urlencode([("ssl" if key == "sslmode" else key, text) for key, text in parse_qsl(parts.query)])
    return f"{driver}://{parts.netloc}{parts.path}{query and '?'}{query}"


def _some_listed(value: str) -> str:
    if not _listed(value):
        raise ValueError("holds nothing but commas.")
    return value


def _fernet_keys(value: str) -> str:
    keys = _listed(_some_listed(value))
    for place, key in enumerate(keys, 1):
        try:
            Fernet(key.get_secret_value())
        except ValueError:
            raise ValueError(f"is malformed: key {place} of {len(keys)} is no Fernet key. {_RECIPE}") from None
    return value


def _networks(value: object) -> Networks:
    if not isinstance(value, str):
        return ()
    try:
        return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())
    except ValueError:
        raise ValueError("must be networks such as 10.0.0.0/8, separated by commas.") from None


def _port(value: object) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", str(value)) or int(str(value)) > 65535:
        raise ValueError("must be a whole number from 0 (any free port) to 65535.")
    return int(str(value))


def _rate(value: object) -> float:
    try:
        rate = float(str(value))
    except ValueError:
        rate = math.nan
    if not 0 <= rate < math.inf:
        raise ValueError("must be a number such as 1 or 0.5; 0 turns pacing off.")
    return rate


def _shape(pattern: str, sentence: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(sentence)
        return value

    return check


def _text(check: Callable[[str], str]) -> AfterValidator:
    return AfterValidator(lambda value: check(value) if value else value)  # empty means not set


def _secret(check: Callable[[str], str]) -> AfterValidator:
    def hidden(value: SecretStr) -> SecretStr:
        return SecretStr(check(value.get_secret_value())) if value else value

    return AfterValidator(hidden)


def _listed(value: str) -> tuple[SecretStr, ...]:
    parts = (part.strip() for part in value.split(","))
    return tuple(SecretStr(part) for part in parts if part)


_ServiceUrl = Annotated[str, _text(_service_url)]
_AccountSid = Annotated[str, _text(_shape("AC[0-9a-f]{32}", "must be AC and 32 hexadecimal digits (0-9, a-f)."))]
_KeySid = Annotated[str, _text(_shape("SK[0-9a-f]{32}", "must be SK and 32 hexadecimal digits (0-9, a-f)."))]
_Number = Annotated[str, _text(_shape(r"\+[1-9][0-9]{6,14}", "must be a number in full, such as +14155550100."))]
_ChannelId = Annotated[str, _text(_shape("[CG][A-Z0-9]{2,}", "must be a channel's id (C0123ABCD), not its name."))]
_BotToken = Annotated[
    SecretStr, _secret(_shape(r"(xoxe\.)?xoxb-\S+", "must be a bot token, which begins with xoxb-."))
]
_AppToken = Annotated[SecretStr, _secret(_shape(r"xapp-\S+", "must be an app token, which begins with xapp-."))]
_Signatures = Annotated[str, _text(_shape("check|log", 'must be "check", or "log" while setting up.'))]
_Level = Annotated[
    str, BeforeValidator(str.upper), _text(_shape("|".join(_LEVELS), f"must be one of {', '.join(_LEVELS)}."))
]


def _open(meaning: str, default: object = "") -> Any:
    return Field(default, description=meaning)


def _hidden(meaning: str, default: object = SecretStr("")) -> Any:
    return Field(default, description=meaning, repr=False)  # not in repr: this is what makes a variable secret


class Settings(BaseSettings):
    """What the environment said; read it with `load`. A text or secret that was not given is empty, so false."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    database_url: Annotated[str, _text(_database_url)] = _hidden(  # secret: it may carry a password
        "Where everything is stored: sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME.", "sqlite:///bridge.db"
    )
    encryption_key: Annotated[SecretStr, _secret(_fernet_keys)] = _hidden(
        f"Fernet keys that seal tokens at rest, separated by commas; the first one seals, all open. {_RECIPE}"
    )
    public_base_url: Annotated[str, _text(_public_url)] = _open(
        "Where Slack, Twilio and Stripe reach this app, such as https://sms.example.com. May carry a path."
    )
    host: str = _open("The address to listen on.", "127.0.0.1")
    port: Annotated[int, BeforeValidator(_port)] = _open("The port to listen on; 0 takes a free one.", 3000)
    trusted_proxies: Annotated[Networks, NoDecode, BeforeValidator(_networks)] = _open(
        "Networks of reverse proxies, separated by commas, such as 10.0.0.0/8. Their X-Forwarded-For is believed "
        "when addresses that send forged requests are turned away.",
        (),
    )
    log_level: _Level = _open("How much to log: DEBUG, INFO, WARNING, ERROR or CRITICAL.", "INFO")

    slack_signing_secret: SecretStr = _hidden('Proves that requests are Slack\'s: "Basic Information" of the app.')
    slack_bot_token: _BotToken = _hidden("The bot token of the one workspace to serve.")
    slack_app_token: _AppToken = _hidden("App-level token for Socket Mode.")
    slack_client_id: str = _open("For installs into many workspaces: the app's client id.")
    slack_client_secret: SecretStr = _hidden("For installs into many workspaces: the app's client secret.")
    slack_api_url: Annotated[str, _text(_slack_url)] = _open("Where Slack's Web API is.", "https://slack.com/api/")
    slack_inbox_channel: _ChannelId = _open("The id of the channel in which the first firm's threads open.")
    slack_posts_per_second: Annotated[float, BeforeValidator(_rate)] = _open(
        "Posts per second and channel; 0 turns pacing off.", 1.0
    )

    twilio_account_sid: _AccountSid = _open("The Twilio account.")
    twilio_auth_token: Annotated[SecretStr, _secret(_some_listed)] = _hidden(
        "The account's auth token. During a rotation several, separated by commas: the first calls Twilio, "
        "all are accepted in signatures."
    )
    twilio_api_key_sid: _KeySid = _open("Calls Twilio with this API key instead of the auth token.")
    twilio_api_key_secret: SecretStr = _hidden("The secret of TWILIO_API_KEY_SID.")
    twilio_number: _Number = _open("The first firm's number in full, such as +14155550100.")
    twilio_api_url: _ServiceUrl = _open(
        "Sends all calls for Twilio here (…/api, …/lookups, …/messaging): the sandbox."
    )
    twilio_signatures: _Signatures = _open(
        'Wrong Twilio signatures: "check" refuses them, "log" only logs them, while setting up.', "check"
    )

    stripe_api_key: SecretStr = _hidden("Stripe's secret key, where plans are paid for.")
    stripe_webhook_secret: SecretStr = _hidden("Proves that webhooks are Stripe's.")
    stripe_api_url: _ServiceUrl = _open("Where Stripe's API is, if not at Stripe.")

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
        return _listed(self.encryption_key.get_secret_value())

    @property
    def twilio_auth_tokens(self) -> tuple[SecretStr, ...]:
        """TWILIO_AUTH_TOKEN taken apart, the current one first; empty when there is none."""
        return _listed(self.twilio_auth_token.get_secret_value())


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
