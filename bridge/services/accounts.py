"""Which secrets belong to a Twilio account: the operator's from the environment, or a firm's own."""

from collections.abc import Iterable

from bridge.services.deps import Deps
from bridge.store.firms import Firm


def auth_tokens(deps: Deps, account_sid: str, holders: Iterable[Firm]) -> list[str]:
    """Every auth token that may have signed a webhook of this account; several during a rotation.

    `holders` are the firms that brought it of their own.
    """
    tokens: list[str] = []
    if account_sid == deps.settings.twilio_account_sid:
        tokens += [token.get_secret_value() for token in deps.settings.twilio_auth_tokens]
    own = [firm.account_token for firm in holders if firm.account_sid == account_sid and firm.account_token]
    return tokens + [deps.vault.open(sealed) for sealed in own]
