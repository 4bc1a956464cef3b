"""What comes from Stripe: its webhooks, and people on their way to its pages and back."""

from html import escape

from aiohttp import web

from bridge.gateways import stripe_events
from bridge.gateways.errors import GatewayError
from bridge.handlers.door import Failures, read_body
from bridge.refusals import Refusal
from bridge.services import billing_links, subscriptions
from bridge.services.deps import Deps
from bridge.store.database import patiently
from bridge.store.trouble import StoreUnavailable
from bridge.views.billing import Page

LIMIT = 512 * 1024  # bytes of a webhook; an invoice of many lines is large
PATIENCE = 5.0  # seconds
ABOUT_CARDS = ("payment_method.", "customer.updated")
HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"}
EXPIRED = "This link has expired. Open the app's Home in Slack, and press the button there again."
NOT_YOURS = "This link is for admins of the workspace. Open the app's Home in Slack."
NOTHING = "There is nothing to pay or to see here yet. Go back to Slack."
NO_ANSWER = "Stripe does not answer right now. Wait a minute, and press the button in Slack again."
SLACK_SILENT = "Slack does not say right now who you are. Wait a minute, and load this page again."
BACK = "Thank you. You can close this page and go back to Slack."
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Two-way SMS</title>
<body style="font: 1.1rem/1.5 system-ui; max-width: 32rem; margin: 20vh auto; padding: 1rem">
<p>{}</p></body></html>"""


class BillingDoor:
    """Webhooks are believed by their signature, people by the signature of the link that we gave them."""

    def __init__(self, deps: Deps, failures: Failures) -> None:
        self._deps = deps
        self._failures = failures

    async def on_event(self, request: web.Request) -> web.Response:
        """Something has happened at Stripe; what, is asked there. It is told again until this is 200."""
        self._failures.turn_away(request)
        secret = self._deps.settings.stripe_webhook_secret.get_secret_value()
        if not secret:
            raise web.HTTPNotFound(text="no billing here")
        body = await read_body(request, LIMIT)
        try:
            event = stripe_events.opened(body, request.headers.get("Stripe-Signature"), secret)
        except stripe_events.NotGenuine:
            self._failures.count(request)
            raise web.HTTPBadRequest(text="not signed by Stripe") from None
        except stripe_events.NotReadable:
            raise web.HTTPBadRequest(text="no event") from None
        pays, now = event.type.startswith(ABOUT_CARDS), self._deps.clock()
        try:
            await patiently(lambda: subscriptions.hint(self._deps, event, now, pays=pays), seconds=PATIENCE)
        except StoreUnavailable:
            raise web.HTTPServiceUnavailable(text="try again") from None
        return web.Response(text="ok")

    async def on_link(self, request: web.Request) -> web.StreamResponse:
        """An admin on the way to a page of Stripe's, or back from there."""
        self._failures.turn_away(request)
        part, deps = request.match_info, self._deps
        now = deps.clock()
        firm = await billing_links.owner(
            deps, int(part["firm_id"]), part["user_id"], part["page"], int(part["until"]), part["signature"], now
        )
        if firm is None:
            self._failures.count(request)
            return _said(EXPIRED, 404)
        try:
            if part["page"] == billing_links.BACK:
                await patiently(lambda: billing_links.came_back(deps, firm, now), seconds=PATIENCE)
                return _said(BACK)
            page = Page(part["page"])
            found = await patiently(
                lambda: billing_links.follow(deps, firm, part["user_id"], page, now), seconds=PATIENCE
            )
        except (GatewayError, StoreUnavailable):
            return _said(NO_ANSWER, 503)
        if isinstance(found, Refusal):
            return _said(SLACK_SILENT, 503) if found is Refusal.NOT_YET_KNOWN else _said(NOT_YOURS, 403)
        return (
            _said(NOTHING, 404)
            if found is None
            else web.Response(status=303, headers={**HEADERS, "Location": found})
        )


def _said(sentence: str, status: int = 200) -> web.Response:
    return web.Response(
        text=_PAGE.format(escape(sentence)), content_type="text/html", status=status, headers=HEADERS
    )
