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
from bridge.store.trouble import StoreUnavailable

OVERLAP = timedelta(minutes=10)  # looked at again each time: Twilio lists a text a little after it came
FARTHEST = timedelta(days=3)  # after a longer outage somebody should look at Twilio's log first
MOST = 20_000  # texts of one number that are looked at at once; few firms get more in that time
APART = timedelta(seconds=2)  # what two clocks always are, by dates in whole seconds
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
    listed, there = await _listed(twilio, number, now)
    until = there - YOUNGEST
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


async def _listed(twilio: TwilioGateway, number: Number, now: datetime) -> tuple[list[Listed], datetime]:
    """Twilio's list since the last sweep, and the time by Twilio's clock: ours may be set, its dates are not."""
    there = now
    for _ in range(2):
        listed = await twilio.recent(to=number.phone, since=_since(number, there), limit=MOST)
        ahead = timedelta(seconds=twilio.ahead or 0.0)
        believed, there = there, now - ahead if abs(ahead) > APART else now
        if abs(believed - there) < APART:
            break
    return listed, there


def _since(number: Number, now: datetime) -> datetime:
    connected = number.created_at.replace(microsecond=0)  # Twilio tells whole seconds
    swept_to = number.swept_to if number.swept_to is not None and number.swept_to <= now else connected
    return max(swept_to - OVERLAP, now - FARTHEST, connected)


async def _take_in(
    deps: Deps, twilio: TwilioGateway, firm: Firm, number: Number, text: Listed, now: datetime
) -> int:
    pictures = await twilio.media_of(text.sid) if text.num_media else []
    sms = inbound.Sms(sid=text.sid, from_=text.from_, body=text.body, pictures=pictures, sent_at=text.date_created)
    return int(await deps.keep(lambda: inbound.receive(deps, firm, number, sms, now)))
