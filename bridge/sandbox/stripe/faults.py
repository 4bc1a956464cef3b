"""Failing on demand: refusals, stalls, cut connections and half answers, before or after accepting."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from .records import ApiRequest
from .refused import CutError, RefusedError
from .world import World

_KINDS = {429: ("rate_limit", "Request rate limit exceeded."), 401: (None, "Invalid API Key provided: sk_test_*")}


@dataclass
class Fault:
    """One kind of trouble, for a number of requests."""

    what: str  # an operation, the group it belongs to, or *
    times: int = 1
    status: int | None = None
    code: str | None = None
    kind: str = ""
    message: str = ""
    decline_code: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: str | bytes | None = None
    accept_first: bool = False
    keep: bool = False
    hang: float | None = None
    drop: bool = False
    cut: bool = False

    @property
    def answers(self) -> bool:
        """Whether the fault has an answer of its own, rather than only delaying or cutting the usual one."""
        return self.status is not None or self.code is not None or self.body is not None

    def answer(self) -> web.Response:
        """What the app gets instead of the truth."""
        status = self.status or 400
        if self.body is not None:
            body = self.body.encode() if isinstance(self.body, str) else self.body
            headers = {"Content-Type": "application/json", **self.headers}
            return web.Response(status=status, body=body, headers=headers)
        code, message = _KINDS.get(status, (None, "An unknown error occurred"))
        kind = self.kind or ("api_error" if status >= 500 else "invalid_request_error")
        return RefusedError(
            status,
            self.message or message,
            kind=kind,
            code=self.code or code,
            decline_code=self.decline_code,
            headers=self.headers,
        ).answer()


def take(faults: list[Fault], names: set[str]) -> Fault | None:
    """The first fault that is meant for a request; it is used up by it."""
    for fault in faults:
        if fault.what in names:
            fault.times -= 1
            if fault.times <= 0:
                faults.remove(fault)
            return fault
    return None


async def suffer(
    world: World, fault: Fault | None, note: ApiRequest, work: Callable[[], Awaitable[web.Response]]
) -> web.Response:
    """Go through a fault, if there is one."""
    if fault is None:
        return await work()
    usual = await work() if fault.accept_first else None
    if fault.hang is not None:
        await world.pause(fault.hang)
    if fault.drop or world.stopping.is_set():
        raise CutError
    if fault.answers:
        answer = fault.answer()
        if fault.keep and note.key in world.keys and isinstance(answer.body, bytes):
            world.keys[note.key].status, world.keys[note.key].body = answer.status, answer.body
        return answer
    answer = usual or await work()
    if fault.cut:
        raise CutError(answer)
    return answer
