"""Failing on demand: refusals, stalls and cut connections, before or after accepting."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from .call import Call
from .refused import CutError, RefusedError

_CODES = {401: 20003, 403: 20003, 404: 20404, 429: 20429, 503: 20503}
_STATUSES = {20003: 401, 20404: 404, 20429: 429, 20500: 500, 20503: 503}


@dataclass
class Fault:
    """One kind of trouble, for a number of requests."""

    what: str  # an operation, or the group it belongs to
    times: int
    status: int | None
    code: int | None
    message: str
    retry_after: int | str | None
    body: str | bytes | None
    content_type: str | None
    accept_first: bool
    hang: float | None
    drop: bool
    to: str | None

    def matches(self, names: set[str], call: Call) -> bool:
        """Whether this request is meant."""
        meant = self.to is None or self.to in {call.get("To"), call.parts.get("PhoneNumber")}
        return self.what in names and meant

    @property
    def answers(self) -> bool:
        """Whether the fault has an answer of its own, rather than only delaying the usual one."""
        return not (self.hang is not None and self.status is None and self.code is None and self.body is None)

    def answer(self) -> web.Response:
        """What the app gets instead of the truth: JSON like Twilio's, or whatever body was asked for."""
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        status = self.status or _STATUSES.get(self.code or 0, 400 if self.code else 500)
        if self.body is None:
            code = self.code or _CODES.get(status, 20500 if status >= 500 else 20001)
            return RefusedError(code, self.message, status=status, headers=headers).answer()
        body = self.body.encode() if isinstance(self.body, str) else self.body
        headers["Content-Type"] = self.content_type or "text/html"
        return web.Response(status=status, body=body, headers=headers)


def take(faults: list[Fault], names: set[str], call: Call) -> Fault | None:
    """The first fault that is meant for a request; it is used up by it."""
    for fault in faults:
        if fault.matches(names, call):
            fault.times -= 1
            if fault.times <= 0:
                faults.remove(fault)
            return fault
    return None


async def suffer(
    fault: Fault | None, call: Call, operation: Callable[[Call], Awaitable[web.Response]], gone: Callable[[], bool]
) -> web.Response:
    """Go through a fault, if there is one. Who hangs up during a stall is taken to have sent nothing."""
    if fault is None:
        return await operation(call)
    usual = await operation(call) if fault.accept_first else None
    if fault.hang is not None:
        await call.world.pause(fault.hang)
    if fault.drop or call.world.stopping.is_set() or (fault.hang is not None and gone()):
        raise CutError
    if fault.answers:
        return fault.answer()
    return usual or await operation(call)
