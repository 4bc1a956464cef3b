"""What carriers and Twilio tell about a text: what an error code means, and how far the text has come.

Source: Twilio's "Error and Warning Dictionary", twilio.com/docs/api/errors, and the values of MessageStatus in its
"Messages resource". New codes appear without notice, so every answer here has a sentence for a code nobody knows.
"""

import re
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from bridge.refusals import Refusal


class Lesson(Enum):
    """What a failure teaches: about the contact it was meant for, or, last, about the number it came from."""

    NOTHING = auto()
    LANDLINE = auto()  # cannot receive SMS at all
    OPTED_OUT = auto()  # has said STOP
    FILTERED = auto()  # stopped by a spam filter; several of these block the number
    BLOCKED = auto()  # the phone or its carrier blocks us
    UNREACHABLE = auto()  # not now, or not from this number
    INVALID = auto()  # there is no such number
    GONE = auto()  # perhaps no longer in service; certain when it happens twice
    UNREGISTERED = auto()  # our own number may not send yet


@dataclass(frozen=True)
class Verdict:
    """What a code means for staff and for us."""

    sentence: str
    retry: bool = False  # the same text may well arrive later with nothing repaired: offer to send it again
    lesson: Lesson = Lesson.NOTHING
    admins: bool = False  # only an admin can help, so admins are told


_UNEXPLAINED = Verdict("Not delivered: the carrier gave no reason. Try again later, or call.", retry=True)
_SENDER = Verdict("Not sent: your SMS number isn't set up correctly. An admin needs to check Twilio.", admins=True)
_ATTACHMENT = Verdict("Not sent: this attachment can't be texted. Try another picture, or send a link to it.")
_QUEUE_FULL = Verdict("Not sent: too many messages were waiting. Try again in a few minutes.", retry=True)
_CONGESTED = Verdict("Not delivered: the carrier is having trouble. Try again in a few minutes.", retry=True)
_PROGRAM = Verdict(
    "Not sent: Twilio didn't accept the request. Nothing is wrong with your text; an admin is told.", admins=True
)

_VERDICTS: dict[tuple[int, ...], Verdict] = {
    (21614, 21635, 30006): Verdict(Refusal.LANDLINE.sentence, lesson=Lesson.LANDLINE),
    (21610,): Verdict(Refusal.STOPPED.sentence, lesson=Lesson.OPTED_OUT),
    (21211, 21217, 21266, 21401): Verdict(
        "Not sent: this phone number isn't valid. Ask the lead for the right one.", lesson=Lesson.INVALID
    ),
    (30005,): Verdict(
        "Not delivered: this number is unknown or no longer in service. Ask the lead for another one.",
        lesson=Lesson.GONE,
    ),
    (21201, 21604): Verdict(Refusal.NO_PHONE.sentence),
    (21408,): Verdict(
        "Not sent: texting to this country isn't enabled. An admin can enable it in Twilio.", admins=True
    ),
    (21612,): Verdict(
        "Not sent: your number can't reach this one. Call or e-mail the lead instead.", lesson=Lesson.UNREACHABLE
    ),
    (30003,): Verdict(
        "Not delivered: the phone is off or out of reach. Try again later.", retry=True, lesson=Lesson.UNREACHABLE
    ),
    (30004,): Verdict(
        "Not delivered: this number is blocking messages. Call or e-mail the lead instead.", lesson=Lesson.BLOCKED
    ),
    (30007,): Verdict(
        "Not delivered: a spam filter stopped it. Write it differently, without links or capitals, then try again.",
        lesson=Lesson.FILTERED,
    ),
    (30008,): _UNEXPLAINED,
    (30017, 30410): _CONGESTED,
    (30024,): Verdict("Not delivered: the carrier is still activating your number. Try again later.", retry=True),
    (30036,): Verdict("Not sent: it waited too long. Send it again if it is still right.", retry=True),
    (30450,): Verdict(
        "Not sent: Twilio's fraud protection holds this number. Try again in half an hour.", retry=True
    ),
    (30610, 30640): Verdict("Not sent: your Twilio compliance settings don't allow it, for example at this hour."),
    (21617,): Verdict(Refusal.TOO_LONG.sentence),
    (21602, 21619): Verdict(Refusal.EMPTY.sentence),
    (11751, 12300, 21620, 21623, 21628): _ATTACHMENT,
    (30011,): Verdict("Not delivered: this phone can't receive pictures. Send words or a link instead."),
    (30019,): Verdict("Not delivered: the attachment is too large for this carrier. Send a smaller one."),
    (21611, 30001): _QUEUE_FULL,
    (429, 14107, 20429): Verdict("Not sent: Twilio is busy. Try again in a minute.", retry=True),
    (30022, 30023, 30027): Verdict(
        "Not delivered: the carrier's limit for your number is reached. Try again tomorrow.", retry=True
    ),
    (30032,): Verdict(
        "Not delivered: your toll-free number isn't verified yet. An admin can see how far it is.",
        lesson=Lesson.UNREGISTERED,
        admins=True,
    ),
    (30034,): Verdict(
        "Not delivered: your number isn't registered for US texting (A2P 10DLC). An admin needs to register it.",
        lesson=Lesson.UNREGISTERED,
        admins=True,
    ),
    (30033, 30035): Verdict(
        "Not delivered: the registration of your number is suspended or not finished. An admin needs to check it.",
        lesson=Lesson.UNREGISTERED,
        admins=True,
    ),
    (21212, 21601, 21603, 21606, 21659, 21660, 21701, 21702, 21703, 21704, 21705, 21712): _SENDER,
    (21608, 572002, 572005): Verdict(
        "Not sent: your Twilio account isn't approved to text this number yet. An admin needs to check Twilio.",
        admins=True,
    ),
    (401, 403, 20003): Verdict(
        "Not sent: Twilio rejected the app's credentials. An admin needs to renew them.", admins=True
    ),
    (30002,): Verdict("Not sent: your Twilio account is suspended. An admin needs to check Twilio.", admins=True),
    (20404, 21609, 21624, 30045, 90007): _PROGRAM,
    (20500, 20503): Verdict("Not confirmed: Twilio had trouble. Look whether it arrived before you send it again."),
}
_OURS = Verdict("Not sent: something went wrong on our side. An admin is told.", admins=True)
_BY_CODE = {str(code): verdict for codes, verdict in _VERDICTS.items() for code in codes}


