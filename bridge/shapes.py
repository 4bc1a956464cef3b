"""What the value of an environment variable must look like.

Each check returns the value to keep, or raises ValueError with a sentence that goes on from the variable's name and
never repeats the value.
"""

import math
import re
from collections.abc import Callable
from decimal import Decimal
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from cryptography.fernet import Fernet
from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
RECIPE = "Make one with: python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"

Networks = tuple[IPv4Network | IPv6Network, ...]


def is_loopback(host: str | None) -> bool:
    """Whether a host name or address can only mean this machine (127.0.0.0/8, ::1, localhost)."""
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"


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
    if not listed(value):
        raise ValueError("holds nothing but commas.")
    return value


def _fernet_keys(value: str) -> str:
    keys = listed(_some_listed(value))
    for place, key in enumerate(keys, 1):
        try:
            Fernet(key.get_secret_value())
        except ValueError:
            raise ValueError(f"is malformed: key {place} of {len(keys)} is no Fernet key. {RECIPE}") from None
    return value


def _networks(value: object) -> Networks:
    if not isinstance(value, str):
        return ()
    try:
        return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())
    except ValueError:
        raise ValueError("must be networks such as 10.0.0.0/8, separated by commas.") from None


def _port(zero: str) -> Callable[[object], int]:
    def check(value: object) -> int:
        if not re.fullmatch(r"[0-9]{1,5}", str(value)) or int(str(value)) > 65535:
            raise ValueError(f"must be a whole number from 0 ({zero}) to 65535.")
        return int(str(value))

    return check


def _rate(value: object) -> float:
    try:
        rate = float(str(value))
    except ValueError:
        rate = math.nan
    if not 0 <= rate < math.inf:
        raise ValueError("must be a number such as 1 or 0.5; 0 turns pacing off.")
    return rate


def _amount(places: int) -> Callable[[object], Decimal]:
    def check(value: object) -> Decimal:
        if not re.fullmatch(rf"[0-9]{{1,5}}(\.[0-9]{{1,{places}}})?", str(value)):
            raise ValueError(f"must be an amount of money such as 15 or 0.06, of up to {places} decimal places.")
        return Decimal(str(value))

    return check


def _allowance(value: object) -> int:
    if not re.fullmatch(r"[0-9]{1,7}", str(value)):
        raise ValueError("must be a whole number from 0 to 9999999.")
    return int(str(value))


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


def listed(value: str) -> tuple[SecretStr, ...]:
    """The parts of a value that may hold several, separated by commas."""
    parts = (part.strip() for part in value.split(","))
    return tuple(SecretStr(part) for part in parts if part)


DatabaseUrl = Annotated[str, _text(_database_url)]
FernetKeys = Annotated[SecretStr, _secret(_fernet_keys)]
PublicUrl = Annotated[str, _text(_public_url)]
ServiceUrl = Annotated[str, _text(_service_url)]
SlackUrl = Annotated[str, _text(_slack_url)]
Port = Annotated[int, BeforeValidator(_port("any free port"))]
PortOrNone = Annotated[int, BeforeValidator(_port("none"))]
Rate = Annotated[float, BeforeValidator(_rate)]
Money = Annotated[Decimal, BeforeValidator(_amount(2))]
FineMoney = Annotated[Decimal, BeforeValidator(_amount(4))]
Allowance = Annotated[int, BeforeValidator(_allowance)]
Currency = Annotated[
    str,
    BeforeValidator(str.lower),
    _text(_shape("usd|cad", 'must be "usd" or "cad": it is sold in these countries.')),
]
ProxyNetworks = Annotated[Networks, NoDecode, BeforeValidator(_networks)]
AuthTokens = Annotated[SecretStr, _secret(_some_listed)]
AccountSid = Annotated[str, _text(_shape("AC[0-9a-f]{32}", "must be AC and 32 hexadecimal digits (0-9, a-f)."))]
KeySid = Annotated[str, _text(_shape("SK[0-9a-f]{32}", "must be SK and 32 hexadecimal digits (0-9, a-f)."))]
Number = Annotated[str, _text(_shape(r"\+[1-9][0-9]{6,14}", "must be a number in full, such as +14155550100."))]
ChannelId = Annotated[str, _text(_shape("[CG][A-Z0-9]{2,}", "must be a channel's id (C0123ABCD), not its name."))]
BotToken = Annotated[
    SecretStr, _secret(_shape(r"(xoxe\.)?xoxb-\S+", "must be a bot token, which begins with xoxb-."))
]
AppToken = Annotated[SecretStr, _secret(_shape(r"xapp-\S+", "must be an app token, which begins with xapp-."))]
Signatures = Annotated[str, _text(_shape("check|log", 'must be "check", or "log" while setting up.'))]
Level = Annotated[
    str, BeforeValidator(str.upper), _text(_shape("|".join(_LEVELS), f"must be one of {', '.join(_LEVELS)}."))
]
