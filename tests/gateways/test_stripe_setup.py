"""Setting the account up, again and again, makes everything once."""

from dataclasses import replace
from decimal import Decimal

import stripe as stripe_package

from bridge.gateways.errors import Retry
from bridge.gateways.stripe import StripeGateway
from bridge.sandbox.stripe import PretendStripe
from tests.gateways.desk import EVENT, Desk, refused
from tests.pretenders import TERMS

WANTED = ["invoice.paid", "customer.subscription.updated"]
URL = "https://sms.example.com/stripe/events"


async def test_everything_is_made_once(desk: Desk) -> None:
    again = await Desk.opened(desk.gateway, desk.pretend)
    assert (again.meter, again.prices, again.customer) == (desk.meter, desk.prices, desk.customer)
    assert len(desk.pretend.products) == len(desk.pretend.meters) == 1
    assert len(desk.pretend.prices) == 2


async def test_other_terms_are_another_price_and_the_old_one_stays(desk: Desk) -> None:
    setup, (product,) = desk.gateway.setup, desk.pretend.products
    dearer = await setup.ensure_flat_price(product, replace(TERMS, month=Decimal(2000)))
    assert dearer not in desk.prices
    assert await setup.ensure_flat_price(product, replace(TERMS, month=Decimal("1500.00"))) == desk.prices[0]
    usage = setup.ensure_usage_price
    half = await usage(product, desk.meter, replace(TERMS, each=Decimal("0.5")))
    assert desk.pretend.tiers[half][1]["cents"] == Decimal("0.5")
    none_free = await usage(product, desk.meter, replace(TERMS, free=0))
    assert [tier["up_to"] for tier in desk.pretend.tiers[none_free]] == [None]
    canadian = await usage(product, desk.meter, replace(TERMS, currency="cad"))
    assert len({*desk.prices, dearer, half, none_free, canadian}) == 6
    assert [desk.pretend.prices[each]["active"] for each in desk.prices] == [True, True]


async def test_a_price_that_was_put_away_is_made_anew(desk: Desk) -> None:
    (product,) = desk.pretend.products
    desk.pretend.prices[desk.prices[0]]["active"] = False
    desk.pretend.keys.clear()
    again = await desk.gateway.setup.ensure_flat_price(product, TERMS)
    assert again != desk.prices[0]
    assert desk.pretend.prices[again]["lookup_key"] is not None


async def test_a_meter_that_was_put_away_counts_again(desk: Desk) -> None:
    desk.pretend.meters[desk.meter]["status"] = "inactive"
    assert await desk.gateway.setup.ensure_meter(EVENT, display_name="Outbound texts") == desk.meter
    assert desk.pretend.meters[desk.meter]["status"] == "active"


async def test_a_lost_answer_leaves_nothing_twice(stripe: StripeGateway, pretend_stripe: PretendStripe) -> None:
    for what in ("product_create", "meter_create"):
        pretend_stripe.fail(what, drop=True, accept_first=True)
    assert (await refused(stripe.setup.ensure_product("Two-way SMS"))).retry is Retry.DOUBT
    assert (await refused(stripe.setup.ensure_meter(EVENT, display_name="Texts"))).retry is Retry.DOUBT
    desk = await Desk.opened(stripe, pretend_stripe)
    assert list(pretend_stripe.products) == [pretend_stripe.prices[desk.prices[0]]["product"]]
    assert list(pretend_stripe.meters) == [desk.meter]


async def test_the_portal(stripe: StripeGateway, pretend_stripe: PretendStripe) -> None:
    pretend_stripe.save_portal_settings()
    made = await stripe.setup.ensure_portal()
    assert await stripe.setup.ensure_portal() == made
    features = pretend_stripe.configurations[made]["features"]
    assert features["payment_method_update"]["enabled"]
    assert not features["subscription_cancel"]["enabled"]


async def test_the_secret_of_an_endpoint_is_told_once(stripe: StripeGateway, pretend_stripe: PretendStripe) -> None:
    made = await stripe.setup.ensure_endpoint(URL, WANTED)
    assert made.secret == pretend_stripe.secrets[made.id]
    assert str(made.secret) not in repr(made)
    assert pretend_stripe.endpoints[made.id]["api_version"] == stripe_package.api_version
    again = await stripe.setup.ensure_endpoint(URL, WANTED)
    assert (again.id, again.secret) == (made.id, None)
    assert "endpoint_update" not in {request.operation for request in pretend_stripe.requests}
    await stripe.setup.ensure_endpoint(URL, ["invoice.paid"])
    assert pretend_stripe.endpoints[made.id]["enabled_events"] == ["invoice.paid"]
    pretend_stripe.endpoints[made.id]["status"] = "disabled"
    await stripe.setup.ensure_endpoint(URL, ["invoice.paid"])
    assert pretend_stripe.endpoints[made.id]["status"] == "enabled"
    assert (await stripe.setup.ensure_endpoint(URL + "/other", WANTED)).id != made.id


async def test_whose_account_it_is(stripe: StripeGateway) -> None:
    assert (await stripe.setup.account_id()).startswith("acct_")
