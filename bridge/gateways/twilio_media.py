"""Where the pictures of a text may be fetched from: Twilio, and only this account's and this message's.

A MediaUrl comes with a webhook, so it is taken for an attacker's until it fits. Twilio answers it with a redirect
to a signed address at its content network, which is asked without our credentials: it refuses a second set.
"""

import re
from collections.abc import Mapping

from yarl import URL

from bridge.settings import is_loopback

_API = "https://api.twilio.com"
_CONTENT_HOSTS = (".twiliocdn.com", ".amazonaws.com")


class MediaGuard:
    """Decides about URLs for one account. `base_url` is the stand-in for Twilio, "" for the real one."""

    def __init__(self, account_sid: str, base_url: str) -> None:
        self._account = account_sid
        self._stand_in = URL(base_url).host if base_url else None
        self._api = f"{base_url.rstrip('/')}/api" if base_url else _API

    @property
    def on_this_machine(self) -> bool:
        """Whether the stand-in is here, so that its addresses are not public."""
        return is_loopback(self._stand_in)

    def place(self, message_sid: str, media_sid: str) -> str:
        """The URL of one file, as Twilio's webhooks give it."""
        return f"{_API}{self._folder(message_sid)}{media_sid}"

    def admit(self, url: str, message_sid: str) -> URL | None:
        """The URL to fetch with our credentials, or None when it is not a file of this very message."""
        places = "|".join(re.escape(place) for place in (_API, self._api))
        found = re.fullmatch(rf"({places})({re.escape(self._folder(message_sid))}ME[0-9a-f]{{32}})", url)
        return URL(f"{self._api}{found[2]}") if found else None

    def admit_redirect(self, target: URL) -> Mapping[str, str] | None:
        """The headers to send to a redirect's target: none of ours; None refuses the target."""
        if target.user or target.password:
            return None
        if self.on_this_machine and target.host == self._stand_in and target.scheme in ("http", "https"):
            return {}
        is_content = target.scheme == "https" and (target.host or "").endswith(_CONTENT_HOSTS)
        return {} if is_content and target.port == 443 else None

    def _folder(self, message_sid: str) -> str:
        return f"/2010-04-01/Accounts/{self._account}/Messages/{message_sid}/Media/"
