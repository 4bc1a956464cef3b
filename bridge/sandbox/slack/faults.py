"""Trouble on request: what a Web API call is answered with instead of, or after, the real answer."""

import json
from dataclasses import dataclass, field

from bridge.sandbox.slack.model import Json

_ERRORS_BY_STATUS = {429: "ratelimited", 500: "internal_error", 503: "service_unavailable"}


@dataclass
class Fault:
    """One order to fail. `times` None means until the faults are cleared."""

    method: str
    times: int | None = 1
    status: int | None = None
    error: str | None = None
    retry_after: int | float | None = None
    body: str | bytes | None = None
    content_type: str | None = None
    accept_first: bool = False
    hang: float | None = None
    drop: bool = False
    channel: str | None = None
    team_id: str | None = None

    def fits(self, method: str, team_id: str | None, channel: str | None) -> bool:
        """Whether this order is meant for that call and is not used up."""
        return (
            self.method in ("*", method)
            and self.team_id in (None, team_id)
            and self.channel in (None, channel)
            and (self.times is None or self.times > 0)
        )

    @property
    def only_delays(self) -> bool:
        """A hang with nothing else: the real answer comes, late."""
        return not self.drop and self.status is None and self.error is None and self.body is None

    @property
    def http_status(self) -> int:
        return self.status or 200

    def answer(self) -> tuple[int, bytes, str, dict[str, str]]:
        """Status, body, content type and headers of the failing answer."""
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        if self.body is None:
            raw = json.dumps(self._json_body()).encode()
        else:
            raw = self.body.encode() if isinstance(self.body, str) else self.body
        kind = self.content_type or ("application/json" if self.body is None else "text/html")
        return self.http_status, raw, kind, headers

    def error_name(self) -> str:
        return self.error or _ERRORS_BY_STATUS.get(self.http_status, "fatal_error")

    def _json_body(self) -> Json:
        return {"ok": False, "error": self.error_name()}


@dataclass
class Faults:
    """The orders to fail, oldest first."""

    orders: list[Fault] = field(default_factory=list)

    def add(self, fault: Fault) -> None:
        self.orders.append(fault)

    def clear(self) -> None:
        self.orders.clear()

    def take(self, method: str, team_id: str | None, channel: str | None) -> Fault | None:
        """The oldest order that fits the call, counted as used."""
        for fault in self.orders:
            if fault.fits(method, team_id, channel):
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None
