"""What the next invoice would be."""

from .call import Call
from .diary import preview
from .records import Thing
from .refused import RefusedError, malformed
from .subscriptions import OVER


def create(call: Call) -> Thing:
    """The invoice that a subscription gets at the end of its period."""
    world = call.world
    if "subscription" in call.params:
        subscription = call.chosen("subscription", world.subscriptions, "subscription")
    elif "customer" in call.params:
        customer = call.chosen("customer", world.customers, "customer")["id"]
        theirs = [each for each in world.subscriptions.values() if each["customer"] == customer]
        subscription = next((each for each in theirs if each["status"] not in OVER), {})
    else:
        raise malformed("You must name a customer or a subscription.", "subscription", "parameter_missing")
    if not subscription or subscription["status"] in OVER:
        raise RefusedError(400, "No upcoming invoices for customer", code="invoice_upcoming_none")
    return preview(world, subscription)
