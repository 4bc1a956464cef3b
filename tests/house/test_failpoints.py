"""Wherever the app can die with something half done, there is a failpoint, and a scene in which it dies there."""

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cache

from bridge.gateways.stripe_http import OPERATIONS
from tests.faults.points import CALLS, NOT_CALLED_YET, OTHERWISE, UNITS
from tests.faults.scenes import accounts, importers, leads, metered, operators, payers, staff, starters, switches
from tests.house.source import callers, product, tree

SLACK, TWILIO = "bridge/gateways/slack.py", "bridge/gateways/twilio.py"
SLACK_FILES = "bridge/gateways/slack_files.py"
ASKING = {"ask", "fetch"}  # of wire and media: whatever leaves, leaves by these
INSIDE = {"bridge/gateways/media.py", "bridge/gateways/wire.py"}  # whose callers have the names

# How Twilio's own client says it, and what it is called here.
TWILIO_CALLS = {
    "messages.create_async": "POST Messages",
    "messages.page_async": "GET Messages",
    "page.next_page_async": "GET Messages",
    "messages().fetch_async": "GET Messages/SM",
    "messages().media.list_async": "GET Messages/MM/Media",
    "incoming_phone_numbers.list_async": "GET IncomingPhoneNumbers",
    "incoming_phone_numbers().update_async": "POST IncomingPhoneNumbers/PN",
    "services.list_async": "GET Services",
    "services().phone_numbers.list_async": "GET Services/MG/PhoneNumbers",
    "services().update_async": "POST Services/MG",
    "phone_numbers().fetch_async": "GET PhoneNumbers/+",
}
STRIPE_METHODS = {  # the methods of the gateway that lead to each operation
    "account": {"account_id"},
    "customers.create": {"ensure_customer"},
    "customers.retrieve": {"ensure_customer", "card_of"},
    "customers.update": {"use_card"},
    "customers.cards": {"card_of"},
    "products.create": {"ensure_product"},
    "products.retrieve": {"ensure_product"},
    "prices.create": {"ensure_flat_price", "ensure_usage_price"},
    "prices.list": {"offer", "ensure_flat_price", "ensure_usage_price"},
    "meters.create": {"ensure_meter"},
    "meters.list": {"offer", "ensure_meter", "counting_meter"},
    "meters.reactivate": {"ensure_meter"},
    "meters.sums": {"usage_sum"},
    "meter_events.create": {"report_usage"},
    "meter_events.cancel": {"cancel_usage"},
    "subscriptions.create": {"subscribe"},
    "subscriptions.list": {"subscriptions_of"},
    "subscriptions.retrieve": {"subscribe", "subscription"},
    "subscriptions.update": {"cancel_at_period_end", "keep_subscription"},
    "subscriptions.cancel": {"cancel_now"},
    "invoices.retrieve": {"pay_invoice", "invoice"},
    "invoices.list": {"confirm_link", "open_invoices"},
    "invoices.pay": {"pay_invoice"},
    "invoices.preview": {"preview"},
    "portal.list": {"offer", "ensure_portal"},
    "portal.create": {"ensure_portal"},
    "portal.open": {"portal_session"},
    "endpoints.list": {"endpoints", "ensure_endpoint"},
    "endpoints.create": {"ensure_endpoint", "new_endpoint"},
    "endpoints.delete": {"delete_endpoint"},
    "endpoints.update": {"ensure_endpoint"},
    "events.list": {"events_since"},
}
NAMED_BY_HAND = {"door POST", "slack upload", "slack download", "slack respond", "twilio GET Messages/MM/Media/ME"}
GATEWAY_METHODS = {  # of what may not be called yet: the methods that would
    "slack respond": {"respond"},
    **{f"stripe {name}": methods for name, methods in STRIPE_METHODS.items()},
}


def functions(path: str) -> Iterator[tuple[str, ast.AST]]:
    """Every function of a file by its qualified name; those inside others are part of these."""

    def walk(node: ast.AST, names: list[str]) -> Iterator[tuple[str, ast.AST]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef):
                yield from walk(child, [*names, child.name])
            elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                yield ".".join([*names, child.name]), child

    module = path.removeprefix("bridge/").removesuffix(".py").replace("/", ".")
    for name, node in walk(tree(path), []):
        yield f"{module}.{name}", node


