"""What was said long ago, put into a database as it would be there."""

from datetime import UTC, datetime
from typing import Any

from bridge.store import tables
from bridge.store.database import Database
from bridge.store.records import Id, adding

OLD = datetime(2020, 5, 4, 12, tzinfo=UTC)


async def row(db: Database, table: Any, **values: Any) -> int:
    """A row; its id."""
    async with db.begin() as tx:
        return int(await tx.value(adding(tx.dialect, table, returning=Id), values))


async def conversation(db: Database, firm_id: int, phone: str, number: str = "+14155550100") -> dict[str, Any]:
    """Somebody with whom the firm talks; whose every text is."""
    async with db.read() as tx:
        known = await tx.value(tables.numbers.select().where(tables.numbers.c.phone == number))
    number_id = known or await row(
        db, tables.numbers, firm_id=firm_id, phone=number, account_sid="AC", sid="PN", before={}, created_at=OLD
    )
    contact_id = await row(db, tables.contacts, firm_id=firm_id, phone=phone, created_at=OLD)
    talk = {"firm_id": firm_id, "contact_id": contact_id, "number_id": number_id}
    talk_id = await row(db, tables.conversations, **talk, last_at=OLD, created_at=OLD)
    return {"firm_id": firm_id, "conversation_id": talk_id, "number_id": number_id}


async def said(db: Database, talk: dict[str, Any], body: str, at: datetime = OLD, **values: Any) -> int:
    """A text; its id."""
    told = {"direction": "in", "state": "received", "created_at": at, "body": body} | values
    return await row(db, tables.messages, **talk, **told)
