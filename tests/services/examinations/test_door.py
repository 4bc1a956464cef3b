"""The doctor knocks at the public address, as Slack and as Twilio; what it sends has no effect."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr
from sqlalchemy import func, select

from bridge.services import installs
from bridge.store import tables
from tests.cast import ACCOUNT, OWN_ACCOUNT, OWN_TOKEN, TOKEN
from tests.handlers.figures import look
from tests.services.examinations.rounds import visit
from tests.stage import Stage
from tests.store.scratch import only_sqlite

SLACK, TWILIO, OWN = "door slack", f"door twilio {ACCOUNT}", f"door twilio {OWN_ACCOUNT}"


@asynccontextmanager
async def standing(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """Something else at another address."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


def always(status: int, text: str = "", **headers: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The same answer to everybody."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=text, headers=headers)

    return answer


async def test_signed_requests_get_in_forged_ones_do_not_and_neither_has_an_effect(stage: Stage) -> None:
    async def everything() -> list[int]:
        return [await stage.count(table) for table in tables.metadata.sorted_tables]

    before, were = await look(stage), await everything()
    told = await visit(stage)
    assert told.complaints == []
    assert told.of(SLACK).says == f"{stage.app.url} takes what is signed, and nothing else"
    assert told.of(TWILIO).says == told.of(OWN).says == told.of(SLACK).says
    now = await look(stage)
    for route, status, knocks in [
        ("/slack/events", "200", 1),
        ("/slack/events", "401", 1),
        ("/twilio/status", "204", 2),
        ("/twilio/status", "403", 2),
    ]:
        name = "bridge_requests_total"
        assert now.of(name, route, status) - before.of(name, route, status) == knocks, (route, status)
    assert await everything() == were


@only_sqlite
@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (always(404, "not found"), "fail {about}: {place} answers with 404, which is not this app"),
        (always(200, "<h1>It works!"), "fail {about}: {place} answers{with_200}, which is not this app"),
        (always(302, Location="/login"), "fail {about}: {place} answers with 302, which is not this app"),
        (always(503, "busy"), "warn {about}: {place} is too busy to answer"),
        (always(429), "warn {about}: {place} turns this machine away: too many forged requests came from it"),
    ],
    ids=["another server", "another page", "a login", "busy", "turned away"],
)
async def test_what_answers_must_be_this_app(
    stage: Stage, answer: Callable[[web.Request], Awaitable[web.Response]], told: str
) -> None:
    async with standing(answer) as place:
        found = [each for each in (await visit(stage, public_base_url=place)).complaints if "door" in each]
    expected = [
        told.format(about=about, place=place, with_200="" if about == SLACK else " with 200")
        for about in (SLACK, TWILIO, OWN)
    ]
    assert found == expected


@only_sqlite
async def test_nobody_at_home_is_told(stage: Stage) -> None:
    for place in ("http://127.0.0.1:9", "https://127.0.0.1:9"):
        found = [each for each in (await visit(stage, public_base_url=place)).complaints if "door" in each]
        assert found == [
            f"fail {about}: {place} does not answer from here: connection" for about in (SLACK, TWILIO, OWN)
        ]


@only_sqlite
async def test_a_door_that_believes_everybody_is_told(stage: Stage) -> None:
    """Something before the app answers for it, and the app never hears of a text."""
    async with standing(always(204)) as place:
        found = (await visit(stage, public_base_url=place)).complaints
    assert f"fail {TWILIO}: {place} believes requests that nobody signed" in found


@only_sqlite
async def test_a_proxy_that_alters_the_request_is_told(stage: Stage) -> None:
    """Twilio signs the address that it was given, Slack the body to the letter."""

    async def meddle(request: web.Request) -> web.Response:
        headers = {name: value for name, value in request.headers.items() if name.lower() != "content-length"}
        body = await request.read() + (b" " if request.path == "/slack/events" else b"")
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{stage.app.url}{request.path}?via=proxy", data=body, headers=headers) as answer,
        ):
            return web.Response(status=answer.status, body=await answer.read())

    async with standing(meddle) as place:
        told = await visit(stage, public_base_url=place)
    assert [each for each in told.complaints if "door" in each] == [
        f"fail {SLACK}: {place} refuses what is rightly signed (401)",
        f"fail {TWILIO}: {place} refuses what is rightly signed (403)",
        f"fail {OWN}: {place} refuses what is rightly signed (403)",
    ]
    assert "a proxy alters" in told.of(TWILIO).todo


@only_sqlite
@pytest.mark.faults("S2")
async def test_secrets_that_the_running_app_does_not_have_are_told(stage: Stage) -> None:
    """Somebody changed them, and did not restart it."""
    here = stage.app.url
    rotating = SecretStr(f"{TOKEN},operator-token-2")
    assert (await visit(stage, twilio_auth_token=rotating)).complaints == [
        f"fail {TWILIO}: {here} refuses what is rightly signed (403)"
    ]
    changed = await visit(stage, slack_signing_secret=SecretStr("another secret"))
    assert changed.complaints == [f"fail {SLACK}: {here} refuses what is rightly signed (401)"]
    assert "signing secret" in changed.of(SLACK).todo
    await installs.set_own_twilio(stage.app.deps, stage.dental, OWN_ACCOUNT, "dental-token-2", stage.clock())
    own = await visit(stage)
    assert own.of(OWN).level == "ok"  # the running app has heard of it; that Twilio has not is told elsewhere
    assert any("Twilio refuses: 20003" in each for each in own.complaints)
    await installs.set_own_twilio(stage.app.deps, stage.dental, OWN_ACCOUNT, OWN_TOKEN, stage.clock())


@only_sqlite
async def test_signatures_that_are_only_logged_are_one_warning(database_url: str) -> None:
    async with Stage.set(database_url, TWILIO_SIGNATURES="log") as stage:
        (told,) = (await visit(stage)).complaints
        assert told.startswith("warn settings: wrong Twilio signatures are only logged")
        async with stage.app.deps.db.read() as tx:
            assert await tx.value(select(func.count()).select_from(tables.receipts)) == 0


@only_sqlite
async def test_an_address_that_is_not_set_is_not_looked_for(stage: Stage) -> None:
    told = await visit(stage, public_base_url="")
    assert [each.about for each in told.findings if each.about.startswith("door")] == []
