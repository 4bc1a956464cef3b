"""A Slack of one workspace, as small as the core's conversations need it. Its clock is the true time."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.wire import Answer, Request

MOST = 50


@dataclass
class Message:
    """What stands in a channel. `key` is the app's own, `None` in what people wrote."""

    channel: str
    ts: str
    thread_ts: str | None
    text: str
    blocks: list[Any]
    key: str | None
    reactions: set[str] = field(default_factory=set)
    is_tombstone: bool = False  # deleted, but others stand below it


class Slack:
    """Channels with messages. `now` is the time as Slack has it, in seconds since 1970."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._last = 0.0
        self.messages: list[Message] = []
        self.told: list[tuple[str, str]] = []
        self.archived = False
        self.revoked = False

    def ts(self) -> str:
        """The next one: unique, and later than all before."""
        self._last = max(self._last + 0.000001, self._now())
        return f"{self._last:.6f}"

    def say(self, channel: str, text: str, thread_ts: str | None) -> Message:
        """A person writes."""
        return self._add(Message(channel, self.ts(), thread_ts, text, [], None))

    def find(self, ts: str) -> Message | None:
        """A message that stands."""
        return next((message for message in self.messages if message.ts == ts), None)

    def delete(self, ts: str) -> None:
        """A person, or the app, takes a message away. A root with replies leaves a tombstone."""
        message = self.find(ts)
        if message is None:
            return
        message.is_tombstone = any(each.thread_ts == ts for each in self.messages)
        if not message.is_tombstone:
            self.messages.remove(message)

    def roots(self) -> list[Message]:
        """Where the app's threads begin."""
        roots = [message for message in self.messages if (message.key or "").startswith("root-")]
        return [root for root in roots if not root.is_tombstone]

    def answer(self, request: Request) -> Answer:
        """A call of the Web API."""
        method = request.path.rsplit("/", 1)[-1]
        answer = {"ok": False, "error": "token_revoked"} if self.revoked else self._method(method, request.args)
        return Answer(200, answer)

    def _method(self, name: str, args: dict[str, Any]) -> dict[str, Any]:
        methods: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "chat.postMessage": self._post,
            "chat.postEphemeral": self._tell,
            "chat.update": lambda args: self._on_message(args["ts"], _nothing),
            "chat.delete": lambda args: self._on_message(args["ts"], lambda message: self.delete(message.ts)),
            "chat.getPermalink": self._link,
            "reactions.add": lambda args: self._react(args, set.add),
            "reactions.remove": lambda args: self._react(args, set.discard),
            "conversations.replies": self._replies,
            "conversations.history": self._history,
            "users.info": lambda args: self._person(args["user"]),
            "users.list": lambda args: {"ok": True, "members": []},
        }
        return methods[name](args)

    def _post(self, args: dict[str, Any]) -> dict[str, Any]:
        if self.archived and args["channel"].startswith("C"):
            return {"ok": False, "error": "is_archived"}
        thread_ts = args.get("thread_ts")
        if thread_ts is not None and self.find(thread_ts) is None:
            thread_ts = None  # as Slack does it, without a word
        payload = _read(args["metadata"])["event_payload"]
        message = Message(
            args["channel"], self.ts(), thread_ts, args["text"], _read(args["blocks"]), payload["key"]
        )
        return {"ok": True, "channel": args["channel"], "ts": message.ts, "message": _shape(self._add(message))}

    def _tell(self, args: dict[str, Any]) -> dict[str, Any]:
        if self.archived:
            return {"ok": False, "error": "is_archived"}
        self.told.append((args["user"], args["text"]))
        return {"ok": True, "message_ts": self.ts()}

    def _link(self, args: dict[str, Any]) -> dict[str, Any]:
        link = f"https://slack.example/{args['message_ts']}"
        return self._on_message(args["message_ts"], _nothing) | {"permalink": link}

    def _react(self, args: dict[str, Any], change: Callable[[set[str], str], None]) -> dict[str, Any]:
        return self._on_message(args["timestamp"], lambda message: change(message.reactions, args["name"]))

    def _on_message(self, ts: str, do: Callable[[Message], None]) -> dict[str, Any]:
        message = self.find(ts)
        if self.archived:
            return {"ok": False, "error": "is_archived"}
        if message is None:
            return {"ok": False, "error": "message_not_found"}
        do(message)
        return {"ok": True, "channel": message.channel, "ts": ts}

    def _replies(self, args: dict[str, Any]) -> dict[str, Any]:
        if self.find(args["ts"]) is None:
            return {"ok": False, "error": "thread_not_found"}
        return self._page([each for each in self.messages if args["ts"] in {each.ts, each.thread_ts}], args)

    def _history(self, args: dict[str, Any]) -> dict[str, Any]:
        return self._page([each for each in reversed(self.messages) if each.thread_ts is None], args)

    def _page(self, messages: list[Message], args: dict[str, Any]) -> dict[str, Any]:
        oldest = float(args.get("oldest") or 0)
        found = [each for each in messages if each.channel == args["channel"] and float(each.ts) >= oldest]
        begin = int(args.get("cursor") or 0)
        rest = str(begin + MOST) if len(found) > begin + MOST else ""
        shown = [_shape(each) for each in found[begin : begin + MOST]]
        return {"ok": True, "messages": shown, "response_metadata": {"next_cursor": rest}}

    def _person(self, user: str) -> dict[str, Any]:
        return {"ok": True, "user": {"id": user, "name": user.lower(), "team_id": "T1", "profile": {}}}

    def _add(self, message: Message) -> Message:
        self.messages.append(message)
        return message


def _nothing(_: Message) -> None:
    """It is there, and stays as it is."""


def _read(given: Any) -> Any:
    return json.loads(given) if isinstance(given, str) else given


def _shape(message: Message) -> dict[str, Any]:
    shape: dict[str, Any] = {"ts": message.ts, "text": message.text}
    if message.thread_ts:
        shape["thread_ts"] = message.thread_ts
    if message.key:
        shape["metadata"] = {"event_type": "bridge_outbox", "event_payload": {"key": message.key}}
    return shape
