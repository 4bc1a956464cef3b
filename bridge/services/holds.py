"""A claim must still stand when the call is made: whoever was held up for long may find that others went on."""

from dataclasses import replace

from bridge.gateways.errors import GatewayError, Retry
from bridge.services.deps import Deps
from bridge.store import outbox
from bridge.store.outbox import LEASE, Row


class Hold:
    """The claim on a row, to be called right before whatever must not happen twice."""

    def __init__(self, deps: Deps, row: Row) -> None:
        self._deps = deps
        self._row = row

    async def __call__(self) -> None:
        """Raises GatewayError when the row is somebody else's by now."""
        if outbox.is_ample(self._row, self._deps.clock()):
            return
        if not await self._deps.keep(self._renew):
            raise GatewayError("claim_lost", Retry.LATER)

    async def _renew(self) -> bool:
        now = self._deps.clock()
        async with self._deps.db.begin() as tx:
            is_ours = await outbox.renew_together(tx, self._row, now)
        self._row = replace(self._row, lease_until=now + LEASE)
        return is_ours
