"""What the page sees, in one piece: the services, the app's process, and what crossed lately."""

from collections.abc import Iterable, Mapping
from typing import Any

from bridge.sandbox.page.troubles import Troubles
from bridge.sandbox.process import App
from bridge.sandbox.slack import PretendSlack
from bridge.sandbox.slack.control import visible
from bridge.sandbox.slack.emoji import CODE_POINTS, glyph
from bridge.sandbox.stripe import PretendStripe
from bridge.sandbox.stripe.subscriptions import current
from bridge.sandbox.stripe.usage import used
from bridge.sandbox.twilio import PretendTwilio
from bridge.sandbox.twilio.state import everything as of_twilio

LATELY = 200  # requests of each kind: what the drawer shows
EVENTS = 100  # of Stripe's, of all firms
Seen = dict[str, Any]


def everything(
    slack: PretendSlack, twilio: PretendTwilio, stripe: PretendStripe, app: App, troubles: Troubles
) -> Seen:
    """All that the page draws."""
    phones = of_twilio(twilio)
    return {
        "slack": visible(slack),
        "twilio": {name: phones[name] for name in ("numbers", "phones", "opted_out", "messages")},
        "stripe": of_stripe(stripe),
        "app": {"running": app.is_running, "held": app.is_held},
        "troubles": troubles.shown(),
        "crossed": {
            "calls": _lately(
                map(vars, slack.calls[-LATELY:]), "method", "at", "answer_error", "status", "ms", "token_ok"
            ),
            "deliveries": _lately(map(vars, slack.deliveries[-LATELY:]), "kind", "at", "status", "reason", "ms"),
            "webhooks": _lately(phones["webhooks"][-LATELY:], "kind", "at", "status", "error", "ms"),
            "requests": _lately(phones["requests"][-LATELY:], "operation", "at", "status", "ms", "authorised"),
            "charges": _lately(
                map(vars, stripe.requests[-LATELY:]), "operation", "really_at", "status", "ms", "authorised"
            ),
            "events": _lately(map(vars, stripe.deliveries[-LATELY:]), "type", "really_at", "status", "error", "ms"),
        },
    }


def of_stripe(stripe: PretendStripe) -> Seen:
    """What the billing tab draws, with its own time; links into the portal and all secrets are left out."""
    kinds = ("customers", "cards", "subscriptions", "invoices")
    return {
        "now": stripe.stamp(),
        **{kind: list(getattr(stripe, kind).values()) for kind in kinds},
        "fates": {id_: fate.value for id_, fate in stripe.fates.items()},
        "usage": {id_: _used(stripe, one) for id_, one in stripe.subscriptions.items()},
        "events": [_event(one) for one in list(stripe.events.values())[-EVENTS:]],
        "webhooks": _lately(map(vars, stripe.deliveries[-LATELY:]), "event_id", "status", "error"),
    }


def _used(stripe: PretendStripe, subscription: Seen) -> float:
    """The texts of the period that Stripe has counted by now."""
    customer, period = subscription["customer"], current(subscription)
    return float(sum(used(stripe, meter, customer, *period) for meter in stripe.meters.values()))


def _event(event: Seen) -> Seen:
    about = event["data"]["object"]
    whose = about["id"] if about["object"] == "customer" else about.get("customer")
    return {"id": event["id"], "type": event["type"], "created": event["created"], "customer": whose}


def _lately(every: Iterable[Mapping[str, Any]], *names: str) -> list[Seen]:
    """Requests without what was in them: the page is sent all of it with each change."""
    return [{name: one[name] for name in names} for one in every]


def emoji() -> dict[str, str]:
    """The characters of each short name."""
    return {name: glyph(points) for name, points in CODE_POINTS.items()}
