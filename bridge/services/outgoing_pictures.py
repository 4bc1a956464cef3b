"""Pictures that staff attach: read from Slack once, then handed to Twilio by a signed, expiring link."""

from datetime import datetime, timedelta

from bridge.gateways.errors import GatewayError, Retry
from bridge.rules.sending import PICTURE_LIMIT, PICTURE_TYPES
from bridge.services.deps import Deps
from bridge.services.signing import is_ours, signature_of
from bridge.store import pictures
from bridge.store.firms import Firm
from bridge.store.messages import Message
from bridge.store.pictures import Picture

FETCHABLE = timedelta(hours=5)  # Twilio may hold a text for four hours before it fetches


async def ready(deps: Deps, firm: Firm, message: Message) -> list[str] | None:
    """Addresses where Twilio finds the message's pictures; None when one cannot be had. Raises GatewayError."""
    async with deps.db.glance() as tx:
        attached = await pictures.of_message(tx, firm.id, message.id)
    for picture in attached:
        if picture.state == "waiting" and not await _fetch(deps, firm, picture):
            return None
    until = int((deps.clock() + FETCHABLE).timestamp())
    return [address(deps, firm.id, picture.id, until) for picture in attached]


async def _fetch(deps: Deps, firm: Firm, picture: Picture) -> bool:
    try:
        fetched = await deps.clients.slack(firm).download(picture.url)
    except GatewayError as error:
        if error.retry is Retry.NEVER:
            return False
        # Slack's trouble: it must neither switch off a way to the phones nor slow it down for others.
        raise GatewayError(error.code, Retry.LATER) from error
    if fetched.media_type not in PICTURE_TYPES or len(fetched.content) > PICTURE_LIMIT:
        return False
    await deps.keep(lambda: _store(deps, firm, picture, fetched.content, fetched.media_type))
    return True


async def _store(deps: Deps, firm: Firm, picture: Picture, content: bytes, media_type: str) -> None:
    async with deps.db.begin() as tx:
        await pictures.change(tx, firm.id, picture.id, content=content, media_type=media_type, state="done")


def address(deps: Deps, firm_id: int, picture_id: int, until: int) -> str:
    """A link to one picture that works until that Unix time."""
    path = f"{firm_id}/{picture_id}/{until}"
    return f"{deps.settings.public_base_url}/media/{path}/{signature_of(deps, 'picture', path)}"


async def handed_out(
    deps: Deps, firm_id: int, picture_id: int, until: int, signature: str, now: datetime
) -> tuple[bytes, str] | None:
    """Bytes and media type for a link that we signed and that has not expired; otherwise None."""
    if not is_ours(deps, "picture", f"{firm_id}/{picture_id}/{until}", until, signature, now):
        return None
    async with deps.db.glance() as tx:
        return await pictures.content(tx, firm_id, picture_id)
