"""How Twilio says no."""

from collections.abc import Mapping

from aiohttp import web

SENTENCES = {
    20001: "Invalid parameter",
    20003: "Authenticate",
    20009: "Cannot delete this resource before it is complete",
    20404: "The requested resource was not found",
    20429: "Too Many Requests",
    20500: "An internal server error has occurred",
    20503: "Service unavailable",
    21211: "Invalid 'To' Phone Number",
    21212: "Invalid 'From' Phone Number",
    21266: "'To' and 'From' number cannot be the same",
    21402: "Invalid URL",
    21403: "Invalid method",
    21408: "Permission to send an SMS has not been enabled for the region indicated by the 'To' number",
    21602: "Message body is required.",
    21603: "A 'From' phone number is required.",
    21604: "A 'To' phone number is required.",
    21606: "The 'From' phone number is not a valid, SMS-capable inbound phone number for your account.",
    21609: "The 'StatusCallback' URL is not a valid URL.",
    21610: "Attempt to send to unsubscribed recipient",
    21612: "The 'To' phone number is not currently reachable using the 'From' phone number",
    21614: "'To' number is not a valid mobile number",
    21617: "The concatenated message body exceeds the 1600 character limit",
    21620: "Invalid media URL(s)",
    21623: "Number of media files exceeds allowed limit",
    21624: "Invalid validity period value",
    21655: "The ContentSid is invalid",
    21701: "The Messaging Service resource does not exist",
    21703: "The Messaging Service does not contain a phone number",
    21712: "The 'From' number does not belong to the Messaging Service",
    30409: "The message cannot be canceled in its state",
    35114: "The SendAt time is too soon",
    35115: "The SendAt time is too far in the future",
    35118: "MessagingServiceSid is required to schedule a message",
    63007: "Twilio could not find a Channel with the specified 'From' address",
}

_STATUSES = {20003: 401, 20009: 409, 20404: 404, 20429: 429, 20500: 500, 20503: 503, 30409: 409}


class RefusedError(Exception):
    """An answer that is no success."""

    def __init__(
        self, code: int, message: str = "", *, status: int | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message or SENTENCES.get(code, "Error")
        self.status = status or _STATUSES.get(code, 400)
        self.headers = dict(headers or {})

    def answer(self) -> web.Response:
        """The JSON that Twilio sends."""
        more = f"https://www.twilio.com/docs/errors/{self.code}"
        what = {"code": self.code, "message": self.message, "more_info": more, "status": self.status}
        return web.json_response(what, status=self.status, headers=self.headers)


class CutError(Exception):
    """No answer at all: the connection is closed."""
