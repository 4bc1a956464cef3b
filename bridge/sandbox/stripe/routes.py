"""Every address of the API on one screen."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from . import (
    account,
    cards,
    collection,
    customers,
    endpoints,
    events,
    invoices,
    meters,
    portal,
    previews,
    prices,
    subscriptions,
    usage,
)
from .call import Call
from .records import Thing

Operation = Callable[[Call], Thing] | Callable[[Call], Awaitable[Thing]]


@dataclass(frozen=True)
class Route:
    """An operation. Its parameters are in `tables.py`, by its name."""

    name: str
    method: str
    path: str
    operation: Operation

    @property
    def group(self) -> str:
        """The coarser name that `fail` understands as well: subscription, usage ..."""
        return self.name.partition("_")[0]


_CUSTOMER, _CARD = "/v1/customers/{id}", "/v1/payment_methods/{id}"
_METER, _METERS = "/v1/billing/meters/{id}", "/v1/billing/meters"
_SUBSCRIPTION, _INVOICE = "/v1/subscriptions/{id}", "/v1/invoices/{id}"
_CONFIGURATIONS = "/v1/billing_portal/configurations"
_ENDPOINT = "/v1/webhook_endpoints/{id}"

# fmt: off
ROUTES = (
    Route("account", "GET", "/v1/account", account.retrieve),
    Route("customer_create", "POST", "/v1/customers", customers.create),
    Route("customer_list", "GET", "/v1/customers", customers.listing),
    Route("customer_retrieve", "GET", _CUSTOMER, customers.retrieve),
    Route("customer_update", "POST", _CUSTOMER, customers.update),
    Route("customer_delete", "DELETE", _CUSTOMER, customers.delete),
    Route("customer_cards", "GET", _CUSTOMER + "/payment_methods", cards.of_customer),
    Route("card_list", "GET", "/v1/payment_methods", cards.listing),
    Route("card_retrieve", "GET", _CARD, cards.retrieve),
    Route("card_attach", "POST", _CARD + "/attach", cards.attach),
    Route("card_detach", "POST", _CARD + "/detach", cards.detach),
    Route("product_create", "POST", "/v1/products", prices.create_product),
    Route("product_list", "GET", "/v1/products", prices.list_products),
    Route("product_retrieve", "GET", "/v1/products/{id}", prices.retrieve_product),
    Route("product_update", "POST", "/v1/products/{id}", prices.update_product),
    Route("price_create", "POST", "/v1/prices", prices.create),
    Route("price_list", "GET", "/v1/prices", prices.listing),
    Route("price_retrieve", "GET", "/v1/prices/{id}", prices.retrieve),
    Route("price_update", "POST", "/v1/prices/{id}", prices.update),
    Route("meter_create", "POST", _METERS, meters.create),
    Route("meter_list", "GET", _METERS, meters.listing),
    Route("meter_retrieve", "GET", _METER, meters.retrieve),
    Route("meter_update", "POST", _METER, meters.update),
    Route("meter_deactivate", "POST", _METER + "/deactivate", meters.deactivate),
    Route("meter_reactivate", "POST", _METER + "/reactivate", meters.reactivate),
    Route("meter_summaries", "GET", _METER + "/event_summaries", usage.summaries),
    Route("usage_create", "POST", "/v1/billing/meter_events", usage.create),
    Route("usage_cancel", "POST", "/v1/billing/meter_event_adjustments", usage.cancel),
    Route("subscription_create", "POST", "/v1/subscriptions", subscriptions.create),
    Route("subscription_list", "GET", "/v1/subscriptions", subscriptions.listing),
    Route("subscription_retrieve", "GET", _SUBSCRIPTION, subscriptions.retrieve),
    Route("subscription_update", "POST", _SUBSCRIPTION, subscriptions.update),
    Route("subscription_cancel", "DELETE", _SUBSCRIPTION, subscriptions.cancel),
    Route("invoice_preview", "POST", "/v1/invoices/create_preview", previews.create),
    Route("invoice_list", "GET", "/v1/invoices", invoices.listing),
    Route("invoice_retrieve", "GET", _INVOICE, invoices.retrieve),
    Route("invoice_pay", "POST", _INVOICE + "/pay", collection.pay),
    Route("invoice_void", "POST", _INVOICE + "/void", invoices.void),
    Route("configuration_create", "POST", _CONFIGURATIONS, portal.create),
    Route("configuration_list", "GET", _CONFIGURATIONS, portal.listing),
    Route("configuration_retrieve", "GET", _CONFIGURATIONS + "/{id}", portal.retrieve),
    Route("configuration_update", "POST", _CONFIGURATIONS + "/{id}", portal.update),
    Route("session_create", "POST", "/v1/billing_portal/sessions", portal.open_session),
    Route("endpoint_create", "POST", "/v1/webhook_endpoints", endpoints.create),
    Route("endpoint_list", "GET", "/v1/webhook_endpoints", endpoints.listing),
    Route("endpoint_retrieve", "GET", _ENDPOINT, endpoints.retrieve),
    Route("endpoint_update", "POST", _ENDPOINT, endpoints.update),
    Route("endpoint_delete", "DELETE", _ENDPOINT, endpoints.delete),
    Route("event_list", "GET", "/v1/events", events.listing),
    Route("event_retrieve", "GET", "/v1/events/{id}", events.retrieve),
)
# fmt: on

NAMES = frozenset({"*"} | {route.name for route in ROUTES} | {route.group for route in ROUTES})
