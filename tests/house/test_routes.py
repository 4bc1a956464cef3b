"""Every public route has somebody who verifies its caller."""

from typing import cast

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bridge import handlers
from bridge.services.deps import Deps


async def _nobody(**_: object) -> AuthorizeResult:
    """Authorises nobody."""
    raise AssertionError


def routes() -> list[web.RouteDef]:
    bolt = AsyncApp(signing_secret="secret", authorize=_nobody)
    return handlers.routes(
        bolt, cast("Deps", None), signing_secret="secret", proxies=(), worker_is_stuck=lambda: False
    )


@pytest.mark.faults("S1")
def test_every_route_names_its_verifier() -> None:
    app = web.Application()
    app.add_routes(routes())
    known = {resource.canonical for resource in app.router.resources()}
    assert known == set(handlers.VERIFIERS)


@pytest.mark.faults("S1")
def test_every_verifier_is_told_in_words() -> None:
    assert all(handlers.VERIFIERS.values())
    anybody = {path for path, verifier in handlers.VERIFIERS.items() if verifier.startswith("anybody")}
    assert anybody == {"/healthz", "/readyz", "/metrics", "/api/openapi.json", "/api/docs"}
