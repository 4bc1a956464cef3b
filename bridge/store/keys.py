"""Is the encryption key the one this database was set up with?"""

from contextlib import suppress

from sqlalchemy import select, update

from bridge.store.prepared import Prepared
from bridge.store.records import adding
from bridge.store.tables import audit_heads, firms, meta
from bridge.store.tx import Tx
from bridge.store.vault import Vault, WrongKey

CANARY = "canary"
_canary = Prepared(select(meta.c.value).where(meta.c.key == CANARY))
_sealed = Prepared(select(firms.c.id, firms.c.bot_token, firms.c.account_token).order_by(firms.c.id))


async def check(tx: Tx, vault: Vault) -> None:
    """Raises WrongKey. The first key ever used leaves something that every later one must open."""
    await tx.run(adding(tx.dialect, meta, ("key",)), {"key": CANARY, "value": vault.seal(CANARY)})
    vault.open(await tx.value(_canary))


async def reseal(tx: Tx, vault: Vault) -> None:
    """Put everything under the newest key, so that an older one can be thrown away. Raises WrongKey.

    Mostly all of it is. Then nothing is written or locked: processes start while others work.
    """
    canary = await tx.value(_canary)
    if vault.is_old(canary):
        await tx.run(update(meta).where(meta.c.key == CANARY).values(value=vault.reseal(canary)))
    old = [id_ for id_, *secrets in await tx.rows(_sealed) if any(vault.is_old(each) for each in secrets)]
    sealed = select(firms.c.id, firms.c.bot_token, firms.c.account_token).order_by(firms.c.id)
    held = sealed.where(firms.c.id.in_(old)).with_for_update(key_share=True)
    for firm in await tx.rows(held) if old else ():
        anew = {
            "bot_token": vault.reseal(firm.bot_token) if firm.bot_token else None,
            "account_token": vault.reseal(firm.account_token) if firm.account_token else None,
        }
        await tx.run(update(firms).where(firms.c.id == firm.id).values(**anew))
    await _reseal_heads(tx, vault)


async def _reseal_heads(tx: Tx, vault: Vault) -> None:
    """Where chains of the audit trail end. What none of our keys opens stays, for who looks through the chain."""
    h = audit_heads.c
    sealed = select(h.id, h.seal).order_by(h.id)
    old = [row.id for row in await tx.rows(sealed) if vault.is_old(row.seal)]
    for head in await tx.rows(sealed.where(h.id.in_(old)).with_for_update(key_share=True)) if old else ():
        with suppress(WrongKey):
            await tx.run(update(audit_heads).where(h.id == head.id).values(seal=vault.reseal(head.seal)))
