"""The customer portal: how it is set up, and links into it."""

import secrets
from copy import deepcopy

from .call import Call, listed
from .records import Thing, Visit, new_id
from .refused import conflict, malformed, missing
from .world import World

NOT_SAVED = (
    "You can't create a portal session in test mode until you save your customer portal settings in test mode at"
    " https://dashboard.stripe.com/test/settings/billing/portal."
)
_PLAIN: Thing = {
    "customer_update": {"allowed_updates": [], "enabled": False},
    "invoice_history": {"enabled": False},
    "payment_method_update": {"enabled": False, "payment_method_configuration": None},
    "subscription_cancel": {
        "cancellation_reason": {"enabled": False, "options": []},
        "enabled": False,
        "mode": "at_period_end",
        "proration_behavior": "none",
    },
    "subscription_update": {
        "billing_cycle_anchor": None,
        "default_allowed_updates": [],
        "enabled": False,
        "proration_behavior": "none",
        "schedule_at_period_end": {"conditions": []},
        "trial_update_behavior": "end_trial",
    },
}


def make(world: World, features: Thing, *, is_default: bool = False, **given: object) -> Thing:
    """A way in which the portal may be set up."""
    links = {"headline": None, "privacy_policy_url": None, "terms_of_service_url": None}
    about = given.get("business_profile")
    configuration: Thing = {
        "id": new_id("bpc"),
        "object": "billing_portal.configuration",
        "active": True,
        "application": None,
        "business_profile": links | (about if isinstance(about, dict) else {}),
        "created": world.stamp(),
        "default_return_url": given.get("default_return_url"),
        "features": _merged(_PLAIN, features),
        "is_default": is_default,
        "livemode": False,
        "login_page": {"enabled": False, "url": None},
        "metadata": given.get("metadata", {}),
        "name": given.get("name"),
        "updated": world.stamp(),
    }
    world.configurations[configuration["id"]] = configuration
    return configuration


def _merged(features: Thing, new: Thing) -> Thing:
    merged = deepcopy(features)
    for name, parts in new.items():
        merged[name].update(parts)
    return merged


def create(call: Call) -> Thing:
    """Set the portal up in another way. The default one is only made by hand, on Stripe's page."""
    return make(call.world, **{name: value for name, value in call.params.items() if name != "expand"})


def retrieve(call: Call) -> Thing:
    """One of them."""
    return call.named(call.world.configurations, "configuration")


def update(call: Call) -> Thing:
    """Other features."""
    configuration = retrieve(call)
    if "features" in call.params:
        configuration["features"] = _merged(configuration["features"], call.params["features"])
    for name in ("active", "default_return_url", "metadata", "name"):
        if name in call.params:
            configuration[name] = call.params[name]
    configuration["updated"] = call.world.stamp()
    return configuration


def listing(call: Call) -> Thing:
    """All of them, newest first."""
    wanted = [(name, call.get(name)) for name in ("active", "is_default") if name in call.params]
    rows = call.world.configurations.values()
    return listed(call, [each for each in rows if all(each[name] == value for name, value in wanted)])


def open_session(call: Call) -> Thing:
    """A link for one customer: whoever has it is in. It can be neither found again nor taken back."""
    world = call.world
    if not call.get("customer"):
        raise malformed("Missing required param: customer.", "customer", "parameter_missing")
    customer = call.chosen("customer", world.customers, "customer")
    configuration, flow = _configuration(call), call.get("flow_data")
    if flow and not configuration["features"]["payment_method_update"]["enabled"]:
        raise conflict("This configuration does not allow payment methods to be updated.", param="flow_data[type]")
    return_url = call.get("return_url") or configuration["default_return_url"]
    redirect = (flow or {}).get("after_completion", {}).get("redirect")
    for url in (return_url, (redirect or {}).get("return_url")):
        if url and not url.startswith(("https://", "http://")):
            raise malformed("Not a valid URL", "return_url", "url_invalid")
    secret = secrets.token_urlsafe(32)
    world.visits[secret] = Visit(
        customer["id"],
        configuration["id"],
        return_url or "",
        bool(flow),
        world.stamp() + world.link_seconds,
        after=(redirect or {}).get("return_url", ""),
    )
    return {
        "id": new_id("bps"),
        "object": "billing_portal.session",
        "configuration": configuration["id"],
        "created": world.stamp(),
        "customer": customer["id"],
        "customer_account": None,
        "flow": _flow(flow) if flow else None,
        "livemode": False,
        "locale": None,
        "on_behalf_of": None,
        "return_url": return_url,
        "url": f"{world.url}/portal/{secret}",
    }


def _configuration(call: Call) -> Thing:
    rows, id_ = call.world.configurations, call.get("configuration")
    if id_ is None:
        found = next((each for each in rows.values() if each["is_default"]), None)
        if found is None:
            raise conflict(NOT_SAVED)
        return found
    if id_ not in rows or not rows[id_]["active"]:
        raise missing("configuration", id_, "configuration", 400)
    return rows[id_]


def _flow(flow: Thing) -> Thing:
    after = flow.get("after_completion", {"type": "portal_homepage"})
    return {
        "after_completion": {"hosted_confirmation": None, "redirect": after.get("redirect"), "type": after["type"]},
        "subscription_cancel": None,
        "subscription_update": None,
        "subscription_update_confirm": None,
        "type": flow["type"],
    }
