"""The encryption key belongs to the database: a wrong one is refused at the start, old ones can be retired."""

import asyncio
from datetime import UTC, datetime

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from bridge.rules.signups import Signup
from bridge.store import firms, keys, leads
from bridge.store.database import Database
from bridge.store.tables import firms as firm_table
from bridge.store.tables import meta
from bridge.store.vault import Vault, WrongKey
from tests.store.scratch import only_postgres

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
TOKEN, ACCOUNT_TOKEN = "xoxb-the-token", "the-account-token"


async def _check(db: Database, *with_keys: str) -> None:
    async with db.begin() as tx:
        await keys.check(tx, Vault(with_keys))


async def _reseal(db: Database, *with_keys: str) -> None:
    async with db.begin() as tx:
        await keys.reseal(tx, Vault(with_keys))


async def _hold_firm(db: Database) -> None:
    """As when a channel is converted."""
    async with db.begin() as tx:
        assert (await firms.hold(tx, 1)).name == "Law"


async def _install(db: Database, key: str, token: str = TOKEN) -> None:
    vault = Vault([key])
    async with db.begin() as tx:
        await firms.install(
            tx,
            "T1",
            datetime.now(UTC),
            name="Law",
            bot_token=vault.seal(token),
            account_token=vault.seal(ACCOUNT_TOKEN),
        )


async def _tokens(db: Database) -> tuple[bytes, bytes]:
    async with db.read() as tx:
        row = await tx.row(select(firm_table.c.bot_token, firm_table.c.account_token))
    assert row is not None
    return row.bot_token, row.account_token


@pytest.mark.faults("F26")
async def test_the_key_of_the_first_start_is_asked_for_ever_after(db: Database) -> None:
    await _check(db, OLD)
    await _check(db, OLD)
    with pytest.raises(WrongKey, match="Put the key it was set up with back"):
        await _check(db, NEW)
    await _check(db, NEW, OLD)


@pytest.mark.faults("F26")
async def test_of_two_first_starts_with_different_keys_one_is_refused(database_url: str, db: Database) -> None:
    other = Database(database_url)
    outcomes = await asyncio.gather(_check(db, OLD), _check(other, NEW), return_exceptions=True)
    await other.close()
    assert sorted(type(outcome).__name__ for outcome in outcomes) in (
        ["NoneType", "WrongKey"],
        ["NoneType", "StoreUnavailable"],
    )
    async with db.read() as tx:
        assert await tx.value(select(meta.c.value)) is not None


@pytest.mark.faults("F26", "S7")
async def test_a_rotation_puts_everything_under_the_new_key(db: Database) -> None:
    await _check(db, OLD)
    await _install(db, OLD)
    assert not any(TOKEN.encode() in sealed or ACCOUNT_TOKEN.encode() in sealed for sealed in await _tokens(db))

    await _reseal(db, NEW, OLD)
    await _check(db, NEW)
    assert [Vault([NEW]).open(sealed) for sealed in await _tokens(db)] == [TOKEN, ACCOUNT_TOKEN]
    with pytest.raises(WrongKey):
        await _check(db, OLD)


@only_postgres
async def test_a_rotation_never_puts_an_old_token_back(database_url: str, db: Database) -> None:
    """An installation elsewhere renews the token while this process puts all tokens under the new key."""
    await _check(db, OLD)
    await _install(db, OLD)
    other = Database(database_url)
    async with other.begin() as tx:
        await firms.install(tx, "T1", datetime.now(UTC), name="Law", bot_token=Vault([OLD]).seal("xoxb-renewed"))
        resealing = asyncio.create_task(_reseal(db, NEW, OLD))
        await asyncio.sleep(0.1)
    await resealing
    await other.close()
    assert Vault([NEW]).open((await _tokens(db))[0]) == "xoxb-renewed"


@only_postgres
@pytest.mark.parametrize("key", [OLD, NEW], ids=["old", "new"])
@pytest.mark.faults("F26", "F30")
async def test_a_start_does_not_wait_for_those_who_write(database_url: str, db: Database, key: str) -> None:
    """Whatever they write points to a firm, and under load somebody always does."""
    await _check(db, key)
    await _install(db, key)
    other = Database(database_url)
    async with other.begin() as tx:
        await leads.add(tx, 1, Signup("Maria"), datetime.now(UTC))
        await _reseal(db, NEW, OLD)
        await _hold_firm(db)
    await other.close()
