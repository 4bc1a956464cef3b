"""What came of tables that were dropped in Slack."""

from typing import Any

from sqlalchemy import select

from bridge.store import tables
from tests.stage import Stage


async def names(stage: Stage) -> list[str]:
    return [row.name for row in await stage.rows(select(tables.leads.c.name).order_by(tables.leads.c.name))]


async def entered(stage: Stage) -> int:
    return sum(row.entered for row in await stage.rows(select(tables.imports.c.entered)))


async def of_import(stage: Stage) -> Any:
    return (await stage.rows(tables.imports.select().order_by(tables.imports.c.id.desc())))[0]
