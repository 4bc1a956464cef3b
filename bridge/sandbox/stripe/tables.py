"""Every parameter of every operation, on one screen. What is not here is refused, as if Stripe did not have it.

It is less than Stripe takes: what the app needs. A test holds it against the parameters that Stripe's own library
describes.
"""

from typing import Final

from .params import DECIMAL, FLAG, MAP, SPAN, TEXT, UP_TO, WHOLE, Spec
from .world import VERSION

Table = dict[str, Spec]

_ONE: Final[Table] = {"expand": [TEXT]}
_PAGE: Final[Table] = {"limit": WHOLE, "starting_after": TEXT, "ending_before": TEXT, "expand": [TEXT]}

_CUSTOMER: Table = {
    "name": TEXT,
    "email": TEXT,
    "description": TEXT,
    "metadata": MAP,
    "invoice_settings": {"default_payment_method": TEXT},
    **_ONE,
}
_PRICE: Table = {"active": FLAG, "lookup_key": TEXT, "transfer_lookup_key": FLAG, "nickname": TEXT, "metadata": MAP}
_CANCEL: Table = {
    "mode": ("at_period_end", "immediately"),
    "proration_behavior": ("none", "create_prorations", "always_invoice"),
}
_UPDATES: Table = {"allowed_updates": [("address", "email", "name", "phone", "tax_id")]}
_FEATURES: Table = {
    "customer_update": {"enabled!": FLAG, **_UPDATES},
    "invoice_history": {"enabled!": FLAG},
    "payment_method_update": {"enabled!": FLAG},
    "subscription_cancel": {"enabled!": FLAG, **_CANCEL},
}
_OTHER_FEATURES: Table = {
    **_FEATURES,
    "customer_update": {"enabled": FLAG, **_UPDATES},
    "subscription_cancel": {"enabled": FLAG, **_CANCEL},
}
_CONFIGURATION: Table = {
    "business_profile": {"headline": TEXT, "privacy_policy_url": TEXT, "terms_of_service_url": TEXT},
    "default_return_url": TEXT,
    "metadata": MAP,
    "name": TEXT,
    **_ONE,
}
_SUBSCRIPTION: Table = {
    "cancel_at_period_end": FLAG,
    "default_payment_method": TEXT,
    "description": TEXT,
    "metadata": MAP,
    "off_session": FLAG,
    "payment_behavior": ("allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete"),
    "proration_behavior": ("always_invoice", "create_prorations", "none"),
    **_ONE,
}
_STATUSES = (
    "active", "all", "canceled", "ended", "incomplete", "incomplete_expired", "past_due", "paused", "trialing",
    "unpaid",
)  # fmt: skip
EVENTS = (  # those that happen here; others would be waited for in vain
    "*", "customer.created", "customer.deleted", "customer.subscription.created", "customer.subscription.deleted",
    "customer.subscription.updated", "customer.updated", "invoice.created", "invoice.finalized", "invoice.paid",
    "invoice.payment_action_required", "invoice.payment_failed", "invoice.payment_succeeded", "invoice.voided",
    "payment_method.attached", "payment_method.detached", "price.created", "price.updated", "product.created",
    "product.updated",
)  # fmt: skip
_ENDPOINT: Table = {"description": TEXT, "metadata": MAP, **_ONE}

