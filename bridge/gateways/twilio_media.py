"""Where the pictures of a text may be fetched from: Twilio, and only this account's and this message's.

A MediaUrl comes with a webhook, so it is taken for an attacker's until it fits. Twilio answers it with a redirect
to a signed address at its content network, which is asked without our credentials: it refuses a second set.
"""

import re
from collections.abc import Mapping

from yarl import URL

from bridge.settings import is_loopback

_API_HOST = "api.twilio.com"
_CONTENT_HOSTS = (".twiliocdn.com", ".amazonaws.com")


class MediaGuard:
    """Decides about URLs for one account. `base_url` is the stand-in for Twilio, "" for the real one."""

    def __init__(self, account_sid: str, base_url: str) -> None:
        self._account = account_sid
        self._base = URL(base_url) if base_url else None

    @property
    def on_this_machine(self) -> bool:
        """Whether the stand-in is here, so that its addresses are not public."""
        return self._base is not None and is_loopback(self._base.host)

    def place(self, message_sid: str, media_sid: str) -> str:
        """The URL of one file, as Twilio's webhooks give it."""
        return f"https://{_API_HOST}/2010-04-01/Accounts/{self._account}/Messages/{message_sid}/Media/{media_sid}"

    def admit(self, url: str, message_sid: str) -> URL | None:
        """The URL to fetch with our credentials, or None when it is not a file of this very message."""
        try:
            given = URL(url)
        except ValueError:
            return None
        path = self._media_path(given, message_sid)
        if (
            path is None
            or not given.absolute
            or given.user
            or given.password
            or given.raw_query_string
            or given.raw_fragment
        ):
            return None
        if self._base is None:
            return given if given.origin() == URL(f"https://{_API_HOST}") else None
        if given.origin() not in (self._base.origin(), URL(f"https://{_API_HOST}")):
            return None
        return URL(f"{str(self._base).rstrip('/')}/api{path}")

    def admit_redirect(self, target: URL) -> Mapping[str, str] | None:
        """The headers to send to a redirect's target: none of ours; None refuses the target."""
        if target.user or target.password:
            return None
        if self._base is not None and self.on_this_machine and target.host == self._base.host:
            return {}
        is_content = target.scheme == "https" and (target.host or "").endswith(_CONTENT_HOSTS)
        return {} if is_content and target.port == 443 else None

    def _media_path(self, given: URL, message_sid: str) -> str | None:
        """The part of the path that Twilio's own URL has, when it names a file of this message."""
        owner = f"/2010-04-01/Accounts/{re.escape(self._account)}/Messages/{re.escape(message_sid)}"
        prefix = f"({re.escape(self._base.raw_path.rstrip('/'))}/api)?" if self._base else "()"
        found = re.fullmatch(rf"{prefix}({owner}/Media/ME[0-9a-f]{{32}})", given.raw_path)
        return found[2] if found else None
