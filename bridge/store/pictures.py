"""Pictures: what came or goes with a text. Bytes stay only while somebody outside has to fetch them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, bindparam, null, select, update

from bridge.store.prepared import Prepared
from bridge.store.records import by, changing, every, find, one, select_as
from bridge.store.tables import messages, pictures
from bridge.store.tx import Tx

_p = pictures.c


@dataclass(frozen=True)
class Picture:
    """One picture of a message. `url` is where it stands outside; `state` is waiting, done or lost."""

    id: int
    message_id: int
    position: int
    url: str
    name: str | None
    media_type: str | None
    state: str


async def add(tx: Tx, firm_id: int, message_id: int, position: int, url: str, **values: Any) -> None:
    """Remember a picture; a second time does nothing."""
    statement = tx.insert(pictures).values(
        firm_id=firm_id, message_id=message_id, position=position, url=url, **values
    )
    await tx.run(statement.on_conflict_do_nothing(index_elements=["firm_id", "message_id", "position"]))


async def of_message(tx: Tx, firm_id: int, message_id: int) -> list[Picture]:
    """The message's pictures, in order."""
    found = find(Picture, pictures, "firm_id", "message_id")
    rows = await tx.rows(found, by(firm_id=firm_id, message_id=message_id))
    return sorted(every(Picture, rows), key=lambda picture: picture.position)


async def get(tx: Tx, firm_id: int, picture_id: int) -> Picture | None:
    """The picture."""
    found = select_as(Picture, pictures).where(_p.firm_id == firm_id, _p.id == picture_id)
    return one(Picture, await tx.row(found))


async def content(tx: Tx, firm_id: int, picture_id: int) -> tuple[bytes, str] | None:
    """Bytes and media type of a picture that is being handed out."""
    query = select(_p.content, _p.media_type).where(_p.firm_id == firm_id, _p.id == picture_id)
    row = await tx.row(query)
    return None if row is None or row.content is None else (row.content, row.media_type)


async def change(tx: Tx, firm_id: int, picture_id: int, **values: Any) -> None:
    """Set columns of the picture."""
    await tx.run(update(pictures).where(_p.firm_id == firm_id, _p.id == picture_id).values(**values))


_is_old = (messages.c.id == _p.message_id) & (
    messages.c.created_at < bindparam("before", type_=messages.c.created_at.type)
)
_not_fetched = (
    select(_p.id)
    .where(_p.content.is_not(None), select(messages.c.id).where(_is_old).exists())
    .limit(bindparam("limit", type_=Integer))
)
_forget_content = Prepared(update(pictures).where(_p.id.in_(_not_fetched)).values(content=null()))


async def forget_content(tx: Tx, before: datetime, limit: int) -> int:
    """Bytes of texts older than that are not fetched any more, even if no receipt ever said so; how many."""
    return await tx.run(_forget_content, {"before": before, "limit": limit})


async def drop_content(tx: Tx, firm_id: int, message_id: int) -> None:
    """Nobody fetches this message's pictures any more."""
    values = by(firm_id=firm_id, message_id=message_id) | {"content": None}
    await tx.run(changing(pictures, "firm_id", "message_id"), values)
