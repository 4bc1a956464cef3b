"""Other programs that hand in leads, as the tests play them."""

import json
from typing import Any

from sqlalchemy import select

from bridge.services import api_keys, start
from bridge.store import tables
from bridge.store.firms import Firm
from tests.handlers.knock import JSON, Answer, knock
from tests.stage import Stage

LEADS = "/api/leads"


def lead(number: int = 1, **more: Any) -> dict[str, Any]:
    """A signup, each with an id and a number of its own."""
    return {
        "id": f"signup-{number}",
        "name": f"Lee Example{number}",
        "phone": f"(415) 555-{100 + number:04d}",
        **more,
    }


async def key_of(stage: Stage, firm: Firm, name: str = "web form") -> str:
    """A new key of a firm."""
    deps = stage.app.deps
    key = await deps.keep(lambda: api_keys.create(deps, firm, name, stage.clock()))  # as a command is typed again
    assert key is not None
    return key


def showing(key: str) -> dict[str, str]:
    """The headers of somebody who has this key."""
    return {**JSON, "Authorization": f"Bearer {key}"}


async def hand_in(stage: Stage, key: str, body: Any) -> Answer:
    """Hand in whatever this is."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await knock(stage, LEADS, raw, showing(key))


async def take_back(stage: Stage, key: str, identity: str) -> Answer:
    """Have a lead forgotten."""
    return await knock(stage, f"{LEADS}/{identity}", headers=showing(key), method="DELETE")


def told(answer: Answer) -> Any:
    """What an answer says."""
    return json.loads(answer.text)


def problem(answer: Answer) -> str:
    """Which problem an answer tells of, in the form that all have."""
    said = told(answer)
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert said["status"] == answer.status
    assert said["title"]
    return str(said["type"].partition("#")[2])


def states(answer: Answer) -> list[str]:
    """What became of each of several leads."""
    assert answer.status == 200, answer
    return [each["status"] for each in told(answer)["results"]]


async def found(stage: Stage, query: str, firm: Firm | None = None) -> list[str]:
    """Who is found, as staff and `leads find` look for them."""
    every = await start.find(stage.app.deps, firm or stage.law, query, most=20, everybody=True)
    return [match.lead.name for match in every]


async def stored(stage: Stage) -> list[Any]:
    """Every signup there is, oldest first."""
    return await stage.rows(select(tables.leads).order_by(tables.leads.c.id))
