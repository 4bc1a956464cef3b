"""Who charges for the add-on: the socket, into which a gateway is plugged when the operator has one."""

from datetime import datetime
from typing import Protocol

from bridge.refusals import Refusal
from bridge.store.firms import Firm


class Charging(Protocol):
    """Raises GatewayError where it cannot be known what came of it."""

    async def begin(self, firm: Firm, user_id: str, now: datetime) -> Refusal | None:
        """The firm pays from now on, as this person wants; or why not. Asked twice, it begins once."""
