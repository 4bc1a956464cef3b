"""A text whose answer nobody saw is looked for in Twilio's own list."""

from datetime import datetime, timedelta

from bridge.gateways.twilio_shapes import Listed
from bridge.services.deps import Deps
from bridge.store import messages
from bridge.store.joined import Errand

CLOCKS_APART = timedelta(minutes=1)  # ours and Twilio's; by its own word, if they are more


async def find(deps: Deps, errand: Errand, started: datetime) -> Listed | None:
    """The text in Twilio's list: same end, same words, from that time, and not yet known as another message."""
    firm, number, message = errand.firm, errand.number, errand.message
    since = started - CLOCKS_APART
    twilio = deps.clients.twilio(firm, number.account_sid)
    found = await twilio.recent(to=errand.contact.phone, since=since, limit=50)
    if (ahead := timedelta(seconds=twilio.ahead or 0.0)) > CLOCKS_APART / 2:
        since -= ahead
        found = await twilio.recent(to=errand.contact.phone, since=since, limit=50)
    alike = [
        text
        for text in found
        if text.direction == "outbound-api"
        and text.body == message.body
        and text.date_created >= since
        and text.from_ in {number.phone, None, ""}
    ]
    async with deps.db.glance() as tx:
        known = await messages.known_sids(tx, firm.id, [text.sid for text in alike])
    return next((text for text in reversed(alike) if text.sid not in known), None)
