"""Which secrets belong to a Twilio account: the operator's from the environment, or a firm's own."""

from bridge.services.deps import Deps
from bridge.store import firms
from bridge.store.tx import Tx


async def auth_tokens(deps: Deps, tx: Tx, account_sid: str) -> list[str]:
    """Every auth token that may have signed a webhook of this account; several during a rotation."""
    tokens: list[str] = []
    if account_sid == deps.settings.twilio_account_sid:
        tokens += [token.get_secret_value() for token in deps.settings.twilio_auth_tokens]
    owners = await firms.with_account(tx, account_sid)
    return tokens + [deps.vault.open(firm.account_token) for firm in owners if firm.account_token]
