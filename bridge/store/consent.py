"""The consent ledger: append only. What its events add up to is bridge.rules.consent's."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import bindparam, select

from bridge.rules.consent import Event
from bridge.store.prepared import Prepared
from bridge.store.records import adding, columns
from bridge.store.tables import consent_events
from bridge.store.tx import Tx

_c = consent_events.c
_of_contact = Prepared(
    select(_c.contact_id, _c.id, *columns(Event, consent_events)).where(
        _c.firm_id == bindparam("firm_id"), _c.contact_id == bindparam("contact_id")
    )
)


async def record(tx: Tx, firm_id: int, entries: Sequence[tuple[int, Event]]) -> None:
    """Add events, each about the contact with that id, in this order."""
    rows = [{"firm_id": firm_id, "contact_id": contact_id, **_values(event)} for contact_id, event in entries]
    await tx.many(adding(tx.dialect, consent_events), rows)


def _values(event: Event) -> dict[str, Any]:
    return {**vars(event), "evidence": dict(event.evidence)}


async def history(tx: Tx, firm_id: int, contact_id: int) -> list[Event]:
    """Everything that was ever said about texting this number, in the order in which it was heard."""
    return (await histories(tx, firm_id, [contact_id]))[contact_id]


async def histories(tx: Tx, firm_id: int, contact_ids: Collection[int]) -> dict[int, list[Event]]:
    """The same for several contacts."""
    found: dict[int, list[Event]] = {contact_id: [] for contact_id in contact_ids}
    values = [{"firm_id": firm_id, "contact_id": contact_id} for contact_id in found]
    for contact_id, _, *event in sorted(await tx.many(_of_contact, values), key=lambda row: row[1]):
        found[contact_id].append(Event(*event))
    return found
