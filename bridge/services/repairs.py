"""A way out is broken until a person repairs it: only that way stops, its work waits, an admin is told once."""

from datetime import datetime, timedelta

from bridge.services import announce
from bridge.store import audit, firms, routes
from bridge.store.firms import Firm
from bridge.store.tx import Tx
from bridge.views.shown import Shown, section

PROBE = timedelta(minutes=5)  # one row tries again this often, so that a repair outside is noticed by itself

_CHANNEL = {
    "is_archived": "is archived",
    "channel_not_found": "is gone, or I was never invited to it",
    "not_in_channel": "no longer has me as a member",
    "no_channel": "",
}
_WAITS = "Texts are kept and will appear there when this is repaired."


async def needed(tx: Tx, firm_id: int, route: str, code: str, now: datetime) -> None:
    """Switch the route off, and tell the admins the first time."""
    firm = await firms.get(tx, firm_id)
    if not await routes.switch_off(tx, firm_id, route, code, probe_at=now + PROBE, now=now):
        return
    await audit.record(tx, firm_id, now, actor="bridge", action="route_off", facts={"route": route, "code": code})
    if await _is_told(tx, firm_id, route):
        return
    if route != announce.SLACK:  # with Slack itself off there is no way to tell; the doctor does
        sentence = f":warning: {_sentence(firm, route, code)}"
        await announce.alert_admins(tx, firm, Shown(sentence, [section(sentence)]), now)


async def _is_told(tx: Tx, firm_id: int, route: str) -> bool:
    """Whether the admins know already: texts and pictures have a way each into a channel, and one alert."""
    kind, _, channel_id = route.partition(":")
    other = {"post": "files", "files": "post"}.get(kind)
    return f"{other}:{channel_id}" in {broken.name for broken in await routes.off(tx, firm_id)}


def _sentence(firm: Firm, route: str, code: str) -> str:
    kind, _, channel_id = route.partition(":")
    if code == "no_channel":
        return "No channel is set for leads' texts. They are kept until your operator sets one (firms set-channel)."
    if kind in {"post", "files"}:
        what = "messages" if kind == "post" else "pictures"
        why = _CHANNEL.get(code, f"does not take my {what} ({code})")
        channel = f"<#{firm.called_now(channel_id)}>"
        return f"The channel {channel} {why}. {_WAITS} Invite me again, unarchive it, or choose another channel."
    if kind in {"sms", announce.TWILIO}:
        return (
            f"Twilio does not accept texts from this app ({code}). Replies wait for up to four hours; "
            "your operator should check the Twilio settings."
        )
    return f"Slack refuses one of this app's calls ({code}). “python -m bridge doctor” tells your operator more."
