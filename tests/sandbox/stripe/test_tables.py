"""The pretender's table of parameters against those that Stripe's own library describes."""

import importlib
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import pytest
import typing_extensions
from stripe import RequestOptions, StripeContext

from bridge.sandbox.stripe import events
from bridge.sandbox.stripe.params import DECIMAL, FLAG, MAP, SPAN, TEXT, UP_TO, WHOLE, Spec
from bridge.sandbox.stripe.routes import ROUTES
from bridge.sandbox.stripe.tables import EVENTS, TABLES

NAMES = {  # of the class that describes the parameters, in stripe.params
    "account": "AccountRetrieveCurrentParams",
    "customer_cards": "CustomerPaymentMethodListParams",
    "meter_summaries": "billing.MeterEventSummaryListParams",
    "usage_create": "billing.MeterEventCreateParams",
    "usage_cancel": "billing.MeterEventAdjustmentCreateParams",
    "invoice_void": "InvoiceVoidInvoiceParams",
    "invoice_preview": "InvoiceCreatePreviewParams",
}
NOUNS = {
    "card": "PaymentMethod",
    "meter": "billing.Meter",
    "configuration": "billing_portal.Configuration",
    "session": "billing_portal.Session",
    "endpoint": "WebhookEndpoint",
}
MUST = {  # what Stripe refuses to be without, though its library lets it be left out: there are other ways
    "subscription_create": {"customer", "items"},
    "customer_create": set(),
}
KINDS: dict[str, set[Any]] = {
    TEXT: {str},
    WHOLE: {int},
    FLAG: {bool},
    DECIMAL: {Decimal},
    UP_TO: {int, Literal["inf"]},
}


def described(operation: str) -> Any:
    """The class of an operation's parameters."""
    noun, _, verb = operation.partition("_")
    name = NAMES.get(operation) or f"{NOUNS.get(noun, noun.capitalize())}{verb.capitalize()}Params"
    package, _, name = name.rpartition(".")
    return getattr(importlib.import_module(f"stripe.params{package and '.'}{package}"), name)


def alternatives(kind: Any) -> list[Any]:
    """The kinds that a parameter may be of, `str` and the empty word left out where words are listed."""
    found = get_args(kind) if get_origin(kind) in (Union, type(int | str)) else (kind,)
    return [each for each in found if each != Literal[""]]


def members(kind: Any) -> dict[str, Any]:
    hints = typing_extensions.get_type_hints(kind, localns={"StripeContext": StripeContext, "Mapping": Mapping})
    return {name: each for name, each in hints.items() if name not in RequestOptions.__annotations__}


def check(spec: Spec, kind: Any, path: str) -> None:
    """A specification says nothing that the library does not say."""
    kinds = alternatives(kind)
    if isinstance(spec, dict):
        (inside,) = [each for each in kinds if typing_extensions.is_typeddict(each)]
        check_all(spec, inside, path)
    elif isinstance(spec, list):
        (inside,) = [each for each in kinds if get_origin(each) is list]
        check(spec[0], get_args(inside)[0], f"{path}[]")
    elif isinstance(spec, tuple):
        words = {word for each in kinds if get_origin(each) is Literal for word in get_args(each)}
        assert set(spec) <= words, f"{path} takes {sorted(words)}"
    elif spec == MAP:
        assert any(get_origin(each) is dict and get_args(each) == (str, str) for each in kinds), path
    elif spec == SPAN:
        (inside,) = [each for each in kinds if typing_extensions.is_typeddict(each)]
        assert set(members(inside)) == {"gt", "gte", "lt", "lte"}, path
    else:
        assert isinstance(spec, str)
        assert KINDS[spec] & set(kinds), f"{path} is {kinds}, not {spec}"


def check_all(spec: dict[str, Spec], kind: Any, path: str, more: set[str] | None = None) -> None:
    there = members(kind)
    for name, inner in spec.items():
        assert name.rstrip("!") in there, f"Stripe has no {path}.{name}"
        check(inner, there[name.rstrip("!")], f"{path}.{name}")
    required = {name[:-1] for name in spec if name.endswith("!")}
    assert required == (set(kind.__required_keys__) & set(there)) | (more or set()), path


def test_every_operation_has_its_table() -> None:
    assert set(TABLES) == {route.name for route in ROUTES}


@pytest.mark.parametrize("operation", TABLES)
def test_the_table_says_what_the_library_says(operation: str) -> None:
    check_all(TABLES[operation], described(operation), operation, MUST.get(operation))


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ({"nothing": TEXT}, "SubscriptionCancelParams"),
        ({"invoice_now": TEXT}, "SubscriptionCancelParams"),
        ({"invoice_now!": FLAG}, "SubscriptionCancelParams"),
        ({"name": TEXT}, "ProductCreateParams"),
        ({"type": ("bank",)}, "billing.MeterEventAdjustmentCreateParams"),
    ],
)
def test_a_table_that_is_wrong_is_found(spec: dict[str, Spec], kind: str) -> None:
    package, _, name = kind.rpartition(".")
    module = importlib.import_module(f"stripe.params{package and '.'}{package}")
    with pytest.raises(AssertionError):
        check_all(spec, getattr(module, name), kind)


def test_every_kind_of_event_that_is_told_can_be_subscribed_to() -> None:
    told = set()
    for path in Path(events.__file__).parent.glob("*.py"):
        told |= set(
            re.findall(r'"((?:customer|invoice|payment_method|price|product)\.[a-z_.]+)"', path.read_text())
        )
    assert told == set(EVENTS) - {"*"}