TABLES: dict[str, Table] = {
    "account": _ONE,
    "customer_create": _CUSTOMER,
    "customer_retrieve": _ONE,
    "customer_update": _CUSTOMER,
    "customer_delete": {},
    "customer_list": {"email": TEXT, "created": SPAN, **_PAGE},
    "customer_cards": {"type": ("card",), **_PAGE},
    "card_attach": {"customer": TEXT, **_ONE},
    "card_detach": _ONE,
    "card_retrieve": _ONE,
    "card_list": {"customer": TEXT, "type": ("card",), **_PAGE},
    "product_create": {"name!": TEXT, "id": TEXT, "description": TEXT, "metadata": MAP, "active": FLAG, **_ONE},
    "product_retrieve": _ONE,
    "product_update": {"name": TEXT, "description": TEXT, "metadata": MAP, "active": FLAG, **_ONE},
    "product_list": {"active": FLAG, "ids": [TEXT], **_PAGE},
    "price_create": {
        "currency!": TEXT,
        "product": TEXT,
        "product_data": {"name!": TEXT},
        "unit_amount": WHOLE,
        "unit_amount_decimal": DECIMAL,
        "recurring": {
            "interval!": ("month",),
            "interval_count": WHOLE,
            "meter": TEXT,
            "usage_type": ("licensed", "metered"),
        },
        "billing_scheme": ("per_unit", "tiered"),
        "tiers_mode": ("graduated", "volume"),
        "tiers": [{"up_to!": UP_TO, "unit_amount": WHOLE, "unit_amount_decimal": DECIMAL}],
        **_PRICE,
        **_ONE,
    },
    "price_retrieve": _ONE,
    "price_update": {**_PRICE, **_ONE},
    "price_list": {"active": FLAG, "lookup_keys": [TEXT], "product": TEXT, **_PAGE},
    "meter_create": {
        "display_name!": TEXT,
        "event_name!": TEXT,
        "default_aggregation!": {"formula!": ("count", "last", "sum")},
        "customer_mapping": {"type!": ("by_id",), "event_payload_key!": TEXT},
        "value_settings": {"event_payload_key!": TEXT},
        **_ONE,
    },
    "meter_retrieve": _ONE,
    "meter_update": {"display_name": TEXT, **_ONE},
    "meter_deactivate": _ONE,
    "meter_reactivate": _ONE,
    "meter_list": {"status": ("active", "inactive"), **_PAGE},
    "meter_summaries": {
        "customer!": TEXT,
        "start_time!": WHOLE,
        "end_time!": WHOLE,
        "value_grouping_window": ("day", "hour"),
        **_PAGE,
    },
    "usage_create": {"event_name!": TEXT, "payload!": MAP, "identifier": TEXT, "timestamp": WHOLE, **_ONE},
    "usage_cancel": {"event_name!": TEXT, "type!": ("cancel",), "cancel": {"identifier": TEXT}, **_ONE},
    "subscription_create": {
        "customer!": TEXT,
        "items!": [{"price": TEXT, "quantity": WHOLE, "metadata": MAP}],
        "collection_method": ("charge_automatically", "send_invoice"),
        "billing_mode": {"type!": ("classic", "flexible")},
        **_SUBSCRIPTION,
    },
    "subscription_retrieve": _ONE,
    "subscription_update": {**_SUBSCRIPTION, "cancellation_details": {"comment": TEXT}},
    "subscription_cancel": {
        "invoice_now": FLAG,
        "prorate": FLAG,
        "cancellation_details": {"comment": TEXT},
        **_ONE,
    },
    "subscription_list": {"customer": TEXT, "price": TEXT, "status": _STATUSES, "created": SPAN, **_PAGE},
    "invoice_retrieve": _ONE,
    "invoice_list": {
        "customer": TEXT,
        "subscription": TEXT,
        "status": ("draft", "open", "paid", "uncollectible", "void"),
        "created": SPAN,
        **_PAGE,
    },
    "invoice_pay": {"payment_method": TEXT, "off_session": FLAG, **_ONE},
    "invoice_void": _ONE,
    "invoice_preview": {"customer": TEXT, "subscription": TEXT, **_ONE},
    "configuration_create": {"features!": _FEATURES, **_CONFIGURATION},
    "configuration_retrieve": _ONE,
    "configuration_update": {"active": FLAG, "features": _OTHER_FEATURES, **_CONFIGURATION},
    "configuration_list": {"active": FLAG, "is_default": FLAG, **_PAGE},
    "session_create": {
        "customer": TEXT,
        "configuration": TEXT,
        "return_url": TEXT,
        "flow_data": {
            "type!": ("payment_method_update",),
            "after_completion": {
                "type!": ("hosted_confirmation", "portal_homepage", "redirect"),
                "redirect": {"return_url!": TEXT},
            },
        },
        **_ONE,
    },
    "endpoint_create": {"url!": TEXT, "enabled_events!": [EVENTS], "api_version": (VERSION,), **_ENDPOINT},
    "endpoint_retrieve": _ONE,
    "endpoint_update": {"url": TEXT, "enabled_events": [EVENTS], "disabled": FLAG, **_ENDPOINT},
    "endpoint_delete": {},
    "endpoint_list": _PAGE,
    "event_retrieve": _ONE,
    "event_list": {"type": TEXT, "types": [TEXT], "created": SPAN, **_PAGE},
}
