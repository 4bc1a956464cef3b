"""STOP, START and HELP, as Twilio settles them before the app hears of them.

Only a whole body of one word counts. Twilio answers by itself, blocks or frees the pair, and still forwards it.
Toll-free numbers are ruled by the network: STOP blocks, only START and UNSTOP free again, the sentences differ.
"""

from dataclasses import dataclass
from typing import Literal

from .texts import words

STOP = words("STOP STOPALL UNSUBSCRIBE CANCEL END QUIT REVOKE OPTOUT")
START = words("START YES UNSTOP")
HELP = words("HELP INFO")

STOPPED = (
    "You have successfully been unsubscribed. You will not receive any more messages from this number. "
    "Reply START to resubscribe."
)
STARTED = (
    "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
    "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
)
HELPED = "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
NETWORK_STOPPED = (
    'NETWORK MSG: You replied with the word "stop" which blocks all texts sent from this number. '
    'Text back "unstop" to receive messages again.'
)
NETWORK_STARTED = 'NETWORK MSG: You have replied "unstop" and will begin receiving messages again from this number.'


@dataclass(frozen=True)
class Settled:
    """What a keyword brings about. An empty answer means that nothing is sent back."""

    word: Literal["STOP", "START", "HELP"]
    answer: str


def settle(body: str, *, tollfree: bool, blocked: bool) -> Settled | None:
    """What Twilio or the network makes of a body, given whether the pair is blocked already."""
    word = body.strip().upper()
    return _on_tollfree(word, blocked) if tollfree else _on_long_code(word, blocked)


def _on_long_code(word: str, blocked: bool) -> Settled | None:
    """Twilio's default words. YES means something only to somebody who had stopped."""
    if word in STOP:
        return Settled("STOP", "" if blocked else STOPPED)
    if word in START and (blocked or word != "YES"):
        return Settled("START", STARTED)
    return Settled("HELP", HELPED) if word in HELP else None


def _on_tollfree(word: str, blocked: bool) -> Settled | None:
    """The network's own words; it knows no other."""
    if word == "STOP":
        return Settled("STOP", "" if blocked else NETWORK_STOPPED)
    if word in {"START", "UNSTOP"}:
        return Settled("START", NETWORK_STARTED if blocked else "")
    return Settled("HELP", HELPED) if word in HELP and not blocked else None
