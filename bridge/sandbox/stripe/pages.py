"""Stripe's own pages for people, in plain HTML: the portal, where cards are added, and an invoice to be paid."""

from collections.abc import Callable
from datetime import UTC, datetime
from html import escape

from aiohttp import web

from . import cards, events
from .collection import collect
from .diary import catch_up
from .magic import CARDS
from .payments import Outcome, card_of
from .records import Thing, Visit
from .refused import RefusedError
from .world import World

HOUR = 3600
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_STYLE = "body{font:16px/1.5 sans-serif;max-width:36em;margin:2em auto;padding:0 1em}form{margin:.5em 0}"
_GONE = "This link has expired. Go back to where you found it and open it again."


def add_routes(app: web.Application, world: World) -> None:
    """The addresses that people open."""

    def on(path: str, act: Callable[[World, str, Thing], web.Response]) -> None:
        async def handle(request: web.Request) -> web.Response:
            catch_up(world)
            form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
            try:
                return act(world, request.match_info["secret"], {**form, "method": request.method})
            except RefusedError as refusal:
                return _page("That did not work", f"<p>{escape(refusal.message)}</p>", refusal.status)

        app.router.add_route("*", path, handle)

    on("/portal/{secret}", show_portal)
    on("/portal/{secret}/add", add_card)
    on("/portal/{secret}/remove", remove_card)
    on("/portal/{secret}/default", choose_card)
    on("/pay/{secret}", invoice_page)


def _page(title: str, body: str, status: int = 200) -> web.Response:
    text = f"<!doctype html><meta charset=utf-8><title>{escape(title)}</title><style>{_STYLE}</style>"
    text += f"<h1>{escape(title)}</h1>{body}<p><small>A pretend Stripe: no card here is real.</small></p>"
    return web.Response(text=text, content_type="text/html", status=status, headers=_HEADERS)


# the portal


def _visit(world: World, secret: str) -> Visit:
    visit = world.visits.get(secret)
    if visit is None or visit.ends <= world.stamp() or world.customers[visit.customer].get("deleted"):
        raise RefusedError(404, _GONE)
    if not visit.is_visited:
        visit.is_visited, visit.ends = True, world.stamp() + HOUR
    return visit


def show_portal(world: World, secret: str, _: Thing) -> web.Response:
    """The cards of a customer, and the form for another one."""
    visit = _visit(world, secret)
    default = world.customers[visit.customer]["invoice_settings"]["default_payment_method"]
    mine = [card for card in world.cards.values() if card["customer"] == visit.customer]
    rows = "".join(_card(secret, card, is_default=card["id"] == default) for card in mine)
    back = f'<p><a href="{escape(visit.return_url)}">Return</a></p>' if visit.return_url else ""
    return _page("Payment methods", f"{rows or '<p>No card yet.</p>'}{_form(secret, visit)}{back}")


def _card(secret: str, card: Thing, *, is_default: bool) -> str:
    what = card["card"]
    hidden = f'<input type=hidden name=card value="{card["id"]}">'
    text = f"{what['brand']} ending in {what['last4']}, {what['exp_month']}/{what['exp_year']}"
    choose = " (default)" if is_default else _button(f"/portal/{secret}/default", hidden, "Use this one")
    return f"<div>{text}{choose}{_button(f'/portal/{secret}/remove', hidden, 'Remove')}</div>"


def _button(action: str, inside: str, label: str) -> str:
    return f'<form method=post action="{action}">{inside}<button>{label}</button></form>'


def _form(secret: str, visit: Visit) -> str:
    numbers = "".join(f'<option value="{number}">{card.fate.value}</option>' for number, card in CARDS.items())
    inside = (
        "<label>Card number <input name=number list=numbers required></label>"
        f"<datalist id=numbers>{numbers}</datalist>"
        "<label> Month <input name=month value=12 size=2></label>"
        "<label> Year <input name=year value=2034 size=4></label>"
    )
    if not visit.is_flow:
        inside += "<label> <input type=checkbox name=default value=yes>Use it for everything</label> "
    return f"<h2>Add a card</h2>{_button(f'/portal/{secret}/add', inside, 'Add')}"


