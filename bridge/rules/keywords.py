"""Words by which leads stop, start and ask for help. Wording that only sounds like it is bridge.rules.suspicion's.

Sources: Twilio, "Support for opt-out keywords" (223134027) and, for toll-free numbers, 360058144374; the words that
47 CFR 64.1200(a)(10) names; French ones for Canada. What Twilio does by itself and what we do are two questions:
it knows single words only and not JOIN, and we cannot ask it whom it blocks.
"""

import unicodedata
from enum import Enum, auto


class Keyword(Enum):
    """What a message asks for that consists of nothing but a keyword."""

    STOP = auto()
    START = auto()
    HELP = auto()


# Written as `letters` writes them, so that "Opt-out!" and "STOP ALL" are found.
_STOP = frozenset({"stop", "stopall", "cancel", "unsubscribe", "quit", "end", "revoke", "optout", "arret"})
_START = frozenset({"start", "join", "unstop"})
_HELP = frozenset({"help", "info", "aide"})

_TWILIO_STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
_TWILIO_START = frozenset({"START", "YES", "UNSTOP"})
_TWILIO_START_TOLL_FREE = frozenset({"START", "UNSTOP"})
_TWILIO_HELP = frozenset({"HELP", "INFO"})


def keyword(
    body: str,
    *,
    opted_out: bool,
    toll_free: bool = False,
    opt_out_type: str | None = None,
    extra_stop: frozenset[str] = frozenset(),
) -> Keyword | None:
    """The keyword a message is, whatever its case, spaces and punctuation; None if it says anything else.

    YES is an answer to what staff asked, unless the lead is opted out; it lifts no block of a toll-free number.
    Otherwise Twilio's own reading, `opt_out_type`, wins where Advanced Opt-Out gives it.
    """
    key = letters(body)
    if key == "yes" and not opted_out:
        return None
    if told := Keyword.__members__.get((opt_out_type or "").upper()):
        return told
    if key and key in _STOP.union(map(letters, extra_stop)):
        return Keyword.STOP
    if key in _START or (key == "yes" and not toll_free):
        return Keyword.START
    return Keyword.HELP if key in _HELP else None


def means_something_else(word: str) -> bool:
    """Whether a word cannot be one that stops: it starts, helps, or answers."""
    key = letters(word)
    return key in _START | _HELP | {"yes", "no", "ok"} or key.isdigit() or len(key) < 2


def is_taken(word: str, extra_stop: frozenset[str] = frozenset()) -> bool:
    """Whether something happens by itself when a lead texts this word: it is no answer to ask for (V-20)."""
    return letters(word) in _STOP.union(_START, _HELP, {"yes"}, map(letters, extra_stop)) - {""}


def carrier_blocks(body: str, *, toll_free: bool) -> bool:
    """Does Twilio or the toll-free network now refuse our texts to this lead, with error 21610?

    Whether a toll-free number takes more than STOP is not written anywhere. It is assumed: a START lifts either.
    """
    return _word(body) in _TWILIO_STOP


def lifts_carrier_block(body: str, *, toll_free: bool) -> bool:
    """Does this end such a block? JOIN does not, nor does YES at a toll-free number."""
    return _word(body) in (_TWILIO_START_TOLL_FREE if toll_free else _TWILIO_START)


def carrier_answers(body: str, *, toll_free: bool) -> bool:
    """Does the lead get an answer without us? A second one from us would be one too many."""
    return (
        carrier_blocks(body, toll_free=toll_free)
        or lifts_carrier_block(body, toll_free=toll_free)
        or _word(body) in _TWILIO_HELP
    )


def letters(text: str) -> str:
    """Letters and digits only, without accents and case."""
    return "".join(c for c in plain(text) if c.isalnum())


def plain(text: str) -> str:
    """Without accents and case."""
    if text.isascii():
        return text.lower()
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


def _word(body: str) -> str:
    """The message as Twilio compares it. That it overlooks blanks around the word is assumed: phones add them."""
    return body.strip().upper()
