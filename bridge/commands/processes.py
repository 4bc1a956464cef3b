"""The processes that do the work: serve is all of them in one."""

import asyncio
import gc
import os
import signal
import sys

import click

from bridge import logs
from bridge.app import Running, running
from bridge.settings import Settings

NEEDED = ("PUBLIC_BASE_URL", "SLACK_SIGNING_SECRET")
STOP_WITHIN = 10.0  # seconds; killing it does no harm either, but what is under way should be able to end
ALONE = "{name} alone needs PostgreSQL, where several processes can share the database. With SQLite, run serve."


@click.command()
def serve() -> None:
    """Run everything in one process: webhooks, worker and clock.

    Brings the database up to date first, and prints its address when it is ready. SIGTERM or Ctrl-C ends it after
    what is under way, within 10 seconds; a second one at once.

    \b
    Example:
      PUBLIC_BASE_URL=https://sms.example.com python -m bridge serve
    """
    _start(serve_web=True, work=True)


@click.command()
def web() -> None:
    """Run only what answers Slack and Twilio; needs PostgreSQL and a worker beside it.

    \b
    Example:
      HOST=0.0.0.0 python -m bridge web
    """
    _start(serve_web=True, work=False)


@click.command()
def worker() -> None:
    """Run only what posts, sends and sweeps; needs PostgreSQL. Several may run at once.

    It listens nowhere, unless METRICS_PORT is set: there it shows what it counts.

    \b
    Example:
      python -m bridge worker
    """
    _start(serve_web=False, work=True)


def _start(*, serve_web: bool, work: bool) -> None:
    settings = Settings.load(need=NEEDED)
    if settings.database_url.startswith("sqlite") and not (serve_web and work):
        raise click.ClickException(ALONE.format(name="web" if serve_web else "worker"))
    logs.configure(settings.log_level)
    asyncio.run(_until_stopped(settings, serve_web=serve_web, work=work))


def _collect_less() -> None:
    """Looking for garbage stops everything: for 0.1 s if it goes through all that was loaded, which stays anyway.

    And much is under way at any moment, to be gone through each time and still there.
    """
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


async def _until_stopped(settings: Settings, *, serve_web: bool, work: bool) -> None:
    stop = _Stop()
    try:
        async with running(settings, serve_web=serve_web, work=work) as started:
            _collect_less()
            click.echo(_ready(started))
            await asyncio.Event().wait()
    except asyncio.CancelledError:
        if not stop.asked:
            raise


def _ready(started: Running) -> str:
    if started.url:
        return f"bridge is ready at {started.url}"
    return "bridge worker is ready" + (f", and shows {started.metrics_url}/metrics" if started.metrics_url else "")


class _Stop:
    """The first signal ends the task that made this, wherever it is: starting can be interrupted too."""

    def __init__(self) -> None:
        self.asked = False
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._ask)

    def _ask(self) -> None:
        if self.asked or self._task is None:
            os._exit(1)
        self.asked = True
        self._task.cancel()
        self._loop.call_later(STOP_WITHIN, _give_up)


def _give_up() -> None:
    """What has not ended by now is settled at the next start."""
    sys.stderr.write("Stopped before everything under way had ended; the next start settles it.\n")
    sys.stderr.flush()
    os._exit(1)