def add_card(world: World, secret: str, form: Thing) -> web.Response:
    """Add a card. One that comes in by the flow is charged from now on, another only if that was ticked."""
    visit = _visit(world, secret)
    number = "".join(form.get("number", "").split())
    cards.refuse_number(number)
    month, year = form.get("month", "12"), form.get("year", "2034")
    if not (month.isdecimal() and year.isdecimal() and 1 <= int(month) <= 12):
        raise RefusedError(402, "Your card's expiration date is invalid.")
    card = cards.make(world, number, int(month), int(year))
    everything = visit.is_flow or form.get("default") == "yes"
    cards.belong(world, card, world.customers[visit.customer], for_everything=everything)
    raise web.HTTPSeeOther(visit.after or f"/portal/{secret}")


def remove_card(world: World, secret: str, form: Thing) -> web.Response:
    """Remove a card."""
    cards.part(world, _chosen(world, _visit(world, secret), form))
    raise web.HTTPSeeOther(f"/portal/{secret}")


def choose_card(world: World, secret: str, form: Thing) -> web.Response:
    """From now on this card is charged."""
    visit = _visit(world, secret)
    customer, card = world.customers[visit.customer], _chosen(world, visit, form)
    settings = {**customer["invoice_settings"], "default_payment_method": card["id"]}
    events.change(world, "customer.updated", customer, invoice_settings=settings)
    raise web.HTTPSeeOther(f"/portal/{secret}")


def _chosen(world: World, visit: Visit, form: Thing) -> Thing:
    card = world.cards.get(form.get("card", ""))
    if card is None or card["customer"] != visit.customer:
        raise RefusedError(404, "There is no such card.")
    return card


# an invoice


def invoice_page(world: World, secret: str, form: Thing) -> web.Response:
    """An invoice; its button pays it, and confirms the payment with the bank where that is asked for."""
    url = f"{world.url}/pay/{secret}"
    invoice = next((each for each in world.invoices.values() if each["hosted_invoice_url"] == url), None)
    if invoice is None:
        raise RefusedError(404, _GONE)
    if form["method"] == "POST" and invoice["status"] == "open":
        pay(world, invoice, "".join(form.get("number", "").split()))
        raise web.HTTPSeeOther(f"/pay/{secret}")
    return _page(f"Invoice {invoice['number']}", _shown(secret, invoice))


def pay(world: World, invoice: Thing, number: str = "") -> None:
    """Somebody pays and confirms: with a new card, which is kept, or with the one there is. Raises RefusedError."""
    subscription = world.subscriptions[invoice["parent"]["subscription_details"]["subscription"]]
    card = card_of(world, subscription)
    if number:
        cards.refuse_number(number)
        added = cards.make(world, number)
        cards.belong(world, added, world.customers[invoice["customer"]], for_everything=True)
        card = added["id"]
        if subscription["ended_at"] is None:
            events.change(world, "customer.subscription.updated", subscription, default_payment_method=card)
    tried = collect(world, invoice, card, is_there=True)
    if tried.outcome is not Outcome.PAID:
        raise tried.refusal("invoice")


def _shown(secret: str, invoice: Thing) -> str:
    rows = "".join(
        f"<li>{escape(line['description'])}: {_money(line['amount'])}" for line in invoice["lines"]["data"]
    )
    when = datetime.fromtimestamp(invoice["created"], UTC).date().isoformat()
    owed = _money(invoice["amount_remaining"])
    text = f"<p>{when}, {escape(invoice['status'])}</p><ul>{rows}</ul><p>To pay: {owed}</p>"
    if invoice["status"] != "open":
        return text
    other = "<label>Another card <input name=number placeholder=4242424242424242></label> "
    return text + _button(f"/pay/{secret}", other, "Pay and confirm with the bank")


def _money(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}${abs(cents) // 100}.{abs(cents) % 100:02d}"
