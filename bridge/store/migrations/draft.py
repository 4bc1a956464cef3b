"""`make migration NAME="what changes"`: drafts the next migration, from what bridge/store/tables/ says by now."""

import asyncio
import sys
import tempfile

from bridge.store import migrate


async def draft(what_changes: str) -> None:
    """Compare the tables with what all migrations so far make of an empty database."""
    with tempfile.TemporaryDirectory(prefix="draft-") as folder:
        url = f"sqlite+aiosqlite:///{folder}/empty.db"
        await migrate.upgrade(url)
        revision = f"{int(migrate.newest()) + 1:04}"
        await migrate.draft(url, revision, what_changes)


if __name__ == "__main__":
    asyncio.run(draft(sys.argv[1]))
