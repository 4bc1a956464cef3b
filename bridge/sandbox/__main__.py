"""`make demo`: the real app between a pretend Slack and pretend phones, on a page or as a tour in the terminal."""

import argparse
import asyncio
import signal
import sys
import tempfile
import webbrowser
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from cryptography.fernet import Fernet

from bridge.sandbox.page import Page
from bridge.sandbox.process import App, AppFailed
from bridge.sandbox.seeds import sow
from bridge.sandbox.tour import Tour, TourFailed
from bridge.sandbox.town import FIRMS, HARBOR, Firm, Town

WELCOME = """
This is the real app, on a fresh database, between a pretend Slack and a pretend Twilio on this machine.
Nothing leaves it, and nothing here costs money."""

WHERE = """
  {url}

Slack is on the left, phones are on the right. Text the firm from a phone, answer in the thread.
The workspace of Maple Dental would have to pay: its admin switches two-way SMS on in the app's Home.
Everything runs until you press Ctrl-C.
"""
PORT = 8700  # of the page, if it is free, so that its address stays the same


async def show(*, empty: bool) -> None:
    """Serve the page, for ever. Raises AppFailed."""
    async with _founded() as (town, app):
        page = Page(town.slack, town.twilio, town.stripe, app)
        try:
            print(WHERE.format(url=await page.start(port=PORT)), flush=True)
            if sys.stdout.isatty():
                webbrowser.open(page.url)
            await _fill(town, app, empty=empty)
            await asyncio.Event().wait()
        finally:
            await page.close()


async def _fill(town: Town, app: App, *, empty: bool) -> None:
    """Begin, and let people text. Who watches meanwhile can play, but not stop the app. Raises AppFailed."""
    with app.held():
        await begin(town, app, FIRMS)
        try:
            await (asyncio.sleep(0) if empty else sow(town, app))
        except TimeoutError:
            print("  Not everybody has texted: something was switched off meanwhile. The rest works.", flush=True)


async def tour() -> None:
    """Play the tour in the terminal. Raises TourFailed and AppFailed."""
    async with _founded() as (town, app):
        await begin(town, app, [HARBOR])
        await Tour(town, app, print).play()


@asynccontextmanager
async def _founded() -> AsyncIterator[tuple[Town, App]]:
    """The pretend world, and the app that will run in it."""
    town = await Town.founded()
    with tempfile.TemporaryDirectory(prefix="bridge-demo-") as folder:
        key = Fernet.generate_key().decode()
        app = App(town.app_url, town.environment(str(Path(folder) / "bridge.db"), key))
        try:
            print(WELCOME)
            yield town, app
        finally:
            await app.stop()
            await town.closed()


async def begin(town: Town, app: App, firms: Sequence[Firm]) -> None:
    """Start the app. It gets to know the workspace that its environment names; those of the others it remembers.

    Where one of them pays, the operator's account at Stripe is set up first.
    """
    others = [firm for firm in firms if firm is not HARBOR]
    paying = [_set_up_billing(app)] if any(firm.pays for firm in firms) else []
    await asyncio.gather(_meet(town, app, others), *paying)
    await asyncio.gather(app.start(), *(_switch(app, firm) for firm in others))
    await _switch(app, HARBOR)


async def _meet(town: Town, app: App, firms: Sequence[Firm]) -> None:
    for firm in firms:
        await app.told(town.of(firm)).once()


async def _set_up_billing(app: App) -> None:
    """As an operator does it: the secret of the webhooks is told once, and kept in the environment."""
    said = await app.command("stripe-setup", "--yes")
    (line,) = [line for line in said.splitlines() if line.startswith("STRIPE_WEBHOOK_SECRET=")]
    name, _, secret = line.partition("=")
    app.learn({name: secret})


async def _switch(app: App, firm: Firm) -> None:
    """Who pays for it switches it on in Home."""
    await app.command(*(("firms", "set-plan", "add-on") if firm.pays else ("firms", "two-way", "on")), firm.team)


async def _until_interrupted(playing: Coroutine[None, None, None]) -> None:
    """Ctrl-C ends it wherever it is, and leaves nothing running."""
    task = asyncio.ensure_future(playing)
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, task.cancel)
    with suppress(asyncio.CancelledError):
        await task


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m bridge.sandbox", description=__doc__)
    parser.add_argument("--once", action="store_true", help="the tour in the terminal instead of the page")
    parser.add_argument("--empty", action="store_true", help="nobody has texted yet")
    asked = parser.parse_args()
    try:
        asyncio.run(_until_interrupted(tour() if asked.once else show(empty=asked.empty)))
    except (TourFailed, AppFailed) as failure:
        sys.exit(f"\nThe demo stopped: {failure}")


if __name__ == "__main__":
    main()
