"""The only place where parts are wired together."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache, partial

import aiohttp
import structlog
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bridge import handlers
from bridge.gateways.errors import GatewayError, Retry, Scope
from bridge.gateways.slack import SlackGateway
from bridge.gateways.stripe import StripeGateway
from bridge.gateways.twilio import TwilioGateway
from bridge.gateways.wire import open_session
from bridge.handlers import connections, errors, measures, problems
from bridge.handlers.firm import FromOurTables
from bridge.jobs import schedule
from bridge.jobs.promises import PROMISES
from bridge.jobs.worker import Worker
from bridge.services import installs, numbers
from bridge.services.deps import Deps
from bridge.settings import Settings
from bridge.store import durability, firms, keys, locks, migrate
from bridge.store.database import Database
from bridge.store.firms import Firm
from bridge.store.vault import Vault

# Bolt reads these by itself and would then keep tokens in files of its own; it gets what it needs from us.
READ_BY_BOLT = ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SLACK_SCOPES")

# Seconds that a stop waits for requests under way. With a worker in the process, the worker's calls come first.
WEB_DRAIN, SERVE_DRAIN = 7.0, 0.8
CUT_OFF = 0.2  # seconds, twice, for what has not ended by then

log = structlog.get_logger(__name__)


def utc_now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Gateways:
    """Builds each firm's own gateways, on sessions that all share."""

    settings: Settings
    vault: Vault
    slack_session: aiohttp.ClientSession
    twilio_session: aiohttp.ClientSession
    stripe_session: aiohttp.ClientSession

    def slack(self, firm: Firm) -> SlackGateway:
        """The firm's workspace. Raises GatewayError without a token."""
        if firm.bot_token is None:
            raise GatewayError("no_token", Retry.REPAIR, scope=Scope.ACCOUNT)
        token, base_url = self.vault.open(firm.bot_token), self.settings.slack_api_url
        return SlackGateway(self.slack_session, token, base_url=base_url, called_now=firm.called_now)

    def slack_with(self, token: str) -> SlackGateway:
        """A workspace by its token, before it is a firm."""
        return SlackGateway(self.slack_session, token, base_url=self.settings.slack_api_url)

    def twilio(self, firm: Firm, account_sid: str) -> TwilioGateway:
        """The firm's own account, or the operator's. Raises GatewayError without credentials."""
        own = self.settings
        if firm.account_sid == account_sid and firm.account_token is not None:
            return self._twilio(account_sid, self.vault.open(firm.account_token))
        if account_sid != own.twilio_account_sid:
            raise GatewayError("no_credentials", Retry.REPAIR, scope=Scope.ACCOUNT)
        return self._twilio(
            account_sid,
            own.twilio_auth_tokens[0].get_secret_value(),
            key_sid=own.twilio_api_key_sid or None,
            key_secret=own.twilio_api_key_secret.get_secret_value() or None,
        )

    def stripe(self) -> StripeGateway:
        """The operator's account, to which all firms pay. Raises GatewayError without a key."""
        if not self.settings.stripe_api_key:
            raise GatewayError("no_stripe_key", Retry.REPAIR, scope=Scope.ACCOUNT)
        return self._stripe

    @cached_property
    def _stripe(self) -> StripeGateway:
        return _stripe_of(self.settings, self.stripe_session)

    @cached_property
    def _twilio(self) -> Callable[..., TwilioGateway]:
        """One for all texts of the same account: to make Twilio's client takes as long as a query."""
        make = partial(TwilioGateway, self.twilio_session, base_url=self.settings.twilio_api_url)
        return lru_cache(maxsize=256)(make)


def _stripe_of(settings: Settings, session: aiohttp.ClientSession) -> StripeGateway:
    return StripeGateway(session, settings.stripe_api_key.get_secret_value(), base_url=settings.stripe_api_url)


@asynccontextmanager
async def stripe_alone(settings: Settings) -> AsyncIterator[StripeGateway]:
    """The operator's account at Stripe, without a database."""
    async with open_session() as session:
        yield _stripe_of(settings, session)


@asynccontextmanager
async def opened(
    settings: Settings, *, clock: Callable[[], datetime] = utc_now, steady: Callable[[], float] = time.monotonic
) -> AsyncIterator[Deps]:
    """Everything a service needs, open while this block lasts. Raises WrongKey."""
    async with AsyncExitStack() as stack:
        db = Database(settings.database_url)
        stack.push_async_callback(db.close)
        vault = Vault([key.get_secret_value() for key in settings.encryption_keys])
        gateways = Gateways(
            settings,
            vault,
            await stack.enter_async_context(open_session()),
            await stack.enter_async_context(open_session()),
            await stack.enter_async_context(open_session()),
        )
        deps = Deps(db, vault, settings, gateways, clock, steady)
        stack.callback(deps.shelf.close)
        yield deps


async def prepare(deps: Deps, *, may_migrate: bool) -> None:
    """Tables as this version needs them, a database that keeps what it is given, and the right key.

    Raises OutdatedError, NewerError, Forgetful, WrongKey.
    """
    if may_migrate:
        await migrate.upgrade(deps.settings.database_url)
    else:
        await migrate.check(deps.settings.database_url)
    await deps.keep(lambda: _check(deps))


