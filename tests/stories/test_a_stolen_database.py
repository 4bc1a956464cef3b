"""Whoever has a copy of the database, and not the key, can speak for nobody."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from bridge.store import tables
from tests.cast import DENTAL, KEY, LAW, OWN_TOKEN, SIGNING_SECRET, TOKEN
from tests.stage import Stage

SECRETS = (LAW.bot_token, DENTAL.bot_token, OWN_TOKEN, TOKEN, SIGNING_SECRET, KEY)


@pytest.mark.faults("F26", "S7")
async def test_no_token_can_be_read_in_it(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says("Hi")
    copies = [copy async for copy in _copies(stage)]
    assert any(LAW.name.encode() in copy for copy in copies), "this is where firms stand"
    assert [secret[:6] for secret in SECRETS for copy in copies if secret.encode() in copy] == []


async def _copies(stage: Stage) -> AsyncIterator[bytes]:
    """What a thief has: the files, with all that was ever in them, or a dump of every table."""
    url = make_url(stage.settings.database_url)
    if url.get_backend_name() == "sqlite":
        for file in Path(url.database or "").parent.glob("bridge.db*"):
            yield file.read_bytes()
        return
    for table in tables.metadata.sorted_tables:
        for row in await stage.rows(table.select()):
            yield b" ".join(value if isinstance(value, bytes) else str(value).encode() for value in row)