def called_in(node: ast.AST) -> list[str]:
    """What is called in a function, in the order in which it stands there."""
    found = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
    return [ast.unparse(call.func) for call in sorted(found, key=lambda call: (call.lineno, call.col_offset))]


@cache
def units() -> set[str]:
    """Every function that begins a unit of work, and every one that is done together with others of its kind."""
    return {
        name
        for path in product()
        for name, node in functions(path)
        if any(call.endswith("db.begin") for call in called_in(node)) or name in done_together(path)
    }


@cache
def done_together(path: str) -> set[str]:
    """What a file hands to Together: functions of its own."""
    module = path.removeprefix("bridge/").removesuffix(".py").replace("/", ".")
    calls = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    return {
        f"{module}.{ast.unparse(call.args[0])}" for call in calls if ast.unparse(call.func).endswith("together.do")
    }


def slack_calls() -> set[str]:
    """Every method of Slack's Web API that our gateways use."""
    used = {
        node.attr
        for path in (SLACK, SLACK_FILES)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self._api"
    }
    return {f"slack {name.replace('_', '.', 1)}" for name in used}


def twilio_calls() -> set[str]:
    """Every operation of Twilio's API that our gateway uses. Raises KeyError for one without a name here."""
    used = {
        re.sub(r"\(.*?\)+(?=\.)", "()", ast.unparse(node.func)).removeprefix("self._client.")
        for node in ast.walk(tree(TWILIO))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("_async")
    }
    short = {re.sub(r"^.*(?=phone_numbers\(\)\.fetch)|^messaging\.v1\.", "", each) for each in used}
    return {f"twilio {TWILIO_CALLS[each]}" for each in short}


def stripe_calls() -> set[str]:
    """Every operation of Stripe's API that has a name; a test of the gateway says that it makes no others."""
    return {f"stripe {name}" for name in OPERATIONS}


def test_every_unit_of_work_has_its_scene() -> None:
    assert units() - set(UNITS) == set()
    assert set(UNITS) - units() == set()
    assert set(OTHERWISE) - set(UNITS) == set()


def test_every_outside_call_has_its_scene() -> None:
    called = slack_calls() | twilio_calls() | stripe_calls() | NAMED_BY_HAND
    listed = set(CALLS) | NOT_CALLED_YET
    assert called - listed == set()
    assert listed - called == set()
    assert not set(CALLS) & NOT_CALLED_YET


def test_every_scene_is_played() -> None:
    written = {
        scene
        for module in (accounts, importers, leads, metered, operators, payers, staff, starters, switches)
        for name, scene in vars(module).items()
        if inspect.isasyncgenfunction(scene)
    }
    assert written == {*UNITS.values(), *OTHERWISE.values(), *CALLS.values()}


def test_what_is_not_called_yet_is_not_called() -> None:
    services = {path for path in product() if not path.startswith("bridge/gateways/")}
    for call, methods in GATEWAY_METHODS.items():
        is_called = any(callers(method) & services for method in methods)
        assert is_called == (call in CALLS), f"{call}: only what is called has a scene in tests/faults/points.py"


def test_every_way_out_has_its_failpoints() -> None:
    """Before the request leaves, and when its answer is there."""
    for path in product():
        for name, node in functions(path) if path.startswith("bridge/gateways/") and path not in INSIDE else ():
            called = called_in(node)
            asking = [place for place, call in enumerate(called) if call in ASKING]
            reached = [place for place, call in enumerate(called) if call == "failpoints.reach"]
            assert len(reached) == 2 * len(asking), name
            for before, ask, after in zip(reached[::2], asking, reached[1::2], strict=True):
                assert before < ask < after, name


def test_both_sides_of_a_commit_have_their_failpoints() -> None:
    (commit,) = [node for name, node in functions("bridge/store/writer.py") if name.endswith("Writer._commit")]
    points = [ast.unparse(call) for call in ast.walk(commit) if isinstance(call, ast.Call)]
    assert [each for each in points if each.startswith("failpoints.reach")] == [
        "failpoints.reach('before commit', *group.units)",
        "failpoints.reach('after commit', *group.units)",
    ]