def verdict(code: str | int | None) -> Verdict:
    """What Twilio's `code` means, a GatewayError's ("http_429") or our own mistake's ("bug-1f2e").

    The sentence names a code that nobody knows.
    """
    text = str(code or "").strip()
    if text.startswith("bug-"):
        return _OURS
    if known := _BY_CODE.get(text.removeprefix("http_")):
        return known
    if not re.fullmatch(r"\w{1,40}", text, re.ASCII):
        return _UNEXPLAINED
    return Verdict(f"Not delivered: error {text}. Call the lead, or ask an admin to look the error up at Twilio.")


class State(StrEnum):
    """How far an outgoing text has come."""

    HELD = "held"  # waits for its author to say that it may go
    LATER = "later"  # goes out when its time has come
    QUEUED = "queued"  # ours to send
    SENDING = "sending"  # on its way to Twilio
    DOUBT = "unknown"  # Twilio may have it or not
    SENT = "sent"  # Twilio has it
    DELIVERED = "delivered"  # the carrier says the phone has it
    UNDELIVERED = "undelivered"  # the carrier says the phone does not have it
    FAILED = "failed"  # no carrier ever got it
    REFUSED = "refused"  # declined before it left: by Twilio, or by us at the last moment
    CANCELED = "canceled"  # taken back in time

    @property
    def final(self) -> bool:
        """Nothing comes after it."""
        return _RANKS[self] == _FINAL


_FINAL = 5
_RANKS = {State.HELD: 0, State.LATER: 0, State.QUEUED: 1, State.SENDING: 2, State.DOUBT: 3, State.SENT: 4}
_RANKS |= {state: _FINAL for state in State if state not in _RANKS}

# Any word from Twilio proves that it has the text. "read" and "partially_delivered" are not known from SMS.
_SAID = {
    "accepted": State.SENT,
    "scheduled": State.SENT,
    "queued": State.SENT,
    "sending": State.SENT,
    "sent": State.SENT,
    "partially_delivered": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.DELIVERED,
    "undelivered": State.UNDELIVERED,
    "failed": State.FAILED,
    "canceled": State.CANCELED,
}


def advance(current: State, twilio_status: str) -> State:
    """The state after Twilio said this: callbacks come late, twice and out of order, so it only moves forward."""
    told = _SAID.get(twilio_status, current)
    return told if _RANKS[told] > _RANKS[current] else current
