"""Our own public address, called as Slack and Twilio call it, to see whether their requests get through.

What is sent is signed as they sign, by their own packages, and means nothing: a receipt for a text that nobody sent
from a number that is nobody's, and the question Slack asks when an address is entered. Nothing of it is stored.
"""

import json
import time
from collections.abc import Mapping
from urllib.parse import urlencode

from slack_sdk.signature import SignatureVerifier
from twilio.request_validator import RequestValidator

from bridge import failpoints
from bridge.gateways.errors import Retry
from bridge.gateways.wire import Reply, ask, open_session

SECONDS = 10.0
NO_TEXT = "SM" + "0" * 32
CHALLENGE = "is-it-you"


class FrontDoor:
    """The address at which Slack and Twilio know us. Every method raises GatewayError and nothing else."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    async def as_twilio(self, account_sid: str, token: str) -> int:
        """The status of the answer to a receipt that is signed with this token; 204 when it was believed."""
        form = {"AccountSid": account_sid, "MessageSid": NO_TEXT, "MessageStatus": "sent", "From": "", "To": ""}
        url = f"{self._base_url}/twilio/status"
        signature = RequestValidator(token).compute_signature(url, form)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
        return (await self._post(url, urlencode(form).encode(), headers)).status

    async def as_slack(self, signing_secret: str) -> int:
        """The status of the answer to Slack's question, signed with this secret; 200 when it was believed.

        0 for an answer that does not repeat what was asked: it came from something else.
        """
        body = json.dumps({"type": "url_verification", "token": "", "challenge": CHALLENGE})
        now = str(int(time.time()))
        signature = SignatureVerifier(signing_secret).generate_signature(timestamp=now, body=body)
        headers = {
            "Content-Type": "application/json",
            "X-Slack-Request-Timestamp": now,
            "X-Slack-Signature": str(signature),
        }
        reply = await self._post(f"{self._base_url}/slack/events", body.encode(), headers)
        return 0 if reply.status == 200 and (reply.json() or {}).get("challenge") != CHALLENGE else reply.status

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        async with open_session() as session:
            failpoints.reach("before", "door POST")
            reply = await ask(session, "POST", url, seconds=SECONDS, lost=Retry.LATER, data=body, headers=headers)
            failpoints.reach("after", "door POST")
            return reply
