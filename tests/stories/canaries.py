"""What must never be printed: words, numbers, names and secrets that can be told from all others."""

import re

from tests import cast
from tests.cast import LAW, MARIA, NOAH, SIGNING_SECRET, TOKEN

WORDS = ("canary", "Canary", "CANARY")  # everything that anybody writes on that day has it
SECRETS = (LAW.bot_token, SIGNING_SECRET, TOKEN, cast.KEY)
PEOPLE = ("Ben Agent", "Ada Admin", "Maria")
LEADS = (MARIA, NOAH)


def found(lines: list[str], phones: tuple[str, ...] = (*LEADS, LAW.number)) -> list[str]:
    """The lines that tell too much."""
    shapes = [re.compile(r"[\D]{0,3}".join(phone[-7:])) for phone in phones]
    return [
        line for line in lines
        if any(each in line for each in (*WORDS, *SECRETS, *PEOPLE)) or any(shape.search(line) for shape in shapes)
    ]  # fmt: skip


# The app as it is, but for bugs: certain words meet mistakes that repeat what they saw.
WITH_BUGS = """
import asyncio
import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL
from bridge.__main__ import main
from bridge.services import inbound
from bridge.store import messages, tables
from bridge.views import threads as views

take, shown, adrift = inbound.receive_all, views.texts, []

async def receive_all(deps, arrivals, **how):
    for each in arrivals:
        await meet(deps, each, each.sms.body)
    return await take(deps, arrivals, **how)

async def meet(deps, each, body):
    if "canary value" in body:
        raise ValueError(f"cannot take {each!r}: {body} of {each.firm!r} from {each.phone} with xoxb-law-1")
    if "canary key" in body:
        raise KeyError((body, each.phone))
    if "canary task" in body:
        adrift.append(asyncio.create_task(fail(body)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        adrift.clear()
    async with deps.db.begin() as tx:
        if "canary row" in body:  # a rule of the database is broken, and it shows the row
            values = {"conversation_id": None, "number_id": 1, "direction": "in", "state": "x", "body": body}
            await tx.run(tx.insert(tables.messages).values(firm_id=each.firm.id, created_at=each.now, **values))
        if "canary type" in body:  # a value that the driver refuses
            await messages.by_sid(tx, {body: each.phone}, each.phone)

async def fail(body):
    raise ValueError(body)

def texts(received):
    body = received[0].body
    if "canary post" in body:
        headers = CIMultiDictProxy(CIMultiDict({"Authorization": "Bearer xoxb-law-1"}))
        url = URL.build(scheme="https", host="proxy", user="me", password="operator-token-1", query={"text": body})
        request = aiohttp.RequestInfo(url, "POST", headers, url)
        try:
            raise aiohttp.ClientResponseError(request, (), status=502, message=body, headers=headers)
        except aiohttp.ClientError as error:
            raise RuntimeError(f"cannot show {received!r}: '{body}' at {url}") from error
    return shown(received)

inbound.receive_all, views.texts = receive_all, texts
main()
"""
