"""Trigger ids, which open modals for three seconds and once, and response URLs, good for five answers."""

import secrets
from dataclasses import dataclass, field
from typing import Literal

RESPONSE_USES = 5
RESPONSE_SECONDS = 30 * 60


@dataclass
class Trigger:
    """The right to open or push a modal for one person."""

    team_id: str
    user_id: str
    made_at: float
    used: bool = False


@dataclass
class ResponseUrl:
    """The right to answer where something happened. `message_ts` is what it may replace."""

    team_id: str
    channel_id: str
    user_id: str
    made_at: float
    message_ts: str | None = None
    thread_ts: str | None = None
    uses: int = 0


@dataclass
class Triggers:
    """All that were given out."""

    by_id: dict[str, Trigger] = field(default_factory=dict)
    urls: dict[str, ResponseUrl] = field(default_factory=dict)

    def new(self, team_id: str, user_id: str, now: float) -> str:
        trigger_id = f"{secrets.randbelow(10**10)}.{secrets.randbelow(10**10)}.{secrets.token_hex(16)}"
        self.by_id[trigger_id] = Trigger(team_id, user_id, now)
        return trigger_id

    def spend(self, trigger_id: str, team_id: str, now: float, seconds: float) -> Trigger | str:
        """The trigger, or the error that Slack answers when it is no longer good."""
        trigger = self.by_id.get(trigger_id)
        if trigger is None or trigger.team_id != team_id:
            return "invalid_trigger_id"
        if trigger.used:
            return "exchanged_trigger_id"
        if now - trigger.made_at > seconds:
            return "expired_trigger_id"
        trigger.used = True
        return trigger

    def new_url(self, url: ResponseUrl) -> str:
        """The secret path of a new response URL."""
        path = secrets.token_urlsafe(24)
        self.urls[path] = url
        return path

    def spend_url(self, path: str, now: float) -> ResponseUrl | Literal["expired_url", "used_url"]:
        """What the URL stands for, or the error when it is too old or used up."""
        url = self.urls.get(path)
        if url is None or now - url.made_at > RESPONSE_SECONDS:
            return "expired_url"
        if url.uses >= RESPONSE_USES:
            return "used_url"
        url.uses += 1
        return url
