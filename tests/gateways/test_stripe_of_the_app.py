"""The app finds the operator's Stripe by its settings, and on a stage it goes by the same clock."""

import dataclasses
from collections.abc import AsyncIterator

import pytest

from bridge.gateways.errors import GatewayError, Retry, Scope
from bridge.settings import Settings
from tests.gateways.desk import Desk
from tests.installed import Installed
from tests.stage import Stage


@pytest.fixture
async def stage(database_url: str, installed: Installed) -> AsyncIterator[Stage]:
    """One with Stripe, which most stages are without."""
    async with installed.stage(database_url, pays=True) as stage:
        yield stage


async def test_time_that_is_skipped_on_a_stage_passes_at_stripe_too(stage: Stage) -> None:
    desk = await Desk.opened(stage.app.deps.clients.stripe(), stage.stripe)
    begun = await desk.begun()
    stage.skip(days=32)
    await stage.settle()
    assert desk.totals() == [("paid", 1500), ("paid", 1500)]
    now = await desk.gateway.subscription(begun.id)
    assert now is not None
    assert now.period_start == begun.period_end


async def test_without_a_key_there_is_no_way_to_stripe(stage: Stage) -> None:
    clients = stage.app.deps.clients
    assert clients.stripe() is clients.stripe()
    poor = Settings.load({"ENCRYPTION_KEY": stage.settings.encryption_key.get_secret_value()})
    with pytest.raises(GatewayError) as caught:
        dataclasses.replace(clients, settings=poor).stripe()  # type: ignore[type-var]  # a protocol here
    error = caught.value
    assert (error.code, error.retry, error.scope) == ("no_stripe_key", Retry.REPAIR, Scope.ACCOUNT)
