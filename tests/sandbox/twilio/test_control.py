"""What a page or another process sees and does over HTTP."""

import asyncio
import base64
import json
from typing import Any

import aiohttp
import pytest

from bridge.sandbox.twilio import PretendTwilio

ACCOUNT, TOKEN, OURS, LEAD = "AC" + "a" * 32, "token-of-the-first-firm", "+14155550100", "+14155550111"


async def post(http: aiohttp.ClientSession, url: str, what: Any) -> tuple[int, Any]:
    """One action."""
    async with http.post(url, json=what) as answer:
        return answer.status, await answer.json()


async def test_a_page_texts_and_sees_everything_but_secrets(
    twilio: PretendTwilio, app: Any, client: Any, http: aiohttp.ClientSession
) -> None:
    twilio.add_account(ACCOUNT, TOKEN, secondary_token="secondary-secret")
    twilio.add_key(ACCOUNT, "SK" + "d" * 32, "key-secret")
    picture = {"content_type": "image/png", "base64": base64.b64encode(b"\x89PNG").decode()}
    asked = {"from": LEAD, "to": OURS, "body": "Hello", "media": [picture]}
    status, answer = await post(http, f"{twilio.url}/_/text", asked)
    assert status == 200
    await client.messages.create_async(to=LEAD, from_=OURS, body="Good day")
    await twilio.settled()
    async with http.get(f"{twilio.url}/_/state") as page:
        text = await page.text()
    state = json.loads(text)
    thread = state["phones"][LEAD]["thread"]
    assert [(bubble["mine"], bubble["body"], bubble["with"]) for bubble in thread] == [
        (True, "Hello", OURS),
        (False, "Good day", OURS),
    ]
    assert state["messages"][0]["sid"] == answer["sid"]
    assert (state["webhooks"][0]["status"], state["requests"][0]["operation"]) == (200, "create")
    for secret in (TOKEN, "secondary-secret", "key-secret", "Signature"):
        assert secret not in text
    query = {"phone": LEAD, "sid": answer["sid"], "index": "0"}
    async with http.get(f"{twilio.url}/_/file", params=query) as file:
        assert (await file.read(), file.headers["X-Content-Type-Options"]) == (b"\x89PNG", "nosniff")
    async with http.get(f"{twilio.url}/_/file", params={"phone": LEAD}) as file:
        assert file.status == 404


async def test_switching_phones_and_turning_knobs(twilio: PretendTwilio, http: aiohttp.ClientSession) -> None:
    assert await post(http, f"{twilio.url}/_/phone", {"phone": LEAD, "on": False}) == (200, {})
    assert LEAD in twilio.off
    assert await post(http, f"{twilio.url}/_/phone", {"phone": LEAD, "on": True}) == (200, {})
    assert LEAD not in twilio.off
    turned = {"duplicates": 2, "disorder": True, "lose_status": True, "status_delay": 0.5}
    assert await post(http, f"{twilio.url}/_/settings", turned) == (200, turned)
    assert (twilio.duplicates, twilio.disorder, twilio.lose_status, twilio.status_delay) == (2, True, True, 0.5)


async def test_faults_from_outside(twilio: PretendTwilio, client: Any, http: aiohttp.ClientSession) -> None:
    assert await post(http, f"{twilio.url}/_/fail", {"what": "list", "status": 503}) == (200, {})
    with pytest.raises(Exception, match="Unable to fetch page"):
        await client.messages.list_async()


@pytest.mark.parametrize(
    ("action", "what", "status"),
    [
        ("nothing", {}, 404),
        ("text", {"from": LEAD}, 400),
        ("text", {"from": LEAD, "to": "+14155550199"}, 400),
        ("fail", {"what": "nothing"}, 400),
        ("fail", {"colour": "red"}, 400),
        ("settings", {"accounts": {}}, 400),
    ],
)
async def test_mistakes_are_explained(
    twilio: PretendTwilio, http: aiohttp.ClientSession, action: str, what: Any, status: int
) -> None:
    answered, answer = await post(http, f"{twilio.url}/_/{action}", what)
    assert answered == status
    assert answer["error"]


async def test_forms_of_foreign_pages_are_not_read(twilio: PretendTwilio, http: aiohttp.ClientSession) -> None:
    async with http.post(f"{twilio.url}/_/phone", data={"phone": LEAD}) as answer:
        assert answer.status == 415


async def test_news_as_they_happen(twilio: PretendTwilio, app: Any, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{twilio.url}/_/events") as events:
        assert await events.content.readline() == b": ready\n"
        sid = await twilio.text(LEAD, OURS, "Hello")
        news: list[Any] = []
        while len(news) < 2:
            line = await asyncio.wait_for(events.content.readline(), 2)
            if line.startswith(b"data: "):
                news.append(json.loads(line[6:]))
        assert news[0] == {"kind": "message", "sid": sid, "status": "received", "to": OURS, "direction": "inbound"}
        assert (news[1]["kind"], news[1]["status"]) == ("webhook", 200)
        await asyncio.wait_for(twilio.stop(), 2)
        assert await events.content.read() == b"\n"
    assert twilio.listeners == set()
