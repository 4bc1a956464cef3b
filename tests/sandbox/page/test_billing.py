"""Two-way SMS is switched on and off in Home, and paid for: on the page, as by hand."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.sandbox.page.conftest import Demo, Screen

HOME = "/#channel=app&right=billing"
ENABLE, TURN_OFF = "Enable Two-Way SMS", "Turn off"


def home(screen: Screen) -> Locator:
    return screen.page.locator(".home")


def dialog(screen: Screen) -> Locator:
    return screen.page.get_by_role("dialog")


async def press(where: Locator | Page, name: str) -> None:
    await where.get_by_role("button", name=name, exact=True).click()


async def _turn_off(screen: Screen, *, now: bool = False) -> None:
    await press(home(screen), TURN_OFF)
    if now:
        await dialog(screen).get_by_role("radio", name=re.compile("^Now")).check()
    await dialog(screen).get_by_text("Silent").click()
    await press(dialog(screen), TURN_OFF)
    await expect(dialog(screen)).to_contain_text("off")
    await press(dialog(screen).locator("footer"), "Close")
    await expect(home(screen).get_by_role("button", name=ENABLE)).to_be_visible()


async def _confirm(screen: Screen) -> None:
    """Everything that is asked before somebody is charged."""
    await press(home(screen), ENABLE)
    await expect(dialog(screen)).to_contain_text("You'll be charged the $15 flat fee immediately.")
    await dialog(screen).get_by_label("My firm is approved").check()
    await press(dialog(screen), "Confirm & Enable")


@pytest.mark.rows(1, 5, 38)
async def test_where_it_is_included_it_goes_off_and_on_by_a_click(demo: Demo) -> None:
    screen = await demo.open(HOME)
    await expect(screen.page.get_by_text("Harbor Law is no customer at Stripe.")).to_be_visible()
    await _turn_off(screen)
    await press(home(screen), ENABLE)
    await press(dialog(screen), "Yes, turn it on")
    await expect(home(screen).get_by_role("button", name=TURN_OFF)).to_be_visible()
    assert demo.town.stripe.customers == {}


@pytest.mark.rows(6, 9, 10, 11, 38, 41)
async def test_an_addon_is_paid_for_ended_and_paid_for_again(whole_demo: Demo) -> None:
    screen = await whole_demo.open(f"{HOME}&team=T02MAPLE")
    at_stripe = screen.page.get_by_role("region", name="Maple Dental at Stripe")
    invoices = at_stripe.get_by_role("region", name="Invoices").locator(".invoice")

    await _confirm(screen)  # without a card: it is added in the portal, by hand
    await expect(dialog(screen)).to_contain_text("Please add a payment method to enable two-way SMS")
    async with screen.page.expect_popup() as opened:
        await dialog(screen).get_by_role("link", name="Open billing portal").click()
    portal = await opened.value
    await portal.get_by_label("Card number").fill("4000 0000 0000 0341")
    await press(portal, "Add")
    await expect(portal.get_by_text("You can close this page and go back to Slack.")).to_be_visible()
    await portal.close()
    await press(dialog(screen).locator("footer"), "Close")

    await _confirm(screen)
    await expect(dialog(screen)).to_contain_text("Your card was declined")
    await press(dialog(screen).locator("footer"), "Close")
    await press(at_stripe, "Remove visa 0341")
    await press(at_stripe, "Add one to be confirmed")

    await _confirm(screen)  # the bank asks, and on its page somebody says yes
    async with screen.page.expect_popup() as opened:
        await dialog(screen).get_by_role("link", name="Confirm with your bank").click()
    bank = await opened.value
    await press(bank, "Pay and confirm with the bank")
    await expect(bank.get_by_text("paid")).to_be_visible()
    await bank.close()
    await press(dialog(screen).locator("footer"), "Close")
    await expect(home(screen).get_by_role("button", name=TURN_OFF)).to_be_visible()
    await expect(at_stripe.get_by_role("region", name="Subscription")).to_contain_text("active")
    await expect(invoices.first).to_contain_text(re.compile(r"\$15\.00.*paid"))

    await _turn_off(screen, now=True)
    await expect(at_stripe.get_by_role("region", name="Subscription")).to_contain_text("canceled")
    await expect(at_stripe.locator(".events")).to_contain_text("customer.subscription.deleted")
    await _confirm(screen)
    await expect(dialog(screen)).to_contain_text("Two-way SMS is on. The first month is paid.")
    await press(dialog(screen).locator("footer"), "Close")
    await press(screen.page, "A month")
    await expect(invoices.filter(has_text="$15.00").filter(has_text="paid")).to_have_count(3)
