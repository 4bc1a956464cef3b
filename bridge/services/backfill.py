"""Texts that no webhook delivered: Twilio's own list is compared with ours, and what is missing is taken in."""

import uuid
from datetime import datetime, timedelta

import structlog

from bridge import metrics
from bridge.gateways.errors import GatewayError
from bridge.gateways.twilio import TwilioGateway
from bridge.gateways.twilio_shapes import Listed
from bridge.services import inbound
from bridge.services.deps import Deps
from bridge.store import firms, messages, numbers
from bridge.store.firms import Firm
from bridge.store.numbers import Number
from bridge.store.writer import StoreUnavailable

OVERLAP = timedelta(minutes=10)  # looked at again each time: Twilio lists a text a little after it came
FARTHEST = timedelta(days=3)  # after a longer outage somebody should look at Twilio's log first
MOST = 20_000  # texts of one number that are looked at at once; few firms get more in that time
YOUNGEST = timedelta(seconds=45)  # younger ones are still on their way here

log = structlog.get_logger(__name__)


async def missed_texts(deps: Deps, now: datetime) -> int:
    """Take in what is missing, for every number; how many texts that were. One number's trouble stops no other."""
    async with deps.db.read() as tx:
        every = await numbers.everyone(tx)
        owners = {number.id: await firms.get(tx, number.firm_id) for number in every}
    taken = 0
    for number in every:
        try:
            taken += await _of_number(deps, owners[number.id], number, now)
        except (GatewayError, StoreUnavailable) as error:
            log.warning("backfill_failed", number=number.id, why=str(error))
        except Exception:
            log.exception("backfill_broken", number=number.id, incident=uuid.uuid4().hex[:8])
    return taken


async def _of_number(deps: Deps, firm: Firm, number: Number, now: datetime) -> int:
    """Oldest first, so that a thread reads in the order in which the lead wrote."""
    twilio = deps.clients.twilio(firm, number.account_sid)
    connected = number.created_at.replace(microsecond=0)  # Twilio tells whole seconds
    since = max((number.swept_to or connected) - OVERLAP, now - FARTHEST, connected)
    listed = await twilio.recent(to=number.phone, since=since, limit=MOST)
    until = now - YOUNGEST
    inbounds = [text for text in listed if text.direction == "inbound" and text.date_created <= until]
    async with deps.db.survey() as tx:
        known = await messages.known_sids(tx, firm.id, [text.sid for text in inbounds])
    taken = 0
    inbounds.reverse()  # the list is newest first, and many texts share a second: sorting alone would not do
    for text in sorted(inbounds, key=lambda text: text.date_created):
        if text.sid not in known:
            is_new = await _take_in(deps, twilio, firm, number, text, now)
            metrics.BACKFILLED.inc(is_new)
            taken += is_new
    async with deps.db.begin() as tx:
        await numbers.change(tx, firm.id, number.id, swept_to=until)
    return taken


async def _take_in(
    deps: Deps, twilio: TwilioGateway, firm: Firm, number: Number, text: Listed, now: datetime
) -> int:
    pictures = await twilio.media_of(text.sid) if text.num_media else []
    sms = inbound.Sms(sid=text.sid, from_=text.from_, body=text.body, pictures=pictures, sent_at=text.date_created)
    return int(await deps.keep(lambda: inbound.receive(deps, firm, number, sms, now)))
