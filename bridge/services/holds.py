"""A claim must still stand when the call is made: whoever was held up for long may find that others went on."""

from datetime import datetime, timedelta

from bridge.gateways.errors import GatewayError, Retry
from bridge.services.deps import Deps
from bridge.store import outbox
from bridge.store.outbox import LEASE, Row

FRESH = LEASE / 3  # so long after a claim nobody needs to ask; a call takes much less than what is left


class Hold:
    """The claim on a row, to be called right before whatever must not happen twice."""

    def __init__(self, deps: Deps, row: Row, since: datetime) -> None:
        self._deps = deps
        self._row = row
        self._since = since

    async def __call__(self) -> None:
        """Raises GatewayError when the row is somebody else's by now."""
        if timedelta(0) <= self._deps.clock() - self._since < FRESH:
            return
        if not await self._deps.keep(self._renew):
            raise GatewayError("claim_lost", Retry.LATER)

    async def _renew(self) -> bool:
        now = self._deps.clock()
        async with self._deps.db.begin() as tx:
            is_ours = await outbox.renew(tx, self._row, now)
        self._since = now
        return is_ours
