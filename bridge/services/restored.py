"""The database was put back from a copy: what it still promises may have been kept long ago.

What the outside can be asked about is looked for first, as after a try whose end nobody saw: a text in Twilio's
list, a post in its thread. A reply that was not judged yet is dropped. It carries no mark then, unless it went out.
"""

from dataclasses import asdict, dataclass
from datetime import datetime

from bridge.services.deps import Deps
from bridge.store import audit, firms, restored


@dataclass(frozen=True)
class Doubted:
    """How many promises wait for a look outside, how many of them are texts to leads, and what was dropped."""

    promises: int
    texts: int
    dropped: int


async def doubt_everything(deps: Deps, now: datetime) -> Doubted:
    """Believe nothing that waits to be undone, and give out ids that nobody knows. Raises StoreUnavailable."""
    async with deps.db.begin() as tx:
        await restored.skip_ids(tx)
        texts = await restored.doubt_texts(tx)
        await restored.doubt_usage(tx)
        doubted = Doubted(await restored.doubt_rows(tx, now), texts, await restored.drop_asked(tx, now))
        for firm in await firms.everyone(tx):
            await audit.record(tx, firm.id, now, actor="operator", action="restored", facts=asdict(doubted))
        return doubted
