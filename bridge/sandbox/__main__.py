"""`make demo`: the real app between a pretend Slack and pretend phones, and a tour of it."""

import argparse
import asyncio
import signal
import sys
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet

from bridge.sandbox.process import App, AppFailed
from bridge.sandbox.tour import Tour, TourFailed
from bridge.sandbox.town import FIRM_NUMBER, STRANGER, Town

WELCOME = """
This is the real app, on a fresh database, between a pretend Slack and a pretend Twilio on this machine.
Nothing leaves it, and nothing here costs money."""

WHERE = """
The tour is over, and everything keeps running. Look around, or press Ctrl-C to end it:

  what Slack shows      curl {slack}/_/state
  what the phones show  curl {twilio}/_/state
  text the firm         curl {twilio}/_/text -H "Content-Type: application/json" \\
                          -d '{{"from": "{lead}", "to": "{number}", "body": "Hello"}}'
  the app's own health  curl {app}/readyz
  its figures           curl {app}/metrics
"""


async def demo(*, once: bool) -> int:
    """Play the tour; the exit status."""
    town = await Town.founded()
    with tempfile.TemporaryDirectory(prefix="bridge-demo-") as folder:
        key = Fernet.generate_key().decode()
        app = App(town.app_url, town.environment(str(Path(folder) / "bridge.db"), key))
        try:
            print(WELCOME)
            await app.start()
            await app.command("firms", "two-way", "on")
            await Tour(town, app, print).play()
            if not once:
                print(_where(town))
                await _until_interrupted()
        except (TourFailed, AppFailed) as failure:
            print(f"\nThe tour stopped: {failure}", file=sys.stderr)
            return 1
        finally:
            await app.stop()
            await town.closed()
    return 0


def _where(town: Town) -> str:
    return WHERE.format(
        slack=town.slack.url, twilio=town.twilio.url, app=town.app_url, lead=STRANGER, number=FIRM_NUMBER
    )


async def _until_interrupted() -> None:
    ended = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, ended.set)
    await ended.wait()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m bridge.sandbox", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the tour")
    sys.exit(asyncio.run(demo(once=parser.parse_args().once)))


if __name__ == "__main__":
    main()
