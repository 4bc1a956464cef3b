"""The pretend Stripe as tests and the demo handle it."""

import json
import time
from datetime import timedelta
from typing import Any

from aiohttp import web

from bridge.sandbox.guard import only_from_here

from . import cards, control, deliveries, door, endpoints, pages, portal
from .diary import catch_up
from .faults import Fault
from .records import Delivery, Thing, new_id
from .routes import NAMES
from .signing import header
from .world import VERSION, World


class PretendStripe(World):
    """Customers, cards, time and faults. The knobs are the public attributes of `World`."""

    def __init__(self, *, api_key: str = "sk_test_pretend") -> None:
        super().__init__(api_key)
        self._faults: list[Fault] = []
        self._runner: web.AppRunner | None = None

    # running

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen, and return the base URL. Port 0 takes any free one."""
        self.open()
        app = web.Application(middlewares=[only_from_here("/_/")])
        control.add_routes(app, self)
        pages.add_routes(app, self)
        door.add_routes(app, self, self._faults)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.url = f"http://{host}:{self._runner.addresses[0][1]}"
        return self.url

    async def stop(self) -> None:
        """End everything: deliveries, stalls, listeners, the server."""
        self.stopping.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        await self.close()

    async def settled(self) -> None:
        """Make up for what has come due, and wait until all webhooks are answered or given up."""
        catch_up(self)
        await self.quiet()

    async def skip(self, **time: float) -> None:
        """Let time pass, with all that it brings: renewals, retries, what runs out."""
        self.pass_time(timedelta(**time))
        await self.settled()

    def count_usage(self) -> None:
        """All usage that was taken counts from now on, however much is left of its lag."""
        for one in self.usage:
            one.known_at = min(one.known_at, self.now())

    # what people do

    def add_card(self, customer: str, number: str = "4242424242424242", *, default: bool = True, **of: int) -> str:
        """Somebody adds a card in the portal; `of` may hold exp_month and exp_year. Its id, or RefusedError.

        One that is not the `default` is charged only when a subscription or a call names it.
        """
        cards.refuse_number(number)
        card = cards.make(self, number, **of)
        cards.belong(self, card, self.customers[customer], for_everything=default)
        return str(card["id"])

    def remove_card(self, card: str) -> None:
        """Somebody removes a card in the portal."""
        cards.part(self, self.cards[card])

    def confirm(self, invoice: str, number: str = "") -> None:
        """Somebody opens an invoice's page and pays, confirming with the bank. Raises RefusedError."""
        pages.pay(self, self.invoices[invoice], number)

    def save_portal_settings(self) -> str:
        """Somebody saves the settings of the portal on Stripe's own page, so that there is a default."""
        features = {"payment_method_update": {"enabled": True}, "invoice_history": {"enabled": True}}
        return str(portal.make(self, features, is_default=True)["id"])

    def invoices_of(self, customer: str) -> list[Thing]:
        """A customer's invoices, oldest first."""
        return [each for each in self.invoices.values() if each["customer"] == customer]

    # webhooks by hand

    def add_endpoint(self, url: str, events: list[str] | None = None, version: str | None = VERSION) -> str:
        """Webhooks go there from now on; the secret of their signatures."""
        return str(endpoints.make(self, url, events or ["*"], version)["secret"])

    async def send(self, event_id: str) -> list[Delivery]:
        """Send an event once more, to all who want its kind: late, again, or out of its turn."""
        event = self.events[event_id]
        return [await deliveries.once(self, to, event) for to in deliveries.who_wants(self, event["type"])]

    async def send_raw(
        self, url: str, body: bytes, *, secret: str = "", signature: str | None = None, age: int = 0
    ) -> Delivery:
        """An odd request to the app, signed with a secret, `age` seconds ago, or with whatever is given."""
        if secret:
            signature = header(secret, body, int(time.time()) - age)
        return await deliveries.send(self, url, body, signature, {})

    def made_up(self, kind: str, thing: Thing, **more: Any) -> bytes:
        """The body of an event that did not happen."""
        event = {"id": new_id("evt"), "object": "event", "type": kind, "created": self.stamp(), "livemode": False}
        return json.dumps({**event, "api_version": VERSION, "data": {"object": thing}, **more}).encode()

    # trouble

    def fail(self, what: str, **how: Any) -> None:
        """Let the next requests of an operation or group go wrong.

        `what` is * or a name in `routes.py`: subscription_create, or subscription for all of them. `how` is
        times; status, code, kind, message, decline_code, headers or body of the answer; accept_first, to do what
        was asked before the trouble starts; keep, so that the idempotency key keeps the trouble's answer instead of
        the true one; hang, seconds until the answer; drop, to cut the connection; cut, to cut it amid the answer.
        """
        if what not in NAMES:
            raise ValueError(f"{what!r} is no operation; there are: {', '.join(sorted(NAMES))}")
        fault = Fault(what, **how)
        if not (fault.answers or fault.drop or fault.cut or fault.hang is not None):
            fault.status = 500
        self._faults.append(fault)

    def heal(self) -> None:
        """Forget all faults that have not happened yet."""
        self._faults.clear()
