"""What an operator wants to know when something does not work: every part is looked at, nothing is changed."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NoReturn

from sqlalchemy.exc import SQLAlchemyError

from bridge.gateways.errors import GatewayError, Retry
from bridge.gateways.slack import SlackGateway
from bridge.gateways.slack_shapes import Channel
from bridge.gateways.twilio_shapes import Number as Owned
from bridge.gateways.twilio_shapes import Service
from bridge.rules.carrier import State
from bridge.rules.phones import national
from bridge.services import numbers as connecting
from bridge.services.deps import Deps
from bridge.services.health import LONGEST_WAIT
from bridge.settings import Settings
from bridge.store import claims, firms, keys, messages, migrate, numbers, outbox, routes
from bridge.store.database import patiently, sqlite_is_old
from bridge.store.firms import Firm
from bridge.store.numbers import Number
from bridge.store.routes import Route
from bridge.store.vault import WrongKey

BUSY = 10.0  # seconds that another process may hold the database
RECONNECT = "Run: python -m bridge firms set-number"
REINSTALL = "Install the app into the workspace again, and set SLACK_BOT_TOKEN to its new token."
CREDENTIALS = "Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, or run: python -m bridge firms set-twilio"
INVITE = "In Slack, type /invite @ and the app's name in that channel, or choose another: firms set-channel"


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """How one part is, and what to do if it is not well."""

    level: Level
    about: str
    says: str
    todo: str = ""


async def examine(deps: Deps, needed_scopes: frozenset[str], now: datetime) -> list[Finding]:
    """Every part in turn; without a usable database there is nothing more to look at. Raises StoreUnavailable."""
    findings = _signatures(deps.settings)
    for look in (_database, _key):
        findings.append(await look(deps))
        if findings[-1].level is Level.FAIL:
            return findings
    async with deps.db.read() as tx:
        every = await firms.everyone(tx)
    if not every:
        todo = "Set SLACK_BOT_TOKEN and start the app once: python -m bridge serve"
        findings.append(Finding(Level.WARN, "firms", "no workspace has installed the app yet", todo))
    for firm in every:
        findings += [_switch(firm), *await _slack(deps, firm, needed_scopes), *await _numbers(deps, firm)]
    return findings + await _promises(deps, every, now)


def _signatures(settings: Settings) -> list[Finding]:
    if settings.twilio_signatures != "log":
        return []
    says = "wrong Twilio signatures are only logged: anybody can put words into leads' mouths"
    return [Finding(Level.WARN, "settings", says, "Remove TWILIO_SIGNATURES once everything is set up.")]


async def _database(deps: Deps) -> Finding:
    try:
        current = await migrate.is_current(deps.settings.database_url)
    except (SQLAlchemyError, OSError):
        todo = "Check that it runs, and what DATABASE_URL says."
        return Finding(Level.FAIL, "database", "it does not answer", todo)
    if not current:
        todo = "Run: python -m bridge migrate"
        return Finding(Level.FAIL, "database", "its tables are those of another version", todo)
    return Finding(Level.OK, "database", f"it answers, and its tables are current{_sqlite_note(deps)}")


def _sqlite_note(deps: Deps) -> str:
    if not deps.db.is_sqlite:
        return ""
    told = f" (SQLite {sqlite3.sqlite_version}"
    if sqlite_is_old():
        told += "; before 3.51.3 several connections that write can damage the file, and this app uses one"
    return told + ")"


class _Undo(Exception):
    """Rolls back what a look would otherwise have written."""


async def _key(deps: Deps) -> Finding:
    try:
        await patiently(lambda: _check_key(deps), seconds=BUSY)
    except WrongKey as wrong:
        todo = "Look for the right key in your backups: without it the tokens must be entered anew."
        return Finding(Level.FAIL, "key", str(wrong), todo)
    except _Undo:
        return Finding(Level.OK, "key", "it opens what the database holds")


async def _check_key(deps: Deps) -> NoReturn:
    async with deps.db.begin() as tx:
        await keys.check(tx, deps.vault)
        raise _Undo  # the first key that is used becomes the database's own, and a look is no use


def _switch(firm: Firm) -> Finding:
    about = f"two-way {firm.team_id}"
    if firm.two_way:
        return Finding(Level.OK, about, "two-way SMS is on")
    says = "two-way SMS is off: leads' texts are stored but not shown, and replies are not sent"
    return Finding(Level.WARN, about, says, "Run: python -m bridge firms two-way on")


def _trouble(about: str, service: str, error: GatewayError, todo: str) -> Finding:
    """What it means that a service did not do what it was asked; `todo` is for when it refused."""
    if error.retry in {Retry.REPAIR, Retry.NEVER}:
        return Finding(Level.FAIL, about, f"{service} refuses: {error.code}", todo)
    return Finding(Level.WARN, about, f"{service} does not answer: {error.code}", "Try again in a minute.")


# ---------------------------------------------------------------------- Slack


async def _slack(deps: Deps, firm: Firm, needed: frozenset[str]) -> list[Finding]:
    about = f"slack {firm.team_id}"
    try:
        slack = deps.clients.slack(firm)
        identity = await slack.auth_test()
    except GatewayError as error:
        return [_trouble(about, "Slack", error, REINSTALL)]
    if missing := sorted(needed - identity.scopes):
        todo = "Update the app's manifest (python -m bridge manifest), then install the app again."
        found = Finding(Level.FAIL, about, f"the token works, but lacks {', '.join(missing)}", todo)
    else:
        found = Finding(Level.OK, about, "the token works and has every scope")
    return [found, await _channel(slack, firm)]


async def _channel(slack: SlackGateway, firm: Firm) -> Finding:
    about = f"channel {firm.team_id}"
    if firm.channel_id is None:
        todo = "Run: python -m bridge firms set-channel"
        return Finding(Level.FAIL, about, "none is set, so no thread can open", todo)
    try:
        return _judged(about, await slack.channel(firm.channel_id))
    except GatewayError as error:
        if error.code != "channel_not_found":
            return _trouble(about, "Slack", error, REINSTALL)
        return Finding(Level.FAIL, about, f"{firm.channel_id} is gone, or the app was never invited", INVITE)


def _judged(about: str, channel: Channel) -> Finding:
    if channel.is_archived:
        return Finding(Level.FAIL, about, f"{channel.id} is archived", "Unarchive it, or run: firms set-channel")
    if not channel.is_member:
        return Finding(Level.FAIL, about, f"the app is not a member of {channel.id}", INVITE)
    if channel.is_shared:
        says = f"{channel.id} is shared with another company, which reads what leads write"
        return Finding(Level.WARN, about, says, "Choose a channel of your own: firms set-channel")
    return Finding(Level.OK, about, f"threads open in {channel.id}")


# ---------------------------------------------------------------------- Twilio


async def _numbers(deps: Deps, firm: Firm) -> list[Finding]:
    async with deps.db.read() as tx:
        every = await numbers.of_firm(tx, firm.id)
    if not every:
        says = "no sending number is connected"
        return [Finding(Level.FAIL, f"number {firm.team_id}", says, f"{RECONNECT} NUMBER")]
    return [await _number(deps, firm, number) for number in every]


async def _number(deps: Deps, firm: Firm, number: Number) -> Finding:
    about = f"number {firm.team_id} {national(number.phone)}"
    try:
        twilio = deps.clients.twilio(firm, number.account_sid)
        owned = await twilio.number(number.phone)
        service = await twilio.service_of(owned.sid) if owned else None
    except GatewayError as error:
        return _trouble(about, "Twilio", error, CREDENTIALS)
    if owned is None or not owned.sms:
        says = "it cannot text" if owned else "it is not in the Twilio account any more"
        return Finding(Level.FAIL, about, says, f"{RECONNECT} with another number")
    return _webhooks(deps, about, number, owned, service)


def _webhooks(deps: Deps, about: str, number: Number, owned: Owned, service: Service | None) -> Finding:
    """Texts arrive where the messaging service says, else where the number says, unless an application wins."""
    todo = f"{RECONNECT} {number.phone}"
    ours = connecting.sms_url(deps)
    if service is not None and not service.use_inbound_webhook_on_number:
        if service.inbound_request_url != ours:
            return Finding(Level.FAIL, about, "its messaging service sends texts elsewhere", todo)
    elif owned.sms_url != ours or owned.sms_application_sid:
        return Finding(Level.FAIL, about, "its texts are sent elsewhere", todo)
    if (service.sid if service else None) != number.service_sid:
        return Finding(Level.WARN, about, "it has changed its messaging service", todo)
    return Finding(Level.OK, about, "it is ours, and its texts come here")


# ---------------------------------------------------------------------- promises


async def _promises(deps: Deps, every: list[Firm], now: datetime) -> list[Finding]:
    async with deps.db.read() as tx:
        off = await routes.off(tx)
        dead = sum(rows for (_, state), rows in (await outbox.backlog(tx)).items() if state == "dead")
        oldest = min((await claims.oldest_due(tx, now)).values(), default=None)
        doubtful = (await messages.counts(tx)).get(State.DOUBT, 0)
    teams = {firm.id: firm.team_id for firm in every}
    findings = [_off(route, teams[route.firm_id]) for route in off]
    if dead:
        todo = "Look at them, then retry or drop them: python -m bridge outbox list"
        findings.append(Finding(Level.WARN, "outbox", f"{dead} given up", todo))
    if oldest is not None and now - oldest > LONGEST_WAIT:
        says = f"something has been due for {int((now - oldest).total_seconds())} seconds"
        findings.append(Finding(Level.FAIL, "outbox", says, "Is serve, or a worker, running?"))
    if doubtful:
        says = f"nobody knows of {doubtful} texts whether they went out"
        findings.append(Finding(Level.WARN, "texts", says, "Staff decide, with the buttons in the threads."))
    return findings or [Finding(Level.OK, "outbox", "nothing is late, given up or in doubt")]


def _off(route: Route, team_id: str) -> Finding:
    since = f"{route.off_since:%Y-%m-%d %H:%M} UTC" if route.off_since else "unknown"
    says = f"it is off since {since} ({route.off_reason}); what goes there waits"
    todo = "Repair what the lines above name; it is tried again every few minutes."
    return Finding(Level.FAIL, f"route {team_id} {route.name}", says, todo)
