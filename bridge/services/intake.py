"""Leads that other programs hand in, and take back."""

from collections.abc import Sequence
from datetime import datetime

from bridge.rules import intake
from bridge.rules.signups import Signup
from bridge.services import leads
from bridge.services.deps import Deps
from bridge.store import audit
from bridge.store import leads as store
from bridge.store.api_keys import Key
from bridge.store.firms import Firm


async def take_in(deps: Deps, firm: Firm, key: Key, signups: Sequence[Signup], now: datetime) -> list[str]:
    """Enter them, and say of each: "created", "known", or "conflict" if one of its id is there and says otherwise.

    Whether it is there already is the database's word. It is compared with what the first of its id said.
    """
    first: dict[str, Signup] = {}
    for signup in signups:
        first.setdefault(signup.origin or "", signup)
    new = await leads.enter(deps, firm, list(first.values()), now, actor=_actor(key))
    async with deps.db.glance() as tx:
        there = await store.digests(tx, firm.id, first.keys() - new)
    said = {origin: signup.digest for origin, signup in first.items()} | there
    became = []
    for signup in signups:
        origin = signup.origin or ""
        is_new = origin in new and first[origin] is signup
        became.append("created" if is_new else "known" if said[origin] == signup.digest else "conflict")
    return became


async def forget(deps: Deps, firm: Firm, key: Key, identity: str, now: datetime) -> None:
    """Remove the signup of this id, if it is there. What its number's person has agreed to stays, as proof."""
    async with deps.db.begin() as tx:
        lead = await store.by_origin(tx, firm.id, intake.origin(identity))
        if lead is not None:
            await store.remove(tx, firm.id, lead)
            facts = {"lead_id": lead.id}
            await audit.record(tx, firm.id, now, actor=_actor(key), action="forget_lead", facts=facts)


def _actor(key: Key) -> str:
    return f"key {key.prefix}"