async def _check(deps: Deps) -> None:
    async with deps.db.begin() as tx:  # where texts are stored: other connections may be set otherwise
        await durability.check(tx)
        await keys.check(tx, deps.vault)
        await keys.reseal(tx, deps.vault)


async def first_firm(deps: Deps) -> None:
    """The workspace of the environment's bot token, with its first channel and number.

    A firm that is known already is served even when Slack or Twilio cannot be asked now: texts keep coming in.
    Raises GatewayError, CannotConnect.
    """
    try:
        await _first_firm(deps)
    except GatewayError as error:
        async with deps.db.read() as tx:
            if not await firms.everyone(tx):
                raise
        log.warning("environment_not_checked", code=error.code)


async def _first_firm(deps: Deps) -> None:
    settings, token = deps.settings, deps.settings.slack_bot_token.get_secret_value()
    if not token:
        return
    slack = deps.clients.slack_with(token)
    # Several processes may start at once, and each waits for the others' hold on the firm.
    firm = await deps.keep(
        lambda: installs.from_token(deps, slack, token, settings.slack_inbox_channel, deps.clock())
    )
    if settings.twilio_number and not await numbers.is_connected(deps, firm, settings.twilio_number):
        await deps.keep(lambda: numbers.connect(deps, firm, settings.twilio_number, deps.clock()))


def web_app(deps: Deps, worker_is_stuck: Callable[[], bool]) -> web.Application:
    """The HTTP side: Bolt behind our own door, Twilio's webhooks, health."""
    settings = deps.settings
    for name in READ_BY_BOLT:
        os.environ.pop(name, None)
    secret = settings.slack_signing_secret.get_secret_value()
    bolt = AsyncApp(
        name="bridge",  # else it looks through all of the stack for one
        signing_secret=secret,
        authorize=FromOurTables(deps),
        client=AsyncWebClient(base_url=settings.slack_api_url),
        process_before_response=True,  # Slack gets its 200 only after the commit
    )
    handlers.listen(bolt, deps)
    return _hardened(
        handlers.routes(
            bolt,
            deps,
            signing_secret=secret,
            proxies=settings.trusted_proxies,
            worker_is_stuck=worker_is_stuck,
        ),
        settings.public_base_url,
    )


def _hardened(routes: list[web.RouteDef], base_url: str) -> web.Application:
    app = web.Application(middlewares=[measures.middleware, problems.middleware(base_url), errors.middleware])
    app.on_response_prepare.append(errors.harden)
    app.add_routes(routes)
    return app


@dataclass
class Running:
    """A process that has started, and what it is made of: `url` serves everything, `metrics_url` only figures."""

    deps: Deps
    worker: Worker | None
    url: str | None
    metrics_url: str | None = None


@asynccontextmanager
async def running(
    settings: Settings,
    *,
    serve_web: bool,
    work: bool,
    clock: Callable[[], datetime] = utc_now,
    steady: Callable[[], float] = time.monotonic,
) -> AsyncIterator[Running]:
    """The app, started; leaving this block stops it gracefully.

    Raises what prepare() raises, TakenError when another process has the SQLite database, and GatewayError or
    CannotConnect when the environment's workspace or number cannot be used.
    """
    async with AsyncExitStack() as stack:
        deps = await stack.enter_async_context(opened(settings, clock=clock, steady=steady))
        if deps.db.is_sqlite:
            lock = locks.beside(deps.db.url, "serve")
            stack.callback(lock.release)
            lock.take()
        await prepare(deps, may_migrate=serve_web and work)
        worker = Worker(deps, PROMISES, alone=deps.db.is_sqlite) if work else None
        stuck = worker.is_stuck if worker is not None else partial(bool, 0)
        url = metrics_url = None
        if serve_web:
            url = await _serve(
                stack, web_app(deps, stuck), settings.host, settings.port, SERVE_DRAIN if work else WEB_DRAIN
            )
            await first_firm(deps)
        elif settings.metrics_port:
            figures = _hardened(handlers.watched(deps, stuck), settings.public_base_url)
            metrics_url = await _serve(stack, figures, settings.metrics_host, settings.metrics_port, CUT_OFF)
        if worker is not None:
            _start_work(stack, deps, worker)
        yield Running(deps, worker, url, metrics_url)


async def _serve(stack: AsyncExitStack, app: web.Application, host: str, port: int, patience: float) -> str:
    runner = web.AppRunner(app, shutdown_timeout=CUT_OFF)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    listener = await connections.listen(runner, host, port, patience=patience)
    stack.push_async_callback(listener.close)
    host, port = listener.host, listener.port
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _start_work(stack: AsyncExitStack, deps: Deps, worker: Worker) -> None:
    clock = schedule.scheduler(deps)
    worker.when_set_back = partial(schedule.again, clock)
    clock.start()
    task = asyncio.create_task(worker.run())

    async def stop() -> None:
        clock.shutdown(wait=False)
        await worker.stop()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(stop)
