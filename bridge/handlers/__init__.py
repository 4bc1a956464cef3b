"""Ways in, and the front door: every Slack listener and every HTTP route on one screen."""

from collections.abc import Callable

from aiohttp import web
from slack_bolt.async_app import AsyncApp

from bridge.handlers import answers, blocks, channels, home, imports, plans, replies, start, suggestions
from bridge.handlers.billing import BillingDoor
from bridge.handlers.door import Failures, Networks
from bridge.handlers.firm import hand_over
from bridge.handlers.health import HealthDoor
from bridge.handlers.intake import IntakeDoor
from bridge.handlers.media import MediaDoor
from bridge.handlers.slack import SlackDoor
from bridge.handlers.twilio import TwilioDoor
from bridge.services.deps import Deps
from bridge.views import billing as billing_views
from bridge.views import blocks as block_views
from bridge.views import cards, inbox, portal, suspicion
from bridge.views import imports as import_views
from bridge.views import later as later_views
from bridge.views import start as start_views
from bridge.views import suggestions as suggestion_views
from bridge.views import threads as views

# Who may call a route. A test walks the router and fails on a route that is not here.
VERIFIERS = {
    "/slack/events": "Slack's signature",
    "/twilio/sms": "Twilio's signature",
    "/twilio/status": "Twilio's signature",
    "/stripe/events": "Stripe's signature",
    "/billing/{firm_id}/{user_id}/{page}/{until}/{signature}": "our signature in the link",
    "/media/{firm_id}/{picture_id}/{until}/{signature}": "our signature in the link",
    "/api/leads": "an API key of a firm",
    "/api/leads/{id}": "an API key of a firm",
    "/api/openapi.json": "anybody; tells how leads come in",
    "/api/docs": "anybody; tells how leads come in",
    "/healthz": "anybody; tells nothing",
    "/readyz": "anybody; tells nothing about people",
    "/metrics": "anybody; tells nothing about people",
}


def listen(app: AsyncApp, deps: Deps) -> None:
    """Every Slack listener. The message listener is first: each earlier one costs every message."""
    app.middleware(hand_over(deps))
    app.event("message")(replies.on_message)
    app.action(views.SEND_AGAIN)(answers.on_press)
    app.action(views.IT_ARRIVED)(answers.on_press)
    app.action(views.SEND_HELD)(answers.on_press)
    app.action(views.KEEP_INSIDE)(answers.on_press)
    app.action(views.REWRITE)(answers.on_press)
    app.action(later_views.CANCEL)(answers.on_press)
    app.action(later_views.SEND_NOW)(answers.on_send_now)
    app.view(later_views.WHY)(answers.on_why)
    app.shortcut(start_views.NEW)(start.on_new)
    app.action(start_views.NEW)(start.on_new)
    app.options(start_views.FOUND)(start.on_search)
    app.view(start_views.WHOM)(start.on_chosen)
    app.action(suggestion_views.CHOSEN)(suggestions.on_chosen)
    app.view(start_views.WRITE)(start.on_written)
    app.action(start_views.OPEN_EMPTY)(start.on_open_empty)
    app.action(block_views.LIFT)(blocks.on_lift)
    app.view(block_views.WHY)(blocks.on_reason)
    app.action(cards.OPEN)(start.on_card)
    app.action(cards.MESSAGE)(start.on_message)
    app.action(suspicion.OPT_OUT)(answers.on_press)
    app.action(suspicion.DISMISS)(answers.on_press)
    app.action(import_views.NEW)(imports.on_new)
    app.view(import_views.FILE)(imports.on_dropped)
    app.action(import_views.ENTER)(imports.on_enter)
    app.action(import_views.CANCEL)(imports.on_cancel)
    app.action(import_views.COLUMNS)(imports.on_columns)
    app.options(import_views.COLUMN)(imports.on_menu)
    app.view(import_views.CHOSEN)(imports.on_chosen)
    app.action(portal.ENABLE)(plans.on_enable)
    app.action(portal.DISABLE)(plans.on_disable)
    app.view(portal.DISABLED)(plans.on_disabled)
    app.action(portal.DONE)(plans.on_done)
    app.view(billing_views.CONFIRMED)(plans.on_confirmed)
    app.action(billing_views.KEEP)(plans.on_keep)
    app.action(billing_views.LINK)(plans.on_link)
    app.action(billing_views.PAY)(plans.on_link)
    app.action(inbox.NEWER)(plans.on_page)
    app.action(inbox.OLDER)(plans.on_page)
    app.command("/sms")(channels.on_sms)
    app.event("app_home_opened")(home.on_opened)
    app.event("channel_id_changed")(channels.on_renamed)
    app.event("channel_unarchive")(channels.on_reachable)
    app.event("group_unarchive")(channels.on_reachable)
    app.event("member_joined_channel")(channels.on_reachable)
    app.event("app_uninstalled")(channels.on_revoked)
    app.event("tokens_revoked")(channels.on_revoked)
    app.error(answers.on_error)


def routes(
    app: AsyncApp, deps: Deps, *, signing_secret: str, proxies: Networks, worker_is_stuck: Callable[[], bool]
) -> list[web.RouteDef]:
    """Every HTTP route."""
    failures = Failures(proxies)
    twilio, intake, billing = (TwilioDoor(deps, failures), IntakeDoor(deps, failures), BillingDoor(deps, failures))
    return [
        web.post("/slack/events", SlackDoor(app, signing_secret, failures).receive),
        web.post("/twilio/sms", twilio.on_sms),
        web.post("/twilio/status", twilio.on_status),
        web.get(
            r"/media/{firm_id:[1-9][0-9]{0,17}}/{picture_id:[1-9][0-9]{0,17}}/{until:[1-9][0-9]{0,11}}/{signature}",
            MediaDoor(deps).fetch,
        ),
        web.post("/stripe/events", billing.on_event),
        web.get(
            r"/billing/{firm_id:[1-9][0-9]{0,17}}/{user_id:[A-Z0-9]{1,20}}/{page:portal|card|confirm|back}"
            r"/{until:[1-9][0-9]{0,11}}/{signature}",
            billing.on_link,
        ),
        web.post("/api/leads", intake.add),
        web.delete("/api/leads/{id}", intake.forget),
        web.get("/api/openapi.json", intake.document),
        web.get("/api/docs", intake.docs),
        *watched(deps, worker_is_stuck),
    ]


def watched(deps: Deps, worker_is_stuck: Callable[[], bool]) -> list[web.RouteDef]:
    """The routes for those who watch over a process: all that one has which nobody else reaches."""
    health = HealthDoor(deps, worker_is_stuck)
    return [
        web.get("/healthz", health.alive),
        web.get("/readyz", health.ready),
        web.get("/metrics", health.figures),
    ]
