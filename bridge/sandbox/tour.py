"""The guided tour: what a team lives through in its first minutes, played for real.

Every line that says something happened is printed after it has happened: the tour waits for each effect where a
person would see it, on the phone or in the Slack thread, and stops with an error when it does not come.
"""

import asyncio
import sys
from collections.abc import Callable, Iterator
from typing import TypeVar

from bridge.sandbox.process import App
from bridge.sandbox.town import BEN, CHANNEL, FIRM_NUMBER, STRANGER, TEAM, Town

PATIENCE = 15.0  # seconds for one effect
REFUSED = "This lead has opted out of SMS. You can't send messages until they text START to opt back in."

T = TypeVar("T")


class TourFailed(Exception):
    """An effect that the tour waited for did not come."""


class Tour:
    """Plays the scenes one after the other on a running app."""

    def __init__(self, town: Town, app: App, say: Callable[[str], None]) -> None:
        self._town, self._app, self._say = town, app, say

    async def play(self) -> None:
        """All scenes. Raises TourFailed."""
        scenes = (
            self._a_stranger_texts,
            self._ben_answers,
            self._a_note_stays_inside,
            self._the_same_webhook_twice,
            self._stop,
            self._start,
        )
        for number, scene in enumerate(scenes, 1):
            title = scene.__doc__ or ""
            self._say(f"\n{_bold(f'{number}. {title}')}")
            await scene()

    async def _a_stranger_texts(self) -> None:
        """A stranger texts the firm, and a thread opens in Slack."""
        await self._phone("Hi! Can I move my appointment to Friday?")
        await self._until("the thread", lambda: self._in_thread("Can I move my appointment"))
        self._slack(f"#leads       {self._root()['text']}  (new thread)")
        self._slack("  in thread  Hi! Can I move my appointment to Friday?")

    async def _ben_answers(self) -> None:
        """Ben answers in the thread, and the text arrives on the phone."""
        ts = await self._ben("Of course. Friday at 3 pm?")
        await self._until("the text on the phone", lambda: "Of course. Friday at 3 pm?" in self._texts())
        self._on_phone("Of course. Friday at 3 pm?")
        await self._until("the delivery mark", lambda: "heavy_check_mark" in self._marks(ts))
        self._slack("  Ben's message now carries ✔ : delivered")

    async def _a_note_stays_inside(self) -> None:
        """Ben leaves a note for his colleagues, and it stays inside."""
        before = self._texts()
        ts = await self._ben("// she is the client with the harbour lease")
        await self._until("the note's mark", lambda: "memo" in self._marks(ts))
        await self._nothing_more()
        _expect(self._texts() == before, "the note must not reach the phone")
        self._slack("  Ben's note carries 📝 : not sent")

    async def _the_same_webhook_twice(self) -> None:
        """The carrier delivers the same text twice, and it is one message."""
        await self._phone("Friday is perfect, thanks", copies=2)
        await self._until("the text in the thread", lambda: self._in_thread("Friday is perfect"))
        await self._nothing_more()
        shown = [text for text in self._thread() if "Friday is perfect" in text]
        _expect(len(shown) == 1, "a doubled webhook must make one message")
        self._slack("  in thread  Friday is perfect, thanks  (once; both deliveries were answered 200)")

    async def _stop(self) -> None:
        """The lead texts STOP: nobody can text them any more."""
        await self._phone("STOP")
        await self._until("the status line", lambda: self._in_thread("opted out"))
        self._slack("  in thread  ⛔ opted out")
        ts = await self._ben("Are you still there?")
        await self._until("the refusal", lambda: any(REFUSED in told for told in self._told_ben()))
        self._slack(f"  only Ben   {REFUSED}")
        await self._until("the mark", lambda: "no_entry" in self._marks(ts))
        await self._nothing_more()
        _expect("Are you still there?" not in self._texts(), "nothing may reach someone who said STOP")

    async def _start(self) -> None:
        """The lead texts START, and replies go out again."""
        await self._phone("START")
        await self._until("the status line", lambda: self._in_thread("opted in"))
        self._slack("  in thread  ✅ opted in")
        await self._ben("Welcome back! See you on Friday.")
        await self._until("the text on the phone", lambda: "Welcome back! See you on Friday." in self._texts())
        self._on_phone("Welcome back! See you on Friday.")

    # --- doing

    async def _phone(self, body: str, *, copies: int = 1) -> None:
        self._say(f"  {_dim('phone')}  → {body}" + (f"   ({copies} deliveries)" if copies > 1 else ""))
        await self._town.twilio.text(STRANGER, FIRM_NUMBER, body, copies=copies)

    async def _ben(self, text: str) -> str:
        self._say(f"  {_dim('slack')}  → Ben: {text}")
        return await self._town.slack.say(TEAM, CHANNEL, BEN, text, thread_ts=self._root()["ts"])

    async def _until(self, what: str, happened: Callable[[], object]) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                while not happened():
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise TourFailed(f"{what} did not come within {PATIENCE:.0f} seconds") from None

    async def _nothing_more(self) -> None:
        """Until the app has kept every promise: only then does an absence mean something."""
        await self._town.slack.settled()
        await self._town.twilio.settled()
        async with asyncio.timeout(PATIENCE):
            while await self._app.unfinished():
                await asyncio.sleep(0.05)

    # --- looking, where people look

    def _root(self) -> dict[str, str]:
        return self._town.slack.roots(TEAM, CHANNEL)[0]

    def _thread(self) -> list[str]:
        roots = self._town.slack.roots(TEAM, CHANNEL)
        return list(_texts_of(self._town.slack.thread(TEAM, CHANNEL, roots[0]["ts"]))) if roots else []

    def _in_thread(self, words: str) -> bool:
        return any(words in text for text in self._thread())

    def _texts(self) -> list[str]:
        return [text.body for text in self._town.twilio.texts_to(STRANGER)]

    def _marks(self, ts: str) -> list[str]:
        return self._town.slack.reactions(TEAM, CHANNEL, ts)

    def _told_ben(self) -> list[str]:
        return [line["text"] for line in self._town.slack.ephemerals(TEAM, CHANNEL, BEN)]

    def _slack(self, line: str) -> None:
        self._say(f"  {_dim('slack')}  ← {line}")

    def _on_phone(self, line: str) -> None:
        self._say(f"  {_dim('phone')}  ← {line}")


def _texts_of(messages: list[dict[str, str]]) -> Iterator[str]:
    return (message.get("text", "") for message in messages)


def _expect(is_true: bool, promise: str) -> None:
    if not is_true:
        raise TourFailed(promise)


def _bold(text: str) -> str:
    return f"\033[1m{text}\033[0m" if sys.stdout.isatty() else text


def _dim(text: str) -> str:
    return f"\033[2m{text}\033[0m" if sys.stdout.isatty() else text
