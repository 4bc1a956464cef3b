"""Usage is reported and read back, and what happened is read after the fact."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from stripe._v1_services import V1Services

from bridge.gateways.errors import GatewayError, Retry
from bridge.gateways.stripe_http import Refused, checked_id, readable
from bridge.gateways.stripe_shapes import Event, of_event

OLDEST_USAGE = timedelta(days=35)  # Stripe takes older usage and throws it away without a word
SURELY_ONCE = timedelta(hours=24)  # for which Stripe remembers identifiers of usage, and idempotency keys
TOO_OLD = "usage_too_old"
_PAGE = 100  # rows, Stripe's most


class Usage:
    """Meter events, their sums, and the list of events."""

    _v1: V1Services

    async def report_usage(
        self, event_name: str, customer: str, *, identifier: str, at: datetime, now: datetime, count: int = 1
    ) -> None:
        """Tell Stripe of usage, one call at a time for each customer: a second one at once is LATER.

        One that Stripe has already is fine; it is always told with the same count and moment. Stripe remembers an
        `identifier` for a day: what may have been reported longer ago than SURELY_ONCE is first looked for with
        `usage_sum`. Usage that Stripe would throw away because it is too old is NEVER, TOO_OLD. That it was
        taken does not say yet that it counts. It has no idempotency key of ours: the identifier does as much, and a
        key would keep Stripe's own trouble for a day.
        """
        if now - at > OLDEST_USAGE:
            raise GatewayError(TOO_OLD, Retry.NEVER)
        params: Any = {
            "event_name": event_name,
            "identifier": identifier,
            "payload": {"stripe_customer_id": customer, "value": str(count)},
            "timestamp": int(at.timestamp()),
        }
        try:
            with readable(Retry.DOUBT):
                await self._v1.billing.meter_events.create_async(params)
        except Refused as refused:
            if "already exists with identifier" not in refused.sentence:
                raise

    async def cancel_usage(self, event_name: str, *, identifier: str) -> None:
        """Take back what was reported within SURELY_ONCE. One that is not there any more is fine.

        Of what is older than that, or on an invoice already, Stripe lets nothing be taken back: NEVER.
        """
        params: Any = {"event_name": event_name, "type": "cancel", "cancel": {"identifier": identifier}}
        with readable(Retry.DOUBT):
            await self._v1.billing.meter_event_adjustments.create_async(params)

    async def usage_sum(self, meter: str, customer: str, *, start: datetime, end: datetime) -> Decimal:
        """What Stripe has counted between the minutes that hold these moments; the last of it may be missing."""
        params: Any = {
            "customer": customer,
            "start_time": int(start.timestamp()) // 60 * 60,
            "end_time": -(-int(end.timestamp()) // 60) * 60,
            "limit": _PAGE,
        }
        with readable():
            page = await self._v1.billing.meters.event_summaries.list_async(checked_id(meter), params)
            values = [Decimal(str(each.aggregated_value)) async for each in page.auto_paging_iter()]
        return sum(values, Decimal(0))

    async def events_since(self, types: Sequence[str], since: datetime, *, limit: int = 1000) -> list[Event]:
        """What webhooks should have told since then, oldest first, the newest `limit`. Stripe keeps 30 days."""
        params: Any = {"types": list(types), "created": {"gte": int(since.timestamp())}, "limit": _PAGE}
        found: list[Event] = []
        with readable():
            page = await self._v1.events.list_async(params)
            async for each in page.auto_paging_iter():
                found.append(of_event(each))
                if len(found) >= limit:
                    break
        return found[::-1]
