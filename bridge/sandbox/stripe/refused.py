"""How Stripe says no."""

from collections.abc import Mapping

from aiohttp import web

from .records import Thing


class RefusedError(Exception):
    """An answer that is no success. `is_kept`: whether the request's idempotency key keeps it."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        decline_code: str | None = None,
        is_kept: bool = True,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, code, message)
        self.status, self.message, self.code, self.is_kept = status, message, code, is_kept
        self.headers = dict(headers or {})
        told = {"code": code, "decline_code": decline_code, "message": message, "param": param, "type": kind}
        self.body: Thing = {"error": {name: value for name, value in told.items() if value is not None}}

    def answer(self) -> web.Response:
        """The JSON that Stripe sends."""
        return web.json_response(self.body, status=self.status, headers=self.headers)


class CutError(Exception):
    """No answer at all, or half of one: the connection is closed."""

    def __init__(self, answer: web.Response | None = None) -> None:
        super().__init__()
        self.answer = answer  # of which half is sent


def malformed(message: str, param: str | None = None, code: str | None = None) -> RefusedError:
    """Parameters that are refused before anything is done, so that no key keeps it."""
    return RefusedError(400, message, code=code, param=param, is_kept=False)


def missing(what: str, id_: str, param: str = "id", status: int = 404) -> RefusedError:
    """There is nothing of this id."""
    return RefusedError(status, f"No such {what}: '{id_}'", code="resource_missing", param=param)


def conflict(message: str, code: str | None = None, param: str | None = None) -> RefusedError:
    """What is asked for cannot be done as things stand."""
    return RefusedError(400, message, code=code, param=param)
