"""A Twilio of one account: it takes texts, lists them a little later, and tells how far they are. True time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import count
from typing import Any

from tests.simulation.wire import Answer, Request

MOST = 50


@dataclass
class Text:
    """A text, in or out. `message_id` is what the app calls it, from its status callback."""

    sid: str
    direction: str
    from_: str
    to: str
    body: str
    created: float
    listed: float
    status: str
    message_id: int | None = None
    error_code: int | None = None


class Twilio:
    """`now` are seconds since 1970, `lag` those until the list shows a new text. `accepted` is told of each."""

    accepted: Callable[[Text], None]

    def __init__(self, now: Callable[[], float], lag: Callable[[], float]) -> None:
        self._now, self._lag = now, lag
        self._numbers = count(1)
        self.texts: list[Text] = []
        self.stopped: set[str] = set()
        self.suspended = False

    def receive(self, phone: str, number: str, body: str) -> Text:
        """A lead's text."""
        if body in {"STOP", "START"}:
            (self.stopped.add if body == "STOP" else self.stopped.discard)(phone)
        return self._add(Text(self._sid(), "inbound", phone, number, body, self._now(), self._listed(), "received"))

    def find(self, sid: str) -> Text | None:
        """By its sid."""
        return next((text for text in self.texts if text.sid == sid), None)

    def answer(self, request: Request) -> Answer:
        """A call of the API."""
        if self.suspended:
            return _refusal(401, 20003)
        if request.method == "POST":
            return self._create(request.args)
        if request.path.endswith("/Messages.json"):
            return self._list(request.args)
        found = self.find(request.path.rsplit("/", 1)[-1].partition(".")[0])
        return Answer(200, _shape(found)) if found else _refusal(404, 20404)

    def _create(self, args: dict[str, Any]) -> Answer:
        if args["To"] in self.stopped:
            return _refusal(400, 21610)
        text = Text(
            self._sid(), "outbound-api", args["From"], args["To"], args["Body"], self._now(), self._listed(),
            "queued", int(args["StatusCallback"].rpartition("mid=")[2]),
        )  # fmt: skip
        self.accepted(self._add(text))
        return Answer(201, _shape(text))

    def _list(self, args: dict[str, Any]) -> Answer:
        shown = [text for text in reversed(self.texts) if text.to == args["To"] and text.listed <= self._now()]
        return Answer(200, {"messages": [_shape(text) for text in shown], "next_page_uri": None})

    def _listed(self) -> float:
        return self._now() + self._lag()

    def _sid(self) -> str:
        return f"SM{next(self._numbers):032x}"

    def _add(self, text: Text) -> Text:
        self.texts.append(text)
        return text


def _refusal(status: int, code: int) -> Answer:
    return Answer(status, {"code": code, "message": "no", "status": status})


def _shape(text: Text) -> dict[str, Any]:
    return {
        "sid": text.sid, "direction": text.direction, "from": text.from_, "to": text.to, "body": text.body,
        "status": text.status, "error_code": text.error_code, "num_segments": "1", "num_media": "0",
        "date_created": format_datetime(datetime.fromtimestamp(text.created, UTC)),
    }  # fmt: skip
