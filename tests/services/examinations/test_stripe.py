"""The doctor on Stripe: can anybody be charged, are we told of payments, and does usage get there."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import pytest
from pydantic import SecretStr

from bridge.services import installs, stripe_setup
from bridge.services.examinations.findings import Level
from bridge.store import subscriptions, usage
from tests.installed import Installed
from tests.services.examinations.rounds import visit
from tests.stage import Stage
from tests.store.scratch import only_sqlite
from tests.till import Till

pytestmark = only_sqlite


@pytest.fixture
async def till(database_url: str, installed: Installed) -> AsyncIterator[Till]:
    """A firm that would have to pay, of an operator who has set everything up."""
    async with Till.opened(installed, database_url) as till:
        await stripe_setup.make(till.stage.app.deps.clients.stripe(), till.stage.settings, new_endpoint=False)
        yield till


async def complaints(till: Till, **changed: object) -> list[str]:
    """What is wrong with Stripe, and with usage."""
    told = (await visit(till.stage, **changed)).complaints
    return [each for each in told if each.split()[1].rstrip(":") in {"stripe", "usage", "billing", "clock:"}]


async def test_everything_is_there(till: Till) -> None:
    told = await visit(till.stage)
    assert [each.about for each in told.findings if each.about.startswith("stripe")] == [
        "stripe", "stripe prices", "stripe webhooks", "stripe secret",
    ]  # fmt: skip
    assert told.of("stripe").says == "the key works; with it no real card is charged"
    assert told.of("stripe prices").says.endswith("for $15/month + $0.06 per outbound message over 250/month")
    assert told.of("clock").says == "it agrees with Slack's and Twilio's and Stripe's"
    assert await complaints(till) == []


async def test_what_keeps_anybody_from_being_charged_is_a_failure(till: Till) -> None:
    (found,) = await complaints(till, price_per_month=Decimal(20))
    assert found == "fail stripe prices: nobody can be charged, for there is no monthly price ($20)"
    assert await complaints(till, stripe_webhook_secret=SecretStr("")) == [
        "fail stripe secret: without STRIPE_WEBHOOK_SECRET all that Stripe tells is refused"
    ]
    till.stripe.fail("*", times=2, status=503)
    assert await complaints(till) == ["warn stripe: Stripe does not answer: http_503"]
    till.stripe.heal()
    till.stripe.api_key = "sk_test_another"
    assert await complaints(till) == ["fail stripe: Stripe refuses: http_401"]


async def test_an_endpoint_that_does_not_tell_us_everything(till: Till) -> None:
    (endpoint,) = till.stripe.endpoints.values()
    endpoint["api_version"] = "2020-08-27"
    assert "version 2020-08-27, which is not ours" in (await complaints(till))[0]
    endpoint["enabled_events"].remove("invoice.paid")
    assert (await complaints(till))[0] == "warn stripe webhooks: the endpoint does not hear of invoice.paid"
    endpoint["status"] = "disabled"
    assert (await complaints(till))[0].startswith("fail stripe webhooks: the endpoint is disabled")
    till.stripe.endpoints.clear()
    assert (await complaints(till))[0].startswith("fail stripe webhooks: Stripe does not tell")


async def test_who_has_the_add_on_and_does_not_pay_is_named(till: Till) -> None:
    await till.stage.turn_two_way(on=True)
    assert await complaints(till) == [
        f"warn billing {till.stage.law.team_id}: two-way SMS is on, and nobody pays for it"
    ]
    await till.stage.turn_two_way(on=False)
    await till.enables()
    assert await complaints(till) == []


async def test_usage_that_is_late_lost_or_off_is_a_line_for_its_firm(till: Till) -> None:
    stage, firm = till.stage, till.stage.law.id
    await till.enables()
    await stage.lead_texts("Hello?")
    for words in ("One", "Two"):
        await stage.staff_says(words)
    now = stage.clock()
    async with stage.app.deps.db.begin() as tx:
        some = await usage.to_report(tx, firm, now + timedelta(minutes=1), 9)
        await usage.mark(tx, firm, some[:1], lost_at=now)
        await usage.mark(tx, firm, some[1:], at=now - timedelta(days=2))
        await subscriptions.change(tx, firm, usage_off=-3)
    about = f"usage {stage.law.team_id}"
    assert await complaints(till) == [
        f"warn {about}: 1 text that Stripe will never hear of, or never forget",
        f"warn {about}: 1 text of more than a day ago of which Stripe has not heard",
        f"fail {about}: Stripe has counted 3 texts fewer than we reported, of the month that is paid for",
    ]


async def test_without_a_key_only_firms_with_the_addon_are_named(stage: Stage) -> None:
    assert not [each for each in (await visit(stage)).findings if each.about == "stripe"]
    await installs.set_plan(stage.app.deps, stage.law, "add-on", stage.clock())
    found = (await visit(stage)).of("stripe")
    assert found.level is Level.WARN
    assert found.says.endswith(f"who cannot be charged: {stage.law.team_id}")
