"""Leads who text, staff who answer, and how Twilio and Slack bring it to the app: twice, late, or not at all."""

import asyncio
from itertools import count
from typing import Any

from bridge.services import alterations, answers, receipts, replies
from bridge.services.alterations import Alteration
from bridge.services.answers import Press
from bridge.services.inbound import Arrival, Sms
from bridge.services.replies import Reply
from bridge.store import firms
from bridge.views import threads as views
from tests.simulation.apps import SLACK_PATIENCE, TWILIO_PATIENCE, App
from tests.simulation.slack import Message
from tests.simulation.twilio import Text
from tests.simulation.world import BOT, KEYWORDS, NUMBER, PHONES, STAFF, Heard, Said, World

SLACK_TRIES = (0.0, 0.5, 60.0, 300.0)  # seconds before each
ENDS = (("delivered", None), ("delivered", None), ("undelivered", 30003), ("failed", 30008))


class People:
    """Everybody outside."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._chance, self._weather, self._history = world.chance, world.weather, world.history
        self._numbers = count(1)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._asked: set[str] = set()
        world.twilio.accepted = self._accepted

    @property
    def are_busy(self) -> bool:
        """Whether something they began is still on its way."""
        return bool(self._tasks)

    def _begin(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        task.result()

    # --- leads

    def lead_texts(self, body: str | None = None) -> None:
        """One of them, now."""
        world, phone = self._world, self._chance.choice(PHONES)
        text = world.twilio.receive(phone, NUMBER, body or f"in {next(self._numbers)}")
        heard = Heard(phone, text.body, text.sid, world.loop.time())
        self._history.heard.append(heard)
        world.hear("lead texts", phone, text.body)
        self._begin(self._webhook(text, heard))

    async def _webhook(self, text: Text, heard: Heard) -> None:
        """Twilio calls the address, then the fallback; then it never tells of this text again."""
        for _ in range(2):
            await asyncio.sleep(self._weather.some(3))
            if self._weather.happens("webhook lost") or not await self._tell_sms(text):
                continue
            heard.acked = heard.acked or self._world.loop.time()
            if not self._weather.happens("webhook doubled"):
                return

    async def _tell_sms(self, text: Text) -> bool:
        world = self._world
        keyword = text.body if text.body in KEYWORDS else None
        sms = Sms(sid=text.sid, from_=text.from_, body=text.body, opt_out_type=keyword)

        def work(app: App) -> Any:
            async def receive() -> None:
                async with app.deps.db.read() as tx:
                    firm = await firms.get(tx, world.ground.firm.id)
                await app.intake.add(Arrival(firm, world.ground.number, sms, app.deps.clock()))

            return receive

        return await world.ask(f"text {text.body!r}", work, TWILIO_PATIENCE)

    # --- staff

    def staff_replies(self) -> None:
        """Somebody writes under one of the app's roots, if there is one."""
        world = self._world
        roots = world.slack.roots()
        if not roots or world.slack.archived:
            return
        root, user = self._chance.choice(roots), self._chance.choice(STAFF)
        message = world.slack.say(root.channel, f"out {next(self._numbers)}", root.ts)
        said = Said(_phone(root), message.text, message.ts, user, world.loop.time())
        self._history.said.append(said)
        world.hear("staff writes", said.phone, message.text)
        self._begin(self._reply(message, said))
        if self._weather.happens("delete reply"):
            self._begin(self._delete_soon(message, said))

    async def _reply(self, message: Message, said: Said) -> None:
        reply = Reply(
            channel_id=message.channel, user_id=said.user, ts=message.ts, thread_ts=message.thread_ts or "",
            text=message.text, blocks=[], files=[], client_msg_id=f"c{message.ts}", event_id=f"E{message.ts}",
            is_outsider=False, parent_id=BOT,
        )  # fmt: skip
        if await self._event(f"reply {message.text!r}", replies.relay, reply):
            said.acked = self._world.loop.time()
            if self._weather.happens("webhook doubled"):
                await self._event(f"reply {message.text!r} again", replies.relay, reply)

    async def _delete_soon(self, message: Message, said: Said) -> None:
        await asyncio.sleep(self._weather.some(5))
        said.is_deleted = True
        self.delete(message)

    def delete(self, message: Message) -> None:
        """Somebody takes a message away, a root too."""
        world = self._world
        world.hear("deletes", message.ts, message.text)
        world.slack.delete(message.ts)
        change = Alteration(message.channel, message.ts, message.thread_ts, at=world.slack.ts(), is_deletion=True)
        self._begin(self._event(f"deletion of {message.ts}", alterations.take_in, change))

    async def _event(self, name: str, service: Any, what: Any) -> bool:
        """Slack tells it until it hears a 200, four times at the most."""
        world = self._world

        def work(app: App) -> Any:
            async def take() -> None:
                async with app.deps.db.read() as tx:
                    firm = await firms.get(tx, world.ground.firm.id)
                await service(app.deps, firm, what, app.deps.clock())

            return take

        for wait in SLACK_TRIES:
            await asyncio.sleep(wait + self._weather.some(2))
            if self._weather.happens("webhook lost"):
                continue
            if await world.ask(name, work, SLACK_PATIENCE):
                return True
        return False

    def somebody_presses(self) -> None:
        """Of the questions that nobody has answered yet, one is."""
        for message in self._world.slack.messages:
            buttons = [block for block in message.blocks if block.get("type") == "actions"]
            if buttons and message.ts not in self._asked:
                self._asked.add(message.ts)
                self._begin(self._press(message, self._chance.choice(buttons[0]["elements"])))
                return

    async def _press(self, message: Message, button: dict[str, Any]) -> None:
        pressed = Press(
            button["action_id"], button["text"]["text"], int(button["value"]), self._chance.choice(STAFF),
            message.channel, message.ts, message.thread_ts,
        )  # fmt: skip
        # Whether it was answered or not: it may have been heard.
        if pressed.action_id == views.SEND_AGAIN:
            self._history.pressed[pressed.message_id] += 1
        else:
            self._history.believed.add(pressed.message_id)
        await self._event(f"press {pressed.action_id} {pressed.message_id}", answers.press, pressed)

    # --- receipts

    def _accepted(self, text: Text) -> None:
        status, code = self._chance.choice(ENDS)
        stages = [("sent", None), (status, code)]
        if self._weather.happens("receipt early"):
            stages.reverse()
        for status, code in stages:
            self._begin(self._receipt(text, status, code))

    async def _receipt(self, text: Text, status: str, code: int | None) -> None:
        """It comes when it will: before the answer to the create, or after everything."""
        await asyncio.sleep(self._weather.some(20))
        if text.status not in {"delivered", "undelivered", "failed"}:
            text.status, text.error_code = status, code
        for _ in range(2 if self._weather.happens("receipt doubled") else 1):
            if not self._weather.happens("receipt lost"):
                await self._tell_status(text, status, code)

    async def _tell_status(self, text: Text, status: str, code: int | None) -> None:
        world = self._world

        def work(app: App) -> Any:
            async def take() -> None:
                async with app.deps.db.read() as tx:
                    firm = await firms.get(tx, world.ground.firm.id)
                await receipts.on_status(
                    app.deps, firm, sid=text.sid, message_id=text.message_id, status=status,
                    code=None if code is None else str(code), now=app.deps.clock(),
                )  # fmt: skip

            return take

        await world.ask(f"receipt {status} of {text.body!r}", work, TWILIO_PATIENCE)


def _phone(root: Message) -> str:
    digits = "".join(letter for letter in root.text if letter.isdigit())
    return f"+1{digits}"
